//! `chainrule data`, and the warnings about data of `train`: the library's findings as text and as JSON.

use chainrule::Task;
use chainrule::data::{
    ColumnKind, ColumnProfile, ColumnRole, DataFinding, Preflight, SplitBy, SplitRequest, TargetProfile,
};
use serde::Serialize;

use crate::args::defaults::HOLDOUT;
use crate::args::{DataArgs, FittingArgs};
use crate::data::Named;
use crate::escape::shown;
use crate::failure::Failure;
use crate::output::{Output, become_features, grouped, plural, tell};
use crate::report::in_options;
use crate::text_options;

/// Columns of a table that are shown; --json lists all.
const SHOWN: usize = 30;
/// Classes whose rows are shown.
const CLASSES: usize = 12;

pub(crate) fn run(args: &DataArgs) -> Result<(), Failure> {
    let named = Named { options: ["SOURCE", "--labels"], ..Named::data(&args.data, &args.columns, None) };
    let named = named.within(&args.memory);
    named.check()?;
    text_options::refuse_of_images(&args.fitting.given(), named.source, "SOURCE")?;
    refuse_idle(args)?;
    let usual = SplitRequest::default();
    let test = args.holdout.and_then(|holdout| holdout.share).unwrap_or(HOLDOUT);
    let by = if args.holdout.is_some_and(|holdout| holdout.is_last) { SplitBy::Last } else { usual.by };
    let split = SplitRequest { test, seed: args.split_seed.unwrap_or(usual.seed), by, ..usual };
    let request = args.fitting.applied_to(named.request());
    let mut output = Output::new(args.json, false);
    let mut found = match request.preflight(&split) {
        Ok(found) => found,
        // What cannot be learned from can still be looked at.
        Err(error) if !request.target.is_empty() => {
            let mut columns = request.clone();
            columns.target.clear();
            if let Ok(mut found) = columns.preflight(&split) {
                name_options(&mut found);
                let target = shown(request.target.join(","));
                output.say(format_args!("nothing can be learned about {target} from these rows, as the error says; the columns, {target} among them:"));
                say(&found, &mut output);
            }
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    if args.fitting.takes_unknown() && !found.columns.is_empty() && !found.columns.iter().any(has_categories) {
        return Err(FittingArgs::no_categories());
    }
    name_options(&mut found);
    output.json(&found);
    say(&found, &mut output);
    output.finish()
}

/// Names the settings in its notes by the options of the command.
fn name_options(found: &mut Preflight) {
    found.notes.iter_mut().for_each(|note| *note = in_options(std::mem::take(note)));
}

/// Whether a column is learned from by what its cells say.
fn has_categories(column: &ColumnProfile) -> bool {
    let are_words = column.min.is_none();
    let may_differ = matches!(column.kind, ColumnKind::Category | ColumnKind::Text | ColumnKind::Flag);
    column.role == ColumnRole::Feature && are_words && may_differ
}

/// Refuses options about targets and parts where there are none.
fn refuse_idle(args: &DataArgs) -> Result<(), Failure> {
    let has_target = args.data.has_targets() || args.columns.labels.is_some() || !args.columns.target.is_empty();
    let given = [
        ("--task", args.columns.task.is_some() && !has_target),
        ("--log1p", args.fitting.takes_logarithms() && !has_target),
        ("--holdout", args.holdout.is_some() && !has_target),
        ("--split-seed", args.split_seed.is_some() && !has_target),
    ];
    let given: Vec<&str> = given.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect();
    text_options::refuse(&given, |are, them| {
        format!("{are} about what is learned, and no target is named: --target COLUMN, or leave {them} out")
    })?;
    let Some(holdout) = args.holdout else { return Ok(()) };
    let seed: &[&str] = if args.split_seed.is_some() { &["--split-seed"] } else { &[] };
    let refuse = |options: &[&'static str], why: &str| {
        text_options::refuse(options, |are, them| format!("{are} about rows that are {why}: leave {them} out"))
    };
    if holdout.share == Some(0.0) {
        refuse(seed, "held out, and --holdout 0 leaves none")?;
    }
    if holdout.is_last {
        refuse(seed, "drawn, and --holdout last takes them by their order")?;
        let group: &[&str] = if args.fitting.group().is_some() { &["--group"] } else { &[] };
        refuse(group, "drawn, and --holdout last takes them by their order")?;
    }
    Ok(())
}

fn say(found: &Preflight, output: &mut Output) {
    let columns = match found.columns.len() {
        0 => String::new(),
        columns => format!(", {}", plural(columns, "column")),
    };
    let used = found.columns.iter().filter(|column| column.role == ColumnRole::Feature).count();
    let (rows, features) = (plural(found.rows, "row"), become_features(used, found.features));
    let targets = if found.target.is_none() && used > 0 { ", no target named" } else { "" };
    output.say(format_args!("{}: {rows}{columns}; {features}{targets}", shown(&found.origin)));
    found.notes.iter().for_each(|note| output.say(shown(note)));
    if !found.columns.is_empty() {
        output.say("");
        output.say(table(&found.columns));
    }
    if let Some(target) = &found.target {
        output.say(target_line(target));
    }
    output.say(rows_line(found));
    for finding in &found.findings {
        output.say(format_args!("\n{}", words(finding)));
    }
    output.say(match found.findings.len() {
        0 => "nothing found".to_owned(),
        findings => format!("\n{}", plural(findings, "finding")),
    });
}

/// One line for each column, and a dot for what it has not.
fn table(columns: &[ColumnProfile]) -> String {
    let first = &columns[..columns.len().min(SHOWN)];
    let title = |column: &ColumnProfile| shown(column.title()).chars().take(24).collect::<String>();
    let width = first.iter().map(|column| title(column).chars().count()).max().unwrap_or(0).max(6);
    let mut text = format!(
        "{:width$}  {:8}  {:>7}  {:>9}  {:>10} {:>10} {:>10} {:>10}  becomes\n",
        "column", "type", "missing", "different", "min", "mean", "max", "deviation"
    );
    let number = |value: Option<f64>| value.map_or_else(|| ".".to_owned(), short);
    for column in first {
        let numbers = match &column.most_frequent {
            Some((word, rows)) => {
                let word: String = shown(word).chars().take(24).collect();
                format!("{:43}", format!("most frequent: {word} {}", grouped(*rows)))
            }
            None => format!(
                "{:>10} {:>10} {:>10} {:>10}",
                number(column.min),
                number(column.mean),
                number(column.max),
                number(column.deviation)
            ),
        };
        text.push_str(&format!(
            "{:width$}  {:8}  {:>7}  {:>9}  {numbers}  {}\n",
            title(column),
            column.kind,
            grouped(column.missing),
            grouped(column.different),
            column.becomes
        ));
    }
    if columns.len() > SHOWN {
        text.push_str(&format!("... {} more (--json lists all)\n", plural(columns.len() - SHOWN, "column")));
    }
    text
}

/// A number in ten characters.
fn short(value: f64) -> String {
    match value.abs() {
        size if size != 0.0 && !(1e-3..1e7).contains(&size) => format!("{value:.3e}"),
        _ if value.fract() == 0.0 => format!("{value}"),
        size if size >= 1000.0 => format!("{value:.1}"),
        _ => format!("{value:.4}"),
    }
}

fn target_line(target: &TargetProfile) -> String {
    let name = match target.names.is_empty() {
        true => "target".to_owned(),
        false => format!("target {}", shown(target.names.join(", "))),
    };
    let mut text = format!("{name}: {}", target.task);
    if !target.classes.is_empty() {
        let counts =
            target.classes.iter().take(CLASSES).map(|(class, rows)| format!("{} {}", shown(class), grouped(*rows)));
        let more = if target.classes.len() > CLASSES { ", ..." } else { "" };
        let counts: Vec<String> = counts.collect();
        text += &format!(", {}: {}{more}", plural(target.classes.len(), "class"), counts.join(", "));
        return text;
    }
    for scale in target.values.iter().take(CLASSES) {
        let done = if target.task == Task::Regression { "; standardised for training" } else { "" };
        text += &format!(
            ", {} to {}, mean {}, deviation {}{done}",
            short(scale.min),
            short(scale.max),
            short(scale.mean),
            short(scale.deviation)
        );
    }
    text
}

fn rows_line(found: &Preflight) -> String {
    let copies = match found.duplicate_rows {
        0 => "no row occurs twice".to_owned(),
        1 => "1 row is the copy of an earlier one".to_owned(),
        rows => format!("{} rows are copies of earlier ones", grouped(rows)),
    };
    let Some(parts) = found.parts else { return format!("rows: {copies}") };
    let held_out = parts.validation + parts.test;
    let shared = match found.shared_rows {
        Some(shared) if held_out > 0 => {
            format!("; {} of {} held out are trained on too", grouped(shared), grouped(held_out))
        }
        _ => String::new(),
    };
    format!("rows: {} to train on, {} held out; {copies}{shared}", grouped(parts.train), grouped(held_out))
}

/// Two lines, whatever names of columns hold.
pub(crate) fn words(finding: &DataFinding) -> String {
    format!("{}\n  do:    {}", shown(&finding.seen), shown(&finding.advice))
}

/// A finding about data, as one of `train`'s JSON events.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "finding")]
struct Event<'a> {
    when: &'a str,
    #[serde(flatten)]
    finding: &'a DataFinding,
}

/// Warns of what was found, on standard error, or as JSON events; in quiet runs of nothing.
pub(crate) fn warn(findings: &[DataFinding], output: &mut Output) {
    for finding in findings {
        output.json(&Event { when: "data", finding });
        if output.is_words() {
            tell(format_args!("warning: {}", words(finding)));
        }
    }
}
