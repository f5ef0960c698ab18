//! Loss, metric and rate over the epochs.

use chainrule_explain::page::{Axis, Chart, Html, Mark, Series, charts_to_svg};
use chainrule_kernel::Scalar;

use crate::{EpochReport, Evaluation, Model};

/// Beyond this ratio of the largest loss to the least, the axis is logarithmic.
const WIDE: f64 = 20.0;

pub(super) fn section<T: Scalar>(model: &Model<T>, epochs: &[EpochReport]) -> Html {
    let drawn = charts(epochs).into_iter().map(|chart| Html::element("div", &[], chart.to_html()));
    let charts = Html::element("div", &[("class", "charts".to_owned())], drawn.collect());
    let mut notes = Vec::new();
    if model.facts.as_ref().is_some_and(|facts| facts.refit_epochs.is_some()) {
        notes.push(
            "Of the run that chose the number of epochs; the weights are those of the run after it, over all rows.",
        );
    }
    if model.target.scaling().is_some() {
        notes.push("Losses are of the targets as they were learned, each by its deviation.");
    }
    if notes.is_empty() { charts } else { Html::paragraph(notes.join(" ")).and(charts) }
}

/// The learning curves of a run as an SVG file that stands alone, legible light and dark: loss, accuracy or R2, and the learning
/// rate where it changes.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::report::learning_curves;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let run = Trainer::new(TrainConfig::default().epochs(3))?.fit(network, &digits::<f32>(), None, ())?;
/// let svg = learning_curves(&run.report.epochs);
/// assert!(svg.starts_with("<svg") && svg.contains("Loss") && svg.contains("Accuracy"));
/// # Ok::<(), chainrule::Error>(())
/// ```
pub fn learning_curves(epochs: &[EpochReport]) -> String {
    charts_to_svg(&charts(epochs))
}

/// The same as PNG.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::graph::Theme;
/// use chainrule::report::learning_curves_png;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let run = Trainer::new(TrainConfig::default().epochs(3))?.fit(network, &digits::<f32>(), None, ())?;
/// assert!(learning_curves_png(&run.report.epochs, Theme::Dark).starts_with(b"\x89PNG"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[cfg(feature = "png")]
pub fn learning_curves_png(epochs: &[EpochReport], theme: chainrule_explain::graph::Theme) -> Vec<u8> {
    let drawn = chainrule_explain::page::charts_to_png(&charts(epochs), theme);
    drawn.expect("four charts at most, which are far from the limit of pixels")
}

fn charts(epochs: &[EpochReport]) -> Vec<Chart> {
    let line = |name: &str, value: &dyn Fn(&EpochReport) -> Option<f64>| {
        let point = |epoch: &EpochReport| value(epoch).map(|value| [epoch.epoch as f64, value]);
        Series { name: name.to_owned(), points: epochs.iter().filter_map(point).collect(), mark: Mark::Line }
    };
    let held_out =
        |metric: fn(&Evaluation) -> Option<f64>| move |epoch: &EpochReport| epoch.validation.as_ref().and_then(metric);
    let losses =
        vec![line("training", &|epoch| Some(epoch.loss)), line("validation", &held_out(|found| Some(found.loss)))];
    let accuracies =
        vec![line("training", &|epoch| epoch.accuracy), line("validation", &held_out(|found| found.accuracy))];
    let r2 = vec![line("validation", &held_out(|found| found.r2))];
    let rates = vec![line("learning rate", &|epoch| epoch.learning_rate)];
    let share = |label: &str| Axis { range: None, ..Axis::new(label) };
    let charts = [
        ("Loss", loss_axis(&losses), losses),
        ("Accuracy", share("share of rows"), accuracies),
        ("R2", share("R2"), r2),
        ("Learning rate", Axis::new("rate"), rates.into_iter().filter(moves).collect()),
    ];
    let drawn = charts.into_iter().filter_map(|(title, y, mut series)| {
        series.retain(|series| !series.points.is_empty());
        (!series.is_empty()).then(|| Chart { title: title.to_owned(), x: Axis::new("epoch"), y, series })
    });
    drawn.collect()
}

fn moves(series: &Series) -> bool {
    series.points.windows(2).any(|pair| pair[0][1] != pair[1][1])
}

fn loss_axis(losses: &[Series]) -> Axis {
    let values =
        || losses.iter().flat_map(|series| &series.points).map(|point| point[1]).filter(|loss| loss.is_finite());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    Axis { is_log: low > 0.0 && high / low > WIDE, ..Axis::new("mean loss of a row") }
}
