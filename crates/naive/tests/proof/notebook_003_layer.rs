//! Notebook 003: one layer of three neurons, y = relu(W*x + b), in the notebook's layout: W is (outputs, inputs), and
//! x, b and y are columns. The crate's layout is the transpose: x*w + b with w (inputs, outputs) and x a row.

use chainrule_naive::Activation::Relu;
use chainrule_naive::{DenseShape, Dims, Transpose, dense_forward, matmul};

use crate::check::{Precision, assert_close, of};

const W: [f64; 9] = [0.3, 0.6, 0.7, 0.2, 0.54, 0.87, 0.96, 0.23, 0.55]; // (3, 3)
const X: [f64; 3] = [1.0, 2.0, 3.0]; // (3, 1)
const B: [f64; 3] = [2.0, 3.0, 5.0]; // (3, 1)
const Y: [f64; 3] = [5.6, 6.890000000000001, 8.07]; // (3, 1)

fn as_columns<T: Precision>() {
    let mut z = of::<T>(&[f64::NAN; 3]);
    matmul(Dims { m: 3, n: 1, k: 3 }, Transpose::No, &of(&W), Transpose::No, &of(&X), &mut z);
    for (z, b) in z.iter_mut().zip(B) {
        *z += T::rounded(b);
    }
    assert_close("y", &Relu.forward(&z), &Y);
}

fn as_rows<T: Precision>() {
    let mut w = of::<T>(&W);
    for (i, j) in [(0, 1), (0, 2), (1, 2)] {
        w.swap(i * 3 + j, j * 3 + i);
    }
    let z = dense_forward(DenseShape { batch: 1, inputs: 3, outputs: 3 }, &of(&X), &w, &of(&B));
    assert_close("y", &Relu.forward(&z), &Y);
}

#[test]
fn a_layer_of_columns_has_the_notebooks_output() {
    as_columns::<f64>();
    as_columns::<f32>();
}

#[test]
fn the_same_layer_as_rows_has_the_same_output() {
    as_rows::<f64>();
    as_rows::<f32>();
}
