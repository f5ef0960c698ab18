//! All the memory of a training step or a prediction, allocated once for a network and a largest minibatch. A workspace
//! records the network it was made for and the input of its forward pass, and refuses calls with any other.

use std::sync::Arc;

use chainrule_kernel::{Aligned, MatRef, Scalar};

use crate::layer::layer_op::{LayerOp, OpWorkspace, Size};
use crate::layer::{Op, each};
use crate::layout::Layout;
use crate::memory::{NoMemory, probe, product, zeros};
use crate::{Mlp, ModelError, OptimizerState, Update};

/// What error messages call a workspace.
pub(crate) const WORKSPACE: &str = "the workspace";

/// Activations, gradients, the state of the optimiser, and packing buffers, for minibatches of up to a given size. It fits
/// the network it was made for, and others of the same layers and kernel; calls with any other network are errors.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};
///
/// let mut mlp = Mlp::builder(2).dense(3).tanh().dense(1).build_as::<f64>()?;
/// let adam = Optimizer::by_name("adam")?;
/// let mut workspace = Workspace::for_training(&mlp, 2, adam)?; // for minibatches of at most 2 rows
/// let x = MatRef::new(&[0.0, 1.0, 1.0, 0.0], 2, 2);
/// let t = TargetsRef::Values(MatRef::new(&[1.0, -1.0], 2, 1));
/// let before = mlp.step(x, t, Loss::Mse, adam, &mut workspace)?;
/// let after = mlp.step(x, t, Loss::Mse, adam, &mut workspace)?;
/// assert!(after < before && workspace.optimizer_state().steps() == 2);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Workspace<T: Scalar> {
    pub(crate) max_batch: usize,
    /// The layout of the network that it was made for.
    pub(crate) layout: Arc<Layout<T>>,
    pub(crate) pass: Pass,
    pub(crate) ops: Vec<OpWorkspace<T>>,
    /// As [`Mlp::params`].
    pub(crate) grads: Aligned<T>,
    pub(crate) optimizer_state: OptimizerState<T>,
    /// Whether plans have buffers for strips of gradients.
    pub(crate) strips: bool,
}

/// The last forward pass.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pass {
    /// Its rows; 0 after a pass that failed.
    pub(crate) batch: usize,
    /// Whether it was one for training.
    pub(crate) is_training: bool,
    /// Its input; `None` where no backward pass can follow: before the first pass, after one that failed, and after a step,
    /// which has changed the parameters since.
    pub(crate) of: Option<Input>,
}

/// The identity of a matrix: its address, shape and strides. An equal matrix elsewhere is another input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Input {
    address: usize,
    shape: [usize; 2],
    strides: [usize; 2],
}

impl Input {
    #[inline]
    pub(crate) fn of<T: Scalar>(x: MatRef<'_, T>) -> Self {
        let (shape, strides) = ([x.rows(), x.cols()], [x.row_stride(), x.col_stride()]);
        let address = if shape.contains(&0) { 0 } else { x.rows_in(0..1).cols_in(0..1).row(0).as_ptr().addr() };
        Input { address, shape, strides }
    }
}

