//! Weights, intercepts and normalisations of the caller's, checked.

use chainrule::Scalar;
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::failure::Failure;
use crate::shape::Norm;

/// The arrays of all layers.
pub(crate) struct Parameters<'py, T: Element> {
    coefs: Vec<PyReadonlyArray2<'py, T>>,
    intercepts: Vec<PyReadonlyArray1<'py, T>>,
    /// Of each hidden layer, or of none: gamma and beta, of batch normalisations mean and variance behind them, (2 or 4, width).
    norms: Vec<PyReadonlyArray2<'py, T>>,
    /// Inputs, the widths of the hidden layers, outputs.
    pub(crate) widths: Vec<usize>,
}

impl<'py, T: Element + Scalar> Parameters<'py, T> {
    /// Of weights (inputs, outputs) and intercepts (outputs) of each layer, and the normalisations, if there are any.
    pub(crate) fn new(
        coefs: &Bound<'py, PyList>,
        intercepts: &Bound<'py, PyList>,
        norms: Option<&Bound<'py, PyList>>,
    ) -> PyResult<Self> {
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
        let norms: Vec<PyReadonlyArray2<'_, T>> = norms.map_or(Ok(Vec::new()), |norms| norms.extract())?;
        check_norms(&norms, &widths[1..widths.len() - 1])?;
        Ok(Parameters { coefs, intercepts, norms, widths })
    }

    /// All parameters, laid out as the library's: layer by layer weights, then intercepts, then gamma and beta.
    ///
    /// # Errors
    /// When an array is not in C order.
    pub(crate) fn slices(&self) -> Result<Vec<&[T]>, Failure> {
        let mut slices = Vec::with_capacity(3 * self.coefs.len());
        for (layer, (w, b)) in self.coefs.iter().zip(&self.intercepts).enumerate() {
            slices.push(w.as_slice().map_err(layout)?);
            slices.push(b.as_slice().map_err(layout)?);
            if let Some(norm) = self.norms.get(layer) {
                slices.push(&norm.as_slice().map_err(layout)?[..2 * norm.shape()[1]]);
            }
        }
        Ok(slices)
    }

    /// The running means and variances, laid out as the library's.
    ///
    /// # Errors
    /// When an array is not in C order.
    pub(crate) fn running(&self) -> Result<Vec<&[T]>, Failure> {
        let of = |norm: &'_ PyReadonlyArray2<'py, T>| 2 * norm.shape()[1];
        self.norms.iter().map(|norm| Ok(&norm.as_slice().map_err(layout)?[of(norm)..])).collect()
    }

    /// The normalisation of the hidden layers.
    pub(crate) fn norm(&self) -> Option<Norm> {
        self.norms.first().map(|norm| if norm.shape()[0] == BATCH_NORM { Norm::Batch } else { Norm::Layer })
    }
}

/// The rows of a normalisation's array: gamma, beta, mean, variance; or the first two.
const BATCH_NORM: usize = 4;
const LAYER_NORM: usize = 2;

/// Checks that there are none, or one for each hidden layer, all of a kind.
fn check_norms<T: Element>(norms: &[PyReadonlyArray2<'_, T>], hidden: &[usize]) -> Result<(), Failure> {
    let Some(first) = norms.first() else { return Ok(()) };
    let rows = if first.shape()[0] == LAYER_NORM { LAYER_NORM } else { BATCH_NORM };
    if norms.len() != hidden.len() {
        let text =
            format!("there are {} normalisations; expected {}, one for each hidden layer", norms.len(), hidden.len());
        return Err(Failure::Input(text));
    }
    for (layer, (norm, &width)) in norms.iter().zip(hidden).enumerate() {
        let (found, expected) = (norm.shape(), [rows, width]);
        if found != expected {
            return Err(Failure::Input(format!("normalisation {layer} is {found:?}; expected {expected:?}")));
        }
    }
    Ok(())
}

fn layout(_: numpy::AsSliceError) -> Failure {
    Failure::input(
        "a weight or intercept is not an aligned array in C order; call numpy.require(array, requirements='CA')",
    )
}

/// Whether the first weights are float32.
pub(crate) fn are_single(coefs: &Bound<'_, PyList>) -> bool {
    coefs.get_item(0).is_ok_and(|first| first.extract::<PyReadonlyArray2<'_, f32>>().is_ok())
}
