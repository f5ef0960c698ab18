//! Models made from layers in words and arrays of numbers, as other libraries' modules become.

use chainrule::{Layer, Loss, Mlp, Scalar};
use numpy::{Element, IntoPyArray, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::failure::Failure;
use crate::model::{Inner, Model, each, with_names};

/// A model of these layers (`dense(4, 8)`, `relu`, ...). `params` has the parameters in the order of the layers: weights
/// (inputs, outputs) and biases, gammas and betas; `running` the means and variances of batch normalisations.
#[pyfunction]
pub(crate) fn model_of_layers(
    layers: Vec<String>,
    params: &Bound<'_, PyAny>,
    running: &Bound<'_, PyAny>,
    loss: &str,
    class_names: Option<Vec<String>>,
) -> PyResult<Model> {
    let loss: Loss = loss.parse().map_err(Failure::from)?;
    let inner = if params.extract::<PyReadonlyArray1<'_, f32>>().is_ok() {
        Inner::Single(model(&layers, &params.extract()?, &running.extract()?, loss, class_names)?)
    } else {
        Inner::Double(model(&layers, &params.extract()?, &running.extract()?, loss, class_names)?)
    };
    Ok(Model { inner })
}

fn model<T: Element + Scalar>(
    layers: &[String],
    params: &PyReadonlyArray1<'_, T>,
    running: &PyReadonlyArray1<'_, T>,
    loss: Loss,
    class_names: Option<Vec<String>>,
) -> Result<chainrule::Model<T>, Failure> {
    let layers: Vec<Layer> = layers.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let inputs = layers.iter().find_map(|layer| match *layer {
        Layer::Dense { inputs, .. } => Some(inputs),
        Layer::BatchNorm { width, .. } | Layer::LayerNorm { width, .. } => Some(width),
        _ => None,
    });
    let inputs = inputs.ok_or_else(|| Failure::input("there is no layer with weights; expected at least one"))?;
    let builder = layers.iter().fold(Mlp::builder(inputs), |builder, layer| builder.layer(*layer));
    let mut mlp = builder.build_as::<T>()?;
    let layout = |_| Failure::input("the parameters are not contiguous");
    fill(mlp.params_mut(), params.as_slice().map_err(layout)?, "parameters")?;
    fill(mlp.running_mut(), running.as_slice().map_err(layout)?, "running statistics")?;
    with_names(chainrule::Model::new(mlp, loss), class_names)
}

fn fill<T: Scalar>(to: &mut [T], from: &[T], what: &str) -> Result<(), Failure> {
    if to.len() != from.len() {
        return Err(Failure::input(format!("there are {} {what}; the layers have {}", from.len(), to.len())));
    }
    to.copy_from_slice(from);
    Ok(())
}

/// What [`model_of_layers`] takes: the parameters and the running statistics of a model, and whether nothing stands before or
/// behind its network.
#[pyfunction]
pub(crate) fn parameters_of<'py>(py: Python<'py>, model: &Model) -> (Bound<'py, PyAny>, Bound<'py, PyAny>, bool) {
    each!(&model.inner, model => {
        let array = |values: &[_]| values.to_vec().into_pyarray(py).into_any();
        let is_bare = model.preprocess == chainrule::data::Preprocess::None && model.target.scaling().is_none();
        (array(model.mlp.params()), array(model.mlp.running()), is_bare)
    })
}
