//! `chainrule tune`: the library's search, with a state file, a table and a command line to copy.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use chainrule::data::{Examples, SplitBy, SplitRequest};
use chainrule::train::{Candidate, Tune, Tuned, Usual};
use serde::{Deserialize, Serialize};

use crate::args::TuneArgs;
use crate::args::defaults::HOLDOUT;
use crate::data::{Named, print_notes};
use crate::escape::shown;
use crate::failure::Failure;
use crate::inspect::quoted;
use crate::output::{Output, brief, plural};

/// Candidates in the table.
const SHOWN: usize = 10;
/// The share of the rows, other than those to test on, that candidates are compared on.
const VALIDATION: f64 = 0.2;

/// The first line of a state file: what its results depend on.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    chainrule_tune: String,
    data: String,
    seed: u64,
    /// What candidates learn, and what stands for missing values.
    #[serde(default)]
    task: String,
    #[serde(default)]
    missing: Option<String>,
    /// How rows are split, weighted and made ready, by the options that say so.
    #[serde(default)]
    options: Vec<String>,
}

/// The JSON line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "done")]
struct DoneLine<'a> {
    candidates: &'a [Tuned],
    command: &'a str,
}

pub(crate) fn run(args: &TuneArgs) -> Result<(), Failure> {
    let named = Named::data(&args.data, &args.columns, None);
    named.check_target()?;
    let is_last = args.holdout.is_some_and(|holdout| holdout.is_last);
    if is_last && args.fitting.group().is_some() {
        return Err(Failure::Usage(
            "--group is for rows that are drawn, and --holdout last splits them by their order (--drop leaves out its column); \
             leave it out"
                .to_owned(),
        ));
    }
    let examples = args.fitting.applied_to(named.request()).read()?;
    let mut output = Output::new(args.json, false);
    let (header, known) = (header(args, &examples), args.state.as_deref());
    let known = known.map_or(Ok(Vec::new()), |path| read_state(path, &header))?;
    let request = SplitRequest {
        test: args.holdout.and_then(|holdout| holdout.share).unwrap_or(HOLDOUT),
        validation: VALIDATION,
        seed: args.seed,
        by: if is_last { SplitBy::Last } else { examples.usual_split() },
    };
    let parts = examples.split(&request)?;
    // As `train` does it.
    let mut learned = parts.train.clone();
    if Usual::for_table(examples.rows()).refit.is_some() && examples.is_table() {
        learned.extend(&parts.validation);
        learned.sort_unstable();
    }
    let fitted = examples.fit(&learned, examples.usual_scaling())?;
    args.fitting.refuse_unknown_of_none(&examples, &fitted)?;
    let train = examples.dataset::<f32>(&parts.train, &fitted)?;
    let validation = examples.dataset::<f32>(&parts.validation, &fitted)?;
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let tune = Tune {
        candidates: args.candidates,
        epochs: args.epochs,
        seed: args.seed,
        threads,
        ..Tune::for_table(examples.rows(), examples.task().usual_loss())
    };
    print_notes(examples.notes(), &mut output);
    let (rows, others) = (plural(train.rows(), "row"), validation.rows());
    output.say(format_args!("{}: {rows} to train on, {others} to compare on", shown(&args.data)));
    let rounds = tune.rounds().into_iter().map(|(count, epochs)| format!("{count} for {}", plural(epochs, "epoch")));
    output.say(format_args!("candidates: {}; {} known already\n", rounds.collect::<Vec<_>>().join(", "), known.len()));

    let keep = Keep::open(args.state.as_deref(), &header, known.is_empty())?;
    let found = tune.run(&train, &validation, known, |tuned| keep.add(tuned))?;
    keep.finish()?;
    let command = command(&found[0], &examples);
    output.say(table(&found));
    output.say(format_args!("\n{command}"));
    output.json(&DoneLine { candidates: &found, command: &command });
    output.finish()
}

fn header(args: &TuneArgs, examples: &Examples) -> Header {
    Header {
        chainrule_tune: "2".to_owned(),
        data: examples.content(),
        seed: args.seed,
        task: examples.task().to_string(),
        missing: args.columns.missing().map(|how| how.to_string()),
        options: args.fitting.words().into_iter().chain(args.holdout.map(|holdout| holdout.words())).collect(),
    }
}

