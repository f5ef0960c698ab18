//! Parameter updates that stream over memory, cut among threads where that pays.

use chainrule_kernel::Scalar;

use crate::parts::{ELEMENTS_PER_THREAD, threads_for};

/// Stochastic gradient descent: `w <- w - lr * dw`.
///
/// # Panics
/// When the lengths differ.
pub fn sgd<T: Scalar>(w: &mut [T], dw: &[T], lr: T) {
    assert!(w.len() == dw.len(), "{} parameters and {} gradients", w.len(), dw.len());
    let threads = threads_for(w.len(), ELEMENTS_PER_THREAD, rayon::current_num_threads());
    cut(w, dw, threads, &|w, dw| w.iter_mut().zip(dw).for_each(|(w, &dw)| *w -= lr * dw));
}

fn cut<T: Scalar>(w: &mut [T], dw: &[T], threads: usize, work: &(impl Fn(&mut [T], &[T]) + Sync)) {
    if threads == 1 {
        return work(w, dw);
    }
    let left = threads / 2;
    let at = w.len() / threads * left;
    let (left_w, right_w) = w.split_at_mut(at);
    let (left_dw, right_dw) = dw.split_at(at);
    rayon::join(|| cut(left_w, left_dw, left, work), || cut(right_w, right_dw, threads - left, work));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sgd_moves_against_the_gradient_on_one_thread_and_on_many() {
        let n = 4 * ELEMENTS_PER_THREAD + 3;
        let dw: Vec<f64> = (0..n).map(|i| i as f64).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let mut w = vec![1.0; n];
        pool.install(|| sgd(&mut w, &dw, 0.5));
        assert!(w.iter().zip(&dw).all(|(w, dw)| *w == 1.0 - 0.5 * dw));
    }
}
