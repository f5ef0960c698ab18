//! Runs on a page: their curves over one another, and what they differ in.

use chainrule_explain::page::{Axis, Chart, Html, Mark, Page, Series, table};

use super::comparison::Comparison;
use super::metrics::EpochMetrics;
use super::run::Run;

/// As many colours as a page has: curves of more runs could not be told from one another.
const DRAWN: usize = 8;
/// Points of a curve, at most: more than a screen shows.
const POINTS: usize = 1000;
/// Beyond this ratio of the largest loss to the least, the axis is logarithmic.
const WIDE: f64 = 20.0;

impl Comparison {
    /// A page about the runs: one file of HTML that asks for nothing from elsewhere. Curves are those of the first eight runs.
    pub fn to_html(&self, title: &str) -> String {
        let mut page = Page::new(title);
        page.section("runs", "Runs", self.table());
        page.section("curves", "Curves", self.curves());
        page.section("settings", "Settings that differ", self.settings());
        if !self.broken.is_empty() {
            let line =
                |broken: &super::BrokenRun| Html::paragraph(format!("{}: {}", broken.path.display(), broken.error));
            page.section("broken", "Folders that cannot be read", self.broken.iter().map(line).collect());
        }
        page.to_html()
    }

    fn table(&self) -> Html {
        let header = ["run", "date", "data", "network", "epochs", "best held out", "at epoch", "test", "seconds", ""];
        let row = |run: &Run| {
            let best = run.best();
            let number = |value: f64| format!("{value:.4}");
            let cells = [
                run.name.clone(),
                run.date.replace('T', " ").replace('Z', ""),
                run.data.clone(),
                run.network.clone(),
                run.epochs.len().to_string(),
                best.map(|best| format!("{} {}", best.metric, number(best.value))).unwrap_or_default(),
                best.map(|best| best.epoch.to_string()).unwrap_or_default(),
                run.tested().map(|(metric, value)| format!("{metric} {}", number(value))).unwrap_or_default(),
                format!("{:.2}", run.seconds()),
                run.remarks.join("; "),
            ];
            cells.iter().map(Html::text).collect()
        };
        let caption = "Validation: the rows that epochs are measured on. Seconds: of the steps.";
        table(caption, &header, self.runs.iter().map(row).collect())
    }

    fn curves(&self) -> Html {
        type Of = fn(&EpochMetrics) -> Option<f64>;
        let kinds: [(&str, &str, Of); 6] = [
            ("Training loss", "mean loss of a row", |epoch| Some(epoch.train_loss)),
            ("Validation loss", "mean loss of a row", |epoch| epoch.val_loss),
            ("Training accuracy", "share of rows", |epoch| epoch.train_accuracy),
            ("Validation accuracy", "share of rows", |epoch| epoch.val_accuracy),
            ("Validation R2", "R2", |epoch| epoch.val_r2),
            ("Learning rate", "rate", |epoch| epoch.learning_rate),
        ];
        let drawn = &self.runs[..self.runs.len().min(DRAWN)];
        let charts = kinds.into_iter().filter_map(|(title, label, of)| {
            let line = |run: &Run| {
                let points = run.epochs.iter().filter_map(|epoch| Some([epoch.epoch as f64, of(epoch)?]));
                Series { name: run.name.clone(), points: thinned(points.collect()), mark: Mark::Line }
            };
            let series: Vec<Series> = drawn.iter().map(line).collect();
            let has_points = series.iter().any(|series| !series.points.is_empty());
            let y = Axis { is_log: label == "mean loss of a row" && is_wide(&series), ..Axis::new(label) };
            let chart = Chart { title: title.to_owned(), x: Axis::new("epoch"), y, series };
            has_points.then(|| Html::element("div", &[], chart.to_html()))
        });
        let charts = Html::element("div", &[("class", "charts".to_owned())], charts.collect());
        match self.runs.len() {
            0..=DRAWN => charts,
            runs => Html::paragraph(format!("The first {DRAWN} of {runs} runs.")).and(charts),
        }
    }

    fn settings(&self) -> Html {
        let differences = self.differences();
        if differences.is_empty() {
            return Html::paragraph("None.");
        }
        let header: Vec<&str> = ["setting"].into_iter().chain(self.runs.iter().map(|run| run.name.as_str())).collect();
        let rows = differences.iter().map(|difference| {
            let value = |value: &Option<String>| Html::text(value.as_deref().unwrap_or("none"));
            std::iter::once(Html::text(&difference.key)).chain(difference.values.iter().map(value)).collect()
        });
        table("", &header, rows.collect())
    }
}

/// Points evenly apart, and the last.
fn thinned(points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let (every, last) = (points.len().div_ceil(POINTS).max(1), points.len().saturating_sub(1));
    let kept = points.into_iter().enumerate().filter(|(at, _)| at % every == 0 || *at == last);
    kept.map(|(_, point)| point).collect()
}

fn is_wide(series: &[Series]) -> bool {
    let values =
        || series.iter().flat_map(|series| &series.points).map(|point| point[1]).filter(|loss| loss.is_finite());
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    low > 0.0 && high / low > WIDE
}
