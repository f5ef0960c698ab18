//! The activations that act on each element by itself, and their derivatives.
//!
//! Every derivative is taken from the *output*, so a training step keeps one array per layer, not two. A new activation
//! is a variant here with its arms, and a name in `chainrule-model`'s parser.

use chainrule_kernel::{Kernel, Scalar};

/// `a = f(z)`, element by element. Conventions at the kinks are PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `a = z`.
    Identity,
    /// `a = max(z, 0)`; the derivative at 0 is 0. NaN stays NaN.
    Relu,
    /// `a = z` above 0, `alpha * z` elsewhere; the derivative at 0 is `alpha`. `alpha` must not be negative, or the
    /// output would not tell on which side of 0 the input was.
    LeakyRelu(f64),
    /// `a = 1 / (1 + e^-z)`, derivative `a (1 - a)`.
    Sigmoid,
    /// `a = tanh(z)`, derivative `1 - a^2`.
    Tanh,
}

impl Activation {
    /// Replaces z by a.
    pub fn forward<T: Scalar>(self, kernel: &Kernel<T>, z: &mut [T]) {
        match self {
            Activation::Identity => {}
            Activation::Relu => z.iter_mut().for_each(|z| *z = if *z < T::ZERO { T::ZERO } else { *z }),
            Activation::LeakyRelu(alpha) => {
                let alpha = T::from_f64(alpha);
                z.iter_mut().for_each(|z| *z = if *z > T::ZERO { *z } else { *z * alpha });
            }
            Activation::Sigmoid => kernel.sigmoid(z),
            Activation::Tanh => kernel.tanh(z),
        }
    }

    /// Replaces the gradient by the output by the gradient by the input: `dz = da * f'(z)`, f' from `a`.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn backward<T: Scalar>(self, a: &[T], da: &mut [T]) {
        assert!(a.len() == da.len(), "{} outputs and {} gradients", a.len(), da.len());
        let each = da.iter_mut().zip(a);
        match self {
            Activation::Identity => {}
            // A dead unit passes no gradient at all, not even an infinite one.
            Activation::Relu => each.for_each(|(d, &a)| *d = if a > T::ZERO { *d } else { T::ZERO }),
            Activation::LeakyRelu(alpha) => {
                let alpha = T::from_f64(alpha);
                each.for_each(|(d, &a)| *d = if a > T::ZERO { *d } else { *d * alpha });
            }
            Activation::Sigmoid => each.for_each(|(d, &a)| *d *= a * (T::ONE - a)),
            Activation::Tanh => each.for_each(|(d, &a)| *d *= T::ONE - a * a),
        }
    }
}
