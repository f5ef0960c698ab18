//! Training as an application does it: what is learned, what it may depend on, how it ends.

use std::ops::ControlFlow;

use chainrule::bare::evaluate;
use chainrule::data::{Dataset, Features, Order, Preprocess, Targets, digits};
use chainrule::optim::{Clip, OPTIMIZER_NAMES};
use chainrule::train::{Observer, StopReason};
use chainrule::{EpochReport, Error, Loss, Mlp, Optimizer, Scalar, TrainConfig, Trainer, weights_sha256};

fn scaled_digits<T: Scalar>() -> (Dataset<T>, Dataset<T>) {
    let mut data = digits::<T>();
    data.preprocess(&Preprocess::Scale { factor: 1.0 / 16.0 }).unwrap();
    data.split(0.2, 42).unwrap()
}

fn go_on(_: &EpochReport) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn config(epochs: usize, threads: usize) -> TrainConfig {
    TrainConfig { epochs, threads: Some(threads), ..TrainConfig::default() }
}

#[test]
fn the_digits_are_learned() {
    let (train, test) = scaled_digits::<f32>();
    let mut mlp = Mlp::builder(64).dense(64).relu().dense(10).seed(1).build().unwrap();
    let report = Trainer::new(config(20, 1)).unwrap().fit_network(&mut mlp, &train, Some(&test), go_on).unwrap();
    let (first, last) = (&report.epochs[0], &report.epochs[19]);
    assert!(last.loss < first.loss / 5.0, "loss went from {} to {}", first.loss, last.loss);
    assert!(last.accuracy.unwrap() > 0.97, "training accuracy {:?}", last.accuracy);
    let validation = last.validation.as_ref().unwrap();
    assert!(validation.accuracy.unwrap() > 0.95, "validation accuracy {:?}", validation.accuracy);
    let now = evaluate(&mlp, &test, Loss::CrossEntropy).unwrap();
    assert_eq!((now.loss, now.accuracy, validation.confusion.is_none()), (validation.loss, validation.accuracy, true));
    assert_eq!((report.steps, report.stop_reason), (20 * train.rows().div_ceil(32), StopReason::Finished));
    assert!(report.step_us() > 0.0 && report.step_seconds <= report.seconds);
}

