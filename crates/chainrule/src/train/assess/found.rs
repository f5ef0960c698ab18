//! What an assessment says.

use chainrule_model::metrics::{CalibrationBins, ClassScores, Interval};

use super::super::Evaluation;
use crate::{Error, Result};

/// How good a model is, by the metrics that fit what it answers.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy);
/// let found = model.assess(&digits::<f32>())?;
/// assert_eq!(found.evaluation.rows, 1797);
/// for (name, value) in &found.metrics {
///     println!("{name} {value:.4}, without looking {:.4}", found.baseline.metric(name).unwrap());
/// }
/// assert!(found.metric("ROC AUC").is_ok());
/// assert!(found.metric("R2").unwrap_err().to_string().contains("known: loss, accuracy, balanced accuracy"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Loss, accuracy and the confusion matrix.
    pub evaluation: Evaluation,
    /// Metrics by name, in the order in which they are read, each under one name: those of classes (`balanced accuracy`, `macro F1`, ...), of
    /// several labels, or of values (`R2`, ...). What ranks, ranks by logits, never by probabilities, of which many are 1. What
    /// the rows leave undefined is not among them: no ROC curve of one class; nor is the area under it where rows times
    /// classes are more than 2^27, which would be 1 GiB of numbers to sort.
    pub metrics: Vec<(&'static str, f64)>,
    /// Precision, recall and F1 of each class, or of yes at each output where several may be true of a row; `None` with
    /// values.
    pub classes: Option<Vec<ClassScores>>,
    /// The errors of each output; empty unless the targets are values.
    pub outputs: Vec<OutputErrors>,
    /// What an answer that is the same for every row scores.
    pub baseline: Baseline,
    /// Whether the probabilities mean what they say; `None` where the outputs are none.
    pub calibration: Option<Calibration>,
    /// 95 % confidence intervals by the name of the metric, `loss` and `accuracy` among them, as if the rows were drawn at
    /// random: Wilson's of shares of rows, and the normal approximation of means over rows
    /// ([`Interval`](crate::metrics::Interval), [`RunningMean`](crate::metrics::RunningMean)). Metrics that are neither have
    /// none, nor have means over a single row.
    pub intervals: Vec<(&'static str, Interval)>,
}

/// What an answer that looks at no feature scores on the same rows: the majority class, the majority of each output's labels, or
/// the mean of each output's targets. It is the best of its kind for these very rows, so a model that learned something
/// is better.
///
/// ```
/// use chainrule::data::{Dataset, Features, Targets};
/// use chainrule::{Loss, Mlp, Model};
///
/// let features = Features::new(4, 1, vec![0.0f32, 1.0, 2.0, 3.0])?;
/// let data = Dataset::new(features, Targets::Classes { labels: vec![0, 1, 1, 1], classes: 2 })?;
/// let model = Model::new(Mlp::builder(1).dense(2).build()?, Loss::CrossEntropy);
/// let baseline = model.assess(&data)?.baseline;
/// assert_eq!((baseline.name, baseline.class), ("majority class", Some(1)));
/// assert_eq!(baseline.metric("accuracy"), Some(0.75));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// `majority class`, `majority of each output` or `mean of each output`.
    pub name: &'static str,
    /// The majority class, the first of equals.
    pub class: Option<usize>,
    /// At each output the share of rows with its more frequent label, where each output is a question of its own; otherwise
    /// empty.
    pub outputs: Vec<f64>,
    /// By the names of [`Assessment::metrics`], and `loss`, `accuracy`, `Brier score` and `expected calibration error` where
    /// there are these. Scores of probabilities are those of answering the shares of the labels: the loss is their entropy
    /// with the cross-entropies, and that of the mean of each output with the other losses.
    pub metrics: Vec<(&'static str, f64)>,
}

/// Whether probabilities mean what they say.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(10).init(chainrule::Init::Zeros).build()?, Loss::CrossEntropy);
/// let calibration = model.assess(&digits::<f32>())?.calibration.expect("a classifier's outputs are probabilities");
/// // Every class has 0.1: 0.9^2 + 9 * 0.1^2.
/// assert!((calibration.brier_score - 0.9).abs() < 1e-9 && calibration.expected_error < 0.01);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// The expected calibration error over 15 bins of the probability of the answer; with binary cross-entropy each output of
    /// each row is an answer, of probability p or 1 - p.
    pub expected_error: f64,
    /// The mean over rows of the squared distance of the probabilities from the truth, summed over classes and halved for two
    /// ([`brier_score`](crate::metrics::brier_score)); with binary cross-entropy the mean of `(p - t)^2` over outputs too.
    pub brier_score: f64,
    /// The answers by confidence, for a reliability diagram.
    pub bins: CalibrationBins,
}

