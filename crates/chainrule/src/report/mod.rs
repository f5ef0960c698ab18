//! A page about a model: how it was trained, how good it is on these rows, by what it decides and where it is wrong. What is
//! computed for it stands in this folder; how a page looks is `chainrule-explain`'s.

pub(crate) mod answers;
mod classes;
mod curves;
mod figures;
mod first_layer;
mod importance;
mod mistakes;
mod steps;
mod values;
pub(crate) mod words;

use chainrule_explain::graph::{Operations, Theme};
use chainrule_explain::page::{Html, Page, key_values};
use chainrule_explain::{doctor::Finding, layer_table};
use chainrule_kernel::Scalar;

use crate::data::Dataset;
use crate::explanation::{MOST_ROWS, columns, is_images, permutation_importance, spread};
use crate::{EpochReport, Model, Result};
use answers::Answers;
pub use curves::learning_curves;
#[cfg(feature = "png")]
pub use curves::learning_curves_png;
use words::shell;

/// Drawings of more bytes, light and dark together, are left out.
const MOST_PICTURE: usize = 400_000;

/// What a page is made of.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::report::Report;
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy);
/// let rows = digits::<f32>().select(&(0..100).collect::<Vec<_>>())?;
/// let html = Report::new(&model, &rows).to_html()?;
/// assert!(html.starts_with("<!DOCTYPE html>") && html.contains("Confusion"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report<'a, T: Scalar> {
    /// The model.
    pub model: &'a Model<T>,
    /// Rows with targets that it is judged by, best such as it has never seen.
    pub data: &'a Dataset<T>,
    /// The page's title.
    pub title: String,
    /// What the rows are called: `houses.csv, test`.
    pub rows: String,
    /// The epochs of the training run, if they are at hand.
    pub epochs: &'a [EpochReport],
    /// What the doctor found.
    pub findings: &'a [Finding],
    /// More to say at the beginning: names and values.
    pub remarks: Vec<(String, String)>,
}

impl<'a, T: Scalar> Report<'a, T> {
    /// A page about a model and rows.
    pub fn new(model: &'a Model<T>, data: &'a Dataset<T>) -> Self {
        let (title, rows) = ("A model of chainrule".to_owned(), "rows".to_owned());
        Report { model, data, title, rows, epochs: &[], findings: &[], remarks: Vec::new() }
    }

    /// The page: one file of HTML that asks for nothing from elsewhere.
    ///
    /// # Errors
    /// As [`Model::assess`].
    pub fn to_html(&self) -> Result<String> {
        let (model, data) = (self.model, self.model.prepared(self.data)?);
        let assessment = model.assess(&data)?;
        let sample = spread(&data, MOST_ROWS)?;
        let answers = Answers::of(model, &sample)?;
        let mut page = Page::new(&self.title);
        page.section("summary", "Summary", self.summary(&data));
        page.section("figures", "Figures", figures::section(model, &assessment));
        if !self.epochs.is_empty() {
            page.section("learning", "Learning curves", curves::section(model, self.epochs));
        }
        if let Some(classes) = classes::section(model, &sample, &assessment, &answers) {
            page.section("classes", "Classes", classes);
        }
        if let Some(values) = values::section(model, &answers) {
            page.section("values", "Predicted and true values", values);
        }
        let importance = match is_images(model) {
            true => Vec::new(),
            false if columns(&sample).len() > importance::COLUMNS => Vec::new(),
            false => permutation_importance(model, &sample)?,
        };
        if !importance.is_empty() {
            page.section("columns", "What the columns are worth", importance::section(model, &importance));
        }
        let worst = answers.worst();
        let order: Vec<&str> = importance.iter().map(|column| column.column.as_str()).collect();
        page.section("mistakes", "Worst mistakes", mistakes::section(model, &sample, &answers, &worst, &order));
        if is_images(model) {
            page.section("weights", "First weights", first_layer::section(model));
        }
        page.section("network", "The network", self.network());
        page.section("doctor", "What the doctor says", self.findings());
        if let Some(json) = steps::json(model, &sample, &worst)? {
            page.section("steps", "Step by step", steps::section());
            page.steps(&json);
        }
        Ok(page.to_html())
    }

    fn summary(&self, data: &Dataset<T>) -> Html {
        let model = self.model;
        let mut pairs = vec![("rows", format!("{}: {}", self.rows, data.rows()))];
        if let Some(task) = model.task {
            pairs.push(("task", task.to_string()));
        }
        if !model.target.names().is_empty() {
            pairs.push(("target", model.target.names().join(", ")));
        }
        let layers: Vec<String> = model.mlp.layers().iter().map(ToString::to_string).collect();
        pairs.push(("network", format!("{} inputs, {}", model.mlp.inputs(), layers.join(", "))));
        pairs.push(("parameters", model.mlp.params().len().to_string()));
        pairs.push(("loss", model.loss.to_string()));
        pairs.push(("computed by", model.mlp.kernel_name().to_owned()));
        if let Some(facts) = &model.facts {
            pairs.push(("trained on", format!("{}, {} rows", facts.data, facts.rows)));
            match (facts.best_epoch, facts.refit_epochs) {
                (Some(best), Some(again)) => {
                    let whose = format!("{again}, of a new run over the rows to validate on, too");
                    pairs.push(("epochs", format!("{whose}; before, epoch {best} of {} was best", facts.epochs)));
                }
                (best, _) => {
                    pairs.push(("epochs", facts.epochs.to_string()));
                    pairs.extend(best.map(|best| ("best epoch", best.to_string())));
                }
            }
            pairs.push(("trained by", format!("chainrule {}, {}", facts.version, facts.kernel)));
        }
        pairs.extend(self.remarks.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let summary = key_values(&pairs);
        let Some(facts) = model.facts.as_ref().filter(|facts| !facts.command.is_empty()) else { return summary };
        let command = Html::element("pre", &[], Html::text(format!("chainrule {}", shell(&facts.command))));
        summary.and(Html::paragraph("The command that makes it again:")).and(command)
    }

    fn network(&self) -> Html {
        let table = Html::element("pre", &[], Html::text(layer_table(&self.model.mlp)));
        let graph = Operations::new(&self.model.mlp, self.model.loss);
        let [light, dark] = [Theme::Light, Theme::Dark].map(|theme| graph.to_svg(theme));
        match light.len() + dark.len() {
            0..MOST_PICTURE => table.and(Html::graph(&light, &dark)),
            _ => table.and(Html::paragraph("Its graph is too large for a page: chainrule graph draws it.")),
        }
    }

    fn findings(&self) -> Html {
        let finding = |finding: &Finding| {
            let heading = Html::element("h3", &[], Html::text(finding.seen()));
            heading
                .and(Html::paragraph(finding.kind.means()))
                .and(Html::paragraph(format!("To do: {}", finding.advice)))
        };
        match self.findings {
            [] => Html::paragraph("Nothing that looks wrong."),
            findings => findings.iter().map(finding).collect(),
        }
    }
}
