//! Tables that learn, by the way that the command goes: nothing is found.

use chainrule::data::{Request, Scaling, Source};
use chainrule::train::ClassWeights;
use chainrule::{Activation, Loss, MlpBuilder, Optimizer, Task, TrainConfig};

use super::usual::Table;

fn silent(name: &str, table: &Table, network: MlpBuilder, config: TrainConfig) {
    assert_eq!(table.checkup(name, network, config).names(), [""; 0], "{name}");
}

fn usual(name: &str, hidden: &[usize]) {
    let table = Table::named(name);
    silent(name, &table, table.network(hidden, Activation::Relu), table.config());
}

#[test]
fn the_built_in_tables_are_healthy() {
    for name in ["iris", "wine", "breast_cancer", "diabetes"] {
        usual(name, &[32, 16]);
    }
}

#[test]
fn made_up_data_are_healthy() {
    for name in ["moons", "circles", "blobs", "xor", "friedman"] {
        usual(name, &[32]);
    }
}

#[test]
fn other_scalings_are_healthy() {
    for scaling in [Scaling::Minmax, Scaling::Robust] {
        let table = Table { scaling, ..Table::named("wine") };
        silent(&format!("wine, {scaling}"), &table, table.network(&[32], Activation::Relu), table.config());
    }
}

#[test]
fn other_networks_are_healthy() {
    let iris = Table::named("iris");
    silent("iris, tanh", &iris, iris.network(&[16, 16], Activation::Tanh), iris.config());
    let sgd = TrainConfig { optimizer: Optimizer::Sgd { lr: 0.05 }, ..iris.config() };
    silent("iris, sgd", &iris, iris.network(&[16], Activation::Relu), sgd);
    let cancer = Table::named("breast_cancer");
    let dropout = cancer.network(&[32], Activation::Relu);
    silent("breast cancer, full batch", &cancer, dropout, TrainConfig { batch: 400, ..cancer.config() });
    silent("breast cancer, no hidden layer", &cancer, cancer.network(&[], Activation::Relu), cancer.config());
}

#[test]
fn one_question_is_healthy() {
    let mut request = Request::new(Source::parse("breast_cancer").unwrap());
    request.task = Some(Task::Binary);
    let table = Table::of(&request);
    silent("breast cancer, yes or no", &table, table.network(&[16], Activation::Relu), table.config());
}

#[test]
fn robust_losses_of_values_are_healthy() {
    let diabetes = Table::named("diabetes");
    let network = || diabetes.network(&[16], Activation::Relu);
    silent("diabetes, huber", &diabetes, network(), diabetes.with_loss(Loss::Huber(1.0)));
    let friedman = Table::named("friedman");
    silent("friedman, mae", &friedman, friedman.network(&[32], Activation::Tanh), friedman.with_loss(Loss::Mae));
}

/// Rows of text under this header.
fn written(header: &str, rows: usize, row: impl Fn(usize) -> String, target: &str) -> Table {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.csv");
    let text: String = (0..rows).map(|at| row(at) + "\n").collect();
    std::fs::write(&path, format!("{header}\n{text}")).unwrap();
    Table::of(&Request::new(Source::File(path)).target(target))
}

#[test]
fn categories_that_few_rows_have_are_no_uneven_columns() {
    let row = |at: usize| {
        let (a, b) = (at * 7919 % 1009, at * 104_729 % 997);
        let town = if at.is_multiple_of(60) { "Ulm" } else { ["Bonn", "Kiel", "Jena"][at % 3] };
        format!("{a},{b},{town},{}", if a + b > 1000 { "large" } else { "small" })
    };
    let table = written("a,b,town,size", 900, row, "size");
    silent("categories", &table, table.network(&[16], Activation::Relu), table.config());
}

#[test]
fn classes_that_are_weighted_score_well_at_a_loss_that_says_otherwise() {
    // One row in 20 is rare; both classes lie over each other, so that weights trade many false alarms for the rare ones.
    let row = |at: usize| {
        let is_rare = at.is_multiple_of(20);
        let noise =
            |from: usize| ((at * 7919 + from) % 1009) as f64 / 1009.0 + ((at * 104_729 + from) % 997) as f64 / 997.0;
        let shift = if is_rare { 0.45 } else { 0.0 };
        format!("{},{},{}", noise(1) + shift, noise(500), if is_rare { "rare" } else { "usual" })
    };
    let table = written("a,b,class", 1200, row, "class");
    let config = TrainConfig { class_weights: ClassWeights::Balanced, ..table.config() };
    silent("weighted classes", &table, table.network(&[16], Activation::Relu), config);
}

#[test]
fn values_that_a_model_has_learned_were_scaled_well_enough() {
    // As they are, from 2 to 28: the run that learns them is not sick, and before it nothing is known but their size.
    let table = Table::named("friedman");
    let fitted = table.examples.fit(&table.parts.train, table.scaling).unwrap().with_targets_as_they_are();
    let train = table.examples.dataset::<f32>(&table.parts.train, &fitted).unwrap();
    let config = TrainConfig { early_stopping: None, epochs: 60, ..table.config() };
    let mlp = table.network(&[32], Activation::Relu).build().unwrap();
    let found = super::run::checkup("friedman, as it is", mlp, &train, config);
    assert!(found.after.is_empty(), "{:?}", found.after);
    assert_eq!(found.before.iter().map(|f| f.kind.name()).collect::<Vec<_>>(), ["unscaled-targets"]);
}
