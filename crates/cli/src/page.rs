//! `--report` and `--curves`: writes the library's page about a model, and its learning curves.

use std::path::Path;

use chainrule::data::Dataset;
use chainrule::graph::Theme;
use chainrule::report::{Report, learning_curves, learning_curves_png};
use chainrule::{EpochReport, Layer, Model, Scalar, Trainer};

use crate::args::TrainArgs;
use crate::doctor::{self, Patient, Run};
use crate::escape::shown;
use crate::failure::Failure;
use crate::files::{self, Picture};
use crate::output::Output;

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

/// Writes what is looked at of a run that is over.
pub(crate) fn of_run<T: Scalar>(
    args: &TrainArgs,
    title: String,
    subject: Subject<'_, T>,
    trainer: &Trainer,
    output: &mut Output,
) -> Result<(), Failure> {
    if let Some(path) = &args.curves {
        let drawn = match files::check_picture("--curves", path)? {
            Picture::Svg => learning_curves(subject.epochs).into_bytes(),
            Picture::Png => learning_curves_png(subject.epochs, Theme::Light),
        };
        files::write(path, |out| out.write_all(&drawn))?;
        output.say(format_args!("wrote {}", shown(path.display())));
    }
    if let Some(path) = &args.report {
        trainer.install(|| write(path, title, subject))?;
        output.say(format_args!("wrote {}", shown(path.display())));
    }
    Ok(())
}

/// Writes the page; `title` is the model's file, or its data.
pub(crate) fn write<T: Scalar>(path: &Path, title: String, subject: Subject<'_, T>) -> Result<(), Failure> {
    let Subject { model, data, rows, epochs, remarks } = subject;
    let losses: Vec<f64> = epochs.iter().map(|epoch| epoch.loss).collect();
    // A step of batch normalisation takes two rows, and the doctor looks at a step.
    let findings =
        match data.rows() == 1 && model.mlp.layers().iter().any(|layer| matches!(layer, Layer::BatchNorm { .. })) {
            true => Vec::new(),
            false => doctor::findings(&Patient::as_trained(model)?, data, Run { losses: &losses, ..Run::AFTER })?,
        };
    let mut report = Report::new(model, data);
    (report.title, report.rows, report.remarks) = (title, rows, remarks);
    (report.epochs, report.findings) = (epochs, &findings);
    let html = report.to_html()?;
    Ok(files::write(path, |out| out.write_all(html.as_bytes()))?)
}
