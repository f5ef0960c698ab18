//! How the numbers of a network are spread, tensor by tensor.

use chainrule_kernel::Scalar;
use serde::Serialize;

use crate::Mlp;

/// The numbers of one tensor.
///
/// ```
/// use chainrule::{Mlp, weight_histograms};
///
/// let mlp = Mlp::<f32>::builder(8).dense(4).relu().dense(2).seed(1).build()?;
/// let histograms = weight_histograms(&mlp, 10);
/// let first = &histograms[0];
/// assert_eq!((first.module, first.tensor, first.count), (0, "weight", 32));
/// assert_eq!(first.bins.iter().sum::<usize>(), 32);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TensorHistogram {
    /// The number of its module.
    pub module: usize,
    /// `weight`, `bias`, `running_mean` or `running_var`.
    pub tensor: &'static str,
    /// (out, in) of weights, one dimension of others.
    pub shape: Vec<usize>,
    /// How many numbers.
    pub count: usize,
    /// How many of them are 0.
    pub zeros: usize,
    /// The least.
    pub min: f64,
    /// The largest.
    pub max: f64,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, divided by the count.
    pub std: f64,
    /// How many lie in each of so many equal parts of the way from the least to the largest.
    pub bins: Vec<usize>,
}

/// The histogram of every tensor, module by module, with this many bins; one at least.
pub fn weight_histograms<T: Scalar>(mlp: &Mlp<T>, bins: usize) -> Vec<TensorHistogram> {
    let mut all = Vec::new();
    for dense in mlp.dense_layers() {
        let (inputs, outputs) = (dense.w.rows(), dense.w.cols());
        let values = (0..inputs * outputs).map(|at| dense.w.get(at / outputs, at % outputs));
        all.push(histogram((dense.module, "weight"), vec![outputs, inputs], values, bins));
        all.push(histogram((dense.module, "bias"), vec![outputs], dense.b.iter().copied(), bins));
    }
    for norm in mlp.norm_layers() {
        let mut add = |tensor, values: &[T]| {
            all.push(histogram((norm.module, tensor), vec![values.len()], values.iter().copied(), bins));
        };
        add("weight", norm.gamma);
        add("bias", norm.beta);
        if let Some(running) = &norm.running {
            add("running_mean", running.mean);
            add("running_var", running.variance);
        }
    }
    all.sort_by_key(|histogram| histogram.module);
    all
}

fn histogram<T: Scalar>(
    (module, tensor): (usize, &'static str),
    shape: Vec<usize>,
    values: impl Iterator<Item = T> + Clone,
    bins: usize,
) -> TensorHistogram {
    let wide = || values.clone().map(|x| x.to_f64());
    let (mut min, mut max) = (f64::INFINITY, f64::NEG_INFINITY);
    wide().for_each(|x| (min, max) = (min.min(x), max.max(x)));
    let count = wide().count();
    let mean = wide().sum::<f64>() / count as f64;
    let std = (wide().map(|x| (x - mean).powi(2)).sum::<f64>() / count as f64).sqrt();
    let mut counts = vec![0; bins.max(1)];
    let width = (max - min) / counts.len() as f64;
    let last = counts.len() - 1;
    for x in wide() {
        // All alike lie in the middle.
        let bin = if width > 0.0 { ((x - min) / width) as usize } else { last / 2 };
        counts[bin.min(last)] += 1;
    }
    TensorHistogram {
        module,
        tensor,
        shape,
        count,
        zeros: wide().filter(|x| *x == 0.0).count(),
        min,
        max,
        mean,
        std,
        bins: counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_where_they_lie() {
        let found = histogram((3, "bias"), vec![5], [0.0f32, 1.0, 2.0, 4.0, 4.0].into_iter(), 4);
        assert_eq!((found.bins, found.zeros, found.min, found.max), (vec![1, 1, 1, 2], 1, 0.0, 4.0));
        assert_eq!((found.mean, found.std), (2.2, 2.56f64.sqrt()));
        let alike = histogram((0, "bias"), vec![2], [7.0f64, 7.0].into_iter(), 5);
        assert_eq!((alike.bins, alike.std), (vec![0, 0, 2, 0, 0], 0.0));
    }

    #[test]
    fn every_tensor_comes_in_the_order_of_modules() {
        let mlp = Mlp::builder(2).dense(3).batch_norm().dense(1).build().unwrap();
        let names: Vec<_> = weight_histograms(&mlp, 3).iter().map(|found| (found.module, found.tensor)).collect();
        let norm = [(1, "weight"), (1, "bias"), (1, "running_mean"), (1, "running_var")];
        assert_eq!(names, [&[(0, "weight"), (0, "bias")][..], &norm, &[(2, "weight"), (2, "bias")]].concat());
    }
}
