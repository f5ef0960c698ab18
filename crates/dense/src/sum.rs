//! Accumulates gradients element by element, so that the bits do not depend on the number of threads.

use chainrule_kernel::Scalar;

use crate::partition::{ELEMENTS_PER_THREAD, threads_for};

/// `sum <- sum + factor * dw`, with the product rounded before the addition.
///
/// # Panics
/// When the lengths differ.
pub fn add<T: Scalar>(
    sum: &mut [T],
    dw: &[T], // as sum
    factor: f64,
) {
    assert!(sum.len() == dw.len(), "a sum of {} gradients and {} more", sum.len(), dw.len());
    let threads = threads_for(sum.len(), ELEMENTS_PER_THREAD, rayon::current_num_threads);
    cut(sum, dw, T::from_f64(factor), threads);
}

fn cut<T: Scalar>(sum: &mut [T], dw: &[T], factor: T, threads: usize) {
    if threads == 1 {
        sum.iter_mut().zip(dw).for_each(|(sum, &dw)| *sum += factor * dw);
        return;
    }
    let left = threads / 2;
    let at = sum.len() / threads * left;
    let (left_sum, right_sum) = sum.split_at_mut(at);
    let (left_dw, right_dw) = dw.split_at(at);
    rayon::join(|| cut(left_sum, left_dw, factor, left), || cut(right_sum, right_dw, factor, threads - left));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_does_not_depend_on_the_number_of_threads() {
        let n = 8 * ELEMENTS_PER_THREAD + 3;
        let dw: Vec<f32> = (0..n).map(|i| (i * 7919 % 1009) as f32 / 128.0 - 4.0).collect();
        for threads in [1, 2, 3, 4, 8] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let mut sum = vec![1.0f32; n];
            pool.install(|| add(&mut sum, &dw, 0.3));
            assert!(sum.iter().zip(&dw).all(|(sum, dw)| *sum == 1.0 + 0.3 * dw), "{threads} threads");
        }
    }
}
