//! The trainer's own methods: its settings, its threads, and training with a loss of the caller's own.

use chainrule::data::digits;
use chainrule::optim::{Schedule, WarmUp};
use chainrule::train::LossBatch;
use chainrule::{Loss, Mlp, TargetsRef, TrainConfig, Trainer, start_threads};

#[test]
fn the_first_rate_is_that_of_schedule_and_warm_up() {
    let config = TrainConfig::default(); // SGD with a rate of 0.1
    assert_eq!(config.first_rate(1000), 0.1);
    let warm = config.clone().warm_up(WarmUp { epochs: 2, start: 0.25 });
    assert_eq!(warm.first_rate(1000), 0.25 * 0.1);
    let one_cycle = config.schedule(Schedule::OneCycle { rise: 0.3, start: 25.0, end: 1e4 });
    assert!((one_cycle.first_rate(1000) - 0.1 / 25.0).abs() < 1e-15);
}

#[test]
fn a_trainer_runs_work_on_its_own_threads() {
    let config = TrainConfig::default().threads(3);
    let trainer = Trainer::new(config.clone()).unwrap();
    assert_eq!((trainer.config(), trainer.threads()), (&config, 3));
    assert_eq!(trainer.install(rayon::current_num_threads), 3);
    start_threads().unwrap();
    start_threads().unwrap(); // they run already
    let shared = Trainer::new(TrainConfig::default()).unwrap();
    assert_eq!(shared.threads(), rayon::current_num_threads());
}

#[test]
fn a_model_trained_with_a_loss_of_the_callers_own_has_the_parameters_of_its_network_alone() {
    let data = digits::<f64>().scaled(1.0 / 16.0).unwrap();
    // The mean over rows of the squared distance of the outputs from the one-hot labels.
    let distance = |batch: LossBatch<'_, f64>, dy: &mut [f64]| {
        let TargetsRef::Classes(labels) = batch.targets else { panic!("classes were given") };
        let (rows, outputs) = (batch.output.rows(), batch.output.cols());
        let mut total = 0.0;
        for (at, dy) in dy.iter_mut().enumerate() {
            let (row, class) = (at / outputs, at % outputs);
            let error = batch.output.get(row, class) - f64::from(labels[row] as usize == class);
            total += error * error;
            *dy = 2.0 * error / rows as f64;
        }
        total / rows as f64
    };
    let network = || Mlp::builder(64).dense(10).seed(3).build_as::<f64>().unwrap();
    let config = TrainConfig::default().epochs(2).loss(Loss::Mse).batch(100);
    let trainer = Trainer::new(config).unwrap();
    let trained = trainer.fit_with(network(), &data, None, distance, ()).unwrap();
    let mut alone = network();
    let report = trainer.fit_network_with(&mut alone, &data, None, distance, ()).unwrap();
    assert_eq!(trained.model.mlp.params(), alone.params());
    assert_eq!(trained.model.preprocess, *data.preprocessing());
    assert_eq!(trained.model.loss, Loss::Mse);
    let losses = |report: &chainrule::TrainReport| report.epochs.iter().map(|epoch| epoch.loss).collect::<Vec<_>>();
    assert_eq!(losses(&trained.report), losses(&report));
}
