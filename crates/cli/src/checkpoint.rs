//! Checkpoints of `train`: where they go, and how a run goes on from its folder, by the command that is stored in it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use chainrule::runs::RunFolder;
use chainrule::train::{Checkpoint, Checkpoints, Newest, Observer};
use chainrule::{Model, Result, Scalar, TrainReport, Trainer};
use clap::{CommandFactory, Parser};
use serde::Serialize;

use crate::args::{CheckpointArgs, Cli, Command, TrainArgs};
use crate::escape::shown;
use crate::failure::Failure;
use crate::limits;
use crate::output::{Output, tell};
use crate::rows::Rows;
use crate::text_options;

/// Options that say how a run is made, and nothing of what comes of it.
const ABOUT_THE_RUN: [&str; 19] = [
    "--threads",
    "--save",
    "--report",
    "--curves",
    "--tensorboard",
    "--checkpoint",
    "--every",
    "--keep",
    "--resume",
    "--run",
    "--run-name",
    "--max-bytes",
    "--memory",
    "--scratch",
    "--json",
    "--quiet",
    "--verbose",
    "--force",
    "--no-color",
];

/// A run that goes on, or begins.
pub(crate) struct Resumed {
    pub(crate) args: Box<TrainArgs>,
    pub(crate) checkpoint: Option<Checkpoint>,
}

/// The JSON line of a run that goes on.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "resume")]
struct ResumeLine {
    checkpoint: String,
    epoch: Option<usize>,
    /// Of the epoch.
    step: Option<usize>,
    steps: u64,
}

/// The run that the arguments ask for, with all of its options.
///
/// # Errors
/// Bad usage; and when the folder has no checkpoint that can be read.
pub(crate) fn resumed(mut args: Box<TrainArgs>, given: Vec<String>) -> std::result::Result<Resumed, Failure> {
    let CheckpointArgs { checkpoint, every, keep, resume } = &args.checkpoints;
    if checkpoint.is_none() && resume.is_none() && !args.run.is_given() && (every.is_some() || keep.is_some()) {
        let option = if every.is_some() { "--every" } else { "--keep" };
        return Err(Failure::Usage(format!(
            "{option} is for checkpoints: say --checkpoint FOLDER or --run FOLDER too"
        )));
    }
    let Some(folder) = resume.clone() else {
        args.command = given;
        return Ok(Resumed { args, checkpoint: None });
    };
    let settled =
        ["--init-weights", "--unknown"].into_iter().filter(|name| options(&given).any(|(given, _)| given == *name));
    text_options::refuse(&settled.collect::<Vec<_>>(), |are, them| {
        format!("{are} settled when the run of {} began; leave {them} out", shown(folder.display()))
    })?;
    let run = RunFolder::find(&folder);
    let folder = run.as_ref().map_or(folder, RunFolder::checkpoints_path);
    let Newest { checkpoint, unreadable, .. } = Checkpoint::newest(&folder)?;
    for error in unreadable {
        tell(format_args!("warning: {}; the next older one is taken", shown(error)));
    }
    if checkpoint.command().is_empty() {
        args.command = given;
    } else {
        // The checkpoints go to the folder that is named, wherever the run had them.
        // What is printed is what is asked for now.
        let others = ["--checkpoint", "--quiet", "--json", "--verbose"];
        let of_run = ["--run", "--run-name"];
        // The run's folder is found by where it is: --save and --report may name other files than those in it.
        let outside = completed(checkpoint.command(), &given, &[&others[..], &of_run].concat());
        let whole = match run {
            Some(_) => completed(checkpoint.command(), &given, &others),
            None => outside.clone(),
        };
        args = parsed(&outside).map_err(|why| {
            Failure::Usage(format!("the run of {} with the options given here: {why}", shown(folder.display())))
        })?;
        args.command = whole;
        if run.is_none() && args.save.is_none() && is_of_a_folder(checkpoint.command()) {
            tell(format_args!(
                "note: {} is not in the folder of its run: only checkpoints are written; --save FILE keeps the model",
                shown(folder.display())
            ));
        }
    }
    if let Some(run) = run {
        (args.run.run, args.run.run_name) = (Some(run.path().to_owned()), None);
        args.checkpoints.resume = Some(folder);
    }
    Ok(Resumed { args, checkpoint: Some(checkpoint) })
}

