//! Training with dropout and normalisation as an application does it: what it may depend on, what it leaves behind,
//! what it refuses.

use std::fs;
use std::ops::ControlFlow;

use chainrule::bare::evaluate;
use chainrule::data::{Dataset, Features, Preprocess, Targets, digits};
use chainrule::{EpochReport, Error, Loss, Mlp, Model, Optimizer, Scalar, TrainConfig, Trainer};

fn scaled_digits<T: Scalar>() -> (Dataset<T>, Dataset<T>) {
    let mut data = digits::<T>();
    data.preprocess(&Preprocess::Scale { factor: 1.0 / 16.0 }).unwrap();
    data.split(0.2, 42).unwrap()
}

fn go_on(_: &EpochReport) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn network<T: Scalar>(seed: u64) -> Mlp<T> {
    let builder = Mlp::builder(64).layer_norm().dense(203).batch_norm().relu().dropout(0.3).dense(130).tanh();
    builder.dropout(0.1).batch_norm().dense(10).seed(seed).build_as().unwrap()
}

fn file_after_training<T: Scalar>(threads: usize, validated: bool) -> Vec<u8> {
    let (train, test) = scaled_digits::<T>();
    let mut mlp = network::<T>(3);
    let optimizer = Optimizer::by_name("adam").unwrap();
    let config = TrainConfig { epochs: 2, batch: 301, optimizer, threads: Some(threads), ..TrainConfig::default() };
    Trainer::new(config).unwrap().fit_network(&mut mlp, &train, validated.then_some(&test), go_on).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    Model::new(mlp, Loss::CrossEntropy).save(&path).unwrap();
    fs::read(path).unwrap()
}

fn the_same_file<T: Scalar>() {
    let one = file_after_training::<T>(1, true);
    for (threads, validated) in [(2, true), (3, false), (4, true), (8, false)] {
        assert!(file_after_training::<T>(threads, validated) == one, "{threads} threads, validated {validated}");
    }
}

#[test]
fn masks_and_statistics_do_not_depend_on_threads_or_validation() {
    the_same_file::<f32>();
    the_same_file::<f64>();
}

#[test]
fn the_digits_are_learned_and_evaluated_without_dropout() {
    let (train, test) = scaled_digits::<f32>();
    let mut mlp = network::<f32>(1);
    let trainer = Trainer::new(TrainConfig { epochs: 15, ..TrainConfig::default() }).unwrap();
    let report = trainer.fit_network(&mut mlp, &train, Some(&test), go_on).unwrap();
    let validation = report.epochs[14].validation.as_ref().unwrap();
    assert!(validation.accuracy.unwrap() > 0.95, "validation accuracy {:?}", validation.accuracy);
    let steps = (15 * train.rows().div_ceil(32)) as u64;
    assert_eq!(mlp.batches(), [steps; 2]);
    // Evaluation draws nothing: twice the same.
    let now = evaluate(&mlp, &test, Loss::CrossEntropy).unwrap();
    assert_eq!((now.loss, now.accuracy), (validation.loss, validation.accuracy));
    let model = Model::new(mlp, Loss::CrossEntropy).with_preprocess(test.preprocessing().clone());
    // A row's answer does not depend on the rows beside it.
    let features = test.features();
    let all = model.predict(features).unwrap();
    for row in [0, 17] {
        let one = features.select(&[row]).unwrap();
        assert_eq!(model.predict(&one).unwrap(), all[row * 10..row * 10 + 10]);
    }
}

#[test]
fn a_diverging_run_takes_back_the_running_statistics_too() {
    // Two layers that multiply, and steps that are too long: the weights grow until they overflow. An epoch is a step.
    let rows = 40;
    let features = Features::new(rows, 1, (0..rows).map(|i| i as f32).collect()).unwrap();
    let data = Dataset::new(features, Targets::Values { values: vec![1.0; rows], cols: 1 }).unwrap();
    let fit = |epochs: usize| {
        let mut mlp = Mlp::builder(1).batch_norm().dense(1).dense(1).seed(1).build().unwrap();
        let optimizer = Optimizer::Sgd { lr: 3.0 };
        let config = TrainConfig { epochs, batch: rows, loss: Loss::Mse, optimizer, ..TrainConfig::default() };
        let result = Trainer::new(config).unwrap().fit_network(&mut mlp, &data, None, go_on);
        (mlp.params().to_vec(), mlp.running().to_vec(), mlp.batches().to_vec(), result)
    };
    let (params, running, batches, result) = fit(1000);
    let Err(Error::Diverged { epoch, .. }) = result else { panic!("{:?}", result.map(|report| report.steps)) };
    assert_eq!(batches, [epoch as u64 - 1]);
    assert!(epoch > 1, "{epoch}");
    let (learned, seen, _, result) = fit(epoch - 1);
    assert_eq!((params, running, result.is_ok()), (learned, seen, true));
}

#[test]
fn a_minibatch_of_one_row_is_refused_before_the_first_step() {
    let features = Features::new(9, 2, vec![0.5f32; 18]).unwrap();
    let data = Dataset::new(features, Targets::Classes { labels: vec![0; 9], classes: 2 }).unwrap();
    let fit = |mlp: &mut Mlp<f32>, batch: usize| {
        let config = TrainConfig { epochs: 1, batch, ..TrainConfig::default() };
        Trainer::new(config).unwrap().fit_network(mlp, &data, None, go_on).map(|report| report.steps)
    };
    let mut mlp = Mlp::builder(2).dense(3).batch_norm().dense(2).build().unwrap();
    let before = mlp.params().to_vec();
    for batch in [4, 8, 1] {
        let text = fit(&mut mlp, batch).unwrap_err().to_string();
        let start = format!("batch: found 9 rows in batches of {batch}, the last of which has 1, expected at least 2");
        assert!(text.starts_with(&start), "{text}");
        assert_eq!(mlp.params(), before);
    }
    assert_eq!(fit(&mut mlp, 5).unwrap(), 2);
    let mut other = Mlp::builder(2).dense(3).layer_norm().dropout(0.5).dense(2).build().unwrap();
    assert_eq!(fit(&mut other, 4).unwrap(), 3);
}
