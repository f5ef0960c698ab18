//! Batch normalisation: each column to mean 0 and variance 1, then times gamma, plus beta.
//!
//! ```text
//! h = (x - mean) / sqrt(variance + eps)          mean and variance of a column
//! y = gamma * h + beta
//! ```
//!
//! In training the mean and the variance are those of the minibatch, the variance divided by its rows. After the step
//! they move the running ones, the variance divided by one row less:
//!
//! ```text
//! running <- (1 - momentum) * running + momentum * measured
//! ```
//!
//! In evaluation they are the running ones, so that a row's output does not depend on its neighbours. Source: Ioffe and
//! Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", 2015,
//! algorithms 1 and 2; the running averages are PyTorch's `nn.BatchNorm1d`. An element is computed in f64 and rounded
//! once; sums over rows are in f64 too, in the order of the rows.

use chainrule_kernel::{MatRef, Scalar};

use crate::statistics::Statistics;

/// Measures the minibatch: mean first, then the variance about it.
pub(crate) fn measure<T: Scalar>(
    eps: f64,
    x: MatRef<'_, T>,            // (batch, width)
    statistics: &mut Statistics, // (width)
) {
    let n = x.rows() as f64;
    let Statistics { mean, variance, scale, .. } = statistics;
    mean.fill(0.0);
    for i in 0..x.rows() {
        mean.iter_mut().zip(x.row(i)).for_each(|(mean, x)| *mean += x.to_f64());
    }
    mean.iter_mut().for_each(|mean| *mean /= n);
    variance.fill(0.0);
    for i in 0..x.rows() {
        for ((variance, mean), x) in variance.iter_mut().zip(&*mean).zip(x.row(i)) {
            let off = x.to_f64() - mean;
            *variance += off * off;
        }
    }
    for (variance, scale) in variance.iter_mut().zip(scale) {
        *variance /= n;
        *scale = 1.0 / (*variance + eps).sqrt();
    }
}

/// Takes the running statistics for those of a minibatch: means, then variances.
pub(crate) fn recall<T: Scalar>(
    eps: f64,
    running: &[T],               // (2, width)
    statistics: &mut Statistics, // (width)
) {
    let Statistics { mean, variance, scale, .. } = statistics;
    let (running_mean, running_variance) = running.split_at(mean.len());
    mean.iter_mut().zip(running_mean).for_each(|(mean, running)| *mean = running.to_f64());
    for ((variance, scale), running) in variance.iter_mut().zip(scale).zip(running_variance) {
        *variance = running.to_f64();
        *scale = 1.0 / (*variance + eps).sqrt();
    }
}

/// y, by the statistics.
pub(crate) fn forward<T: Scalar>(
    x: MatRef<'_, T>,            // (batch, width)
    (gamma, beta): (&[T], &[T]), // (width)
    y: &mut [T],                 // (batch, width)
    statistics: &Statistics,     // (width)
) {
    for (i, y) in y.chunks_exact_mut(x.cols()).enumerate() {
        let by_column = statistics.mean.iter().zip(&statistics.scale).zip(gamma.iter().zip(beta));
        for ((y, x), ((mean, scale), (gamma, beta))) in y.iter_mut().zip(x.row(i)).zip(by_column) {
            *y = T::from_f64((x.to_f64() - mean) * scale * gamma.to_f64() + beta.to_f64());
        }
    }
}

/// The gradients, by the statistics that forward used. In training these depend on x, in evaluation they do not, and
/// the two means are left out:
///
/// ```text
/// dbeta = sum of dy, dgamma = sum of dy * h          over rows
/// dx = gamma / sqrt(variance + eps) * (dy - dbeta / n - h * dgamma / n)
/// ```
pub(crate) fn backward<T: Scalar>(
    is_training: bool,
    x: MatRef<'_, T>,                      // (batch, width)
    gamma: &[T],                           // (width)
    da: &mut [T],                          // (batch, width): dy, becomes dx
    (dgamma, dbeta): (&mut [T], &mut [T]), // (width)
    statistics: &mut Statistics,           // (width)
) {
    let n = x.rows() as f64;
    let Statistics { mean, scale, sums: [by_beta, by_gamma], .. } = statistics;
    by_beta.fill(0.0);
    by_gamma.fill(0.0);
    for (i, dy) in da.chunks_exact(x.cols()).enumerate() {
        let by_column = mean.iter().zip(&*scale).zip(by_beta.iter_mut().zip(&mut *by_gamma));
        for ((dy, x), ((mean, scale), (by_beta, by_gamma))) in dy.iter().zip(x.row(i)).zip(by_column) {
            *by_beta += dy.to_f64();
            *by_gamma += dy.to_f64() * ((x.to_f64() - mean) * scale);
        }
    }
    dbeta.iter_mut().zip(&*by_beta).for_each(|(d, sum)| *d = T::from_f64(*sum));
    dgamma.iter_mut().zip(&*by_gamma).for_each(|(d, sum)| *d = T::from_f64(*sum));
    // What is taken off each dy: nothing where the statistics do not depend on x.
    let share = if is_training { 1.0 / n } else { 0.0 };
    for (i, da) in da.chunks_exact_mut(x.cols()).enumerate() {
        let by_column = mean.iter().zip(&*scale).zip(by_beta.iter().zip(&*by_gamma)).zip(gamma);
        for ((da, x), (((mean, scale), (by_beta, by_gamma)), gamma)) in da.iter_mut().zip(x.row(i)).zip(by_column) {
            let h = (x.to_f64() - mean) * scale;
            let off = (by_beta + h * by_gamma) * share;
            *da = T::from_f64(gamma.to_f64() * scale * (da.to_f64() - off));
        }
    }
}

/// Moves the running statistics by those of a minibatch of so many rows.
pub(crate) fn settle<T: Scalar>(
    momentum: f64,
    rows: usize,
    statistics: &Statistics, // (width)
    running: &mut [T],       // (2, width)
) {
    let Statistics { mean, variance, .. } = statistics;
    let (running_mean, running_variance) = running.split_at_mut(mean.len());
    let unbiased = rows as f64 / (rows as f64 - 1.0);
    let moved = |running: T, measured: f64| T::from_f64((1.0 - momentum) * running.to_f64() + momentum * measured);
    running_mean.iter_mut().zip(mean).for_each(|(running, mean)| *running = moved(*running, *mean));
    for (running, variance) in running_variance.iter_mut().zip(variance) {
        *running = moved(*running, variance * unbiased);
    }
}
