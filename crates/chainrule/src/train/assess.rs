//! Everything that is usually asked of a model that is done: more than a training run needs after each epoch.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::metrics::{
    Average, ClassScores, ConfusionMatrix, log_loss, mae, mse, r2, roc_auc, roc_auc_one_vs_rest, top_k,
};
use chainrule_model::{Layer, Loss, Mlp, softmax};

use super::Evaluation;
use super::evaluate::Evaluator;
use crate::Result;
use crate::data::{Dataset, Targets};
use crate::fit::check_fit;

/// With more classes than this the share of rows whose class is among the five largest outputs says something.
const TOP_FIVE_CLASSES: usize = 10;

/// How good a model is, by the metrics that fit what it answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// Loss, accuracy and the confusion matrix.
    pub evaluation: Evaluation,
    /// Metrics by name, in the order in which they are read: those of classes (`balanced accuracy`, `macro F1`, ...), of
    /// several labels, or of values (`R2`, ...). What the rows leave undefined is not among them: no ROC curve of one class.
    pub metrics: Vec<(&'static str, f64)>,
    /// Precision, recall and F1 of each class, or of yes at each output where several may be true of a row; `None` with
    /// values.
    pub classes: Option<Vec<ClassScores>>,
}

/// As [`evaluate`](super::evaluate), and more. The outputs of all rows are kept meanwhile, in f64.
///
/// # Errors
/// When the dataset does not fit the network or the loss.
pub fn assess<T: Scalar>(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Result<Assessment> {
    check_fit(mlp, data, loss)?;
    crate::forked::check()?;
    let mut outputs = Vec::with_capacity(data.rows() * mlp.outputs());
    let mut answer = vec![T::ZERO; mlp.outputs()];
    let see = |output: MatRef<'_, T>| {
        for row in 0..output.rows() {
            answer.copy_from_slice(output.row(row));
            match loss {
                Loss::CrossEntropy => softmax::forward(mlp.kernel(), answer.len(), &mut answer),
                Loss::BinaryCrossEntropy => mlp.kernel().sigmoid(&mut answer),
                _ => {}
            }
            outputs.extend(answer.iter().map(|y| y.to_f64()));
        }
    };
    let evaluation = Evaluator::new(mlp, data).run_with(mlp, data, loss, see)?;
    let width = mlp.outputs();
    let (metrics, classes) = match (data.targets(), &evaluation.confusion) {
        (Targets::Classes { labels, .. }, Some(confusion)) => {
            let has_softmax = mlp.layers().last() == Some(&Layer::Softmax);
            let are_probabilities = loss == Loss::CrossEntropy || has_softmax;
            of_classes(confusion, &outputs, labels, are_probabilities)
        }
        (Targets::Values { values, .. }, _) if loss == Loss::BinaryCrossEntropy => of_labels(&outputs, values, width),
        // Probabilities of classes: the class that each row names is that of its largest.
        (Targets::Values { .. }, Some(confusion)) => of_decisions(confusion),
        (Targets::Values { values, .. }, None) => {
            let t: Vec<f64> = values.iter().map(|t| t.to_f64()).collect();
            (vec![("MSE", mse(&outputs, &t)), ("MAE", mae(&outputs, &t)), ("R2", r2(&outputs, &t, width))], None)
        }
        (Targets::Classes { .. }, None) => (Vec::new(), None),
    };
    Ok(Assessment { evaluation, metrics, classes })
}

type Found = (Vec<(&'static str, f64)>, Option<Vec<ClassScores>>);

fn of_decisions(confusion: &ConfusionMatrix) -> Found {
    let (all, weighted) = (confusion.average(Average::Macro), confusion.average(Average::Weighted));
    let metrics = vec![
        ("balanced accuracy", confusion.balanced_accuracy()),
        ("macro precision", all.precision),
        ("macro recall", all.recall),
        ("macro F1", all.f1),
        ("weighted F1", weighted.f1),
    ];
    (metrics, Some((0..confusion.classes()).map(|class| confusion.scores(class)).collect()))
}

fn of_classes(
    confusion: &ConfusionMatrix,
    outputs: &[f64], // (rows, classes)
    labels: &[u32],  // (rows)
    are_probabilities: bool,
) -> Found {
    let classes = confusion.classes();
    let (mut metrics, each) = of_decisions(confusion);
    if classes >= TOP_FIVE_CLASSES {
        metrics.push(("top-5 accuracy", top_k(outputs, classes, labels, 5)));
    }
    let area = match classes {
        2 => {
            let scores: Vec<f64> = outputs.iter().skip(1).step_by(2).copied().collect();
            roc_auc(&scores, &labels.iter().map(|&label| label == 1).collect::<Vec<bool>>())
        }
        _ => roc_auc_one_vs_rest(outputs, classes, labels),
    };
    metrics.extend(area.map(|area| ("ROC AUC", area)));
    if are_probabilities {
        metrics.push(("log loss", log_loss(outputs, classes, labels)));
    }
    (metrics, each)
}

/// Each output a question of its own: yes where its probability is above a half.
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
    (metrics, Some(labels.iter().map(|label| label.scores(1)).collect()))
}
