//! What every layer's room answers: what the layer is, what it learns and keeps, and how it computes, forward, backward and
//! for a prediction. The network is a list of operations that asks each; nothing outside the rooms knows one from another, save
//! what is fused with a dense layer.

use std::fmt;
use std::ops::Range;

use chainrule_dense::{Activation, PackedLayer, Plan};
use chainrule_kernel::{Aligned, Kernel, MatMut, MatRef, Scalar, Scratch};

use super::statistics::Statistics;
use crate::OptimizerState;
use crate::decay::Steps;
use crate::memory::NoMemory;
use crate::{Init, ModelError};

/// A layer, where it stands in a network.
pub(crate) trait Room: Copy {
    /// As it is printed without the sizes that its neighbours tell: `dense`, `relu`, `dropout(0.5)`.
    fn kind(&self) -> String;

    /// As it is printed, and read again: `dense(784, 128)`.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Refuses settings that mean nothing.
    fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }

    /// Refuses settings that mean nothing in the element type; they mean something in f64.
    fn check_in<T: Scalar>(&self) -> Result<(), ModelError> {
        Ok(())
    }

    /// Features out of so many.
    #[inline]
    fn width(&self, before: usize) -> usize {
        before
    }

    /// Whether it computes in training what it does not in evaluation.
    fn differs_in_training(&self) -> bool {
        false
    }

    /// Whether an activation behind it is still what the weights of a dense layer before it are for.
    fn is_transparent(&self) -> bool {
        false
    }

    /// Whether its input may have any strides; others read rows as slices.
    #[inline]
    fn takes_any_strides(&self) -> bool {
        false
    }

    /// What it learns, by the name that it has in files and with its shape, in the order of the parameters.
    fn tensors(&self) -> Vec<TensorShape> {
        Vec::new()
    }

    /// Where what it learns lies in the parameters, and in the gradients.
    fn learned(&self) -> Learned {
        Learned::default()
    }

    /// How many numbers it learns; the largest number there is where they pass the address space.
    fn parameters(&self) -> usize {
        0
    }

    /// How many numbers it keeps that are not learned; counted as parameters are.
    fn running(&self) -> usize {
        0
    }

    /// Its first numbers, where they are not 0.
    fn initialise<T: Scalar>(&self, begin: Beginning, params: &mut [T], running: &mut [T]) {
        let _ = (begin, params, running);
    }

    /// What it keeps from its forward pass for the backward one, beside its output.
    fn kept<T: Scalar>(&self, size: &Size<T>) -> Result<Kept<T>, NoMemory> {
        let _ = size;
        Ok(Kept::Nothing)
    }

    /// Whether what goes into a fused activation is kept, (batch, width).
    fn keeps_z(&self) -> bool {
        false
    }

    /// The output of x, (batch, inputs), into the first rows of `here.a`.
    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, inputs)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError>;

    /// Given the gradient by the output in `here.da`, the gradients by what it learns, which are kept or move it at once,
    /// and the gradient by the input, where somebody asks for it.
    #[inline]
    fn backward<T: Scalar>(
        &self,
        flow: &mut Flow<'_, T>,
        here: &mut OpWorkspace<T>,
        weights: &mut Weights<'_, T>,
        grads: &mut [T], // as the parameters
    ) {
        self.backward_in_place(flow, here, weights, grads);
        if let Some(Beneath { mut dx, .. }) = flow.below.take() {
            let rows = here.da[..flow.batch * here.width].chunks_exact(dx.cols().max(1));
            rows.enumerate().for_each(|(i, row)| dx.row_mut(i).copy_from_slice(row));
        }
    }

    /// The same for a layer whose input is as wide as its output: `here.da` becomes the gradient by the input.
    fn backward_in_place<T: Scalar>(
        &self,
        flow: &Flow<'_, T>,
        here: &mut OpWorkspace<T>,
        weights: &mut Weights<'_, T>,
        grads: &mut [T], // as the parameters
    ) {
        let _ = (flow, here, weights, grads);
    }

    /// After the step of a training pass over so many rows: what is not learned moves.
    fn commit<T: Scalar>(&self, rows: usize, kept: &Kept<T>, running: &mut [T]) {
        let _ = (rows, kept, running);
    }

    /// What is prepared once for many predictions.
    fn ready<T: Scalar>(&self, numbers: Numbers<'_, T>) -> Result<Ready<T>, NoMemory> {
        let _ = numbers;
        Ok(Ready::Nothing)
    }

    /// The output of a prediction, with what was prepared or without: the bits of an evaluation's forward pass.
    fn infer<T: Scalar>(
        &self,
        numbers: Numbers<'_, T>,
        ready: Option<&Ready<T>>,
        x: MatRef<'_, T>, // (rows, inputs)
        a: &mut [T],      // (rows, width)
        scratch: &mut Scratch<T>,
    ) -> Result<(), NoMemory>;
}

/// A tensor that a layer learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TensorShape {
    /// Behind the module's number: `weight`, `bias`.
    pub(crate) name: &'static str,
    pub(crate) shape: Vec<usize>,
}