/// The run that the arguments ask for, whose bounds hold from now on.
pub(crate) fn parsed(command: &[String]) -> std::result::Result<Box<TrainArgs>, String> {
    let cli = Cli::try_parse_from(std::iter::once("chainrule").chain(command.iter().map(String::as_str)))
        .map_err(|error| first_lines(&error.to_string()))?;
    limits::set(cli.max_bytes, cli.command.is_bounded());
    match cli.command {
        Command::Train(args) => Ok(args),
        _ => Err("another command than train".to_owned()),
    }
}

/// What an error of usage says, on one line, without the usage.
fn first_lines(text: &str) -> String {
    let said = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ");
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_about_the_run(name: &str) -> bool {
    ABOUT_THE_RUN.contains(&name)
}

/// Whether the run was kept in a folder of its own.
fn is_of_a_folder(command: &[String]) -> bool {
    options(command).any(|(name, _)| matches!(name.as_str(), "--run" | "--run-name"))
}

/// The stored options, except for those that are given anew or left out, and then these.
fn completed(stored: &[String], given: &[String], without: &[&str]) -> Vec<String> {
    let left_out = without.iter().map(|&name| name.to_owned());
    let anew: Vec<String> = options(given).map(|(name, _)| name).chain(left_out).collect();
    let kept = parts(stored).filter(|(name, _)| !name.as_ref().is_some_and(|name| anew.contains(name)));
    let kept = kept.flat_map(|(_, tokens)| tokens.to_vec());
    kept.chain(options(given).flat_map(|(_, tokens)| tokens.to_vec())).collect()
}

/// The options among the arguments, each by its name and with its value.
fn options(arguments: &[String]) -> impl Iterator<Item = (String, &[String])> {
    parts(arguments).filter_map(|(name, tokens)| Some((name?, tokens)))
}

/// The arguments, those together that belong together: an option has its value with it.
fn parts(mut arguments: &[String]) -> impl Iterator<Item = (Option<String>, &[String])> {
    std::iter::from_fn(move || {
        let first = arguments.first()?;
        let name = first.split('=').next().filter(|name| name.starts_with("--"));
        let (name, has_value) = name.map(known).unzip();
        let has_value_behind = has_value.unwrap_or(false) && !first.contains('=');
        let (part, rest) = arguments.split_at(if has_value_behind { 2.min(arguments.len()) } else { 1 });
        arguments = rest;
        Some((name, part))
    })
}

/// The first name of an option of `train`, `--init` of `--from`, and whether it has a value.
fn known(name: &str) -> (String, bool) {
    static OPTIONS: OnceLock<HashMap<String, (String, bool)>> = OnceLock::new();
    let options = OPTIONS.get_or_init(|| {
        let mut cli = Cli::command();
        cli.build();
        let train = cli.find_subcommand("train").map(|train| train.get_arguments().cloned()).into_iter().flatten();
        let names = train.filter_map(|arg| {
            let name = format!("--{}", arg.get_long()?);
            let others = arg.get_all_aliases().unwrap_or_default().into_iter().map(|alias| format!("--{alias}"));
            let has_value = arg.get_action().takes_values();
            Some(others.chain([name.clone()]).map(move |alias| (alias, (name.clone(), has_value))).collect::<Vec<_>>())
        });
        names.flatten().collect()
    });
    options.get(name).cloned().unwrap_or_else(|| (name.to_owned(), false))
}

/// The arguments that tell what comes of a run: those that change nothing of the model are left out, so that its file is the same.
pub(crate) fn telling(arguments: &[String]) -> Vec<String> {
    let is_kept = |name: &Option<String>| match name.as_deref() {
        Some("--max-bytes" | "--force") => true,
        Some(name) => !is_about_the_run(name),
        None => true,
    };
    parts(arguments).filter(|(name, _)| is_kept(name)).flat_map(|(_, tokens)| tokens.to_vec()).collect()
}

impl CheckpointArgs {
    /// The folder of the run's checkpoints, if it has some.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.checkpoint.as_deref().or(self.resume.as_deref())
    }

    /// The trainer, with checkpoints if the run has some.
    pub(crate) fn applied_to(&self, trainer: Trainer, command: &[String]) -> Result<Trainer> {
        let Some(folder) = self.folder() else { return Ok(trainer) };
        let kept = parts(command).filter(|(name, _)| name.as_deref() != Some("--resume"));
        let without = kept.flat_map(|(_, tokens)| tokens.to_vec()).collect();
        let mut checkpoints = Checkpoints::in_folder(folder).command(without);
        checkpoints = self.every.map_or(checkpoints.clone(), |every| checkpoints.every(every));
        checkpoints = self.keep.map_or(checkpoints.clone(), |keep| checkpoints.keep(keep));
        trainer.with_checkpoints(checkpoints)
    }
}

