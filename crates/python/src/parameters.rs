//! Weights and intercepts of the caller's, checked.

use chainrule::Scalar;
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::failure::Failure;

/// The arrays of all layers.
pub(crate) struct Parameters<'py, T: Element> {
    coefs: Vec<PyReadonlyArray2<'py, T>>,
    intercepts: Vec<PyReadonlyArray1<'py, T>>,
    /// Inputs, the widths of the hidden layers, outputs.
    pub(crate) widths: Vec<usize>,
}

impl<'py, T: Element + Scalar> Parameters<'py, T> {
    /// Of weights (inputs, outputs) and intercepts (outputs) of each layer.
    pub(crate) fn new(coefs: &Bound<'py, PyList>, intercepts: &Bound<'py, PyList>) -> PyResult<Self> {
        if coefs.len() != intercepts.len() || coefs.is_empty() {
            let found = format!("{} arrays of weights and {} of intercepts", coefs.len(), intercepts.len());
            let expected = "expected one of each for every layer, and one layer at least";
            return Err(Failure::input(format!("{found}; {expected}")).into());
        }
        let coefs: Vec<PyReadonlyArray2<'_, T>> = coefs.extract()?;
        let intercepts: Vec<PyReadonlyArray1<'_, T>> = intercepts.extract()?;
        let mut widths = vec![coefs[0].shape()[0]];
        for (layer, (w, b)) in coefs.iter().zip(&intercepts).enumerate() {
            let (found, expected) = (w.shape(), [widths[layer], b.shape()[0]]);
            if found != expected {
                let text = format!("the weights of layer {layer} are {found:?}; expected {expected:?}");
                return Err(Failure::Input(text).into());
            }
            widths.push(expected[1]);
        }
        Ok(Parameters { coefs, intercepts, widths })
    }

    /// All parameters, laid out as the library's: layer by layer weights, then intercepts.
    ///
    /// # Errors
    /// When an array is not in C order.
    pub(crate) fn slices(&self) -> Result<Vec<&[T]>, Failure> {
        let layout =
            |_| Failure::input("a weight or intercept array is not C-contiguous; call numpy.ascontiguousarray");
        let layers = self.coefs.iter().zip(&self.intercepts);
        layers.flat_map(|(w, b)| [w.as_slice(), b.as_slice()]).collect::<Result<_, _>>().map_err(layout)
    }
}

/// Whether the first weights are float32.
pub(crate) fn are_single(coefs: &Bound<'_, PyList>) -> bool {
    coefs.get_item(0).is_ok_and(|first| first.extract::<PyReadonlyArray2<'_, f32>>().is_ok())
}
