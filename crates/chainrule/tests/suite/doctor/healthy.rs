//! Runs that learn: nothing is found, neither before the first step nor after the last.

use chainrule::data::{Dataset, Features, Preprocess, Targets, digits};
use chainrule::optim::Clip;
use chainrule::{Activation, Loss, Mlp, Optimizer, TrainConfig};

use super::run::{checkup, scaled_digits};

fn network(hidden: &[usize], activation: Activation) -> Mlp<f32> {
    let builder = Mlp::builder(64).seed(42);
    hidden.iter().fold(builder, |b, units| b.dense(*units).activation(activation)).dense(10).build().unwrap()
}

fn optimizer(name: &str, lr: f64) -> Optimizer {
    Optimizer::by_name(name).unwrap().with("lr", lr).unwrap()
}

fn silent(name: &str, mlp: Mlp<f32>, data: &Dataset<f32>, config: TrainConfig) {
    let found = checkup(name, mlp, data, config);
    assert_eq!(found.names(), [""; 0], "{name}");
}

#[test]
fn the_command_s_own_defaults_are_healthy_at_every_length() {
    for epochs in [1, 5, 20, 60] {
        let config = TrainConfig { epochs, ..TrainConfig::default() };
        let name = format!("digits 128,64 relu, {epochs} epochs");
        silent(&name, network(&[128, 64], Activation::Relu), &scaled_digits(1.0 / 16.0), config);
    }
}

#[test]
fn every_optimizer_by_its_defaults_is_healthy() {
    for name in ["sgd", "rmsprop", "adam", "adamw"] {
        let config = TrainConfig { epochs: 10, optimizer: Optimizer::by_name(name).unwrap(), ..TrainConfig::default() };
        silent(name, network(&[64], Activation::Relu), &scaled_digits(1.0 / 16.0), config);
    }
    let momentum = optimizer("sgd", 0.02).with("momentum", 0.9).unwrap();
    let config = TrainConfig { optimizer: momentum, clip: Some(Clip::Norm(1.0)), ..TrainConfig::default() };
    silent("momentum, clipped", network(&[64], Activation::Relu), &scaled_digits(1.0 / 16.0), config);
}

#[test]
fn every_activation_is_healthy_where_it_belongs() {
    for (name, activation) in
        [("sigmoid", Activation::Sigmoid), ("tanh", Activation::Tanh), ("leaky relu", Activation::LeakyRelu(0.01))]
    {
        let config = TrainConfig { epochs: 30, ..TrainConfig::default() };
        silent(name, network(&[64, 32], activation), &scaled_digits(1.0 / 16.0), config);
    }
}

#[test]
fn a_short_run_whose_loss_still_falls_is_healthy() {
    for epochs in [1, 2] {
        let config = TrainConfig { epochs, ..TrainConfig::default() };
        silent("slow beginning", network(&[64, 32], Activation::Sigmoid), &scaled_digits(1.0 / 16.0), config);
    }
}

#[test]
fn narrow_deep_and_absent_hidden_layers_are_healthy() {
    let small = || scaled_digits(1.0 / 16.0);
    silent("softmax regression", network(&[], Activation::Relu), &small(), TrainConfig::default());
    silent("16,16", network(&[16, 16], Activation::Relu), &small(), TrainConfig::default());
    let deep = TrainConfig { optimizer: optimizer("adam", 0.001), ..TrainConfig::default() };
    silent("six layers", network(&[64, 64, 64, 64, 64], Activation::Relu), &small(), deep);
}

#[test]
fn dropout_and_normalisation_are_healthy() {
    let small = || scaled_digits(1.0 / 16.0);
    let start = || Mlp::builder(64).seed(42);
    let dropout = start().dense(128).relu().dropout(0.5).dense(64).relu().dropout(0.5).dense(10);
    silent("dropout", dropout.build().unwrap(), &small(), TrainConfig::default());
    let batch = start().dense(64).batch_norm().relu().dense(32).batch_norm().tanh().dense(10);
    silent("batch norm", batch.build().unwrap(), &small(), TrainConfig::default());
    let layer = start().dense(64).layer_norm().relu().dropout(0.2).dense(32).layer_norm().relu().dense(10);
    silent("layer norm", layer.build().unwrap(), &small(), TrainConfig::default());
    // Raw pixels: the first module scales them.
    let first = start().batch_norm().dense(64).relu().dense(10);
    silent("batch norm first", first.build().unwrap(), &scaled_digits(16.0), TrainConfig::default());
}

#[test]
fn a_full_batch_of_standardised_digits_is_healthy() {
    let (mut data, _) = digits().split(0.2, 42).unwrap();
    data.preprocess(&Preprocess::standardize(data.features()).unwrap()).unwrap();
    let config = TrainConfig { epochs: 100, batch: data.rows(), ..TrainConfig::default() };
    silent("full batch, standardised", network(&[32], Activation::Tanh), &data, config);
}

#[test]
fn a_regression_is_healthy() {
    let x: Vec<f32> = (0..400).map(|i| (i as f32 - 200.0) / 100.0).collect();
    let values: Vec<f32> = x.iter().map(|x| x.sin()).collect();
    let data = Dataset::new(Features::new(400, 1, x).unwrap(), Targets::Values { values, cols: 1 }).unwrap();
    let mlp = Mlp::builder(1).dense(32).tanh().dense(1).seed(1).build().unwrap();
    let config = TrainConfig { loss: Loss::Mse, epochs: 50, ..TrainConfig::default() };
    silent("sine", mlp, &data, config);
}

#[test]
fn a_single_row_over_and_over_is_healthy() {
    // The second notebook's worked example: 2-4-3-1.
    let values = Targets::Values { values: vec![1.0], cols: 1 };
    let data = Dataset::new(Features::new(1, 2, vec![1.0, 2.0]).unwrap(), values).unwrap();
    let mlp = Mlp::builder(2).dense(4).relu().dense(3).relu().dense(1).sigmoid().seed(2).build().unwrap();
    let config = TrainConfig { loss: Loss::HalfMse, epochs: 50, ..TrainConfig::default() };
    silent("2-4-3-1", mlp, &data, config);
}
