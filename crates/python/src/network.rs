//! `Network`, the class that the estimators compute with.

use chainrule::network::{ACTIVATION_NAMES, parse_activation};
use chainrule::{Activation, Scalar};
use numpy::{Element, IntoPyArray, PyArrayMethods, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use crate::arrays::{HeldData, HeldRows};
use crate::criterion::Criterion;
use crate::failure::Failure;
use crate::minimise::{Limits, Minimum};
use crate::net::{Course, Net, TrainingArgs};
use crate::parameters::{Parameters, are_single};
use crate::shape::{Dropout, Head, Shape};
use crate::solver::{Solver, SolverArgs};
use crate::threads::run;

/// The activations of hidden layers: scikit-learn's, then the library's.
#[pyfunction]
pub(crate) fn activation_names() -> Vec<&'static str> {
    ["logistic"].into_iter().chain(ACTIVATION_NAMES.iter().copied()).collect()
}

/// Why this is no activation, scikit-learn's or the library's, such as `elu(0.5)`; `None` if it is one.
#[pyfunction]
pub(crate) fn activation_error(text: &str) -> Option<String> {
    parse_activation(text).err().filter(|_| text != "logistic").map(|error| error.to_string())
}

/// The activation of this name, scikit-learn's or the library's.
pub(crate) fn activation(name: &str) -> Result<Activation, Failure> {
    Ok(parse_activation(if name == "logistic" { "sigmoid" } else { name })?)
}

/// A network in its element type.
enum Inner {
    Single(Net<f32>),
    Double(Net<f64>),
}

/// Calls `$body` with the network as `$net`, whose element type is then `$t`.
macro_rules! each {
    ($inner:expr, $t:ident, $net:ident => $body:expr) => {
        match $inner {
            Inner::Single($net) => {
                #[allow(dead_code)] // not every call names it
                type $t = f32;
                $body
            }
            Inner::Double($net) => {
                #[allow(dead_code)]
                type $t = f64;
                $body
            }
        }
    };
}

/// The settings of a stochastic solver, from a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    solver: String,
    loss: String,
    alpha: f64,
    batch_size: usize,
    momentum: f64,
    nesterovs_momentum: bool,
    beta_1: f64,
    beta_2: f64,
    epsilon: f64,
    /// A schedule of the library's, and the epochs of a run.
    schedule: Option<(String, u64)>,
}

/// The settings of a minimisation, from a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct MinimisationSettings {
    loss: String,
    alpha: f64,
    tol: f64,
    max_iter: usize,
    max_fun: usize,
}

/// A perceptron with weights of the caller's.
///
/// Parameters
/// ----------
/// coefs : list of ndarray of shape (inputs, outputs)
///     The weights of each layer, all float32 or all float64.
/// intercepts : list of ndarray of shape (outputs,)
///     The intercepts of each layer.
/// activation : str
///     The activation of the hidden layers.
/// out_activation : {'identity', 'logistic', 'softmax', 'exp'}
///     The activation of the output.
/// n_threads : int, default=None
///     The number of threads.
/// between : tuple of (list of ndarray of shape (2 or 4, width), float, int), default=None
///     Of each hidden layer's normalisation gamma and beta, of batch normalisations mean and variance, too; the probability of
///     dropout, and the seed of its masks.
#[pyclass(module = "chainrule._chainrule")]
pub(crate) struct Network {
    inner: Inner,
    threads: Option<usize>,
}

#[pymethods]
impl Network {
    #[new]
    #[pyo3(signature = (coefs, intercepts, activation, out_activation, n_threads=None, between=None))]
    fn new(
        coefs: &Bound<'_, PyList>,
        intercepts: &Bound<'_, PyList>,
        activation: &str,
        out_activation: &str,
        n_threads: Option<usize>,
        between: Option<Between<'_>>,
    ) -> PyResult<Self> {
        let (activation, head) = (self::activation(activation)?, Head::by_name(out_activation)?);
        let (norms, dropout) = parts(&between);
        let inner = if are_single(coefs) {
            Inner::Single(net(&Parameters::new(coefs, intercepts, norms)?, activation, head, dropout)?)
        } else {
            Inner::Double(net(&Parameters::new(coefs, intercepts, norms)?, activation, head, dropout)?)
        };
        Ok(Network { inner, threads: n_threads })
    }

    /// Prepares epochs of a stochastic solver.
    fn start(&mut self, py: Python<'_>, settings: Settings) -> PyResult<()> {
        let Settings { solver, loss, alpha, batch_size, momentum, nesterovs_momentum, .. } = settings;
        let Settings { beta_1, beta_2, epsilon, schedule, .. } = settings;
        if batch_size == 0 {
            return Err(Failure::input("batch_size is 0; expected at least 1").into());
        }
        let args = SolverArgs { name: &solver, momentum, nesterov: nesterovs_momentum, beta_1, beta_2, epsilon };
        let (solver, criterion) = (Solver::new(&args)?, Criterion::by_name(&loss)?);
        let schedule = match schedule {
            None => None,
            Some((text, epochs)) => Some(Course { schedule: text.parse().map_err(Failure::from)?, epochs }),
        };
        let args = TrainingArgs { solver, criterion, alpha, batch: batch_size, schedule };
        each!(&mut self.inner, T, net => Ok(run(py, self.threads, |_| net.start(&args))?))
    }

