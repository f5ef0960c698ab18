//! What an assessment says, by hand: what ranks, ranks by logits; every figure has a baseline; shares and means have
//! intervals; probabilities are asked whether they mean what they say.

use chainrule::bare::assess;
use chainrule::data::{Dataset, Features, Targets};
use chainrule::metrics::Interval;
use chainrule::train::{Assessment, EarlyStopping, Monitor};
use chainrule::{EpochReport, Loss, Mlp, Scalar, TrainConfig, Trainer};

/// A network that says what it is given, (width).
fn identity<T: Scalar>(width: usize) -> Mlp<T> {
    with_ones(Mlp::builder(width).dense(width).build_as().unwrap())
}

fn with_ones<T: Scalar>(mut mlp: Mlp<T>) -> Mlp<T> {
    let width = mlp.inputs();
    mlp.params_mut().fill(T::ZERO);
    (0..width).for_each(|i| mlp.params_mut()[i * width + i] = T::ONE);
    mlp
}

fn rows<T: Scalar>(outputs: &[&[f64]], targets: Targets<T>) -> Dataset<T> {
    let x = outputs.iter().flat_map(|row| row.iter().map(|&y| T::from_f64(y))).collect();
    Dataset::new(Features::new(outputs.len(), outputs[0].len(), x).unwrap(), targets).unwrap()
}

fn classes<T: Scalar>(outputs: &[&[f64]], labels: &[u32], loss: Loss) -> Assessment {
    let width = outputs[0].len();
    let data = rows::<T>(outputs, Targets::Classes { labels: labels.to_vec(), classes: width });
    assess(&identity(width), &data, loss).unwrap()
}

fn values<T: Scalar>(outputs: &[&[f64]], targets: &[f64], loss: Loss) -> Assessment {
    let values = targets.iter().map(|&t| T::from_f64(t)).collect();
    let data = rows::<T>(outputs, Targets::Values { values, cols: outputs[0].len() });
    assess(&identity(outputs[0].len()), &data, loss).unwrap()
}

#[track_caller]
fn assert_close(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-6 * want.abs().max(1.0), "{got}, {want}");
}

/// Logits whose sigmoid and softmax are 1 in f32, and for 60 and more in f64. Of three yes and two no, five of six pairs are
/// in order.
const LARGE: [f64; 5] = [60.5, 61.0, 61.5, 62.0, 62.5];
const TRUTH: [u32; 5] = [0, 1, 0, 1, 1];

fn areas<T: Scalar>() {
    let want = 5.0 / 6.0;
    let two: Vec<[f64; 2]> = LARGE.iter().map(|&z| [0.0, z]).collect();
    let two: Vec<&[f64]> = two.iter().map(|row| &row[..]).collect();
    for loss in [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Mse, Loss::Mae, Loss::Huber(1.0)] {
        assert_eq!(classes::<T>(&two, &TRUTH, loss).metric("ROC AUC").unwrap(), want, "{loss}");
    }
    // The difference decides: neither logit alone ranks like this.
    let shifted: Vec<[f64; 2]> = LARGE.iter().zip([9.0, 0.0, 3.0, 40.0, 7.0]).map(|(z, by)| [by, z + by]).collect();
    let shifted: Vec<&[f64]> = shifted.iter().map(|row| &row[..]).collect();
    for loss in [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::HalfMse] {
        assert_eq!(classes::<T>(&shifted, &TRUTH, loss).metric("ROC AUC").unwrap(), want, "{loss}");
    }
    // One logit; and two of them, the other ordered as it should be.
    let one: Vec<&[f64]> = LARGE.chunks(1).collect();
    let truth = TRUTH.map(f64::from);
    let found = values::<T>(&one, &truth, Loss::BinaryCrossEntropy);
    assert_eq!(found.metric("ROC AUC").unwrap(), want);
    let both: Vec<[f64; 2]> = LARGE.iter().zip(TRUTH).map(|(&z, t)| [z, 90.0 + f64::from(t)]).collect();
    let both: Vec<&[f64]> = both.iter().map(|row| &row[..]).collect();
    let found = values::<T>(&both, &truth.map(|t| [t, t]).concat(), Loss::BinaryCrossEntropy);
    assert_eq!(found.metric("macro ROC AUC").unwrap(), (want + 1.0) / 2.0);
    let names =
        |found: &chainrule::Assessment| found.all_metrics().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    // Whatever is classified, the area has both names, in the baseline too, and no figure is listed twice.
    for found in
        [&found, &classes::<T>(&two, &TRUTH, Loss::CrossEntropy), &values::<T>(&one, &truth, Loss::BinaryCrossEntropy)]
    {
        for name in ["ROC AUC", "macro ROC AUC"] {
            assert_eq!(found.metric(name).unwrap(), found.metric("ROC AUC").unwrap());
            assert_eq!(found.baseline.metric(name), Some(0.5));
            assert_eq!(names(found).iter().filter(|known| **known == name).count(), 1);
            assert!(found.baseline.all_metrics().contains(&(name, 0.5)));
        }
        assert_eq!(found.metrics.len() + 1, found.all_metrics().len());
    }
    // Equal logits share their ranks.
    let found = values::<T>(&[&[70.0], &[70.0], &[71.0], &[71.0]], &[0.0, 1.0, 0.0, 1.0], Loss::BinaryCrossEntropy);
    assert_eq!(found.metric("ROC AUC").unwrap(), 0.5);
}

