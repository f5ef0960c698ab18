//! Batch normalisation (Ioffe, Szegedy, *Batch normalization*, 2015): each column to mean 0 and variance 1, then times
//! gamma, plus beta. In training mean and variance are the minibatch's; in evaluation they are given.

use crate::shape::check_matrix;
use crate::{Float, NormGradients, NormShape};

/// The mean and the variance of each column, the variance divided by the rows: (width) each. Algorithm 1's first two
/// lines.
///
/// # Panics
/// If x does not have batch * width elements.
pub fn column_moments<T: Float>(
    shape: NormShape,
    x: &[T], // (batch, width)
) -> (Vec<T>, Vec<T>) {
    let NormShape { batch, width } = shape;
    check_matrix("x", x.len(), (batch, width));
    let n = T::rounded(batch as f64);
    let (mut mean, mut variance) = (Vec::new(), Vec::new());
    for j in 0..width {
        let mut sum = T::rounded(0.0);
        for row in 0..batch {
            sum += x[row * width + j];
        }
        mean.push(sum / n);
        let mut squares = T::rounded(0.0);
        for row in 0..batch {
            let off = x[row * width + j] - mean[j];
            squares += off * off;
        }
        variance.push(squares / n);
    }
    (mean, variance)
}

/// y = gamma * (x - mean) / sqrt(variance + eps) + beta, with the mean and variance of each column as given: (batch,
/// width).
///
/// # Panics
/// If a slice does not have the number of elements that `shape` gives it.
pub fn batch_norm_forward<T: Float>(
    shape: NormShape,
    eps: f64,
    (mean, variance): (&[T], &[T]), // (width)
    x: &[T],                        // (batch, width)
    gamma: &[T],                    // (width)
    beta: &[T],                     // (width)
) -> Vec<T> {
    let NormShape { batch, width } = shape;
    check_matrix("x", x.len(), (batch, width));
    for (name, vector) in [("mean", mean), ("variance", variance), ("gamma", gamma), ("beta", beta)] {
        check_matrix(name, vector.len(), (1, width));
    }
    let mut y = Vec::new();
    for row in 0..batch {
        for j in 0..width {
            let h = (x[row * width + j] - mean[j]) / (variance[j] + T::rounded(eps)).sqrt();
            y.push(gamma[j] * h + beta[j]);
        }
    }
    y
}

/// The chain rule in training, where mean and variance depend on x: the equations of the paper's section 3, one by one,
/// with the gradients by the variance and by the mean on the way.
///
/// # Panics
/// If a slice does not have the number of elements that `shape` gives it.
pub fn batch_norm_backward<T: Float>(
    shape: NormShape,
    eps: f64,
    x: &[T],     // (batch, width)
    gamma: &[T], // (width)
    dy: &[T],    // (batch, width)
) -> NormGradients<T> {
    let NormShape { batch, width } = shape;
    let (mean, variance) = column_moments(shape, x);
    let mut gradients = batch_norm_backward_given(shape, eps, (&mean, &variance), x, gamma, dy);
    let (zero, two, n) = (T::rounded(0.0), T::rounded(2.0), T::rounded(batch as f64));
    for j in 0..width {
        let root = (variance[j] + T::rounded(eps)).sqrt();
        let (mut dvariance, mut dmean, mut offs) = (zero, zero, zero);
        for row in 0..batch {
            let (dh, off) = (dy[row * width + j] * gamma[j], x[row * width + j] - mean[j]);
            dvariance += dh * off * -(T::rounded(1.0) / (two * root * root * root));
            dmean += -(dh / root);
            offs += -(two * off);
        }
        dmean += dvariance * offs / n;
        for row in 0..batch {
            let off = x[row * width + j] - mean[j];
            gradients.dx[row * width + j] += dvariance * two * off / n + dmean / n;
        }
    }
    gradients
}

/// The chain rule in evaluation, where mean and variance are given and do not depend on x.
///
/// # Panics
/// If a slice does not have the number of elements that `shape` gives it.
pub fn batch_norm_backward_given<T: Float>(
    shape: NormShape,
    eps: f64,
    (mean, variance): (&[T], &[T]), // (width)
    x: &[T],                        // (batch, width)
    gamma: &[T],                    // (width)
    dy: &[T],                       // (batch, width)
) -> NormGradients<T> {
    let NormShape { batch, width } = shape;
    check_matrix("x", x.len(), (batch, width));
    check_matrix("dy", dy.len(), (batch, width));
    for (name, vector) in [("mean", mean), ("variance", variance), ("gamma", gamma)] {
        check_matrix(name, vector.len(), (1, width));
    }
    let zero = T::rounded(0.0);
    let mut gradients =
        NormGradients { dx: vec![zero; batch * width], dgamma: vec![zero; width], dbeta: vec![zero; width] };
    for row in 0..batch {
        for j in 0..width {
            let at = row * width + j;
            let root = (variance[j] + T::rounded(eps)).sqrt();
            gradients.dbeta[j] += dy[at];
            gradients.dgamma[j] += dy[at] * (x[at] - mean[j]) / root;
            gradients.dx[at] = dy[at] * gamma[j] / root;
        }
    }
    gradients
}

/// Moves a running mean and variance by a minibatch's, PyTorch's way: running <- (1 - momentum) * running + momentum *
/// measured, where the variance counts one row less.
///
/// # Panics
/// If the slices differ in length.
pub fn running_step<T: Float>(
    momentum: f64,
    batch: usize,
    (mean, variance): (&[T], &[T]), // (width)
    running_mean: &mut [T],         // (width)
    running_variance: &mut [T],     // (width)
) {
    let width = running_mean.len();
    for (name, vector) in [("mean", mean), ("variance", variance), ("running variance", &*running_variance)] {
        check_matrix(name, vector.len(), (1, width));
    }
    let (keep, gain) = (T::rounded(1.0 - momentum), T::rounded(momentum));
    let unbiased = T::rounded(batch as f64) / T::rounded(batch as f64 - 1.0);
    for j in 0..width {
        running_mean[j] = keep * running_mean[j] + gain * mean[j];
        running_variance[j] = keep * running_variance[j] + gain * variance[j] * unbiased;
    }
}
