//! The second notebook's failed run itself, where MNIST is: `CHAINRULE_MNIST` names the folder of its four files.

use chainrule::data::{Dataset, Order, Preprocess, mnist_dir};
use chainrule::doctor::Kind;
use chainrule::{Activation, Init, Mlp, TrainConfig};

use super::run::checkup;

/// Bytes as they come, or nothing, and that is said.
fn mnist() -> Option<Dataset<f32>> {
    let folder = std::env::var("CHAINRULE_MNIST").ok().filter(|folder| !folder.is_empty());
    if folder.is_none() {
        eprintln!("SKIPPED: set CHAINRULE_MNIST to the folder of MNIST's four files to run this");
    }
    Some(mnist_dir(folder?).unwrap().read(None).unwrap().0)
}

#[test]
fn the_same_network_on_scaled_pixels_in_minibatches_is_healthy() {
    let Some(mut data) = mnist() else { return };
    data.preprocess(&Preprocess::Scale { factor: 1.0 / 255.0 }).unwrap();
    let relu = Activation::Relu;
    let mlp =
        Mlp::builder(784).dense(16).activation(relu).dense(16).activation(relu).dense(10).seed(42).build().unwrap();
    let config = TrainConfig { epochs: 2, ..TrainConfig::default() };
    assert_eq!(checkup("784-16-16-10, scaled", mlp, &data, config).names(), [""; 0]);
}

#[test]
fn the_second_notebook_s_failed_run() {
    let Some(data) = mnist() else { return };
    // Glorot's uniform weights, all rows at once, learning rate 0.1, ten epochs: as the notebook has it.
    let relu = Activation::Relu;
    let builder = Mlp::builder(784).dense(16).activation(relu).dense(16).activation(relu).dense(10);
    let mlp = builder.init(Init::GlorotUniform).seed(42).build().unwrap();
    let config = TrainConfig { epochs: 20, batch: data.rows(), order: Order::Sequential, ..TrainConfig::default() };
    let found = checkup("notebook 002 on MNIST", mlp, &data, config);
    for kind in ["unscaled-features", "large-updates", "dead-units", "loss-at-chance"] {
        assert!(found.names().contains(&kind), "{kind} among {:?}", found.names());
    }
    let at_chance = |f: &chainrule::doctor::Finding| matches!(f.kind, Kind::LossAtChance { loss, .. } if (2.29..2.31).contains(&loss));
    assert!(found.after.iter().any(at_chance), "the notebook prints 2.30");
}
