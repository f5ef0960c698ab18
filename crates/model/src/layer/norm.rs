//! What both normalisations have: gamma and beta, and eps; and a network's normalisations as its callers see them, with the
//! running statistics that stand beside the parameters because nothing learns them.

use std::fmt;
use std::ops::Range;

use chainrule_kernel::Scalar;

use super::batch_norm::DEFAULT_MOMENTUM;
use super::room::TensorShape;
use crate::layout::{Place, places};
use crate::{Layer, Mlp, ModelError, SettingRange};

/// What a normalisation adds to the variance unless said otherwise, in PyTorch too.
pub(crate) const DEFAULT_EPS: f64 = 1e-5;

/// A normalisation over so many features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Norm {
    pub(crate) width: usize,
    pub(crate) eps: f64,
    /// Where its gamma begins in the parameters; beta follows.
    pub(crate) offset: usize,
}

/// What belongs to gamma and what belongs to beta.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GammaBeta<P> {
    pub(crate) gamma: P,
    pub(crate) beta: P,
}

impl Norm {
    /// Where gamma and beta lie in the parameters, and in the gradients.
    pub(crate) fn ranges(self) -> GammaBeta<Range<usize>> {
        let end = self.offset + self.width;
        GammaBeta { gamma: self.offset..end, beta: end..end + self.width }
    }

    /// Both.
    pub(crate) fn learned(self) -> Range<usize> {
        self.offset..self.offset + 2 * self.width
    }

    /// Its own among all parameters.
    pub(crate) fn of<T>(self, params: &[T]) -> GammaBeta<&[T]> {
        let (gamma, beta) = params[self.learned()].split_at(self.width);
        GammaBeta { gamma, beta }
    }

    /// Its own among all gradients.
    pub(crate) fn of_mut<T>(self, grads: &mut [T]) -> GammaBeta<&mut [T]> {
        let (gamma, beta) = grads[self.learned()].split_at_mut(self.width);
        GammaBeta { gamma, beta }
    }

    /// PyTorch's names.
    pub(crate) fn tensors(self) -> Vec<TensorShape> {
        ["weight", "bias"].map(|name| TensorShape { name, shape: vec![self.width] }).to_vec()
    }

    /// Refuses an eps that means nothing.
    pub(crate) fn check(self) -> Result<(), ModelError> {
        if self.eps.is_finite() && self.eps > 0.0 {
            return Ok(());
        }
        let (what, expected) = ("eps of a normalisation", "a finite number above 0");
        Err(ModelError::Setting { what, found: self.eps, expected })
    }

    /// Refuses an eps that means nothing in the element type.
    pub(crate) fn check_in<T: Scalar>(self) -> Result<(), ModelError> {
        SettingRange::Positive.check_in::<T>("eps of a normalisation", self.eps)
    }

    /// `, eps=0.001`, where it is not the default.
    pub(crate) fn write_eps(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.eps == DEFAULT_EPS { Ok(()) } else { write!(f, ", eps={}", self.eps) }
    }
}

/// Settings as they are written behind a normalisation's name.
pub(super) struct NormSettings {
    pub(super) width: usize,
    pub(super) eps: f64,
    /// Of a batch normalisation.
    pub(super) momentum: f64,
}

impl NormSettings {
    /// `64, eps=0.001, momentum=0.2`, the last only where there may be one.
    pub(super) fn read(settings: &str, has_momentum: bool) -> Option<Self> {
        let mut settings = settings.split(',');
        let width = settings.next()?.trim().parse().ok()?;
        let mut read = NormSettings { width, eps: DEFAULT_EPS, momentum: DEFAULT_MOMENTUM };
        for setting in settings {
            let (name, value) = setting.trim().split_once('=')?;
            let value = value.trim().parse().ok()?;
            match name {
                "eps" => read.eps = value,
                "momentum" if has_momentum => read.momentum = value,
                _ => return None,
            }
        }
        Some(read)
    }
}

