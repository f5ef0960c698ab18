//! `chainrule trace`: shows every number of a training step, of a worked example or of a model on rows of data.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::path::Path;

use chainrule::data::Source;
use chainrule::optim::{Clip, Update};
use chainrule::trace::{
    Example, MarkdownStyle, RowWords, TextStyle, Trace, to_json, to_markdown, to_text, trace_model,
};
use chainrule::{DType, Error, Model, ModelFile, Scalar};

use crate::args::TraceArgs;
use crate::data::Named;
use crate::escape::{self, shown};
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::layers::model_of;
use crate::output::{Output, plural};
use crate::text_options;
use crate::values::TraceFormat;
use crate::weights::WeightsArgs;

/// Rows and columns of a matrix that are shown.
const LIMIT: usize = 10;

pub(crate) fn run(args: &TraceArgs) -> Result<(), Failure> {
    if format(args) == TraceFormat::Json {
        let given = [("--digits", args.digits.is_some()), ("--limit", args.limit.is_some())];
        text_options::refuse(&of(&given), |are, them| {
            format!("{are} for text and markdown: JSON has every number in full; leave {them} out")
        })?;
    }
    let files = Files::default().file("FILE", Some(&args.file)).source("--data", args.data.as_ref());
    files.file("--labels", args.columns.labels.as_deref()).output("--output", args.output.as_deref()).check()?;
    let (trace, digits) = if extension(&args.file) == Some("toml") {
        example(args)?
    } else {
        let Some(source) = &args.data else {
            return Err(Failure::Usage(format!(
                "{} is a model, which needs rows to work on: name them with --data. The name of a worked example ends \
                 in .toml",
                args.file.display()
            )));
        };
        let named = Named::data(source, &args.columns, None);
        named.check()?;
        if args.steps == Some(0) {
            let of_steps = [
                ("--optimizer and its settings", args.optimizer.is_given()),
                ("--clip-norm", args.clip_norm.is_some()),
                ("--clip-value", args.clip_value.is_some()),
            ];
            text_options::refuse(&of(&of_steps), |are, them| {
                format!("{are} about training steps, and --steps 0 takes none: leave {them} out")
            })?;
        }
        let file = args.order.open(&args.file)?;
        let trace = match file.dtype() {
            DType::F32 => model::<f32>(args, source, &named, &file)?,
            DType::F64 => model::<f64>(args, source, &named, &file)?,
        };
        (trace, None)
    };
    write(args, trace, args.digits.or(digits).unwrap_or(TextStyle::default().digits))
}

/// The trace of a worked example, and the number of digits in its file.
fn example(args: &TraceArgs) -> Result<(Trace, Option<usize>), Failure> {
    let of_models = [
        ("--rows", args.rows.is_some()),
        ("--skip", args.skip.is_some()),
        ("--activation", args.activation.is_some()),
        ("--optimizer and its settings", args.optimizer.is_given()),
        ("--clip-norm", args.clip_norm.is_some()),
        ("--clip-value", args.clip_value.is_some()),
    ];
    let given: Vec<&str> =
        args.data.iter().map(|_| "--data").chain(args.columns.given()).chain(of(&of_models)).collect();
    text_options::refuse(&given, |are, _| {
        format!("{are} for models: the worked example {} contains all of that", args.file.display())
    })?;
    args.order.refuse_without("a .safetensors file")?;
    let example = Example::open(&args.file)?;
    Ok((example.trace(args.steps, args.step)?, example.digits()))
}

