//! Runs that fail by their data: the doctor says by which column, by which targets, and what to do.

use chainrule::data::{Dataset, Features, Targets};
use chainrule::doctor::{Finding, Kind};
use chainrule::optim::Clip;
use chainrule::train::EarlyStopping;
use chainrule::{Activation, Loss, Mlp, Optimizer, TrainConfig};

use super::run::{Checkup, Seen, checkup, checkup_of, scaled_digits};
use super::usual::Table;

/// From 0 to 1, in no order: SplitMix64.
fn noise(row: usize) -> f32 {
    let mut z = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z >> 40) as f32 / (1_u64 << 24) as f32
}

fn dataset(cols: usize, rows: usize, x: impl Fn(usize, usize) -> f32, targets: Targets<f32>) -> Dataset<f32> {
    let cells = (0..rows).flat_map(|row| (0..cols).map(move |col| (row, col))).map(|(row, col)| x(row, col)).collect();
    Dataset::new(Features::new(rows, cols, cells).unwrap(), targets).unwrap()
}

/// Four columns of noise around 0.
fn plain(row: usize, col: usize) -> f32 {
    3.4 * noise(4 * row + col) - 1.7
}

fn classes(classes: usize, rows: usize, label: impl Fn(usize) -> u32) -> Targets<f32> {
    Targets::Classes { labels: (0..rows).map(label).collect(), classes }
}

fn values(rows: usize, value: impl Fn(usize) -> f32) -> Targets<f32> {
    Targets::Values { values: (0..rows).map(value).collect(), cols: 1 }
}

fn config(loss: Loss, epochs: usize) -> TrainConfig {
    TrainConfig { loss, epochs, optimizer: Optimizer::by_name("adam").unwrap(), ..TrainConfig::default() }
}

fn network(data: &Dataset<f32>, hidden: &[usize]) -> Mlp<f32> {
    let start = Mlp::builder(data.cols()).seed(42);
    let hidden = hidden.iter().fold(start, |b, units| b.dense(*units).relu());
    hidden.dense(data.targets().width()).build().unwrap()
}

fn found(name: &str, data: &Dataset<f32>, config: TrainConfig, kind: &str) -> Checkup {
    let found = checkup(name, network(data, &[16]), data, config);
    assert!(found.names().contains(&kind), "{name}: {kind} among {:?}", found.names());
    found
}

fn of_kind<'a>(found: &'a [Finding], kind: &str) -> &'a Finding {
    found.iter().find(|finding| finding.kind.name() == kind).unwrap_or_else(|| panic!("{kind} among {found:?}"))
}

fn is_above(row: usize) -> bool {
    plain(row, 0) + plain(row, 1) > 0.0
}

#[test]
fn values_of_half_a_million() {
    let data = dataset(4, 300, plain, values(300, |row| 5e5 + 3000.0 * plain(row, 0) + 2000.0 * plain(row, 1)));
    let config = TrainConfig { optimizer: Optimizer::Sgd { lr: 0.1 }, ..config(Loss::Mse, 5) };
    let found = found("large values", &data, config, "unscaled-targets");
    assert!(!found.names().contains(&"unscaled-features"));
    for finding in found.before.iter().chain(&found.after) {
        assert!(!finding.advice.contains("scale the features"), "the targets are at fault: {finding}");
    }
    let steps = of_kind(&found.before, "large-updates");
    assert!(steps.advice.starts_with("scale the targets"), "{steps}");
}

#[test]
fn values_too_small_to_be_seen() {
    let data = dataset(4, 300, plain, values(300, |row| 1e-4 * plain(row, 0)));
    found("small values", &data, config(Loss::Mse, 5), "unscaled-targets");
}

#[test]
fn values_that_are_all_the_same() {
    let data = dataset(4, 100, plain, values(100, |_| 0.5));
    found("one value", &data, config(Loss::Mse, 3), "constant-targets");
}

