//! The assessment of a trained model: all metrics that fit its task, more than a training run needs after each epoch.

use chainrule_kernel::{Kernel, MatRef, Scalar};
use chainrule_model::metrics::{
    Average, ClassScores, ConfusionMatrix, log_loss, mae, mse, r2, roc_auc, roc_auc_one_vs_rest, top_k,
};
use chainrule_model::{Layer, Loss, Mlp, softmax};

use super::Evaluation;
use super::evaluate::evaluate_with;
use crate::Result;
use crate::data::{Dataset, Targets};

/// The least number of classes for which top-5 accuracy is reported.
const TOP_FIVE_CLASSES: usize = 10;

/// The largest rows times classes for which probabilities are stored for ranking: 1 GiB in f64.
const RANKED_MAX: usize = 1 << 27;

/// The metrics of a model that fit its task.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy);
/// let found = model.assess(&digits::<f32>())?;
/// assert_eq!(found.evaluation.rows, 1797);
/// for (name, value) in &found.metrics {
///     println!("{name} {value:.4}");
/// }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Loss, accuracy and the confusion matrix.
    pub evaluation: Evaluation,
    /// Metrics by name, in the order of display: those of classes (`balanced accuracy`, `macro F1`, ...), of several
    /// labels, or of values (`R2`, ...). Metrics that are undefined for these rows are left out, such as a ROC curve of one
    /// class; so is the area under the ROC curve where rows times classes exceed 2^27, which would be 1 GiB of
    /// probabilities to sort.
    pub metrics: Vec<(&'static str, f64)>,
    /// Precision, recall and F1 of each class, or of each output as a binary label; `None` with values.
    pub classes: Option<Vec<ClassScores>>,
}

/// As [`evaluate_network`](super::evaluate_network), with all metrics. The outputs of all rows are stored in f64 while a
/// metric needs them together.
///
/// # Errors
/// As [`evaluate_network`](super::evaluate_network).
pub fn assess_network<T: Scalar>(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Result<Assessment> {
    let mut outputs = Outputs::new(mlp, data, loss);
    let evaluation = evaluate_with(mlp, data, loss, |output| outputs.see(output))?;
    let width = mlp.outputs();
    let Found { metrics, classes } = match (data.targets(), &evaluation.confusion) {
        (Targets::Classes { labels, .. }, Some(confusion)) => {
            let has_softmax = mlp.layers().last() == Some(&Layer::Softmax);
            let are_probabilities = loss == Loss::CrossEntropy || has_softmax;
            of_classes(confusion, &outputs, labels, are_probabilities)
        }
        (Targets::Values { values, .. }, _) if loss == Loss::BinaryCrossEntropy => {
            of_labels(&outputs.kept.unwrap_or_default(), values, width)
        }
        // Probabilities of classes: the class of a row is that of its largest probability.
        (Targets::Values { .. }, Some(confusion)) => of_decisions(confusion),
        (Targets::Values { values, .. }, None) => {
            let t: Vec<f64> = values.iter().map(|t| t.to_f64()).collect();
            let y = outputs.kept.unwrap_or_default();
            Found {
                metrics: vec![("MSE", mse(&y, &t)), ("MAE", mae(&y, &t)), ("R2", r2(&y, &t, width))],
                classes: None,
            }
        }
        (Targets::Classes { .. }, None) => Found { metrics: Vec::new(), classes: None },
    };
    Ok(Assessment { evaluation, metrics, classes })
}

/// The outputs of all rows so far, as probabilities if the loss takes logits.
struct Outputs<'a, T: Scalar> {
    kernel: &'a Kernel<T>,
    loss: Loss,
    /// (rows), with classes.
    labels: Option<&'a [u32]>,
    /// One row, (width), in the element type and in f64.
    answer: Vec<T>,
    wide: Vec<f64>,
    rows: usize,
    in_top_five: f64,
    log_loss: f64,
    /// (rows, width), if a metric needs all of them together.
    kept: Option<Vec<f64>>,
}

impl<'a, T: Scalar> Outputs<'a, T> {
    fn new(mlp: &'a Mlp<T>, data: &'a Dataset<T>, loss: Loss) -> Self {
        let (width, rows) = (mlp.outputs(), data.rows());
        let (labels, is_kept) = match data.targets() {
            Targets::Classes { labels, .. } => {
                (Some(labels.as_slice()), rows.checked_mul(width).is_some_and(|all| all <= RANKED_MAX))
            }
            Targets::Values { .. } => (None, loss != Loss::CrossEntropy),
        };
        let (answer, wide) = (vec![T::ZERO; width], vec![0.0; width]);
        let kept = is_kept.then(|| Vec::with_capacity(rows * width));
        Outputs { kernel: mlp.kernel(), loss, labels, answer, wide, rows: 0, in_top_five: 0.0, log_loss: 0.0, kept }
    }

