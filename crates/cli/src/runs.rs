//! `chainrule runs`: the runs that are kept in folders, beside one another.

use chainrule::data::Source;
use chainrule::runs::{BestEpoch, Comparison, Difference, Run, RunFolder};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::args::RunsArgs;
use crate::escape::{in_cell, shown};
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::output::{Output, brief, plural, seconds, tell};

/// The JSON line of a run.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "run")]
struct RunLine<'a> {
    name: &'a str,
    path: String,
    date: &'a str,
    data: &'a str,
    network: &'a str,
    epochs: usize,
    /// `accuracy`, `R2` or `loss`.
    metric: Option<String>,
    best_validation: Option<f64>,
    best_epoch: Option<usize>,
    /// What was measured at its end.
    test: Map<String, Value>,
    seconds: f64,
    /// The settings that are not the same in all runs.
    differences: Map<String, Value>,
    remarks: &'a [String],
}

/// The JSON line of a folder that cannot be read.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "broken")]
struct BrokenLine {
    path: String,
    message: String,
}

pub(crate) fn run(args: &RunsArgs) -> Result<(), Failure> {
    let mut comparison = Comparison::of(&args.folders)?;
    kept(&comparison).output("--page", args.page.as_deref()).check()?;
    comparison.sort(args.sort);
    let mut output = Output::new(args.json, false);
    let differences = comparison.differences();
    for (at, run) in comparison.runs.iter().enumerate() {
        output.json(&line(run, at, &differences));
    }
    for broken in &comparison.broken {
        let (path, message) = (broken.path.display().to_string(), broken.error.to_string());
        tell(format_args!("warning: {} is passed over: {}", shown(&path), shown(&message)));
        output.json(&BrokenLine { path, message });
    }
    if !comparison.runs.is_empty() {
        table(&comparison.runs, &differences).iter().for_each(|line| output.say(line));
    }
    for run in &comparison.runs {
        run.remarks.iter().for_each(|remark| output.say(format_args!("{}: {}", shown(&run.name), shown(remark))));
    }
    if let Some(path) = &args.page {
        let folders: Vec<String> = args.folders.iter().map(|folder| folder.display().to_string()).collect();
        let html = comparison.to_html(&format!("Runs in {}", folders.join(", ")));
        files::write(path, |out| out.write_all(html.as_bytes()))?;
        output.say(format_args!("wrote {}", shown(path.display())));
    }
    output.finish()?;
    match comparison.broken.into_iter().next() {
        Some(broken) if comparison.runs.is_empty() => Err(broken.error.into()),
        _ => Ok(()),
    }
}

/// What the page must not replace: the files of the runs, and what they were made from.
fn kept(comparison: &Comparison) -> Files {
    let broken = comparison.broken.iter().map(|broken| (&broken.path, &[][..]));
    let runs = comparison.runs.iter().map(|run| (&run.path, &run.settings[..])).chain(broken);
    runs.fold(Files::default(), |files, (path, settings)| {
        let of = |what: &str| format!("{what} of the run {}", path.display());
        let own = RunFolder::at(path).files().into_iter();
        let files = own.fold(files, |files, own| files.kept(of("a file"), own));
        settings.iter().fold(files, |files, (key, value)| {
            let paths = match key.as_str() {
                "data" | "test-data" => Source::parse(value).map_or(Vec::new(), |source| files::paths(&source)),
                "labels" | "test-labels" | "init" => vec![value.into()],
                _ => Vec::new(),
            };
            paths.into_iter().fold(files, |files, path| files.kept(of(&format!("the --{key}")), path))
        })
    })
}

fn line<'a>(run: &'a Run, at: usize, differences: &[Difference]) -> RunLine<'a> {
    let best = run.best();
    let value = |value: &Option<String>| value.clone().map_or(Value::Null, Value::String);
    RunLine {
        name: &run.name,
        path: run.path.display().to_string(),
        date: &run.date,
        data: &run.data,
        network: &run.network,
        epochs: run.epochs.len(),
        metric: best.map(|best| best.metric.to_string()),
        best_validation: best.map(|best| best.value),
        best_epoch: best.map(|best| best.epoch),
        test: run.scores.iter().map(|(name, score)| (name.clone(), (*score).into())).collect(),
        seconds: run.seconds(),
        differences: differences.iter().map(|differ| (differ.key.clone(), value(&differ.values[at]))).collect(),
        remarks: &run.remarks,
    }
}

/// Cells of the same width below one another; what differs stands at the end, as it may be long.
fn table(runs: &[Run], differences: &[Difference]) -> Vec<String> {
    let header = ["run", "date", "data", "network", "epochs", "best held out", "test", "seconds", "differs in"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().enumerate().map(|(at, run)| cells(run, at, differences)));
    // The last column ends the line, however long it is.
    let last = header.len() - 1;
    rows.iter_mut().for_each(|row| row[..last].iter_mut().for_each(|cell| *cell = in_cell(cell)));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..last).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row[..last].iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}  "));
        (cells.collect::<String>() + &row[last]).trim_end().to_owned()
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.push(plural(runs.len(), "run"));
    lines
}

fn cells(run: &Run, at: usize, differences: &[Difference]) -> Vec<String> {
    let best = |BestEpoch { metric, value, epoch }| format!("{metric} {}, epoch {epoch}", brief(value));
    // What the other columns say.
    let others = differences.iter().filter(|difference| !matches!(difference.key.as_str(), "data" | "hidden"));
    let differs =
        others.filter_map(|difference| Some(format!("{} {}", difference.key, difference.values[at].as_ref()?)));
    let cells = [
        run.name.clone(),
        run.date.get(..16).unwrap_or(&run.date).replace('T', " "),
        run.data.clone(),
        run.network.clone(),
        run.epochs.len().to_string(),
        run.best().map(best).unwrap_or_default(),
        run.tested().map(|(metric, value)| format!("{metric} {}", brief(value))).unwrap_or_default(),
        seconds(run.seconds()),
        differs.collect::<Vec<_>>().join(", "),
    ];
    cells.map(shown).into()
}
