//! `Mlp`: a network to be trained. It is one thread's at a time; a call while another one is under way is refused.

use std::sync::{Mutex, PoisonError};

use chainrule::network::layer_table;
use chainrule::train::Checkpoint;
use chainrule::{DType, Init, Loss, MatRef, MlpBuilder, Optimizer, Scalar, TargetsRef, weights_sha256};
use numpy::{Element, IntoPyArray, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyReadonlyArrayDyn};
use numpy::{PyUntypedArrayMethods, ndarray::IxDyn};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::arrays::in_order;
use crate::failure::Failure;
use crate::learner::Learner;
use crate::model::{self, Model};
use crate::tensors::{Tensor, tensors};
use crate::threads::{run, run_here};

/// Arrays with the names of their parameters.
type Named<'py> = Vec<(String, Bound<'py, PyAny>)>;

/// Below this many multiply-adds a step takes less time than handing it to another thread.
const SHORT: usize = 500_000;

/// A network in its element type.
pub(crate) enum AnyLearner {
    Single(Learner<f32>),
    Double(Learner<f64>),
}

/// Calls `$body` with the learner as `$learner`, whose element type is then `$t`.
macro_rules! each {
    ($any:expr, $t:ident, $learner:ident => $body:expr) => {
        match $any {
            AnyLearner::Single($learner) => {
                #[allow(dead_code)] // not every call names it
                type $t = f32;
                $body
            }
            AnyLearner::Double($learner) => {
                #[allow(dead_code)]
                type $t = f64;
                $body
            }
        }
    };
}

/// A network that learns; `chainrule.Mlp` says what its methods mean.
#[pyclass(module = "chainrule._chainrule", frozen)]
pub(crate) struct Mlp {
    /// None while it is lent.
    learner: Mutex<Option<AnyLearner>>,
    #[pyo3(get)]
    dtype: &'static str,
    #[pyo3(get)]
    layers: Vec<String>,
    #[pyo3(get)]
    n_features: usize,
    #[pyo3(get)]
    n_outputs: usize,
    #[pyo3(get)]
    n_parameters: usize,
    #[pyo3(get)]
    kernel: &'static str,
    #[pyo3(get)]
    table: String,
}

/// A network for the time of a call; it goes back in the end, also where the call fails.
pub(crate) struct Lent<'a> {
    owner: &'a Mlp,
    learner: Option<AnyLearner>,
}

impl Lent<'_> {
    pub(crate) fn learner(&mut self) -> &mut AnyLearner {
        self.learner.as_mut().expect("it goes back in drop")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        *self.owner.learner.lock().unwrap_or_else(PoisonError::into_inner) = self.learner.take();
    }
}

impl Mlp {
    /// Lends the network to a call.
    ///
    /// # Errors
    /// When another call has it.
    pub(crate) fn lend(&self) -> Result<Lent<'_>, Failure> {
        let learner = self.learner.lock().unwrap_or_else(PoisonError::into_inner).take();
        let busy = "the network is in use: it is being trained, or another thread computes with it; \
                    threads share a chainrule.Predictor";
        let learner = learner.ok_or_else(|| Failure::input(busy))?;
        Ok(Lent { owner: self, learner: Some(learner) })
    }

    fn new<T: Scalar>(mlp: chainrule::Mlp<T>, dtype: &'static str, wrap: fn(Learner<T>) -> AnyLearner) -> Self {
        Mlp::of(Learner::new(mlp), dtype, wrap)
    }

    fn of<T: Scalar>(learner: Learner<T>, dtype: &'static str, wrap: fn(Learner<T>) -> AnyLearner) -> Self {
        let mlp = &learner.mlp;
        Mlp {
            dtype,
            layers: mlp.layers().iter().map(ToString::to_string).collect(),
            n_features: mlp.inputs(),
            n_outputs: mlp.outputs(),
            n_parameters: mlp.params().len(),
            kernel: mlp.kernel_name(),
            table: layer_table(mlp),
            learner: Mutex::new(Some(wrap(learner))),
        }
    }

    /// A copy of a model's network.
    pub(crate) fn of_model(model: &Model) -> Result<Self, Failure> {
        Ok(match &model.inner {
            model::Inner::Single(model) => Mlp::new(model.mlp.try_clone()?, "float32", AnyLearner::Single),
            model::Inner::Double(model) => Mlp::new(model.mlp.try_clone()?, "float64", AnyLearner::Double),
        })
    }

    /// Whether a pass over this number of rows is handed to other threads.
    fn is_long(&self, rows: usize) -> bool {
        self.n_parameters.saturating_mul(rows) >= SHORT
    }

    /// Runs work on the lent network, on threads where it is long.
    fn run<R: Send>(
        &self,
        py: Python<'_>,
        rows: usize,
        work: impl FnOnce() -> Result<R, Failure> + Send,
    ) -> Result<R, Failure> {
        if self.is_long(rows) { run(py, None, |_| work()) } else { run_here(py, work) }
    }
}

