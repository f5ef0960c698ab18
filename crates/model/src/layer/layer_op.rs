//! The interface of a layer: its description, its parameters and buffers, and its computations forward, backward and for
//! predictions. A network is a list of operations with this interface; apart from the fusion with dense layers, no code
//! outside of this folder depends on the kind of a layer.

use std::fmt;
use std::ops::Range;

use chainrule_dense::{Activation, PackedLayer, Plan};
use chainrule_kernel::{Aligned, Kernel, MatMut, MatRef, Scalar, Scratch};

use super::statistics::Statistics;
use crate::OptimizerState;
use crate::decay::Steps;
use crate::memory::NoMemory;
use crate::precision::Precision;
use crate::{Init, ModelError};

/// A layer at its position in a network.
pub(crate) trait LayerOp: Copy {
    /// The text form without sizes: `dense`, `relu`, `dropout(0.5)`.
    fn kind(&self) -> String;

    /// The text form, which can be parsed: `dense(784, 128)`.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Checks the ranges of the settings.
    fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }

    /// Checks the ranges of the settings in the element type; [`LayerOp::check`] has checked them in f64.
    fn check_in<T: Scalar>(&self) -> Result<(), ModelError> {
        Ok(())
    }

    /// The number of outputs for `before` inputs.
    #[inline]
    fn width(&self, before: usize) -> usize {
        before
    }

    /// Whether a training pass computes something else than an evaluation pass.
    fn differs_in_training(&self) -> bool {
        false
    }

    /// Whether [`Init::Auto`] looks past it: the weights of a dense layer before it are drawn for the activation after it.
    fn is_transparent(&self) -> bool {
        false
    }

    /// Whether its input may have any strides; other layers need contiguous rows.
    #[inline]
    fn takes_any_strides(&self) -> bool {
        false
    }

    /// Its parameter tensors, with their names in files and their shapes, in the order of the parameters.
    fn tensors(&self) -> Vec<TensorShape> {
        Vec::new()
    }

    /// The ranges of its parameters in those of the network, and in the gradients.
    fn learned(&self) -> Learned {
        Learned::default()
    }

    /// The number of its parameters; `usize::MAX` where it would overflow.
    fn parameters(&self) -> usize {
        0
    }

    /// The number of its running statistics; `usize::MAX` where it would overflow.
    fn running(&self) -> usize {
        0
    }

    /// Sets its initial parameters and running statistics, where they are not 0.
    fn initialise<T: Scalar>(&self, begin: InitContext, params: &mut [T], running: &mut [T]) {
        let _ = (begin, params, running);
    }

    /// The buffers for what the backward pass needs from the forward pass besides the output.
    fn kept<T: Scalar>(&self, size: &Size<T>) -> Result<Kept<T>, NoMemory> {
        let _ = size;
        Ok(Kept::Nothing)
    }

    /// Whether the input of the fused activation, (batch, width), is stored.
    fn keeps_z(&self) -> bool {
        false
    }

    /// Computes the output of x into the first rows of `here.a`.
    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, inputs)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError>;

    /// From the gradient by the output in `here.da`, computes the gradients by its parameters, which are stored or applied
    /// at once, and the gradient by its input if `flow.previous` asks for it.
    #[inline]
    fn backward<T: Scalar>(
        &self,
        flow: &mut BackwardInput<'_, T>,
        here: &mut OpWorkspace<T>,
        weights: &mut Weights<'_, T>,
        grads: &mut [T], // as the parameters
    ) {
        self.backward_in_place(flow, here, weights, grads);
        if let Some(PreviousOp { mut dx, .. }) = flow.previous.take() {
            let rows = here.da[..flow.batch * here.width].chunks_exact(dx.cols().max(1));
            rows.enumerate().for_each(|(i, row)| dx.row_mut(i).copy_from_slice(row));
        }
    }

    /// As [`LayerOp::backward`], for a layer whose input is as wide as its output: `here.da` becomes the gradient by the
    /// input.
    fn backward_in_place<T: Scalar>(
        &self,
        flow: &BackwardInput<'_, T>,
        here: &mut OpWorkspace<T>,
        weights: &mut Weights<'_, T>,
        grads: &mut [T], // as the parameters
    ) {
        let _ = (flow, here, weights, grads);
    }

    /// Updates the running statistics after the step of a training pass over `rows` rows.
    fn commit<T: Scalar>(&self, rows: usize, kept: &Kept<T>, running: &mut [T]) {
        let _ = (rows, kept, running);
    }

    /// Prepares what many predictions share; the weights can be rounded to the precision (`Mlp::check_precision`).
    fn prepare<T: Scalar>(&self, numbers: Numbers<'_, T>, precision: Precision) -> Result<Prepared<T>, NoMemory> {
        let _ = (numbers, precision);
        Ok(Prepared::Nothing)
    }

    /// Computes the output of a prediction, with or without the prepared data: the bits of an evaluation's forward pass.
    fn infer<T: Scalar>(
        &self,
        numbers: Numbers<'_, T>,
        prepared: Option<&Prepared<T>>,
        x: MatRef<'_, T>, // (rows, inputs)
        a: &mut [T],      // (rows, width)
        scratch: &mut Scratch<T>,
    ) -> Result<(), NoMemory>;
}

