//! The whole network against central differences: every weight, every bias and the input, through every layer.

use chainrule_naive::Activation::{Identity, LeakyRelu, Relu, Sigmoid, Tanh};
use chainrule_naive::{
    Activation, Layer, Network, RowsShape, Targets, cross_entropy_backward, cross_entropy_forward, mse_backward,
    mse_forward, sgd_step,
};

use crate::check::{assert_gradient, numbers, numeric_gradient};

const BATCH: usize = 3;

/// A network through `widths` (inputs first), with one activation per layer.
fn network(widths: &[usize], activations: &[Activation], seed: u64) -> Network<f64> {
    let layer = |index: usize| {
        let (inputs, outputs) = (widths[index], widths[index + 1]);
        let w = numbers(inputs * outputs, seed + 2 * index as u64);
        let b = numbers(outputs, seed + 2 * index as u64 + 1);
        Layer { inputs, outputs, w, b, activation: activations[index] }
    };
    Network { layers: (0..activations.len()).map(layer).collect() }
}

/// Compares all gradients of `loss(output)`, whose gradient by the output is `dloss(output)`.
fn check(network: &Network<f64>, x: &[f64], loss: impl Fn(&[f64]) -> f64, dloss: impl Fn(&[f64]) -> Vec<f64>) {
    let run = |network: &Network<f64>, x: &[f64]| loss(network.forward(BATCH, x).a.last().unwrap());

    let tape = network.forward(BATCH, x);
    for z in tape.z.iter().flatten() {
        assert!(z.abs() > 1e-3, "a z of {z} is so near the kink that a difference may step over it");
    }
    let gradients = network.backward(&tape, &dloss(tape.a.last().unwrap()));
    assert_eq!(gradients.len(), network.layers.len());

    let by_x = numeric_gradient(|x| run(network, x), x);
    assert_gradient("dx", &gradients[0].dx, &by_x);
    for (index, layer) in network.layers.iter().enumerate() {
        let with = |change: &dyn Fn(&mut Layer<f64>)| {
            let mut changed = network.clone();
            change(&mut changed.layers[index]);
            run(&changed, x)
        };
        let by_w = numeric_gradient(|w| with(&|layer| layer.w = w.to_vec()), &layer.w);
        let by_b = numeric_gradient(|b| with(&|layer| layer.b = b.to_vec()), &layer.b);
        assert_gradient(&format!("layer {index} dw"), &gradients[index].dw, &by_w);
        assert_gradient(&format!("layer {index} db"), &gradients[index].db, &by_b);
    }
}

#[test]
fn smooth_layers_under_cross_entropy() {
    let network = network(&[4, 5, 3], &[Tanh, Identity], 100);
    let shape = RowsShape { batch: BATCH, classes: 3 };
    let labels = Targets::Labels(&[1, 2, 0]);
    check(
        &network,
        &numbers(BATCH * 4, 110),
        |y| cross_entropy_forward(shape, y, labels),
        |y| cross_entropy_backward(shape, y, labels),
    );
}

#[test]
fn every_activation_in_one_chain_under_mse() {
    let activations = [LeakyRelu(0.2), Tanh, Relu, Sigmoid, Identity];
    let network = network(&[2, 4, 3, 5, 3, 2], &activations, 200);
    let t = numbers(BATCH * 2, 220);
    check(&network, &numbers(BATCH * 2, 221), |y| mse_forward(y, &t), |y| mse_backward(y, &t));
}

#[test]
fn the_gradient_by_z_and_by_the_input_link_neighbouring_layers() {
    let network = network(&[2, 3, 2], &[Relu, Tanh], 300);
    let tape = network.forward(BATCH, &numbers(BATCH * 2, 310));
    let dlast = numbers(BATCH * 2, 311);
    let gradients = network.backward(&tape, &dlast);
    assert_eq!(gradients[1].dz, Tanh.backward(&tape.z[1], &dlast));
    assert_eq!(gradients[0].dz, Relu.backward(&tape.z[0], &gradients[1].dx));
}

#[test]
fn a_small_step_against_the_gradient_lowers_the_loss() {
    let mut network = network(&[2, 4, 1], &[Tanh, Identity], 400);
    let (x, t) = (numbers(BATCH * 2, 410), numbers(BATCH, 411));
    let tape = network.forward(BATCH, &x);
    let before = mse_forward(&tape.a[1], &t);
    let gradients = network.backward(&tape, &mse_backward(&tape.a[1], &t));
    for (layer, gradient) in network.layers.iter_mut().zip(&gradients) {
        sgd_step(&mut layer.w, &gradient.dw, 1e-3);
        sgd_step(&mut layer.b, &gradient.db, 1e-3);
    }
    let after = mse_forward(&network.forward(BATCH, &x).a[1], &t);
    assert!(after < before, "loss {before} became {after}");
}
