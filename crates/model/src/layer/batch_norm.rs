//! Batch normalisation: each column to mean 0 and variance 1, then times gamma, plus beta.
//!
//! ```text
//! h = (x - mean) / sqrt(variance + eps)          mean and variance of a column
//! y = gamma * h + beta
//! ```
//!
//! In training the mean and the variance are those of the minibatch, the variance divided by n, its rows. After the step
//! they update the running ones, where the variance is divided by n - 1:
//!
//! ```text
//! running <- (1 - momentum) * running + momentum * batch
//! ```
//!
//! In evaluation they are the running ones, so that the output of a row does not depend on the other rows. Source: Ioffe and
//! Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift", 2015,
//! algorithms 1 and 2; the running averages are PyTorch's `nn.BatchNorm1d`. An element is computed in f64 and rounded
//! once; sums over rows are in f64 too, in the order of the rows.

use std::fmt;
use std::ops::Range;

use chainrule_kernel::{MatRef, Scalar, Scratch};

use super::layer_op::{
    BackwardInput, Forward, InitContext, Kept, LayerOp, Learned, Numbers, OpWorkspace, Prepared, Size, TensorShape,
    Weights,
};
use super::norm::{DEFAULT_MOMENTUM, GammaBeta, Norm};
use super::statistics::Statistics;
use crate::ModelError;
use crate::memory::NoMemory;
use crate::precision::Precision;

/// A batch normalisation in its network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BatchNorm {
    pub(crate) norm: Norm,
    pub(crate) momentum: f64,
    pub(crate) module: usize,
    /// Index of its first running mean; the variances follow the means.
    pub(crate) running: usize,
}

impl BatchNorm {
    /// Its running means, then its variances.
    fn running_range(&self) -> Range<usize> {
        self.running..self.running + 2 * self.norm.width
    }

    /// Statistics set from the running ones.
    fn running_stats<T: Scalar>(&self, numbers: Numbers<'_, T>) -> Result<Statistics, NoMemory> {
        let mut statistics = Statistics::new(self.norm.width, 0)?;
        from_running(self.norm.eps, &numbers.running[self.running_range()], &mut statistics);
        Ok(statistics)
    }
}

impl LayerOp for BatchNorm {
    fn kind(&self) -> String {
        "batch_norm".to_owned()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "batch_norm({}", self.norm.width)?;
        self.norm.write_eps(f)?;
        if self.momentum != DEFAULT_MOMENTUM {
            write!(f, ", momentum={}", self.momentum)?;
        }
        f.write_str(")")
    }

    fn check(&self) -> Result<(), ModelError> {
        if !(0.0..=1.0).contains(&self.momentum) {
            let (what, expected) = ("momentum of batch_norm", "a number from 0 to 1");
            return Err(ModelError::Setting { what, found: self.momentum, expected });
        }
        self.norm.check()
    }

    fn check_in<T: Scalar>(&self) -> Result<(), ModelError> {
        self.norm.check_in::<T>()
    }

    fn differs_in_training(&self) -> bool {
        true
    }

    fn is_transparent(&self) -> bool {
        true
    }

    fn tensors(&self) -> Vec<TensorShape> {
        self.norm.tensors()
    }

    fn learned(&self) -> Learned {
        Learned { biases: self.norm.learned(), ..Learned::default() }
    }

    fn parameters(&self) -> usize {
        self.norm.width.saturating_mul(2)
    }

    fn running(&self) -> usize {
        self.norm.width.saturating_mul(2)
    }

    fn initialise<T: Scalar>(&self, _begin: InitContext, params: &mut [T], running: &mut [T]) {
        params[self.norm.ranges().gamma].fill(T::ONE);
        // Mean 0 and variance 1 until the first minibatch updates them.
        running[self.running_range()][self.norm.width..].fill(T::ONE);
    }

    fn kept<T: Scalar>(&self, size: &Size<T>) -> Result<Kept<T>, NoMemory> {
        Ok(Kept::Statistics(Statistics::new(size.width, size.width)?))
    }

    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, width)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError> {
        let OpWorkspace { width, a, kept, .. } = here;
        let (statistics, numbers) = (kept.statistics(), pass.numbers);
        if !pass.is_training {
            from_running(self.norm.eps, &numbers.running[self.running_range()], statistics);
        } else if x.rows() < 2 {
            return Err(ModelError::BatchNormRows { module: self.module, found: x.rows() });
        } else {
            batch_stats(self.norm.eps, x, statistics);
        }
        forward(x, self.norm.of(numbers.params), &mut a[..x.rows() * *width], statistics);
        Ok(())
    }

    fn backward_in_place<T: Scalar>(
        &self,
        flow: &BackwardInput<'_, T>,
        here: &mut OpWorkspace<T>,
        weights: &mut Weights<'_, T>,
        grads: &mut [T], // as the parameters
    ) {
        let OpWorkspace { width, da, kept, .. } = here;
        let (da, gamma) = (&mut da[..flow.batch * *width], self.norm.of(weights.params()).gamma);
        backward(flow.is_training, flow.x, gamma, da, self.norm.of_mut(grads), kept.statistics());
        weights.take(flow.kernel, self.norm.learned(), grads);
    }

    fn commit<T: Scalar>(&self, rows: usize, kept: &Kept<T>, running: &mut [T]) {
        if let Kept::Statistics(statistics) = kept {
            update_running(self.momentum, rows, statistics, &mut running[self.running_range()]);
        }
    }

    fn prepare<T: Scalar>(&self, numbers: Numbers<'_, T>, _precision: Precision) -> Result<Prepared<T>, NoMemory> {
        Ok(Prepared::Statistics(self.running_stats(numbers)?))
    }

    fn infer<T: Scalar>(
        &self,
        numbers: Numbers<'_, T>,
        prepared: Option<&Prepared<T>>,
        x: MatRef<'_, T>, // (rows, width)
        a: &mut [T],      // (rows, width)
        _scratch: &mut Scratch<T>,
    ) -> Result<(), NoMemory> {
        let learned = self.norm.of(numbers.params);
        match prepared {
            Some(Prepared::Statistics(statistics)) => forward(x, learned, a, statistics),
            _ => forward(x, learned, a, &self.running_stats(numbers)?),
        }
        Ok(())
    }
}

