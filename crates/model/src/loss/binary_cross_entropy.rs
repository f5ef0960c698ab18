//! Binary cross-entropy of logits: each output is a binary label.

use chainrule_kernel::{Kernel, MatRef, Scalar, math};

use super::objective::Objective;
use super::targets::{TargetsRef, target};

/// With `e = e^-|z|`, which never overflows: `softplus(z) = max(z, 0) + ln(1 + e)`, and the sigmoids of z and -z are
/// `1 / (1 + e)` and `e / (1 + e)`, the larger one that of the positive. The loss of an element is
/// `(1 - t) softplus(z) + w t softplus(-z)`, its gradient `(1 - t) s(z) - w t s(-z)`: no difference of nearly equal numbers
/// in either. w is the weight of the positive, 1 unless given.
pub(super) fn backward<T: Scalar>(
    kernel: &Kernel<T>,
    objective: &Objective<'_, T>,
    z: MatRef<'_, T>, // (batch, outputs)
    targets: TargetsRef<'_, T>,
    dz: &mut [T], // (batch, outputs)
) -> f64 {
    let width = z.cols();
    for (i, dz) in dz.chunks_exact_mut(width).enumerate() {
        dz.iter_mut().zip(z.row(i)).for_each(|(e, z)| *e = -z.abs());
    }
    kernel.exp(dz);
    let elements = objective.divisor_of_elements(targets, width);
    let mut total = 0.0;
    for (i, dz) in dz.chunks_exact_mut(width).enumerate() {
        let row_weight = objective.rows.map_or(1.0, |weights| weights[i].to_f64());
        if row_weight == 0.0 {
            dz.fill(T::ZERO);
            continue;
        }
        let factor = row_weight / elements;
        let mut loss = 0.0;
        for (j, (e, z)) in dz.iter_mut().zip(z.row(i)).enumerate() {
            let (power, z, t) = (e.to_f64(), z.to_f64(), target(targets, i, j).to_f64());
            let (larger, smaller, tail) = (1.0 / (1.0 + power), power / (1.0 + power), ln_1p(power));
            let (yes, no) = if z > 0.0 { (larger, smaller) } else { (smaller, larger) };
            let against = 1.0 - t;
            let towards = objective.outputs.map_or(t, |weights| weights[j].to_f64() * t);
            // A term whose target is 0 is left out, so that an infinite logit does not give 0 * infinity.
            loss += if against == 0.0 { 0.0 } else { against * (z.max(0.0) + tail) };
            loss += if towards == 0.0 { 0.0 } else { towards * ((-z).max(0.0) + tail) };
            *e = T::from_f64((against * yes - towards * no) * factor);
        }
        total += row_weight * loss;
    }
    total / elements
}

/// `ln(1 + x)` for x from 0 to 1, also where 1 + x rounds to 1: Goldberg, "What every computer scientist should know about
/// floating-point arithmetic", 1991, theorem 4.
fn ln_1p(x: f64) -> f64 {
    let above = 1.0 + x;
    if above == 1.0 { x } else { math::ln(above) * (x / (above - 1.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_of_a_little_above_1_is_that_little() {
        for exponent in 0..400 {
            let x = 0.93f64.powi(exponent * 3);
            let (got, want) = (ln_1p(x), x.ln_1p());
            assert!((got - want).abs() <= 4.0 * f64::EPSILON * want, "{x:e}: {got:e}, {want:e}");
        }
        assert_eq!((ln_1p(0.0), ln_1p(1e-300)), (0.0, 1e-300));
        assert!(ln_1p(f64::NAN).is_nan());
    }
}
