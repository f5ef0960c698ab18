//! Every backward function against central differences of its forward function, in `f64`.

use chainrule_naive::Activation::{
    Elu, Gelu, GeluTanh, HardSigmoid, Identity, LeakyRelu, Relu, Selu, Sigmoid, Silu, Softplus, Softsign, Tanh,
};
use chainrule_naive::{
    Cost, DenseShape, LossWeights, RowsShape, Targets, binary_cross_entropy_backward, binary_cross_entropy_forward,
    cross_entropy_backward, cross_entropy_forward, dense_backward, dense_forward, error_backward, error_forward,
    half_mse_backward, half_mse_forward, log_softmax, log_softmax_backward, mse_backward, mse_forward,
    softmax_backward, softmax_forward, softmax_jacobian, weighted_cross_entropy_backward,
    weighted_cross_entropy_forward,
};

use crate::check::{assert_close, assert_gradient, dot, numbers, numeric_gradient, of};

const ROWS: RowsShape = RowsShape { batch: 3, classes: 4 };

#[test]
fn every_activation_has_the_derivative_of_its_function() {
    // Both sides of the kink, near and far, and never so near that the difference steps over it.
    let z = [-30.0, -4.0, -2.9, -1.0, -0.4, -0.001, 0.001, 0.3, 1.0, 2.5, 30.0];
    let da = numbers(z.len(), 1);
    let smooth = [Sigmoid, Tanh, Gelu, GeluTanh, Silu, Softplus, Softsign];
    let bent = [Identity, Relu, LeakyRelu(0.01), LeakyRelu(0.3), Elu(1.0), Elu(0.3), Selu, HardSigmoid];
    for activation in smooth.into_iter().chain(bent) {
        let numeric = numeric_gradient(|z| dot(&da, &activation.forward(z)), &z);
        assert_gradient(&format!("{activation:?}"), &activation.backward(&z, &da), &numeric);
    }
}

#[test]
fn dense_backward_is_the_gradient_by_input_weights_and_biases() {
    let sizes = [(1, 1, 1), (4, 3, 2), (2, 5, 3), (3, 1, 4), (1, 4, 1)];
    for (seed, (batch, inputs, outputs)) in (10..).step_by(10).zip(sizes) {
        let shape = DenseShape { batch, inputs, outputs };
        let x = numbers(batch * inputs, seed);
        let w = numbers(inputs * outputs, seed + 1);
        let b = numbers(outputs, seed + 2);
        let dz = numbers(batch * outputs, seed + 3);
        let got = dense_backward(shape, &x, &w, &dz);
        let by_x = numeric_gradient(|x| dot(&dz, &dense_forward(shape, x, &w, &b)), &x);
        let by_w = numeric_gradient(|w| dot(&dz, &dense_forward(shape, &x, w, &b)), &w);
        let by_b = numeric_gradient(|b| dot(&dz, &dense_forward(shape, &x, &w, b)), &b);
        assert_gradient(&format!("{shape:?} dx"), &got.dx, &by_x);
        assert_gradient(&format!("{shape:?} dw"), &got.dw, &by_w);
        assert_gradient(&format!("{shape:?} db"), &got.db, &by_b);
    }
}

#[test]
fn softmax_backward_is_the_gradient_by_the_logits() {
    let z = numbers(12, 20);
    let da = numbers(12, 21);
    let numeric = numeric_gradient(|z| dot(&da, &softmax_forward(ROWS, z)), &z);
    assert_gradient("dz", &softmax_backward(ROWS, &z, &da), &numeric);
}

#[test]
fn log_softmax_backward_is_the_gradient_by_the_logits() {
    let z = numbers(12, 24);
    let da = numbers(12, 25);
    let numeric = numeric_gradient(|z| dot(&da, &log_softmax(ROWS, z)), &z);
    assert_gradient("dz", &log_softmax_backward(ROWS, &z, &da), &numeric);
}

#[test]
fn each_row_of_the_jacobian_is_the_gradient_of_one_probability() {
    let one_row = RowsShape { batch: 1, classes: 5 };
    let z = numbers(5, 22);
    let jacobian = softmax_jacobian(&softmax_forward(one_row, &z));
    for i in 0..5 {
        let numeric = numeric_gradient(|z| softmax_forward(one_row, z)[i], &z);
        assert_gradient(&format!("J[{i}]"), &jacobian[i * 5..(i + 1) * 5], &numeric);
    }
}

