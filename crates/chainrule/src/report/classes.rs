//! Where classes are taken for one another: confusion matrix, scores of each class, ROC curves, calibration.

use chainrule_explain::page::{Axis, Chart, Html, Mark, Series, shaded, table};
use chainrule_kernel::{Kernel, Scalar};

use super::answers::{Answers, Truth};
use super::words::{class_name, number, output_name, percent};
use crate::data::Dataset;
use crate::metrics::{CalibrationBin, ConfusionMatrix, RocPoint, roc_auc, roc_curve};
use crate::train::{Calibration, Meaning};
use crate::{Assessment, Model};

/// With more classes the matrix would not fit a page: its largest entries are listed.
const MATRIX_CLASSES: usize = 30;
const CONFUSIONS: usize = 25;
/// Curves that a chart can tell apart.
const CURVES: usize = 8;
/// Points of a curve that a page can show.
const POINTS: usize = 300;

pub(super) fn section<T: Scalar>(
    model: &Model<T>,
    data: &Dataset<T>,
    assessment: &Assessment,
    answers: &Answers,
) -> Option<Html> {
    if matches!(answers.truth, Truth::Values(_) | Truth::Unknown) {
        return None;
    }
    let mut out = Html::new();
    if let Some(matrix) = &assessment.evaluation.confusion {
        out = out.and(confusion(model, matrix));
    }
    if let Some(classes) = &assessment.classes {
        let name = |at: usize| match answers.truth {
            Truth::YesOrNo(_) if answers.outputs > 1 => output_name(model, at),
            _ => class_name(model, at),
        };
        let line = |(at, scores): (usize, &crate::metrics::ClassScores)| {
            let numbers = [scores.precision, scores.recall, scores.f1].map(|value| Html::text(number(value)));
            let mut cells = vec![Html::text(name(at))];
            cells.extend(numbers);
            cells.push(Html::text(scores.support.to_string()));
            cells
        };
        let header = ["class", "precision", "recall", "F1", "rows"];
        let rows = classes.iter().enumerate().take(200).map(line).collect();
        out = out.and(table(
            "Precision: of the rows so answered, how many are. Recall: of the rows that are, how many so answered.",
            &header,
            rows,
        ));
    }
    let charts = [roc(model, data, answers), assessment.calibration.as_ref().map(calibration)];
    let charts = charts.into_iter().flatten().map(|chart| Html::element("div", &[], chart.to_html()));
    Some(out.and(Html::element("div", &[("class", "charts".to_owned())], charts.collect())))
}

fn confusion<T: Scalar>(model: &Model<T>, matrix: &ConfusionMatrix) -> Html {
    let classes = matrix.classes();
    let share =
        |truth: usize, predicted: usize| matrix.count(truth, predicted) as f64 / matrix.truths(truth).max(1) as f64;
    if classes > MATRIX_CLASSES {
        let mut entries: Vec<_> = matrix.entries().filter(|(truth, predicted, _)| truth != predicted).collect();
        entries.sort_by_key(|(truth, predicted, rows)| (std::cmp::Reverse(*rows), *truth, *predicted));
        let line = |&(truth, predicted, rows): &(usize, usize, u64)| {
            let cells = [class_name(model, truth), class_name(model, predicted), rows.to_string()];
            let mut cells = cells.map(Html::text).to_vec();
            cells.push(Html::text(percent(share(truth, predicted))));
            cells
        };
        let header = ["true class", "answered", "rows", "of the class"];
        return table("The most frequent confusions", &header, entries.iter().take(CONFUSIONS).map(line).collect());
    }
    let names: Vec<String> = (0..classes).map(|class| class_name(model, class)).collect();
    let mut header = vec!["true"];
    header.extend(names.iter().map(String::as_str));
    let line = |truth: usize| {
        let cell = |predicted: usize| match matrix.count(truth, predicted) {
            0 => Html::text("."),
            rows => shaded(&rows.to_string(), share(truth, predicted), truth == predicted),
        };
        std::iter::once(Html::text(&names[truth])).chain((0..classes).map(cell)).collect()
    };
    table("Confusion matrix: true classes by row, answers by column", &header, (0..classes).map(line).collect())
}