/// The results in a state file; none if there is no file yet.
fn read_state(path: &Path, wanted: &Header) -> Result<Vec<Tuned>, Failure> {
    let refuse = |why: String| Failure::Usage(format!("--state {}: {why}", shown(path.display())));
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refuse(error.to_string())),
    };
    let mut lines = text.lines();
    let found: Header = match lines.next().map(serde_json::from_str) {
        None => return Ok(Vec::new()),
        Some(found) => found.map_err(|_| refuse("expected a file that tune wrote; name another one".to_owned()))?,
    };
    if found != *wanted {
        let words = |of: &Header| {
            let missing = of.missing.as_ref().map(|how| format!(" by --missing {how}")).unwrap_or_default();
            let options = if of.options.is_empty() { String::new() } else { format!(" and {}", of.options.join(", ")) };
            format!("{} over data {} with seed {}{missing}{options}", of.task, of.data, of.seed)
        };
        return Err(refuse(format!("a search of {}; expected {}: name another file", words(&found), words(wanted))));
    }
    // A line may be half of one, where the search was killed.
    Ok(lines.filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Whether the last line of a file is a whole one.
fn ends_with_a_line(path: &Path) -> std::io::Result<bool> {
    let mut file = fs::File::open(path)?;
    let mut last = [b'\n'];
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    Ok(last == *b"\n")
}

/// Appends results to the state file, a line each.
struct Keep {
    file: Option<Mutex<fs::File>>,
    failed: Mutex<Option<std::io::Error>>,
}

impl Keep {
    fn open(path: Option<&Path>, header: &Header, is_new: bool) -> Result<Self, Failure> {
        let open = |path: &Path| {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            if !is_new && !ends_with_a_line(path)? {
                writeln!(file)?;
            }
            if is_new {
                file.set_len(0)?;
                writeln!(file, "{}", serde_json::to_string(header)?)?;
            }
            Ok(Mutex::new(file))
        };
        let file = path.map(open).transpose();
        let file = file.map_err(|error: std::io::Error| Failure::Usage(format!("--state: {error}")))?;
        Ok(Keep { file, failed: Mutex::new(None) })
    }

    fn add(&self, tuned: &Tuned) {
        let Some(file) = &self.file else { return };
        let line = serde_json::to_string(tuned).unwrap_or_default() + "\n";
        let mut file = file.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Err(error) = file.write_all(line.as_bytes()) {
            *self.failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Some(error);
        }
    }

    fn finish(self) -> Result<(), Failure> {
        match self.failed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            Some(error) => Err(Failure::Usage(format!("--state: {error}"))),
            None => Ok(()),
        }
    }
}

fn list(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
}

fn table(found: &[Tuned]) -> String {
    let mut lines = vec![format!(
        "{:>9}  {:>12}  {:>8}  {:>11}  {:>5}  {:>7}  {:>12}  {:>6}",
        "val loss", "val accuracy", "lr", "hidden", "batch", "dropout", "weight decay", "epochs"
    )];
    for Tuned { candidate, epochs, score, accuracy, .. } in found.iter().take(SHOWN) {
        let Candidate { lr, hidden, batch, dropout, weight_decay, .. } = candidate;
        let accuracy = accuracy.map_or_else(|| "-".to_owned(), |accuracy| format!("{:.2} %", 100.0 * accuracy));
        lines.push(format!(
            "{:>9}  {accuracy:>12}  {lr:>8}  {:>11}  {batch:>5}  {dropout:>7}  {weight_decay:>12}  {epochs:>6}",
            brief(*score),
            list(hidden)
        ));
    }
    lines.join("\n")
}

/// What trains the winner on the same parts for as many epochs: the options of the search, but for what is its own. Its epochs
/// have the same losses; what `train` tests on, the search has not seen.
fn command(best: &Tuned, examples: &Examples) -> String {
    let mut line = quoted(&options_of_both(std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned())));
    let Candidate { lr, hidden, batch, dropout, weight_decay, .. } = &best.candidate;
    line += &format!(" --optimizer adamw --lr {lr} --hidden {} --batch {batch}", list(hidden));
    line += &format!(" --dropout {dropout} --weight-decay {weight_decay}");
    line += &format!(" --validation {VALIDATION} --epochs {0} --patience {0}", best.epochs);
    if !examples.is_table() {
        line += " --init-weights torch";
    }
    line
}

/// The arguments of a search as those of `train`, without the options that `train` does not have.
fn options_of_both(mut arguments: impl Iterator<Item = String>) -> Vec<String> {
    let (mut kept, mut is_named) = (Vec::new(), false);
    while let Some(argument) = arguments.next() {
        let name = argument.split('=').next().unwrap_or_default();
        match name {
            "tune" if !is_named => {
                is_named = true;
                kept.push("train".to_owned());
            }
            "--json" => {}
            "--candidates" | "--epochs" | "--threads" | "--state" => {
                if argument == name {
                    arguments.next();
                }
            }
            _ => kept.push(argument),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_search_alone_has_is_left_out() {
        let given =
            "--max-bytes 1G tune --data a.csv --state=s --target tune --candidates 4 --missing median --json --seed 7";
        let kept = "--max-bytes 1G train --data a.csv --target tune --missing median --seed 7";
        assert_eq!(options_of_both(given.split(' ').map(str::to_owned)).join(" "), kept);
    }
}
