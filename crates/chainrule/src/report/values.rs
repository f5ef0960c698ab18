//! Predicted values beside true ones, and what is left over.

use chainrule_explain::page::{Axis, Chart, Html, Mark, Series};
use chainrule_kernel::Scalar;

use super::answers::{Answers, Truth};
use super::words::output_name;
use crate::Model;

/// Outputs that have charts of their own.
const OUTPUTS: usize = 4;
/// Points of a chart.
const POINTS: usize = 1500;

pub(super) fn section<T: Scalar>(model: &Model<T>, answers: &Answers) -> Option<Html> {
    let Truth::Values(truth) = &answers.truth else { return None };
    let outputs = answers.outputs;
    let step = answers.rows.div_ceil(POINTS).max(1);
    let charts = (0..outputs.min(OUTPUTS)).flat_map(|output| {
        let pair = |row: usize| [truth[row * outputs + output], answers.scores[row * outputs + output]];
        let pairs: Vec<[f64; 2]> = (0..answers.rows).step_by(step).map(pair).collect();
        let name = output_name(model, output);
        [against_truth(&name, &pairs), left_over(&name, &pairs)]
    });
    let charts: Html = charts.map(|chart| Html::element("div", &[], chart.to_html())).collect();
    let charts = Html::element("div", &[("class", "charts".to_owned())], charts);
    let note = match (step, outputs > OUTPUTS) {
        (1, false) => return Some(charts),
        (1, true) => format!("The first {OUTPUTS} of {outputs} outputs."),
        (step, _) => format!("Every {step}th of {} rows is drawn.", answers.rows),
    };
    Some(charts.and(Html::element("p", &[("class", "note".to_owned())], Html::text(note))))
}

fn dots(points: Vec<[f64; 2]>) -> Series {
    Series { name: "rows".to_owned(), points, mark: Mark::Dots }
}

fn against_truth(name: &str, pairs: &[[f64; 2]]) -> Chart {
    let ends = |[low, high]: [f64; 2], value: &f64| [low.min(*value), high.max(*value)];
    let [low, high] = pairs.iter().flatten().fold([f64::INFINITY, f64::NEG_INFINITY], ends);
    let ideal = Series { name: String::new(), points: vec![[low, low], [high, high]], mark: Mark::Dashes };
    let (x, y) = (Axis::new(&format!("true {name}")), Axis::new(&format!("predicted {name}")));
    Chart { title: name.to_owned(), x, y, series: vec![dots(pairs.to_vec()), ideal] }
}

fn left_over(name: &str, pairs: &[[f64; 2]]) -> Chart {
    let points: Vec<[f64; 2]> = pairs.iter().map(|[truth, predicted]| [*predicted, truth - predicted]).collect();
    let ends = |[low, high]: [f64; 2], point: &[f64; 2]| [low.min(point[0]), high.max(point[0])];
    let [low, high] = points.iter().fold([f64::INFINITY, f64::NEG_INFINITY], ends);
    let zero = Series { name: String::new(), points: vec![[low, 0.0], [high, 0.0]], mark: Mark::Dashes };
    let (x, y) = (Axis::new(&format!("predicted {name}")), Axis::new("true minus predicted"));
    Chart { title: format!("{name}: residuals"), x, y, series: vec![dots(points), zero] }
}
