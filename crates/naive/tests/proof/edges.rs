//! Empty dimensions, single elements, kinks and NaN.

use chainrule_naive::Activation::{
    Elu, Gelu, GeluTanh, HardSigmoid, Identity, LeakyRelu, Relu, Selu, Sigmoid, Silu, Softplus, Softsign, Tanh,
};
use chainrule_naive::Transpose::{No, Yes};
use chainrule_naive::{
    DenseShape, Dims, Network, RowsShape, Targets, cross_entropy_backward, cross_entropy_forward, dense_backward,
    dense_forward, half_mse_backward, half_mse_forward, log_softmax, matmul, matmul_abs, matmul_f64, mse_backward,
    mse_forward, softmax_backward, softmax_forward, softmax_jacobian,
};

#[test]
fn k_zero_makes_c_zero_whatever_it_held() {
    for (ta, tb) in [(No, No), (No, Yes), (Yes, No), (Yes, Yes)] {
        let mut c = [f64::NAN; 6];
        matmul(Dims { m: 2, n: 3, k: 0 }, ta, &[], tb, &[], &mut c);
        assert_eq!(c, [0.0; 6]);
    }
}

#[test]
fn m_or_n_zero_gives_an_empty_product() {
    for (ta, tb) in [(No, No), (No, Yes), (Yes, No), (Yes, Yes)] {
        let no_rows = Dims { m: 0, n: 2, k: 2 };
        let no_columns = Dims { m: 2, n: 0, k: 2 };
        let full = [1f32, 2., 3., 4.];
        matmul::<f32>(no_rows, ta, &[], tb, &full, &mut []);
        matmul::<f32>(no_columns, ta, &full, tb, &[], &mut []);
        assert!(matmul_f64::<f32>(no_rows, ta, &[], tb, &full).is_empty());
        assert!(matmul_abs::<f32>(no_columns, ta, &full, tb, &[]).is_empty());
    }
}

#[test]
fn one_by_one_by_one_is_a_multiplication() {
    let mut c = [f64::NAN];
    matmul(Dims { m: 1, n: 1, k: 1 }, Yes, &[3.0], Yes, &[-2.0], &mut c);
    assert_eq!(c, [-6.0]);
}

#[test]
fn nan_in_an_operand_reaches_its_row_even_times_zero() {
    let mut c = [0.0; 2];
    matmul(Dims { m: 2, n: 1, k: 2 }, No, &[f64::NAN, 1.0, 1.0, 1.0], No, &[0.0, 1.0], &mut c);
    assert!(c[0].is_nan());
    assert_eq!(c[1], 1.0);
}

#[test]
fn a_layer_without_inputs_gives_its_biases() {
    let shape = DenseShape { batch: 2, inputs: 0, outputs: 2 };
    assert_eq!(dense_forward(shape, &[], &[], &[5.0, 6.0]), [5.0, 6.0, 5.0, 6.0]);
    let gradients = dense_backward(shape, &[], &[], &[1.0, 2.0, 3.0, 4.0]);
    assert!(gradients.dx.is_empty() && gradients.dw.is_empty());
    assert_eq!(gradients.db, [4.0, 6.0]);
}

#[test]
fn a_layer_without_outputs_sends_back_zero() {
    let shape = DenseShape { batch: 1, inputs: 2, outputs: 0 };
    assert!(dense_forward(shape, &[1.0, 2.0], &[], &[]).is_empty());
    let gradients = dense_backward(shape, &[1.0, 2.0], &[], &[]);
    assert_eq!(gradients.dx, [0.0, 0.0]);
    assert!(gradients.dw.is_empty() && gradients.db.is_empty());
}

#[test]
fn an_empty_batch_has_zero_weight_gradients() {
    let shape = DenseShape { batch: 0, inputs: 1, outputs: 2 };
    assert!(dense_forward(shape, &[], &[1.0, 2.0], &[3.0, 4.0]).is_empty());
    let gradients = dense_backward(shape, &[], &[1.0, 2.0], &[]);
    assert!(gradients.dx.is_empty());
    assert_eq!(gradients.dw, [0.0, 0.0]);
    assert_eq!(gradients.db, [0.0, 0.0]);
}

#[test]
fn one_example_one_input_one_neuron_is_a_line() {
    let shape = DenseShape { batch: 1, inputs: 1, outputs: 1 };
    assert_eq!(dense_forward(shape, &[3.0], &[2.0], &[1.0]), [7.0]);
    let gradients = dense_backward(shape, &[3.0], &[2.0], &[10.0]);
    assert_eq!((gradients.dx[0], gradients.dw[0], gradients.db[0]), (20.0, 30.0, 10.0));
}

#[test]
fn a_network_without_layers_stores_only_its_input() {
    let network = Network::<f64> { layers: vec![] };
    let tape = network.forward(1, &[1.0]);
    assert_eq!(tape.x, [1.0]);
    assert!(tape.z.is_empty() && tape.a.is_empty());
    assert!(network.backward(&tape, &[1.0]).is_empty());
}

