//! Gradient clipping by value and by norm, as PyTorch's `clip_grad_value_` and `clip_grad_norm_`.

use crate::Float;

/// dw := min(max(dw, -limit), limit), element by element.
pub fn clip_value<T: Float>(
    dw: &mut [T], // any shape
    limit: f64,
) {
    let limit = T::rounded(limit);
    for dw in dw {
        if *dw > limit {
            *dw = limit;
        }
        if *dw < -limit {
            *dw = -limit;
        }
    }
}

/// dw := dw * limit / (|dw| + 1e-6) if that makes it shorter; |dw| is the root of the sum of all squares.
pub fn clip_norm<T: Float>(
    dw: &mut [T], // all gradients of a network, one after the other
    limit: f64,
) {
    let mut sum = 0.0;
    for dw in dw.iter() {
        sum += dw.widen() * dw.widen();
    }
    let factor = limit / (sum.sqrt() + 1e-6);
    if factor < 1.0 {
        for dw in dw {
            *dw = *dw * T::rounded(factor);
        }
    }
}
