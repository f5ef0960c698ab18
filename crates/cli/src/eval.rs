//! `chainrule eval`: evaluates a model on labelled rows.

use std::time::Instant;

use chainrule::metrics::{ClassScores, ConfusionMatrix};
use chainrule::{DType, Model, ModelFile, Scalar, TrainConfig, Trainer, weights_sha256};
use serde::Serialize;

use crate::args::EvalArgs;
use crate::data::Named;
use crate::escape::{in_cell, shown};
use crate::failure::Failure;
use crate::figures::{self, BaselineLine, CalibrationLine, OutputLine, output_names, outputs_table};
use crate::files::{self, Files};
use crate::layers::model_of;
use crate::output::{Output, brief, loss_of, percent, plural};
use crate::page;
use crate::part::Chosen;
use crate::precision::{Rounded, RoundingLine};
use crate::values::Part;

/// With more classes, the table would be too wide for a terminal.
const TABLE_CLASSES: usize = 40;

/// With more classes, the matrix would have over a million numbers; its nonzero entries are listed instead.
const MATRIX_CLASSES: usize = 1000;

/// The JSON line: the test metrics as in the last line of `train`, and the confusion matrix.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "done")]
struct DoneLine<'a> {
    test_loss: f64,
    /// Of a regression: what the loss is of, its targets in their own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    loss_of: Option<&'static str>,
    test_accuracy: Option<f64>,
    rows: usize,
    /// Rows are true classes, columns predicted classes; for at most 1,000 classes.
    confusion: Option<Vec<Vec<u64>>>,
    /// With --confusion: the nonzero entries, (true class, predicted class, rows).
    #[serde(skip_serializing_if = "Option::is_none")]
    confusion_entries: Option<Vec<(usize, usize, u64)>>,
    /// The metrics that apply to the model, by name.
    metrics: serde_json::Map<String, serde_json::Value>,
    /// One entry per class, or per output of a model with binary cross-entropy.
    scores: Option<Vec<ScoresLine>>,
    /// The errors of each output of values.
    outputs: Option<Vec<OutputLine>>,
    /// What a constant answer scores.
    baseline: BaselineLine,
    calibration: Option<CalibrationLine>,
    /// 95 % confidence intervals, `[low, high]`, by the names of the metrics, `loss` and `accuracy` among them.
    intervals: serde_json::Map<String, serde_json::Value>,
    classes: Option<&'a [String]>,
    seconds: f64,
    weights_sha256: String,
    threads: usize,
    kernel: &'a str,
    /// With --precision: what rounding changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    rounding: Option<&'a Rounding>,
}

/// What rounding changed on the rows, and their metrics before.
#[derive(Debug, Serialize)]
struct Rounding {
    #[serde(flatten)]
    line: RoundingLine,
    loss_before: f64,
    accuracy_before: Option<f64>,
}

/// The metrics of one class.
#[derive(Debug, Serialize)]
struct ScoresLine {
    precision: f64,
    recall: f64,
    f1: f64,
    support: u64,
}

pub(crate) fn run(args: &EvalArgs) -> Result<(), Failure> {
    args.data().check()?;
    if args.part == Some(Part::All) && args.holdout.is_some() {
        return Err(Failure::Usage("--holdout splits the rows into train and test; --part all is both".to_owned()));
    }
    let files = Files::default().file("MODEL", Some(&args.model)).source("--data", Some(&args.data));
    files.file("--labels", args.columns.labels.as_deref()).output("--report", args.report.as_deref()).check()?;
    files::check_page("--report", args.report.as_deref())?;
    let file = args.order.open(&args.model)?;
    match file.dtype() {
        DType::F32 => eval::<f32>(args, &file),
        DType::F64 => eval::<f64>(args, &file),
    }
}

