//! Gradients against slopes: is what [`Mlp::backward`] computes the derivative of what [`Mlp::forward`] and the loss
//! compute?
//!
//! Everything is done in f64, on a copy of the network: `f(t)`, the loss with a tensor moved by `t v`, is measured at six
//! points around 0, and its slope there (`slope.rs`) must be the gradient's product with `v`. The directions `v` are random
//! ones through each tensor, random ones through all of them, and single coordinates. How far the two may be apart follows
//! from the measurement: the truncation of the differences, the rounding of the loss (`noise.rs`), the rounding of the
//! gradient. No tolerance is chosen by hand.
//!
//! The tensors are the `input`, `0.weight` and `0.bias` of every module that learns, and the `output`: that row is the loss's
//! own derivative, and says whether a loss or a layer is wrong when all rows before it are.
//!
//! What is checked is a training pass: batch normalisation goes by the minibatch, and dropout leaves out the same units
//! every time.
//!
//! Where a piecewise function (ReLU) changes its piece within the step, there is no slope to compare with. Such a
//! direction is tried again with a smaller step, and is discarded in the end; so is one along which the loss itself has
//! a kink. A tensor of which more than [`Settings::max_discarded`] were discarded has not passed.

mod kinks;
mod measure;
mod noise;
mod report;
mod slope;
mod subject;

use chainrule_kernel::{MatRef, Scalar};

use crate::{Mlp, ModelError, Objective, TargetsRef};
use measure::Measure;
pub use report::{Position, Report, TensorReport, Verdict, Worst};
use subject::Subject;

/// How much is checked.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::Settings;
///
/// let thorough = Settings { coordinates: 100, ..Settings::default() };
/// assert_eq!(thorough.directions, 4);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Random directions through each tensor, and through all; 4. Each depends on every gradient of its tensor.
    pub directions: usize,
    /// Random coordinates of each tensor, or all where there are no more; 12.
    pub coordinates: usize,
    /// Chooses them; 0.
    pub seed: u64,
    /// The share of a tensor's directions and coordinates that may be discarded for kinks; 0.5.
    pub max_discarded: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { directions: 4, coordinates: 12, seed: 0, max_discarded: 0.5 }
    }
}

/// Checks the gradients of a network under one of the library's losses, alone or as an [`Objective`].
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::{Settings, gradcheck};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(2).dense(8).tanh().dense(2).seed(42).build()?;
/// let x = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
/// let xor = TargetsRef::Classes(&[0, 1, 1, 0]);
/// let report = gradcheck(&mlp, MatRef::new(&x, 4, 2), xor, Loss::CrossEntropy, &Settings::default())?;
/// assert!(report.passed(), "{report}");
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
///
/// # Errors
/// As [`Mlp::forward_training`] and [`Mlp::backward`]; when the loss is infinite or NaN; when nothing would be checked.
pub fn gradcheck<'t, T: Scalar>(
    mlp: &Mlp<T>,
    x: MatRef<'_, T>, // (batch, inputs)
    targets: TargetsRef<'_, T>,
    loss: impl Into<Objective<'t, T>>,
    settings: &Settings,
) -> Result<Report, ModelError> {
    let Objective { loss, reduction, rows, outputs, smoothing } = loss.into();
    loss.check_after(mlp.layers().last())?;
    let in_f64 = |weights: Option<&[T]>| weights.map(|all| all.iter().map(|w| w.to_f64()).collect::<Vec<_>>());
    let (rows, outputs) = (in_f64(rows), in_f64(outputs));
    let objective = Objective { loss, reduction, rows: rows.as_deref(), outputs: outputs.as_deref(), smoothing };
    let values; // (batch, outputs)
    let targets = match targets {
        TargetsRef::Classes(labels) => TargetsRef::Classes(labels),
        TargetsRef::Values(t) => {
            values = subject::widened(t);
            TargetsRef::Values(MatRef::new(&values, t.rows(), t.cols()))
        }
    };
    let kernel = chainrule_kernel::Kernel::<f64>::selected()?;
    run(mlp, x, &mut |output, dy| objective.backward(kernel, output, targets, dy), settings)
}

/// Checks the gradients of a network under a loss of the caller's own: from the output, (batch, outputs), it gives its
/// value and writes its gradient by the output, row-major. What `dy` holds before is of no meaning.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::gradcheck::{Settings, gradcheck_with};
/// use chainrule::{MatRef, Mlp};
///
/// let mlp = Mlp::builder(2).dense(4).tanh().dense(1).seed(1).build()?;
/// let (x, t) = ([0.5, -1.0, 1.5, 0.3], [0.2, -0.7]);
/// // ln cosh(y - t), whose derivative is tanh(y - t).
/// let log_cosh = |y: MatRef<'_, f64>, dy: &mut [f64]| {
///     (0..2).map(|i| {
///         let error = y.get(i, 0) - t[i];
///         dy[i] = error.tanh();
///         error.cosh().ln()
///     }).sum()
/// };
/// let report = gradcheck_with(&mlp, MatRef::new(&x, 2, 2), log_cosh, &Settings::default())?;
/// assert!(report.passed(), "{report}");
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
///
/// # Errors
/// As [`gradcheck`].
pub fn gradcheck_with<T: Scalar>(
    mlp: &Mlp<T>,
    x: MatRef<'_, T>, // (batch, inputs)
    mut loss: impl FnMut(MatRef<'_, f64>, &mut [f64]) -> f64,
    settings: &Settings,
) -> Result<Report, ModelError> {
    run(mlp, x, &mut |output, dy| Ok(loss(output, dy)), settings)
}

/// From the output, (batch, outputs), the loss and, in `dy`, its gradient.
type LossFn<'a> = dyn FnMut(MatRef<'_, f64>, &mut [f64]) -> Result<f64, ModelError> + 'a;

fn run<T: Scalar>(
    mlp: &Mlp<T>,
    x: MatRef<'_, T>,
    loss: &mut LossFn<'_>,
    settings: &Settings,
) -> Result<Report, ModelError> {
    let mut subject = Subject::new(mlp, x, loss)?;
    let analytic = subject.gradients()?;
    compare(&mut subject, &analytic, settings)
}

/// Holds gradients, laid out as [`Subject::tensors`], against slopes.
fn compare(subject: &mut Subject<'_, '_>, analytic: &[f64], settings: &Settings) -> Result<Report, ModelError> {
    if settings.directions + settings.coordinates == 0 {
        return Err(ModelError::Setting {
            what: "the number of directions and coordinates",
            found: 0.0,
            expected: "at least 1",
        });
    }
    let noise = measure::noise(subject, settings.seed);
    let mut found = Vec::new();
    for (key, tensor) in (measure::FIRST_KEY..).zip(subject.tensors()) {
        found.push(measure::tensor(
            subject,
            &tensor,
            &analytic[tensor.range.clone()],
            Measure { noise, key, settings },
        ));
    }
    if settings.directions > 0 {
        // Its coordinates are those of the others.
        let (whole, settings) = (subject.whole(), Settings { coordinates: 0, ..*settings });
        let key = measure::FIRST_KEY - 1;
        found.push(measure::tensor(
            subject,
            &whole,
            &analytic[whole.range.clone()],
            Measure { noise, key, settings: &settings },
        ));
    }
    Ok(Report { loss: subject.value, noise, rows: subject.rows(), tensors: found })
}

#[cfg(test)]
mod tests;
