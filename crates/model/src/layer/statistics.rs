//! The statistics of a normalisation: means, variances, and the sums that its gradient needs. They are computed in f64 for
//! both element types and in one fixed order, so that the result does not depend on the number of threads.

use crate::memory::{NoMemory, filled};

/// The statistics of one normalisation, which the forward pass stores for the backward pass.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statistics {
    /// Of each column (batch norm) or each row (layer norm).
    pub(crate) mean: Vec<f64>,
    /// Divided by the number of elements, not by one less.
    pub(crate) variance: Vec<f64>,
    /// `1 / sqrt(variance + eps)`.
    pub(crate) scale: Vec<f64>,
    /// For each column the sum of dy, and of dy times the normalised x.
    pub(crate) sums: [Vec<f64>; 2],
}

impl Statistics {
    /// Zeros, for `means` means and variances and `width` columns.
    pub(crate) fn new(means: usize, width: usize) -> Result<Self, NoMemory> {
        let zeros = |n: usize| filled(n, 0.0);
        let sums = [zeros(width)?, zeros(width)?];
        Ok(Statistics { mean: zeros(means)?, variance: zeros(means)?, scale: zeros(means)?, sums })
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        (3 * self.mean.len() + 2 * self.sums[0].len()) * size_of::<f64>()
    }
}

/// Running sums side by side: enough vectors of two f64 to hide the latency of an addition.
const LANES: usize = 8;

/// The sum of `term` over the pairs of elements: pair i is added to partial sum i mod 8, and the eight partial sums are added
/// in order at the end.
pub(crate) fn sum<A: Copy, B: Copy>(a: &[A], b: &[B], term: impl Fn(A, B) -> f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let (a_rest, b_rest) = (a_chunks.remainder(), b_chunks.remainder());
    for (a, b) in a_chunks.zip(b_chunks) {
        for i in 0..LANES {
            sums[i] += term(a[i], b[i]);
        }
    }
    for ((sum, &a), &b) in sums.iter_mut().zip(a_rest).zip(b_rest) {
        *sum += term(a, b);
    }
    sums.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_added_once() {
        for n in 0..40 {
            let (a, b): (Vec<i32>, Vec<i32>) = (0..n).map(|i| (i * 7 % 11 - 5, i + 1)).unzip();
            let want: i32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert_eq!(sum(&a, &b, |a, b| f64::from(a * b)), f64::from(want), "{n}");
        }
    }
}
