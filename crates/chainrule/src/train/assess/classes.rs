//! Metrics of classes, one to a row.

use chainrule_kernel::Scalar;
use chainrule_model::Loss;
use chainrule_model::metrics::{
    Average, ClassShares, ConfusionMatrix, Interval, binary_entropy, roc_auc, roc_auc_one_vs_rest,
};

use super::found::Baseline;
use super::outputs::{Meaning, Outputs};
use super::parts::{Parts, error_loss};

/// With more classes than this the share of rows whose class is among the five largest outputs says something.
const TOP_FIVE_CLASSES: usize = 10;

/// Of rows that have a label each.
pub(super) fn of_labels<T: Scalar>(
    confusion: &ConfusionMatrix,
    outputs: &Outputs<'_, T>,
    loss: Loss,
    labels: &[u32], // (rows)
) -> Parts {
    let classes = confusion.classes();
    let shares = ClassShares::of(labels.iter().map(|&label| label as usize));
    let mut parts = of_decisions(confusion, &shares);
    if classes >= TOP_FIVE_CLASSES {
        let five = Interval::wilson(outputs.in_top_five, labels.len() as u64);
        parts.add("top-5 accuracy", outputs.in_top_five as f64 / labels.len() as f64, Some(shares.largest(5)));
        parts.intervals.extend(five.map(|interval| ("top-5 accuracy", interval)));
    }
    let area = |kept: &Vec<f64>| match classes {
        2 => {
            let scores: Vec<f64> = kept.iter().skip(1).step_by(2).copied().collect();
            roc_auc(&scores, &labels.iter().map(|&label| label == 1).collect::<Vec<bool>>())
        }
        _ => roc_auc_one_vs_rest(kept, classes, labels),
    };
    if let Some(area) = outputs.kept.as_ref().and_then(area) {
        parts.add("ROC AUC", area, Some(0.5));
    }
    if matches!(outputs.meaning, Meaning::Logits | Meaning::Probabilities) {
        parts.add("log loss", outputs.log_losses.mean(), Some(shares.entropy()));
        parts
            .intervals
            .extend(outputs.log_losses.interval().map(|interval| ("log loss", interval.within(0.0, f64::INFINITY))));
    }
    let baseline = match loss {
        Loss::CrossEntropy => shares.entropy(),
        Loss::BinaryCrossEntropy => shares.shares().map(binary_entropy).sum::<f64>() / classes as f64,
        // A class of share s is a column of which s are 1 and the rest 0; one that never occurs costs nothing.
        _ => {
            let column = |s: f64| s * error_loss(loss, 1.0 - s) + (1.0 - s) * error_loss(loss, s);
            shares.shares().map(column).sum::<f64>() / classes as f64
        }
    };
    parts.baseline.metrics.push(("loss", baseline));
    add_brier(&mut parts, shares.gini_impurity(), classes, outputs.meaning);
    if outputs.meaning != Meaning::Values {
        // A constant prediction of the label shares is calibrated: its confidence equals its accuracy.
        parts.baseline.metrics.push(("expected calibration error", 0.0));
    }
    parts
}

/// Of rows whose targets are probabilities: the class that each row names is that of its largest.
pub(super) fn of_probabilities<T: Scalar>(
    confusion: &ConfusionMatrix,
    outputs: &Outputs<'_, T>,
    targets: &[T], // (rows, classes)
) -> Parts {
    let classes = confusion.classes();
    let rows = targets.len() / classes;
    // By truth alone: as many rows of each class as its row of the matrix has.
    let named = confusion.entries().flat_map(|(truth, _, rows)| (0..rows).map(move |_| truth));
    let mut parts = of_decisions(confusion, &ClassShares::of(named));
    let mut means = vec![0.0; classes];
    for row in targets.chunks_exact(classes) {
        means.iter_mut().zip(row).for_each(|(mean, t)| *mean += t.to_f64() / rows as f64);
    }
    let entropy = means.iter().filter(|mean| **mean > 0.0).map(|mean| -mean * chainrule_kernel::math::ln(*mean)).sum();
    parts.baseline.metrics.push(("loss", entropy));
    let squared = |row: &[T]| row.iter().zip(&means).map(|(t, mean)| (mean - t.to_f64()).powi(2)).sum::<f64>();
    let brier = targets.chunks_exact(classes).map(squared).sum::<f64>() / rows as f64;
    add_brier(&mut parts, brier, classes, outputs.meaning);
    parts
}

/// Of rows that answer one question, no or yes: those of two classes.
pub(super) fn of_question(
    confusion: &ConfusionMatrix,
    logits: &[f64],  // (rows)
    is_yes: &[bool], // (rows)
    loss: f64,
) -> Parts {
    let shares = ClassShares::of(is_yes.iter().map(|&yes| usize::from(yes)));
    let mut parts = of_decisions(confusion, &shares);
    if let Some(area) = roc_auc(logits, is_yes) {
        parts.add("ROC AUC", area, Some(0.5));
    }
    parts.add("log loss", loss, Some(shares.entropy()));
    parts
}

/// The Brier score of answering the shares of the classes.
fn add_brier(parts: &mut Parts, sum: f64, classes: usize, meaning: Meaning) {
    if meaning != Meaning::Values {
        parts.baseline.metrics.push(("Brier score", if classes == 2 { sum / 2.0 } else { sum }));
    }
}

fn of_decisions(confusion: &ConfusionMatrix, shares: &ClassShares) -> Parts {
    let majority = shares.majority().unwrap_or(0);
    let mut constant = ConfusionMatrix::new(confusion.classes());
    confusion.entries().for_each(|(truth, _, rows)| (0..rows).for_each(|_| constant.add(truth, majority)));
    let mut parts = Parts::new(Baseline {
        name: "majority class",
        class: shares.majority(),
        outputs: Vec::new(),
        metrics: vec![("accuracy", shares.largest(1))],
    });
    for ((name, value), (_, baseline)) in decisions(confusion).into_iter().zip(decisions(&constant)) {
        parts.add(name, value, Some(baseline));
    }
    let accuracy = Interval::wilson(confusion.correct(), confusion.total());
    parts.intervals.extend(accuracy.map(|interval| ("accuracy", interval)));
    parts.classes = Some((0..confusion.classes()).map(|class| confusion.scores(class)).collect());
    parts
}

fn decisions(confusion: &ConfusionMatrix) -> [(&'static str, f64); 5] {
    let (all, weighted) = (confusion.average(Average::Macro), confusion.average(Average::Weighted));
    [
        ("balanced accuracy", confusion.balanced_accuracy()),
        ("macro precision", all.precision),
        ("macro recall", all.recall),
        ("macro F1", all.f1),
        ("weighted F1", weighted.f1),
    ]
}