/// The name and shape of a parameter tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TensorShape {
    /// Its name after the module number: `weight`, `bias`.
    pub(crate) name: &'static str,
    pub(crate) shape: Vec<usize>,
}

/// The ranges of a layer's parameters, for each group of [`crate::optim::Decays`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) weights: Range<usize>,
    /// Biases, and gamma and beta of a normalisation.
    pub(crate) biases: Range<usize>,
}

/// What the initial parameters of a layer depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InitContext {
    /// The initialiser, resolved for the activation after the layer.
    pub(crate) init: Init,
    pub(crate) seed: u64,
    /// The number of dense layers before this one.
    pub(crate) dense: usize,
}

/// What the sizes of a layer's buffers depend on.
pub(crate) struct Size<T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    /// The number of outputs.
    pub(crate) width: usize,
    pub(crate) max_batch: usize,
    /// Whether to allocate buffers for strips of gradients.
    pub(crate) strips: bool,
}

/// The data that a layer stores between its forward and backward pass.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "most are plans, and a step should not go through a pointer to reach them"
)]
pub(crate) enum Kept<T: Scalar> {
    Nothing,
    /// The plan of a dense layer.
    Plan(Plan<T>),
    /// The mask of dropout, (max_batch, width).
    Mask(Vec<u8>),
    /// The statistics of a normalisation.
    Statistics(Statistics),
}

impl<T: Scalar> Kept<T> {
    /// The statistics of a normalisation.
    pub(crate) fn statistics(&mut self) -> &mut Statistics {
        let Kept::Statistics(statistics) = self else { unreachable!("a normalisation keeps its statistics") };
        statistics
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Kept::Nothing => 0,
            Kept::Plan(plan) => plan.bytes(),
            Kept::Mask(mask) => mask.len(),
            Kept::Statistics(statistics) => statistics.bytes(),
        }
    }
}

/// The data that a layer prepares once for many predictions.
#[derive(Debug)]
pub(crate) enum Prepared<T: Scalar> {
    Nothing,
    /// A dense layer's weights, packed.
    Dense(PackedLayer<T>),
    /// The statistics of a batch normalisation.
    Statistics(Statistics),
}

impl<T: Scalar> Prepared<T> {
    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Prepared::Nothing => 0,
            Prepared::Dense(layer) => layer.bytes(),
            Prepared::Statistics(statistics) => statistics.bytes(),
        }
    }

    /// Grows the scratch to what predictions of up to this number of rows need.
    pub(crate) fn reserve(&self, rows: usize, scratch: &mut Scratch<T>) -> Result<(), NoMemory> {
        if let Prepared::Dense(layer) = self {
            layer.try_reserve(rows, scratch)?;
        }
        Ok(())
    }
}

