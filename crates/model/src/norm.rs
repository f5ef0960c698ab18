//! Access to the normalisations of a network: their parameters, and the running statistics, which are no parameters because
//! no optimiser updates them.

use std::ops::Range;

use chainrule_kernel::Scalar;

use crate::layer::Place;
use crate::layer::norm::{GammaBeta, Norm};
use crate::layout::places;
use crate::{Layer, Mlp};

/// The parameters and running statistics of a layer or batch normalisation.
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
    /// Its module number.
    pub module: usize,
    /// (width).
    pub gamma: &'a [T],
    /// (width).
    pub beta: &'a [T],
    /// The range of gamma and then beta in [`Mlp::params`].
    pub params: Range<usize>,
    /// The running statistics of a batch normalisation.
    pub running: Option<Running<'a, T>>,
}

/// The running statistics of a batch normalisation, which evaluation normalises by.
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
    /// The range of the means and then the variances in [`Mlp::running`].
    pub range: Range<usize>,
}

impl<T: Scalar> Mlp<T> {
    /// The normalisations in order.
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

    /// The running statistics of the batch normalisations in order: means, then variances of each. They are no parameters:
    /// optimisers do not update them.
    pub fn running(&self) -> &[T] {
        &self.running
    }

    /// As [`Mlp::running`], mutable.
    pub fn running_mut(&mut self) -> &mut [T] {
        &mut self.running
    }

    /// The number of minibatches that each batch normalisation was trained on.
    pub fn batches(&self) -> &[u64] {
        &self.batches
    }

    /// As [`Mlp::batches`], mutable.
    pub fn batches_mut(&mut self) -> &mut [u64] {
        &mut self.batches
    }

    /// Whether a training pass computes something else than [`Mlp::forward`]: with dropout or batch normalisation.
    pub fn differs_in_training(&self) -> bool {
        self.layout.layers.iter().any(Layer::differs_in_training)
    }

    /// Copies parameters and running statistics from a network of the same layers.
    ///
    /// # Panics
    /// When the layers differ.
    pub fn copy_from(&mut self, other: &Mlp<T>) {
        assert!(self.layout.layers == other.layout.layers, "a network of other layers");
        self.params.copy_from_slice(&other.params);
        self.running.copy_from_slice(&other.running);
        self.batches.copy_from_slice(&other.batches);
    }

    /// Sets the seed of dropout masks, and the number of training passes to 0.
    pub fn reseed(&mut self, seed: u64) {
        (self.seed, self.passes) = (seed, 0);
    }

    /// The seed of dropout masks.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The number of training passes since the network was made or reseeded: the next one's masks follow from it and the seed.
    pub fn passes(&self) -> u64 {
        self.passes
    }

    /// Sets the seed of dropout masks and the number of training passes, to go on where another network of the same layers was.
    pub fn reseed_at(&mut self, seed: u64, passes: u64) {
        (self.seed, self.passes) = (seed, passes);
    }
}
