//! The figures of an assessment, for people and for machines: each with its interval and with what a constant answer has.

use chainrule::Assessment;
use chainrule::metrics::Interval;
use chainrule::train::{Baseline, Calibration, OutputErrors};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::escape::shown;
use crate::output::{brief, percent};

/// What a constant answer scores.
#[derive(Debug, Serialize)]
pub(crate) struct BaselineLine {
    name: &'static str,
    /// The number of the majority class.
    class: Option<usize>,
    /// At each output the share of its more frequent label, with binary cross-entropy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    outputs: Vec<f64>,
    /// By the names of the metrics, `loss` and `accuracy` among them.
    metrics: Map<String, Value>,
}

/// Whether probabilities mean what they say.
#[derive(Debug, Serialize)]
pub(crate) struct CalibrationLine {
    expected_calibration_error: f64,
    brier_score: f64,
}

/// The errors of one output of values.
#[derive(Debug, Serialize)]
pub(crate) struct OutputLine {
    /// The column that is predicted, where the model knows its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    mse: f64,
    mae: f64,
    r2: f64,
    /// The mean of the targets, and the errors of answering it.
    mean: f64,
    mean_mse: f64,
    mean_mae: f64,
}

impl From<&Baseline> for BaselineLine {
    fn from(baseline: &Baseline) -> Self {
        let Baseline { name, class, outputs, .. } = baseline;
        BaselineLine { name, class: *class, outputs: outputs.clone(), metrics: by_name(&baseline.all_metrics()) }
    }
}

impl From<&Calibration> for CalibrationLine {
    fn from(calibration: &Calibration) -> Self {
        let &Calibration { expected_error, brier_score, .. } = calibration;
        CalibrationLine { expected_calibration_error: expected_error, brier_score }
    }
}

impl OutputLine {
    /// Of all outputs, by these names, if there is one for each.
    pub(crate) fn all(outputs: &[OutputErrors], names: &[String]) -> Vec<Self> {
        let line = |(at, errors): (usize, &OutputErrors)| {
            let &OutputErrors { mse, mae, r2, mean, mean_mse, mean_mae } = errors;
            let name = names.get(at).filter(|_| names.len() == outputs.len()).cloned();
            OutputLine { name, mse, mae, r2, mean, mean_mse, mean_mae }
        };
        outputs.iter().enumerate().map(line).collect()
    }
}

/// Names of metrics with `_` for spaces.
pub(crate) fn by_name(metrics: &[(&'static str, f64)]) -> Map<String, Value> {
    metrics.iter().map(|(name, value)| (name.replace(' ', "_"), (*value).into())).collect()
}

/// 95 % confidence intervals, `[low, high]`, by the names of their metrics.
pub(crate) fn intervals(found: &Assessment) -> Map<String, Value> {
    let line = |(name, interval): &(&str, Interval)| (name.replace(' ', "_"), [interval.low, interval.high].into());
    found.intervals.iter().map(|&(name, interval)| line(&(name, interval))).collect()
}

/// Names and values, as people read them.
pub(crate) fn lines(found: &Assessment, loss: &str) -> Vec<(String, String)> {
    let mut lines = vec![(format!("loss ({loss})"), brief(found.evaluation.loss) + &remarks(found, "loss", brief))];
    if let Some(matrix) = &found.evaluation.confusion {
        let remarks = remarks(found, "accuracy", |share| format!("{:.2}", 100.0 * share));
        let (right, all) = (matrix.correct(), matrix.total());
        lines.push(("accuracy".to_owned(), format!("{}{remarks}, {right} of {all}", percent(matrix.accuracy()))));
    }
    let mut line = |name: &str, value: f64| lines.push((name.to_owned(), brief(value) + &remarks(found, name, brief)));
    found.metrics.iter().for_each(|(name, value)| line(name, *value));
    if let Some(Calibration { expected_error, brier_score, .. }) = &found.calibration {
        line("Brier score", *brier_score);
        line("expected calibration error", *expected_error);
    }
    lines
}

/// ` (95 % interval 0.91 to 0.97; majority class: 0.62)`, or what there is of it.
fn remarks(found: &Assessment, name: &str, say: impl Fn(f64) -> String) -> String {
    let interval = found.interval(name);
    let interval = interval.map(|Interval { low, high }| format!("95 % interval {} to {}", say(low), say(high)));
    let unit = if name == "accuracy" { " %" } else { "" };
    let baseline = found.baseline.metric(name).map(|value| format!("{}: {}{unit}", constant(found, name), say(value)));
    let parts: Vec<String> = interval.into_iter().chain(baseline).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) }
}

