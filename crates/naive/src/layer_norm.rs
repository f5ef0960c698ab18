//! Layer normalisation (Ba, Kiros, Hinton, *Layer normalization*, 2016): each row to mean 0 and variance 1, then times
//! gamma, plus beta. The backward pass builds the whole Jacobian of each row.

use crate::Float;
use crate::shape::check_matrix;

/// The sizes of what is normalised.
///
/// ```
/// use chainrule_naive::{NormShape, layer_norm_forward};
///
/// let shape = NormShape { batch: 1, width: 2 };
/// assert_eq!(layer_norm_forward(shape, 0.0, &[1.0, 3.0], &[1.0, 2.0], &[0.0, 5.0]), [-1.0, 7.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NormShape {
    /// Examples: the rows.
    pub batch: usize,
    /// Features: the columns; elements of gamma and beta.
    pub width: usize,
}

/// What flows back out of a normalisation.
///
/// ```
/// use chainrule_naive::{NormShape, layer_norm_backward};
///
/// let shape = NormShape { batch: 1, width: 2 };
/// let gradients = layer_norm_backward(shape, 0.0, &[1.0, 3.0], &[1.0, 1.0], &[10.0, 20.0]);
/// assert_eq!((gradients.dgamma, gradients.dbeta), (vec![-10.0, 20.0], vec![10.0, 20.0]));
/// assert_eq!(gradients.dx.len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NormGradients<T> {
    /// By the input: (batch, width).
    pub dx: Vec<T>,
    /// By gamma, summed over the batch: (width).
    pub dgamma: Vec<T>,
    /// By beta, summed over the batch: (width).
    pub dbeta: Vec<T>,
}

/// y = gamma * (x - mean) / sqrt(variance + eps) + beta, with mean and variance of each row: (batch, width). The
/// variance is divided by the width.
///
/// # Panics
/// If a slice does not have the number of elements that `shape` gives it.
pub fn layer_norm_forward<T: Float>(
    shape: NormShape,
    eps: f64,
    x: &[T],     // (batch, width)
    gamma: &[T], // (width)
    beta: &[T],  // (width)
) -> Vec<T> {
    let NormShape { batch, width } = shape;
    check_matrix("x", x.len(), (batch, width));
    check_matrix("gamma", gamma.len(), (1, width));
    check_matrix("beta", beta.len(), (1, width));
    let mut y = Vec::new();
    for row in 0..batch {
        let (h, _) = normalised(eps, &x[row * width..(row + 1) * width]);
        for j in 0..width {
            y.push(gamma[j] * h[j] + beta[j]);
        }
    }
    y
}

/// The chain rule through [`layer_norm_forward`]. The derivative of h_i by x_j is
/// (delta_ij - 1/width - h_i * h_j / width) / sqrt(variance + eps).
///
/// # Panics
/// If a slice does not have the number of elements that `shape` gives it.
pub fn layer_norm_backward<T: Float>(
    shape: NormShape,
    eps: f64,
    x: &[T],     // (batch, width)
    gamma: &[T], // (width)
    dy: &[T],    // (batch, width)
) -> NormGradients<T> {
    let NormShape { batch, width } = shape;
    check_matrix("x", x.len(), (batch, width));
    check_matrix("gamma", gamma.len(), (1, width));
    check_matrix("dy", dy.len(), (batch, width));
    let zero = T::rounded(0.0);
    let n = T::rounded(width as f64);
    let mut gradients =
        NormGradients { dx: vec![zero; batch * width], dgamma: vec![zero; width], dbeta: vec![zero; width] };
    for row in 0..batch {
        let dy = &dy[row * width..(row + 1) * width];
        let (h, root) = normalised(eps, &x[row * width..(row + 1) * width]);
        for i in 0..width {
            gradients.dbeta[i] += dy[i];
            gradients.dgamma[i] += dy[i] * h[i];
            for j in 0..width {
                let delta = if i == j { T::rounded(1.0) } else { zero };
                let slope = (delta - T::rounded(1.0) / n - h[i] * h[j] / n) / root;
                gradients.dx[row * width + j] += dy[i] * gamma[i] * slope;
            }
        }
    }
    gradients
}

/// (x - mean) / sqrt(variance + eps) of some numbers, and that root.
fn normalised<T: Float>(eps: f64, x: &[T]) -> (Vec<T>, T) {
    let n = T::rounded(x.len() as f64);
    let mut sum = T::rounded(0.0);
    for &x in x {
        sum += x;
    }
    let mean = sum / n;
    let mut squares = T::rounded(0.0);
    for &x in x {
        squares += (x - mean) * (x - mean);
    }
    let root = (squares / n + T::rounded(eps)).sqrt();
    (x.iter().map(|&x| (x - mean) / root).collect(), root)
}
