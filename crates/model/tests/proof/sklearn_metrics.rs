//! scikit-learn's metrics (`scripts/sklearn-reference-metrics` made them), to 1e-12, and the area under the ROC curve from
//! its definition.

use chainrule_model::Kernel;
use chainrule_model::metrics::{
    Average, CalibrationBins, ClassScores, ClassShares, ConfusionMatrix, Interval, MeanBaseline, RunningMean, argmax,
    brier_score, log_loss, log_odds, mae, mse, r2, roc_auc, roc_auc_one_vs_rest, top_k,
};
use chainrule_model::random::{Purpose, Stream};
use serde_json::Value;

fn reference(section: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../data/metrics.json")).unwrap();
    all[section].as_array().unwrap().clone()
}

fn reals(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[track_caller]
fn assert_close(what: &str, got: &[f64], want: &[f64]) {
    let is_close = |(got, want): (&f64, &f64)| (got - want).abs() <= 1e-12 * want.abs().max(1e-2);
    assert!(got.len() == want.len() && got.iter().zip(want).all(is_close), "{what}: {got:?}, scikit-learn {want:?}");
}

const AVERAGES: [(&str, Average); 3] =
    [("macro", Average::Macro), ("micro", Average::Micro), ("weighted", Average::Weighted)];

#[test]
fn scores_of_classes_are_scikit_learn_s() {
    for case in reference("classes") {
        let classes = case["classes"].as_u64().unwrap() as usize;
        let (p, labels) = (reals(&case["probabilities"]), reals(&case["labels"]));
        let labels: Vec<u32> = labels.iter().map(|&label| label as u32).collect();
        let mut matrix = ConfusionMatrix::new(classes);
        p.chunks(classes).zip(&labels).for_each(|(row, &label)| matrix.add(label as usize, argmax(row)));
        let counts: Vec<f64> =
            (0..classes * classes).map(|at| matrix.count(at / classes, at % classes) as f64).collect();
        assert_close("confusion", &counts, &reals(&case["confusion"]));
        let one = |key: &str| [case[key].as_f64().unwrap()];
        assert_close("accuracy", &[matrix.accuracy()], &one("accuracy"));
        assert_close("balanced accuracy", &[matrix.balanced_accuracy()], &one("balanced_accuracy"));
        for class in 0..classes {
            let scores = matrix.scores(class);
            let got = [scores.precision, scores.recall, scores.f1, scores.support as f64];
            let want: Vec<f64> = (0..4).map(|score| case["each"][score][class].as_f64().unwrap()).collect();
            assert_close("a class", &got, &want);
        }
        for (name, average) in AVERAGES {
            let scores = matrix.average(average);
            assert_close(name, &[scores.precision, scores.recall, scores.f1], &reals(&case[name]));
            assert_eq!(scores.support, labels.len() as u64);
        }
        let found = [1, 2].map(|k| top_k(&p, classes, &labels, k));
        assert_close("top k", &found, &reals(&case["top_1_and_2"]));
        let area = roc_auc_one_vs_rest(&p, classes, &labels).unwrap();
        assert_close("roc auc", &[area], &one("roc_auc"));
        assert_close("log loss", &[log_loss(&p, classes, &labels)], &one("log_loss"));
        assert_close("Brier score", &[brier_score(&p, classes, &labels)], &one("brier"));
        let mut bins = CalibrationBins::default();
        p.chunks(classes).zip(&labels).for_each(|(p, &label)| {
            let answer = argmax(p);
            bins.add(p[answer], answer == label as usize);
        });
        assert_close("calibration error", &[bins.expected_error()], &one("calibration_error"));
        let Interval { low, high } = Interval::wilson(matrix.correct(), matrix.total()).unwrap();
        assert_close("Wilson's interval", &[low, high], &reals(&case["wilson"]));
        let shares = ClassShares::of(labels.iter().map(|&label| label as usize));
        assert_close("majority", &[shares.largest(1), shares.entropy()], &reals(&case["majority"]));
    }
}

#[test]
fn logits_of_any_size_rank_as_scikit_learn_ranks_their_log_odds() {
    for case in reference("logits") {
        let classes = case["classes"].as_u64().unwrap() as usize;
        let (mut z, labels) = (reals(&case["logits"]), reals(&case["labels"]));
        let labels: Vec<u32> = labels.iter().map(|&label| label as u32).collect();
        log_odds(Kernel::selected().unwrap(), classes, &mut z);
        assert_close("log odds", &z, &reals(&case["log_odds"]));
        let area = roc_auc_one_vs_rest(&z, classes, &labels).unwrap();
        assert_close("roc auc", &[area], &[case["roc_auc"].as_f64().unwrap()]);
    }
}

#[test]
fn scores_of_several_labels_are_scikit_learn_s() {
    for case in reference("labels") {
        let outputs = case["outputs"].as_u64().unwrap() as usize;
        let (p, truth) = (reals(&case["probabilities"]), reals(&case["truth"]));
        let mut matrices = vec![ConfusionMatrix::new(2); outputs];
        p.iter().zip(&truth).enumerate().for_each(|(at, (&p, &t))| {
            matrices[at % outputs].add(t as usize, usize::from(p > 0.5));
        });
        for (name, average) in AVERAGES {
            let scores = ClassScores::of_labels(&matrices, average);
            assert_close(name, &[scores.precision, scores.recall, scores.f1], &reals(&case[name]));
        }
        let area = |output: usize| {
            let of = |values: &[f64]| values.iter().skip(output).step_by(outputs).copied().collect::<Vec<f64>>();
            roc_auc(&of(&p), &of(&truth).iter().map(|&t| t == 1.0).collect::<Vec<bool>>()).unwrap()
        };
        let mean = (0..outputs).map(area).sum::<f64>() / outputs as f64;
        assert_close("roc auc", &[mean], &[case["roc_auc"].as_f64().unwrap()]);
    }
}

#[test]
fn scores_of_values_are_scikit_learn_s() {
    for case in reference("values") {
        let (y, t) = (reals(&case["y"]), reals(&case["t"]));
        let columns = case["columns"].as_u64().unwrap() as usize;
        let got = [mse(&y, &t), mae(&y, &t), r2(&y, &t, columns)];
        assert_close("values", &got, &["mse", "mae", "r2"].map(|key| case[key].as_f64().unwrap()));
        let baseline = MeanBaseline::of(&t, columns);
        let [squared, absolute] = [0, 1].map(|at| reals(&case["mean_baseline"][at]));
        assert_close("mean, squared", &baseline.iter().map(|column| column.mse).collect::<Vec<f64>>(), &squared);
        assert_close("mean, absolute", &baseline.iter().map(|column| column.mae).collect::<Vec<f64>>(), &absolute);
        for (key, power) in [("mse_interval", 2), ("mae_interval", 1)] {
            let cost = |error: f64| error.abs().powi(power);
            let mut mean = RunningMean::default();
            y.chunks(columns).zip(t.chunks(columns)).for_each(|(y, t)| {
                mean.add(y.iter().zip(t).map(|(y, t)| cost(y - t)).sum::<f64>() / columns as f64);
            });
            let Interval { low, high } = mean.interval().unwrap();
            assert_close(key, &[low, high], &reals(&case[key]));
        }
    }
}

/// Counts are whole: the ranks and the pairs give the same quotient, to the bit.
#[test]
fn the_area_by_ranks_is_the_share_of_pairs_in_the_right_order() {
    for seed in 0..200 {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 0);
        let rows = 2 + stream.below(60) as usize;
        let scores: Vec<f64> = (0..rows).map(|_| stream.below(1 + seed % 20) as f64 - 3.0).collect();
        let truth: Vec<bool> = (0..rows).map(|_| stream.below(3) == 0).collect();
        assert_eq!(roc_auc(&scores, &truth), chainrule_naive::roc_auc(&scores, &truth), "seed {seed}");
        // Any order of the rows, any increasing function of the scores.
        let mut order: Vec<usize> = (0..rows).collect();
        stream.shuffle(&mut order);
        let (again, truths): (Vec<f64>, Vec<bool>) = order.iter().map(|&i| (scores[i].exp(), truth[i])).unzip();
        assert_eq!(roc_auc(&again, &truths), roc_auc(&scores, &truth), "seed {seed}");
    }
}

#[test]
fn scores_of_a_confusion_matrix_are_those_counted_row_by_row() {
    for seed in 0..100 {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 1);
        let classes = 1 + stream.below(5) as usize;
        let pairs: Vec<(usize, usize)> = (0..stream.below(40))
            .map(|_| (stream.below(classes as u64) as usize, stream.below(classes as u64) as usize))
            .collect();
        let mut matrix = ConfusionMatrix::new(classes);
        pairs.iter().for_each(|&(truth, predicted)| matrix.add(truth, predicted));
        for class in 0..classes {
            let scores = matrix.scores(class);
            let want = chainrule_naive::precision_recall_f1(&pairs, class);
            assert_eq!([scores.precision, scores.recall, scores.f1], want, "seed {seed}, class {class}");
        }
        let micro = matrix.average(Average::Micro);
        if !pairs.is_empty() {
            assert_eq!([micro.precision, micro.recall, micro.f1], [matrix.accuracy(); 3], "seed {seed}");
        }
    }
}