#[test]
fn cross_entropy_of_labels_has_its_gradient() {
    let logits = numbers(12, 30);
    let labels = Targets::Labels(&[2, 0, 3]);
    let numeric = numeric_gradient(|z| cross_entropy_forward(ROWS, z, labels), &logits);
    assert_gradient("dlogits", &cross_entropy_backward(ROWS, &logits, labels), &numeric);
}

#[test]
fn cross_entropy_of_weights_that_do_not_sum_to_one_has_its_gradient() {
    let logits = numbers(12, 31);
    // A distribution, a row of zeros, and a row that sums to 3.5 with a negative weight in it.
    let rows = [0.1, 0.2, 0.3, 0.4, 0.0, 0.0, 0.0, 0.0, 2.0, -0.5, 1.5, 0.5];
    let targets = Targets::Distributions(&rows);
    let numeric = numeric_gradient(|z| cross_entropy_forward(ROWS, z, targets), &logits);
    assert_gradient("dlogits", &cross_entropy_backward(ROWS, &logits, targets), &numeric);
}

#[test]
fn labels_and_one_hot_rows_are_the_same_target() {
    let logits = numbers(12, 32);
    let labels = Targets::Labels(&[3, 1, 1]);
    let one_hot = Targets::Distributions(&[0., 0., 0., 1., 0., 1., 0., 0., 0., 1., 0., 0.]);
    assert_eq!(cross_entropy_forward(ROWS, &logits, labels), cross_entropy_forward(ROWS, &logits, one_hot));
    assert_eq!(cross_entropy_backward(ROWS, &logits, labels), cross_entropy_backward(ROWS, &logits, one_hot));
}

#[test]
fn cross_entropy_and_its_gradient_are_those_of_softmax_and_logarithm_apart() {
    let logits = numbers(12, 33);
    let t = [0.1, 0.2, 0.3, 0.4, 1.0, 0.0, 0.0, 0.0, 0.25, 0.25, 0.5, 0.0];
    let a = softmax_forward(ROWS, &logits);
    let loss: f64 = a.iter().zip(&t).map(|(a, t)| -t * a.ln()).sum::<f64>() / 3.0;
    let da: Vec<f64> = a.iter().zip(&t).map(|(a, t)| -t / a / 3.0).collect();
    let targets = Targets::Distributions(&t);
    assert_gradient("loss", &[cross_entropy_forward(ROWS, &logits, targets)], &[loss]);
    assert_gradient("dlogits", &cross_entropy_backward(ROWS, &logits, targets), &softmax_backward(ROWS, &logits, &da));
}

#[test]
fn mse_means_over_all_elements_and_has_its_gradient() {
    assert_eq!(mse_forward(&[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0, 3.0, 2.0]), 2.0);
    assert_eq!(mse_backward(&[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0, 3.0, 2.0]), [0.0, 1.0, 0.0, 1.0]);
    let (y, t) = (numbers(6, 40), numbers(6, 41));
    let numeric = numeric_gradient(|y| mse_forward(y, &t), &y);
    assert_gradient("dy", &mse_backward(&y, &t), &numeric);
}

#[test]
fn half_mse_is_half_of_mse_and_has_its_gradient() {
    assert_eq!(half_mse_forward(&[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0, 3.0, 2.0]), 1.0);
    assert_eq!(half_mse_backward(&[1.0, 2.0, 3.0, 4.0], &[1.0, 0.0, 3.0, 2.0]), [0.0, 0.5, 0.0, 0.5]);
    let (y, t) = (numbers(6, 42), numbers(6, 43));
    let numeric = numeric_gradient(|y| half_mse_forward(y, &t), &y);
    assert_gradient("dy", &half_mse_backward(&y, &t), &numeric);
}