#[pymethods]
impl Mlp {
    /// A new network, from its text.
    #[new]
    fn of_text(text: &str, seed: u64, is_double: bool, init: &str) -> PyResult<Self> {
        let init = Init::by_name(init).map_err(Failure::from)?;
        let builder = text.parse::<MlpBuilder>().map_err(Failure::from)?.seed(seed).init(init);
        Ok(match is_double {
            false => Mlp::new(builder.build_as().map_err(Failure::from)?, "float32", AnyLearner::Single),
            true => Mlp::new(builder.build_as().map_err(Failure::from)?, "float64", AnyLearner::Double),
        })
    }

    /// A copy of the network of a model.
    #[staticmethod]
    fn from_model(model: &Model) -> PyResult<Self> {
        Ok(Mlp::of_model(model)?)
    }

    /// The network with the moments of its optimiser, as a checkpoint: what a pickle holds.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut lent = self.lend()?;
        let bytes = each!(lent.learner(), T, learner => run_here(py, || {
            Ok(Checkpoint::to_bytes(&learner.mlp, &learner.moments()?)?)
        })?);
        Ok(PyBytes::new(py, &bytes))
    }

    /// The network of such bytes, whose next step is the one that the first network's would be.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        Ok(run_here(py, || {
            let checkpoint = Checkpoint::parse("the bytes of an Mlp", bytes)?;
            Ok(match checkpoint.dtype() {
                DType::F32 => Mlp::of(restored(&checkpoint)?, "float32", AnyLearner::Single),
                DType::F64 => Mlp::of(restored(&checkpoint)?, "float64", AnyLearner::Double),
            })
        })?)
    }

    /// A copy, with the moments of no optimiser.
    fn copy(&self) -> PyResult<Self> {
        let mut lent = self.lend()?;
        Ok(match lent.learner() {
            AnyLearner::Single(learner) => {
                Mlp::new(learner.mlp.try_clone().map_err(Failure::from)?, self.dtype, AnyLearner::Single)
            }
            AnyLearner::Double(learner) => {
                Mlp::new(learner.mlp.try_clone().map_err(Failure::from)?, self.dtype, AnyLearner::Double)
            }
        })
    }

    /// A model of a copy of the network, as if it had been trained with this loss.
    fn model(&self, loss: &str, class_names: Option<Vec<String>>) -> PyResult<Model> {
        let loss: Loss = loss.parse().map_err(Failure::from)?;
        let mut lent = self.lend()?;
        Ok(Model {
            inner: match lent.learner() {
                AnyLearner::Single(learner) => model::Inner::Single(model_of(learner, loss, class_names)?),
                AnyLearner::Double(learner) => model::Inner::Double(model_of(learner, loss, class_names)?),
            },
        })
    }

    /// Copies of the parameters with their names, in their order.
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Named<'py>> {
        let mut lent = self.lend()?;
        each!(lent.learner(), T, learner => named(py, &learner.mlp, learner.mlp.params()))
    }

    /// Replaces parameters by their names; none where one of them does not fit.
    fn set_parameters(&self, given: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<()> {
        let mut lent = self.lend()?;
        each!(lent.learner(), T, learner => {
            let known = tensors(&learner.mlp);
            let mut mlp = learner.mlp.try_clone().map_err(Failure::from)?;
            for (name, values) in given {
                let tensor = known.iter().find(|tensor| tensor.name == name).ok_or_else(|| unknown(&name, &known))?;
                let values: PyReadonlyArrayDyn<'_, T> = values.extract()?;
                if values.shape() != tensor.shape {
                    let text = format!("{name} is {:?}; expected {:?}", values.shape(), tensor.shape);
                    return Err(Failure::input(text).into());
                }
                let values = values.as_slice().ok().filter(|_| values.is_c_contiguous());
                let values = values.ok_or_else(|| Failure::input(format!("{name} is not an aligned array in C order; call numpy.require(array, requirements='CA')")))?;
                mlp.params_mut()[tensor.range.clone()].copy_from_slice(values);
            }
            mlp.check_finite().map_err(Failure::from)?;
            learner.replace(mlp);
            Ok(())
        })
    }

    /// The hash of all parameters, as the command prints it.
    fn weights_sha256(&self) -> PyResult<String> {
        let mut lent = self.lend()?;
        each!(lent.learner(), T, learner => Ok(weights_sha256(&learner.mlp)))
    }

    /// The outputs for X, (rows, outputs), of an evaluation.
    fn forward<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let mut lent = self.lend()?;
        each!(lent.learner(), T, learner => {
            let held: PyReadonlyArray2<'_, T> = x.extract()?;
            let x = matrix(&held)?;
            let (rows, outputs) = (x.rows(), self.n_outputs);
            let output = self.run(py, rows, || inferred(learner, x))?;
            Ok(output.into_pyarray(py).reshape([rows, outputs])?.into_any())
        })
    }

    /// The loss on these rows and its gradients with the names of their parameters; the network stays as it is. `loss` is the
    /// name of one of the library's, of `y`, or a function of the outputs that returns its value and its gradient by them.
    /// The network is lent until the end, so that such a function cannot use it.
    fn gradients<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        loss: &Bound<'py, PyAny>,
    ) -> PyResult<(f64, Named<'py>)> {
        let mut lent = self.lend()?;
        each!(lent.learner(), T, learner => {
            let value = self.pass(py, learner, x, (y, loss))?;
            Ok((value, named(py, &learner.mlp, learner.gradients())?))
        })
    }

    /// A step on these rows; returns the loss before it. Where that is infinite or NaN, the network stays as it is.
    fn train_step(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        loss: &Bound<'_, PyAny>,
        optimizer: &str,
    ) -> PyResult<f64> {
        let optimizer: Optimizer = optimizer.parse().map_err(Failure::from)?;
        let mut lent = self.lend()?;
        each!(lent.learner(), T, learner => {
            let value = self.pass(py, learner, x, (y, loss))?;
            if value.is_finite() {
                self.run(py, 1, || learner.update(optimizer))?;
            }
            Ok(value)
        })
    }
}

