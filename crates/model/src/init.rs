//! Initialisers of weights. A layer draws from a counter-based stream of its own, in row-major order of w, so its initial
//! weights depend only on the seed and on its position. Biases begin at 0, except PyTorch's.

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
    /// Weights and biases uniform within 1 / sqrt(in): what PyTorch's `nn.Linear` starts with, `reset_parameters` in
    /// `torch/nn/modules/linear.py`. The weights' variance is 1 / (3 in).
    Torch,
    /// Normal with this standard deviation.
    Normal(f64),
    /// All 0. Hidden units with equal weights stay equal, so this suits a single layer only.
    Zeros,
}

/// Every initialiser by its name, but [`Init::Normal`], which has a parameter.
const KNOWN: &[(&str, Init)] = &[
    ("auto", Init::Auto),
    ("glorot-uniform", Init::GlorotUniform),
    ("glorot-normal", Init::GlorotNormal),
    ("he-uniform", Init::HeUniform),
    ("he-normal", Init::HeNormal),
    ("lecun-uniform", Init::LecunUniform),
    ("lecun-normal", Init::LecunNormal),
    ("torch", Init::Torch),
    ("zeros", Init::Zeros),
];

/// Short names of the initialisers that people ask for most.
const SHORT: &[(&str, Init)] =
    &[("he", Init::HeUniform), ("glorot", Init::GlorotUniform), ("lecun", Init::LecunUniform)];

/// The names that [`Init::by_name`] takes, with a number in one of them: `normal(STD)`; `he`, `glorot` and `lecun` are short
/// for the uniform ones.
pub const INIT_NAMES: &[&str] = &NAMES;

const NAMES: [&str; KNOWN.len() + SHORT.len() + 1] = {
    let mut names = ["normal(STD)"; KNOWN.len() + SHORT.len() + 1];
    let mut i = 0;
    while i < SHORT.len() {
        names[i] = SHORT[i].0;
        i += 1;
    }
    let mut i = 0;
    while i < KNOWN.len() {
        names[SHORT.len() + i] = KNOWN[i].0;
        i += 1;
    }
    names
};

/// The second index of the stream that a layer's biases are drawn from.
const BIASES: u64 = 1;

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
    /// The initialiser of this name: `he-uniform`, `torch`, `normal(0.01)`.
    ///
    /// # Errors
    /// When the name is unknown, or the standard deviation is not a finite number, 0 or more.
    pub fn by_name(name: &str) -> Result<Init, ModelError> {
        let unknown = || {
            let (found, known) = (name.to_owned(), INIT_NAMES.join(", "));
            ModelError::UnknownName { what: "initialiser", found, known }
        };
        if let Some(std) = name.strip_prefix("normal(").and_then(|rest| rest.strip_suffix(')')) {
            let std = std.trim().parse().map_err(|_| unknown())?;
            return Init::Normal(std).check_in::<f64>().map(|()| Init::Normal(std));
        }
        KNOWN.iter().chain(SHORT).find(|known| known.0 == name).map(|known| known.1).ok_or_else(unknown)
    }

    /// The initialiser for a layer before this activation: itself, unless it is [`Init::Auto`].
    pub(crate) fn before(self, activation: Activation) -> Init {
        if self == Init::Auto { usual_init(activation) } else { self }
    }

    /// Fills the weights of a dense layer, and its biases where they do not begin at 0.
    pub(crate) fn fill<T: Scalar>(
        self,
        first: FirstWeights,
        w: &mut [T], // (inputs, outputs)
        b: &mut [T], // (outputs)
    ) {
        let FirstWeights { inputs, outputs, seed, layer } = first;
        let (fan_in, fan_out) = (inputs as f64, outputs as f64);
        let mut stream = Stream::new(seed, Purpose::Init, layer as u64);
        let mut uniform = |limit: f64| w.iter_mut().for_each(|w| *w = T::from_f64(stream.uniform(-limit, limit)));
        match self {
            Init::Auto | Init::GlorotUniform => uniform((6.0 / (fan_in + fan_out)).sqrt()),
            Init::HeUniform => uniform((6.0 / fan_in).sqrt()),
            Init::LecunUniform => uniform((3.0 / fan_in).sqrt()),
            Init::Torch => {
                uniform(fan_in.sqrt().recip());
                let mut stream = Stream::at(seed, Purpose::Init, layer as u64, BIASES);
                let limit = fan_in.sqrt().recip();
                b.iter_mut().for_each(|b| *b = T::from_f64(stream.uniform(-limit, limit)));
            }
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
        draw_both(init, layer).0
    }

    fn draw_both(init: Init, layer: usize) -> (Vec<f64>, Vec<f64>) {
        let (mut w, mut b) = (vec![f64::NAN; 200 * 100], vec![0.0; 100]);
        init.fill(FirstWeights { inputs: 200, outputs: 100, seed: 9, layer }, &mut w, &mut b);
        (w, b)
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
            (Init::Torch, 1.0 / 600.0),
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
    fn only_pytorchs_biases_are_drawn() {
        let (w, b) = draw_both(Init::Torch, 0);
        let limit = 200_f64.sqrt().recip();
        assert!(w.iter().chain(&b).all(|number| number.abs() <= limit));
        let variance = b.iter().map(|b| b * b).sum::<f64>() / b.len() as f64;
        // 100 draws of a uniform: a standard error of sqrt(0.8 / 100) = 9 %.
        assert!((variance * 600.0 - 1.0).abs() < 0.3, "{variance}");
        assert_ne!(w[..100], b[..], "weights and biases have streams of their own");
        for (_, init) in KNOWN.iter().filter(|(_, init)| *init != Init::Torch) {
            assert!(draw_both(*init, 0).1.iter().all(|b| *b == 0.0), "{init:?}");
        }
    }

    #[test]
    fn every_name_is_that_of_its_initialiser() {
        for (name, init) in KNOWN {
            assert_eq!(Init::by_name(name).unwrap(), *init);
        }
        assert_eq!(Init::by_name("he").unwrap(), Init::HeUniform);
        assert_eq!(Init::by_name("normal(0.5)").unwrap(), Init::Normal(0.5));
        let said = |name: &str| Init::by_name(name).unwrap_err().to_string();
        assert!(said("xavier").starts_with("there is no initialiser `xavier`; known are he, glorot, lecun, auto, "));
        assert!(said("normal(-1)").contains("-1"));
        assert!(said("normal(wide)").contains("no initialiser `normal(wide)`"));
    }

    #[test]
    fn auto_hangs_on_the_activation_and_no_other_does() {
        let drawn = |activation| {
            let mut w = vec![f64::NAN; 200 * 100];
            Init::Auto.before(activation).fill(
                FirstWeights { inputs: 200, outputs: 100, seed: 9, layer: 0 },
                &mut w,
                &mut [],
            );
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
