//! Losses, weights and metrics as an application meets them: from a dataset to what its model file remembers.

use std::ops::ControlFlow;

use chainrule::bare::{assess, evaluate};
use chainrule::data::{Dataset, Features, Targets};
use chainrule::network::Objective;
use chainrule::train::ClassWeights;
use chainrule::{EpochReport, Loss, MatRef, Mlp, Model, TrainConfig, Trainer, Workspace};

fn go_on(_: &EpochReport) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Points on a line; every tenth belongs to class 1, and they overlap.
fn rare_class() -> Dataset<f64> {
    let x: Vec<f64> = (0..200).map(|i| f64::from(i * 37 % 100) / 100.0 + if i % 10 == 0 { 0.6 } else { 0.0 }).collect();
    let labels = (0..200).map(|i| u32::from(i % 10 == 0)).collect();
    Dataset::new(Features::new(200, 1, x).unwrap(), Targets::Classes { labels, classes: 2 }).unwrap()
}

fn network(outputs: usize) -> Mlp<f64> {
    Mlp::builder(1).dense(8).tanh().dense(outputs).seed(4).build_as().unwrap()
}

fn trained(data: &Dataset<f64>, config: TrainConfig) -> (Mlp<f64>, Vec<EpochReport>) {
    let mut mlp = network(data.targets().width());
    let config = TrainConfig { threads: Some(1), ..config };
    let report = Trainer::new(config).unwrap().fit_network(&mut mlp, data, Some(data), go_on).unwrap();
    (mlp, report.epochs)
}

#[test]
fn balanced_classes_find_the_rare_one() {
    let data = rare_class();
    let recall = |class_weights: ClassWeights| {
        let config = TrainConfig { epochs: 30, class_weights, ..TrainConfig::default() };
        let (mlp, _) = trained(&data, config);
        let found = assess(&mlp, &data, Loss::CrossEntropy).unwrap();
        let balanced = found.metrics.iter().find(|(name, _)| *name == "balanced accuracy").unwrap().1;
        (found.classes.unwrap()[1].recall, balanced)
    };
    let (alike, balanced) = (recall(ClassWeights::Equal), recall(ClassWeights::Balanced));
    assert!(alike.0 < 0.3 && balanced.0 > 0.5 && balanced.1 > alike.1 + 0.1, "{alike:?}, {balanced:?}");
    // 200 / (2 * 180) and 200 / (2 * 20).
    assert_eq!(recall(ClassWeights::Given(vec![200.0 / 360.0, 5.0])), balanced);
}

#[test]
fn an_epoch_s_loss_is_weighted_over_all_its_rows_and_validation_s_is_plain() {
    let data = rare_class();
    let weights = [0.5, 4.0];
    let config = TrainConfig {
        epochs: 1,
        batch: 7,
        optimizer: chainrule::Optimizer::Sgd { lr: 1e-300 },
        class_weights: ClassWeights::Given(weights.to_vec()),
        label_smoothing: 0.1,
        ..TrainConfig::default()
    };
    // Steps of no length: what each minibatch adds up to is the loss of all rows at once.
    let (mlp, epochs) = trained(&data, config);
    let Targets::Classes { labels, .. } = data.targets() else { panic!("classes") };
    let x = data.features().data();
    let mut workspace = Workspace::new(&mlp, 200);
    mlp.forward(MatRef::new(&x, 200, 1), &mut workspace).unwrap();
    let objective = Objective { outputs: Some(&weights), smoothing: 0.1, ..Loss::CrossEntropy.into() };
    let want = mlp.loss(chainrule::TargetsRef::Classes(labels), objective, &mut workspace).unwrap();
    assert!((epochs[0].loss - want).abs() < 1e-12, "{}, {want}", epochs[0].loss);
    let plain = evaluate(&mlp, &data, Loss::CrossEntropy).unwrap();
    let validation = epochs[0].validation.as_ref().unwrap();
    assert_eq!((validation.loss, validation.accuracy), (plain.loss, plain.accuracy));
}

/// Whether x is above 0.3, and whether it is below 0.7: both are true in the middle.
fn two_questions() -> Dataset<f64> {
    let x: Vec<f64> = (0..100).map(|i| f64::from(i * 37 % 100) / 50.0 - 1.0).collect();
    let values = x.iter().flat_map(|&x| [f64::from(u8::from(x > -0.4)), f64::from(u8::from(x < 0.4))]).collect();
    Dataset::new(Features::new(100, 1, x).unwrap(), Targets::Values { values, cols: 2 }).unwrap()
}

