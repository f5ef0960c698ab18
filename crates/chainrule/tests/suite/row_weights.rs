//! Rows that count more or less than others, and losses of the caller's own, through a `Trainer`.

use chainrule::bare::evaluate;
use chainrule::data::{Dataset, Features, Order, Targets, digits};
use chainrule::network::Objective;
use chainrule::optim::LbfgsSettings;
use chainrule::train::{ClassWeights, LossBatch};
use chainrule::{Loss, MatRef, Mlp, Optimizer, TrainConfig, TrainReport, Trainer, Workspace, weights_sha256};

fn digits_64() -> Dataset<f64> {
    let mut data = digits::<f64>().select(&(0..150).collect::<Vec<_>>()).unwrap();
    data.preprocess(&chainrule::data::Preprocess::Scale { factor: 1.0 / 16.0 }).unwrap();
    data
}

fn network() -> Mlp<f64> {
    Mlp::builder(64).dense(12).tanh().dense(10).seed(4).build_as::<f64>().unwrap()
}

fn config() -> TrainConfig {
    TrainConfig { epochs: 3, batch: 16, threads: Some(1), ..TrainConfig::default() }
}

fn fit(data: &Dataset<f64>, config: TrainConfig) -> (Mlp<f64>, TrainReport) {
    let mut mlp = network();
    let report = Trainer::new(config).unwrap().fit_network(&mut mlp, data, None, ()).unwrap();
    (mlp, report)
}

/// Of row r.
fn weight(row: usize) -> f64 {
    [1.0, 0.25, 3.0][row % 3]
}

#[test]
fn a_step_is_the_one_that_the_network_takes_with_those_weights() {
    let data = digits_64();
    let weights: Vec<f64> = (0..150).map(weight).collect();
    let classes: Vec<f64> = (1..=10).map(|class| f64::from(class) / 4.0).collect();
    let settings = TrainConfig {
        order: Order::Sequential,
        class_weights: ClassWeights::Given(classes.clone()),
        epochs: 2,
        ..config()
    };
    let optimizer = settings.optimizer;
    let (trained, report) = fit(&data.clone().with_weights(weights.clone()).unwrap(), settings);

    let mut stepped = network();
    let mut workspace = Workspace::new(&stepped, 16);
    let Targets::Classes { labels, .. } = data.targets() else { panic!("digits have classes") };
    let (mut total, mut mass) = (0.0, 0.0);
    for epoch in 0..2 {
        (total, mass) = if epoch == 0 { (total, mass) } else { (0.0, 0.0) };
        for rows in (0..150).collect::<Vec<_>>().chunks(16) {
            let (start, end) = (rows[0], rows[0] + rows.len());
            let x = data.features().data();
            let x = MatRef::new(&x[start * 64..end * 64], end - start, 64);
            let targets = chainrule::TargetsRef::Classes(&labels[start..end]);
            let objective =
                Objective { rows: Some(&weights[start..end]), outputs: Some(&classes), ..Loss::CrossEntropy.into() };
            let loss = stepped.step(x, targets, objective, optimizer, &mut workspace).unwrap();
            (total, mass) = (total + loss * objective.mass(targets), mass + objective.mass(targets));
        }
    }
    assert!(trained.params() == stepped.params());
    assert_eq!(report.epochs[1].loss, total / mass);
}

#[test]
fn rows_of_weight_0_are_as_if_they_were_not_there() {
    let data = digits_64();
    let kept: Vec<usize> = (0..150).filter(|row| row % 4 != 1).collect();
    let without = data.select(&kept).unwrap().with_weights(vec![2.0; kept.len()]).unwrap();
    let with = data.with_weights((0..150).map(|row| if row % 4 == 1 { 0.0 } else { 2.0 }).collect()).unwrap();
    let lbfgs = TrainConfig { lbfgs: Some(LbfgsSettings::default()), ..config() };
    let single = TrainConfig { batch: 1, ..config() };
    let balanced = TrainConfig { class_weights: ClassWeights::Balanced, accumulate: 3, ..config() };
    for settings in [config(), single, lbfgs, balanced] {
        let ((one, a), (other, b)) = (fit(&with, settings.clone()), fit(&without, settings));
        assert_eq!(weights_sha256(&one), weights_sha256(&other));
        assert_eq!((a.steps, a.epochs[2].loss), (b.steps, b.epochs[2].loss));
        assert_eq!(a.epochs[2].accuracy, b.epochs[2].accuracy);
    }
}