/// Whether a row is an example of a class or output.
type IsPositive<'a> = Box<dyn Fn(usize, usize) -> bool + 'a>;

/// A curve for each class or output; of two classes one is enough.
fn roc<T: Scalar>(model: &Model<T>, data: &Dataset<T>, answers: &Answers) -> Option<Chart> {
    let outputs = answers.outputs;
    // As the figures of the assessment rank them.
    let (meaning, mut scores) = (Meaning::of(&model.mlp, data, model.loss), answers.scores.clone());
    meaning.to_scores(&mut scores);
    let has_labels = matches!(answers.truth, Truth::Classes(_));
    meaning.to_ranks(Kernel::<f64>::selected().ok()?, outputs, has_labels, &mut scores);
    let (truth, shown): (IsPositive<'_>, Vec<usize>) = match &answers.truth {
        Truth::Classes(labels) => {
            let shown = if outputs == 2 { vec![1] } else { (0..outputs.min(CURVES)).collect() };
            (Box::new(|row, class| labels[row] as usize == class), shown)
        }
        Truth::YesOrNo(truth) => {
            (Box::new(move |row, output| truth[row * outputs + output] > 0.5), (0..outputs.min(CURVES)).collect())
        }
        Truth::Values(_) | Truth::Unknown => return None,
    };
    let curve = |&output: &usize| {
        let scores: Vec<f64> = scores.iter().skip(output).step_by(outputs).copied().collect();
        let is_positive: Vec<bool> = (0..answers.rows).map(|row| truth(row, output)).collect();
        let points = thinned(&roc_curve(&scores, &is_positive)?);
        let name = match answers.truth {
            Truth::Classes(_) => class_name(model, output),
            _ => output_name(model, output),
        };
        let name = format!("{name}, area {}", number(roc_auc(&scores, &is_positive)?));
        Some(Series { name, points, mark: Mark::Line })
    };
    let mut series: Vec<Series> = shown.iter().filter_map(curve).collect();
    if series.is_empty() {
        return None;
    }
    series.push(Series { name: String::new(), points: vec![[0.0, 0.0], [1.0, 1.0]], mark: Mark::Dashes });
    let title = match outputs > CURVES {
        true => format!("ROC curves of the first {CURVES}"),
        false => "ROC curve".to_owned(),
    };
    Some(Chart { title, x: share("false positive rate"), y: share("true positive rate"), series })
}

fn share(label: &str) -> Axis {
    Axis { range: Some([0.0, 1.0]), ..Axis::new(label) }
}

/// Some of the points, the ends among them.
fn thinned(curve: &[RocPoint]) -> Vec<[f64; 2]> {
    let step = curve.len().div_ceil(POINTS).max(1);
    let last = curve.len() - 1;
    let is_shown = |(at, _): &(usize, &RocPoint)| at % step == 0 || *at == last;
    let point = |(_, point): (usize, &RocPoint)| [point.false_positive_rate, point.true_positive_rate];
    curve.iter().enumerate().filter(is_shown).map(point).collect()
}

fn calibration(calibration: &Calibration) -> Chart {
    let point = |bin: &CalibrationBin| [bin.confidence / bin.answers as f64, bin.right as f64 / bin.answers as f64];
    let points = calibration.bins.bins().iter().filter(|bin| bin.answers > 0).map(point).collect();
    Chart {
        title: "Calibration".to_owned(),
        x: share("probability of the answer"),
        y: share("share of right answers"),
        series: vec![
            Series { name: "this model".to_owned(), points, mark: Mark::Line },
            Series { name: String::new(), points: vec![[0.0, 0.0], [1.0, 1.0]], mark: Mark::Dashes },
        ],
    }
}
