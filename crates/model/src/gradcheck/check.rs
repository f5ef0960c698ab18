//! The check of a network: compares the gradient of every tensor with slopes, and returns the report.

use chainrule_kernel::{MatRef, Scalar};

use super::report::Report;
use super::settings::Settings;
use super::subject::{LossFn, Subject, root_mean_square, widened};
use super::tensor_check::{self, TensorCheck};
use crate::error::ModelError;
use crate::loss::objective::Objective;
use crate::loss::targets::TargetsRef;
use crate::mlp::Mlp;

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
            values = widened(t);
            TargetsRef::Values(MatRef::new(&values, t.rows(), t.cols()))
        }
    };
    let kernel = chainrule_kernel::Kernel::<f64>::selected()?;
    run(mlp, x, &mut |output, dy| objective.backward(kernel, output, targets, dy), settings)
}

/// Checks the gradients of a network under a loss of the caller's own. The loss is given the output, (batch, outputs),
/// returns its value and writes its gradient by the output into `dy`, row-major; `dy` is not initialised.
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

/// Compares gradients, laid out as [`Subject::tensors`], with slopes.
pub(super) fn compare(
    subject: &mut Subject<'_, '_>,
    analytic: &[f64],
    settings: &Settings,
) -> Result<Report, ModelError> {
    if settings.directions + settings.coordinates == 0 {
        return Err(ModelError::Setting {
            what: "the number of directions and coordinates",
            found: 0.0,
            expected: "at least 1",
        });
    }
    let noise = tensor_check::noise(subject, settings.seed);
    let scale = root_mean_square(&analytic[subject.whole().range]);
    let mut found = Vec::new();
    for (key, tensor) in (tensor_check::FIRST_KEY..).zip(subject.tensors()) {
        found.push(tensor_check::tensor(
            subject,
            &tensor,
            &analytic[tensor.range.clone()],
            TensorCheck { noise, scale, key, settings },
        ));
    }
    if settings.directions > 0 {
        // Its coordinates are checked with the single tensors.
        let (whole, settings) = (subject.whole(), Settings { coordinates: 0, ..*settings });
        let key = tensor_check::FIRST_KEY - 1;
        found.push(tensor_check::tensor(
            subject,
            &whole,
            &analytic[whole.range.clone()],
            TensorCheck { noise, scale, key, settings: &settings },
        ));
    }
    Ok(Report { loss: subject.value, noise, rows: subject.rows(), tensors: found })
}