    /// An epoch: a step with each minibatch of `(X, y, sample_weight)` in this order, at this learning rate. Returns the
    /// mean loss. After an exception of a signal the parameters are those of the last step.
    #[pyo3(signature = (data, order, learning_rate))]
    fn epoch(
        &mut self,
        py: Python<'_>,
        data: &Bound<'_, PyTuple>,
        order: Option<PyReadonlyArray1<'_, i64>>,
        learning_rate: f64,
    ) -> PyResult<f64> {
        let order = list(&order)?;
        each!(&mut self.inner, T, net => {
            let held = HeldData::<T>::new(data)?;
            let data = held.view()?;
            Ok(run(py, self.threads, |stop| net.epoch(&data, order, learning_rate, stop))?)
        })
    }

    /// Minimises the loss of `(X, y, sample_weight)` by L-BFGS: returns loss, iterations, evaluations and the reason of
    /// the end.
    fn minimize(
        &mut self,
        py: Python<'_>,
        data: &Bound<'_, PyTuple>,
        settings: MinimisationSettings,
    ) -> PyResult<(f64, usize, usize, &'static str)> {
        let MinimisationSettings { loss, alpha, tol, max_iter, max_fun } = settings;
        let (criterion, limits) = (Criterion::by_name(&loss)?, Limits { tol, max_iter, max_fun });
        let Minimum { loss, iterations, evaluations, reason } = each!(&mut self.inner, T, net => {
            let held = HeldData::<T>::new(data)?;
            let data = held.view()?;
            run(py, self.threads, |stop| net.minimise(&data, criterion, alpha, &limits, stop))?
        });
        Ok((loss, iterations, evaluations, reason))
    }

    /// The network's output for X, or for some of its rows: an array (rows, outputs).
    #[pyo3(signature = (x, rows=None))]
    fn predict<'py>(
        &self,
        py: Python<'py>,
        x: &Bound<'py, PyAny>,
        rows: Option<PyReadonlyArray1<'py, i64>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let order = list(&rows)?;
        each!(&self.inner, T, net => {
            let held = HeldRows::<T>::new(x)?;
            let view = held.view()?;
            let (n, outputs) = (order.map_or(view.len(), <[i64]>::len), net.mlp.outputs());
            let output = run(py, self.threads, |_| net.predict(view, order))?;
            Ok(output.into_pyarray(py).reshape([n, outputs])?.into_any())
        })
    }

    /// Copies of the weights and of the intercepts of each layer, and of the normalisations.
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Lists<'py>> {
        let (coefs, intercepts, norms) = (PyList::empty(py), PyList::empty(py), PyList::empty(py));
        each!(&self.inner, T, net => {
            for layer in net.mlp.dense_layers() {
                let weights: Vec<T> =
                    net.mlp.params()[layer.params.clone()][..layer.params.len() - layer.b.len()].to_vec();
                coefs.append(weights.into_pyarray(py).reshape([layer.w.rows(), layer.w.cols()])?)?;
                intercepts.append(layer.b.to_vec().into_pyarray(py))?;
            }
            for norm in net.mlp.norm_layers() {
                let mut rows: Vec<T> = [norm.gamma, norm.beta].concat();
                if let Some(running) = &norm.running {
                    rows.extend_from_slice(running.mean);
                    rows.extend_from_slice(running.variance);
                }
                let shape = [rows.len() / norm.gamma.len(), norm.gamma.len()];
                norms.append(rows.into_pyarray(py).reshape(shape)?)?;
            }
        });
        Ok((coefs, intercepts, norms))
    }

    /// The state of the solver: its steps, the learning rate of the last one, and its moments.
    fn state<'py>(&self, py: Python<'py>) -> PyResult<(u64, f64, Bound<'py, PyAny>)> {
        each!(&self.inner, T, net => {
            let training = net.training.as_ref().ok_or_else(|| Failure::input("no training was started"))?;
            let state = training.state();
            Ok((state.steps(), training.rate, state.values().to_vec().into_pyarray(py).into_any()))
        })
    }

    /// Goes on from what `state` gave, of a network of the same shape.
    fn restore(&mut self, steps: u64, learning_rate: f64, moments: &Bound<'_, PyAny>) -> PyResult<()> {
        each!(&mut self.inner, T, net => {
            let moments: PyReadonlyArray1<'_, T> = moments.extract()?;
            let (Net { mlp, training, .. }, moments) = (net, moments.as_slice()?);
            let training = training.as_mut().ok_or_else(|| Failure::input("no training was started"))?;
            Ok(training.restore(mlp, steps, moments, learning_rate)?)
        })
    }
}

/// Weights, intercepts, normalisations.
type Lists<'py> = (Bound<'py, PyList>, Bound<'py, PyList>, Bound<'py, PyList>);

/// What stands between the dense layers: the normalisations' arrays, the probability of dropout and its seed.
pub(crate) type Between<'py> = (Bound<'py, PyList>, f64, u64);

/// The same, of a network that may have nothing there.
pub(crate) fn parts<'a, 'py>(between: &'a Option<Between<'py>>) -> (Option<&'a Bound<'py, PyList>>, Dropout) {
    match between {
        None => (None, Dropout::default()),
        Some((norms, p, seed)) => (Some(norms), Dropout { p: *p, seed: *seed }),
    }
}

/// A network with these parameters.
fn net<T: Element + Scalar>(
    parameters: &Parameters<'_, T>,
    activation: Activation,
    head: Head,
    dropout: Dropout,
) -> Result<Net<T>, Failure> {
    let shape = Shape { widths: parameters.widths.clone(), activation, head, norm: parameters.norm(), dropout };
    Net::new(shape, &parameters.slices()?.concat(), &parameters.running()?.concat())
}

fn list<'a>(order: &'a Option<PyReadonlyArray1<'_, i64>>) -> Result<Option<&'a [i64]>, Failure> {
    let layout = |_| Failure::input("the list of rows is not contiguous");
    order.as_ref().map(|order| order.as_slice()).transpose().map_err(layout)
}
