//! `ModelPredictor`: a model with packed weights, which any number of threads ask at once.

use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::Instant;

use chainrule::data::{Features, Preprocess};
use chainrule::network::PredictorWorkspace;
use chainrule::{MatRef, Predictor, Scalar};
use numpy::{Element, IntoPyArray, PyArrayMethods, PyReadonlyArray2, PyReadwriteArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use rayon::prelude::*;

use crate::blocks::BLOCK;
use crate::failure::Failure;
use crate::mlp::matrix;
use crate::model::{Inner, Model};
use crate::threads::{SIGNALS, run, run_here};

/// Below this many multiply-adds a prediction takes less time than handing it to another thread.
const SHORT: usize = 500_000;

/// A model that predicts, and the workspaces that no call has at the moment.
struct Ready<T: Scalar> {
    model: chainrule::Model<T>,
    packed: Predictor<T>,
    /// Nobody waits for it: in a process that was forked it may be locked for ever.
    idle: Mutex<Vec<PredictorWorkspace<T>>>,
}

enum AnyReady {
    Single(Ready<f32>),
    Double(Ready<f64>),
}

/// A model for many threads; `chainrule.Predictor` says what its outputs mean.
#[pyclass(module = "chainrule._chainrule", frozen)]
pub(crate) struct ModelPredictor {
    ready: AnyReady,
    /// None: the usual number.
    threads: Option<usize>,
}

#[pymethods]
impl ModelPredictor {
    #[new]
    fn new(py: Python<'_>, model: &Model, threads: Option<usize>) -> PyResult<Self> {
        let ready = match &model.inner {
            Inner::Single(model) => AnyReady::Single(run_here(py, || Ready::new(model))?),
            Inner::Double(model) => AnyReady::Double(run_here(py, || Ready::new(model))?),
        };
        Ok(ModelPredictor { ready, threads })
    }

    /// The outputs for X, or their probabilities: a new array (rows, outputs), or written into `out`.
    fn outputs<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        is_probability: bool,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let ask = Ask { threads: self.threads, is_probability };
        match &self.ready {
            AnyReady::Single(ready) => ready.answer(py, ask, x, out),
            AnyReady::Double(ready) => ready.answer(py, ask, x, out),
        }
    }
}

/// How a prediction is made, and of what.
#[derive(Clone, Copy)]
struct Ask {
    threads: Option<usize>,
    is_probability: bool,
}

impl<T: Element + Scalar> Ready<T> {
    fn answer<'py>(
        &self,
        py: Python<'py>,
        ask: Ask,
        x: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let held: PyReadonlyArray2<'_, T> = x.extract()?;
        let x = matrix(&held)?;
        let shape = [x.rows(), self.model.mlp.outputs()];
        let Some(out) = out else {
            let mut output = vec![T::ZERO; shape[0] * shape[1]];
            self.compute(py, ask, x, &mut output)?;
            return Ok(output.into_pyarray(py).reshape(shape)?.into_any());
        };
        let mut place: PyReadwriteArray2<'_, T> = out.extract().map_err(|_| {
            let name = std::any::type_name::<T>().replace('f', "float");
            Failure::input(format!("out is not a writable array of two dimensions of {name} that X does not overlap"))
        })?;
        if place.shape() != shape {
            return Err(Failure::input(format!("out is {:?}; expected {shape:?}", place.shape())).into());
        }
        let layout = || Failure::input("out is not an aligned array in C order");
        let is_in_order = place.is_c_contiguous();
        let place = place.as_slice_mut().ok().filter(|_| is_in_order).ok_or_else(layout)?;
        self.compute(py, ask, x, place)?;
        Ok(out.clone())
    }
}

impl<T: Scalar> Ready<T> {
    fn new(model: &chainrule::Model<T>) -> Result<Self, Failure> {
        let packed = Predictor::try_new(model.mlp.try_clone()?)?;
        Ok(Ready { model: model.clone(), packed, idle: Mutex::new(Vec::new()) })
    }

    fn compute(&self, py: Python<'_>, ask: Ask, x: MatRef<'_, T>, output: &mut [T]) -> Result<(), Failure> {
        let work = self.model.mlp.params().len().saturating_mul(x.rows());
        if ask.threads == Some(1) || work < SHORT {
            run_here(py, || self.predict(x, output, ask, false))
        } else {
            run(py, ask.threads, |_| self.predict(x, output, ask, true))
        }
    }

    fn predict(
        &self,
        x: MatRef<'_, T>, // (rows, features)
        output: &mut [T], // (rows, outputs)
        ask: Ask,
        is_shared: bool,
    ) -> Result<(), Failure> {
        let found = x.cols();
        if found != self.model.columns() {
            return Err(Failure::input(format!("X has {found} features; expected {}", self.model.columns())));
        }
        let given: Vec<T>;
        let x = if self.model.preprocess == Preprocess::None {
            finite(x)?;
            x
        } else {
            let rows = (0..x.rows()).flat_map(|row| x.row(row).iter().copied()).collect();
            let mut features = Features::new(x.rows(), found, rows)?;
            self.model.preprocess.apply(&mut features)?;
            given = features.data().into_owned();
            MatRef::new(&given, x.rows(), found)
        };
        self.network(x, output, is_shared)?;
        self.model.unscale(output)?;
        if ask.is_probability {
            output.copy_from_slice(&self.model.probabilities_of(output.to_vec())?);
        }
        Ok(())
    }

    /// The outputs of the network alone.
    fn network(&self, x: MatRef<'_, T>, output: &mut [T], is_shared: bool) -> Result<(), Failure> {
        let outputs = self.model.mlp.outputs();
        let block = |(at, y): (usize, &mut [T])| {
            let rows = at * BLOCK..at * BLOCK + y.len() / outputs;
            let mut workspace = self.workspace()?;
            let done = self.packed.predict_into(x.rows_in(rows), y, &mut workspace);
            if let Some(mut idle) = self.idle() {
                idle.push(workspace);
            }
            Ok::<(), Failure>(done?)
        };
        if is_shared {
            return output.par_chunks_mut(BLOCK * outputs).enumerate().try_for_each(block);
        }
        let mut looked = Instant::now();
        for part in output.chunks_mut(BLOCK * outputs).enumerate() {
            block(part)?;
            if looked.elapsed() > SIGNALS {
                Python::attach(|py| py.check_signals()).map_err(Failure::Interrupted)?;
                looked = Instant::now();
            }
        }
        Ok(())
    }

    fn workspace(&self) -> Result<PredictorWorkspace<T>, Failure> {
        let idle = self.idle().and_then(|mut idle| idle.pop());
        idle.map_or_else(|| Ok(self.packed.try_workspace(BLOCK)?), Ok)
    }

    /// None where another thread has them.
    fn idle(&self) -> Option<MutexGuard<'_, Vec<PredictorWorkspace<T>>>> {
        match self.idle.try_lock() {
            Ok(idle) => Some(idle),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// Refuses rows that hold a number which is infinite or NaN, as the library does.
fn finite<T: Scalar>(x: MatRef<'_, T>) -> Result<(), Failure> {
    for row in 0..x.rows() {
        if let Some(column) = x.row(row).iter().position(|value| !value.is_finite()) {
            let (value, row, column) = (x.get(row, column), row + 1, column + 1);
            return Err(Failure::input(format!(
                "X, row {row}, column {column}: found {value}, expected a finite number"
            )));
        }
    }
    Ok(())
}