#[test]
fn at_the_kink_the_derivative_is_the_one_from_the_left() {
    // PyTorch's choice for both. The notebooks take 1 for leaky ReLU at 0.
    for zero in [0.0, -0.0] {
        assert_eq!(Relu.backward(&[zero], &[3.0]), [0.0]);
        assert_eq!(LeakyRelu(0.25).backward(&[zero], &[8.0]), [2.0]);
        assert_eq!(Elu(0.25).backward(&[zero], &[8.0]), [2.0]);
    }
    assert_eq!(HardSigmoid.backward(&[-3.0, 3.0, 2.0], &[6.0; 3]), [0.0, 0.0, 1.0]);
}

#[test]
fn leaky_relu_is_right_for_every_alpha_even_above_one_and_below_zero() {
    let z = [-2.0, 2.0];
    assert_eq!(LeakyRelu(0.5).forward(&z), [-1.0, 2.0]);
    assert_eq!(LeakyRelu(3.0).forward(&z), [-6.0, 2.0]);
    assert_eq!(LeakyRelu(-1.0).forward(&z), [2.0, 2.0]);
    assert_eq!(LeakyRelu(3.0).backward(&z, &[1.0, 1.0]), [3.0, 1.0]);
}

/// Known to more digits than these: Abramowitz and Stegun's tables 26.1, 4.4, and PyTorch's documentation of SELU.
#[test]
fn activations_have_their_tabled_values() {
    let close = |activation: chainrule_naive::Activation, z: f64, want: f64| {
        let got = activation.forward(&[z])[0];
        assert!((got - want).abs() <= 1e-14 * want.abs(), "{activation:?}({z}) is {got}, not {want}");
    };
    close(Gelu, 1.0, 0.841_344_746_068_542_9);
    close(Gelu, -2.0, -2.0 * 0.022_750_131_948_179_21);
    close(Gelu, -5.0, -5.0 * 2.866_515_718_791_946e-7);
    close(Elu(2.0), -1.0, 2.0 * -0.632_120_558_828_557_7);
    close(Selu, 2.0, 2.0 * 1.050_700_987_355_480_5);
    close(Softplus, 0.0, std::f64::consts::LN_2);
    close(Softplus, 21.0, 21.0);
    close(Silu, -1.0, -0.268_941_421_369_995_1);
    close(Softsign, -3.0, -0.75);
    close(HardSigmoid, 1.5, 0.75);
}

#[test]
fn a_dead_relu_stops_even_an_infinite_gradient() {
    assert_eq!(Relu.backward(&[-1.0, 1.0], &[f64::INFINITY, f64::INFINITY]), [0.0, f64::INFINITY]);
}

#[test]
fn no_activation_hides_nan() {
    let older = [Identity, Relu, LeakyRelu(0.1), Sigmoid, Tanh, Elu(1.0), Selu];
    for activation in older.into_iter().chain([Gelu, GeluTanh, Silu, Softplus, Softsign, HardSigmoid]) {
        assert!(activation.forward(&[f64::NAN])[0].is_nan(), "{activation:?}");
        assert!(activation.forward::<f32>(&[]).is_empty());
        assert!(activation.backward::<f32>(&[], &[]).is_empty());
    }
}

#[test]
fn softmax_of_one_class_is_one_and_has_no_slope() {
    let shape = RowsShape { batch: 2, classes: 1 };
    assert_eq!(softmax_forward(shape, &[-7.0, 3.0]), [1.0, 1.0]);
    assert_eq!(log_softmax(shape, &[-7.0, 3.0]), [0.0, 0.0]);
    assert_eq!(softmax_jacobian(&[1.0]), [0.0]);
    assert_eq!(softmax_backward(shape, &[-7.0, 3.0], &[5.0, 6.0]), [0.0, 0.0]);
}

#[test]
fn no_rows_or_no_classes_give_nothing() {
    for shape in [RowsShape { batch: 0, classes: 3 }, RowsShape { batch: 3, classes: 0 }] {
        assert!(softmax_forward::<f64>(shape, &[]).is_empty());
        assert!(softmax_backward::<f64>(shape, &[], &[]).is_empty());
        assert!(log_softmax::<f64>(shape, &[]).is_empty());
        assert!(cross_entropy_backward::<f64>(shape, &[], Targets::Distributions(&[])).is_empty());
    }
    assert!(softmax_jacobian::<f64>(&[]).is_empty());
}

#[test]
fn a_mean_over_nothing_is_nan() {
    let shape = RowsShape { batch: 0, classes: 3 };
    assert!(cross_entropy_forward::<f64>(shape, &[], Targets::Labels(&[])).is_nan());
    assert!(mse_forward::<f64>(&[], &[]).is_nan());
    assert!(half_mse_forward::<f64>(&[], &[]).is_nan());
    assert!(mse_backward::<f64>(&[], &[]).is_empty());
    assert!(half_mse_backward::<f64>(&[], &[]).is_empty());
}

#[test]
fn a_class_without_weight_may_have_probability_zero() {
    // 0 * ln 0 is 0: a logit of minus infinity costs nothing where the target is 0.
    let shape = RowsShape { batch: 1, classes: 2 };
    let logits = [0.0, f64::NEG_INFINITY];
    assert_eq!(cross_entropy_forward(shape, &logits, Targets::Labels(&[0])), 0.0);
    assert_eq!(cross_entropy_backward(shape, &logits, Targets::Distributions(&[1.0, 0.0])), [0.0, 0.0]);
}
