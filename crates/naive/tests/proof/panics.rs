//! A slice of the wrong length stops the call, with what it has and what it should have in the message.

use chainrule_naive::Transpose::{No, Yes};
use chainrule_naive::{
    Activation, AdaGrad, Adam, DenseShape, Dims, Layer, Momentum, Network, RmsProp, RowsShape, Targets, adagrad_step,
    adam_step, cross_entropy_forward, dense_backward, dense_forward, half_mse_backward, l1_gradient, matmul,
    momentum_step, mse_forward, rmsprop_step, sgd_step, softmax_backward, softmax_forward,
};

const DIMS: Dims = Dims { m: 1, n: 2, k: 3 };
const DENSE: DenseShape = DenseShape { batch: 2, inputs: 3, outputs: 1 };
const ROWS: RowsShape = RowsShape { batch: 2, classes: 2 };

#[test]
#[should_panic(expected = "a has 2 elements, its shape (1, 3) needs 3")]
fn a_too_short() {
    matmul(DIMS, No, &[0.0; 2], No, &[0.0; 6], &mut [0.0; 2]);
}

#[test]
#[should_panic(expected = "b has 7 elements, its shape (2, 3) needs 6")]
fn transposed_b_too_long() {
    matmul(DIMS, No, &[0.0; 3], Yes, &[0.0; 7], &mut [0.0; 2]);
}

#[test]
#[should_panic(expected = "c has 3 elements, its shape (1, 2) needs 2")]
fn c_too_long() {
    matmul(DIMS, No, &[0.0; 3], No, &[0.0; 6], &mut [0.0; 3]);
}

#[test]
#[should_panic(expected = "x has 5 elements, its shape (2, 3) needs 6")]
fn dense_input_too_short() {
    dense_forward(DENSE, &[0.0; 5], &[0.0; 3], &[0.0; 1]);
}

#[test]
#[should_panic(expected = "b has 3 elements, its shape (1, 1) needs 1")]
fn more_biases_than_neurons() {
    dense_forward(DENSE, &[0.0; 6], &[0.0; 3], &[0.0; 3]);
}

#[test]
#[should_panic(expected = "dz has 6 elements, its shape (2, 1) needs 2")]
fn gradient_of_the_input_given_for_that_of_the_output() {
    dense_backward(DENSE, &[0.0; 6], &[0.0; 3], &[0.0; 6]);
}

#[test]
#[should_panic(expected = "da has 1 elements, z has 2")]
fn activation_gradient_too_short() {
    Activation::Tanh.backward(&[0.0; 2], &[0.0; 1]);
}

#[test]
#[should_panic(expected = "z has 5 elements, its shape (2, 2) needs 4")]
fn logits_that_fill_no_whole_number_of_rows() {
    softmax_forward(ROWS, &[0.0; 5]);
}

#[test]
#[should_panic(expected = "da has 2 elements, its shape (2, 2) needs 4")]
fn softmax_gradient_too_short() {
    softmax_backward(ROWS, &[0.0; 4], &[0.0; 2]);
}

#[test]
#[should_panic(expected = "labels has 3 elements, the batch has 2")]
fn more_labels_than_rows() {
    cross_entropy_forward(ROWS, &[0.0; 4], Targets::Labels(&[0, 1, 0]));
}

#[test]
#[should_panic(expected = "the label of row 1 is 2, there are 2 classes")]
fn a_label_that_is_no_class() {
    cross_entropy_forward(ROWS, &[0.0; 4], Targets::Labels(&[0, 2]));
}

#[test]
#[should_panic(expected = "targets has 2 elements, its shape (2, 2) needs 4")]
fn labels_given_as_distributions() {
    cross_entropy_forward(ROWS, &[0.0; 4], Targets::Distributions(&[0.0, 1.0]));
}

#[test]
#[should_panic(expected = "t has 1 elements, y has 2")]
fn a_target_is_never_broadcast_by_mse() {
    mse_forward(&[0.0; 2], &[0.0; 1]);
}

#[test]
#[should_panic(expected = "t has 3 elements, y has 2")]
fn a_target_is_never_broadcast_by_half_mse() {
    half_mse_backward(&[0.0; 2], &[0.0; 3]);
}

#[test]
#[should_panic(expected = "dw has 1 elements, w has 2")]
fn a_step_with_another_layers_gradient() {
    sgd_step(&mut [0.0; 2], &[0.0; 1], 0.1);
}

#[test]
#[should_panic(expected = "v has 1 elements, w has 2")]
fn a_velocity_of_another_layer() {
    let settings = Momentum { lr: 0.1, momentum: 0.9, nesterov: false, weight_decay: 0.0 };
    momentum_step(&mut [0.0; 2], &[0.0; 2], &mut [0.0; 1], settings);
}

#[test]
#[should_panic(expected = "s has 3 elements, w has 2")]
fn a_mean_square_of_another_layer() {
    let settings = RmsProp { lr: 0.1, alpha: 0.9, eps: 1e-8, weight_decay: 0.0 };
    rmsprop_step(&mut [0.0; 2], &[0.0; 2], &mut [0.0; 3], settings);
}

#[test]
#[should_panic(expected = "s has 1 elements, w has 2")]
fn a_sum_of_squares_of_another_layer() {
    let settings = AdaGrad { lr: 0.1, lr_decay: 0.0, eps: 1e-8, weight_decay: 0.0 };
    adagrad_step(&mut [0.0; 2], &[0.0; 2], &mut [0.0; 1], settings, 1);
}

#[test]
#[should_panic(expected = "dw has 1 elements, w has 2")]
fn a_gradient_of_another_layer_and_l1() {
    l1_gradient(&[0.0; 2], &mut [0.0; 1], 0.1);
}

#[test]
#[should_panic(expected = "m has 1 elements, w has 2")]
fn a_mean_of_another_layer() {
    let settings = Adam { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };
    adam_step(&mut [0.0; 2], &[0.0; 2], &mut [0.0; 1], &mut [0.0; 2], settings, 1);
}

#[test]
#[should_panic(expected = "x has 2 elements, its shape (1, 3) needs 3")]
fn layers_that_do_not_fit_each_other() {
    let layer = |inputs, outputs| Layer {
        inputs,
        outputs,
        w: vec![0.0; inputs * outputs],
        b: vec![0.0; outputs],
        activation: Activation::Identity,
    };
    Network { layers: vec![layer(4, 2), layer(3, 1)] }.forward(1, &[0.0; 4]);
}