fn eval<T: Scalar>(args: &EvalArgs, file: &ModelFile) -> Result<(), Failure> {
    let mut model = model_of::<T>(file, &args.model, args.activation)?;
    let trainer = Trainer::new(TrainConfig { threads: args.threads, ..TrainConfig::default() })?;
    let chosen =
        Chosen { model: &args.model, named: args.data(), part: args.part, holdout: args.holdout, seed: args.seed };
    let (data, part) = chosen.rows(&mut model)?;

    let rounded = trainer.install(|| args.rounding.rounded(&model, data.features()))?;
    let rounding = match rounded {
        None => None,
        Some(Rounded { model: narrow, line }) => {
            let before = trainer.install(|| model.evaluate(&data))?;
            model = narrow;
            Some(Rounding { line, loss_before: before.loss, accuracy_before: before.accuracy })
        }
    };
    let started = Instant::now();
    let assessment = trainer.install(|| model.assess(&data))?;
    let seconds = started.elapsed().as_secs_f64();

    let (found, classes, outputs) = (&assessment.evaluation, &assessment.classes, &assessment.outputs);
    if let (true, None, Some(task)) = (args.confusion, &found.confusion, model.task) {
        return Err(Failure::Usage(format!("--confusion is for classes: the task here is {task}, which has none")));
    }
    let names = found.confusion.as_ref().map(|matrix| names_of(&model, data.class_names(), matrix.classes()));
    let listed = found.confusion.as_ref().filter(|_| args.confusion);
    let mut output = Output::new(args.json, false);
    output.json(&DoneLine {
        test_loss: found.loss,
        loss_of: loss_of(model.task, false),
        test_accuracy: found.accuracy,
        rows: found.rows,
        confusion: found.confusion.as_ref().filter(|matrix| matrix.classes() <= MATRIX_CLASSES).map(nested),
        confusion_entries: listed.map(|matrix| matrix.entries().collect()),
        metrics: figures::by_name(&assessment.all_metrics()),
        scores: classes.as_ref().map(|classes| classes.iter().map(scores_line).collect()),
        outputs: (!outputs.is_empty()).then(|| OutputLine::all(outputs, model.target.names())),
        baseline: (&assessment.baseline).into(),
        calibration: assessment.calibration.as_ref().map(CalibrationLine::from),
        intervals: figures::intervals(&assessment),
        classes: names.as_deref(),
        seconds,
        weights_sha256: weights_sha256(&model.mlp),
        threads: trainer.threads(),
        kernel: model.mlp.kernel_name(),
        rounding: rounding.as_ref(),
    });
    output.say(format_args!("{}, {part}: {}", shown(&args.data), plural(found.rows, "row")));
    if let Some(Rounding { line, loss_before, accuracy_before }) = &rounding {
        let accuracy = accuracy_before.map_or(String::new(), |accuracy| format!(", accuracy {}", percent(accuracy)));
        output.say(line.text());
        output.say(format_args!("before rounding: loss {}{accuracy}", brief(*loss_before)));
    }
    let names: Option<Vec<String>> = names.map(|names| names.iter().map(shown).collect());
    output.say(aligned(&figures::lines(&assessment, &model.loss.to_string())));
    if (2..=TABLE_CLASSES).contains(&outputs.len()) {
        output.say(format_args!("\n{}", outputs_table(outputs, &output_names(model.target.names(), outputs.len()))));
    }
    if let Some(classes) = classes.as_ref().filter(|classes| classes.len() <= TABLE_CLASSES) {
        let numbers = output_names(model.target.names(), classes.len());
        output.say(format_args!("\n{}", scores_table(classes, names.as_deref().unwrap_or(&numbers))));
    }
    if let (Some(matrix), Some(names)) = (&found.confusion, &names) {
        output.say(match matrix.classes() {
            0..=TABLE_CLASSES => format!("\ntrue class by row, predicted class by column\n{}", table(matrix, names)),
            _ if args.confusion => format!("\ntrue class, predicted class and rows\n{}", list(matrix, names)),
            classes => format!("the confusion matrix of {classes} classes is listed with --confusion"),
        });
    }
    if let Some(path) = &args.report {
        let rows = format!("{}, {part}", args.data);
        let subject = page::Subject { model: &model, data: &data, rows, epochs: &[], remarks: Vec::new() };
        let title = args.model.display().to_string();
        trainer.install(|| page::write(path, title, subject))?;
        output.say(format_args!("\nwrote {}", shown(path.display())));
    }
    output.finish()
}

