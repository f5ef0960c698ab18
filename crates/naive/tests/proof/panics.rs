//! A slice of the wrong length stops the call, with what it has and what it should have in the message.

use chainrule_naive::Transpose::{No, Yes};
use chainrule_naive::{
    Activation, AdaGrad, Adam, Cost, DenseShape, Dims, Layer, LossWeights, Momentum, Network, NormShape, RmsProp,
    RowsShape, Targets, adagrad_step, adam_step, adamw_step, batch_norm_backward, batch_norm_backward_given,
    batch_norm_forward, binary_cross_entropy_backward, binary_cross_entropy_forward, column_moments,
    cross_entropy_backward, cross_entropy_forward, dense_backward, dense_forward, dropout_backward, dropout_forward,
    error_backward, error_forward, half_mse_backward, half_mse_forward, l1_gradient, layer_norm_backward,
    layer_norm_forward, log_softmax, log_softmax_backward, matmul, matmul_abs, matmul_f64, momentum_step, mse_backward,
    mse_forward, rmsprop_step, roc_auc, running_step, sgd_step, softmax_backward, softmax_forward,
    weighted_cross_entropy_backward, weighted_cross_entropy_forward,
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

/// A case: what is called, what its message must hold, and the call.
type Case = (&'static str, &'static str, fn());

#[track_caller]
fn each_panics_with_its_words(cases: &[Case]) {
    for (what, words, call) in cases {
        let thrown = std::panic::catch_unwind(call).expect_err(what);
        let message = thrown.downcast_ref::<String>().expect("a message with numbers");
        assert!(message.contains(words), "{what}: {message:?} lacks {words:?}");
    }
}

const NORM: NormShape = NormShape { batch: 2, width: 2 };
const FOUR: [f64; 4] = [0.0; 4];
const TWO: [f64; 2] = [0.0; 2];

#[test]
fn products_in_f64_and_of_absolute_values_refuse_what_the_product_refuses() {
    each_panics_with_its_words(&[
        ("matmul_f64", "a has 2 elements, its shape (1, 3) needs 3", || _ = matmul_f64(DIMS, No, &TWO, No, &[0.0; 6])),
        ("matmul_abs", "b has 4 elements, its shape (3, 2) needs 6", || _ = matmul_abs(DIMS, No, &[0.0; 3], No, &FOUR)),
    ]);
}

#[test]
fn losses_refuse_logits_targets_and_weights_of_another_shape() {
    each_panics_with_its_words(&[
        ("cross_entropy_backward", "z has 2 elements, its shape (2, 2) needs 4", || {
            _ = cross_entropy_backward(ROWS, &TWO, Targets::Labels(&[0, 1]))
        }),
        ("weighted_cross_entropy_forward", "weights of rows has 3 elements", || {
            let weights = LossWeights { rows: Some(&[1.0; 3]), ..LossWeights::default() };
            _ = weighted_cross_entropy_forward(ROWS, &FOUR, Targets::Labels(&[0, 1]), weights);
        }),
        ("weighted_cross_entropy_backward", "the label of row 0 is 5, there are 2 classes", || {
            _ = weighted_cross_entropy_backward(ROWS, &FOUR, Targets::Labels(&[5, 1]), LossWeights::default());
        }),
        ("binary_cross_entropy_forward", "targets has 2 elements, its shape (2, 2) needs 4", || {
            _ = binary_cross_entropy_forward(ROWS, &FOUR, &TWO, LossWeights::default());
        }),
        ("binary_cross_entropy_backward", "targets has 2 elements, its shape (2, 2) needs 4", || {
            _ = binary_cross_entropy_backward(ROWS, &FOUR, &TWO, LossWeights::default());
        }),
        ("error_forward", "t has 2 elements, its shape (2, 2) needs 4", || {
            _ = error_forward(ROWS, Cost::Squared, &FOUR, &TWO, LossWeights::default());
        }),
        ("error_backward", "y has 2 elements, its shape (2, 2) needs 4", || {
            _ = error_backward(ROWS, Cost::Squared, &TWO, &FOUR, LossWeights::default());
        }),
        ("mse_backward", "t has 4 elements, y has 2", || _ = mse_backward(&TWO, &FOUR)),
        ("half_mse_forward", "t has 4 elements, y has 2", || _ = half_mse_forward(&TWO, &FOUR)),
        ("roc_auc", "2 scores, 1 truths", || _ = roc_auc(&TWO, &[true])),
    ]);
}

#[test]
fn layers_refuse_slices_that_do_not_fill_their_shape() {
    each_panics_with_its_words(&[
        ("layer_norm_forward", "gamma has 4 elements, its shape (1, 2) needs 2", || {
            _ = layer_norm_forward(NORM, 1e-5, &FOUR, &FOUR, &TWO);
        }),
        ("layer_norm_backward", "dy has 2 elements, its shape (2, 2) needs 4", || {
            _ = layer_norm_backward(NORM, 1e-5, &FOUR, &TWO, &TWO);
        }),
        ("column_moments", "x has 2 elements, its shape (2, 2) needs 4", || _ = column_moments(NORM, &TWO)),
        ("batch_norm_forward", "beta has 4 elements, its shape (1, 2) needs 2", || {
            _ = batch_norm_forward(NORM, 1e-5, (&TWO, &TWO), &FOUR, &TWO, &FOUR);
        }),
        ("batch_norm_backward", "dy has 2 elements, its shape (2, 2) needs 4", || {
            _ = batch_norm_backward(NORM, 1e-5, &FOUR, &TWO, &TWO);
        }),
        ("batch_norm_backward_given", "x has 2 elements, its shape (2, 2) needs 4", || {
            _ = batch_norm_backward_given(NORM, 1e-5, (&TWO, &TWO), &TWO, &TWO, &FOUR);
        }),
        ("running_step", "variance has 4 elements, its shape (1, 2) needs 2", || {
            running_step(0.1, 2, (&TWO, &FOUR), &mut [0.0; 2], &mut [0.0; 2]);
        }),
        ("log_softmax", "z has 2 elements, its shape (2, 2) needs 4", || _ = log_softmax(ROWS, &TWO)),
        ("log_softmax_backward", "da has 2 elements, its shape (2, 2) needs 4", || {
            _ = log_softmax_backward(ROWS, &FOUR, &TWO);
        }),
        ("dropout_forward", "the mask has 2 elements, x has 4", || _ = dropout_forward(0.5, &[true; 2], &FOUR)),
        ("dropout_backward", "the mask has 2 elements, x has 4", || _ = dropout_backward(0.5, &[true; 2], &FOUR)),
        ("adamw_step", "s has 4 elements, w has 2", || {
            let settings = Adam { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.1 };
            adamw_step(&mut [0.0; 2], &TWO, &mut [0.0; 2], &mut [0.0; 4], settings, 1);
        }),
        ("Network::backward", "da has 2 elements, z has 1", || {
            let layer = Layer { inputs: 1, outputs: 1, w: vec![1.0], b: vec![0.0], activation: Activation::Relu };
            let network = Network { layers: vec![layer] };
            network.backward(&network.forward(1, &[1.0]), &TWO);
        }),
    ]);
}