/// Says where a run goes on.
pub(crate) fn tell_resumed<T: Scalar>(checkpoint: &Checkpoint, model: &Model<T>, output: &mut Output) {
    let path = checkpoint.path().display();
    let (epoch, step) = checkpoint.position().unzip();
    output.json(&ResumeLine { checkpoint: path.to_string(), epoch, step, steps: checkpoint.steps() });
    let (epoch, step) = (epoch.unwrap_or(1), step.unwrap_or(0));
    output.say(format_args!("going on from {}: epoch {epoch}, {step} of its steps done\n", shown(path)));
    let (then, now) = (checkpoint.kernel(), model.mlp.kernel_name());
    if then != now {
        output.say(format_args!(
            "note: kernel {then} computed until here and {now} does from here on: the bits may differ"
        ));
    }
}

/// The JSON line of a run that had ended before.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "finished")]
struct FinishedLine {
    epochs: usize,
    /// At most.
    of: usize,
}

/// Says that a run had ended before it was gone on with, and what to type to train longer.
pub(crate) fn tell_finished(args: &TrainArgs, epochs: usize, of: usize, output: &mut Output) {
    output.json(&FinishedLine { epochs, of });
    let model = args.save.as_deref().map_or("FILE".to_owned(), |path| path.display().to_string());
    let epochs_done =
        if epochs == of { format!("all {of} epochs") } else { format!("{epochs} of at most {of} epochs") };
    output.say(format_args!(
        "the run had ended before, after {epochs_done}: nothing is trained. To train longer, from its model: chainrule train \
         --from {} --data {} --epochs {of}",
        shown(model),
        shown(args.data.to_string())
    ));
}

/// Trains: from the checkpoint, if there is one.
pub(crate) fn train<T: Scalar>(
    trainer: &Trainer,
    checkpoint: Option<&Checkpoint>,
    model: &mut Model<T>,
    rows: &Rows<T>,
    observer: impl Observer<T> + Send,
) -> Result<TrainReport> {
    let (train, watched) = (&rows.train, rows.watched());
    match checkpoint {
        Some(checkpoint) => trainer.continue_run(checkpoint, model, train, watched, observer),
        None => trainer.resume(model, train, watched, observer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_given_anew_replaces_what_is_stored() {
        let stored = tokens("train --data x.csv --threads 4 --save=m --checkpoint c --json --hidden 8,8");
        let given = tokens("train --resume c --threads=2 --json");
        let want = "train --data x.csv --save=m --hidden 8,8 --resume c --threads=2 --json";
        assert_eq!(completed(&stored, &given, &["--checkpoint"]), tokens(want));
        let given = tokens("train --resume c --from b --lr=0.1 --raw-targets --hidden 8");
        let stored = tokens("train --data x.csv --init a --lr 0.2 --raw-targets --drop u --drop v --hidden=9");
        let want = "train --data x.csv --drop u --drop v --resume c --from b --lr=0.1 --raw-targets --hidden 8";
        assert_eq!(completed(&stored, &given, &[]), tokens(want));
    }

    #[test]
    fn what_changes_nothing_of_the_model_is_not_told() {
        let run = tokens(
            "train --data x.csv --threads 4 --save=m --checkpoint c --every 5 --keep=3 --resume c --verbose --lr 1",
        );
        assert_eq!(telling(&run), tokens("train --data x.csv --lr 1"));
    }
}
