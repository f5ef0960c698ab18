//! The metrics, each with its interval and with what a constant answer has.

use chainrule_explain::page::{Html, table};
use chainrule_kernel::Scalar;

use super::words::{number, percent};
use crate::{Assessment, Model};

pub(super) fn section<T: Scalar>(model: &Model<T>, assessment: &Assessment) -> Html {
    let mut named = vec![(format!("loss ({})", model.loss), "loss", assessment.evaluation.loss)];
    if let Some(accuracy) = assessment.evaluation.accuracy {
        named.push(("accuracy".to_owned(), "accuracy", accuracy));
    }
    named.extend(assessment.metrics.iter().map(|(name, value)| ((*name).to_owned(), *name, *value)));
    if let Some(calibration) = &assessment.calibration {
        named.push(("Brier score".to_owned(), "Brier score", calibration.brier_score));
        let name = "expected calibration error";
        named.push((name.to_owned(), name, calibration.expected_error));
    }
    let show = |name: &str, value: f64| if name == "accuracy" { percent(value) } else { number(value) };
    let line = |(title, name, value): (String, &str, f64)| {
        let interval = assessment.interval(name);
        let interval = interval.map(|found| format!("{} to {}", show(name, found.low), show(name, found.high)));
        let baseline = assessment.baseline.metric(name).map(|value| show(name, value));
        let cell = |text: Option<String>| Html::text(text.unwrap_or_default());
        vec![Html::text(title), Html::text(show(name, value)), cell(interval), cell(baseline)]
    };
    let header = ["", "this model", "95 % interval", assessment.baseline.name];
    let caption = "The last column is what an answer that looks at no column has.";
    table(caption, &header, named.into_iter().map(line).collect())
}
