//! `Predictor`, which keeps a copy of an estimator's network between predictions.

use chainrule::Scalar;
use numpy::{Element, IntoPyArray, PyArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::arrays::HeldRows;
use crate::failure::Failure;
use crate::forward::Forward;
use crate::network::activation;
use crate::parameters::{Parameters, are_single};
use crate::shape::{Dropout, Head, Shape};
use crate::threads::{SHORT, run, run_here};

/// Parameters compared at a time, without a branch in between.
const COMPARED: usize = 1024;

/// A network in its element type.
enum Inner {
    Single(Forward<f32>),
    Double(Forward<f64>),
}

/// A network that predicts; its arguments are `Network`'s. Threads may share it.
#[pyclass(module = "chainrule._chainrule", frozen)]
pub(crate) struct Predictor {
    inner: Inner,
    threads: Option<usize>,
}

#[pymethods]
impl Predictor {
    #[new]
    #[pyo3(signature = (coefs, intercepts, activation, out_activation, n_threads=None, norms=None))]
    fn new(
        coefs: &Bound<'_, PyList>,
        intercepts: &Bound<'_, PyList>,
        activation: &str,
        out_activation: &str,
        n_threads: Option<usize>,
        norms: Option<&Bound<'_, PyList>>,
    ) -> PyResult<Self> {
        let inner = if are_single(coefs) {
            Inner::Single(forward(&Parameters::new(coefs, intercepts, norms)?, activation, out_activation)?)
        } else {
            Inner::Double(forward(&Parameters::new(coefs, intercepts, norms)?, activation, out_activation)?)
        };
        Ok(Predictor { inner, threads: n_threads })
    }

    /// Whether these are, number by number, the parameters that it predicts with.
    #[pyo3(signature = (coefs, intercepts, norms=None))]
    fn matches(
        &self,
        coefs: &Bound<'_, PyList>,
        intercepts: &Bound<'_, PyList>,
        norms: Option<&Bound<'_, PyList>>,
    ) -> PyResult<bool> {
        match &self.inner {
            Inner::Single(forward) if are_single(coefs) => same(forward, &Parameters::new(coefs, intercepts, norms)?),
            Inner::Double(forward) if !are_single(coefs) => same(forward, &Parameters::new(coefs, intercepts, norms)?),
            _ => Ok(false),
        }
    }

    /// The network's output for X: an array (rows, outputs).
    fn predict<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        match &self.inner {
            Inner::Single(forward) => predict(py, forward, self.threads, x),
            Inner::Double(forward) => predict(py, forward, self.threads, x),
        }
    }
}

fn forward<T: Element + Scalar>(parameters: &Parameters<'_, T>, name: &str, head: &str) -> Result<Forward<T>, Failure> {
    let shape = Shape {
        widths: parameters.widths.clone(),
        activation: activation(name)?,
        head: Head::by_name(head)?,
        norm: parameters.norm(),
        dropout: Dropout::default(),
    };
    Forward::new(&shape, &parameters.slices()?.concat(), &parameters.running()?.concat())
}

fn same<T: Element + Scalar>(forward: &Forward<T>, parameters: &Parameters<'_, T>) -> PyResult<bool> {
    let mlp = forward.mlp();
    let is_same_kind = forward.norm() == parameters.norm();
    Ok(is_same_kind && equal(mlp.params(), &parameters.slices()?) && equal(mlp.running(), &parameters.running()?))
}

/// Whether these are, one behind the other, the numbers of `mine`.
fn equal<T: Scalar>(mut mine: &[T], slices: &[&[T]]) -> bool {
    if slices.iter().map(|slice| slice.len()).sum::<usize>() != mine.len() {
        return false;
    }
    for slice in slices {
        let (here, rest) = mine.split_at(slice.len());
        mine = rest;
        let mut pairs = here.chunks(COMPARED).zip(slice.chunks(COMPARED));
        if pairs.any(|(a, b)| a.iter().zip(b).fold(false, |differs, (a, b)| differs | (a != b))) {
            return false;
        }
    }
    true
}

/// The output for X; short work stays on this thread.
fn predict<'py, T: Element + Scalar>(
    py: Python<'py>,
    forward: &Forward<T>,
    threads: Option<usize>,
    x: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let held = HeldRows::<T>::new(x)?;
    let rows = held.view()?;
    let n = rows.len();
    let output = if forward.work(n) < SHORT {
        run_here(py, || forward.predict(rows, None))?
    } else {
        run(py, threads, |_| forward.predict(rows, None))?
    };
    Ok(output.into_pyarray(py).reshape([n, forward.mlp().outputs()])?.into_any())
}