/// What the constant answer is: of classes, a figure of probabilities is that of answering their shares.
fn constant(found: &Assessment, name: &str) -> &'static str {
    match name {
        "loss" | "log loss" | "Brier score" | "expected calibration error" if found.classes.is_some() => "label shares",
        _ => found.baseline.name,
    }
}

/// The names of outputs: the columns that are predicted, or where they are not known `output 1`.
pub(crate) fn output_names(targets: &[String], outputs: usize) -> Vec<String> {
    match targets.len() == outputs {
        true => targets.iter().map(shown).collect(),
        false => (1..=outputs).map(|output| format!("output {output}")).collect(),
    }
}

/// One line per output of values, beside what the mean of its targets has.
pub(crate) fn outputs_table(outputs: &[OutputErrors], names: &[String]) -> String {
    let label = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let cells = |cells: [String; 5]| cells.map(|cell| format!("  {cell:>11}")).concat();
    let header = ["MSE", "MAE", "R2", "MSE of mean", "MAE of mean"].map(str::to_owned);
    let mut lines = vec![format!("{:label$}{}", "", cells(header))];
    for (name, found) in names.iter().zip(outputs) {
        let numbers = [found.mse, found.mae, found.r2, found.mean_mse, found.mean_mae].map(brief);
        lines.push(format!("{name:>label$}{}", cells(numbers)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule::data::{Dataset, Features, Targets};
    use chainrule::{Loss, Mlp};

    fn assessed(loss: Loss, targets: Targets<f64>) -> Assessment {
        let features = Features::new(4, 2, vec![1.0, 0.0, 3.0, 0.0, 0.0, 2.0, 0.0, 2.0]).unwrap();
        let mut mlp = Mlp::builder(2).dense(2).build_as::<f64>().unwrap();
        mlp.params_mut().copy_from_slice(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]); // what goes in comes out
        chainrule::bare::assess(&mlp, &Dataset::new(features, targets).unwrap(), loss).unwrap()
    }

    #[test]
    fn every_figure_has_its_interval_and_its_baseline() {
        let found = assessed(Loss::CrossEntropy, Targets::Classes { labels: vec![0, 0, 0, 1], classes: 2 });
        let lines = lines(&found, "cross-entropy");
        // Three of four by Wilson, as SciPy has it.
        let want = "75.00 % (95 % interval 30.06 to 95.44; majority class: 75.00 %), 3 of 4";
        assert_eq!(lines[1], ("accuracy".to_owned(), want.to_owned()));
        assert!(lines[0].1.ends_with("; label shares: 0.56234)"), "{lines:?}");
        assert!(lines.iter().any(|(name, value)| name == "ROC AUC" && value == "0.83333 (majority class: 0.50000)"));
        assert_eq!(intervals(&found)["accuracy"].as_array().map(Vec::len), Some(2));
    }

    #[test]
    fn outputs_of_values_stand_beside_their_means() {
        let values = vec![1.0, 1.0, 3.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        let found = assessed(Loss::Mse, Targets::Values { values, cols: 2 });
        let want = "                  MSE          MAE           R2  MSE of mean  MAE of mean
output 1      0.00000      0.00000      1.00000      1.50000      1.00000
output 2      1.00000      1.00000      0.00000      0.00000      0.00000";
        assert_eq!(outputs_table(&found.outputs, &output_names(&[], 2)), want);
        let named = output_names(&["price".to_owned(), "rent per month".to_owned()], 2);
        let table = outputs_table(&found.outputs, &named);
        assert!(
            table.contains("\n         price      0.00000") && table.contains("\nrent per month      1.00000"),
            "{table}"
        );
        let lines = lines(&found, "mse");
        assert!(lines[0].0 == "loss (mse)" && lines[0].1.ends_with("; mean of each output: 0.75000)"), "{lines:?}");
    }
}