/// A layer or batch normalisation's numbers.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::Mlp;
///
/// let mlp = Mlp::builder(2).dense(3).layer_norm().relu().dense(1).build()?;
/// let norm = mlp.norm_layers().next().unwrap();
/// assert_eq!((norm.module, norm.gamma, norm.beta), (1, &[1.0; 3][..], &[0.0; 3][..]));
/// assert!(norm.running.is_none());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct NormLayer<'a, T: Scalar> {
    /// Its number among the network's modules.
    pub module: usize,
    /// (width).
    pub gamma: &'a [T],
    /// (width).
    pub beta: &'a [T],
    /// Where gamma and then beta lie in [`Mlp::params`].
    pub params: Range<usize>,
    /// What a batch normalisation has seen.
    pub running: Option<Running<'a, T>>,
}

/// What a batch normalisation normalises by in evaluation.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::Mlp;
///
/// let mlp = Mlp::builder(2).dense(3).batch_norm().relu().dense(1).build()?;
/// let running = mlp.norm_layers().next().and_then(|norm| norm.running).unwrap();
/// assert_eq!((running.mean, running.variance, running.batches), (&[0.0; 3][..], &[1.0; 3][..], 0));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Running<'a, T: Scalar> {
    /// (width).
    pub mean: &'a [T],
    /// (width).
    pub variance: &'a [T],
    /// Minibatches it has been trained on.
    pub batches: u64,
    /// Where the means and then the variances lie in [`Mlp::running`].
    pub range: Range<usize>,
}

impl<T: Scalar> Mlp<T> {
    /// The normalisations in order, each by its module's number.
    pub fn norm_layers(&self) -> impl Iterator<Item = NormLayer<'_, T>> {
        let mut batches = self.batches.iter();
        places(&self.layout.layers).filter_map(move |(layer, Place { module, offset, running })| {
            let (Layer::LayerNorm { width, eps } | Layer::BatchNorm { width, eps, .. }) = layer else { return None };
            let running = if let Layer::BatchNorm { .. } = layer {
                let range = running..running + 2 * width;
                let (mean, variance) = self.running[range.clone()].split_at(width);
                Some(Running { mean, variance, batches: *batches.next()?, range })
            } else {
                None
            };
            let norm = Norm { width, eps, offset };
            let GammaBeta { gamma, beta } = norm.of(&self.params);
            Some(NormLayer { module, gamma, beta, params: norm.learned(), running })
        })
    }

    /// What batch normalisations normalise by in evaluation, one after the other: means, then variances. Not learned:
    /// no optimiser sees them.
    pub fn running(&self) -> &[T] {
        &self.running
    }

    /// As [`Mlp::running`], to be changed.
    pub fn running_mut(&mut self) -> &mut [T] {
        &mut self.running
    }

    /// How many minibatches each batch normalisation has been trained on.
    pub fn batches(&self) -> &[u64] {
        &self.batches
    }

    /// As [`Mlp::batches`], to be changed.
    pub fn batches_mut(&mut self) -> &mut [u64] {
        &mut self.batches
    }

    /// Whether a training pass computes what [`Mlp::forward`] does not.
    pub fn differs_in_training(&self) -> bool {
        self.layout.layers.iter().any(Layer::differs_in_training)
    }

    /// Takes over what another network of the same layers has learned, and its running statistics.
    ///
    /// # Panics
    /// When its layers are others.
    pub fn copy_from(&mut self, other: &Mlp<T>) {
        assert!(self.layout.layers == other.layout.layers, "a network of other layers");
        self.params.copy_from_slice(&other.params);
        self.running.copy_from_slice(&other.running);
        self.batches.copy_from_slice(&other.batches);
    }

    /// Draws dropout's masks from this seed from now on, as if no training pass had been.
    pub fn reseed(&mut self, seed: u64) {
        (self.seed, self.passes) = (seed, 0);
    }
}
