//! A run ends with finite numbers or with an error, and an error leaves what the last good epoch left.

use chainrule::bare::{assess, evaluate};
use chainrule::data::{Dataset, Features, Order, Targets};
use chainrule::optim::LbfgsSettings;
use chainrule::train::{EarlyStopping, LossBatch, StopReason};
use chainrule::{Divergence, Error, Loss, Mlp, Model, Optimizer, Scalar, TrainConfig, Trainer, weights_sha256};

/// Rows of one feature and one value.
fn line<T: Scalar>(x: &[f64], t: &[f64]) -> Dataset<T> {
    let wide = |values: &[f64]| values.iter().map(|&value| T::from_f64(value)).collect::<Vec<T>>();
    Dataset::new(Features::new(x.len(), 1, wide(x)).unwrap(), Targets::Values { values: wide(t), cols: 1 }).unwrap()
}

fn classes(x: &[f32]) -> Dataset<f32> {
    let labels = (0..x.len() as u32).map(|row| row % 2).collect();
    Dataset::new(Features::new(x.len(), 1, x.to_vec()).unwrap(), Targets::Classes { labels, classes: 2 }).unwrap()
}

fn config(epochs: usize, lr: f64) -> TrainConfig {
    let (optimizer, loss) = (Optimizer::Sgd { lr }, Loss::Mse);
    TrainConfig { epochs, optimizer, loss, batch: 4, order: Order::Sequential, threads: Some(1), ..Default::default() }
}

fn all_finite<T: Scalar>(mlp: &Mlp<T>) -> bool {
    mlp.params().iter().chain(mlp.running()).all(|value| value.is_finite())
}

/// What `Diverged` says.
fn diverged<R: std::fmt::Debug>(result: chainrule::Result<R>) -> (usize, usize, Option<usize>, Divergence) {
    match result.unwrap_err() {
        Error::Diverged { epoch, step, layer, what, .. } => (epoch, step, layer, what),
        other => panic!("{other}"),
    }
}

#[test]
fn the_last_step_of_a_run_is_checked_like_the_others() {
    // The loss is measured before a step, so a run of one step has a finite one whatever the step does.
    let data = line::<f32>(&[1.0, 2.0], &[5.0, 5.0]);
    for epochs in [1, 3] {
        let mut mlp = Mlp::builder(1).dense(1).build().unwrap();
        let before = weights_sha256(&mlp);
        let found = diverged(Trainer::new(config(epochs, 1e38)).unwrap().fit_network(&mut mlp, &data, None, ()));
        assert!(matches!(found, (1, 1, Some(1), Divergence::Parameter { module: 0, .. })), "{found:?}");
        assert_eq!(weights_sha256(&mlp), before);
    }
}

#[test]
fn the_error_names_the_layer_and_whose_weights_are_there() {
    let mut mlp = Mlp::builder(1).dense(1).build().unwrap();
    let error =
        Trainer::new(config(1, 1e38)).unwrap().fit_network(&mut mlp, &line(&[1.0], &[5.0]), None, ()).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("a parameter of dense layer 1 became inf at step 1 of epoch 1: training"), "{text}");
    assert!(text.contains("the weights are those of the start") && text.contains("smaller learning rate"), "{text}");
}

#[test]
fn a_running_variance_beyond_f32_is_an_error_and_not_in_f64() {
    let columns = [1e30, -1e30, 3e30, 2e30];
    fn fit<T: Scalar>(columns: &[f64]) -> (Mlp<T>, chainrule::Result<chainrule::TrainReport>) {
        let mut mlp = Mlp::<f32>::builder(1).batch_norm().dense(1).build_as::<T>().unwrap();
        let result =
            Trainer::new(config(2, 1e-3)).unwrap().fit_network(&mut mlp, &line::<T>(columns, &[1.0; 4]), None, ());
        (mlp, result)
    }
    let (mlp, result) = fit::<f32>(&columns);
    let (epoch, _, layer, what) = diverged(result);
    assert_eq!((epoch, layer, what), (1, None, Divergence::Running { module: 0, value: f64::INFINITY }));
    assert!(all_finite(&mlp) && mlp.batches() == [0]);
    let (mlp, result) = fit::<f64>(&columns);
    assert!(result.is_ok() && all_finite(&mlp));
}

