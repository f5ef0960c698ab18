//! What a report keeps of a long run, and that a stop ends one run and not the next.

use std::ops::ControlFlow;

use chainrule::bare::evaluate;
use chainrule::data::{Dataset, Features, Targets};
use chainrule::train::{EarlyStopping, History, Observer, StopHandle, StopReason};
use chainrule::{EpochReport, Loss, Mlp, Optimizer, TrainConfig, Trainer, weights_sha256};

fn data() -> Dataset<f32> {
    let features = Features::new(4, 1, vec![1.0, -1.0, 0.5, -0.5]).unwrap();
    Dataset::new(features, Targets::Classes { labels: vec![0, 1, 0, 1], classes: 2 }).unwrap()
}

fn config(epochs: usize) -> TrainConfig {
    TrainConfig { epochs, threads: Some(1), optimizer: Optimizer::Sgd { lr: 0.01 }, ..TrainConfig::default() }
}

fn network() -> Mlp<f32> {
    Mlp::builder(1).dense(2).seed(1).build().unwrap()
}

#[test]
fn a_report_keeps_the_last_thousand_epochs_unless_told_otherwise() {
    let numbers = |history: Option<History>| {
        let config = TrainConfig { history: history.unwrap_or_default(), ..config(1500) };
        let report = Trainer::new(config).unwrap().fit_network(&mut network(), &data(), None, ()).unwrap();
        assert_eq!((report.epochs_run, report.steps, report.stop_reason), (1500, 1500, StopReason::Finished));
        report.epochs.iter().map(|epoch| epoch.epoch).collect::<Vec<_>>()
    };
    assert_eq!(numbers(None), (501..=1500).collect::<Vec<_>>());
    assert_eq!(numbers(Some(History::Last(3))), [1498, 1499, 1500]);
    assert!(numbers(Some(History::Last(0))).is_empty());
    assert_eq!(numbers(Some(History::All)), (1..=1500).collect::<Vec<_>>());
}

#[test]
fn the_best_epoch_is_reported_when_it_is_no_longer_among_the_last() {
    // Validation rows with the labels turned round get worse from the first epoch on.
    let worse =
        Dataset::new(data().into_features(), Targets::Classes { labels: vec![1, 0, 1, 0], classes: 2 }).unwrap();
    let early_stopping = Some(EarlyStopping::new(20));
    let config = TrainConfig { history: History::Last(2), early_stopping, ..config(100) };
    let mut mlp = network();
    let report = Trainer::new(config).unwrap().fit_network(&mut mlp, &data(), Some(&worse), ()).unwrap();
    let best = report.best_epoch.unwrap();
    assert_eq!((report.best, best.epoch, report.epochs_run, report.epochs.len()), (Some(1), 1, 21, 2));
    assert_eq!(best.weights_sha256, weights_sha256(&mlp));
    assert_eq!(best.validation.unwrap().loss, evaluate(&mlp, &worse, Loss::CrossEntropy).unwrap().loss);
}

#[test]
fn the_history_changes_nothing_that_is_learned() {
    let hash = |history| {
        let mut mlp = network();
        let config = TrainConfig { history, ..config(7) };
        Trainer::new(config).unwrap().fit_network(&mut mlp, &data(), None, ()).unwrap();
        weights_sha256(&mlp)
    };
    assert_eq!(hash(History::Last(1)), hash(History::All));
}

/// Stops after this step.
struct StopAt(usize, StopHandle);

impl Observer<f32> for StopAt {
    fn step(&mut self, done: usize, _: usize) {
        if done == self.0 {
            self.1.stop();
        }
    }
    fn epoch(&mut self, _: &EpochReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[test]
fn a_trainer_that_was_stopped_trains_again() {
    let trainer = Trainer::new(config(5)).unwrap();
    let stop = trainer.stop_handle();
    let report = trainer.fit_network(&mut network(), &data(), None, StopAt(2, stop.clone())).unwrap();
    assert_eq!((report.stop_reason, report.steps, stop.is_stopped()), (StopReason::Stopped, 2, false));
    let report = trainer.fit_network(&mut network(), &data(), None, ()).unwrap();
    assert_eq!((report.stop_reason, report.steps), (StopReason::Finished, 5));
}

#[test]
fn a_stop_before_a_run_ends_that_run_alone_and_moves_nothing() {
    let trainer = Trainer::new(config(5)).unwrap();
    let (mut mlp, before) = (network(), weights_sha256(&network()));
    trainer.stop_handle().stop();
    let report = trainer.fit_network(&mut mlp, &data(), None, ()).unwrap();
    assert_eq!((report.stop_reason, report.steps, weights_sha256(&mlp)), (StopReason::Stopped, 0, before));
    assert_eq!(trainer.fit_network(&mut mlp, &data(), None, ()).unwrap().stop_reason, StopReason::Finished);
    // A run that could not begin was a run.
    trainer.stop_handle().stop();
    let mut other = Mlp::builder(3).dense(2).build().unwrap();
    assert!(trainer.fit_network(&mut other, &data(), None, ()).is_err());
    assert!(!trainer.stop_handle().is_stopped());
}

#[test]
fn nobody_has_to_watch() {
    let mut watched = network();
    let mut seen = 0;
    let observer = |_: &EpochReport| {
        seen += 1;
        ControlFlow::Continue(())
    };
    Trainer::new(config(3)).unwrap().fit_network(&mut watched, &data(), None, observer).unwrap();
    let mut alone = network();
    Trainer::new(config(3)).unwrap().fit_network(&mut alone, &data(), None, ()).unwrap();
    assert_eq!((seen, weights_sha256(&alone)), (3, weights_sha256(&watched)));
}