#[test]
fn several_labels_of_a_row_are_learned_and_predicted_as_probabilities() {
    let data = two_questions();
    let (loss, optimizer) = (Loss::BinaryCrossEntropy, chainrule::Optimizer::Sgd { lr: 1.0 });
    let config = TrainConfig { epochs: 100, loss, optimizer, ..TrainConfig::default() };
    let (mlp, epochs) = trained(&data, config);
    assert!(epochs[99].loss < 0.1 && epochs[99].accuracy.is_none(), "{:?}", epochs[99]);
    let found = assess(&mlp, &data, loss).unwrap();
    let metric = |name: &str| found.metrics.iter().find(|(found, _)| *found == name).unwrap().1;
    assert!(metric("exact rows") > 0.9 && metric("macro F1") > 0.95 && metric("macro ROC AUC") > 0.99, "{found:?}");
    assert_eq!(found.classes.as_ref().map(Vec::len), Some(2));

    let folder = std::env::temp_dir().join(format!("chainrule-losses-{}", std::process::id()));
    Model::new(mlp, loss).save(&folder).unwrap();
    let model = Model::<f64>::load(&folder).unwrap();
    std::fs::remove_file(&folder).unwrap();
    assert!(model.loss == loss && !model.is_classifier());
    let middle = Features::new(2, 1, vec![0.0, 1.0]).unwrap();
    let p = model.predict_proba(&middle).unwrap();
    assert!(p[0] > 0.9 && p[1] > 0.9 && p[2] > 0.9 && p[3] < 0.1, "{p:?}");
    let z = model.predict(&middle).unwrap();
    z.iter().zip(&p).for_each(|(z, p)| assert!((1.0 / (1.0 + (-z).exp()) - p).abs() < 1e-12));
}

#[test]
fn a_positive_s_weight_raises_what_is_answered() {
    let mean_of_answers = |positive_weights| {
        let config =
            TrainConfig { epochs: 20, loss: Loss::BinaryCrossEntropy, positive_weights, ..TrainConfig::default() };
        let model = Model::new(trained(&two_questions(), config).0, Loss::BinaryCrossEntropy);
        let p = model.predict_proba(two_questions().features()).unwrap();
        p.iter().sum::<f64>() / p.len() as f64
    };
    let (alike, raised) = (mean_of_answers(None), mean_of_answers(Some(vec![5.0, 5.0])));
    assert!(raised > alike + 0.05, "{alike}, {raised}");
}

#[test]
fn weights_of_another_number_and_labels_beyond_0_and_1_are_refused() {
    let message = |data: &Dataset<f64>, config: TrainConfig| {
        let mut mlp = network(data.targets().width());
        Trainer::new(config).unwrap().fit_network(&mut mlp, data, None, go_on).unwrap_err().to_string()
    };
    let class_weights = ClassWeights::Given(vec![1.0; 3]);
    let found = message(&rare_class(), TrainConfig { class_weights, ..TrainConfig::default() });
    assert_eq!(found, "class weights: found 3 numbers, expected 2, one for each output of the network");
    let values = Targets::Values { values: vec![0.0, 1.0, 1.5, 0.0], cols: 2 };
    let data = Dataset::new(Features::new(2, 1, vec![0.0, 1.0]).unwrap(), values).unwrap();
    let found = message(&data, TrainConfig { loss: Loss::BinaryCrossEntropy, ..TrainConfig::default() });
    assert!(found.starts_with("targets, row 2: found 1.5 in column 1, expected a number from 0 to 1"), "{found}");
    let probabilities = Targets::Values { values: vec![0.0, 1.0, 0.5, 0.5], cols: 2 };
    let data = Dataset::new(Features::new(2, 1, vec![0.0, 1.0]).unwrap(), probabilities).unwrap();
    let found = message(&data, TrainConfig { class_weights: ClassWeights::Balanced, ..TrainConfig::default() });
    assert!(found.contains("found balanced, and targets that are values"), "{found}");
}

#[test]
fn every_loss_is_remembered_with_its_setting() {
    let path = std::env::temp_dir().join(format!("chainrule-losses-names-{}", std::process::id()));
    for loss in [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Mae, Loss::Huber(1.0), Loss::Huber(0.25)] {
        Model::new(network(2), loss).save(&path).unwrap();
        assert_eq!(Model::<f64>::load(&path).unwrap().loss, loss);
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn values_are_assessed_by_their_errors() {
    let values = Targets::Values { values: vec![1.0, 2.0, 3.0], cols: 1 };
    let data = Dataset::new(Features::new(3, 1, vec![0.0, 1.0, 2.0]).unwrap(), values).unwrap();
    let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>().unwrap();
    mlp.params_mut().copy_from_slice(&[1.0, 1.5]);
    for loss in [Loss::Mse, Loss::Mae, Loss::Huber(0.25)] {
        let found = assess(&mlp, &data, loss).unwrap();
        assert_eq!(found.metrics, [("MSE", 0.25), ("MAE", 0.5), ("R2", 1.0 - 0.75 / 2.0)]);
        assert!(found.classes.is_none() && found.evaluation.confusion.is_none());
    }
}
