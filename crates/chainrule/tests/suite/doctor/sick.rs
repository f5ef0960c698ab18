//! Runs that fail, each in a way of its own: the doctor says why.

use chainrule::data::{Dataset, Features, Preprocess, Targets, digits};
use chainrule::doctor::Kind;
use chainrule::{Activation, Init, Loss, Mlp, MlpBuilder, Optimizer, TrainConfig};

use super::run::{Checkup, checkup, scaled_digits};

fn builder(hidden: &[usize], activation: Activation) -> MlpBuilder {
    let builder = Mlp::builder(64).seed(42);
    hidden.iter().fold(builder, |b, units| b.dense(*units).activation(activation)).dense(10)
}

fn found(name: &str, builder: MlpBuilder, data: &Dataset<f32>, config: TrainConfig, kinds: &[&str]) -> Checkup {
    let found = checkup(name, builder.build().unwrap(), data, config);
    for kind in kinds {
        assert!(found.names().contains(kind), "{name}: {kind} among {:?}", found.names());
    }
    found
}

fn sgd(lr: f64, epochs: usize) -> TrainConfig {
    TrainConfig {
        optimizer: Optimizer::by_name("sgd").unwrap().with("lr", lr).unwrap(),
        epochs,
        ..TrainConfig::default()
    }
}

#[test]
fn the_second_notebook_s_failed_run_on_the_digits() {
    // As there, bytes up to 255 into two layers of 16, all rows at once, at 0.1; mnist.rs has the run itself.
    let data = scaled_digits(255.0 / 16.0);
    let config = TrainConfig { batch: data.rows(), ..sgd(0.1, 20) };
    let kinds = ["unscaled-features", "large-updates", "dead-units", "loss-at-chance"];
    let found = found("raw bytes", builder(&[16, 16], Activation::Relu), &data, config, &kinds);
    assert!(found.after.iter().any(|f| matches!(f.kind, Kind::DeadUnits { dead, units, .. } if dead == units)));
}

#[test]
fn raw_digits_in_minibatches() {
    let kinds = ["unscaled-features", "large-updates"];
    found("raw digits", builder(&[32], Activation::Relu), &scaled_digits(1.0), sgd(0.1, 10), &kinds);
}

/// Weights of 0 get no gradient but in the last bias: a smaller rate or another activation changes nothing.
#[test]
fn initial_weights_of_zero() {
    for (activation, kinds) in [
        (Activation::Relu, &["dead-units", "loss-at-chance"][..]),
        (Activation::LeakyRelu(0.01), &["loss-at-chance"]),
        (Activation::Tanh, &["loss-at-chance"]),
    ] {
        let zeros = builder(&[16], activation).init(Init::Zeros);
        let found = found("zeros", zeros, &scaled_digits(1.0 / 16.0), sgd(0.1, 3), kinds);
        for finding in found.after.iter().filter(|finding| kinds.contains(&finding.kind.name())) {
            assert!(finding.advice.contains("--init-weights"), "{finding:?}");
        }
    }
}

#[test]
fn a_learning_rate_that_kills() {
    let kinds = ["large-updates", "learning-rate-high", "dead-units", "loss-at-chance"];
    found("rate 5", builder(&[128, 64], Activation::Relu), &scaled_digits(1.0 / 16.0), sgd(5.0, 10), &kinds);
}

#[test]
fn a_learning_rate_that_diverges() {
    // Without a bound on the outputs, a squared loss runs away.
    let config = TrainConfig { loss: Loss::Mse, ..sgd(50.0, 10) };
    let kinds = ["learning-rate-high", "large-updates"];
    found("rate 50, mse", builder(&[], Activation::Relu), &scaled_digits(1.0 / 16.0), config, &kinds);
}

#[test]
fn adam_at_a_rate_for_sgd_times_ten() {
    let optimizer = Optimizer::by_name("adam").unwrap().with("lr", 1.0).unwrap();
    let config = TrainConfig { optimizer, epochs: 10, ..TrainConfig::default() };
    found("adam at 1", builder(&[64, 32], Activation::Relu), &scaled_digits(1.0 / 16.0), config, &["large-updates"]);
}

#[test]
fn ten_layers_of_sigmoids() {
    let kinds = ["vanishing-gradients", "loss-at-chance"];
    found("deep sigmoid", builder(&[32; 9], Activation::Sigmoid), &scaled_digits(1.0 / 16.0), sgd(0.1, 10), &kinds);
}

