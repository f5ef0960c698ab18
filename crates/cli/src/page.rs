//! `--report`: writes the library's page about a model.

use std::path::Path;

use chainrule::data::Dataset;
use chainrule::report::Report;
use chainrule::{EpochReport, Model, Scalar};

use crate::doctor::{self, Patient, Run};
use crate::failure::Failure;
use crate::files;

/// What a page is written from.
pub(crate) struct Subject<'a, T: Scalar> {
    pub(crate) model: &'a Model<T>,
    /// The rows that it is judged by, and what they are called.
    pub(crate) data: &'a Dataset<T>,
    pub(crate) rows: String,
    /// Of the run, when it has just ended.
    pub(crate) epochs: &'a [EpochReport],
    pub(crate) remarks: Vec<(String, String)>,
}

/// Writes the page; `title` is the model's file, or its data.
pub(crate) fn write<T: Scalar>(path: &Path, title: String, subject: Subject<'_, T>) -> Result<(), Failure> {
    let Subject { model, data, rows, epochs, remarks } = subject;
    let losses: Vec<f64> = epochs.iter().map(|epoch| epoch.loss).collect();
    let findings = doctor::findings(&Patient::of(model), data, Run { losses: &losses, ..Run::AFTER })?;
    let mut report = Report::new(model, data);
    (report.title, report.rows, report.remarks) = (title, rows, remarks);
    (report.epochs, report.findings) = (epochs, &findings);
    let html = report.to_html()?;
    Ok(files::write(path, |out| out.write_all(html.as_bytes()))?)
}