#[test]
fn the_roc_curve_is_that_of_logits() {
    areas::<f32>();
    areas::<f64>();
}

/// Of three classes, the third far above: its log odds are those to the larger of the others, 50, 51, 52 and 53.
fn one_against_the_rest<T: Scalar>() {
    let outputs: [&[f64]; 4] = [&[0.0, 50.0, 100.0], &[0.0, 49.0, 100.0], &[47.0, 0.0, 99.0], &[50.0, 0.0, 103.0]];
    let found = classes::<T>(&outputs, &[0, 1, 2, 2], Loss::CrossEntropy);
    // Class 2 is in order. Class 0 has the odds -100, -100, -52 and -53 and its row has the lowest, with one equal: half of
    // three pairs. Class 1 has -50, -51, -99, -103: its row is above two of three.
    assert_close(found.metric("ROC AUC").unwrap(), (1.0 + 0.5 / 3.0 + 2.0 / 3.0) / 3.0);
}

#[test]
fn each_class_is_ranked_against_the_rest_by_its_log_odds() {
    one_against_the_rest::<f32>();
    one_against_the_rest::<f64>();
}

fn softmax_at_the_end<T: Scalar>() {
    let truth = [0, 1, 0, 1, 1];
    let outputs: Vec<[f64; 2]> = LARGE.iter().map(|&z| [0.0, z]).collect();
    let outputs: Vec<&[f64]> = outputs.iter().map(|row| &row[..]).collect();
    let data = rows::<T>(&outputs, Targets::Classes { labels: truth.to_vec(), classes: 2 });
    for mlp in [Mlp::builder(2).dense(2).softmax(), Mlp::builder(2).dense(2).log_softmax()] {
        let found = assess(&with_ones(mlp.build_as().unwrap()), &data, Loss::Mse).unwrap();
        assert_eq!(found.metric("ROC AUC").unwrap(), 5.0 / 6.0);
        assert_close(found.calibration.unwrap().brier_score, 2.0 / 5.0);
    }
}

#[test]
fn a_softmax_of_the_network_s_own_is_ranked_by_the_small_probabilities_too() {
    softmax_at_the_end::<f32>();
    softmax_at_the_end::<f64>();
}

fn five_of_twelve<T: Scalar>() {
    let mut row = [0.0; 12];
    row[3..9].copy_from_slice(&[400.0, 390.0, 380.0, 370.0, 360.0, 350.0]);
    for loss in [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Mse] {
        // Labels of the largest, the fifth and the sixth; of equal zeros the first is the larger, and seventh.
        let found = classes::<T>(&[&row, &row, &row, &row], &[3, 7, 8, 0], loss);
        assert_eq!(found.metric("top-5 accuracy").unwrap(), 0.5, "{loss}");
        assert_eq!(found.baseline.metric("top-5 accuracy"), Some(1.0));
        assert_eq!(found.interval("top-5 accuracy"), Interval::wilson(2, 4));
    }
    // Four large ones: the first of the zeros is the fifth.
    row[7..9].fill(0.0);
    row[6] = 0.0;
    row[11] = 300.0;
    let found = classes::<T>(&[&row, &row], &[0, 1], Loss::CrossEntropy);
    assert_eq!(found.metric("top-5 accuracy").unwrap(), 0.5);
}

#[test]
fn the_five_largest_are_those_of_logits_and_the_first_of_equals() {
    five_of_twelve::<f32>();
    five_of_twelve::<f64>();
}