#[test]
fn tanh_with_weights_far_too_large() {
    let network = builder(&[64, 32], Activation::Tanh).init(Init::Normal(3.0));
    found("wide tanh", network, &scaled_digits(1.0 / 16.0), sgd(0.01, 10), &["saturated-units"]);
}

#[test]
fn deep_relu_with_weights_far_too_large() {
    let network = builder(&[64; 5], Activation::Relu).init(Init::Normal(2.0));
    found("wide relu", network, &scaled_digits(1.0 / 16.0), sgd(0.01, 3), &["exploding-gradients"]);
}

#[test]
fn weights_of_zero() {
    let network = builder(&[64, 32], Activation::Relu).init(Init::Zeros);
    found("zeros", network, &scaled_digits(1.0 / 16.0), sgd(0.1, 10), &["dead-units", "loss-at-chance"]);
}

#[test]
fn a_column_a_thousand_times_wider_than_the_others() {
    let digits = scaled_digits(1.0 / 16.0);
    let mut x = digits.features().data().to_vec();
    x.iter_mut().skip(20).step_by(64).for_each(|x| *x *= 1000.0);
    let data = Dataset::new(Features::new(digits.rows(), 64, x).unwrap(), digits.targets().clone()).unwrap();
    found("a wide column", builder(&[32], Activation::Relu), &data, sgd(0.1, 5), &["uneven-features"]);
}

#[test]
fn columns_that_say_nothing() {
    let digits = scaled_digits(1.0 / 16.0);
    let mut x = digits.features().data().to_vec();
    x.chunks_exact_mut(64).for_each(|row| row[..40].fill(0.5));
    let data = Dataset::new(Features::new(digits.rows(), 64, x).unwrap(), digits.targets().clone()).unwrap();
    found("constant columns", builder(&[32], Activation::Relu), &data, sgd(0.1, 5), &["constant-features"]);
}

#[test]
fn a_class_that_hardly_occurs() {
    let digits = scaled_digits(1.0 / 16.0);
    let Targets::Classes { labels, .. } = digits.targets() else { panic!("digits have classes") };
    let mut sevens = 0;
    let keep = |row: &usize| {
        sevens += usize::from(labels[*row] == 7);
        labels[*row] != 7 || sevens <= 5
    };
    let rows: Vec<usize> = (0..digits.rows()).filter(keep).collect();
    let data = digits.select(&rows).unwrap();
    let found = found("few sevens", builder(&[32], Activation::Relu), &data, sgd(0.1, 20), &["label-imbalance"]);
    assert!(found.before.iter().any(|f| matches!(f.kind, Kind::LabelImbalance { least: (7, 5), .. })), "{found:?}");
}

#[test]
fn labels_that_have_nothing_to_do_with_their_rows() {
    let digits = scaled_digits(1.0 / 16.0);
    let Targets::Classes { labels, classes } = digits.targets() else { panic!("digits have classes") };
    let labels = labels.iter().enumerate().map(|(row, _)| (row * 7919 % 1009 % 10) as u32).collect();
    let data = Dataset::new(digits.features().clone(), Targets::Classes { labels, classes: *classes }).unwrap();
    found("shuffled labels", builder(&[16], Activation::Relu), &data, sgd(0.01, 20), &["loss-at-chance"]);
}

#[test]
fn features_so_small_that_nothing_moves() {
    let (mut data, _) = digits().split(0.2, 42).unwrap();
    data.preprocess(&Preprocess::Scale { factor: 1e-5 }).unwrap();
    let kinds = ["unscaled-features", "loss-at-chance"];
    found("tiny features", builder(&[32], Activation::Relu), &data, sgd(0.1, 10), &kinds);
}

#[test]
fn a_network_of_nan() {
    let mut mlp = builder(&[16], Activation::Relu).build().unwrap();
    mlp.params_mut()[64 * 16 + 16] = f32::NAN;
    let sample = chainrule::Sample::spread(&mlp, &scaled_digits(1.0 / 16.0), Loss::CrossEntropy, 100).unwrap();
    let case = chainrule::doctor::Examination::new(&mlp, sample.rows(), Loss::CrossEntropy);
    let findings = chainrule::doctor::examine(&case).unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].seen(), "module 2, dense(16, 10): 1 parameters from here on are NaN or infinite");
}