#[test]
fn a_single_class() {
    for outputs in [1, 3] {
        let data = dataset(3, 50, plain, classes(outputs, 50, |_| 0));
        let found = found("one class", &data, config(Loss::CrossEntropy, 2), "single-class");
        assert!(found.before.iter().any(|f| f.kind == Kind::SingleClass { class: 0, rows: 50 }), "{found:?}");
    }
}

#[test]
fn labels_that_count_from_1() {
    let data = dataset(4, 300, plain, classes(3, 300, |row| 1 + u32::from(is_above(row))));
    let found = found("labels from 1", &data, config(Loss::CrossEntropy, 10), "empty-classes");
    assert!(of_kind(&found.before, "empty-classes").advice.contains("count from 1"));
}

#[test]
fn a_column_that_was_made_from_the_classes() {
    let label = |row: usize| u32::from(is_above(row));
    let x = |row, col| if col == 2 { label(row) as f32 - 0.5 + 0.01 * noise(row) } else { plain(row, col) };
    let data = dataset(4, 300, x, classes(2, 300, label));
    let found = found("a leak", &data, config(Loss::CrossEntropy, 10), "column-tells-target");
    let told = of_kind(&found.before, "column-tells-target");
    assert!(matches!(told.kind, Kind::ColumnTellsTarget { column: 2, share } if share == 1.0), "{told}");
    assert!(told.advice.ends_with("--drop 3"), "{told}");
}

#[test]
fn a_column_that_is_the_value_in_another_unit() {
    let value = |row: usize| plain(row, 0) + 0.5 * plain(row, 1).powi(2);
    let x = |row, col| if col == 3 { -0.7 * value(row) + 0.2 } else { plain(row, col) };
    let data = dataset(4, 300, x, values(300, value));
    found("a leak of values", &data, config(Loss::Mse, 10), "column-tells-target");
}

#[test]
fn a_column_that_counts_the_rows() {
    let x = |row: usize, col| if col == 1 { (row as f32 - 150.0) / 87.0 } else { plain(row, col) };
    let data = dataset(4, 300, x, classes(2, 300, |row| u32::from(is_above(row))));
    let found = found("an index", &data, config(Loss::CrossEntropy, 10), "index-column");
    assert_eq!(of_kind(&found.before, "index-column").kind, Kind::IndexColumn { column: 1 });
}

#[test]
fn labels_of_the_row_before() {
    let data = dataset(4, 400, plain, classes(2, 400, |row| u32::from(is_above(row.max(1) - 1))));
    let found = found("shifted labels", &data, config(Loss::CrossEntropy, 10), "shifted-labels");
    assert!(matches!(of_kind(&found.before, "shifted-labels").kind, Kind::ShiftedLabels { by: 1, .. }));
}

/// Two parts of the same kind.
fn halves(targets: impl Fn(usize) -> u32 + Copy) -> [Dataset<f32>; 2] {
    [0, 10_000].map(|from| {
        dataset(8, 150, move |row, col| plain(2 * (from + row), col), classes(2, 150, |row| targets(from + row)))
    })
}

#[test]
fn labels_that_were_shuffled_are_learned_by_heart() {
    let [train, validation] = halves(|row| u32::from(noise(row + 77_777) > 0.5));
    let seen = Seen { train: &train, validation: Some(&validation), shared: None };
    let config = TrainConfig { optimizer: Optimizer::Sgd { lr: 0.1 }, ..config(Loss::CrossEntropy, 150) };
    let found = checkup_of("noise by heart", network(&train, &[64]), seen, config);
    let noisy = of_kind(&found.after, "noisy-targets");
    assert!(
        matches!(noisy.kind, Kind::NoisyTargets { training, validation, .. } if training < 0.5 && validation > 0.65)
    );
    assert!(noisy.advice.contains("training longer does not help"), "{noisy}");
}

