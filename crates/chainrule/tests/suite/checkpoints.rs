//! Checkpoints: a run that goes on from any of them ends with the bits of the run that was not interrupted, and one of another run,
//! or damaged, is an error.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chainrule::data::{Dataset, Preprocess, digits};
use chainrule::optim::{Clip, WarmUp};
use chainrule::train::{Checkpoint, Checkpoints, EarlyStopping, Every, Observer, Refit, StopReason};
use chainrule::{EpochReport, Error, Loss, Mlp, Model, Optimizer, Scalar, TrainConfig, TrainReport, Trainer};

/// 313 rows to train on, ten steps of up to 32; 62 to validate on.
fn rows<T: Scalar>() -> (Dataset<T>, Dataset<T>) {
    let data = digits::<T>().scaled(0.0625).unwrap();
    let part = |range: std::ops::Range<usize>| data.select(&range.collect::<Vec<_>>()).unwrap();
    (part(0..313), part(313..375))
}

fn start<T: Scalar>() -> Model<T> {
    let network = Mlp::builder(64).dense(12).batch_norm().relu().dropout(0.3).dense(10).seed(7).build_as().unwrap();
    of(network)
}

fn of<T: Scalar>(network: Mlp<T>) -> Model<T> {
    Model::new(network, Loss::CrossEntropy).with_preprocess(Preprocess::Scale { factor: 0.0625 })
}

/// A hundred steps with everything that has a state.
fn config() -> TrainConfig {
    TrainConfig::default()
        .epochs(10)
        .batch(16)
        .accumulate(2)
        .optimizer(Optimizer::by_name("adam").unwrap().with("lr", 0.02).unwrap())
        .clip(Clip::Norm(0.5))
        .schedule("plateau:0.5:patience=0:threshold=0.3".parse().unwrap())
        .warm_up(WarmUp::over(1))
        .early_stopping(EarlyStopping { min_delta: 0.03, ..EarlyStopping::new(8) })
        .label_smoothing(0.05)
}

fn trainer(config: &TrainConfig, folder: &Path, every: Every) -> Trainer {
    let checkpoints = Checkpoints::in_folder(folder).every(every).keep(1000);
    Trainer::new(config.clone()).unwrap().with_checkpoints(checkpoints).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort_unstable();
    files
}

/// A report without what a clock says.
fn timeless(report: &TrainReport) -> TrainReport {
    let epoch = |epoch: &EpochReport| EpochReport { seconds: 0.0, ..epoch.clone() };
    TrainReport {
        epochs: report.epochs.iter().map(epoch).collect(),
        best_epoch: report.best_epoch.as_ref().map(epoch),
        step_seconds: 0.0,
        seconds: 0.0,
        ..report.clone()
    }
}

/// Trains once with a checkpoint after every step and once from each of them, with other numbers of threads.
fn goes_on_from_every_step<T: Scalar>(
    config: TrainConfig,
    train: &Dataset<T>,
    validation: Option<&Dataset<T>>,
) -> TrainReport {
    let folder = tempfile::tempdir().unwrap();
    let mut whole = start::<T>();
    let undisturbed = Trainer::new(config.clone().threads(1)).unwrap();
    let report = undisturbed.resume(&mut whole, train, validation, ()).unwrap();
    let mut observed = start::<T>();
    let kept = trainer(&config, folder.path(), Every::Steps(1)).resume(&mut observed, train, validation, ()).unwrap();
    assert!(observed.mlp == whole.mlp && timeless(&kept) == timeless(&report), "checkpoints change the run");
    let files = files(folder.path());
    assert_eq!(files.len(), report.steps);
    for (at, file) in files.iter().enumerate() {
        let checkpoint = Checkpoint::open(file).unwrap();
        assert_eq!(checkpoint.steps(), at as u64 + 1);
        let mut model = start::<T>();
        model.mlp.params_mut().fill(T::ONE); // it does not matter what there was
        let other = Trainer::new(config.clone().threads(1 + at % 3)).unwrap();
        let again = other.continue_run(&checkpoint, &mut model, train, validation, ()).unwrap();
        assert!(model.mlp == whole.mlp, "other bits from step {}", at + 1);
        assert_eq!(timeless(&again), timeless(&report), "from step {}", at + 1);
    }
    report
}

