//! Layer normalisation: each row to mean 0 and variance 1, then times gamma, plus beta.
//!
//! ```text
//! h = (x - mean) / sqrt(variance + eps)          mean and variance over the features of a row
//! y = gamma * h + beta
//! ```
//!
//! Source: Ba, Kiros and Hinton, "Layer Normalization", 2016, equation 4; eps and its default are PyTorch's
//! `nn.LayerNorm`. The variance is divided by the number of features, not by one less. Training and evaluation do the
//! same. An element is computed in f64 and rounded once.

use std::fmt;

use chainrule_kernel::{MatRef, Scalar, Scratch};

use super::layer_op::{
    BackwardInput, Forward, InitContext, Kept, LayerOp, Learned, Numbers, OpWorkspace, Prepared, Size, TensorShape,
    Weights,
};
use super::norm::{GammaBeta, Norm};
use super::statistics::{Statistics, sum};
use crate::ModelError;
use crate::memory::NoMemory;

/// A layer normalisation in its network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LayerNorm(pub(crate) Norm);

impl LayerOp for LayerNorm {
    fn kind(&self) -> String {
        "layer_norm".to_owned()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "layer_norm({}", self.0.width)?;
        self.0.write_eps(f)?;
        f.write_str(")")
    }

    fn check(&self) -> Result<(), ModelError> {
        self.0.check()
    }

    fn check_in<T: Scalar>(&self) -> Result<(), ModelError> {
        self.0.check_in::<T>()
    }

    fn is_transparent(&self) -> bool {
        true
    }

    fn tensors(&self) -> Vec<TensorShape> {
        self.0.tensors()
    }

    fn learned(&self) -> Learned {
        Learned { biases: self.0.learned(), ..Learned::default() }
    }

    fn parameters(&self) -> usize {
        self.0.width.saturating_mul(2)
    }

    fn initialise<T: Scalar>(&self, _begin: InitContext, params: &mut [T], _running: &mut [T]) {
        params[self.0.ranges().gamma].fill(T::ONE);
    }

    fn kept<T: Scalar>(&self, size: &Size<T>) -> Result<Kept<T>, NoMemory> {
        Ok(Kept::Statistics(Statistics::new(size.max_batch, size.width)?))
    }

    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, width)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError> {
        let OpWorkspace { width, a, kept, .. } = here;
        let a = &mut a[..x.rows() * *width];
        forward(self.0.eps, x, self.0.of(pass.numbers.params), a, Some(kept.statistics()));
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
        let da = &mut da[..flow.batch * *width];
        backward(flow.x, self.0.of(weights.params()).gamma, da, self.0.of_mut(grads), kept.statistics());
        weights.take(flow.kernel, self.0.learned(), grads);
    }

    fn infer<T: Scalar>(
        &self,
        numbers: Numbers<'_, T>,
        _prepared: Option<&Prepared<T>>,
        x: MatRef<'_, T>, // (rows, width)
        a: &mut [T],      // (rows, width)
        _scratch: &mut Scratch<T>,
    ) -> Result<(), NoMemory> {
        forward(self.0.eps, x, self.0.of(numbers.params), a, None);
        Ok(())
    }
}

struct RowStats {
    mean: f64,
    /// Divided by the number of features.
    variance: f64,
}

/// The mean and variance of a row.
fn row_stats<T: Scalar>(x: &[T]) -> RowStats {
    let n = x.len() as f64;
    let mean = sum(x, x, |x, _| x.to_f64()) / n;
    let variance = sum(x, x, |x, _| (x.to_f64() - mean) * (x.to_f64() - mean)) / n;
    RowStats { mean, variance }
}

/// The mean and scale that a row is normalised by.
#[derive(Clone, Copy)]
pub(crate) struct Centre {
    pub(crate) mean: f64,
    /// `1 / sqrt(variance + eps)`.
    pub(crate) scale: f64,
}

/// y of one row, whose mean and `1 / sqrt(variance + eps)` are given.
pub(crate) fn row<T: Scalar>(
    Centre { mean, scale }: Centre,
    x: &[T],
    GammaBeta { gamma, beta }: GammaBeta<&[T]>, // as x
    y: &mut [T],                                // as x
) {
    for (((y, x), gamma), beta) in y.iter_mut().zip(x).zip(gamma).zip(beta) {
        *y = T::from_f64((x.to_f64() - mean) * scale * gamma.to_f64() + beta.to_f64());
    }
}

/// y of all rows. The statistics are stored if a destination is given.
pub(crate) fn forward<T: Scalar>(
    eps: f64,
    x: MatRef<'_, T>,                    // (batch, width)
    learned: GammaBeta<&[T]>,            // (width)
    y: &mut [T],                         // (batch, width)
    statistics: Option<&mut Statistics>, // (batch)
) {
    let mut statistics = statistics;
    for (i, y) in y.chunks_exact_mut(x.cols()).enumerate() {
        let RowStats { mean, variance } = row_stats(x.row(i));
        let scale = 1.0 / (variance + eps).sqrt();
        row(Centre { mean, scale }, x.row(i), learned, y);
        if let Some(kept) = &mut statistics {
            (kept.mean[i], kept.variance[i], kept.scale[i]) = (mean, variance, scale);
        }
    }
}

/// The gradients, from the statistics that forward stored:
///
/// ```text
/// dbeta = sum of dy over rows, dgamma = sum of dy * h over rows
/// g = gamma * dy
/// dx = (g - mean(g) - h * mean(g * h)) / sqrt(variance + eps)          means over the features of a row
/// ```
pub(crate) fn backward<T: Scalar>(
    x: MatRef<'_, T>,            // (batch, width)
    gamma: &[T],                 // (width)
    da: &mut [T],                // (batch, width): dy, becomes dx
    grads: GammaBeta<&mut [T]>,  // (width)
    statistics: &mut Statistics, // (batch)
) {
    let GammaBeta { gamma: dgamma, beta: dbeta } = grads;
    let width = x.cols();
    let Statistics { mean, scale, sums: [by_beta, by_gamma], .. } = statistics;
    by_beta.fill(0.0);
    by_gamma.fill(0.0);
    for (i, da) in da.chunks_exact_mut(width).enumerate() {
        let (x, mean, scale) = (x.row(i), mean[i], scale[i]);
        let h = |x: T| (x.to_f64() - mean) * scale;
        for (((dy, &x), by_beta), by_gamma) in da.iter().zip(x).zip(&mut *by_beta).zip(&mut *by_gamma) {
            *by_beta += dy.to_f64();
            *by_gamma += dy.to_f64() * h(x);
        }
        // g, rounded to the element type on its way.
        da.iter_mut().zip(gamma).for_each(|(dy, &gamma)| *dy *= gamma);
        let mean_g = sum(da, x, |g, _| g.to_f64()) / width as f64;
        let mean_gh = sum(da, x, |g, x| g.to_f64() * h(x)) / width as f64;
        for (da, &x) in da.iter_mut().zip(x) {
            *da = T::from_f64((da.to_f64() - mean_g - h(x) * mean_gh) * scale);
        }
    }
    dbeta.iter_mut().zip(by_beta).for_each(|(d, sum)| *d = T::from_f64(*sum));
    dgamma.iter_mut().zip(by_gamma).for_each(|(d, sum)| *d = T::from_f64(*sum));
}
