//! Gradient clipping before the step: the norm of gradients, scaling and clamping.
//!
//! One thread computes the norm, in an order that depends only on the number of elements. Time per element on Zen 5:
//!
//! ```text
//!               f32       f64
//! norm          0.12 ns   0.06 ns
//! plain SGD     0.07 ns   0.16 ns   for comparison
//! ```

use chainrule_kernel::Scalar;

use crate::partition::{ELEMENTS_PER_THREAD, threads_for};

/// Number of partial sums: 8 vectors of two f64, enough to hide the latency of an addition.
const LANES: usize = 16;

/// The Euclidean norm, `sqrt(sum of dw^2)`, in f64: element i is added to partial sum i mod 16; the
/// partial sums are added in order at the end.
pub fn norm<T: Scalar>(dw: &[T]) -> f64 {
    let mut sums = [0.0; LANES];
    let chunks = dw.chunks_exact(LANES);
    let rest = chunks.remainder();
    let square = |dw: T| dw.to_f64() * dw.to_f64();
    for chunk in chunks {
        for i in 0..LANES {
            sums[i] += square(chunk[i]);
        }
    }
    sums.iter_mut().zip(rest).for_each(|(sum, &dw)| *sum += square(dw));
    sums.iter().sum::<f64>().sqrt()
}

/// `dw <- factor * dw`.
pub fn scale<T: Scalar>(dw: &mut [T], factor: f64) {
    scale_all(dw, T::from_f64(factor));
}

/// `values <- factor * values`; does nothing if the factor is 1.
pub(crate) fn scale_all<T: Scalar>(values: &mut [T], factor: T) {
    if factor != T::ONE {
        each(values, &|values| values.iter_mut().for_each(|value| *value *= factor));
    }
}

/// `dw <- min(max(dw, -limit), limit)`; NaN stays NaN.
pub fn clamp<T: Scalar>(dw: &mut [T], limit: f64) {
    let limit = T::from_f64(limit);
    each(dw, &|dw| {
        for dw in dw {
            let below = if *dw > limit { limit } else { *dw };
            *dw = if below < -limit { -limit } else { below };
        }
    });
}

fn each<T: Scalar>(dw: &mut [T], work: &(impl Fn(&mut [T]) + Sync)) {
    let threads = threads_for(dw.len(), ELEMENTS_PER_THREAD, rayon::current_num_threads);
    cut(dw, threads, work);
}

fn cut<T: Scalar>(dw: &mut [T], threads: usize, work: &(impl Fn(&mut [T]) + Sync)) {
    if threads == 1 {
        return work(dw);
    }
    let left = threads / 2;
    let (left_dw, right_dw) = dw.split_at_mut(dw.len() / threads * left);
    rayon::join(|| cut(left_dw, left, work), || cut(right_dw, threads - left, work));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers<T: Scalar>(n: usize) -> Vec<T> {
        (0..n).map(|i| T::from_f64((i * 7919 % 1009) as f64 / 128.0 - 4.0)).collect()
    }

    #[test]
    fn a_norm_is_the_root_of_the_sum_of_squares() {
        assert_eq!(norm::<f32>(&[]), 0.0);
        assert_eq!(norm(&[3.0f32, -4.0]), 5.0);
        // The sum of squares is out of the range of f32.
        assert_eq!(norm(&[3e30f32, 4e30]), f64::hypot(f64::from(3e30f32), f64::from(4e30f32)));
        assert!(norm(&[1.0, f64::NAN]).is_nan() && norm(&[f64::INFINITY, 1.0]).is_infinite());
        for n in 0..70 {
            // Whole numbers: exact in any order.
            let dw: Vec<f64> = (0..n).map(|i| f64::from(i * 37 % 11 - 5)).collect();
            assert_eq!(norm(&dw), dw.iter().map(|dw| dw * dw).sum::<f64>().sqrt(), "{n}");
        }
    }

    fn the_same_on_threads<T: Scalar>() {
        let cut_on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut dw = numbers::<T>(8 * ELEMENTS_PER_THREAD + 3);
                let first = norm(&dw);
                scale(&mut dw, 0.7);
                clamp(&mut dw, 1.5);
                assert!(dw.iter().all(|dw| dw.abs() <= T::from_f64(1.5)));
                (first.to_bits(), norm(&dw).to_bits(), dw)
            })
        };
        let one = cut_on(1);
        for threads in [2, 3, 4, 8] {
            assert!(cut_on(threads) == one, "{threads} threads, {}", T::NAME);
        }
    }

    #[test]
    fn nothing_depends_on_the_number_of_threads() {
        the_same_on_threads::<f32>();
        the_same_on_threads::<f64>();
    }

    #[test]
    fn clamping_leaves_what_is_small_and_what_is_no_number() {
        let mut dw = [0.5, -0.5, 2.0, -2.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
        clamp(&mut dw, 1.0);
        assert_eq!(dw[..7], [0.5, -0.5, 1.0, -1.0, -0.0, 1.0, -1.0]);
        assert!(dw[7].is_nan());
    }
}
