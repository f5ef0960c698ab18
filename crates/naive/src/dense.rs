//! One dense layer over a batch: z = x*w + b, and back.
//!
//! Only the affine part; what follows it is an [`Activation`](crate::Activation). Each row of x is one example.

use crate::shape::check_matrix;
use crate::{Dims, Float, Transpose, matmul};

/// The sizes of a dense layer and of the batch that goes through it.
///
/// ```
/// use chainrule_naive::{DenseShape, dense_forward};
///
/// let shape = DenseShape { batch: 2, inputs: 1, outputs: 2 };
/// assert_eq!(dense_forward(shape, &[1.0, 2.0], &[10.0, 20.0], &[0.5, 0.0]), [10.5, 20.0, 20.5, 40.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DenseShape {
    /// Examples: rows of x and z.
    pub batch: usize,
    /// Features that come in: columns of x, rows of w.
    pub inputs: usize,
    /// Neurons: columns of w and z, elements of b.
    pub outputs: usize,
}

/// What flows back out of a dense layer.
///
/// ```
/// use chainrule_naive::{DenseShape, dense_backward};
///
/// let shape = DenseShape { batch: 1, inputs: 2, outputs: 1 };
/// let gradients = dense_backward(shape, &[1.0, 2.0], &[3.0, 4.0], &[10.0]);
/// assert_eq!((gradients.dx, gradients.dw, gradients.db), (vec![30.0, 40.0], vec![10.0, 20.0], vec![10.0]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DenseGradients<T> {
    /// The loss by the layer's input: (batch, inputs).
    pub dx: Vec<T>,
    /// The loss by the weights, summed over the batch: (inputs, outputs).
    pub dw: Vec<T>,
    /// The loss by the biases, summed over the batch: (outputs).
    pub db: Vec<T>,
}

/// z = x*w + b, b added to every row: (batch, outputs).
///
/// # Panics
/// If a slice does not have the number of elements that `shape` gives it.
pub fn dense_forward<T: Float>(
    shape: DenseShape,
    x: &[T], // (batch, inputs)
    w: &[T], // (inputs, outputs)
    b: &[T], // (outputs)
) -> Vec<T> {
    let DenseShape { batch, inputs, outputs } = shape;
    check_matrix("x", x.len(), (batch, inputs));
    check_matrix("w", w.len(), (inputs, outputs));
    check_matrix("b", b.len(), (1, outputs));
    let mut z = vec![T::rounded(0.0); batch * outputs];
    matmul(Dims { m: batch, n: outputs, k: inputs }, Transpose::No, x, Transpose::No, w, &mut z);
    for row in 0..batch {
        for neuron in 0..outputs {
            z[row * outputs + neuron] += b[neuron];
        }
    }
    z
}

/// The chain rule through z = x*w + b, given dz: dx = dz * w^T, dw = x^T * dz, db = the sum of dz's rows.
///
/// No mean is taken here: the 1/batch is in dz already, put there by the loss. The formulas are steps of algorithm 6.4
/// in Goodfellow, Bengio and Courville, *Deep Learning*, for a batch instead of one example.
///
/// # Panics
/// If a slice does not have the number of elements that `shape` gives it.
pub fn dense_backward<T: Float>(
    shape: DenseShape,
    x: &[T],  // (batch, inputs)
    w: &[T],  // (inputs, outputs)
    dz: &[T], // (batch, outputs)
) -> DenseGradients<T> {
    let DenseShape { batch, inputs, outputs } = shape;
    check_matrix("x", x.len(), (batch, inputs));
    check_matrix("w", w.len(), (inputs, outputs));
    check_matrix("dz", dz.len(), (batch, outputs));

    // (batch, inputs) = (batch, outputs) * (inputs, outputs)^T
    let mut dx = vec![T::rounded(0.0); batch * inputs];
    matmul(Dims { m: batch, n: inputs, k: outputs }, Transpose::No, dz, Transpose::Yes, w, &mut dx);

    // (inputs, outputs) = (batch, inputs)^T * (batch, outputs)
    let mut dw = vec![T::rounded(0.0); inputs * outputs];
    matmul(Dims { m: inputs, n: outputs, k: batch }, Transpose::Yes, x, Transpose::No, dz, &mut dw);

    // One bias per neuron, so one sum per column: never a sum over the neurons.
    let mut db = vec![T::rounded(0.0); outputs];
    for row in 0..batch {
        for neuron in 0..outputs {
            db[neuron] += dz[row * outputs + neuron];
        }
    }
    DenseGradients { dx, dw, db }
}