#[test]
fn f32_runs_the_same_mathematics_as_f64() {
    let (z, da) = (numbers(12, 50), numbers(12, 51));
    let (z32, da32) = (of::<f32>(&z), of::<f32>(&da));
    // What f64 computes from the numbers that f32 can hold.
    let z: Vec<f64> = z32.iter().map(|&v| v.into()).collect();
    let da: Vec<f64> = da32.iter().map(|&v| v.into()).collect();
    for activation in [Identity, Relu, LeakyRelu(0.25), Sigmoid, Tanh] {
        assert_close(&format!("{activation:?} a"), &activation.forward(&z32), &activation.forward(&z));
        assert_close(&format!("{activation:?} dz"), &activation.backward(&z32, &da32), &activation.backward(&z, &da));
    }
    assert_close("mse", &[mse_forward(&z32, &da32)], &[mse_forward(&z, &da)]);
    assert_close("mse dy", &mse_backward(&z32, &da32), &mse_backward(&z, &da));
    let (got, expected) = (Targets::Distributions(&da32), Targets::Distributions(&da));
    let loss = cross_entropy_forward(ROWS, &z, expected);
    assert_close("cross-entropy", &[cross_entropy_forward(ROWS, &z32, got)], &[loss]);
}

/// Rows that count 1, 0 and 2.5; outputs that count all kinds.
const OF_ROWS: [f64; 3] = [1.0, 0.0, 2.5];
const OF_OUTPUTS: [f64; 4] = [0.5, 3.0, 0.0, 1.25];

fn every_weighting(smoothings: &[f64]) -> Vec<LossWeights<'static, f64>> {
    let mut weightings = Vec::new();
    for rows in [None, Some(OF_ROWS.as_slice())] {
        for outputs in [None, Some(OF_OUTPUTS.as_slice())] {
            for &smoothing in smoothings {
                weightings.extend([false, true].map(|sum| LossWeights { rows, outputs, smoothing, sum }));
            }
        }
    }
    weightings
}

#[test]
fn weighted_cross_entropy_has_its_gradient() {
    let logits = numbers(12, 40);
    let rows = [0.1, 0.2, 0.3, 0.4, 1.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.25, 0.25];
    for weights in every_weighting(&[0.0, 0.3]) {
        for targets in [Targets::Labels(&[1, 0, 3]), Targets::Distributions(&rows)] {
            let numeric = numeric_gradient(|z| weighted_cross_entropy_forward(ROWS, z, targets, weights), &logits);
            let got = weighted_cross_entropy_backward(ROWS, &logits, targets, weights);
            assert_gradient(&format!("{weights:?} dlogits"), &got, &numeric);
        }
    }
}

#[test]
fn cross_entropy_without_weights_is_the_one_that_knows_none() {
    let logits = numbers(12, 41);
    let rows = [0.1, 0.2, 0.3, 0.4, 1.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.25, 0.25];
    let none = LossWeights::default();
    for targets in [Targets::Labels(&[1, 0, 3]), Targets::Distributions(&rows)] {
        let value = weighted_cross_entropy_forward(ROWS, &logits, targets, none);
        assert_close("loss", &[value], &[cross_entropy_forward(ROWS, &logits, targets)]);
        let dlogits = weighted_cross_entropy_backward(ROWS, &logits, targets, none);
        assert_close("dlogits", &dlogits, &cross_entropy_backward(ROWS, &logits, targets));
    }
}

#[test]
fn binary_cross_entropy_has_its_gradient() {
    let logits = numbers(12, 42);
    let targets = [0.0, 1.0, 0.5, 0.25, 1.0, 1.0, 0.0, 0.0, 0.9, 0.1, 1.0, 0.0];
    for weights in every_weighting(&[0.0]) {
        let numeric = numeric_gradient(|z| binary_cross_entropy_forward(ROWS, z, &targets, weights), &logits);
        let got = binary_cross_entropy_backward(ROWS, &logits, &targets, weights);
        assert_gradient(&format!("{weights:?} dlogits"), &got, &numeric);
    }
}

#[test]
fn every_cost_of_an_error_has_its_slope() {
    let (y, t) = (numbers(12, 43), numbers(12, 44));
    for cost in [Cost::Squared, Cost::Absolute, Cost::Huber(0.5), Cost::Huber(1.0)] {
        for weights in every_weighting(&[0.0]) {
            let numeric = numeric_gradient(|y| error_forward(ROWS, cost, y, &t, weights), &y);
            assert_gradient(&format!("{cost:?} {weights:?}"), &error_backward(ROWS, cost, &y, &t, weights), &numeric);
        }
    }
    let squared = error_forward(ROWS, Cost::Squared, &y, &t, LossWeights::default());
    assert_close("mse", &[squared], &[mse_forward(&y, &t)]);
}