#[test]
fn a_yes_is_a_logit_above_0() {
    // A sigmoid in f32 of 1e-9 is a half, as that of 0.
    let found = values::<f32>(&[&[1e-9], &[-1e-9], &[0.0]], &[1.0, 0.0, 0.0], Loss::BinaryCrossEntropy);
    assert_eq!(found.metric("accuracy").unwrap(), 1.0);
}

#[test]
fn one_question_has_the_figures_of_two_classes() {
    let logits = [0.4, -1.5, 2.0, -0.3, 0.1, 3.0, -2.5, 0.7];
    let labels = [1, 0, 1, 1, 0, 1, 0, 0];
    let truth: Vec<f64> = labels.iter().map(|&label| f64::from(label)).collect();
    let question: Vec<&[f64]> = logits.chunks(1).collect();
    let question = values::<f64>(&question, &truth, Loss::BinaryCrossEntropy);
    let both: Vec<[f64; 2]> = logits.iter().map(|&z| [0.0, z]).collect();
    let both: Vec<&[f64]> = both.iter().map(|row| &row[..]).collect();
    let both = classes::<f64>(&both, &labels, Loss::CrossEntropy);
    let names = |found: &Assessment| found.metrics.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    assert_eq!(names(&question), names(&both));
    for name in names(&both).into_iter().chain(["loss", "accuracy", "Brier score", "expected calibration error"]) {
        let [one, two] =
            [&question, &both].map(|found| (found.metric(name).unwrap(), found.baseline.metric(name).unwrap()));
        assert_close(one.0, two.0);
        assert_close(one.1, two.1);
        let [one, two] = [&question, &both].map(|found| found.interval(name));
        assert_eq!(one.is_some(), two.is_some(), "{name}");
        one.into_iter().zip(two).for_each(|(one, two)| {
            assert_close(one.low, two.low);
            assert_close(one.high, two.high);
        });
    }
    assert_eq!(question.evaluation.confusion, both.evaluation.confusion);
    assert_eq!((question.classes, question.baseline.name), (both.classes, "majority class"));
}

#[test]
fn classes_stand_beside_their_majority() {
    let ln = f64::ln;
    // Probabilities 1/4, 3/4 in each row; six rows of class 0, two of class 1.
    let row: &[f64] = &[0.0, ln(3.0)];
    let found = classes::<f64>(&[row; 8], &[0, 0, 0, 1, 1, 0, 0, 0], Loss::CrossEntropy);
    let baseline = &found.baseline;
    assert_eq!((baseline.name, baseline.class), ("majority class", Some(0)));
    assert_eq!((found.evaluation.accuracy, baseline.metric("accuracy")), (Some(0.25), Some(0.75)));
    let entropy = 0.75 * ln(4.0 / 3.0) + 0.25 * ln(4.0);
    for name in ["loss", "log loss"] {
        assert_close(baseline.metric(name).unwrap(), entropy);
    }
    // Recalls 1 and 0; precision 3/4 and 0; F1 6/7 and 0.
    let names = ["balanced accuracy", "macro precision", "macro recall", "macro F1", "weighted F1"];
    let want = [0.5, 0.375, 0.5, 3.0 / 7.0, 0.75 * 6.0 / 7.0];
    names.iter().zip(want).for_each(|(name, want)| assert_close(baseline.metric(name).unwrap(), want));
    assert_eq!(baseline.metric("ROC AUC"), Some(0.5));
    assert_close(baseline.metric("Brier score").unwrap(), 0.75 * 0.25);
    // Every figure has one.
    assert!(found.metrics.iter().all(|(name, _)| baseline.metric(name).is_some()), "{baseline:?}");
    // Answers of 3/4, of which a quarter is right; (3/4)^2 six times and (1/4)^2 twice.
    let calibration = found.calibration.as_ref().unwrap();
    assert_close(calibration.expected_error, 0.5);
    assert_close(calibration.brier_score, (6.0 * 0.5625 + 2.0 * 0.0625) / 8.0);
    assert_eq!(calibration.bins.bins()[11].answers, 8);
    // One-hot: both columns have the variance 3/16; and by the absolute error 2 s (1 - s).
    for (loss, want) in [(Loss::Mse, 3.0 / 16.0), (Loss::HalfMse, 3.0 / 32.0), (Loss::Mae, 3.0 / 8.0)] {
        let found = classes::<f64>(&[row; 8], &[0, 0, 0, 1, 1, 0, 0, 0], loss);
        assert_close(found.baseline.metric("loss").unwrap(), want);
        assert!(found.calibration.is_none() && found.metric("log loss").is_err());
    }
}