#[test]
fn a_hundred_steps_end_with_the_same_bits_from_each_of_them() {
    let (train, validation) = rows::<f32>();
    let report = goes_on_from_every_step(config(), &train, Some(&validation));
    // All of it took part: the rate fell, and the weights are not the last ones.
    let rates: Vec<_> = report.epochs.iter().map(|epoch| epoch.learning_rate.unwrap()).collect();
    assert_eq!((report.steps, report.stop_reason), (100, StopReason::Finished));
    assert!(rates[9] < rates[2] && report.best < Some(10), "{rates:?}, best {:?}", report.best);
}

#[test]
fn other_optimisers_weights_of_rows_and_f64_go_on_too() {
    let (train, _) = rows::<f64>();
    let weights = (0..train.rows()).map(|row| (row % 4) as f64).collect();
    let train = train.with_weights(weights).unwrap();
    for name in ["sgd", "momentum", "rmsprop", "adagrad", "adamw"] {
        let optimizer = match name {
            "momentum" => Optimizer::by_name("sgd").unwrap().with("momentum", 0.9).unwrap(),
            name => Optimizer::by_name(name).unwrap(),
        };
        let config = TrainConfig::default().epochs(2).batch(32).optimizer(optimizer);
        let config = config.schedule("cosine".parse().unwrap());
        goes_on_from_every_step(config, &train, None);
    }
}

#[test]
fn a_run_that_ended_early_stays_ended_and_is_refitted_to_the_same_bits() {
    let (train, validation) = rows::<f32>();
    let config = config()
        .schedule("constant".parse().unwrap())
        .early_stopping(EarlyStopping { min_delta: 1.0, ..EarlyStopping::new(2) });
    let folder = tempfile::tempdir().unwrap();
    let keeps = trainer(&config, folder.path(), Every::Epochs(1));
    let whole = digits::<f32>().scaled(0.0625).unwrap();
    let refit = |trainer: &Trainer, best: Option<usize>| {
        let mut again = start::<f32>().described_by(&whole);
        trainer.refit(&mut again, &whole, best.unwrap(), Refit::Annealed, ()).unwrap();
        again
    };
    let mut model = start();
    let report = keeps.resume(&mut model, &train, Some(&validation), ()).unwrap();
    assert_eq!(report.stop_reason, StopReason::EarlyStopped);
    let before = files(folder.path());
    let refitted = refit(&keeps, report.best);
    assert_eq!(files(folder.path()), before, "a refit leaves the checkpoints of its run alone");
    // Killed in the refit: the first run is over, and the refit is made again.
    for file in &before {
        let mut again = start();
        let checkpoint = Checkpoint::open(file).unwrap();
        let report_again = keeps.continue_run(&checkpoint, &mut again, &train, Some(&validation), ()).unwrap();
        assert!(again.mlp == model.mlp && timeless(&report_again) == timeless(&report));
        assert!(refit(&keeps, report_again.best).mlp == refitted.mlp);
    }
}

#[test]
fn a_run_that_is_stopped_leaves_the_step_it_came_to() {
    struct StopAt(usize, chainrule::train::StopHandle);
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
    let (train, validation) = rows::<f32>();
    let mut whole = start();
    Trainer::new(config()).unwrap().resume(&mut whole, &train, Some(&validation), ()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let keeps = trainer(&config(), folder.path(), "1h".parse().unwrap());
    let mut model = start();
    let stop = StopAt(23, keeps.stop_handle());
    let report = keeps.resume(&mut model, &train, Some(&validation), stop).unwrap();
    assert_eq!((report.stop_reason, report.steps), (StopReason::Stopped, 23));
    let newest = Checkpoint::newest(folder.path()).unwrap().checkpoint;
    assert_eq!((newest.steps(), newest.position()), (23, Some((3, 3))));
    let mut again = start();
    let report = keeps.continue_run(&newest, &mut again, &train, Some(&validation), ()).unwrap();
    assert!(again.mlp == whole.mlp && report.steps == 100);
    // The end is kept too.
    assert_eq!(Checkpoint::newest(folder.path()).unwrap().checkpoint.steps(), 100);
    // The folder is that run's.
    let error = keeps.resume(&mut start(), &train, Some(&validation), ()).unwrap_err().to_string();
    assert!(error.contains("2 of another run in"), "{error}");
}

#[test]
fn only_the_last_ones_stay() {
    let (train, _) = rows::<f32>();
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::in_folder(folder.path().join("new/folder")).every(Every::Steps(3)).keep(2);
    let trainer = Trainer::new(TrainConfig::default().epochs(1)).unwrap().with_checkpoints(checkpoints).unwrap();
    trainer.resume(&mut start(), &train, None, ()).unwrap();
    let names: Vec<_> = files(&folder.path().join("new/folder"))
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names, ["checkpoint-000000000009.safetensors", "checkpoint-000000000010.safetensors"]);
}

