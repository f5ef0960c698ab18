//! `gradcheck`: the gradients of a network under a loss, compared with slopes by finite differences.

use std::sync::Arc;

use chainrule::gradcheck::{Report, Settings, TensorReport, gradcheck_with};
use chainrule::{MatRef, Scalar};
use numpy::{Element, IntoPyArray, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;

use crate::arrays::in_order;
use crate::calls::{Caller, run_calling};
use crate::failure::Failure;
use crate::fit::elements;
use crate::learner::Learner;
use crate::mlp::{AnyLearner, Mlp, matrix};

/// Name, shape, comparisons, kinks, verdict; where the worst comparison was, its gradient, slope and bound.
type Tensor = (String, Vec<usize>, usize, usize, &'static str, Option<(String, f64, f64, f64)>);

/// Whether it passed, the loss, the tensors, and all of it as a table.
type Found = (bool, f64, Vec<Tensor>, String);

/// Checks a copy of the network on X. `loss` takes the outputs and returns its value and gradient, (rows, outputs), both in
/// float64.
#[pyfunction]
pub(crate) fn gradcheck(
    py: Python<'_>,
    mlp: &Mlp,
    x: &Bound<'_, PyAny>,
    loss: Py<PyAny>,
    counts: (usize, usize),
    seed: u64,
) -> PyResult<Found> {
    let (directions, coordinates) = counts;
    let settings = Settings { directions, coordinates, seed, ..Settings::default() };
    let mut lent = mlp.lend()?;
    let report = match lent.learner() {
        AnyLearner::Single(learner) => checked(py, learner, x, loss, &settings),
        AnyLearner::Double(learner) => checked(py, learner, x, loss, &settings),
    }?;
    Ok((report.passed(), report.loss, report.tensors.iter().map(tensor).collect(), report.to_string()))
}

fn checked<T: Element + Scalar>(
    py: Python<'_>,
    learner: &Learner<T>,
    x: &Bound<'_, PyAny>,
    loss: Py<PyAny>,
    settings: &Settings,
) -> PyResult<Report> {
    let held: PyReadonlyArray2<'_, T> = x.extract()?;
    let (x, loss) = (matrix(&held)?, Arc::new(loss));
    let work = |caller: &Caller| {
        let value = |output: MatRef<'_, f64>, dy: &mut [f64]| match ask(caller, &loss, output) {
            Some((value, gradient)) if gradient.len() == dy.len() => {
                dy.copy_from_slice(&gradient);
                value
            }
            // What was raised is the result.
            _ => {
                dy.fill(0.0);
                f64::NAN
            }
        };
        // Threads of its own: the loss may compute in the others.
        let pool = ThreadPoolBuilder::new().num_threads(1).build();
        let pool = pool.map_err(|error| Failure::input(format!("a thread cannot be started: {error}")))?;
        Ok(pool.install(|| gradcheck_with(&learner.mlp, x, value, settings))?)
    };
    Ok(run_calling(py, || {}, work)?)
}

fn ask(caller: &Caller, loss: &Arc<Py<PyAny>>, output: MatRef<'_, f64>) -> Option<(f64, Vec<f64>)> {
    let (loss, shape, output) = (Arc::clone(loss), [output.rows(), output.cols()], elements(output));
    caller.call(move |py| {
        let found = loss.bind(py).call1((output.into_pyarray(py).reshape(shape)?,))?;
        let (value, gradient): (f64, PyReadonlyArray2<'_, f64>) = found.extract()?;
        Ok((value, in_order(&gradient, "the gradient")?.to_vec()))
    })
}

fn tensor(found: &TensorReport) -> Tensor {
    let TensorReport { name, shape, checked, discarded, worst, verdict } = found;
    let worst = worst.as_ref().map(|worst| (worst.place.to_string(), worst.analytic, worst.numeric, worst.bound));
    (name.clone(), shape.clone(), *checked, *discarded, verdict.name(), worst)
}
