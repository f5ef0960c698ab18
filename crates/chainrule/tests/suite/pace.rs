//! How a run goes on: schedules, early stopping, accumulation, L-BFGS, and what an observer sees of the network.

use std::ops::ControlFlow;

use chainrule::bare::evaluate;
use chainrule::data::{Dataset, Features, Order, Preprocess, Targets, digits};
use chainrule::optim::{Clip, Decay, Group, LbfgsSettings, Schedule, WarmUp};
use chainrule::train::{EarlyStopping, Monitor, Observer, StopReason};
use chainrule::{EpochReport, Loss, Mlp, Optimizer, Scalar, TrainConfig, TrainReport, Trainer, weights_sha256};

fn scaled_digits<T: Scalar>() -> (Dataset<T>, Dataset<T>) {
    let mut data = digits::<T>();
    data.preprocess(&Preprocess::Scale { factor: 1.0 / 16.0 }).unwrap();
    data.split(0.2, 42).unwrap()
}

fn go_on(_: &EpochReport) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn network<T: Scalar>(hidden: usize) -> Mlp<T> {
    Mlp::builder(64).dense(hidden).relu().dense(10).seed(3).build_as().unwrap()
}

fn fit<T: Scalar>(mlp: &mut Mlp<T>, config: TrainConfig) -> TrainReport {
    let (train, test) = scaled_digits::<T>();
    Trainer::new(config).unwrap().fit_network(mlp, &train, Some(&test), go_on).unwrap()
}

#[test]
fn each_epoch_reports_the_rate_of_its_last_step() {
    let schedule = Schedule::Step { every: 2, factor: 0.5 };
    let warm_up = Some(WarmUp { epochs: 1, start: 0.5 });
    let config = TrainConfig { epochs: 5, schedule, warm_up, ..TrainConfig::default() };
    let rates: Vec<f64> =
        fit(&mut network::<f32>(8), config).epochs.iter().map(|epoch| epoch.learning_rate.unwrap()).collect();
    assert!(rates[0] > 0.09 && rates[0] < 0.1, "{rates:?}");
    assert_eq!(rates[1..], [0.1, 0.05, 0.05, 0.025]);
}

#[test]
fn a_schedule_sets_the_rate_of_every_step() {
    let (train, _) = scaled_digits::<f64>();
    let train = train.select(&(0..40).collect::<Vec<_>>()).unwrap();
    let schedule = Schedule::Cosine { min_lr: 0.001 };
    let optimizer = Optimizer::by_name("adam").unwrap();
    let settings =
        TrainConfig { epochs: 2, batch: 16, optimizer, schedule, order: Order::Sequential, ..Default::default() };
    let (mut trained, mut stepped) = (network::<f64>(8), network::<f64>(8));
    Trainer::new(settings).unwrap().fit_network(&mut trained, &train, None, go_on).unwrap();
    let mut workspace = chainrule::Workspace::for_training(&stepped, 16, optimizer).unwrap();
    let Targets::Classes { labels, .. } = train.targets() else { panic!("digits have classes") };
    let run = chainrule::optim::Span { epochs: 2, steps: 3 };
    for step in 0..6 {
        let start = step % 3 * 16;
        let end = 40.min(start + 16);
        let data = train.features().data();
        let x = chainrule::MatRef::new(&data[start * 64..end * 64], end - start, 64);
        let targets = chainrule::TargetsRef::Classes(&labels[start..end]);
        let rate = schedule.rate(optimizer.lr(), step as u64, run);
        stepped.step(x, targets, Loss::CrossEntropy, optimizer.at_rate(rate), &mut workspace).unwrap();
    }
    assert!(trained.params() == stepped.params());
}

#[test]
fn a_plateau_lowers_the_rate_where_validation_no_longer_falls() {
    // Nothing is ever better by so much.
    let schedule: Schedule = "plateau:factor=0.5:patience=1:threshold=0.99".parse().unwrap();
    let config = TrainConfig { epochs: 6, schedule, ..TrainConfig::default() };
    let report = fit(&mut network::<f32>(8), config.clone());
    let rates: Vec<f64> = report.epochs.iter().map(|epoch| epoch.learning_rate.unwrap()).collect();
    assert_eq!(rates, [0.1, 0.1, 0.1, 0.05, 0.05, 0.025]);
    let (train, _) = scaled_digits::<f32>();
    let error =
        Trainer::new(config).unwrap().fit_network(&mut network(8), &train, None, go_on).unwrap_err().to_string();
    assert_eq!(
        error,
        "the plateau schedule: found no validation rows, expected validation rows, whose loss or accuracy it depends on"
    );
}

