//! The optimisers' update from a stored gradient: one pass over memory, on several threads if that is faster. The rules
//! are in `chainrule_kernel::Rule`.
//!
//! Each result depends on one element and the rule only, so the bits do not depend on the number of threads.

use chainrule_kernel::{Kernel, Rule, Scalar};

use crate::partition::{ELEMENTS_PER_THREAD, threads_for};
use crate::step::{Step, split_moments};

/// The least number of parameters per thread for rules with divisions. Adam compiled for SSE2, measured like
/// `ELEMENTS_PER_THREAD`:
///
/// ```text
/// elements   1 thread   2 threads
///   8,192      4.2 us     2.5 us
///  16,384      7.0 us     4.9 us
/// 131,072       65 us      37 us
/// ```
///
/// Compiled for AVX-512 it takes a third of that, so this is twice the best value for SSE2: an estimate, not measured
/// again.
const DIVIDED_PER_THREAD: usize = ELEMENTS_PER_THREAD / 2;

/// Updates the parameters by one step. The arrays of `moments` that the rule does not use are empty.
///
/// # Panics
/// When the lengths differ.
pub fn update<T: Scalar>(
    kernel: &Kernel<T>,
    step: impl Into<Step<T>>,
    w: &mut [T],
    dw: &[T],               // as w
    moments: [&mut [T]; 2], // as w, or empty
) {
    let step = step.into();
    let grain = match step.rule {
        Rule::RmsProp { .. } | Rule::AdaGrad { .. } | Rule::Adam { .. } => DIVIDED_PER_THREAD,
        _ => ELEMENTS_PER_THREAD,
    };
    let threads = threads_for(w.len(), grain, rayon::current_num_threads);
    cut(kernel, step, w, dw, moments, threads);
}

fn cut<T: Scalar>(kernel: &Kernel<T>, step: Step<T>, w: &mut [T], dw: &[T], moments: [&mut [T]; 2], threads: usize) {
    if threads == 1 {
        return step.apply(kernel, w, dw, moments);
    }
    let left = threads / 2;
    let at = w.len() / threads * left;
    let (left_w, right_w) = w.split_at_mut(at);
    let (left_dw, right_dw) = dw.split_at(at.min(dw.len()));
    let (left_moments, right_moments) = split_moments(moments, at);
    rayon::join(
        || cut(kernel, step, left_w, left_dw, left_moments, left),
        || cut(kernel, step, right_w, right_dw, right_moments, threads - left),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of both signs and many magnitudes, some of them 0.
    fn numbers<T: Scalar>(n: usize, seed: usize) -> Vec<T> {
        let number = |i: usize| ((i + seed) * 7919 % 1009) as f64 / 128.0 - 4.0;
        (0..n).map(|i| T::from_f64(if i % 11 == 3 { 0.0 } else { number(i) })).collect()
    }

    fn the_same_on_threads<T: Scalar>() {
        let [lr, decay, small, near] = [0.1, 0.01, 1e-8, 0.9].map(T::from_f64);
        let rules = [
            Rule::Sgd { lr, decay },
            Rule::Momentum { lr, momentum: near, nesterov: true, decay },
            Rule::RmsProp { lr, keep: near, gain: lr, eps: small, decay },
            Rule::AdaGrad { lr, eps: small, decay },
            Rule::Adam { step: lr, root: near, gain1: lr, keep2: near, gain2: lr, eps: small, decay, shrink: near },
        ];
        let plain = rules.map(Step::from);
        let decaying = rules.map(|rule| Step { rule, l1: decay, shrink: near });
        let n = 8 * ELEMENTS_PER_THREAD + 3;
        for step in plain.into_iter().chain(decaying) {
            let on = |threads: usize| {
                let (mut w, dw) = (numbers::<T>(n, 0), numbers(n, 1));
                let mut moments = [0, 1].map(|i| if i < step.rule.moments() { vec![decay; n] } else { Vec::new() });
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                let [m, s] = &mut moments;
                pool.install(|| update(Kernel::selected().unwrap(), step, &mut w, &dw, [m, s]));
                (w, moments)
            };
            let one = on(1);
            for threads in [2, 3, 4, 8] {
                assert!(on(threads) == one, "{step:?} on {threads} threads");
            }
        }
    }

    #[test]
    fn no_rule_depends_on_the_number_of_threads() {
        the_same_on_threads::<f32>();
        the_same_on_threads::<f64>();
    }

    #[test]
    #[should_panic(expected = "3 parameters and 2 gradients")]
    fn gradients_of_another_network() {
        let rule = Rule::Sgd { lr: 0.1, decay: 0.0 };
        update(Kernel::selected().unwrap(), rule, &mut [0.0f32; 3], &[0.0; 2], [&mut [], &mut []]);
    }

    #[test]
    #[should_panic(expected = "3 numbers to remember and memory for 2")]
    fn memory_of_another_network() {
        let rule = Rule::Momentum { lr: 0.1, momentum: 0.9, nesterov: false, decay: 0.0 };
        update(Kernel::selected().unwrap(), rule, &mut [0.0f32; 3], &[0.0; 3], [&mut [0.0; 2], &mut []]);
    }
}
