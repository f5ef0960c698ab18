//! Layers as a network runs them: each activation behind its dense layer and by itself, softmax by its full Jacobian.

use chainrule_model::{Activation, Loss, MatRef, Mlp, MlpBuilder, TargetsRef, Workspace, softmax};
use chainrule_naive::{self as naive, DenseShape, RowsShape};

use crate::check::{Precision, assert_close_at, numbers, of, tensors, widen};

const BATCH: usize = 9;
const ACTIVATIONS: [(Activation, naive::Activation); 14] = [
    (Activation::Identity, naive::Activation::Identity),
    (Activation::Relu, naive::Activation::Relu),
    (Activation::LeakyRelu(0.01), naive::Activation::LeakyRelu(0.01)),
    (Activation::LeakyRelu(0.0), naive::Activation::LeakyRelu(0.0)),
    (Activation::Sigmoid, naive::Activation::Sigmoid),
    (Activation::Tanh, naive::Activation::Tanh),
    (Activation::Elu(0.7), naive::Activation::Elu(0.7)),
    (Activation::Selu, naive::Activation::Selu),
    (Activation::Gelu, naive::Activation::Gelu),
    (Activation::GeluTanh, naive::Activation::GeluTanh),
    (Activation::Silu, naive::Activation::Silu),
    (Activation::Softplus, naive::Activation::Softplus),
    (Activation::Softsign, naive::Activation::Softsign),
    (Activation::HardSigmoid, naive::Activation::HardSigmoid),
];

/// The network with random parameters, biases included.
fn random<T: Precision>(builder: MlpBuilder) -> Mlp<T> {
    let mut mlp = builder.build_as::<T>().unwrap();
    let values = of(&numbers(mlp.params().len(), 7));
    mlp.params_mut().copy_from_slice(&values);
    mlp
}

/// Output and gradients, laid out as the parameters, under half the squared error to `t`.
fn run<T: Precision>(mlp: &Mlp<T>, x: &[T], t: &[T]) -> (Vec<T>, Vec<T>) {
    let mut workspace = Workspace::new(mlp, BATCH);
    let (x, t) = (MatRef::new(x, BATCH, mlp.inputs()), MatRef::new(t, BATCH, mlp.outputs()));
    mlp.forward(x, &mut workspace).unwrap();
    mlp.backward(x, TargetsRef::Values(t), Loss::HalfMse, &mut workspace).unwrap();
    let output = workspace.output();
    ((0..BATCH).flat_map(|i| output.row(i).to_vec()).collect(), workspace.gradients().to_vec())
}

fn activations_agree<T: Precision>() {
    let (inputs, hidden, outputs) = (5, 11, 3);
    let (x, t) = (numbers(BATCH * inputs, 8), numbers(BATCH * outputs, 9));
    for (fast, slow) in ACTIVATIONS {
        // Behind a dense layer, where it is fused; and twice in a row, where the second stands alone.
        for repeats in [1, 2] {
            let builder = (0..repeats).fold(Mlp::builder(inputs).dense(hidden), |b, _| b.activation(fast));
            let mlp = random::<T>(builder.dense(outputs));
            let parts: Vec<Vec<f64>> = tensors(&mlp, mlp.params()).iter().map(|part| widen(part)).collect();
            let (first, last) = (
                DenseShape { batch: BATCH, inputs, outputs: hidden },
                DenseShape { batch: BATCH, inputs: hidden, outputs },
            );

            let mut z = vec![naive::dense_forward(first, &x, &parts[0], &parts[1])];
            (0..repeats).for_each(|i| z.push(slow.forward(&z[i])));
            let y = naive::dense_forward(last, &z[repeats], &parts[2], &parts[3]);
            let dy = naive::half_mse_backward(&y, &t);
            let back = naive::dense_backward(last, &z[repeats], &parts[2], &dy);
            let dz = (0..repeats).rev().fold(back.dx, |da, i| slow.backward(&z[i], &da));
            let front = naive::dense_backward(first, &x, &parts[0], &dz);

            let (output, gradients) = run(&mlp, &of(&x), &of(&t));
            let gradients = tensors(&mlp, &gradients);
            let what = |name: &str| format!("{fast:?} x{repeats} {name}");
            // Sums of up to 11 products of numbers up to 2 * 24.
            assert_close_at(&what("y"), &output, &y, 100.0);
            assert_close_at(&what("dw1"), &gradients[0], &front.dw, 100.0);
            assert_close_at(&what("db1"), &gradients[1], &front.db, 100.0);
            assert_close_at(&what("dw2"), &gradients[2], &back.dw, 100.0);
            assert_close_at(&what("db2"), &gradients[3], &back.db, 100.0);
            assert!(front.dw.iter().filter(|d| **d != 0.0).count() > 20, "{fast:?}: hardly any gradient");
        }
    }
}