/// The names of this number of classes: no and yes of one question.
fn names_of<T: Scalar>(model: &Model<T>, in_data: Option<&[String]>, classes: usize) -> Vec<String> {
    let answers = model.target.answers().map(|answers| answers.map(str::to_owned).to_vec());
    let names = answers.as_deref().or(model.class_names.as_deref()).or(in_data).unwrap_or_default();
    (0..classes).map(|class| names.get(class).cloned().unwrap_or_else(|| class.to_string())).collect()
}

impl EvalArgs {
    fn data(&self) -> Named<'_> {
        Named::data(&self.data, &self.columns, self.loss).within(&self.memory)
    }
}

fn scores_line(scores: &ClassScores) -> ScoresLine {
    let ClassScores { precision, recall, f1, support } = *scores;
    ScoresLine { precision, recall, f1, support }
}

/// Names and values in two columns, the first as wide as the longest name.
fn aligned(lines: &[(String, String)]) -> String {
    let lines: Vec<(String, &String)> = lines.iter().map(|(name, value)| (in_cell(name), value)).collect();
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    lines.iter().map(|(name, value)| format!("{name:width$}  {value}")).collect::<Vec<_>>().join("\n")
}

/// One line per class, or per output.
fn scores_table(classes: &[ClassScores], names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| in_cell(name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let mut lines = vec![format!("{:width$}  precision  recall      F1  rows", "")];
    lines.extend(names.iter().zip(classes).map(|(name, scores)| {
        let ClassScores { precision, recall, f1, support } = scores;
        format!("{name:>width$}     {precision:.4}  {recall:.4}  {f1:.4}  {support:>4}")
    }));
    lines.join("\n")
}

fn nested(matrix: &ConfusionMatrix) -> Vec<Vec<u64>> {
    let classes = matrix.classes();
    (0..classes).map(|truth| (0..classes).map(|predicted| matrix.count(truth, predicted)).collect()).collect()
}

/// The confusion matrix with its class names; zeros are dots, so that errors stand out.
fn table(matrix: &ConfusionMatrix, names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| in_cell(name)).collect();
    let cell = |count: u64| if count == 0 { ".".to_owned() } else { count.to_string() };
    let counts: Vec<Vec<String>> = nested(matrix).into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
    let length = |text: &String| text.chars().count();
    let label = names.iter().map(length).max().unwrap_or(0);
    let width = counts.iter().flatten().chain(&names).map(length).max().unwrap_or(0);
    let line = |name: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!("  {cell:>width$}")).collect();
        format!("{name:>label$}{cells}")
    };
    let mut lines = vec![line("", &names)];
    lines.extend(names.iter().zip(&counts).map(|(name, cells)| line(name, cells)));
    lines.join("\n")
}

/// One line per nonzero entry.
fn list(matrix: &ConfusionMatrix, names: &[String]) -> String {
    let line =
        |(truth, predicted, rows): (usize, usize, u64)| format!("{}  {}  {rows}", names[truth], names[predicted]);
    matrix.entries().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_truth_by_row() {
        let mut matrix = ConfusionMatrix::new(2);
        (0..12).for_each(|_| matrix.add(0, 0));
        matrix.add(1, 0);
        let want = "     cat  dog\ncat   12    .\ndog    1    .";
        let names = ["cat".to_owned(), "dog".to_owned()];
        assert_eq!(table(&matrix, &names), want);
        assert_eq!(list(&matrix, &names), "cat  cat  12\ndog  cat  1");
    }
}