#[test]
fn a_run_stopped_where_its_numbers_are_infinite_is_no_success() {
    struct StopAfterOne(chainrule::train::StopHandle);
    impl chainrule::train::Observer<f32> for StopAfterOne {
        fn step(&mut self, _: usize, _: usize) {
            self.0.stop();
        }
        fn epoch(&mut self, _: &chainrule::EpochReport) -> std::ops::ControlFlow<()> {
            std::ops::ControlFlow::Continue(())
        }
    }
    let data = line::<f32>(&[1.0; 8], &[5.0; 8]);
    let mut mlp = Mlp::builder(1).dense(1).build().unwrap();
    let before = weights_sha256(&mlp);
    let trainer = Trainer::new(config(1, 1e38)).unwrap();
    let found = diverged(trainer.fit_network(&mut mlp, &data, None, StopAfterOne(trainer.stop_handle())));
    assert!(matches!(found, (1, 1, Some(1), Divergence::Parameter { .. })), "{found:?}");
    assert_eq!(weights_sha256(&mlp), before);
}

#[test]
fn what_is_left_after_any_divergence_can_be_saved_and_loaded() {
    let path = std::env::temp_dir().join(format!("chainrule-finite-{}.safetensors", std::process::id()));
    let data = line::<f32>(&[1.0, 2.0, 3.0, -4.0, 5.0], &[5.0, 1.0, 0.0, 2.0, 9.0]);
    let mut ends = [0, 0];
    for seed in 0..60u32 {
        // From rates at which all runs go well to rates at which the first step overflows.
        let lr = 10f64.powf(f64::from(seed) / 1.5 - 4.0);
        let build = Mlp::builder(1).dense(6).relu().dense(1).seed(u64::from(seed));
        let mut mlp = build.build().unwrap();
        let result =
            Trainer::new(config(1 + seed as usize % 4, lr)).unwrap().fit_network(&mut mlp, &data, Some(&data), ());
        ends[usize::from(result.is_ok())] += 1;
        assert!(matches!(result, Ok(_) | Err(Error::Diverged { .. } | Error::Step { .. })), "{result:?}");
        assert!(all_finite(&mlp), "seed {seed}: {result:?}");
        Model::new(mlp, Loss::Mse).save(&path).unwrap();
        Model::<f32>::load(&path).unwrap();
    }
    std::fs::remove_file(&path).unwrap();
    assert!(ends[0] > 5 && ends[1] > 5, "{ends:?}");
}

#[test]
fn validation_that_overflows_is_an_error_with_its_row_and_keeps_the_epoch_before() {
    // Training is tame; the third validation row is not.
    let train = line::<f32>(&[0.5, -0.5, 1.0, -1.0], &[0.5, -0.5, 1.0, -1.0]);
    let wild = line::<f32>(&[1.0, 2.0, 3e38, 4.0], &[0.0; 4]);
    let mut mlp = Mlp::builder(1).dense(1).seed(1).build().unwrap();
    mlp.params_mut().copy_from_slice(&[4.0, 0.0]);
    let before = weights_sha256(&mlp);
    let early_stopping = Some(EarlyStopping::new(3));
    let trainer = Trainer::new(TrainConfig { early_stopping, ..config(5, 0.01) }).unwrap();
    let found = diverged(trainer.fit_network(&mut mlp, &train, Some(&wild), ()));
    let what = Divergence::ValidationOutput { row: 3, output: 1, value: f64::INFINITY };
    assert_eq!((found.0, found.3, weights_sha256(&mlp)), (1, what, before));

    // Outputs that are finite in f64, and squared are not.
    let mut wide = Mlp::<f32>::builder(1).dense(1).build_as::<f64>().unwrap();
    wide.params_mut().copy_from_slice(&[1.0, 0.0]);
    let train = line::<f64>(&[0.5, -0.5], &[0.5, -0.5]);
    let wild = line::<f64>(&[1.0, 1e200], &[0.0, 0.0]);
    let found = diverged(Trainer::new(config(2, 0.01)).unwrap().fit_network(&mut wide, &train, Some(&wild), ()));
    assert_eq!(found.3, Divergence::ValidationLoss { first: 1, last: 2, value: f64::INFINITY });
}

#[test]
fn an_evaluation_that_overflows_names_the_row() {
    let mut mlp = Mlp::builder(1).dense(3).dense(2).seed(1).build().unwrap();
    mlp.params_mut().fill(4.0);
    let mut x = vec![0.0; 700];
    for loss in [Loss::CrossEntropy, Loss::Mse] {
        x[601] = 1e30;
        assert!(evaluate(&mlp, &classes(&x), loss).is_ok());
        x[601] = 1e38;
        let data = classes(&x);
        for error in [evaluate(&mlp, &data, loss).map(drop), assess(&mlp, &data, loss).map(drop)] {
            let error = error.unwrap_err();
            assert!(matches!(error, Error::OutputNotFinite { row: 602, output: 1, value: f64::INFINITY }), "{error}");
            assert!(error.to_string().starts_with("row 602: output 1 is inf, expected"), "{error}");
        }
    }
    // Outputs that are finite in f64, and squared are not.
    let mut wide = Mlp::<f32>::builder(1).dense(1).build_as::<f64>().unwrap();
    wide.params_mut().copy_from_slice(&[1.0, 0.0]);
    let mut x = vec![1.0; 300];
    x[270] = 1e200;
    let error = evaluate(&wide, &line::<f64>(&x, &[0.0; 300]), Loss::Mse).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rows 257 to 300: the loss is inf; their outputs or targets are too large to be compared"
    );
}