/// The parameters and running statistics of a network, and its kernel.
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'a, T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) params: &'a [T],
    pub(crate) running: &'a [T],
}

/// The settings of a forward pass.
pub(crate) struct Forward<'a, T: Scalar> {
    pub(crate) numbers: Numbers<'a, T>,
    pub(crate) is_training: bool,
    /// The seed of dropout masks.
    pub(crate) seed: u64,
    /// The number of the training pass, from 0.
    pub(crate) pass: u64,
}

/// The input of one operation's backward pass.
pub(crate) struct BackwardInput<'a, T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    /// Rows of the minibatch.
    pub(crate) batch: usize,
    /// Whether the forward pass was one for training.
    pub(crate) is_training: bool,
    /// The operation's input, (batch, inputs).
    pub(crate) x: MatRef<'a, T>,
    /// `None` for the first operation: the gradient by the data is not computed.
    pub(crate) previous: Option<PreviousOp<'a, T>>,
    /// Whether `da` holds dz already and `grads` the gradient of the bias, computed by the operation after this one.
    pub(crate) is_dz: bool,
}

/// The operation before this one.
pub(crate) struct PreviousOp<'a, T> {
    /// Its activation and bias, if it is dense.
    pub(crate) dense: Option<PreviousDense>,
    /// The matrix that the derivative of its activation is computed from, z or a: (batch, inputs).
    pub(crate) of: MatRef<'a, T>,
    /// The destination of the gradient by its output, (batch, inputs).
    pub(crate) dx: MatMut<'a, T>,
}

/// A dense operation before this one, whose dz and bias gradient this one computes in an epilogue.
pub(crate) struct PreviousDense {
    pub(crate) activation: Activation,
    /// The range of its b in the parameters.
    pub(crate) b: Range<usize>,
}

/// The buffers of one operation.
#[derive(Debug)]
pub(crate) struct OpWorkspace<T: Scalar> {
    pub(crate) width: usize,
    /// The input of a dense operation's activation, (max_batch, width); empty unless the derivative needs it.
    pub(crate) z: Aligned<T>,
    /// The output, (max_batch, width).
    pub(crate) a: Aligned<T>,
    /// The gradient by the output, (max_batch, width), which the backward pass replaces by the gradient by z.
    pub(crate) da: Aligned<T>,
    /// The other data of the layer.
    pub(crate) kept: Kept<T>,
}

impl<T: Scalar> OpWorkspace<T> {
    /// The first rows of its output.
    pub(crate) fn output(&self, batch: usize) -> MatRef<'_, T> {
        MatRef::new(&self.a[..batch * self.width], batch, self.width)
    }
}

/// The parameters, and what the backward pass does with their gradients.
pub(crate) enum Weights<'a, T: Scalar> {
    /// All gradients are stored.
    Kept(&'a [T]),
    /// The parameters are updated at once by these steps; only the gradients of biases are stored.
    Moved { params: &'a mut [T], steps: Steps<T>, state: &'a mut OptimizerState<T> },
}

impl<T: Scalar> Weights<'_, T> {
    #[inline]
    pub(crate) fn params(&self) -> &[T] {
        match self {
            Weights::Kept(params) => params,
            Weights::Moved { params, .. } => params,
        }
    }

    /// Updates the parameters of a normalisation with their gradients, unless all gradients are only stored.
    pub(crate) fn take(&mut self, kernel: &Kernel<T>, learned: Range<usize>, grads: &[T]) {
        if let Weights::Moved { params, steps: Steps { biases, .. }, state } = self {
            let memory = state.range(biases.rule.moments(), learned.clone());
            biases.apply(kernel, &mut params[learned.clone()], &grads[learned], memory);
        }
    }
}

/// Copies rows that may have gaps between them.
pub(crate) fn copy_rows<T: Scalar>(from: MatRef<'_, T>, to: &mut [T]) {
    let width = from.cols().max(1);
    to.chunks_exact_mut(width).enumerate().for_each(|(i, row)| row.copy_from_slice(from.row(i)));
}
