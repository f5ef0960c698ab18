//! `train --config FILE`: the settings of a file as options, those of the command line before them.

use std::path::Path;

use chainrule::optim::SETTINGS;
use chainrule::runs::{ConfigText, KnownSection, Setting, SettingValue};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, Parser};

use crate::args::{Cli, Command as Which, TrainArgs};
use crate::checkpoint::parsed;
use crate::escape::shown;
use crate::failure::Failure;
use crate::idle;
use crate::settled;

/// The headings of options that are settings of a run, which are its sections too.
const HEADINGS: [&str; 4] = ["Data", "Network", "Training", "Checkpoints"];
/// Where a run writes, and from where it goes on: not how it is made.
const PLACES: [&str; 2] = ["checkpoint", "resume"];
/// L-BFGS has none of these.
const OF_STEPS: [&str; 10] = [
    "batch",
    "clip-norm",
    "clip-value",
    "l1",
    "decay-of",
    "schedule",
    "warm-up",
    "accumulate",
    "no-shuffle",
    "shuffle",
];
/// What belongs to a loss.
const OF_LOSS: [&str; 3] = ["class-weights", "label-smoothing", "pos-weight"];

/// `train` as clap knows it.
pub(crate) fn train_command() -> Command {
    let mut cli = Cli::command();
    cli.build();
    cli.find_subcommand("train").expect("a command of this name").clone()
}

/// The section of an option's setting, if it is one.
pub(crate) fn section_of(arg: &Arg) -> Option<&'static str> {
    let name = arg.get_long()?;
    let heading = if name == "max-bytes" { Some("Data") } else { arg.get_help_heading() };
    let at = HEADINGS.iter().position(|known| heading == Some(known)).filter(|_| !PLACES.contains(&name))?;
    Some(["data", "network", "training", "checkpoints"][at])
}

/// The settings that a file may have.
pub(crate) fn known(train: &Command) -> Vec<KnownSection> {
    let section = |name: &str| {
        let keys = train.get_arguments().filter(|arg| section_of(arg) == Some(name));
        KnownSection { name: name.to_owned(), keys: keys.filter_map(Arg::get_long).map(str::to_owned).collect() }
    };
    ["data", "network", "training", "checkpoints"].map(section).into()
}

/// Which of the options the arguments give: the matches of `train`.
pub(crate) fn matches(arguments: &[String]) -> Option<ArgMatches> {
    let arguments = std::iter::once("chainrule").chain(arguments.iter().map(String::as_str));
    let matches = Cli::command().try_get_matches_from(arguments).ok()?;
    matches.subcommand_matches("train").cloned()
}

pub(crate) fn is_given(matches: &ArgMatches, arg: &Arg) -> bool {
    matches.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
}

/// The run that the arguments ask for, with the settings of its file; and those arguments, with the settings among them.
///
/// # Errors
/// Bad usage, in the file too; and when it cannot be read.
pub(crate) fn configured(args: Box<TrainArgs>) -> Result<(Box<TrainArgs>, Vec<String>), Failure> {
    let given: Vec<String> = std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let Some(path) = args.run.config.clone() else { return Ok((args, given)) };
    let train = train_command();
    let text = ConfigText::open(&path, &known(&train))?;
    let Some(matches) = matches(&given) else { return Ok((args, given)) };
    let (mut kept, mut notes) = (Vec::new(), Vec::new());
    for setting in text.settings() {
        let Some(arg) = train.get_arguments().find(|arg| arg.get_long() == Some(&setting.key)) else { continue };
        let token = token(&path, arg, &setting.value)?;
        match winner(&train, &matches, arg, &text) {
            Some(winner) if winner == *arg.get_id() => notes.extend(replaced(&path, arg, &matches, &setting.value)),
            Some(winner) => {
                let because = format!("because of --{}", long_of(&train, winner.as_str()));
                notes.push(left_out(&path, setting, &because));
            }
            None => kept.extend(token.map(|token| Kept { setting, token })),
        }
    }
    // The subcommand stands first, but for options of every command.
    let at = given.iter().position(|arg| arg == "train").unwrap_or(0);
    let typed: Vec<String> = given.iter().take(at).cloned().chain(without_config(&given[at + 1..])).collect();
    let is_typed =
        |option: &str| train.get_arguments().any(|arg| arg.get_long() == Some(option) && is_given(&matches, arg));
    let in_file = |why: String| Failure::Usage(format!("{}: {}", path.display(), first(&why)));
    let (mut args, whole) = loop {
        let whole = whole(kept.iter().map(|kept| kept.token.as_str()), &typed);
        let args = parsed(&whole).map_err(in_file)?;
        let without = meaningless(&args, &kept, &typed, is_typed)?;
        if without.is_empty() {
            break (args, whole);
        }
        for (key, because) in without {
            let is_it = |kept: &Kept<'_>| kept.setting.key == key;
            notes.extend(kept.iter().find(|kept| is_it(kept)).map(|kept| left_out(&path, kept.setting, &because)));
            kept.retain(|kept| !is_it(kept));
        }
    };
    args.run.config = Some(path);
    args.notes = notes;
    Ok((args, whole))
}

