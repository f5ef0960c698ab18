//! The activations that act on each number by itself, forward and backward.
//!
//! Softmax mixes the numbers of a row and has a [file of its own](crate::softmax_forward). Where a derivative has two
//! candidates, at the kink at 0, the choice is PyTorch's: the one from the left.

use crate::Float;
use crate::normal;
use crate::shape::check_pair;

/// A function applied to each element of z.
///
/// ```
/// use chainrule_naive::Activation;
///
/// let z = [-2.0, 3.0];
/// assert_eq!(Activation::Relu.forward(&z), [0.0, 3.0]);
/// assert_eq!(Activation::Relu.backward(&z, &[10.0, 10.0]), [0.0, 10.0]);
/// ```
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
    /// a = z where z > 0, alpha * (e^z - 1) elsewhere; the derivative there is alpha * e^z (Clevert, Unterthiner,
    /// Hochreiter, *Fast and accurate deep network learning by exponential linear units*, 2015).
    Elu(
        /// alpha; rounded to the element type before use.
        f64,
    ),
    /// a = lambda * ELU(z), with the lambda and alpha that keep mean 0 and variance 1 (Klambauer, Unterthiner, Mayr,
    /// Hochreiter, *Self-normalizing neural networks*, 2017).
    Selu,
    /// a = z * Phi(z), Phi being the normal distribution; the derivative is Phi(z) + z * phi(z) (Hendrycks, Gimpel,
    /// *Gaussian error linear units*, 2016).
    Gelu,
    /// a = z / (1 + e^(-2u)) with u = sqrt(2 / pi) * (z + 0.044715 z^3), the same paper's approximation by tanh(u).
    GeluTanh,
    /// a = z / (1 + e^-z); with s the sigmoid of z, the derivative is s + z * s * (1 - s).
    Silu,
    /// a = ln(1 + e^z); the derivative is the sigmoid. Beyond 20, PyTorch's threshold, z itself and 1.
    Softplus,
    /// a = z / (1 + |z|); the derivative is 1 / (1 + |z|)^2.
    Softsign,
    /// a = min(max(z + 3, 0), 6) / 6; the derivative is 1/6 between the kinks and 0 at and beyond them.
    HardSigmoid,
}

/// SELU's lambda and alpha.
const SELU: [f64; 2] = [1.050_700_987_355_480_5, 1.673_263_242_354_377_2];

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
            Activation::Elu(alpha) => {
                if z > zero {
                    z
                } else {
                    T::rounded(alpha) * z.exp_m1()
                }
            }
            Activation::Selu => T::rounded(SELU[0]) * Activation::Elu(SELU[1]).value(z),
            Activation::Gelu => in_f64(z, |z| z * normal::below(z)),
            Activation::GeluTanh => in_f64(z, |z| z / (1.0 + (-2.0 * u(z)).exp())),
            Activation::Silu => z / (one + (-z).exp()),
            Activation::Softplus => {
                if z > T::rounded(20.0) {
                    z
                } else if z > zero {
                    z + (-z).exp().ln_1p()
                } else {
                    z.exp().ln_1p()
                }
            }
            Activation::Softsign => z / (one + size(z)),
            Activation::HardSigmoid => {
                let shifted = z + T::rounded(3.0);
                let six = T::rounded(6.0);
                if shifted <= zero {
                    zero
                } else if shifted >= six {
                    one
                } else {
                    shifted / six
                }
            }
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
            Activation::Elu(alpha) => {
                if z > zero {
                    da
                } else {
                    da * T::rounded(alpha) * z.exp()
                }
            }
            Activation::Selu => T::rounded(SELU[0]) * Activation::Elu(SELU[1]).times_derivative(z, da),
            Activation::Gelu => da * in_f64(z, |z| normal::below(z) + z * normal::density(z)),
            Activation::GeluTanh => {
                let slope = |z: f64| {
                    let s = 1.0 / (1.0 + (-2.0 * u(z)).exp());
                    let du = (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 3.0 * 0.044715 * z * z);
                    s + z * s * (1.0 / (1.0 + (2.0 * u(z)).exp())) * 2.0 * du
                };
                da * in_f64(z, slope)
            }
            Activation::Silu => {
                let s = Activation::Sigmoid.value(z);
                da * (s + z * s * (one - s))
            }
            Activation::Softplus => {
                if z > T::rounded(20.0) {
                    da
                } else {
                    da * Activation::Sigmoid.value(z)
                }
            }
            Activation::Softsign => da / ((one + size(z)) * (one + size(z))),
            Activation::HardSigmoid => {
                if z > T::rounded(-3.0) && z < T::rounded(3.0) {
                    da / T::rounded(6.0)
                } else {
                    zero
                }
            }
        }
    }
}

/// Computed in f64, whatever the type.
fn in_f64<T: Float>(z: T, f: impl Fn(f64) -> f64) -> T {
    T::rounded(f(z.widen()))
}

/// |z|.
fn size<T: Float>(z: T) -> T {
    if z < T::rounded(0.0) { -z } else { z }
}

/// What GELU's approximation takes tanh of.
fn u(z: f64) -> f64 {
    (2.0 / std::f64::consts::PI).sqrt() * (z + 0.044715 * z * z * z)
}