#[test]
fn weights_that_are_all_1_change_no_more_than_rounding() {
    let data = digits_64();
    let ((plain, _), (ones, _)) = (fit(&data, config()), fit(&data.with_weights(vec![1.0; 150]).unwrap(), config()));
    let worst = plain.params().iter().zip(ones.params()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst < 1e-13, "{worst}");
}

#[test]
fn evaluation_counts_rows_alike() {
    let data = digits_64();
    let weighted = data.clone().with_weights((0..150).map(weight).collect()).unwrap();
    let (mlp, loss) = (network(), Loss::CrossEntropy);
    assert_eq!(evaluate(&mlp, &weighted, loss).unwrap(), evaluate(&mlp, &data, loss).unwrap());
}

#[test]
fn weights_go_where_their_rows_go() {
    let weighted = digits_64().with_weights((0..150).map(|row| row as f64).collect()).unwrap();
    assert_eq!(weighted.select(&[7, 3]).unwrap().weights(), Some(&[7.0, 3.0][..]));
    let (train, test) = weighted.split(0.2, 1).unwrap();
    let mut all = [train.weights().unwrap(), test.weights().unwrap()].concat();
    all.sort_by(f64::total_cmp);
    assert_eq!(all, (0..150).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn weights_that_mean_nothing_are_refused() {
    let data = || Dataset::new(Features::new(3, 1, vec![1.0f64; 3]).unwrap(), values(&[1.0; 3])).unwrap();
    let message = |weights: &[f64]| data().with_weights(weights.to_vec()).unwrap_err().to_string();
    assert_eq!(message(&[1.0, 2.0]), "weights of rows: found 2 weights, expected 3, one a row");
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        let text = message(&[1.0, bad, 1.0]);
        assert_eq!(text, format!("weights of rows, row 2: found {bad}, expected a finite number, 0 or more"));
    }
    let expected = "expected one above 0 at least, and a finite sum";
    assert_eq!(message(&[0.0; 3]), format!("weights of rows: found a sum of 0, {expected}"));
    assert_eq!(message(&[f64::MAX; 3]), format!("weights of rows: found a sum of inf, {expected}"));
    // A part may be left with no row that counts.
    let part = data().with_weights(vec![0.0, 0.0, 1.0]).unwrap().select(&[0, 1]).unwrap();
    let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>().unwrap();
    let settings = TrainConfig { loss: Loss::Mse, ..config() };
    let error = Trainer::new(settings).unwrap().fit_network(&mut mlp, &part, None, ()).unwrap_err().to_string();
    assert_eq!(error, "weights of rows: found 0 for each of the 2 rows, expected one above 0");
}

fn values(values: &[f64]) -> Targets<f64> {
    Targets::Values { values: values.to_vec(), cols: 1 }
}

/// The mean squared error by hand, which the library has too.
fn squares(batch: LossBatch<'_, f64>, dy: &mut [f64]) -> f64 {
    let chainrule::TargetsRef::Values(t) = batch.targets else { panic!("values were given") };
    let (rows, cols) = (t.rows(), t.cols());
    let n = match batch.weights {
        Some(weights) => weights.iter().sum::<f64>() * cols as f64,
        None => (rows * cols) as f64,
    };
    let mut total = 0.0;
    for row in 0..rows {
        let weight = batch.weights.map_or(1.0, |weights| weights[row]);
        for col in 0..cols {
            let error = batch.output.get(row, col) - t.get(row, col);
            total += weight * error * error;
            dy[row * cols + col] = 2.0 * weight * error / n;
        }
    }
    total / n
}

fn curve() -> Dataset<f64> {
    let x: Vec<f64> = (0..60).map(|row| f64::from(row) / 30.0 - 1.0).collect();
    let t: Vec<f64> = x.iter().map(|x| (3.0 * x).sin()).collect();
    Dataset::new(Features::new(60, 1, x).unwrap(), values(&t)).unwrap()
}

#[test]
fn a_loss_of_ones_own_trains_as_the_librarys_would() {
    let plain = curve();
    let weighted = curve().with_weights((0..60).map(weight).collect()).unwrap();
    let base = TrainConfig { loss: Loss::Mse, epochs: 6, batch: 8, threads: Some(1), ..TrainConfig::default() };
    let adam = TrainConfig { optimizer: Optimizer::by_name("adam").unwrap(), accumulate: 2, ..base.clone() };
    let lbfgs = TrainConfig { lbfgs: Some(LbfgsSettings::default()), ..base.clone() };
    for data in [plain, weighted] {
        for settings in [base.clone(), adam.clone(), lbfgs.clone()] {
            let build = || Mlp::builder(1).dense(9).tanh().dense(1).seed(1).build_as::<f64>().unwrap();
            let (mut one, mut other) = (build(), build());
            let trainer = Trainer::new(settings).unwrap();
            let a = trainer.fit_network(&mut one, &data, Some(&curve()), ()).unwrap();
            let b = trainer.fit_network_with(&mut other, &data, Some(&curve()), squares, ()).unwrap();
            let worst = one.params().iter().zip(other.params()).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-9, "{worst}");
            for (a, b) in a.epochs.iter().zip(&b.epochs) {
                let validation = |epoch: &chainrule::EpochReport| epoch.validation.as_ref().unwrap().loss;
                assert!((a.loss - b.loss).abs() < 1e-9 && (validation(a) - validation(b)).abs() < 1e-9);
                assert_eq!((a.accuracy, b.accuracy), (None, None));
            }
        }
    }
}