impl<T: Scalar> Workspace<T> {
    /// A workspace for minibatches of up to `max_batch` rows, on the threads of the current rayon pool. Its steps can be
    /// those of plain SGD only; optimisers that have a state need [`Workspace::for_training`].
    ///
    /// # Panics
    /// When there is not enough memory; [`Workspace::try_new`] returns an error instead.
    pub fn new(mlp: &Mlp<T>, max_batch: usize) -> Self {
        Workspace::try_new(mlp, max_batch).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Workspace::new`].
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] when there is not enough memory.
    pub fn try_new(mlp: &Mlp<T>, max_batch: usize) -> Result<Self, ModelError> {
        Workspace::with_state(mlp, max_batch, OptimizerState::none(), false)
    }

    /// As [`Workspace::new`], with the state of the optimiser before its first step.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] when there is not enough memory; [`ModelError::Setting`] when AdaGrad's initial sum is not
    /// a finite number, 0 or more.
    pub fn for_training(mlp: &Mlp<T>, max_batch: usize, update: impl Into<Update>) -> Result<Self, ModelError> {
        let update = update.into();
        let state = OptimizerState::new(update.optimizer, mlp.params().len())?;
        Workspace::with_state(mlp, max_batch, state, update.wants_strips())
    }

    fn with_state(
        mlp: &Mlp<T>,
        max_batch: usize,
        optimizer_state: OptimizerState<T>,
        strips: bool,
    ) -> Result<Self, ModelError> {
        let too_large = |memory: NoMemory| memory.of(format!("a workspace for minibatches of {max_batch} rows"));
        let layout = &mlp.layout;
        probe(activation_bytes(layout, max_batch).map_err(too_large)?).map_err(too_large)?;
        let mut width = layout.inputs;
        let ops = layout.ops.iter().map(|op| {
            width = op.width(width);
            op_workspace(op, &Size { kernel: layout.kernel, width, max_batch, strips })
        });
        let ops = ops.collect::<Result<_, _>>().map_err(too_large)?;
        let grads = zeros(mlp.params().len()).map_err(too_large)?;
        let (layout, pass) = (Arc::clone(layout), Pass::default());
        Ok(Workspace { max_batch, layout, pass, ops, grads, optimizer_state, strips })
    }

    /// Rows of the largest minibatch.
    pub fn max_batch(&self) -> usize {
        self.max_batch
    }

    /// The gradients of the last backward pass, or of the last step that clipped them; laid out as [`Mlp::params`]. Steps
    /// that do not clip store no gradients of weights.
    pub fn gradients(&self) -> &[T] {
        &self.grads
    }

    /// The state of the optimiser.
    pub fn optimizer_state(&self) -> &OptimizerState<T> {
        &self.optimizer_state
    }

    /// Puts another state of the optimiser in the place of its own: to go on with a run that was stored.
    ///
    /// # Errors
    /// [`ModelError::OptimizerState`] when the workspace was made for another optimiser, or for another number of parameters;
    /// nothing is changed then.
    pub fn set_optimizer_state(&mut self, state: OptimizerState<T>) -> Result<(), ModelError> {
        if let Some(optimizer) = self.optimizer_state.optimizer().or(state.optimizer()) {
            state.check(optimizer, self.grads.len())?;
            self.optimizer_state.check(state.optimizer().unwrap_or(optimizer), self.grads.len())?;
        }
        self.optimizer_state = state;
        Ok(())
    }

    /// The output of the last forward pass, (batch, outputs); no rows before the first pass, and after one that failed.
    pub fn output(&self) -> MatRef<'_, T> {
        let (last, batch) = (&self.ops[self.ops.len() - 1], self.pass.batch);
        MatRef::new(&last.a[..batch * last.width], batch, last.width)
    }

    /// The output of the last forward pass, and the buffer of the gradient by it: both (batch, outputs).
    pub(crate) fn output_and_gradient(&mut self) -> (MatRef<'_, T>, &mut [T]) {
        let (last, batch) = (self.ops.last_mut().expect("a network has layers"), self.pass.batch);
        let n = batch * last.width;
        (MatRef::new(&last.a[..n], batch, last.width), &mut last.da[..n])
    }

    /// Bytes held: activations, gradients, the optimiser's state and packing buffers.
    pub fn bytes(&self) -> usize {
        let op = |op: &OpWorkspace<T>| (op.z.len() + op.a.len() + op.da.len()) * size_of::<T>() + op.kept.bytes();
        (self.grads.len() + self.optimizer_state.values().len()) * size_of::<T>()
            + self.ops.iter().map(op).sum::<usize>()
    }
}

/// Bytes of all outputs and of the gradients by them: most of the memory that grows with the minibatch.
fn activation_bytes<T: Scalar>(layout: &Layout<T>, max_batch: usize) -> Result<usize, NoMemory> {
    let mut width = layout.inputs;
    let mut total = 0usize;
    for op in &layout.ops {
        width = op.width(width);
        total = product(product(max_batch, width)?, 2 * size_of::<T>())?.checked_add(total).ok_or(NoMemory)?;
    }
    Ok(total)
}

/// The memory of an operation.
fn op_workspace<T: Scalar>(op: &Op, size: &Size<T>) -> Result<OpWorkspace<T>, NoMemory> {
    let elements = product(size.max_batch, size.width)?;
    let kept = each!(op, layer => layer.kept(size)?);
    let z = if each!(op, layer => layer.keeps_z()) { zeros(elements)? } else { Aligned::default() };
    Ok(OpWorkspace { width: size.width, z, a: zeros(elements)?, da: zeros(elements)?, kept })
}