/// Those that are given.
fn of(options: &[(&'static str, bool)]) -> Vec<&'static str> {
    options.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect()
}

fn model<T: Scalar>(args: &TraceArgs, source: &Source, named: &Named<'_>, file: &ModelFile) -> Result<Trace, Failure> {
    let mut model = model_of::<T>(file, &args.file, args.activation)?;
    let (update, of) = update(args, &model)?;
    let data = named.load_for(&mut model)?;
    let (skip, rows) = (args.skip.unwrap_or(0), args.rows.unwrap_or(1));
    let end = skip.checked_add(rows).filter(|end| *end <= data.rows()).ok_or_else(|| Error::Argument {
        name: "rows",
        found: format!("{rows} after the first {skip}"),
        expected: format!("no more than the {} of {source}", plural(data.rows(), "row")),
    })?;
    let data = data.select(&(skip..end).collect::<Vec<_>>())?;
    let mut trace = trace_model(&model, &data, update, args.steps.unwrap_or(1), args.step)?;
    let which = if rows == 1 { format!("row {end}") } else { format!("rows {} to {end}", skip + 1) };
    trace.title = format!("{}, {which} of {source}", args.file.display());
    trace.notes = of.unwrap_or_default();
    trace.first_row = skip + 1;
    Ok(trace)
}

/// The update of the options, or where none are given that of the run that trained the model, which is said.
fn update<T: Scalar>(args: &TraceArgs, model: &Model<T>) -> Result<(Update, Option<String>), Failure> {
    let clip = args.clip_norm.map(Clip::Norm).or(args.clip_value.map(Clip::Value));
    let settings = model.facts.as_ref().and_then(|facts| facts.settings.as_ref());
    let earlier = match settings.filter(|_| !args.optimizer.is_named()) {
        Some(settings) => settings.config(model.loss)?,
        None => return Ok((Update { clip, ..args.optimizer.optimizer()?.into() }, None)),
    };
    // L-BFGS has a loop of its own: its steps are no updates by a rule.
    if earlier.lbfgs.is_some() {
        let note =
            "The model was trained by lbfgs, whose steps cannot be traced: steps are those of the options.".to_owned();
        return Ok((Update { clip, ..args.optimizer.optimizer()?.into() }, Some(note)));
    }
    let optimizer = args.optimizer.over(&earlier).optimizer()?;
    let clip = clip.or(earlier.clip);
    let clipped = clip.map_or_else(String::new, |clip| format!(", {clip}"));
    let mut note = format!("The step is that of the model's own training, but for the options: {optimizer}{clipped}.");
    if model.facts.as_ref().is_some_and(|facts| facts.own_loss) {
        note = format!(
            "The model was trained with a loss that an application computed, which no file holds: the step is one by {}, with \
             the optimizer of the training, but for the options: {optimizer}{clipped}.",
            model.loss
        );
    }
    let weights = WeightsArgs::of(&earlier).words();
    let row_weights = model.facts.as_ref().and_then(|facts| facts.row_weights.as_ref());
    let row_weights = row_weights.map(|column| format!("the weights of rows of {}", shown(column)));
    let weights = Some(weights.trim_start_matches(", ").to_owned()).filter(|weights| !weights.is_empty());
    let all: Vec<String> = weights.into_iter().chain(row_weights).collect();
    if !all.is_empty() {
        note += &format!(" The loss here is the plain mean; in training it had {}.", all.join(" and "));
    }
    Ok((Update { clip, optimizer, decay: earlier.decay }, Some(note)))
}

/// The format of --format or --json, or of the file's extension.
fn format(args: &TraceArgs) -> TraceFormat {
    let by_name = match args.output.as_deref().and_then(extension) {
        _ if args.json => TraceFormat::Json,
        Some("json") => TraceFormat::Json,
        Some("md") => TraceFormat::Markdown,
        _ => TraceFormat::Text,
    };
    args.format.unwrap_or(by_name)
}

fn write(args: &TraceArgs, trace: Trace, digits: usize) -> Result<(), Failure> {
    let limit = args.limit.unwrap_or(LIMIT);
    let text = match format(args) {
        TraceFormat::Json => escape::json(to_json(&trace)) + "\n",
        TraceFormat::Markdown => to_markdown(&readable(trace), &MarkdownStyle { digits, limit }),
        TraceFormat::Text => to_text(&readable(trace), &TextStyle { digits, limit, ..look(args) }),
    };
    match &args.output {
        Some(path) => Ok(files::write(path, |file| file.write_all(text.as_bytes()))?),
        None => {
            let mut output = Output::new(false, false);
            output.write(|out| out.write_all(text.as_bytes()));
            output.finish()
        }
    }
}

/// Escapes the title and notes of an example, and what a model calls its answers.
fn readable(trace: Trace) -> Trace {
    let words =
        |RowWords { target, answer }: &RowWords| RowWords { target: target.as_ref().map(shown), answer: shown(answer) };
    let (title, words) = (shown(&trace.title), trace.words.iter().map(words).collect());
    Trace { title, words, notes: escape::lines(&trace.notes).into_owned(), ..trace }
}

/// Colours and width for a terminal. <https://no-color.org>
fn look(args: &TraceArgs) -> TextStyle {
    let is_terminal = args.output.is_none() && io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let default = TextStyle::default();
    let width = terminal_size::terminal_size_of(io::stdout()).filter(|_| is_terminal);
    TextStyle {
        color: is_terminal && !no_color,
        width: width.map_or(default.width, |(columns, _)| usize::from(columns.0).max(NARROWEST)),
        ..default
    }
}

/// Narrower widths are ignored.
const NARROWEST: usize = 40;

fn extension(path: &Path) -> Option<&str> {
    path.extension().and_then(OsStr::to_str)
}