#[test]
fn few_rows_and_a_large_network() {
    let [train, validation] =
        halves(|row| u32::from(plain(2 * row, 0) + plain(2 * row, 1) + 2.0 * plain(row, 9) > 0.0));
    let seen = Seen { train: &train, validation: Some(&validation), shared: None };
    let adam = TrainConfig {
        optimizer: Optimizer::by_name("adam").unwrap().with("lr", 0.01).unwrap(),
        ..config(Loss::CrossEntropy, 80)
    };
    let found = checkup_of("overfitted", network(&train, &[128]), seen, adam.clone());
    assert!(of_kind(&found.after, "overfitting").advice.starts_with("--patience 10"), "{found:?}");
    // What was done is not advised again.
    let early = TrainConfig { early_stopping: Some(EarlyStopping::new(60)), ..adam };
    let found = checkup_of("overfitted, the best kept", network(&train, &[128]), seen, early);
    assert!(found.after.iter().all(|finding| !finding.advice.contains("--patience")), "{found:?}");
}

#[test]
fn a_run_that_ends_on_its_way() {
    let table = Table::named("friedman");
    let config = TrainConfig {
        optimizer: Optimizer::by_name("adam").unwrap().with("lr", 0.0003).unwrap(),
        epochs: 4,
        early_stopping: None,
        ..table.config()
    };
    let found = table.checkup("too short", table.network(&[16], Activation::Relu), config);
    assert!(of_kind(&found.after, "underfitting").advice.contains("--epochs 12"), "{found:?}");
}

#[test]
fn a_hidden_layer_of_one_unit() {
    let digits = scaled_digits(1.0 / 16.0);
    let found = checkup("one unit", network(&digits, &[32, 1]), &digits, config(Loss::CrossEntropy, 3));
    assert!(matches!(of_kind(&found.before, "narrow-layer").kind, Kind::NarrowLayer { inputs: 32 }));
}

#[test]
fn rows_held_out_that_are_trained_on() {
    let [train, _] = halves(|row| u32::from(noise(row) > 0.5));
    let seen = Seen { train: &train, validation: Some(&train), shared: Some((150, 150)) };
    let found = checkup_of("the same rows", network(&train, &[16]), seen, config(Loss::CrossEntropy, 5));
    assert!(found.names().contains(&"shared-rows"), "{found:?}");
}

#[test]
fn columns_and_classes_are_called_by_their_names() {
    let table = Table::named("iris");
    let (train, _) = table.datasets();
    let Targets::Classes { labels, .. } = train.targets() else { panic!("iris has classes") };
    let mut setosa = 0;
    let keep = |row: &usize| {
        setosa += usize::from(labels[*row] == 0);
        labels[*row] != 0 || setosa <= 2
    };
    let rows: Vec<usize> = (0..train.rows()).filter(keep).collect();
    let few = train.select(&rows).unwrap();
    let found = checkup("few setosa", network(&few, &[16]), &few, table.config());
    let seen = of_kind(&found.before, "label-imbalance");
    assert!(
        seen.seen().contains("class setosa has 2") && seen.advice.starts_with("--class-weights balanced"),
        "{seen}"
    );
}

#[test]
fn advice_is_nothing_that_was_done_already() {
    let digits = scaled_digits(1.0 / 16.0);
    let start = Mlp::builder(64).seed(42).init(chainrule::Init::Normal(2.0));
    let deep = (0..5).fold(start, |b, _| b.dense(64).relu()).dense(10).build().unwrap();
    let clipped = TrainConfig { clip: Some(Clip::Norm(1.0)), epochs: 2, ..TrainConfig::default() };
    let found = checkup("wide relu, clipped", deep, &digits, clipped);
    let exploding = of_kind(&found.before, "exploding-gradients");
    assert!(
        !exploding.advice.contains("--activation relu") && !exploding.advice.contains("--clip-norm"),
        "{exploding}"
    );

    let start = Mlp::builder(64).seed(42);
    let deep = (0..9).fold(start, |b, _| b.dense(32).sigmoid()).dense(10).build().unwrap();
    let found = checkup("deep sigmoid, adam", deep, &digits, config(Loss::CrossEntropy, 2));
    let vanishing = of_kind(&found.before, "vanishing-gradients");
    assert!(vanishing.advice.contains("--activation relu") && !vanishing.advice.contains("adam"), "{vanishing}");
}
