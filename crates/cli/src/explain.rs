//! `chainrule explain`: what an answer depends on, as a table or an image of characters.

use std::fmt::Write;
use std::path::Path;

use chainrule::data::{AsItIs, Preprocess};
use chainrule::explanation::{Attribution, AttributionRequest, Importance, attribute, permutation_importance};
use chainrule::graph::Theme;
use chainrule::{DType, Model, ModelFile, Scalar};
use serde::Serialize;

use crate::args::ExplainArgs;
use crate::data::{Named, is_there_once, refuse_other_loss};
use crate::escape::{in_cell, shown};
use crate::failure::Failure;
use crate::files::{self, Files, Picture};
use crate::layers::model_of;
use crate::output::{Output, brief, percent, plural};
use crate::part::Chosen;

/// What is not said of a row without a target.
const WITHOUT_TARGET: &str = "the row's target is";

/// Columns that are shown.
const LIMIT: usize = 40;

/// The JSON line of a row.
#[derive(Debug, Serialize)]
struct RowLine<'a> {
    row: usize,
    #[serde(flatten)]
    found: &'a Attribution,
    sum: f64,
    difference: f64,
}

/// The JSON line of all rows.
#[derive(Debug, Serialize)]
struct ImportanceLine<'a> {
    rows: usize,
    importance: &'a [Importance],
}

pub(crate) fn run(args: &ExplainArgs) -> Result<(), Failure> {
    let named = Named::data(&args.data, &args.columns, args.loss);
    named.check()?;
    if let Some(path) = &args.image {
        files::check_picture("--image", path)?;
    }
    let files = Files::default().file("MODEL", Some(&args.model)).source("--data", Some(&args.data));
    files.file("--labels", args.columns.labels.as_deref()).output("--image", args.image.as_deref()).check()?;
    let file = args.order.open(&args.model)?;
    match file.dtype() {
        DType::F32 => explain::<f32>(args, named, &file),
        DType::F64 => explain::<f64>(args, named, &file),
    }
}

fn explain<T: Scalar>(args: &ExplainArgs, named: Named<'_>, file: &ModelFile) -> Result<(), Failure> {
    let mut model = model_of::<T>(file, &args.model, args.activation)?;
    refuse_other_loss(&model, args.loss)?;
    let chosen = Chosen { model: &args.model, named, part: args.part, holdout: None, seed: None };
    let (data, part, missing) = match (args.row, args.part) {
        (Some(row), None) if is_there_once(&args.data) => match named.read_once(&mut model)? {
            AsItIs::Labelled(examples) => chosen.of_examples(&examples, &model, Some(row - 1))?,
            AsItIs::Unlabelled { features, notes } => {
                (named.unlabelled(&model, features, &notes, WITHOUT_TARGET)?, "all".to_owned(), Vec::new())
            }
        },
        (Some(row), None) if !named.may_have_target(&model)? => {
            let data = named.load_with_or_without(&mut model, WITHOUT_TARGET)?;
            let missing = named.request().missing_in(&model, row - 1)?;
            (data, "all".to_owned(), missing)
        }
        _ => chosen.rows_and_holes(&mut model, args.row.map(|row| row - 1))?,
    };
    let mut output = Output::new(args.json, false);
    match args.row {
        Some(row) => {
            let request =
                AttributionRequest { output: args.output.clone(), baseline: args.baseline, steps: args.steps };
            let mut found = attribute(&model, &data, row - 1, &request)?;
            found.mark_filled(&missing);
            if let Some(path) = &args.image {
                draw(&found, path)?;
            }
            output.json(&RowLine { row, found: &found, sum: found.sum(), difference: found.difference() });
            output.say(format_args!("{}, {part}, row {row}", shown(&args.data)));
            say_row(&mut output, &found, args.limit.unwrap_or(LIMIT));
            if found.image_side.is_none() && model.preprocess != Preprocess::None {
                output.say(
                    "gradient: by the network's inputs, behind preprocessing; of a standardised column for one deviation, not for 1",
                );
            }
            if let Some(path) = &args.image {
                output.say(format_args!("wrote {}", shown(path.display())));
            }
        }
        None => {
            let found = permutation_importance(&model, &data)?;
            output.json(&ImportanceLine { rows: data.rows(), importance: &found });
            output.say(format_args!("{}, {part}: {}", shown(&args.data), plural(data.rows(), "row")));
            output.say(importance(&found, args.limit.unwrap_or(LIMIT), unit(&model)));
        }
    }
    output.finish()
}

fn draw(found: &Attribution, path: &Path) -> Result<(), Failure> {
    let drawn = match files::check_picture("--image", path)? {
        Picture::Svg => found.to_svg(Theme::Light)?.into_bytes(),
        Picture::Png => found.to_png(Theme::Light)?,
    };
    Ok(files::write(path, |out| out.write_all(&drawn))?)
}