#[test]
fn another_run_is_refused_with_each_difference() {
    let (train, validation) = rows::<f32>();
    let folder = tempfile::tempdir().unwrap();
    let short = config().epochs(2);
    trainer(&short, folder.path(), Every::Epochs(1)).resume(&mut start(), &train, Some(&validation), ()).unwrap();
    let checkpoint = Checkpoint::newest(folder.path()).unwrap().checkpoint;
    let refused = |config: TrainConfig, train: &Dataset<f32>, validation: Option<&Dataset<f32>>, model: Model<f32>| {
        let trainer = Trainer::new(config).unwrap();
        let mut model = model;
        let before = model.mlp.clone();
        let error = trainer.continue_run(&checkpoint, &mut model, train, validation, ()).unwrap_err();
        assert!(model.mlp == before, "changed, and refused: {error}");
        match error {
            Error::OtherRun { differences, .. } => differences.join("; "),
            other => panic!("{other}"),
        }
    };
    let same = short.clone().threads(3).epoch_hashes(false);
    let mut model = start();
    Trainer::new(same).unwrap().continue_run(&checkpoint, &mut model, &train, Some(&validation), ()).unwrap();

    let other = short.clone().epochs(3).batch(20);
    let found = refused(other, &train, Some(&validation), start());
    assert_eq!(found, "epochs: 2 in the checkpoint, 3 now; batch: 16 in the checkpoint, 20 now");
    let adam = Optimizer::by_name("adam").unwrap();
    let found = refused(short.clone().optimizer(adam), &train, Some(&validation), start());
    assert!(found.starts_with("optimizer: adam lr 0.02, ") && found.contains("now"), "{found}");
    let found = refused(short.clone(), &validation, Some(&train), start());
    assert!(found.contains("training rows: 313 of 64 features") && found.contains("validation rows: 62 of"), "{found}");
    let mut weights = vec![1.0; train.rows()];
    weights[300] = 2.0;
    let found = refused(short.clone(), &train.clone().with_weights(weights).unwrap(), Some(&validation), start());
    assert!(found.starts_with("training rows") && !found.contains(';'), "{found}");
    let network = Mlp::builder(64).dense(13).batch_norm().relu().dropout(0.3).dense(10).build().unwrap();
    let found = refused(short.clone(), &train, Some(&validation), of(network));
    assert!(found.starts_with("layers: dense(64, 12)") && found.contains("dense(64, 13)"), "{found}");
    let without = TrainConfig { early_stopping: None, ..short.schedule("constant".parse().unwrap()) };
    let found = refused(without, &train, None, start());
    assert!(
        found.contains("schedule: ") && found.contains("early stopping: ") && found.contains("none now"),
        "{found}"
    );
}

#[test]
fn a_damaged_newest_is_passed_over_and_said() {
    let (train, _) = rows::<f32>();
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig::default().epochs(1);
    trainer(&config, folder.path(), Every::Steps(5)).resume(&mut start(), &train, None, ()).unwrap();
    let files = files(folder.path());
    let mut bytes = fs::read(&files[1]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&files[1], &bytes).unwrap();
    let newest = Checkpoint::newest(folder.path()).unwrap();
    assert_eq!((newest.checkpoint.path(), newest.unreadable.len()), (&*files[0], 1));
    assert!(newest.unreadable[0].to_string().contains("it was damaged"), "{}", newest.unreadable[0]);
    fs::write(&files[0], &bytes[..middle]).unwrap();
    let error = Checkpoint::newest(folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("no checkpoint that can be read (") && error.contains("in "), "{error}");
    let nowhere = Checkpoint::newest(folder.path().join("no")).unwrap_err().to_string();
    assert!(nowhere.starts_with("cannot read "), "{nowhere}");
}

