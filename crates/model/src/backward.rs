//! Backpropagation: from the gradient by the output to those by every parameter, operation by operation, last one
//! first. What each makes of it is its room's affair.

use std::ops::Range;

use chainrule_kernel::{Kernel, MatMut, MatRef, Scalar};

use crate::Moments;
use crate::decay::Steps;
use crate::layer::room::{Beneath, Flow, Room};
use crate::layer::{Op, each};
use crate::workspace::OpWorkspace;

/// What is run backward.
#[derive(Clone, Copy)]
pub(crate) struct Network<'a, T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) ops: &'a [Op],
    /// Rows of the minibatch.
    pub(crate) batch: usize,
    /// Whether the forward pass was one for training.
    pub(crate) is_training: bool,
}

/// The parameters, and what becomes of their gradients.
pub(crate) enum Weights<'a, T: Scalar> {
    /// Gradients are kept, all of them.
    Kept(&'a [T]),
    /// Parameters move by these steps; of their gradients only the biases' are kept.
    Moved { params: &'a mut [T], steps: Steps<T>, moments: &'a mut Moments<T> },
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
        if let Weights::Moved { params, steps: Steps { biases, .. }, moments } = self {
            let memory = moments.range(biases.rule.moments(), learned.clone());
            biases.apply(kernel, &mut params[learned.clone()], &grads[learned], memory);
        }
    }
}

/// Given the forward pass and the gradient by its output in `ops`, the gradients by the parameters.
pub(crate) fn run<T: Scalar>(
    network: Network<'_, T>,
    x: MatRef<'_, T>, // (batch, inputs)
    mut weights: Weights<'_, T>,
    ops: &mut [OpWorkspace<T>],
    grads: &mut [T], // as the parameters
) {
    let Network { kernel, ops: network, batch, is_training } = network;
    let mut is_dz = false;
    for i in (0..network.len()).rev() {
        let (before, rest) = ops.split_at_mut(i);
        let (x, below) = match before.last_mut() {
            None => (x, None),
            Some(OpWorkspace { width, z, a, da, .. }) => {
                let (width, m) = (*width, batch * *width);
                let of = if z.is_empty() { &*a } else { &*z };
                let view = |values| MatRef::new(values, batch, width);
                let dx = MatMut::new(&mut da[..m], batch, width);
                (view(&a[..m]), Some(Beneath { op: &network[i - 1], of: view(&of[..m]), dx }))
            }
        };
        let mut flow = Flow { kernel, batch, is_training, x, below, is_dz };
        each!(&network[i], room => room.backward(&mut flow, &mut rest[0], &mut weights, grads));
        is_dz = flow.is_dz;
    }
}