#[test]
fn every_activation_agrees_with_naive_fused_and_alone() {
    activations_agree::<f32>();
    activations_agree::<f64>();
}

#[test]
fn an_activation_may_come_before_any_dense_layer() {
    for (fast, slow) in ACTIVATIONS {
        let mlp = random::<f64>(Mlp::builder(4).activation(fast).dense(3));
        let (x, t) = (numbers(BATCH * 4, 10), numbers(BATCH * 3, 11));
        let (output, gradients) = run(&mlp, &x, &t);
        let parts = tensors(&mlp, mlp.params());
        let shape = DenseShape { batch: BATCH, inputs: 4, outputs: 3 };
        let a = slow.forward(&x);
        let y = naive::dense_forward(shape, &a, &parts[0], &parts[1]);
        let back = naive::dense_backward(shape, &a, &parts[0], &naive::half_mse_backward(&y, &t));
        assert_close_at("y", &output, &y, 10.0);
        assert_close_at("dw", &gradients[..12], &back.dw, 10.0);
        assert_close_at("db", &gradients[12..], &back.db, 10.0);
    }
}

fn jacobian_products_agree<T: Precision>() {
    for (batch, classes) in [(1, 1), (1, 2), (4, 3), (5, 17), (2, 100)] {
        let shape = RowsShape { batch, classes };
        let (z, da) = (of::<T>(&numbers(batch * classes, 12)), of::<T>(&numbers(batch * classes, 13)));
        let mut a = z.clone();
        softmax::forward(chainrule_model::Kernel::selected().unwrap(), classes, &mut a);
        assert_close_at("a", &a, &naive::softmax_forward(shape, &widen(&z)), 1.0);
        let mut dz = da.clone();
        softmax::backward(classes, &a, &mut dz);
        assert_close_at("dz", &dz, &naive::softmax_backward(shape, &widen(&z), &widen(&da)), 1.0);
        // Adding to every logit changes no probability, so the gradient has no part along (1, 1, ...).
        for row in dz.chunks(classes) {
            let sum: f64 = widen(row).iter().sum();
            assert!(sum.abs() <= 10.0 * T::TOLERANCE, "a row of dz sums to {sum:e}");
        }
    }
}

#[test]
fn softmax_backward_is_the_product_with_the_full_jacobian() {
    jacobian_products_agree::<f32>();
    jacobian_products_agree::<f64>();
}

fn softmax_inside_a_network<T: Precision>() {
    let (inputs, hidden, outputs) = (4, 6, 2);
    let mlp = random::<T>(Mlp::builder(inputs).dense(hidden).softmax().dense(outputs));
    let (x, t) = (numbers(BATCH * inputs, 14), numbers(BATCH * outputs, 15));
    let parts: Vec<Vec<f64>> = tensors(&mlp, mlp.params()).iter().map(|part| widen(part)).collect();
    let (first, last) =
        (DenseShape { batch: BATCH, inputs, outputs: hidden }, DenseShape { batch: BATCH, inputs: hidden, outputs });
    let rows = RowsShape { batch: BATCH, classes: hidden };

    let z = naive::dense_forward(first, &x, &parts[0], &parts[1]);
    let a = naive::softmax_forward(rows, &z);
    let y = naive::dense_forward(last, &a, &parts[2], &parts[3]);
    let back = naive::dense_backward(last, &a, &parts[2], &naive::half_mse_backward(&y, &t));
    let dz = naive::softmax_backward(rows, &z, &back.dx);
    let front = naive::dense_backward(first, &x, &parts[0], &dz);

    let (output, gradients) = run(&mlp, &of(&x), &of(&t));
    let gradients = tensors(&mlp, &gradients);
    // z is up to 18, and softmax turns the rounding of its sums into a relative error.
    let (got, scale) = ([&output, &gradients[0], &gradients[1], &gradients[2], &gradients[3]], 20.0);
    for (i, (got, want)) in got.iter().zip([&y, &front.dw, &front.db, &back.dw, &back.db]).enumerate() {
        assert_close_at(&format!("result {i}"), got, want, scale);
    }
    assert!(front.dw.iter().any(|d| d.abs() > 1e-2), "hardly any gradient passes the softmax layer");
}