#[test]
fn early_stopping_ends_with_the_weights_of_the_best_epoch() {
    let (train, test) = scaled_digits::<f64>();
    // Few rows: they are learned by heart, and the others get worse.
    let few = train.select(&(0..60).collect::<Vec<_>>()).unwrap();
    for (monitor, min_delta) in [(Monitor::Loss, 0.0), (Monitor::Loss, 0.01), (Monitor::Accuracy, 0.0)] {
        let early_stopping = Some(EarlyStopping { patience: 4, min_delta, monitor });
        let optimizer = Optimizer::by_name("adam").unwrap().with("lr", 0.02).unwrap();
        let config = TrainConfig { epochs: 200, optimizer, early_stopping, ..TrainConfig::default() };
        let mut mlp = network::<f64>(16);
        let report = Trainer::new(config).unwrap().fit_network(&mut mlp, &few, Some(&test), go_on).unwrap();
        let score = |epoch: &EpochReport| {
            let validation = epoch.validation.as_ref().unwrap();
            if monitor == Monitor::Loss { validation.loss } else { -validation.accuracy.unwrap() }
        };
        // By hand: the last that was better than the best before it by enough, and then four that were not.
        let (mut best, mut at) = (f64::INFINITY, 0);
        for epoch in &report.epochs {
            if score(epoch) < best - min_delta {
                (best, at) = (score(epoch), epoch.epoch);
            }
        }
        assert_eq!((report.best, report.stop_reason), (Some(at), StopReason::EarlyStopped));
        assert_eq!(report.epochs.len(), at + 4);
        assert!(at > 1 && report.epochs.len() < 200);
        assert_eq!(weights_sha256(&mlp), report.epochs[at - 1].weights_sha256);
        let (now, best) = (evaluate(&mlp, &test, Loss::CrossEntropy).unwrap(), &report.epochs[at - 1]);
        assert_eq!(
            (Some(now.loss), report.best_epoch.as_ref()),
            (best.validation.as_ref().map(|v| v.loss), Some(best))
        );
    }
}

#[test]
fn a_run_that_is_ended_otherwise_has_its_best_weights_too() {
    let (train, test) = scaled_digits::<f64>();
    let few = train.select(&(0..60).collect::<Vec<_>>()).unwrap();
    let optimizer = Optimizer::by_name("adam").unwrap().with("lr", 0.02).unwrap();
    let early_stopping = Some(EarlyStopping::new(1000));
    let config = TrainConfig { epochs: 60, optimizer, early_stopping, ..TrainConfig::default() };
    let mut mlp = network::<f64>(16);
    let report = Trainer::new(config.clone()).unwrap().fit_network(&mut mlp, &few, Some(&test), go_on).unwrap();
    let best = report.best.unwrap();
    assert!(report.stop_reason == StopReason::Finished && best < 60);
    assert_eq!(weights_sha256(&mlp), report.epochs[best - 1].weights_sha256);
    let error = Trainer::new(config).unwrap().fit_network(&mut mlp, &few, None, go_on).unwrap_err().to_string();
    assert_eq!(
        error,
        "early stopping: found no validation rows, expected validation rows, whose loss or accuracy it depends on"
    );
}

/// The last group has a single, smaller minibatch in it.
#[test]
fn groups_of_minibatches_learn_as_one_larger_minibatch() {
    for (name, clip) in [("sgd", None), ("adam", None), ("sgd", Some(Clip::Norm(0.3)))] {
        let optimizer = Optimizer::by_name(name).unwrap();
        let config = |batch: usize, accumulate: usize| TrainConfig {
            epochs: 3,
            batch,
            accumulate,
            clip,
            optimizer,
            ..Default::default()
        };
        let (mut whole, mut groups) = (network::<f64>(12), network::<f64>(12));
        let one = fit(&mut whole, config(120, 1));
        let many = fit(&mut groups, config(30, 4));
        assert_eq!(one.steps, many.steps);
        for (a, b) in whole.params().iter().zip(groups.params()) {
            assert!((a - b).abs() <= 1e-10, "{name}: {a} and {b}");
        }
        for (a, b) in one.epochs.iter().zip(&many.epochs) {
            assert!((a.loss - b.loss).abs() <= 1e-10 && a.accuracy == b.accuracy);
        }
        // Not the same bits, which would mean that nothing was accumulated.
        assert_ne!(weights_sha256(&whole), weights_sha256(&groups));
    }
}

fn everything(threads: usize) -> TrainConfig {
    TrainConfig {
        epochs: 8,
        batch: 150,
        accumulate: 2,
        optimizer: Optimizer::by_name("adagrad").unwrap().with("lr", 0.05).unwrap(),
        clip: Some(Clip::Norm(1.0)),
        decay: Group::Weights.decays(Decay { l1: 1e-4, l2: 1e-4, decoupled: 1e-3 }),
        schedule: "one-cycle".parse().unwrap(),
        warm_up: Some(WarmUp::over(2)),
        early_stopping: Some(EarlyStopping::new(2)),
        threads: Some(threads),
        ..TrainConfig::default()
    }
}

fn same_bits<T: Scalar>() {
    let plain = |threads| TrainConfig { clip: None, accumulate: 1, batch: 300, ..everything(threads) };
    let lbfgs = |threads| TrainConfig {
        epochs: 5,
        lbfgs: Some(LbfgsSettings::default()),
        threads: Some(threads),
        ..TrainConfig::default()
    };
    for config in [everything as fn(usize) -> TrainConfig, plain, lbfgs] {
        let hash = |threads: usize| {
            let mut mlp = network::<T>(210);
            let report = fit(&mut mlp, config(threads));
            (weights_sha256(&mlp), report.best, report.epochs.len())
        };
        let one = hash(1);
        for threads in [2, 3, 4, 8] {
            assert_eq!(hash(threads), one, "{threads} threads, {:?}", config(threads));
        }
    }
}

