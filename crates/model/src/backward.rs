//! Backpropagation: from the gradient by the output to the gradients by every parameter, operation by operation from the
//! last to the first. Each operation computes its own part, in `layer/`.

use chainrule_kernel::{Kernel, MatMut, MatRef, Scalar};

use crate::layer::layer_op::{BackwardInput, LayerOp, OpWorkspace, PreviousDense, PreviousOp, Weights};
use crate::layer::{Op, each};

/// The operations of a backward pass, and its minibatch.
#[derive(Clone, Copy)]
pub(crate) struct Network<'a, T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) ops: &'a [Op],
    /// Rows of the minibatch.
    pub(crate) batch: usize,
    /// Whether the forward pass was one for training.
    pub(crate) is_training: bool,
}

/// Computes the gradients by the parameters. `ops` holds the forward pass and the gradient by its output.
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
        let (x, previous) = match before.last_mut() {
            None => (x, None),
            Some(OpWorkspace { width, z, a, da, .. }) => {
                let (width, m) = (*width, batch * *width);
                let of = if z.is_empty() { &*a } else { &*z };
                let view = |values| MatRef::new(values, batch, width);
                let dx = MatMut::new(&mut da[..m], batch, width);
                let dense = match &network[i - 1] {
                    Op::Dense(dense) => Some(PreviousDense { activation: dense.shape.activation, b: dense.ranges().b }),
                    _ => None,
                };
                (view(&a[..m]), Some(PreviousOp { dense, of: view(&of[..m]), dx }))
            }
        };
        let mut flow = BackwardInput { kernel, batch, is_training, x, previous, is_dz };
        each!(&network[i], layer => layer.backward(&mut flow, &mut rest[0], &mut weights, grads));
        is_dz = flow.is_dz;
    }
}