/// A setting of the file that stays.
struct Kept<'a> {
    setting: &'a Setting,
    /// As it would be typed.
    token: String,
}

/// The settings that the command line makes meaningless, with the reason; each once.
fn meaningless(
    args: &TrainArgs,
    kept: &[Kept<'_>],
    typed: &[String],
    is_typed: impl Fn(&str) -> bool,
) -> Result<Vec<(String, String)>, Failure> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |key: &str, because: String| {
        if kept.iter().any(|kept| kept.setting.key == key) && found.iter().all(|(known, _)| known != key) {
            found.push((key.to_owned(), because));
        }
    };
    for idle in idle::of(args) {
        let because = idle.because.iter().find(|option| is_typed(option.trim_start_matches('-')));
        let Some(because) = because else { continue };
        idle.options.iter().for_each(|key| add(key.trim_start_matches('-'), format!("because of {because}")));
    }
    if is_typed("init") {
        let settings: Vec<(&str, &str)> = kept.iter().map(|kept| (&*kept.setting.key, &*kept.token)).collect();
        let parse = |tokens: &[&str]| {
            let whole = whole(tokens.iter().copied(), typed);
            let cli = Cli::try_parse_from(std::iter::once("chainrule").chain(whole.iter().map(String::as_str))).ok()?;
            if let Which::Train(args) = cli.command { Some(args) } else { None }
        };
        let settled = settled::otherwise(args, &settings, parse)?;
        settled.iter().for_each(|key| add(key, "because of --init".to_owned()));
    }
    let has_checkpoints = args.checkpoints.folder().is_some() || args.run.is_given();
    if !has_checkpoints {
        ["every", "keep"]
            .iter()
            .for_each(|key| add(key, "as there are no checkpoints: --checkpoint or --run".to_owned()));
    }
    found.sort_by_key(|(key, _)| kept.iter().position(|kept| kept.setting.key == *key));
    Ok(found)
}

/// Settings and what is typed as arguments of one command line.
fn whole<'a>(tokens: impl Iterator<Item = &'a str>, typed: &[String]) -> Vec<String> {
    std::iter::once("train").chain(tokens).map(str::to_owned).chain(typed.iter().cloned()).collect()
}

/// The line about a setting that says nothing here.
fn left_out(path: &Path, setting: &Setting, because: &str) -> String {
    format!("{}: {} = {} is left out, {because}", path.display(), setting.key, setting.value.to_toml())
}

/// The arguments without the option itself.
fn without_config(arguments: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--config" => drop(arguments.next()),
            other if other.starts_with("--config=") => {}
            other => kept.push(other.to_owned()),
        }
    }
    kept
}

