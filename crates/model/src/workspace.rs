//! All the memory of a training step or a prediction: made once for a network and a largest minibatch.

use chainrule_dense::Plan;
use chainrule_kernel::{Aligned, MatRef, Scalar};

use crate::mlp::{Mlp, Op};
use crate::statistics::Statistics;
use crate::{ModelError, Moments, Update};

/// Activations, gradients, what an optimiser remembers, and packing room for minibatches of up to a size. Belongs to
/// the network it was made for, or to another of the same layers.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{Loss, MatRef, Mlp, Optimizer, Targets, Workspace};
///
/// let mut mlp = Mlp::builder(2).dense(3).tanh().dense(1).build_as::<f64>()?;
/// let adam = Optimizer::by_name("adam")?;
/// let mut workspace = Workspace::for_training(&mlp, 2, adam)?; // for minibatches of at most 2 rows
/// let x = MatRef::new(&[0.0, 1.0, 1.0, 0.0], 2, 2);
/// let t = Targets::Values(MatRef::new(&[1.0, -1.0], 2, 1));
/// let before = mlp.step(x, t, Loss::Mse, adam, &mut workspace)?;
/// let after = mlp.step(x, t, Loss::Mse, adam, &mut workspace)?;
/// assert!(after < before && workspace.moments().steps() == 2);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Workspace<T: Scalar> {
    pub(crate) max_batch: usize,
    /// Rows of the last forward pass.
    pub(crate) batch: usize,
    /// Whether the last forward pass was one for training.
    pub(crate) is_training: bool,
    pub(crate) ops: Vec<OpWorkspace<T>>,
    /// As [`Mlp::params`].
    pub(crate) grads: Aligned<T>,
    pub(crate) moments: Moments<T>,
    /// Whether plans have room for strips of gradients.
    pub(crate) strips: bool,
}

/// What one operation leaves behind.
#[derive(Debug)]
pub(crate) struct OpWorkspace<T: Scalar> {
    pub(crate) width: usize,
    /// What goes into the activation of a dense operation, (max_batch, width); empty unless its derivative needs that.
    pub(crate) z: Aligned<T>,
    /// The output, (max_batch, width).
    pub(crate) a: Aligned<T>,
    /// The gradient by the output, which backward turns into the gradient by what went into the activation.
    pub(crate) da: Aligned<T>,
    /// The plan of a dense operation.
    pub(crate) plan: Option<Plan<T>>,
    /// What dropout kept, (max_batch, width); empty elsewhere.
    pub(crate) mask: Vec<u8>,
    /// What a normalisation measured; empty elsewhere.
    pub(crate) statistics: Statistics,
}

impl<T: Scalar> Workspace<T> {
    /// Room for minibatches of up to `max_batch` rows, on the threads of the current rayon pool. For steps, of plain
    /// SGD only; others remember something and want [`Workspace::for_training`].
    pub fn new(mlp: &Mlp<T>, max_batch: usize) -> Self {
        Workspace::with_moments(mlp, max_batch, Moments::none(), false)
    }

    fn with_moments(mlp: &Mlp<T>, max_batch: usize, moments: Moments<T>, strips: bool) -> Self {
        let mut width = mlp.inputs();
        let ops = mlp.ops.iter().map(|op| {
            let (mut plan, mut keeps_z, mut mask, mut statistics) = (None, false, Vec::new(), Statistics::default());
            match *op {
                Op::Dense { shape, .. } => {
                    width = shape.outputs;
                    keeps_z = shape.activation.derivative_needs_input();
                    plan = Some(Plan::new(mlp.kernel(), shape, max_batch).for_descent(strips));
                }
                Op::Dropout { .. } => mask = vec![0; max_batch * width],
                Op::LayerNorm(_) => statistics = Statistics::new(max_batch, width),
                Op::BatchNorm { .. } => statistics = Statistics::new(width, width),
                Op::Activation(_) | Op::Softmax | Op::LogSoftmax => {}
            }
            let room = || Aligned::zeros(max_batch * width);
            let z = if keeps_z { room() } else { Aligned::default() };
            OpWorkspace { width, z, a: room(), da: room(), plan, mask, statistics }
        });
        let (ops, grads) = (ops.collect(), Aligned::zeros(mlp.params().len()));
        Workspace { max_batch, batch: 0, is_training: false, ops, grads, moments, strips }
    }

    /// As [`Workspace::new`], with room for what an optimiser remembers from step to step: a run of its own begins.
    ///
    /// # Errors
    /// When there is not so much memory.
    pub fn for_training(mlp: &Mlp<T>, max_batch: usize, update: impl Into<Update>) -> Result<Self, ModelError> {
        let update = update.into();
        let moments = Moments::new(update.optimizer, mlp.params().len())?;
        Ok(Workspace::with_moments(mlp, max_batch, moments, update.wants_strips()))
    }

    /// The largest minibatch there is room for.
    pub fn max_batch(&self) -> usize {
        self.max_batch
    }

    /// The gradients of the last backward pass, or of a step that clipped them, as they were then; laid out as
    /// [`Mlp::params`]. Other steps keep no gradients of weights.
    pub fn gradients(&self) -> &[T] {
        &self.grads
    }

    /// What the optimiser remembers.
    pub fn moments(&self) -> &Moments<T> {
        &self.moments
    }

    /// The output of the last forward pass, (batch, outputs).
    pub fn output(&self) -> MatRef<'_, T> {
        let last = &self.ops[self.ops.len() - 1];
        MatRef::new(&last.a[..self.batch * last.width], self.batch, last.width)
    }

    /// The output of the last forward pass, and the place of the gradient by it: (batch, outputs) both.
    pub(crate) fn output_and_gradient(&mut self) -> (MatRef<'_, T>, &mut [T]) {
        let last = self.ops.last_mut().expect("a network has layers");
        let n = self.batch * last.width;
        (MatRef::new(&last.a[..n], self.batch, last.width), &mut last.da[..n])
    }

    /// Bytes held: activations, gradients, the optimiser's memory and packing room.
    pub fn bytes(&self) -> usize {
        let op = |op: &OpWorkspace<T>| {
            let own = op.plan.as_ref().map_or(0, Plan::bytes) + op.mask.len() + op.statistics.bytes();
            (op.z.len() + op.a.len() + op.da.len()) * size_of::<T>() + own
        };
        (self.grads.len() + self.moments.values().len()) * size_of::<T>() + self.ops.iter().map(op).sum::<usize>()
    }
}