/// The mean and variance of each column of the minibatch: the means first, then the variances about them.
pub(crate) fn batch_stats<T: Scalar>(
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

/// Sets the statistics from the running ones, for evaluation: means, then variances.
pub(crate) fn from_running<T: Scalar>(
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

/// y, normalised by the statistics.
pub(crate) fn forward<T: Scalar>(
    x: MatRef<'_, T>,                           // (batch, width)
    GammaBeta { gamma, beta }: GammaBeta<&[T]>, // (width)
    y: &mut [T],                                // (batch, width)
    statistics: &Statistics,                    // (width)
) {
    for (i, y) in y.chunks_exact_mut(x.cols()).enumerate() {
        let by_column = statistics.mean.iter().zip(&statistics.scale).zip(gamma.iter().zip(beta));
        for ((y, x), ((mean, scale), (gamma, beta))) in y.iter_mut().zip(x.row(i)).zip(by_column) {
            *y = T::from_f64((x.to_f64() - mean) * scale * gamma.to_f64() + beta.to_f64());
        }
    }
}

/// The gradients, from the statistics that forward used. In training these depend on x. In evaluation they do not, and
/// the two means are left out of dx:
///
/// ```text
/// dbeta = sum of dy, dgamma = sum of dy * h          over rows
/// dx = gamma / sqrt(variance + eps) * (dy - dbeta / n - h * dgamma / n)
/// ```
pub(crate) fn backward<T: Scalar>(
    is_training: bool,
    x: MatRef<'_, T>,            // (batch, width)
    gamma: &[T],                 // (width)
    da: &mut [T],                // (batch, width): dy, becomes dx
    grads: GammaBeta<&mut [T]>,  // (width)
    statistics: &mut Statistics, // (width)
) {
    let GammaBeta { gamma: dgamma, beta: dbeta } = grads;
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
    // The share of the two sums that is subtracted from each dy: 0 where the statistics do not depend on x.
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

/// Updates the running statistics by those of a minibatch of `rows` rows.
pub(crate) fn update_running<T: Scalar>(
    momentum: f64,
    rows: usize,
    statistics: &Statistics, // (width)
    running: &mut [T],       // (2, width)
) {
    let Statistics { mean, variance, .. } = statistics;
    let (running_mean, running_variance) = running.split_at_mut(mean.len());
    let unbiased = rows as f64 / (rows as f64 - 1.0);
    let moved = |running: T, batch: f64| T::from_f64((1.0 - momentum) * running.to_f64() + momentum * batch);
    running_mean.iter_mut().zip(mean).for_each(|(running, mean)| *running = moved(*running, *mean));
    for (running, variance) in running_variance.iter_mut().zip(variance) {
        *running = moved(*running, variance * unbiased);
    }
}
