//! `Model`: a model file's network with its preprocessing, for arrays of numbers.

use std::path::PathBuf;

use chainrule::data::{Features, Schema};
use chainrule::{DType, Error, Loss, ModelFile, Scalar, Task};
use numpy::{Element, IntoPyArray, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use crate::arrays::HeldRows;
use crate::criterion::Criterion;
use crate::failure::Failure;
use crate::network::{Between, activation, parts};
use crate::parameters::{Parameters, are_single};
use crate::part::Part;
use crate::rows::Rows;
use crate::shape::{Dropout, Head, Shape, build};
use crate::threads::{run, run_here};

/// A model in its element type.
pub(crate) enum Inner {
    Single(chainrule::Model<f32>),
    Double(chainrule::Model<f64>),
}

/// Calls `$body` with the model as `$model`.
macro_rules! each {
    ($inner:expr, $model:ident => $body:expr) => {
        match $inner {
            Inner::Single($model) => $body,
            Inner::Double($model) => $body,
        }
    };
}
pub(crate) use each;

/// A model; `chainrule.Model` says what its outputs mean. Threads may share it.
#[pyclass(module = "chainrule._chainrule", frozen)]
pub(crate) struct Model {
    pub(crate) inner: Inner,
}

#[pymethods]
impl Model {
    /// Reads a model file, in the element type that it holds.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        Ok(Model { inner: run_here(py, || inner(&ModelFile::open(path)?))? })
    }

    /// The bytes of the model's file: what a pickle holds.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = each!(&self.inner, model => run_here(py, || Ok(model.to_bytes()?))?);
        Ok(PyBytes::new(py, &bytes))
    }

    /// The model of such bytes.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        Ok(Model { inner: run_here(py, || inner(&ModelFile::parse("the bytes of a Model", bytes)?))? })
    }

    /// The model of an estimator's parameters.
    #[staticmethod]
    fn from_parameters(
        coefs: &Bound<'_, PyList>,
        intercepts: &Bound<'_, PyList>,
        activation: &str,
        loss: &str,
        class_names: Option<Vec<String>>,
        between: Option<Between<'_>>,
    ) -> PyResult<Self> {
        let (norms, dropout) = parts(&between);
        let no_loss = || Failure::input("a model file has no exponential output, which loss='poisson' needs");
        let loss = Criterion::by_name(loss)?.loss().ok_or_else(no_loss)?;
        let inner = if are_single(coefs) {
            let model = model(&Parameters::new(coefs, intercepts, norms)?, activation, loss, dropout)?;
            Inner::Single(with_names(model, class_names)?)
        } else {
            let model = model(&Parameters::new(coefs, intercepts, norms)?, activation, loss, dropout)?;
            Inner::Double(with_names(model, class_names)?)
        };
        Ok(Model { inner })
    }

    /// The same model, whose columns have these names.
    fn with_feature_names(&self, names: Vec<String>) -> PyResult<Self> {
        let inner = match &self.inner {
            Inner::Single(model) => Inner::Single(model.clone().with_feature_names(names).map_err(Failure::from)?),
            Inner::Double(model) => Inner::Double(model.clone().with_feature_names(names).map_err(Failure::from)?),
        };
        Ok(Model { inner })
    }

    /// Writes a model file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        each!(&self.inner, model => Ok(run_here(py, || Ok(model.save(path)?))?))
    }

    /// Refuses a model whose columns are not all numbers as they are.
    fn check_takes_arrays(&self) -> PyResult<()> {
        each!(&self.inner, model => Ok(model.schema.as_deref().map_or(Ok(()), check_plain)?))
    }

    /// What the model predicts: logits of classes, values in their own unit.
    fn outputs<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        each!(&self.inner, model => ask(py, model, x, chainrule::Model::predict))
    }

    /// The probability of each class, or of a 1 at each output.
    fn probabilities<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        each!(&self.inner, model => ask(py, model, x, chainrule::Model::predict_proba))
    }

    /// The same as `outputs` or `probabilities`, of the rows of a `chainrule.Dataset`.
    fn of_part<'py>(
        &self,
        py: Python<'py>,
        part: &Bound<'py, PyTuple>,
        is_probability: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        each!(&self.inner, model => {
            let part = Part::new(part)?;
            let of = if is_probability { chainrule::Model::predict_proba } else { chainrule::Model::predict };
            let output = run(py, None, |_| Ok(of(model, part.for_prediction(model)?.features())?))?;
            let outputs = model.mlp.outputs();
            let rows = output.len() / outputs;
            Ok(output.into_pyarray(py).reshape([rows, outputs])?.into_any())
        })
    }

    /// The hash of all parameters, as the command prints it.
    fn weights_sha256(&self) -> String {
        each!(&self.inner, model => chainrule::weights_sha256(&model.mlp))
    }

    #[getter]
    fn dtype(&self) -> &'static str {
        match &self.inner {
            Inner::Single(_) => "float32",
            Inner::Double(_) => "float64",
        }
    }

    /// `classification`, `binary`, `multi-label` or `regression`; `None` where a file does not say.
    #[getter]
    fn task(&self) -> Option<String> {
        each!(&self.inner, model => match model.task {
            None if model.is_classifier() => Some(Task::Classification.to_string()),
            task => task.map(|task| task.to_string()),
        })
    }

    #[getter]
    fn loss(&self) -> String {
        each!(&self.inner, model => model.loss.to_string())
    }

    /// Whether it was trained with a function of Python instead of that loss.
    #[getter]
    fn has_own_loss(&self) -> bool {
        each!(&self.inner, model => has_own_loss(model))
    }

    /// The layers in order: `dense(64, 32)`, `relu`, ...
    #[getter]
    fn layers(&self) -> Vec<String> {
        each!(&self.inner, model => model.mlp.layers().iter().map(ToString::to_string).collect())
    }

    #[getter]
    fn n_features(&self) -> usize {
        each!(&self.inner, model => model.mlp.inputs())
    }

    #[getter]
    fn n_outputs(&self) -> usize {
        each!(&self.inner, model => model.mlp.outputs())
    }

    /// The names of the classes, of no and yes as well; `None` where the model knows none.
    #[getter]
    fn class_names(&self) -> Option<Vec<String>> {
        each!(&self.inner, model => {
            let answers = model.target.answers().map(|answers| answers.map(str::to_owned).to_vec());
            model.class_names.clone().or(answers)
        })
    }

    /// The names of the columns that it was trained on, in order; `None` where it knows none.
    #[getter]
    fn feature_names(&self) -> Option<Vec<String>> {
        each!(&self.inner, model => model.schema.as_ref().map(|schema| schema.feature_names()))
    }
}