#[test]
fn the_targets_of_ones_own_loss_may_have_any_width_and_classes_are_counted() {
    // Two outputs, the mean and the logarithm of the variance, and one target: the Gaussian's negative log-likelihood.
    let gaussian = |batch: LossBatch<'_, f64>, dy: &mut [f64]| {
        let chainrule::TargetsRef::Values(t) = batch.targets else { panic!("values were given") };
        let rows = t.rows() as f64;
        let mut total = 0.0;
        for (row, dy) in dy.chunks_exact_mut(2).enumerate() {
            let (mean, log_variance) = (batch.output.get(row, 0), batch.output.get(row, 1));
            let (error, precision) = (mean - t.get(row, 0), (-log_variance).exp());
            total += 0.5 * (log_variance + error * error * precision);
            (dy[0], dy[1]) = (error * precision / rows, 0.5 * (1.0 - error * error * precision) / rows);
        }
        total / rows
    };
    let mut mlp = Mlp::builder(1).dense(16).tanh().dense(2).seed(1).build_as::<f64>().unwrap();
    let settings = TrainConfig { epochs: 200, batch: 20, threads: Some(1), ..TrainConfig::default() };
    let report = Trainer::new(settings).unwrap().fit_network_with(&mut mlp, &curve(), None, gaussian, ()).unwrap();
    assert!(report.epochs[199].loss < report.epochs[0].loss - 0.5, "{:?}", report.epochs[199]);

    // Cross-entropy of two classes by hand.
    let data = digits_64();
    let hinge = |batch: LossBatch<'_, f64>, dy: &mut [f64]| {
        let chainrule::TargetsRef::Classes(labels) = batch.targets else { panic!("labels were given") };
        let (rows, mut total) = (labels.len() as f64, 0.0);
        for (row, (&label, dy)) in labels.iter().zip(dy.chunks_exact_mut(10)).enumerate() {
            for (class, dy) in dy.iter_mut().enumerate() {
                let sign = if class == label as usize { 1.0 } else { -1.0 };
                let short = 1.0 - sign * batch.output.get(row, class);
                total += short.max(0.0);
                *dy = if short > 0.0 { -sign / rows } else { 0.0 };
            }
        }
        total / rows
    };
    let mut mlp = network();
    let settings = TrainConfig { epochs: 40, ..config() };
    let report = Trainer::new(settings).unwrap().fit_network_with(&mut mlp, &data, Some(&data), hinge, ()).unwrap();
    let last = report.epochs.last().unwrap();
    assert!(last.accuracy.unwrap() > 0.95 && last.validation.as_ref().unwrap().accuracy.unwrap() > 0.95, "{last:?}");
}

#[test]
fn what_ones_own_loss_would_not_be_told_is_refused() {
    let fit = |config: TrainConfig| {
        let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>().unwrap();
        Trainer::new(config).unwrap().fit_network_with(&mut mlp, &curve(), None, squares, ()).unwrap_err().to_string()
    };
    let expected = "found some, expected none with a loss of your own, which applies weights itself";
    let balanced = TrainConfig { class_weights: ClassWeights::Balanced, ..config() };
    assert_eq!(fit(balanced), format!("class weights: {expected}"));
    assert_eq!(fit(TrainConfig { label_smoothing: 0.1, ..config() }), format!("label smoothing: {expected}"));
}