impl Mlp {
    /// A training pass forward and back on the rows of `x`; returns the loss.
    fn pass<T: Element + Scalar>(
        &self,
        py: Python<'_>,
        learner: &mut Learner<T>,
        x: &Bound<'_, PyAny>,
        (y, loss): (&Bound<'_, PyAny>, &Bound<'_, PyAny>),
    ) -> PyResult<f64> {
        let named = loss.extract::<String>().ok();
        let named = named.map(|name| name.parse::<Loss>()).transpose().map_err(Failure::from)?;
        let (rows, output) = {
            let held: PyReadonlyArray2<'_, T> = x.extract()?;
            let x = matrix(&held)?;
            (x.rows(), self.run(py, x.rows(), || learner.forward(x))?)
        };
        let Some(named) = named else {
            let output = output.into_pyarray(py).reshape([rows, self.n_outputs])?;
            let (value, gradient): (f64, PyReadonlyArray2<'_, T>) = loss.call1((output,))?.extract()?;
            let dz = in_order(&gradient, "the gradient")?;
            self.run(py, rows, || learner.backward_from(value, dz))?;
            return Ok(value);
        };
        if let Ok(classes) = y.extract::<PyReadonlyArray1<'_, u32>>() {
            let classes = classes.as_slice()?;
            return Ok(self.run(py, rows, || learner.backward(TargetsRef::Classes(classes), named))?);
        }
        let held: PyReadonlyArray2<'_, T> = y.extract()?;
        let values = matrix(&held)?;
        Ok(self.run(py, rows, || learner.backward(TargetsRef::Values(values), named))?)
    }
}

fn restored<T: Scalar>(checkpoint: &Checkpoint) -> Result<Learner<T>, Failure> {
    let (mlp, moments) = checkpoint.restore()?;
    Ok(Learner::with_moments(mlp, moments))
}

/// The matrix of an array in C order, of one row at least.
pub(crate) fn matrix<'a, T: Element + Scalar>(held: &'a PyReadonlyArray2<'_, T>) -> Result<MatRef<'a, T>, Failure> {
    let values = in_order(held, "an array")?;
    if held.shape()[0] == 0 {
        return Err(Failure::input("X has no rows; expected one at least"));
    }
    Ok(MatRef::new(values, held.shape()[0], held.shape()[1]))
}

fn inferred<T: Scalar>(learner: &Learner<T>, x: MatRef<'_, T>) -> Result<Vec<T>, Failure> {
    let mut output = vec![T::ZERO; x.rows() * learner.mlp.outputs()];
    crate::blocks::infer(&learner.mlp, x, &mut output)?;
    Ok(output)
}

fn model_of<T: Scalar>(
    learner: &Learner<T>,
    loss: Loss,
    class_names: Option<Vec<String>>,
) -> Result<chainrule::Model<T>, Failure> {
    model::with_names(chainrule::Model::new(learner.mlp.try_clone()?, loss), class_names)
}

/// Numbers that lie as the parameters do, tensor by tensor.
fn named<'py, T: Element + Scalar>(py: Python<'py>, mlp: &chainrule::Mlp<T>, numbers: &[T]) -> PyResult<Named<'py>> {
    let array = |Tensor { name, shape, range }: Tensor| {
        let values = numbers.get(range).unwrap_or_default().to_vec();
        Ok((name, values.into_pyarray(py).reshape(IxDyn(&shape))?.into_any()))
    };
    tensors(mlp).into_iter().map(array).collect()
}

fn unknown(name: &str, known: &[Tensor]) -> Failure {
    let names = known.iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>().join(", ");
    Failure::input(format!("there is no parameter {name:?}; expected one of {names}"))
}