/// The model of a file, in the element type that it holds.
fn inner(file: &ModelFile) -> Result<Inner, Failure> {
    Ok(match file.dtype() {
        DType::F32 => Inner::Single(file.model(None)?),
        DType::F64 => Inner::Double(file.model(None)?),
    })
}

fn model<T: Element + Scalar>(
    parameters: &Parameters<'_, T>,
    name: &str,
    loss: Loss,
    dropout: Dropout,
) -> Result<chainrule::Model<T>, Failure> {
    let (widths, norm) = (parameters.widths.clone(), parameters.norm());
    let shape = Shape { widths, activation: activation(name)?, head: Head::Identity, norm, dropout };
    let mut mlp = build(&shape, None)?;
    mlp.params_mut().copy_from_slice(&parameters.slices()?.concat());
    mlp.running_mut().copy_from_slice(&parameters.running()?.concat());
    Ok(chainrule::Model::new(mlp, loss))
}

/// The model with names of classes, which must fit its outputs and its loss.
pub(crate) fn with_names<T: Scalar>(
    model: chainrule::Model<T>,
    names: Option<Vec<String>>,
) -> Result<chainrule::Model<T>, Failure> {
    let Some(names) = names else { return Ok(model) };
    let what = match model.task {
        Some(Task::Regression) => "a loss of values",
        Some(Task::Binary) => "whose one output answers yes or no",
        _ => {
            model.check_class_names(&names)?;
            return Ok(model.with_class_names(names));
        }
    };
    Err(Failure::Input(format!("class_names are given, and loss is '{}', {what}: expected none", model.loss)))
}

/// What a model makes of X.
fn ask<'py, T: Element + Scalar>(
    py: Python<'py>,
    model: &chainrule::Model<T>,
    x: &Bound<'py, PyAny>,
    of: impl FnOnce(&chainrule::Model<T>, &Features<T>) -> Result<Vec<T>, Error> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    let held = HeldRows::<T>::new(x)?;
    let rows = held.view()?;
    let Rows::Dense { values, width } = rows else {
        return Err(Failure::input("X is sparse; a model takes dense rows").into());
    };
    let n = rows.len();
    let output = run(py, None, |_| Ok(of(model, &Features::new(n, width, values.to_vec())?)?))?;
    Ok(output.into_pyarray(py).reshape([n, model.mlp.outputs()])?.into_any())
}

/// Refuses a model whose columns are not all numbers as they are: an array does not say what its numbers stand for.
fn check_plain(schema: &Schema) -> Result<(), Failure> {
    let json = serde_json::to_value(schema).unwrap_or_default();
    let columns = json["columns"].as_array().cloned().unwrap_or_default();
    let plain = serde_json::json!({ "kind": "number" });
    match columns.iter().find(|column| column["kind"] != plain) {
        None => Ok(()),
        Some(column) => {
            let name = column["name"].as_str().map_or_else(|| column["index"].to_string(), |name| format!("{name:?}"));
            let what = "is not a number as it is (a category, a logarithm, or with a number for what is missing)";
            Err(Failure::input(format!(
                "column {name} of the model {what}; the command `chainrule predict` takes tables"
            )))
        }
    }
}

/// Whether the model was trained with another loss than the one it has: a function of Python.
pub(crate) fn has_own_loss<T: Scalar>(model: &chainrule::Model<T>) -> bool {
    model.facts.as_ref().is_some_and(|facts| facts.own_loss)
}