    /// Adds the outputs of the next rows.
    fn see(&mut self, output: MatRef<'_, T>) {
        let width = self.answer.len();
        for row in 0..output.rows() {
            self.answer.copy_from_slice(output.row(row));
            match self.loss {
                Loss::CrossEntropy => softmax::forward(self.kernel, width, &mut self.answer),
                Loss::BinaryCrossEntropy => self.kernel.sigmoid(&mut self.answer),
                _ => {}
            }
            self.wide.iter_mut().zip(&self.answer).for_each(|(wide, y)| *wide = y.to_f64());
            if let Some(labels) = self.labels {
                let label = &labels[self.rows..=self.rows];
                self.in_top_five += top_k(&self.wide, width, label, 5);
                self.log_loss += log_loss(&self.wide, width, label);
            }
            if let Some(kept) = &mut self.kept {
                kept.extend_from_slice(&self.wide);
            }
            self.rows += 1;
        }
    }
}

/// The metrics that an assessment adds to an evaluation.
struct Found {
    metrics: Vec<(&'static str, f64)>,
    classes: Option<Vec<ClassScores>>,
}

fn of_decisions(confusion: &ConfusionMatrix) -> Found {
    let (all, weighted) = (confusion.average(Average::Macro), confusion.average(Average::Weighted));
    let metrics = vec![
        ("balanced accuracy", confusion.balanced_accuracy()),
        ("macro precision", all.precision),
        ("macro recall", all.recall),
        ("macro F1", all.f1),
        ("weighted F1", weighted.f1),
    ];
    Found { metrics, classes: Some((0..confusion.classes()).map(|class| confusion.scores(class)).collect()) }
}

fn of_classes<T: Scalar>(
    confusion: &ConfusionMatrix,
    outputs: &Outputs<'_, T>,
    labels: &[u32], // (rows)
    are_probabilities: bool,
) -> Found {
    let (classes, rows) = (confusion.classes(), labels.len());
    let Found { mut metrics, classes: each } = of_decisions(confusion);
    if classes >= TOP_FIVE_CLASSES {
        metrics.push(("top-5 accuracy", outputs.in_top_five / rows as f64));
    }
    let area = |kept: &Vec<f64>| match classes {
        2 => {
            let scores: Vec<f64> = kept.iter().skip(1).step_by(2).copied().collect();
            roc_auc(&scores, &labels.iter().map(|&label| label == 1).collect::<Vec<bool>>())
        }
        _ => roc_auc_one_vs_rest(kept, classes, labels),
    };
    metrics.extend(outputs.kept.as_ref().and_then(area).map(|area| ("ROC AUC", area)));
    if are_probabilities {
        metrics.push(("log loss", outputs.log_loss / rows as f64));
    }
    Found { metrics, classes: each }
}

/// Metrics of binary labels: an output is 1 where its probability is above a half.
fn of_labels<T: Scalar>(
    probabilities: &[f64], // (rows, width)
    targets: &[T],         // (rows, width)
    width: usize,
) -> Found {
    let half = T::from_f64(0.5);
    let mut labels = vec![ConfusionMatrix::new(2); width];
    let mut exact = 0;
    for (p, t) in probabilities.chunks_exact(width).zip(targets.chunks_exact(width)) {
        for ((label, &p), &t) in labels.iter_mut().zip(p).zip(t) {
            label.add(usize::from(t > half), usize::from(p > 0.5));
        }
        exact += usize::from(p.iter().zip(t).all(|(&p, &t)| (p > 0.5) == (t > half)));
    }
    let rows = targets.len() / width;
    let right: u64 = labels.iter().map(ConfusionMatrix::correct).sum();
    let (all, together) =
        (ClassScores::of_labels(&labels, Average::Macro), ClassScores::of_labels(&labels, Average::Micro));
    let mut metrics = vec![
        ("accuracy of outputs", right as f64 / targets.len() as f64),
        ("exact rows", exact as f64 / rows as f64),
        ("macro precision", all.precision),
        ("macro recall", all.recall),
        ("macro F1", all.f1),
        ("micro F1", together.f1),
    ];
    let area = |output: usize| {
        let scores: Vec<f64> = probabilities.iter().skip(output).step_by(width).copied().collect();
        let is_yes: Vec<bool> = targets.iter().skip(output).step_by(width).map(|&t| t > half).collect();
        roc_auc(&scores, &is_yes)
    };
    let areas: Vec<f64> = (0..width).filter_map(area).collect();
    if !areas.is_empty() {
        metrics.push(("macro ROC AUC", areas.iter().sum::<f64>() / areas.len() as f64));
    }
    Found { metrics, classes: Some(labels.iter().map(|label| label.scores(1)).collect()) }
}