#[test]
fn a_divergence_leaves_the_last_good_checkpoint() {
    let (train, _) = rows::<f32>();
    let folder = tempfile::tempdir().unwrap();
    // The rate explodes in the middle of the second epoch.
    let config = TrainConfig::default().epochs(3).optimizer(Optimizer::Sgd { lr: 0.1 });
    let config = config.schedule("exponential:1e30".parse().unwrap());
    let error = trainer(&config, folder.path(), Every::Steps(1)).resume(&mut start(), &train, None, ()).unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "{error}");
    let newest = Checkpoint::newest(folder.path()).unwrap();
    assert!(newest.unreadable.is_empty() && newest.checkpoint.steps() > 0);
    let error = trainer(&config, folder.path(), Every::Steps(1))
        .continue_run(&newest.checkpoint, &mut start(), &train, None, ())
        .unwrap_err();
    assert!(matches!(error, Error::Diverged { .. }), "it goes on to the same end: {error}");
}

#[test]
fn what_cannot_go_on_is_refused_before_the_first_step() {
    let (train, _) = rows::<f32>();
    let folder = tempfile::tempdir().unwrap();
    let lbfgs = TrainConfig::default().lbfgs(Default::default());
    let network = of(Mlp::builder(64).dense(10).build().unwrap());
    let keeps = trainer(&lbfgs, &folder.path().join("new"), Every::Epochs(1));
    let error = keeps.resume(&mut network.clone(), &train, None, ()).unwrap_err().to_string();
    assert_eq!(
        error,
        "checkpoints: found some, expected none with lbfgs, whose past steps are not stored, or an optimiser that takes steps"
    );
    assert!(!folder.path().join("new").exists());
    // A network and an optimiser alone are no run.
    let path = folder.path().join("state");
    let adam = Optimizer::by_name("adam").unwrap();
    let state = chainrule::optim::OptimizerState::new(adam, network.mlp.params().len()).unwrap();
    Checkpoint::write(&path, &network.mlp, &state).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    let trainer = Trainer::new(TrainConfig::default()).unwrap();
    let error = trainer.continue_run(&checkpoint, &mut network.clone(), &train, None, ()).unwrap_err().to_string();
    assert!(error.contains("found the state of a program's own loop"), "{error}");
    let error = chainrule::ModelFile::open(&path).unwrap_err().to_string();
    assert!(error.contains("found a checkpoint of a training run"), "{error}");
    network.save(&path).unwrap();
    let error = Checkpoint::open(&path).unwrap_err().to_string();
    assert!(error.contains("found another file"), "{error}");
    for wrong in [Checkpoints::in_folder("x").keep(0), Checkpoints::in_folder("x").every(Every::Steps(0))] {
        assert!(Trainer::new(TrainConfig::default()).unwrap().with_checkpoints(wrong).is_err());
    }
}

#[test]
fn a_programs_own_loop_is_refused_another_optimiser_or_network() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let network = |width| Mlp::builder(3).dense(width).build_as::<f64>().unwrap();
    let mlp = network(2);
    let workspace = |mlp: &Mlp<f64>, name: &str| {
        chainrule::Workspace::for_training(mlp, 4, Optimizer::by_name(name).unwrap()).unwrap()
    };
    Checkpoint::write(&path, &mlp, workspace(&mlp, "adam").optimizer_state()).unwrap();
    let checkpoint = Checkpoint::open(&path).unwrap();
    let refused = |mut mlp: Mlp<f64>, name: &str| {
        let mut workspace = workspace(&mlp, name);
        checkpoint.load_into(&mut mlp, &mut workspace).unwrap_err().to_string()
    };
    checkpoint.load_into(&mut network(2), &mut workspace(&mlp, "adam")).unwrap();
    assert!(refused(network(2), "rmsprop").contains("found the state of adam, expected that of rmsprop"));
    assert!(refused(network(3), "adam").contains("found a network of dense(3, 2), expected dense(3, 3)"));
    let mut narrow = Mlp::builder(3).dense(2).build().unwrap();
    let mut workspace = chainrule::Workspace::for_training(&narrow, 4, Optimizer::by_name("adam").unwrap()).unwrap();
    let error = checkpoint.load_into(&mut narrow, &mut workspace).unwrap_err().to_string();
    assert!(error.contains("found numbers in f64, expected f32"), "{error}");
}

