//! Backpropagation: from the gradient by the output to those by every parameter, operation by operation, last one
//! first.
//!
//! A dense operation's product with its weights gives the gradient by its input, and in the same epilogue what the
//! dense operation below makes of it. Then its own weights' gradient is kept, or moves them at once: one order of
//! operations, so one result.

use chainrule_dense::{Below, activation};
use chainrule_kernel::{Kernel, MatMut, MatRef, Scalar};

use crate::Moments;
use crate::decay::Steps;
use crate::layout::{Norm, Op};
use crate::workspace::OpWorkspace;
use crate::{batch_norm, dropout, layer_norm, softmax};

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
    fn params(&self) -> &[T] {
        match self {
            Weights::Kept(params) => params,
            Weights::Moved { params, .. } => params,
        }
    }

    /// The gradients by a normalisation's parameters are there: these move, unless the gradients are to be kept.
    fn take(&mut self, kernel: &Kernel<T>, norm: Norm, grads: &[T]) {
        if let Weights::Moved { params, steps: Steps { biases, .. }, moments } = self {
            let learned = norm.learned();
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
    // Whether `da` holds dz already, and `grads` the bias's gradient: the operation above saw to it.
    let mut is_dz = false;
    for i in (0..network.len()).rev() {
        let (before, rest) = ops.split_at_mut(i);
        let OpWorkspace { width, z, a, da, plan, mask, statistics } = &mut rest[0];
        let (width, n) = (*width, batch * *width);
        let (a, da) = (&a[..n], &mut da[..n]);
        // The first operation's input is the data: nobody asks for its gradient. Where the operation below is a dense one,
        // `of` is what the derivative of its activation is taken from.
        let (x, of, mut dx) = match before.last_mut() {
            None => (x, x, None),
            Some(OpWorkspace { width, z, a, da, .. }) => {
                let (width, m) = (*width, batch * *width);
                let of = if z.is_empty() { &*a } else { &*z };
                let view = |values| MatRef::new(values, batch, width);
                (view(&a[..m]), view(&of[..m]), Some(MatMut::new(&mut da[..m], batch, width)))
            }
        };
        match network[i] {
            Op::Dense { shape, offset } => {
                let (w, b) = Op::ranges(shape, offset);
                let plan = plan.as_mut().expect("a dense operation has a plan");
                if !is_dz {
                    let of = MatRef::new(if z.is_empty() { a } else { &z[..n] }, batch, width);
                    plan.output_gradient(of, MatMut::new(da, batch, width), &mut grads[b.clone()]);
                }
                let dz = MatRef::new(da, batch, width);
                if let Some(dx) = dx.take() {
                    let below = match network[i - 1] {
                        Op::Dense { shape, offset } => {
                            let db = &mut grads[Op::ranges(shape, offset).1];
                            Some(Below { activation: shape.activation, of, db })
                        }
                        _ => None,
                    };
                    is_dz = below.is_some();
                    plan.input_gradient(dz, &weights.params()[w.clone()], dx, below);
                }
                match &mut weights {
                    Weights::Kept(_) => plan.weight_gradient(x, dz, &mut grads[w]),
                    Weights::Moved { params, steps: Steps { weights, biases }, moments } => {
                        let arrays = weights.rule.moments();
                        biases.apply(kernel, &mut params[b.clone()], &grads[b.clone()], moments.range(arrays, b));
                        plan.descend(x, dz, &mut params[w.clone()], *weights, moments.range(arrays, w));
                    }
                }
            }
            Op::Activation(activation) => {
                let of = if activation.derivative_needs_input() { x } else { MatRef::new(a, batch, width) };
                activation::derivative(kernel, activation, of, MatMut::new(da, batch, width));
            }
            Op::Softmax => softmax::backward(width, a, da),
            Op::LogSoftmax => softmax::log_backward(kernel, width, a, da),
            Op::Dropout { p, .. } if is_training => dropout::backward(p, &mask[..n], da),
            Op::Dropout { .. } => {}
            Op::LayerNorm(norm) => {
                let (gamma, _) = norm.ranges();
                let by_learned = halves(grads, norm);
                layer_norm::backward(x, &weights.params()[gamma], da, by_learned, statistics);
                weights.take(kernel, norm, grads);
            }
            Op::BatchNorm { norm, .. } => {
                let (gamma, _) = norm.ranges();
                let by_learned = halves(grads, norm);
                batch_norm::backward(is_training, x, &weights.params()[gamma], da, by_learned, statistics);
                weights.take(kernel, norm, grads);
            }
        }
        if let (false, Some(dx)) = (matches!(network[i], Op::Dense { .. }), dx) {
            copy(da, dx);
        }
    }
}

/// The gradients by gamma and by beta.
fn halves<T>(grads: &mut [T], norm: Norm) -> (&mut [T], &mut [T]) {
    grads[norm.offset..norm.offset + 2 * norm.width].split_at_mut(norm.width)
}

fn copy<T: Scalar>(from: &[T], mut to: MatMut<'_, T>) {
    let width = to.cols().max(1);
    from.chunks_exact(width).enumerate().for_each(|(i, row)| to.row_mut(i).copy_from_slice(row));
}