#[test]
fn a_brier_score_of_three_classes_is_summed_over_them() {
    let found = classes::<f64>(&[&[0.0; 3], &[0.0; 3]], &[1, 2], Loss::CrossEntropy);
    assert_close(found.calibration.unwrap().brier_score, 4.0 / 9.0 + 2.0 / 9.0);
    assert_close(found.baseline.metric("Brier score").unwrap(), 0.5);
    assert_close(found.baseline.metric("expected calibration error").unwrap(), 0.0);
}

#[test]
fn targets_that_are_probabilities_have_a_majority_too() {
    let third = 1.0 / 3.0;
    let targets = [0.5, 0.5 - third / 2.0, third / 2.0, 0.25, 0.5, 0.25];
    let found = values::<f64>(&[&[2.0, 0.0, 1.0], &[0.0, 2.0, 1.0]], &targets, Loss::CrossEntropy);
    assert_eq!((found.baseline.metric("accuracy"), found.evaluation.accuracy), (Some(0.5), Some(1.0)));
    let means = [0.375, (1.0 - third / 2.0) / 2.0, (0.25 + third / 2.0) / 2.0];
    let want: f64 = means.iter().map(|mean| -mean * mean.ln()).sum();
    assert_close(found.baseline.metric("loss").unwrap(), want);
    assert!(found.baseline.metric("Brier score").unwrap() < found.calibration.unwrap().brier_score);
}

#[test]
fn labels_of_several_outputs_stand_beside_each_one_s_majority() {
    let z: [&[f64]; 4] = [&[1.0, -1.0], &[1.0, -1.0], &[-1.0, 1.0], &[1.0, -1.0]];
    let truth = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
    let found = values::<f64>(&z, &truth, Loss::BinaryCrossEntropy);
    let baseline = &found.baseline;
    assert_eq!((baseline.name, &baseline.outputs[..]), ("majority of each output", &[0.75, 0.75][..]));
    let figures = |name: &str| (found.metric(name).unwrap(), baseline.metric(name).unwrap());
    assert_eq!((figures("accuracy of outputs"), figures("exact rows")), ((0.5, 0.75), (0.5, 0.75)));
    assert_eq!(baseline.metric("macro ROC AUC"), Some(0.5));
    // Yes is answered at the first output alone: precision 3/4 and recall 1; of both outputs together 3 of 4 given, and of 4 true.
    assert_close(figures("macro F1").1, 6.0 / 7.0 / 2.0);
    assert_close(figures("micro F1").1, 6.0 / 8.0);
    assert_close(figures("loss").1, 0.75 * (4f64 / 3.0).ln() + 0.25 * 4f64.ln());
    let (brier, p) = (figures("Brier score"), 1.0 / (1.0 + (-1f64).exp()));
    assert_close(brier.0, (4.0 * p * p + 4.0 * (1.0 - p) * (1.0 - p)) / 8.0);
    assert_close(brier.1, 0.75 * 0.25);
    assert_eq!(figures("expected calibration error").1, 0.0);
    // Eight answers of p, half of them right.
    assert_close(found.calibration.as_ref().unwrap().expected_error, p - 0.5);
    // Of rows, of which two are all right and two all wrong.
    assert_eq!(found.interval("exact rows"), Interval::wilson(2, 4));
    // 0.5 - 1.96 sqrt(1 / 3 / 4) is below 0, where no share is.
    assert_eq!(found.interval("accuracy of outputs"), Some(Interval { low: 0.0, high: 1.0 }));
    let one = values::<f64>(&[&[1.0], &[1.0], &[-1.0]], &[1.0, 0.0, 0.0], Loss::BinaryCrossEntropy);
    assert_eq!(one.interval("accuracy"), Interval::wilson(2, 3));
}