#[test]
fn nothing_of_it_depends_on_the_number_of_threads() {
    same_bits::<f32>();
    same_bits::<f64>();
}

#[test]
fn lbfgs_lowers_the_loss_of_all_rows_at_every_epoch_and_says_when_it_is_done() {
    let (train, test) = scaled_digits::<f64>();
    // More rows than a part of the gradient has.
    assert!(train.rows() > 1024);
    let mut mlp = Mlp::builder(64).dense(10).build_as::<f64>().unwrap();
    let config = TrainConfig { epochs: 30, lbfgs: Some(LbfgsSettings::default()), ..TrainConfig::default() };
    let report = Trainer::new(config.clone()).unwrap().fit_network(&mut mlp, &train, Some(&test), go_on).unwrap();
    assert_eq!((report.steps, report.epochs.len(), report.stop_reason), (30, 30, StopReason::Finished));
    assert!(report.epochs.windows(2).all(|pair| pair[1].loss <= pair[0].loss));
    assert!(report.epochs.iter().all(|epoch| epoch.learning_rate.is_none()));
    let last = &report.epochs[29];
    assert!(last.loss < 0.05 && last.accuracy.unwrap() > 0.98, "{last:?}");
    // What the last epoch says is of the network as it is.
    let now = evaluate(&mlp, &train, Loss::CrossEntropy).unwrap();
    assert!((now.loss - last.loss).abs() < 1e-12 && now.accuracy == last.accuracy);

    // Three rows are learned by heart, or nearly.
    let few = train.select(&[0, 1, 2]).unwrap();
    let values = Targets::Values { values: vec![0.5; 3], cols: 1 };
    let data = Dataset::new(Features::new(3, 64, few.features().data().to_vec()).unwrap(), values).unwrap();
    let mut mlp = Mlp::builder(64).dense(1).build_as::<f64>().unwrap();
    let config = TrainConfig { epochs: 500, loss: Loss::Mse, ..config };
    let report = Trainer::new(config).unwrap().fit_network(&mut mlp, &data, None, go_on).unwrap();
    assert_eq!(report.stop_reason, StopReason::Converged);
    assert!(report.epochs.len() < 50 && report.epochs.last().unwrap().loss < 1e-12);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let message = |settings: TrainConfig| Trainer::new(settings).unwrap_err().to_string();
    let plain = TrainConfig::default;
    assert_eq!(message(TrainConfig { accumulate: 0, ..plain() }), "accumulate: found 0, expected at least 1");
    let early_stopping = Some(EarlyStopping::new(0));
    assert_eq!(message(TrainConfig { early_stopping, ..plain() }), "patience: found 0, expected at least 1");
    let early_stopping = Some(EarlyStopping { min_delta: f64::NAN, ..EarlyStopping::new(1) });
    assert_eq!(
        message(TrainConfig { early_stopping, ..plain() }),
        "min delta: found NaN, expected a finite number, 0 or more"
    );
    let schedule = Schedule::Step { every: 0, factor: 0.5 };
    assert_eq!(message(TrainConfig { schedule, ..plain() }), "every: found 0, expected a finite number above 0");
    let decay = Group::All.decays(Decay { l1: -1.0, ..Decay::default() });
    assert_eq!(message(TrainConfig { decay, ..plain() }), "L1 decay: found -1, expected a finite number, 0 or more");
    let lbfgs = Some(LbfgsSettings::default());
    let schedule = Schedule::Cosine { min_lr: 0.0 };
    let text = message(TrainConfig { lbfgs, schedule, ..plain() });
    assert!(text.starts_with("schedule: found one, expected none with lbfgs"), "{text}");
    let text = message(TrainConfig { lbfgs, clip: Some(Clip::Norm(1.0)), ..plain() });
    assert!(text.starts_with("clip: found one, expected none with lbfgs"), "{text}");
}

/// Notes the hash of what it is shown.
struct Seen<'a>(&'a mut Vec<(usize, String, String)>);

impl Observer<f32> for Seen<'_> {
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        if report.epoch == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
    fn network(&mut self, report: &EpochReport, mlp: &Mlp<f32>) {
        self.0.push((report.epoch, report.weights_sha256.clone(), weights_sha256(mlp)));
    }
}

#[test]
fn an_observer_sees_the_network_after_each_epoch_the_last_one_too() {
    let (train, _) = scaled_digits::<f32>();
    let mut seen = Vec::new();
    let config = TrainConfig { epochs: 5, ..TrainConfig::default() };
    Trainer::new(config).unwrap().fit_network(&mut network(8), &train, None, Seen(&mut seen)).unwrap();
    assert_eq!(seen.iter().map(|(epoch, ..)| *epoch).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(seen.iter().all(|(_, reported, shown)| reported == shown));
}
