//! Cross-entropy of logits. Softmax and the logarithm are computed together, so that neither overflow nor a probability of
//! 0 loses the result.
//!
//! With `s = sum_j e^(z_j - top)`: the row's loss is `sum_j t_j (ln s + (top - z_j))`, its gradient
//! `softmax(z) sum_j t_j - t`. `top - z_j` comes first: added to a large top, ln s would be rounded away (Blanchard, Higham
//! and Higham, "Accurately computing the log-sum-exp and softmax functions", 2021).

use chainrule_kernel::{Kernel, MatRef, Scalar, math};

use super::objective::Objective;
use super::targets::{TargetsRef, target};
use crate::softmax::{largest, powers};

pub(super) fn backward<T: Scalar>(
    kernel: &Kernel<T>,
    objective: &Objective<'_, T>,
    z: MatRef<'_, T>, // (batch, classes)
    targets: TargetsRef<'_, T>,
    dz: &mut [T], // (batch, classes)
) -> f64 {
    let classes = z.cols();
    for (i, dz) in dz.chunks_exact_mut(classes).enumerate() {
        dz.copy_from_slice(z.row(i));
    }
    powers(kernel, classes, dz);
    if objective.is_plain() { plain(z, targets, dz) } else { weighted(objective, z, targets, dz) }
}

/// The mean over rows of equal weight. `dz` holds the exponentials, and becomes the gradient.
fn plain<T: Scalar>(
    z: MatRef<'_, T>, // (batch, classes)
    targets: TargetsRef<'_, T>,
    dz: &mut [T], // (batch, classes)
) -> f64 {
    let (batch, classes) = (z.rows(), z.cols());
    let n = T::from_f64(batch as f64);
    let mut total = 0.0;
    for (i, dz) in dz.chunks_exact_mut(classes).enumerate() {
        let z = z.row(i);
        let sum = dz.iter().copied().sum::<T>();
        let (top, ln_sum) = (largest(z).to_f64(), math::ln(sum.to_f64()));
        match targets {
            TargetsRef::Classes(labels) => {
                let label = labels[i] as usize;
                total += ln_sum + (top - z[label].to_f64());
                dz.iter_mut().for_each(|p| *p = *p / sum / n);
                dz[label] -= T::ONE / n;
            }
            TargetsRef::Values(t) => {
                let t = t.row(i);
                let mass = t.iter().copied().sum::<T>();
                for ((p, &t), &z) in dz.iter_mut().zip(t).zip(z) {
                    // 0 * log 0 is 0: a class that the target excludes may have an infinitely small logit.
                    total += if t == T::ZERO { 0.0 } else { t.to_f64() * (ln_sum + (top - z.to_f64())) };
                    *p = (*p / sum * mass - t) / n;
                }
            }
        }
    }
    total / batch as f64
}

/// As [`plain`], with weights of rows or classes, label smoothing e, or the sum instead of the mean. Weights and smoothing
/// are part of the targets `t_j`: for a label c and weights w they are `w_c (1 - e)` at c plus `w_j e / classes` at every
/// j; for probabilities p they are `w_j ((1 - e) p_j + e / classes)`.
fn weighted<T: Scalar>(
    objective: &Objective<'_, T>,
    z: MatRef<'_, T>, // (batch, classes)
    targets: TargetsRef<'_, T>,
    dz: &mut [T], // (batch, classes)
) -> f64 {
    let classes = z.cols();
    let (divisor, kept) = (objective.divisor(targets), 1.0 - objective.smoothing);
    let spread = objective.smoothing / classes as f64;
    let weight = |class: usize| objective.outputs.map_or(1.0, |weights| weights[class].to_f64());
    let mut total = 0.0;
    for (i, dz) in dz.chunks_exact_mut(classes).enumerate() {
        let row_weight = objective.rows.map_or(1.0, |weights| weights[i].to_f64());
        if row_weight == 0.0 {
            dz.fill(T::ZERO);
            continue;
        }
        let z = z.row(i);
        // In f64: where the probability of the label is near 1, softmax - 1 is the share of the other exponentials.
        let sum: f64 = dz.iter().map(|p| p.to_f64()).sum();
        let (top, ln_sum) = (largest(z).to_f64(), math::ln(sum));
        let goal = |class: usize| weight(class) * (kept * target(targets, i, class).to_f64() + spread);
        let mass: f64 = (0..classes).map(goal).sum();
        let mut loss = 0.0;
        for (class, (p, z)) in dz.iter_mut().zip(z).enumerate() {
            let t = goal(class);
            loss += if t == 0.0 { 0.0 } else { t * (ln_sum + (top - z.to_f64())) };
            *p = T::from_f64((p.to_f64() / sum * mass - t) * (row_weight / divisor));
        }
        total += row_weight * loss;
    }
    total / divisor
}