#[test]
fn a_network_is_made_of_the_bytes_of_a_checkpoint_and_goes_on() {
    fn goes_on<T: Scalar>(layers: &str, optimizer: &str) {
        let optimizer: Optimizer = optimizer.parse().unwrap();
        let mut mlp: Mlp<T> = layers.parse::<chainrule::MlpBuilder>().unwrap().seed(5).build_as().unwrap();
        let rows: Vec<T> = (0..24).map(|i| T::from_f64(f64::from(i % 7) - 3.0)).collect();
        let (x, labels) = (chainrule::MatRef::new(&rows, 8, 3), [0, 1, 0, 1, 1, 0, 1, 0]);
        let targets = chainrule::TargetsRef::Classes(&labels);
        let mut workspace = chainrule::Workspace::for_training(&mlp, 8, optimizer).unwrap();
        let step = |mlp: &mut Mlp<T>, workspace: &mut chainrule::Workspace<T>| {
            mlp.step(x, targets, Loss::CrossEntropy, optimizer, workspace).unwrap()
        };
        for _ in 0..3 {
            step(&mut mlp, &mut workspace);
        }
        let bytes = Checkpoint::to_bytes(&mlp, workspace.optimizer_state()).unwrap();
        let checkpoint = Checkpoint::parse("m", &bytes).unwrap();
        assert_eq!(checkpoint.dtype() == chainrule::DType::F64, T::NAME == "f64");
        assert!(checkpoint.epochs().is_empty());
        let (mut again, state) = checkpoint.restore::<T>().unwrap();
        assert!(again == mlp && again.passes() == mlp.passes());
        let state = state.unwrap();
        assert_eq!(state.values(), workspace.optimizer_state().values());
        let mut other = chainrule::Workspace::for_training(&again, 8, optimizer).unwrap();
        other.set_optimizer_state(state).unwrap();
        let losses: Vec<f64> = (0..3).map(|_| step(&mut mlp, &mut workspace)).collect();
        assert_eq!((0..3).map(|_| step(&mut again, &mut other)).collect::<Vec<_>>(), losses, "{layers} {optimizer}");
        assert!(again == mlp);
        // A file holds the same.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        Checkpoint::write(&path, &mlp, workspace.optimizer_state()).unwrap();
        assert_eq!(fs::read(&path).unwrap(), Checkpoint::to_bytes(&mlp, workspace.optimizer_state()).unwrap());
        let wrong = if T::NAME == "f64" {
            checkpoint.restore::<f32>().unwrap_err()
        } else {
            checkpoint.restore::<f64>().unwrap_err()
        };
        assert!(wrong.to_string().contains("found numbers in"), "{wrong}");
    }
    for layers in ["3-6-2 batch_norm relu dropout(0.3)", "dropout(0.2), dense(3, 4), layer_norm(4), gelu, dense(4, 2)"]
    {
        for optimizer in ["sgd:lr=0.1", "sgd:lr=0.1:momentum=0.9", "adam", "adamw", "rmsprop", "adagrad"] {
            goes_on::<f32>(layers, optimizer);
            goes_on::<f64>(layers, optimizer);
        }
    }
}

#[test]
fn a_checkpoint_tells_the_epochs_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let (train, validation) = rows::<f32>();
    let report = trainer(&config(), folder.path(), Every::Steps(35))
        .resume(&mut start(), &train, Some(&validation), ())
        .unwrap();
    let files = files(folder.path());
    assert!(files.len() > 1);
    for file in files {
        let told = Checkpoint::open(file).unwrap();
        let (under_way, _) = told.position().unwrap();
        assert_eq!(told.epochs(), report.epochs[..under_way - 1]);
    }
}