#[test]
fn lbfgs_ends_with_finite_numbers_or_an_error_that_restores() {
    let lbfgs = Some(LbfgsSettings::default());
    for (x, t) in [(3e38f64, 1.0), (1e20, 1e19), (1.0, 2.0)] {
        let data = line::<f32>(&[x, -x / 2.0, x / 4.0], &[t, -t, t]);
        let mut mlp = Mlp::builder(1).dense(3).tanh().dense(1).seed(2).build().unwrap();
        let before = weights_sha256(&mlp);
        match Trainer::new(TrainConfig { lbfgs, ..config(20, 0.1) }).unwrap().fit_network(&mut mlp, &data, None, ()) {
            Ok(_) => assert!(all_finite(&mlp)),
            Err(Error::Diverged { epoch: 1, .. }) => assert_eq!(weights_sha256(&mlp), before),
            Err(error) => assert!(matches!(error, Error::Diverged { .. }) && all_finite(&mlp), "{error}"),
        }
    }
}

#[test]
fn a_network_that_holds_no_numbers_is_refused_before_the_first_step() {
    let data = line::<f32>(&[1.0, 2.0], &[5.0, 5.0]);
    let trainer = Trainer::new(config(1, 0.1)).unwrap();
    let mut mlp = Mlp::builder(1).batch_norm().dense(1).build().unwrap();
    mlp.running_mut()[1] = f32::NAN;
    let error = trainer.fit_network(&mut mlp, &data, None, ()).unwrap_err().to_string();
    let expected = ", expected finite numbers to start from";
    assert_eq!(error, format!("network: found NaN as a running statistic of module 0{expected}"));
    let mut mlp = Mlp::builder(1).dense(1).build().unwrap();
    mlp.params_mut()[1] = f32::INFINITY;
    let error = trainer.fit_network(&mut mlp, &data, None, ()).unwrap_err().to_string();
    assert_eq!(error, format!("network: found inf as a parameter of module 0{expected}"));
}

#[test]
fn a_loss_of_ones_own_that_writes_no_numbers_names_epoch_and_step_and_moves_nothing() {
    let data = line::<f64>(&[1.0; 12], &[2.0; 12]);
    for (accumulate, lbfgs) in [(1, None), (2, None), (1, Some(LbfgsSettings::default()))] {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut asked = 0;
            let loss = |batch: LossBatch<'_, f64>, dy: &mut [f64]| {
                asked += 1;
                dy.fill(0.01);
                // The fifth minibatch: in epoch 2, as its second; with L-BFGS its evaluations are the epoch's.
                dy[1] = if asked >= 5 { bad } else { 0.01 };
                batch.output.get(0, 0)
            };
            let mut mlp = Mlp::<f32>::builder(1).dense(1).seed(1).build_as::<f64>().unwrap();
            let settings = TrainConfig { accumulate, lbfgs, ..config(9, 0.1) };
            let error = Trainer::new(settings).unwrap().fit_network_with(&mut mlp, &data, None, loss, ());
            assert!(all_finite(&mlp));
            if lbfgs.is_some() {
                // A line search walks around what is no number.
                assert!(error.is_ok() || matches!(error, Err(Error::Diverged { .. })), "{error:?}");
                continue;
            }
            let (epoch, step, _, what) = diverged(error);
            assert_eq!((epoch, step), (2, if accumulate == 1 { 2 } else { 1 }));
            assert!(matches!(what, Divergence::Gradient { value } if value.to_string() == bad.to_string()), "{what:?}");
        }
    }
}

#[test]
fn a_good_run_says_nothing_of_all_this() {
    let data = line::<f32>(&[0.5, -0.5, 1.0, -1.0], &[0.5, -0.5, 1.0, -1.0]);
    let mut mlp = Mlp::builder(1).batch_norm().dense(1).build().unwrap();
    let report = Trainer::new(config(3, 0.01)).unwrap().fit_network(&mut mlp, &data, Some(&data), ()).unwrap();
    assert_eq!((report.stop_reason, report.epochs_run), (StopReason::Finished, 3));
}