fn say_row(output: &mut Output, found: &Attribution, limit: usize) {
    found.target.iter().for_each(|target| output.say(format_args!("target         {}", shown(target))));
    output.say(format_args!("answer         {}", shown(&found.answer)));
    if !found.probabilities.is_empty() {
        let mut likely: Vec<_> = found.probabilities.iter().collect();
        likely.sort_by(|a, b| b.1.total_cmp(&a.1));
        let words: Vec<String> =
            likely.iter().take(10).map(|(name, p)| format!("{} {}", shown(name), percent(*p))).collect();
        output.say(format_args!("probabilities  {}", words.join(", ")));
    }
    let name = shown(&found.output);
    let name = if found.is_log1p { format!("ln(1 + {name})") } else { name };
    let (value, base) = (found.value, found.baseline_value);
    output.say(format_args!(
        "output {name}: {} for the row, {} for the baseline, {} apart",
        brief(value),
        brief(base),
        brief(value - base)
    ));
    match found.image_side {
        Some(side) => output.say(image(found, side)),
        None => output.say(table(found, limit)),
    }
    output.say(format_args!(
        "sum check: integrated gradients add up to {}, f(row) - f(baseline) is {}; difference {} ({})",
        brief(found.sum()),
        brief(value - base),
        brief(found.difference()),
        plural(found.steps, "step"),
    ));
}

/// The columns, those that add most first.
fn table(found: &Attribution, limit: usize) -> String {
    let mut columns: Vec<_> = found.columns.iter().collect();
    columns.sort_by(|a, b| b.integrated.abs().total_cmp(&a.integrated.abs()));
    let mut lines = vec![["column", "value", "integrated", "gradient x input", "gradient"].map(str::to_owned)];
    lines.extend(columns.iter().take(limit).map(|column| {
        let numbers = [column.integrated, column.gradient_times_input, column.gradient].map(brief);
        let [integrated, product, gradient] = numbers;
        let filled = if column.is_filled && column.value != "missing" { " (filled)" } else { "" };
        [shown(&column.column), format!("{}{filled}", shown(&column.value)), integrated, product, gradient]
    }));
    let rest = columns.len().saturating_sub(limit);
    let more = if rest > 0 { format!("{rest} more with less: --limit\n") } else { String::new() };
    format!("\n{}{more}", aligned(&lines))
}

/// With the unit of the loss, where it is not plain.
fn importance(found: &[Importance], limit: usize, unit: &str) -> String {
    let falls = |column: &Importance| column.accuracy.map(percent).unwrap_or_default();
    let head = if found.iter().any(|column| column.accuracy.is_some()) { "accuracy falls by" } else { "" };
    let mut lines = vec![["column", "loss rises by", "deviation", head].map(str::to_owned)];
    lines.extend(
        found.iter().take(limit).map(|column| {
            [shown(&column.column).to_string(), brief(column.loss), brief(column.deviation), falls(column)]
        }),
    );
    let rest = found.len().saturating_sub(limit);
    let more = if rest > 0 { format!("{rest} more with less: --limit\n") } else { String::new() };
    format!(
        "\n{}{more}\nEach column is shuffled among the rows five times. Of two columns that say the same, neither seems to matter.{unit}",
        aligned(&lines)
    )
}

/// What the loss of a model's values is counted in.
fn unit<T: Scalar>(model: &Model<T>) -> &'static str {
    match (model.target.scaling(), model.mlp.outputs()) {
        (None, _) => "",
        (Some(_), 1) => "\nThe loss is in the target's own unit.",
        (Some(_), _) => {
            "\nThe loss is that of the targets as they were learned, each by its deviation: their units do not add up."
        }
    }
}

/// The first column left, the others right.
fn aligned<const N: usize>(lines: &[[String; N]]) -> String {
    let lines: Vec<[String; N]> = lines.iter().map(|line| line.each_ref().map(|cell| in_cell(cell))).collect();
    let width = |at: usize| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    for line in lines {
        let mut row = format!("{:<width$}", line[0], width = widths[0]);
        for (cell, width) in line.iter().zip(widths).skip(1) {
            let _ = write!(row, "  {cell:>width$}");
        }
        text += row.trim_end();
        text.push('\n');
    }
    text
}

/// Each pixel by what it adds: its size by the darkness of a character, its sign by the kind.
fn image(found: &Attribution, side: usize) -> String {
    const ADDS: [char; 4] = ['.', '+', '#', '@'];
    const TAKES: [char; 4] = ['\'', '-', '=', '%'];
    let largest = found.columns.iter().map(|column| column.integrated.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let pixel = |value: f64| {
        let share = value.abs() / largest;
        let kind = if value > 0.0 { ADDS } else { TAKES };
        match share {
            0.0..0.05 => ' ',
            _ => kind[((share * 4.0) as usize).min(3)],
        }
    };
    let mut text = "\nintegrated gradients by pixel; adds: . + # @, takes away: ' - = %\n".to_owned();
    for row in found.columns.chunks_exact(side) {
        let line: String = row.iter().flat_map(|column| [pixel(column.integrated); 2]).collect();
        text += line.trim_end();
        text.push('\n');
    }
    text
}
