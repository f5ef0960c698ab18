//! Losses of the error `e = y - t` at each output: squared, absolute, and Huber's, which is quadratic for small errors and
//! linear for large ones.

use chainrule_kernel::{MatRef, Scalar};

use super::objective::Objective;
use super::targets::{TargetsRef, target};

/// Returns the mean of `e^2`; writes into `dy` the gradient of `factor / 2` times the mean.
pub(super) fn squared<T: Scalar>(
    objective: &Objective<'_, T>,
    y: MatRef<'_, T>, // (batch, outputs)
    targets: TargetsRef<'_, T>,
    factor: f64,
    dy: &mut [T], // (batch, outputs)
) -> f64 {
    each(objective, y, targets, factor, dy, |error| (error.to_f64() * error.to_f64(), error))
}

/// The mean of `|e|`; its slope is the sign of e, and 0 at 0.
pub(super) fn absolute<T: Scalar>(
    objective: &Objective<'_, T>,
    y: MatRef<'_, T>, // (batch, outputs)
    targets: TargetsRef<'_, T>,
    dy: &mut [T], // (batch, outputs)
) -> f64 {
    each(objective, y, targets, 1.0, dy, |error| {
        let sign = if error > T::ZERO {
            T::ONE
        } else if error < T::ZERO {
            -T::ONE
        } else {
            error // 0, or NaN
        };
        (error.to_f64().abs(), sign)
    })
}

/// The mean of `e^2 / 2` up to `delta` and of `delta (|e| - delta / 2)` beyond; its slope is e, and no steeper than delta.
pub(super) fn huber<T: Scalar>(
    objective: &Objective<'_, T>,
    y: MatRef<'_, T>, // (batch, outputs)
    targets: TargetsRef<'_, T>,
    delta: f64,
    dy: &mut [T], // (batch, outputs)
) -> f64 {
    let limit = T::from_f64(delta);
    each(objective, y, targets, 1.0, dy, |error| {
        let size = error.to_f64().abs();
        if size > delta {
            (delta * (size - 0.5 * delta), if error > T::ZERO { limit } else { -limit })
        } else {
            (0.5 * size * size, error)
        }
    })
}

/// Returns the mean of the losses that `of` computes of each error, over all elements; writes into `dy` its slopes, times
/// `factor` and divided as the mean is.
fn each<T: Scalar>(
    objective: &Objective<'_, T>,
    y: MatRef<'_, T>, // (batch, outputs)
    targets: TargetsRef<'_, T>,
    factor: f64,
    dy: &mut [T], // (batch, outputs)
    of: impl Fn(T) -> (f64, T),
) -> f64 {
    let width = y.cols();
    let elements = objective.divisor_of_elements(targets, width);
    let common = T::from_f64(factor / elements);
    let mut total = 0.0;
    for (i, dy) in dy.chunks_exact_mut(width).enumerate() {
        let y = y.row(i);
        let (row_weight, factor) = match objective.rows {
            None => (1.0, common),
            Some(weights) => (weights[i].to_f64(), T::from_f64(factor * weights[i].to_f64() / elements)),
        };
        if row_weight == 0.0 {
            dy.fill(T::ZERO);
            continue;
        }
        for j in 0..width {
            let (loss, slope) = of(y[j] - target(targets, i, j));
            total += row_weight * loss;
            dy[j] = factor * slope;
        }
    }
    total / elements
}