/// Where a layer's parameters lie, by the group that decay and optimisers treat alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) weights: Range<usize>,
    /// Biases, and what a normalisation learns.
    pub(crate) biases: Range<usize>,
}

/// What a layer's first numbers depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    /// As it suits the activation behind the layer.
    pub(crate) init: Init,
    pub(crate) seed: u64,
    /// Dense layers before this one.
    pub(crate) dense: usize,
}

/// What a layer's memory depends on.
pub(crate) struct Size<T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    /// Features out.
    pub(crate) width: usize,
    pub(crate) max_batch: usize,
    /// Whether there is room for strips of gradients.
    pub(crate) strips: bool,
}

/// What a layer keeps between its passes.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "most are plans, and a step should not go through a pointer to reach them"
)]
pub(crate) enum Kept<T: Scalar> {
    Nothing,
    /// The plan of a dense layer.
    Plan(Plan<T>),
    /// What dropout kept, (max_batch, width).
    Mask(Vec<u8>),
    /// What a normalisation measured.
    Statistics(Statistics),
}

impl<T: Scalar> Kept<T> {
    /// A normalisation's.
    pub(crate) fn statistics(&mut self) -> &mut Statistics {
        let Kept::Statistics(statistics) = self else { unreachable!("a normalisation keeps what it measures") };
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

/// What is prepared once for many predictions.
#[derive(Debug)]
pub(crate) enum Ready<T: Scalar> {
    Nothing,
    /// A dense layer's weights, packed.
    Dense(PackedLayer<T>),
    /// What a batch normalisation goes by.
    Statistics(Statistics),
}

impl<T: Scalar> Ready<T> {
    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Ready::Nothing => 0,
            Ready::Dense(layer) => layer.bytes(),
            Ready::Statistics(statistics) => statistics.bytes(),
        }
    }
}

/// A network's numbers, and what computes with them.
#[derive(Clone, Copy)]
pub(crate) struct Numbers<'a, T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) params: &'a [T],
    pub(crate) running: &'a [T],
}

/// A forward pass.
pub(crate) struct Forward<'a, T: Scalar> {
    pub(crate) numbers: Numbers<'a, T>,
    pub(crate) is_training: bool,
    /// Of dropout's masks.
    pub(crate) seed: u64,
    /// The number of the training pass, from 0.
    pub(crate) pass: u64,
}

/// What flows back through one operation.
pub(crate) struct Flow<'a, T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    /// Rows of the minibatch.
    pub(crate) batch: usize,
    /// Whether the forward pass was one for training.
    pub(crate) is_training: bool,
    /// The operation's input, (batch, inputs).
    pub(crate) x: MatRef<'a, T>,
    /// Nothing below the first operation: nobody asks for the gradient by the data.
    pub(crate) below: Option<Beneath<'a, T>>,
    /// Whether `da` holds dz already, and `grads` the bias's gradient: the operation above saw to it.
    pub(crate) is_dz: bool,
}

/// The operation below.
pub(crate) struct Beneath<'a, T> {
    /// Where it is a dense one.
    pub(crate) dense: Option<DenseBeneath>,
    /// What the derivative of its activation is taken from, (batch, inputs).
    pub(crate) of: MatRef<'a, T>,
    /// The place of the gradient by its output, (batch, inputs).
    pub(crate) dx: MatMut<'a, T>,
}

/// A dense operation below: what the operation above does for it.
pub(crate) struct DenseBeneath {
    pub(crate) activation: Activation,
    /// Where its b lies.
    pub(crate) b: Range<usize>,
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
    /// What else its room keeps.
    pub(crate) kept: Kept<T>,
}

impl<T: Scalar> OpWorkspace<T> {
    /// The first rows of its output.
    pub(crate) fn output(&self, batch: usize) -> MatRef<'_, T> {
        MatRef::new(&self.a[..batch * self.width], batch, self.width)
    }
}

/// The parameters, and what becomes of their gradients.
pub(crate) enum Weights<'a, T: Scalar> {
    /// Gradients are kept, all of them.
    Kept(&'a [T]),
    /// Parameters move by these steps; of their gradients only the biases' are kept.
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

    /// The gradients by a normalisation's parameters are there: these move, unless the gradients are to be kept.
    pub(crate) fn take(&mut self, kernel: &Kernel<T>, learned: Range<usize>, grads: &[T]) {
        if let Weights::Moved { params, steps: Steps { biases, .. }, state } = self {
            let memory = state.range(biases.rule.moments(), learned.clone());
            biases.apply(kernel, &mut params[learned.clone()], &grads[learned], memory);
        }
    }
}

/// Copies rows, whatever lies between them.
pub(crate) fn copy_rows<T: Scalar>(from: MatRef<'_, T>, to: &mut [T]) {
    let width = from.cols().max(1);
    to.chunks_exact_mut(width).enumerate().for_each(|(i, row)| row.copy_from_slice(from.row(i)));
}