#[test]
fn a_softmax_layer_inside_a_network_passes_the_gradient_through_its_jacobian() {
    softmax_inside_a_network::<f32>();
    softmax_inside_a_network::<f64>();
}

fn log_softmax_agrees<T: Precision>() {
    let kernel = chainrule_model::Kernel::selected().unwrap();
    // More classes than are done at once.
    for (batch, classes) in [(1, 1), (1, 2), (4, 3), (5, 17), (2, 150)] {
        let shape = RowsShape { batch, classes };
        let (z, da) = (of::<T>(&numbers(batch * classes, 16)), of::<T>(&numbers(batch * classes, 17)));
        let mut a = z.clone();
        softmax::log_forward(kernel, classes, &mut a);
        assert_close_at("a", &a, &naive::log_softmax(shape, &widen(&z)), 10.0);
        let mut dz = da.clone();
        softmax::log_backward(kernel, classes, &a, &mut dz);
        assert_close_at("dz", &dz, &naive::log_softmax_backward(shape, &widen(&z), &widen(&da)), 200.0);
    }
}

#[test]
fn log_softmax_and_its_gradient_agree_with_naive() {
    log_softmax_agrees::<f32>();
    log_softmax_agrees::<f64>();
}

#[test]
fn a_log_softmax_layer_inside_a_network_passes_the_gradient_on() {
    let (inputs, hidden, outputs) = (4, 6, 2);
    let mlp = random::<f64>(Mlp::builder(inputs).dense(hidden).log_softmax().dense(outputs));
    let (x, t) = (numbers(BATCH * inputs, 14), numbers(BATCH * outputs, 15));
    let parts: Vec<Vec<f64>> = tensors(&mlp, mlp.params());
    let (first, last) =
        (DenseShape { batch: BATCH, inputs, outputs: hidden }, DenseShape { batch: BATCH, inputs: hidden, outputs });
    let rows = RowsShape { batch: BATCH, classes: hidden };
    let z = naive::dense_forward(first, &x, &parts[0], &parts[1]);
    let a = naive::log_softmax(rows, &z);
    let y = naive::dense_forward(last, &a, &parts[2], &parts[3]);
    let back = naive::dense_backward(last, &a, &parts[2], &naive::half_mse_backward(&y, &t));
    let front = naive::dense_backward(first, &x, &parts[0], &naive::log_softmax_backward(rows, &z, &back.dx));
    let (output, gradients) = run(&mlp, &x, &t);
    let gradients = tensors(&mlp, &gradients);
    for (i, (got, want)) in [&output, &gradients[0], &gradients[2]].iter().zip([&y, &front.dw, &back.dw]).enumerate() {
        assert_close_at(&format!("result {i}"), got, want, 500.0);
    }
}

#[test]
fn the_logarithm_of_a_probability_that_is_0_is_kept() {
    let mut a = [1e30f32, -1e30, 0.0, -300.0, 0.0, 0.0];
    softmax::log_forward(chainrule_model::Kernel::selected().unwrap(), 3, &mut a);
    assert_eq!(a[..3], [0.0, -2e30, -1e30]);
    assert!((a[3] + 300.0 + std::f32::consts::LN_2).abs() < 1e-4);
}

#[test]
fn probabilities_of_huge_logits_are_0_and_1() {
    let mut a = [1e30f32, -1e30, 0.0, -3e38, 3e38, 3e38];
    softmax::forward(chainrule_model::Kernel::selected().unwrap(), 3, &mut a);
    assert_eq!(a, [1.0, 0.0, 0.0, 0.0, 0.5, 0.5]);
}
