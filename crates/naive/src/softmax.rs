//! Softmax over the rows of a batch, its logarithm, its Jacobian, and the way back through that Jacobian.
//!
//! Every row is shifted by its largest logit before `exp`, which changes nothing in exact arithmetic and cannot
//! overflow. The backward pass builds the whole Jacobian of each row; the shortcut through one dot product is left to
//! the fast crates, which are tested against this.

use crate::Float;
use crate::shape::check_matrix;

/// The sizes of a batch of rows, one number per class in each.
///
/// ```
/// use chainrule_naive::{RowsShape, softmax_forward};
///
/// let shape = RowsShape { batch: 2, classes: 2 };
/// assert_eq!(softmax_forward(shape, &[0.0, 0.0, 7.0, 7.0]), [0.5; 4]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowsShape {
    /// Examples: the rows.
    pub batch: usize,
    /// Classes: the columns.
    pub classes: usize,
}

/// a = softmax(z), row by row: a_i = e^(z_i - max) / sum over j of e^(z_j - max). Shape (batch, classes).
///
/// The shift is Goodfellow, Bengio and Courville's, *Deep Learning*, equation 6.33.
///
/// # Panics
/// If z does not have batch * classes elements.
pub fn softmax_forward<T: Float>(
    shape: RowsShape,
    z: &[T], // (batch, classes)
) -> Vec<T> {
    let RowsShape { batch, classes } = shape;
    check_matrix("z", z.len(), (batch, classes));
    let mut a = vec![T::rounded(0.0); batch * classes];
    for row in 0..batch {
        let z = &z[row * classes..(row + 1) * classes];
        let max = largest(z);
        let sum = sum_of_exponentials(z, max);
        for class in 0..classes {
            a[row * classes + class] = (z[class] - max).exp() / sum;
        }
    }
    a
}

/// The Jacobian of softmax at one row, from its output a: J = diag(a) - a * a^T, shape (classes, classes).
///
/// J_ij, the derivative of a_i by z_j, is a_i * (delta_ij - a_j): Bishop, *Pattern Recognition and Machine Learning*,
/// equation 4.106. J is symmetric and each of its rows sums to 0.
pub fn softmax_jacobian<T: Float>(a: &[T], // (classes), one row of softmax's output
) -> Vec<T> {
    let classes = a.len();
    let mut jacobian = vec![T::rounded(0.0); classes * classes];
    for i in 0..classes {
        for j in 0..classes {
            let delta = if i == j { T::rounded(1.0) } else { T::rounded(0.0) };
            jacobian[i * classes + j] = a[i] * (delta - a[j]);
        }
    }
    jacobian
}

/// The chain rule through a = softmax(z): dz_j = sum over i of da_i * J_ij, row by row. Shape (batch, classes).
///
/// # Panics
/// If z or da does not have batch * classes elements.
pub fn softmax_backward<T: Float>(
    shape: RowsShape,
    z: &[T],  // (batch, classes)
    da: &[T], // (batch, classes)
) -> Vec<T> {
    let RowsShape { batch, classes } = shape;
    check_matrix("da", da.len(), (batch, classes));
    let a = softmax_forward(shape, z);
    let mut dz = vec![T::rounded(0.0); batch * classes];
    for row in 0..batch {
        let jacobian = softmax_jacobian(&a[row * classes..(row + 1) * classes]);
        for j in 0..classes {
            for i in 0..classes {
                dz[row * classes + j] += da[row * classes + i] * jacobian[i * classes + j];
            }
        }
    }
    dz
}

/// ln(softmax(z)), row by row: (z_i - max) - ln(sum over j of e^(z_j - max)). Shape (batch, classes).
///
/// Never the logarithm of a softmax that has already underflowed to 0. The maximum is taken from z_i first and not
/// added to the logarithm, where it would round it away: see Blanchard, Higham and Higham, *Accurately computing the
/// log-sum-exp and softmax functions*, 2021.
///
/// # Panics
/// If z does not have batch * classes elements.
pub fn log_softmax<T: Float>(
    shape: RowsShape,
    z: &[T], // (batch, classes)
) -> Vec<T> {
    let RowsShape { batch, classes } = shape;
    check_matrix("z", z.len(), (batch, classes));
    let mut logs = vec![T::rounded(0.0); batch * classes];
    for row in 0..batch {
        let z = &z[row * classes..(row + 1) * classes];
        let max = largest(z);
        let ln_sum = sum_of_exponentials(z, max).ln();
        for class in 0..classes {
            logs[row * classes + class] = (z[class] - max) - ln_sum;
        }
    }
    logs
}

/// The chain rule through a = ln(softmax(z)): dz_j = sum over i of da_i * (delta_ij - p_j), p being the softmax, row by
/// row. Shape (batch, classes).
///
/// # Panics
/// If z or da does not have batch * classes elements.
pub fn log_softmax_backward<T: Float>(
    shape: RowsShape,
    z: &[T],  // (batch, classes)
    da: &[T], // (batch, classes)
) -> Vec<T> {
    let RowsShape { batch, classes } = shape;
    check_matrix("da", da.len(), (batch, classes));
    let p = softmax_forward(shape, z);
    let mut dz = vec![T::rounded(0.0); batch * classes];
    for row in 0..batch {
        for j in 0..classes {
            for i in 0..classes {
                let delta = if i == j { T::rounded(1.0) } else { T::rounded(0.0) };
                dz[row * classes + j] += da[row * classes + i] * (delta - p[row * classes + j]);
            }
        }
    }
    dz
}

/// The largest number of a row; negative infinity if it has none.
fn largest<T: Float>(row: &[T]) -> T {
    let mut max = T::rounded(f64::NEG_INFINITY);
    for &value in row {
        if value > max {
            max = value;
        }
    }
    max
}

/// The sum of e^(z_j - max): at least 1, because one of its terms is e^0.
fn sum_of_exponentials<T: Float>(row: &[T], max: T) -> T {
    let mut sum = T::rounded(0.0);
    for &value in row {
        sum += (value - max).exp();
    }
    sum
}
