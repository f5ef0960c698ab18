//! One step of one group of parameters: an optimiser's rule, with L1 and decoupled weight decay.
//!
//! Plain loops, compiled once; a step without decay is only the rule's loop.

use chainrule_kernel::{Kernel, Rule, Scalar};

/// Number of gradients changed at a time: 2 KiB in f64, which stay in the L1 cache.
const AT_ONCE: usize = 256;

/// A rule with the decay of a group:
///
/// ```text
/// w <- shrink * w                     shrink = 1 - lr * (decoupled decay)
/// w <- rule(w, dw + l1 * sign(w))     sign(0) = 0
/// ```
///
/// Source of the first line: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019; the second line's is
/// the subgradient of `l1 * sum |w|`, added to the loss: Tibshirani, "Regression Shrinkage and Selection via the
/// Lasso", 1996. The factor of w in its own gradient, L2, is a field of every rule.
///
/// ```
/// use chainrule_dense::Step;
/// use chainrule_kernel::{Kernel, Rule};
///
/// let sgd = Rule::Sgd { lr: 0.5, decay: 0.0 };
/// let step = Step { shrink: 0.5, ..Step::from(sgd) };
/// let mut w = [4.0];
/// step.apply(Kernel::<f64>::selected()?, &mut w, &[1.0], [&mut [], &mut []]);
/// assert_eq!(w, [1.5]);
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<T> {
    /// The optimiser's rule.
    pub rule: Rule<T>,
    /// The factor of each parameter's sign in its gradient.
    pub l1: T,
    /// The factor of each parameter before the update: decoupled weight decay.
    pub shrink: T,
}

impl<T: Scalar> From<Rule<T>> for Step<T> {
    fn from(rule: Rule<T>) -> Self {
        Step { rule, l1: T::ZERO, shrink: T::ONE }
    }
}

impl<T: Scalar> Step<T> {
    /// Whether the gradients must be stored, one strip at a time, before the update: the epilogue of the product
    /// supports only plain SGD.
    pub fn wants_strips(&self) -> bool {
        self.rule.moments() > 0 || self.l1 != T::ZERO
    }

    /// Updates the parameters, on this thread. The arrays of `moments` that the rule does not use are empty.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn apply(
        self,
        kernel: &Kernel<T>,
        w: &mut [T],
        dw: &[T],               // as w
        moments: [&mut [T]; 2], // as w, or empty
    ) {
        self.shrink(w);
        if self.l1 == T::ZERO {
            return kernel.update(self.rule, w, dw, moments);
        }
        assert!(w.len() == dw.len(), "{} parameters and {} gradients", w.len(), dw.len());
        let (mut w, mut dw, mut moments) = (w, dw, moments);
        let mut g = [T::ZERO; AT_ONCE];
        while !w.is_empty() {
            let n = w.len().min(AT_ONCE);
            let ((w_here, w_rest), (dw_here, dw_rest)) = (w.split_at_mut(n), dw.split_at(n));
            let (moments_here, moments_rest) = split_moments(moments, n);
            for ((g, &dw), &w) in g.iter_mut().zip(dw_here).zip(&*w_here) {
                *g = dw + self.l1 * sign(w);
            }
            kernel.update(self.rule, w_here, &g[..n], moments_here);
            (w, dw, moments) = (w_rest, dw_rest, moments_rest);
        }
    }

    /// Applies only the first line.
    pub(crate) fn shrink(self, w: &mut [T]) {
        if self.shrink != T::ONE {
            w.iter_mut().for_each(|w| *w *= self.shrink);
        }
    }
}

/// Splits both arrays at `at`; empty ones stay empty.
pub(crate) fn split_moments<T>(moments: [&mut [T]; 2], at: usize) -> ([&mut [T]; 2], [&mut [T]; 2]) {
    let [(left_m, right_m), (left_s, right_s)] = moments.map(|memory| {
        let at = at.min(memory.len());
        memory.split_at_mut(at)
    });
    ([left_m, left_s], [right_m, right_s])
}

/// -1, 0 or 1; NaN stays NaN.
fn sign<T: Scalar>(w: T) -> T {
    if w > T::ZERO {
        T::ONE
    } else if w < T::ZERO {
        -T::ONE
    } else {
        w * T::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_decays_is_the_sign_and_a_share() {
        let plain = Rule::Sgd { lr: 0.5, decay: 0.0 };
        let kernel = Kernel::selected().unwrap();
        let moved = |step: Step<f64>| {
            // More than are changed at a time, with a remainder.
            let mut w = [4.0, -4.0, 0.0, -0.0].repeat(AT_ONCE / 2 + 1);
            let dw = vec![1.0; w.len()];
            step.apply(kernel, &mut w, &dw, [&mut [], &mut []]);
            assert!(w.chunks_exact(4).all(|some| some == &w[..4]));
            w[..4].to_vec()
        };
        assert_eq!(moved(plain.into()), [3.5, -4.5, -0.5, -0.5]);
        assert_eq!(moved(Step { l1: 0.25, ..plain.into() }), [3.375, -4.375, -0.5, -0.5]);
        assert_eq!(moved(Step { shrink: 0.5, ..plain.into() }), [1.5, -2.5, -0.5, -0.5]);
        assert_eq!(moved(Step { l1: 0.25, shrink: 0.5, rule: plain }), [1.375, -2.375, -0.5, -0.5]);
        assert!(sign(f64::NAN).is_nan());
    }
}