/// The option of the command line that a setting yields to.
fn winner(train: &Command, matches: &ArgMatches, arg: &Arg, text: &ConfigText) -> Option<clap::Id> {
    if is_given(matches, arg) {
        return Some(arg.get_id().clone());
    }
    let key = arg.get_long().unwrap_or_default();
    let given: Vec<&Arg> = train.get_arguments().filter(|other| is_given(matches, other)).collect();
    let conflicts = |a: &Arg, b: &Arg| train.get_arg_conflicts_with(a).iter().any(|arg| arg.get_id() == b.get_id());
    let by_clap = given.iter().find(|other| conflicts(other, arg) || conflicts(arg, other));
    let named = |name: &str| given.iter().find(|other| other.get_long() == Some(name));
    let is_other = |name: &str| {
        let now = matches.try_get_raw(name).ok().flatten()?.next()?.to_string_lossy().into_owned();
        let then = text.settings().into_iter().find(|setting| setting.key == name)?.value.to_text();
        (now != then).then_some(now)
    };
    let by_meaning = || {
        if let Some(optimizer) = is_other("optimizer") {
            let is_setting = SETTINGS.iter().any(|setting| setting.name == key);
            if is_setting || optimizer == "lbfgs" && OF_STEPS.contains(&key) {
                return named("optimizer");
            }
        }
        // The one follows from the other.
        match key {
            "test-labels" => {
                let test = train.get_arguments().find(|arg| arg.get_long() == Some("test-data"))?;
                let of_file = is_other("test-data").and_then(|_| named("test-data"));
                let is_in_file = || text.settings().iter().any(|setting| setting.key == "test-data");
                let other = || winner(train, matches, test, text).filter(|id| id != test.get_id());
                of_file.or_else(|| {
                    let id = is_in_file().then(other).flatten()?;
                    given.iter().find(|arg| *arg.get_id() == id)
                })
            }
            "task" => is_other("loss").and_then(|_| named("loss")),
            "loss" => is_other("task").and_then(|_| named("task")),
            _ if OF_LOSS.contains(&key) => is_other("loss").and_then(|_| named("loss")).or_else(|| named("task")),
            _ => None,
        }
    };
    by_clap.or_else(by_meaning).map(|arg| arg.get_id().clone())
}

fn long_of(train: &Command, id: &str) -> String {
    let arg = train.get_arguments().find(|arg| arg.get_id() == id);
    arg.and_then(Arg::get_long).unwrap_or(id).to_owned()
}

/// The line about a value that the command line replaces by another one.
fn replaced(path: &Path, arg: &Arg, matches: &ArgMatches, value: &SettingValue) -> Option<String> {
    let key = arg.get_long().unwrap_or_default();
    let now = text_of(arg, matches)?;
    (now != value.to_text()).then(|| {
        let is = if is_flag(arg) { String::new() } else { format!(" {now}") };
        format!("{}: --{key}{is} in place of {}", path.display(), value.to_toml())
    })
}

pub(crate) fn is_flag(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

/// The value of an option as the arguments give it; `true` of a switch.
pub(crate) fn text_of(arg: &Arg, matches: &ArgMatches) -> Option<String> {
    let raw = matches.try_get_raw(arg.get_id().as_str()).ok().flatten()?;
    let parts: Vec<String> = raw.map(|part| part.to_string_lossy().into_owned()).collect();
    Some(parts.join(","))
}

/// The setting as an argument, alone checked by its option; none of a switch that is off.
fn token(path: &Path, arg: &Arg, value: &SettingValue) -> Result<Option<String>, Failure> {
    let key = arg.get_long().unwrap_or_default();
    let token = match (is_flag(arg), value) {
        (true, SettingValue::Switch(false)) => return Ok(None),
        (true, SettingValue::Switch(true)) => format!("--{key}"),
        (true, other) => {
            let (path, found) = (path.display(), other.to_toml());
            return Err(Failure::Usage(format!("{path}: {key} is {found}, expected true or false")));
        }
        (false, value) => format!("--{key}={}", value.to_text()),
    };
    let alone = ["chainrule".to_owned(), "train".to_owned(), token.clone()];
    if let Err(error) = Cli::command().try_get_matches_from(alone)
        && matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue)
    {
        return Err(Failure::Usage(format!("{}: {}", path.display(), first(&error.to_string()))));
    }
    Ok(Some(token))
}

/// What clap says, without its usage.
fn first(message: &str) -> String {
    let message =
        message.split("\n\nUsage").next().unwrap_or_default().split("\n\nFor more").next().unwrap_or_default();
    shown(message.trim_start_matches("error: ").trim_end())
}
