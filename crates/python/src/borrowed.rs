//! Predictions of a few rows with parameters where they lie: nothing is copied, compared or kept between calls, so that
//! weights which were changed in place are seen, and each weight is read once.

use chainrule::kernel::{Epilogue, Kernel};
use chainrule::{Activation, MatMut, MatRef, Scalar};
use numpy::{
    Element, IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::failure::Failure;
use crate::forward::BLOCK;
use crate::network::activation;
use crate::shape::Head;
use crate::threads::{SHORT, run, run_here};

/// The output of a network for up to 256 rows, an array (rows, outputs): the bits of `Predictor.predict`. `network` is its
/// weights and intercepts, `settings` its activation, its output's, and the number of threads.
///
/// None where an array cannot be read as it lies, and for what has to be checked or refused: X or a parameter that is not
/// an aligned array in C order of the network's element type, shapes that do not fit, more rows, a number in X that is not finite.
#[pyfunction]
pub(crate) fn output_of_few<'py>(
    py: Python<'py>,
    network: (Bound<'py, PyAny>, Bound<'py, PyAny>),
    settings: (String, String, Option<usize>),
    x: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let (Ok(coefs), Ok(intercepts)) = (network.0.cast::<PyList>(), network.1.cast::<PyList>()) else {
        return Ok(None);
    };
    if let Some(arrays) = Arrays::<f32>::new(coefs, intercepts, x) {
        return arrays.output(py, &settings);
    }
    Arrays::<f64>::new(coefs, intercepts, x).map_or(Ok(None), |arrays| arrays.output(py, &settings))
}

/// Arrays that fit each other, borrowed for a call.
struct Arrays<'py, T: Element> {
    /// Weights (inputs, outputs) and intercepts (outputs) of each layer.
    layers: Vec<(PyReadonlyArray2<'py, T>, PyReadonlyArray1<'py, T>)>,
    /// (rows, inputs)
    x: PyReadonlyArray2<'py, T>,
}

impl<'py, T: Element + Scalar> Arrays<'py, T> {
    fn new(coefs: &Bound<'py, PyList>, intercepts: &Bound<'py, PyList>, x: &Bound<'py, PyAny>) -> Option<Self> {
        let x = matrix(x)?;
        let [rows, mut width] = *x.shape() else { return None };
        if rows == 0 || rows > BLOCK || coefs.is_empty() || coefs.len() != intercepts.len() {
            return None;
        }
        let mut layers = Vec::with_capacity(coefs.len());
        for (w, b) in coefs.iter().zip(intercepts.iter()) {
            let (w, b) = (matrix(&w)?, b.cast::<PyArray1<T>>().ok()?.try_readonly().ok()?);
            let [inputs, outputs] = *w.shape() else { return None };
            if inputs != width || b.shape() != [outputs] || !b.is_c_contiguous() {
                return None;
            }
            width = outputs;
            layers.push((w, b));
        }
        Some(Arrays { layers, x })
    }

    /// The output for X; short work stays on this thread.
    fn output(
        &self,
        py: Python<'py>,
        settings: &(String, String, Option<usize>),
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let (name, head, threads) = settings;
        let (activation, head) = (activation(name)?, Head::by_name(head)?);
        let mut layers = Vec::with_capacity(self.layers.len());
        for (w, b) in &self.layers {
            let (Ok(weights), Ok(bias)) = (w.as_slice(), b.as_slice()) else { return Ok(None) };
            layers.push(Layer { weights, bias });
        }
        let ([rows, inputs], Ok(x)) = (self.x.shape(), self.x.as_slice()) else { return Ok(None) };
        // Without a branch in between.
        if !x.iter().fold(true, |are_finite, x| are_finite & x.is_finite()) {
            return Ok(None);
        }
        let network = Network { layers, activation, head };
        let work = || network.output(MatRef::new(x, *rows, *inputs));
        let short = network.parameters().saturating_mul(*rows) < SHORT;
        let output = if short { run_here(py, work)? } else { run(py, *threads, |_| work())? };
        let outputs = output.len() / rows;
        Ok(Some(output.into_pyarray(py).reshape([*rows, outputs])?.into_any()))
    }
}

/// An array of two dimensions, if it can be read as it lies.
fn matrix<'py, T: Element>(array: &Bound<'py, PyAny>) -> Option<PyReadonlyArray2<'py, T>> {
    let array = array.cast::<PyArray2<T>>().ok()?.try_readonly().ok()?;
    array.is_c_contiguous().then_some(array)
}

/// A layer's parameters.
struct Layer<'a, T> {
    /// (inputs, outputs), row-major
    weights: &'a [T],
    bias: &'a [T],
}

/// A network of parameters that lie elsewhere.
struct Network<'a, T> {
    layers: Vec<Layer<'a, T>>,
    activation: Activation,
    head: Head,
}

impl<T: Scalar> Network<'_, T> {
    fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.weights.len()).sum()
    }

    /// The output for x, (rows, outputs): each layer's product as the library computes it with weights that are not packed.
    fn output(&self, x: MatRef<'_, T>) -> Result<Vec<T>, Failure> {
        let kernel = Kernel::<T>::selected().map_err(|error| Failure::input(error.to_string()))?;
        let rows = x.rows();
        let mut before = Vec::new();
        for (i, &Layer { weights, bias }) in self.layers.iter().enumerate() {
            let x = if i == 0 { x } else { MatRef::new(&before, rows, before.len() / rows) };
            let is_last = i + 1 == self.layers.len();
            let activation = if is_last { self.head.activation() } else { self.activation };
            let w = MatRef::new(weights, x.cols(), bias.len());
            let mut after = vec![T::ZERO; rows * bias.len()];
            let epilogue = Epilogue::Activation { bias, activation };
            kernel.gemm_in_thread(x, w, epilogue, MatMut::new(&mut after, rows, bias.len()));
            before = after;
        }
        self.head.finish(kernel, &mut before, rows);
        Ok(before)
    }
}