#[test]
fn values_stand_beside_the_mean_of_each_output() {
    let y: [&[f64]; 4] = [&[1.0, 7.0], &[2.0, 7.0], &[3.0, 7.0], &[6.0, 7.0]];
    let t = [1.0, 6.0, 3.0, 6.0, 3.0, 6.0, 5.0, 6.0];
    for (loss, want) in [(Loss::Mse, 1.0), (Loss::HalfMse, 0.5), (Loss::Mae, 0.5), (Loss::Huber(1.0), 0.375)] {
        let found = values::<f64>(&y, &t, loss);
        let baseline = &found.baseline;
        assert_eq!(baseline.name, "mean of each output");
        // Deviations -2, 0, 0 and 2 of the first output, and none of the second, whose mean is right.
        assert_close(baseline.metric("loss").unwrap(), want);
        let figures = ["MSE", "MAE", "R2"].map(|name| baseline.metric(name).unwrap());
        assert_eq!(figures, [1.0, 0.5, 0.5]);
        let (first, second) = (found.outputs[0], found.outputs[1]);
        assert_eq!((first.mse, first.mae, first.r2), (0.5, 0.5, 1.0 - 2.0 / 8.0));
        assert_eq!((first.mean, first.mean_mse, first.mean_mae), (3.0, 2.0, 1.0));
        // Constant targets, missed.
        assert_eq!((second.r2, second.mean, second.mean_mse), (0.0, 6.0, 0.0));
        assert_eq!(found.metric("R2").unwrap(), 0.375);
        // Rows have the squared errors 1/2, 1, 1/2 and 1.
        let half = 1.959963984540054 * (1f64 / 12.0 / 4.0).sqrt();
        let interval = found.interval("MSE").unwrap();
        assert_close(interval.low, 0.75 - half);
        assert_close(interval.high, 0.75 + half);
        if loss == Loss::HalfMse {
            let interval = found.interval("loss").unwrap();
            assert_close(interval.high, (0.75 + half) / 2.0);
        }
        assert!(found.calibration.is_none() && found.interval("R2").is_none());
    }
}

#[test]
fn a_single_row_has_no_interval_of_a_mean() {
    let found = values::<f64>(&[&[1.0]], &[3.0], Loss::Mse);
    assert!(found.intervals.is_empty() && found.metric("R2").unwrap() == 0.0, "{found:?}");
}

#[test]
fn an_unknown_metric_comes_with_those_that_there_are() {
    let found = values::<f32>(&[&[1.0], &[2.0]], &[3.0, 4.0], Loss::Mae);
    let error = found.metric("accuracy").unwrap_err().to_string();
    assert_eq!(error, "unknown metric \"accuracy\" (known: loss, MSE, MAE, R2)");
}

#[test]
fn a_monitor_that_the_loss_does_not_have_is_refused_with_those_that_it_has() {
    let early_stopping = Some(EarlyStopping { monitor: Monitor::Accuracy, ..EarlyStopping::new(2) });
    let targets = || Targets::Values { values: vec![0.0f32, 1.0], cols: 1 };
    let data = rows(&[&[0.5], &[1.0]], targets());
    let losses = [Loss::Mse, Loss::HalfMse, Loss::Mae, Loss::Huber(0.5)];
    let go_on = |_: &EpochReport| std::ops::ControlFlow::Continue(());
    for loss in losses {
        let config = TrainConfig { loss, early_stopping, epochs: 1, ..TrainConfig::default() };
        let trainer = Trainer::new(config).unwrap();
        let error = trainer.fit_network(&mut identity(1), &data, Some(&data), go_on).unwrap_err().to_string();
        let want = format!(
            "monitor: found accuracy, which {loss} does not have without class labels, expected one that it has: loss"
        );
        assert_eq!(error, want);
    }
    // One question is answered right or wrong, and several are not.
    let loss = Loss::BinaryCrossEntropy;
    let trainer = Trainer::new(TrainConfig { loss, early_stopping, epochs: 1, ..TrainConfig::default() }).unwrap();
    let report = trainer.fit_network(&mut identity(1), &data, Some(&data), go_on).unwrap();
    assert!(report.best == Some(1) && report.epochs[0].accuracy.is_some(), "{report:?}");
    let two = rows(&[&[0.5, 0.0], &[1.0, 0.5]], Targets::Values { values: vec![0.0f32, 1.0, 1.0, 0.0], cols: 2 });
    assert!(trainer.fit_network(&mut identity(2), &two, Some(&two), go_on).is_err());
    // With labels, a squared loss has it.
    let labelled = rows::<f32>(&[&[0.5, 0.0], &[0.0, 1.0]], Targets::Classes { labels: vec![0, 1], classes: 2 });
    let config = TrainConfig { loss: Loss::Mse, early_stopping, epochs: 1, ..TrainConfig::default() };
    let report = Trainer::new(config).unwrap().fit_network(&mut identity(2), &labelled, Some(&labelled), go_on);
    assert_eq!(report.unwrap().best, Some(1));
}