/// The errors of one output of values, and of answering the mean of its targets.
///
/// ```
/// use chainrule::data::{Dataset, Features, Targets};
/// use chainrule::{Loss, Mlp, Model};
///
/// let features = Features::new(2, 1, vec![0.0f32, 1.0])?;
/// let data = Dataset::new(features, Targets::Values { values: vec![1.0, 4.0, 3.0, 4.0], cols: 2 })?;
/// let model = Model::new(Mlp::builder(1).dense(2).build()?, Loss::Mse);
/// let outputs = model.assess(&data)?.outputs;
/// assert_eq!((outputs[0].mean, outputs[0].mean_mse), (2.0, 1.0));
/// assert_eq!((outputs[1].mean, outputs[1].mean_mae), (4.0, 0.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutputErrors {
    /// The mean squared error.
    pub mse: f64,
    /// The mean absolute error.
    pub mae: f64,
    /// [`r2`](crate::metrics::r2).
    pub r2: f64,
    /// The mean of the targets.
    pub mean: f64,
    /// The mean squared error of answering it: the variance of the targets.
    pub mean_mse: f64,
    /// The mean absolute error of answering it.
    pub mean_mae: f64,
}

impl Assessment {
    /// A metric by its name: `loss`, `accuracy`, `Brier score`, `expected calibration error`, or one of
    /// [`Assessment::all_metrics`].
    ///
    /// # Errors
    /// When this model on these rows does not have it: with the names of those that it has.
    pub fn metric(&self, name: &str) -> Result<f64> {
        let all = self.all();
        by_any_name(&all, name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
            Error::unknown_name("metric", name, &known)
        })
    }

    /// [`Assessment::metrics`] under each of their names: the area under the ROC curve is `ROC AUC` and `macro ROC AUC` in every
    /// kind of classification. It is one number: of a single question, or two classes, there is one curve; otherwise it is the
    /// mean of the curves, each of a class against the rest, or of an output.
    pub fn all_metrics(&self) -> Vec<(&'static str, f64)> {
        with_all_names(&self.metrics)
    }

    /// The confidence interval of a metric, if it has one.
    pub fn interval(&self, name: &str) -> Option<Interval> {
        self.intervals.iter().find(|(known, _)| *known == name).map(|(_, interval)| *interval)
    }

    fn all(&self) -> Vec<(&'static str, f64)> {
        let mut all = vec![("loss", self.evaluation.loss)];
        all.extend(self.evaluation.accuracy.map(|accuracy| ("accuracy", accuracy)));
        all.extend(&self.metrics);
        if let Some(Calibration { expected_error, brier_score, .. }) = self.calibration {
            all.extend([("Brier score", brier_score), ("expected calibration error", expected_error)]);
        }
        all
    }
}

impl Baseline {
    /// What the constant answer scores by a metric of this name, if that is defined.
    pub fn metric(&self, name: &str) -> Option<f64> {
        by_any_name(&self.metrics, name)
    }

    /// [`Baseline::metrics`] under each of their names, as [`Assessment::all_metrics`].
    pub fn all_metrics(&self) -> Vec<(&'static str, f64)> {
        with_all_names(&self.metrics)
    }
}

/// Two names of one figure.
const AREA: [&str; 2] = ["ROC AUC", "macro ROC AUC"];

/// The other name of a figure that has two.
fn other_name(name: &str) -> Option<&'static str> {
    match AREA {
        [one, other] if name == one => Some(other),
        [one, other] if name == other => Some(one),
        _ => None,
    }
}

fn by_any_name(metrics: &[(&'static str, f64)], name: &str) -> Option<f64> {
    let of = |name: &str| metrics.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    of(name).or_else(|| of(other_name(name)?))
}

fn with_all_names(metrics: &[(&'static str, f64)]) -> Vec<(&'static str, f64)> {
    let named = |&(name, value): &(&'static str, f64)| {
        [Some((name, value)), other_name(name).map(|other| (other, value))].into_iter().flatten()
    };
    metrics.iter().flat_map(named).collect()
}
