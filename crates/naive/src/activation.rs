//! The activations that act on each number by itself, forward and backward.
//!
//! Softmax mixes the numbers of a row and has a [file of its own](crate::softmax_forward). Where a derivative has two
//! candidates, at the kink at 0, the choice is PyTorch's: the one from the left.

use crate::Float;
use crate::shape::check_pair;

/// A function applied to each element of z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Activation {
    /// a = z.
    Identity,
    /// a = max(0, z); the derivative at 0 is 0. NaN stays NaN.
    Relu,
    /// a = z where z > 0, alpha * z elsewhere; the derivative at 0 is alpha (Maas, Hannun, Ng, *Rectifier
    /// nonlinearities improve neural network acoustic models*, 2013).
    LeakyRelu(
        /// alpha, the slope on the left; rounded to the element type before use.
        f64,
    ),
    /// a = 1 / (1 + e^-z); the derivative is a * (1 - a).
    Sigmoid,
    /// a = tanh(z); the derivative is 1 - a^2.
    Tanh,
}

impl Activation {
    /// a = f(z), element by element.
    pub fn forward<T: Float>(
        self,
        z: &[T], // any shape
    ) -> Vec<T> {
        z.iter().map(|&z| self.value(z)).collect()
    }

    /// The chain rule through a = f(z): dz = da * f'(z), element by element.
    ///
    /// # Panics
    /// If z and da differ in length.
    pub fn backward<T: Float>(
        self,
        z: &[T],  // any shape
        da: &[T], // as z
    ) -> Vec<T> {
        check_pair("da", da.len(), "z", z.len());
        z.iter().zip(da).map(|(&z, &da)| self.times_derivative(z, da)).collect()
    }

    /// f(z).
    fn value<T: Float>(self, z: T) -> T {
        let (zero, one) = (T::rounded(0.0), T::rounded(1.0));
        match self {
            Activation::Identity => z,
            // Asked this way round, NaN takes the second branch and stays visible.
            Activation::Relu => {
                if z <= zero {
                    zero
                } else {
                    z
                }
            }
            Activation::LeakyRelu(alpha) => {
                if z > zero {
                    z
                } else {
                    T::rounded(alpha) * z
                }
            }
            Activation::Sigmoid => one / (one + (-z).exp()),
            Activation::Tanh => z.tanh(),
        }
    }

    /// da * f'(z). A dead ReLU gives 0 even where da is infinite: the branch is taken, not multiplied.
    fn times_derivative<T: Float>(self, z: T, da: T) -> T {
        let (zero, one) = (T::rounded(0.0), T::rounded(1.0));
        match self {
            Activation::Identity => da,
            Activation::Relu => {
                if z <= zero {
                    zero
                } else {
                    da
                }
            }
            Activation::LeakyRelu(alpha) => {
                if z > zero {
                    da
                } else {
                    T::rounded(alpha) * da
                }
            }
            Activation::Sigmoid => {
                let a = self.value(z);
                da * a * (one - a)
            }
            Activation::Tanh => {
                let a = self.value(z);
                da * (one - a * a)
            }
        }
    }
}