/// Large enough that every product is shared among threads.
fn trained_hash<T: Scalar>(optimizer: Optimizer, threads: usize, validated: bool, stop_at: usize) -> String {
    let (train, test) = scaled_digits::<T>();
    let mut mlp = Mlp::builder(64).dense(203).relu().dense(130).tanh().dense(10).seed(3).build_as::<T>().unwrap();
    let settings = TrainConfig { batch: 301, optimizer, ..config(3, threads) };
    let observer = |report: &EpochReport| {
        if report.epoch == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    Trainer::new(settings).unwrap().fit_network(&mut mlp, &train, validated.then_some(&test), observer).unwrap();
    weights_sha256(&mlp)
}

fn same_bits_on_any_number_of_threads<T: Scalar>() {
    let mut seen = Vec::new();
    for name in OPTIMIZER_NAMES {
        let optimizer = Optimizer::by_name(name).unwrap();
        let one = trained_hash::<T>(optimizer, 1, true, 0);
        for threads in [2, 3, 8] {
            assert_eq!(trained_hash::<T>(optimizer, threads, true, 0), one, "{name}, {threads} threads");
        }
        assert_eq!(trained_hash::<T>(optimizer, 2, false, 0), one, "{name} without validation");
        assert_ne!(trained_hash::<T>(optimizer, 1, true, 2), one, "{name}: an epoch less changed nothing");
        assert!(!seen.contains(&one), "{name} moves as another one does");
        seen.push(one);
    }
}

#[test]
fn the_weights_do_not_depend_on_threads_or_validation() {
    same_bits_on_any_number_of_threads::<f32>();
    same_bits_on_any_number_of_threads::<f64>();
}

struct StopAtStep(usize, chainrule::train::StopHandle);

impl Observer<f32> for StopAtStep {
    fn step(&mut self, done: usize, total: usize) {
        assert!(done <= total);
        if done == self.0 {
            self.1.stop();
        }
    }
    fn epoch(&mut self, _: &EpochReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[test]
fn a_stopped_run_keeps_what_it_has_learned() {
    let (train, _) = scaled_digits::<f32>();
    let mut mlp = Mlp::builder(64).dense(16).relu().dense(10).seed(1).build().unwrap();
    let before = mlp.params().to_vec();
    let trainer = Trainer::new(config(5, 1)).unwrap();
    let per_epoch = train.rows().div_ceil(32);
    let stop_after = per_epoch + 7;
    let observer = StopAtStep(stop_after, trainer.stop_handle());
    let report = trainer.fit_network(&mut mlp, &train, None, observer).unwrap();
    assert_eq!((report.stop_reason, report.steps, report.epochs.len()), (StopReason::Stopped, stop_after, 1));
    assert!(mlp.params() != before && mlp.params().iter().all(|w| w.is_finite()));
}

#[test]
fn an_observer_ends_the_run_after_its_epoch() {
    let (train, _) = scaled_digits::<f32>();
    let mut mlp = Mlp::builder(64).dense(10).build().unwrap();
    let observer = |report: &EpochReport| if report.epoch == 2 { ControlFlow::Break(()) } else { go_on(report) };
    let report = Trainer::new(config(9, 1)).unwrap().fit_network(&mut mlp, &train, None, observer).unwrap();
    assert_eq!((report.stop_reason, report.epochs.len()), (StopReason::ByObserver, 2));
}

#[test]
fn a_diverging_run_names_step_and_layer_and_keeps_the_last_good_weights() {
    let (train, _) = scaled_digits::<f32>();
    for clip in [None, Some(Clip::Norm(1e30))] {
        let mut mlp = Mlp::builder(64).dense(32).relu().dense(10).build().unwrap();
        let before = mlp.params().to_vec();
        let settings = TrainConfig { optimizer: Optimizer::Sgd { lr: 1e30 }, clip, ..config(3, 1) };
        let error = Trainer::new(settings).unwrap().fit_network(&mut mlp, &train, None, go_on).unwrap_err();
        assert!(matches!(error, Error::Diverged { epoch: 1, step: 2.., layer: Some(2), .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("dense layer 2") && text.contains("those of the start"), "{text}");
        assert!(text.contains("smaller learning rate"), "{text}");
        assert_eq!(mlp.params(), before);
    }
}

/// One weight, steps that are twice too long: it grows by a factor until it overflows, some epochs on.
#[test]
fn a_run_that_diverges_late_keeps_what_the_last_whole_epoch_learned() {
    let rows = 40;
    let features = Features::new(rows, 1, vec![1.0f32; rows]).unwrap();
    let data = Dataset::new(features, Targets::Values { values: vec![1.0; rows], cols: 1 }).unwrap();
    let fit = |epochs: usize| {
        let mut mlp = Mlp::builder(1).dense(1).seed(1).build().unwrap();
        let optimizer = Optimizer::Sgd { lr: 2.0 };
        let settings = TrainConfig { batch: 10, loss: Loss::Mse, optimizer, ..config(epochs, 1) };
        let result = Trainer::new(settings).unwrap().fit_network(&mut mlp, &data, None, go_on);
        (mlp.params().to_vec(), result)
    };
    let (kept, result) = fit(1000);
    let Err(Error::Diverged { epoch, layer: Some(1), .. }) = result else { panic!("{result:?}") };
    assert!(epoch > 2, "{epoch}");
    let (learned, result) = fit(epoch - 1);
    assert_eq!((kept, result.is_ok()), (learned, true));
}

#[test]
fn settings_that_cannot_run_are_refused() {
    let message = |settings: TrainConfig| Trainer::new(settings).unwrap_err().to_string();
    assert_eq!(message(TrainConfig { epochs: 0, ..Default::default() }), "epochs: found 0, expected at least 1");
    assert_eq!(message(TrainConfig { batch: 0, ..Default::default() }), "batch: found 0, expected at least 1");
    assert_eq!(
        message(TrainConfig { threads: Some(0), ..Default::default() }),
        "threads: found 0, expected at least 1"
    );
    let text = message(TrainConfig { threads: Some(100_000), ..Default::default() });
    assert_eq!(text, "threads: found 100000, expected at most 4096");
    for lr in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let text = message(TrainConfig { optimizer: Optimizer::Sgd { lr }, ..Default::default() });
        assert!(text.starts_with("learning rate: found"), "{text}");
    }
    let optimizer = Optimizer::Momentum { lr: 0.1, momentum: 0.0, nesterov: true, weight_decay: 0.0 };
    let text = message(TrainConfig { optimizer, ..Default::default() });
    assert_eq!(text, "momentum: found 0, expected more than 0, for nesterov");
    for (clip, name) in
        [(Clip::Norm(0.0), "the largest norm of the gradients"), (Clip::Value(f64::NAN), "the largest gradient")]
    {
        let text = message(TrainConfig { clip: Some(clip), ..Default::default() });
        assert!(text.starts_with(&format!("{name}: found")), "{text}");
    }
}

#[test]
fn data_that_do_not_fit_the_network_or_the_loss_are_refused_before_the_first_step() {
    let data = |cols, targets| Dataset::new(Features::new(2, cols, vec![0.5f32; 2 * cols]).unwrap(), targets).unwrap();
    let labels = |classes| Targets::Classes { labels: vec![0, 1], classes };
    let values = |values: &[f32], cols| Targets::Values { values: values.to_vec(), cols };
    let fit = |data: &Dataset<f32>, loss, softmax: bool| {
        let builder = Mlp::builder(3).dense(2);
        let mut mlp = if softmax { builder.softmax() } else { builder }.build().unwrap();
        let before = mlp.params().to_vec();
        let result =
            Trainer::new(TrainConfig { loss, ..config(1, 1) }).unwrap().fit_network(&mut mlp, data, None, go_on);
        assert!(result.is_ok() || mlp.params() == before, "weights moved before the error");
        result.map(drop).map_err(|error| error.to_string())
    };
    let refused = |data: &Dataset<f32>, loss, softmax, why: &str| {
        let message = fit(data, loss, softmax).unwrap_err();
        assert!(message.contains(why), "{message:?} does not say {why:?}");
    };
    refused(&data(4, labels(2)), Loss::CrossEntropy, false, "found 4 columns, expected 3");
    refused(&data(3, labels(3)), Loss::CrossEntropy, false, "found 3 classes, expected at most 2");
    refused(&data(3, values(&[1.0; 6], 3)), Loss::Mse, false, "found 3 columns, expected 2");
    refused(&data(3, values(&[0.5, 0.5, 2.0, 3.0], 2)), Loss::CrossEntropy, false, "row 2: found a sum of 5");
    refused(&data(3, values(&[1.5, -0.5, 1.0, 0.0], 2)), Loss::CrossEntropy, false, "found -0.5 in column 2");
    refused(&data(3, labels(2)), Loss::CrossEntropy, true, "leave the softmax layer out");
    for (targets, loss, softmax) in [
        (values(&[0.5, 0.5, 1.0, 0.0], 2), Loss::CrossEntropy, false),
        (values(&[7.0, -3.0, 2.0, 3.0], 2), Loss::HalfMse, false),
        (labels(2), Loss::Mse, true),
    ] {
        fit(&data(3, targets), loss, softmax).unwrap();
    }
}

#[test]
fn without_shuffling_an_epoch_is_the_steps_in_the_order_of_the_rows() {
    let (train, _) = scaled_digits::<f64>();
    let train = train.select(&(0..50).collect::<Vec<_>>()).unwrap();
    let build = || Mlp::builder(64).dense(7).sigmoid().dense(10).seed(5).build_as::<f64>().unwrap();
    let (mut trained, mut stepped) = (build(), build());
    let settings = TrainConfig { order: Order::Sequential, batch: 16, ..config(2, 1) };
    let optimizer = settings.optimizer;
    Trainer::new(settings).unwrap().fit_network(&mut trained, &train, None, go_on).unwrap();

    let mut workspace = chainrule::Workspace::new(&stepped, 16);
    let Targets::Classes { labels, .. } = train.targets() else { panic!("digits have classes") };
    for _ in 0..2 {
        for start in (0..50).step_by(16) {
            let end = 50.min(start + 16);
            let data = train.features().data();
            let x = chainrule::MatRef::new(&data[start * 64..end * 64], end - start, 64);
            let targets = chainrule::TargetsRef::Classes(&labels[start..end]);
            stepped.step(x, targets, Loss::CrossEntropy, optimizer, &mut workspace).unwrap();
        }
    }
    assert!(trained.params() == stepped.params());
}
