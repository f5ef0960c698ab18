//! A network's normalisations as its callers see them: their parameters, and the running statistics that stand beside the
//! parameters because nothing learns them.

use std::ops::Range;

use chainrule_kernel::Scalar;

use crate::layer::Place;
use crate::layer::norm::{GammaBeta, Norm};
use crate::layout::places;
use crate::{Layer, Mlp};

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
