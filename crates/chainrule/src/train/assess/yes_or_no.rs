//! Metrics of several labels to a row, two at least: each output a question of its own, yes where its logit is above 0.

use chainrule_kernel::Scalar;
use chainrule_model::metrics::{Average, ClassScores, ConfusionMatrix, Interval, RunningMean, binary_entropy, roc_auc};

use super::found::Baseline;
use super::parts::Parts;

/// The names of [`scores`].
const NAMES: [&str; 6] =
    ["accuracy of outputs", "exact rows", "macro precision", "macro recall", "macro F1", "micro F1"];

/// Of targets from 0 to 1, yes above a half.
pub(super) fn of_yes_or_no<T: Scalar>(
    logits: &[f64], // (rows, width)
    targets: &[T],  // (rows, width)
    width: usize,
) -> Parts {
    let rows = targets.len() / width;
    let truth = |at: usize| targets[at].to_f64() > 0.5;
    let majority: Vec<bool> =
        (0..width).map(|output| 2 * (0..rows).filter(|row| truth(row * width + output)).count() > rows).collect();
    let model = Answers::of(rows, width, truth, |at| logits[at] > 0.0);
    let constant = Answers::of(rows, width, truth, |at| majority[at % width]);

    let mut parts = Parts::new(Baseline {
        name: "majority of each output",
        class: None,
        outputs: constant.outputs.iter().map(ConfusionMatrix::accuracy).collect(),
        metrics: Vec::new(),
    });
    for ((name, value), baseline) in NAMES.into_iter().zip(model.scores()).zip(constant.scores()) {
        parts.add(name, value, Some(baseline));
    }
    let exact = Interval::wilson(model.exact, rows as u64);
    // Outputs of a row are not independent of one another: what is drawn at random is rows.
    let of_outputs = model.shares.interval().map(|interval| interval.within(0.0, 1.0));
    parts.intervals.extend(of_outputs.map(|interval| (NAMES[0], interval)));
    parts.intervals.extend(exact.map(|interval| (NAMES[1], interval)));
    let area = |output: usize| {
        let scores: Vec<f64> = logits.iter().skip(output).step_by(width).copied().collect();
        let is_yes: Vec<bool> = (0..rows).map(|row| truth(row * width + output)).collect();
        roc_auc(&scores, &is_yes)
    };
    let areas: Vec<f64> = (0..width).filter_map(area).collect();
    if !areas.is_empty() {
        parts.add("macro ROC AUC", areas.iter().sum::<f64>() / areas.len() as f64, Some(0.5));
    }
    parts.classes = Some(model.outputs.iter().map(|output| output.scores(1)).collect());
    add_shares(&mut parts, targets, width);
    parts
}

/// What answering each output's mean scores.
pub(super) fn add_shares<T: Scalar>(
    parts: &mut Parts,
    targets: &[T], // (rows, width)
    width: usize,
) {
    let rows = (targets.len() / width) as f64;
    let (mut entropy, mut brier) = (0.0, 0.0);
    for output in 0..width {
        let each = || targets.iter().skip(output).step_by(width).map(|t| t.to_f64());
        let mean = each().sum::<f64>() / rows;
        entropy += binary_entropy(mean.clamp(0.0, 1.0)) / width as f64;
        brier += each().map(|t| (t - mean) * (t - mean)).sum::<f64>() / rows / width as f64;
    }
    parts.baseline.metrics.extend([("loss", entropy), ("Brier score", brier)]);
    if targets.iter().all(|t| *t == T::ZERO || *t == T::ONE) {
        // Who answers the share of yes is as sure as right.
        parts.baseline.metrics.push(("expected calibration error", 0.0));
    }
}

/// How yes and no were answered.
struct Answers {
    /// At each output, 0 for no and 1 for yes.
    outputs: Vec<ConfusionMatrix>,
    /// Rows of which all outputs are right.
    exact: u64,
    /// The share of right outputs of each row.
    shares: RunningMean,
}

impl Answers {
    fn of(rows: usize, width: usize, truth: impl Fn(usize) -> bool, answer: impl Fn(usize) -> bool) -> Self {
        let mut found =
            Answers { outputs: vec![ConfusionMatrix::new(2); width], exact: 0, shares: RunningMean::default() };
        for row in 0..rows {
            let mut right = 0;
            for (output, matrix) in found.outputs.iter_mut().enumerate() {
                let (truth, answer) = (truth(row * width + output), answer(row * width + output));
                matrix.add(usize::from(truth), usize::from(answer));
                right += usize::from(truth == answer);
            }
            found.exact += u64::from(right == width);
            found.shares.add(right as f64 / width as f64);
        }
        found
    }

    /// By [`NAMES`].
    fn scores(&self) -> [f64; 6] {
        let right: u64 = self.outputs.iter().map(ConfusionMatrix::correct).sum();
        let all: u64 = self.outputs.iter().map(ConfusionMatrix::total).sum();
        let rows = self.outputs.first().map_or(0, ConfusionMatrix::total);
        let (each, together) = (
            ClassScores::of_labels(&self.outputs, Average::Macro),
            ClassScores::of_labels(&self.outputs, Average::Micro),
        );
        let shares = [right as f64 / all as f64, self.exact as f64 / rows as f64];
        [shares[0], shares[1], each.precision, each.recall, each.f1, together.f1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_is_a_logit_above_0_however_little() {
        // Two questions of four rows; of the first row the second is answered wrongly, the last hangs on 0 itself.
        let logits = [0.25, 0.125, -0.25, 3.0, 0.0625, -4.0, 0.0, -0.125];
        let targets = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0];
        let parts = of_yes_or_no(&logits, &targets, 2);
        let metric = |name: &str| parts.metrics.iter().find(|metric| metric.0 == name).unwrap().1;
        assert_eq!((metric("accuracy of outputs"), metric("exact rows")), (7.0 / 8.0, 3.0 / 4.0));
        // The first question: 2 of 2. The second: 1 of 2 that were called yes, 1 of 1 that is.
        assert_eq!((metric("macro precision"), metric("macro recall")), (0.75, 1.0));
    }
}
