//! Initialisers of weights. A layer draws from a counter-based stream of its own, in row-major order of w, so its initial
//! weights depend only on the seed and on its position. Biases begin at 0.

use chainrule_dense::Activation;
use chainrule_kernel::Scalar;

use crate::error::ModelError;
use crate::optimizer::setting::SettingRange;
use crate::random::{Purpose, Stream};

/// How the weights of one dense layer are drawn; `in` and `out` are its numbers of inputs and outputs.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{Init, Mlp};
///
/// let mlp = Mlp::builder(100).dense(50).init(Init::Zeros).build()?;
/// assert!(mlp.params().iter().all(|&w| w == 0.0));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Init {
    /// He uniform before ReLU, leaky ReLU, ELU, GELU and SiLU, LeCun normal before SELU, Glorot uniform otherwise.
    #[default]
    Auto,
    /// Uniform within sqrt(6 / (in + out)): Glorot and Bengio 2010, equation 16.
    GlorotUniform,
    /// Normal with variance 2 / (in + out): the same, equation 12.
    GlorotNormal,
    /// Uniform within sqrt(6 / in): He et al. 2015, equation 10, as a uniform.
    HeUniform,
    /// Normal with variance 2 / in: He et al. 2015, equation 10.
    HeNormal,
    /// Uniform within sqrt(3 / in): LeCun et al. 1998, "Efficient BackProp", equation 16, as a uniform.
    LecunUniform,
    /// Normal with variance 1 / in: the same, equation 16.
    LecunNormal,
    /// Normal with this standard deviation.
    Normal(f64),
    /// All 0. Hidden units with equal weights stay equal, so this suits a single layer only.
    Zeros,
}

/// The shape and the key of the weights to draw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FirstWeights {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) seed: u64,
    /// Dense layers before this one.
    pub(crate) layer: usize,
}

impl Init {
    /// The initialiser for a layer before this activation: itself, unless it is [`Init::Auto`].
    pub(crate) fn before(self, activation: Activation) -> Init {
        if self == Init::Auto { usual_init(activation) } else { self }
    }

    /// Fills the weights of a dense layer.
    pub(crate) fn fill<T: Scalar>(
        self,
        first: FirstWeights,
        w: &mut [T], // (inputs, outputs)
    ) {
        let FirstWeights { inputs, outputs, seed, layer } = first;
        let (fan_in, fan_out) = (inputs as f64, outputs as f64);
        let mut stream = Stream::new(seed, Purpose::Init, layer as u64);
        let mut uniform = |limit: f64| w.iter_mut().for_each(|w| *w = T::from_f64(stream.uniform(-limit, limit)));
        match self {
            Init::Auto | Init::GlorotUniform => uniform((6.0 / (fan_in + fan_out)).sqrt()),
            Init::HeUniform => uniform((6.0 / fan_in).sqrt()),
            Init::LecunUniform => uniform((3.0 / fan_in).sqrt()),
            Init::Zeros => w.fill(T::ZERO),
            Init::GlorotNormal => normal(&mut stream, (2.0 / (fan_in + fan_out)).sqrt(), w),
            Init::HeNormal => normal(&mut stream, (2.0 / fan_in).sqrt(), w),
            Init::LecunNormal => normal(&mut stream, (1.0 / fan_in).sqrt(), w),
            Init::Normal(std) => normal(&mut stream, std, w),
        }
    }

    pub(crate) fn check_in<T: Scalar>(self) -> Result<(), ModelError> {
        match self {
            Init::Normal(std) => SettingRange::NotNegative.check_in::<T>("the standard deviation of the weights", std),
            _ => Ok(()),
        }
    }
}

/// The initialiser that [`Init::Auto`] is before an activation. He's variance is derived for ReLU, which halves the
/// variance of the signal, and customary for similar activations; SELU keeps mean and variance only with LeCun's normal
/// weights (Klambauer et al. 2017, section 3).
fn usual_init(before: Activation) -> Init {
    match before {
        Activation::Relu | Activation::LeakyRelu(_) | Activation::Elu(_) => Init::HeUniform,
        Activation::Gelu | Activation::GeluTanh | Activation::Silu => Init::HeUniform,
        Activation::Selu => Init::LecunNormal,
        _ => Init::GlorotUniform,
    }
}

fn normal<T: Scalar>(stream: &mut Stream, std: f64, w: &mut [T]) {
    w.iter_mut().for_each(|w| *w = T::from_f64(std * stream.normal()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(init: Init, layer: usize) -> Vec<f64> {
        let mut w = vec![f64::NAN; 200 * 100];
        init.fill(FirstWeights { inputs: 200, outputs: 100, seed: 9, layer }, &mut w);
        w
    }

    #[test]
    fn each_initialiser_has_the_variance_of_its_paper() {
        for (init, variance) in [
            (Init::Auto, 2.0 / 300.0),
            (Init::GlorotUniform, 2.0 / 300.0),
            (Init::GlorotNormal, 2.0 / 300.0),
            (Init::HeUniform, 2.0 / 200.0),
            (Init::HeNormal, 2.0 / 200.0),
            (Init::LecunUniform, 1.0 / 200.0),
            (Init::LecunNormal, 1.0 / 200.0),
            (Init::Normal(0.3), 0.09),
        ] {
            let w = draw(init, 0);
            let found = w.iter().map(|w| w * w).sum::<f64>() / w.len() as f64;
            // 20,000 draws: a standard error of at most sqrt(2 / 20000) = 1 %.
            assert!((found / variance - 1.0).abs() < 0.05, "{init:?}: {found}, not {variance}");
        }
        assert!(draw(Init::Zeros, 0).iter().all(|w| *w == 0.0));
    }

    #[test]
    fn auto_hangs_on_the_activation_and_no_other_does() {
        let drawn = |activation| {
            let mut w = vec![f64::NAN; 200 * 100];
            Init::Auto.before(activation).fill(FirstWeights { inputs: 200, outputs: 100, seed: 9, layer: 0 }, &mut w);
            w
        };
        assert_eq!(drawn(Activation::Gelu), draw(Init::HeUniform, 0));
        assert_eq!(drawn(Activation::Selu), draw(Init::LecunNormal, 0));
        assert_eq!(drawn(Activation::Tanh), draw(Init::Auto, 0));
        assert_eq!(Init::GlorotNormal.before(Activation::Relu), Init::GlorotNormal);
    }

    #[test]
    fn layers_are_drawn_apart_and_again_alike() {
        assert_eq!(draw(Init::HeNormal, 3), draw(Init::HeNormal, 3));
        assert_ne!(draw(Init::HeNormal, 3), draw(Init::HeNormal, 4));
    }
}
