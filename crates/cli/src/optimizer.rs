//! `--optimizer` and an option for each setting, made from the library's tables: a new optimiser needs no change here.

use std::str::FromStr;

use chainrule::optim::{OPTIMIZER_NAMES, SETTINGS, Setting, SettingRange};
use chainrule::train::Usual;
use chainrule::{Optimizer, TrainConfig};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::failure::Failure;
use crate::known;
use crate::values::{self, Parsed};

const HEADING: &str = "Training";
const NAME: &str = "optimizer";
/// All that `--optimizer` takes.
const NAMES: &[&str] = &{
    let mut names = [LBFGS; OPTIMIZER_NAMES.len() + 1];
    let mut at = 0;
    while at < OPTIMIZER_NAMES.len() {
        names[at] = OPTIMIZER_NAMES[at];
        at += 1;
    }
    names
};
/// Not an update rule: it has a training loop of its own.
const LBFGS: &str = "lbfgs";

/// The optimiser's name and settings as given on the command line, not yet validated together.
#[derive(Debug, Clone)]
pub(crate) struct OptimizerArgs {
    name: String,
    is_named: bool,
    given: Vec<(&'static Setting, f64)>,
}

impl OptimizerArgs {
    /// Whether any of these options is given.
    pub(crate) fn is_given(&self) -> bool {
        self.is_named || !self.given.is_empty()
    }

    /// The same, with another optimiser where none is named.
    pub(crate) fn or_named(&self, usual: &str) -> Self {
        match self.is_named {
            true => self.clone(),
            false => OptimizerArgs { name: usual.to_owned(), ..self.clone() },
        }
    }

    /// The optimiser, the usual one where none is named.
    pub(crate) fn or_usual(&self, usual: &Usual) -> Result<Optimizer, Failure> {
        let named = self.or_named(usual.optimizer);
        let optimizer = named.optimizer()?;
        let has_rate = self.is_named || self.gives("lr");
        match usual.lr.filter(|_| !has_rate) {
            Some(lr) => optimizer.with("lr", lr).map_err(|error| Failure::Usage(error.to_string())),
            None => Ok(optimizer),
        }
    }

    /// Whether the optimiser itself is given.
    pub(crate) fn is_named(&self) -> bool {
        self.is_named
    }

    /// Whether the setting of this name is given.
    pub(crate) fn gives(&self, name: &str) -> bool {
        self.given.iter().any(|(setting, _)| setting.name == name)
    }

    /// The optimiser of an earlier run, with the settings that are given in place of its own.
    pub(crate) fn over(&self, earlier: &TrainConfig) -> Self {
        if earlier.lbfgs.is_some() {
            return OptimizerArgs { name: LBFGS.to_owned(), is_named: true, given: self.given.clone() };
        }
        let own = earlier.optimizer.settings().into_iter().filter(|(setting, _)| !self.gives(setting.name));
        let given = own.chain(self.given.iter().copied()).collect();
        OptimizerArgs { name: earlier.optimizer.name().to_owned(), is_named: true, given }
    }

    /// Whether L-BFGS is selected.
    pub(crate) fn is_lbfgs(&self) -> bool {
        self.name == LBFGS
    }

    /// Whether L-BFGS is selected; an error if it is given settings, since it has none.
    pub(crate) fn lbfgs(&self) -> Result<bool, Failure> {
        match (self.name == LBFGS, self.given.first()) {
            (true, Some((setting, _))) => {
                let (name, takers) = (setting.name, list(&takers(setting), ""));
                Err(Failure::Usage(format!("--{name} is for {takers}; {LBFGS} has no settings")))
            }
            (is_lbfgs, _) => Ok(is_lbfgs),
        }
    }

    /// The optimiser with its settings; an error if a setting does not belong to it.
    pub(crate) fn optimizer(&self) -> Result<Optimizer, Failure> {
        if self.is_lbfgs() {
            let why =
                "it takes all rows at once and finds its steps by a line search, of which no single one is taken here";
            return Err(Failure::Usage(format!("--optimizer: {LBFGS} is for train: {why}")));
        }
        let usage = |error: chainrule::ModelError| Failure::Usage(error.to_string());
        let mut optimizer = Optimizer::by_name(&self.name).map_err(usage)?;
        for (setting, value) in &self.given {
            let flags = flags(optimizer);
            if !flags.contains(&setting.name) {
                let (name, takers, others) = (setting.name, list(&takers(setting), ""), list(&flags, "--"));
                return Err(Failure::Usage(format!("--{name} is for {takers}; {} takes {others}", self.name)));
            }
            optimizer = optimizer.with(setting.name, *value).map_err(usage)?;
        }
        optimizer.check().map_err(usage)?;
        Ok(optimizer)
    }
}

fn name(text: &str) -> Parsed<String> {
    values::known_name(text, NAMES)
        .map_or_else(|| values::unknown("optimizer", text, NAMES), |name| Ok(name.to_owned()))
}

fn flags(optimizer: Optimizer) -> Vec<&'static str> {
    optimizer.settings().into_iter().map(|(setting, _)| setting.name).collect()
}

/// The names of the optimisers that have the setting.
fn takers(setting: &Setting) -> Vec<&'static str> {
    takers_defaults(setting).into_iter().map(|(name, _)| name).collect()
}

/// The same with their defaults.
fn takers_defaults(setting: &Setting) -> Vec<(&'static str, f64)> {
    let taker = |name: &&'static str| {
        let settings = Optimizer::by_name(name).ok()?.settings();
        settings.into_iter().find(|(other, _)| *other == setting).map(|(_, value)| (*name, value))
    };
    OPTIMIZER_NAMES.iter().filter_map(taker).collect()
}

/// `a, b and c`, each after `before`.
fn list(names: &[&str], before: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{before}{name}")).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// `default: 0 with sgd, rmsprop and adam; 0.01 with adamw`, or who takes a switch.
fn defaults(setting: &Setting) -> String {
    let mut groups: Vec<(f64, Vec<&str>)> = Vec::new();
    for (name, value) in takers_defaults(setting) {
        match groups.iter_mut().find(|(other, _)| *other == value) {
            Some((_, names)) => names.push(name),
            None => groups.push((value, vec![name])),
        }
    }
    let group = |(value, names): &(f64, Vec<&str>)| match setting.range {
        SettingRange::Switch => format!("with {}", list(names, "")),
        _ => format!("{} with {}", brief(*value), list(names, "")),
    };
    let groups: Vec<String> = groups.iter().map(group).collect();
    let title = if setting.range == SettingRange::Switch { "" } else { "default: " };
    format!("{title}{}", groups.join("; "))
}

/// `0.01`, `1e-8`.
fn brief(value: f64) -> String {
    if value > 0.0 && value < 1e-4 { format!("{value:e}") } else { value.to_string() }
}

fn arg(setting: &'static Setting) -> Arg {
    let help = format!("{} [{}]", setting.meaning, defaults(setting));
    let arg = Arg::new(setting.name).long(setting.name).help(help).help_heading(HEADING);
    match setting.range {
        SettingRange::Switch => arg.action(ArgAction::SetTrue),
        range => {
            let parse = move |text: &str| match f64::from_str(text) {
                Ok(value) if range.contains(value) => Ok(value),
                _ => Err(format!("expected {}", range.words())),
            };
            arg.value_name("NUMBER").value_parser(parse).allow_negative_numbers(true)
        }
    }
}

impl Args for OptimizerArgs {
    fn augment_args(command: Command) -> Command {
        let option = Arg::new(NAME)
            .long(NAME)
            .value_name("NAME")
            .default_value(OPTIMIZER_NAMES[0])
            .value_parser(known::hinted(name, NAMES))
            .hide_possible_values(true)
            .help(format!(
                "The optimizer: {}; or {LBFGS} for small jobs: each epoch is one iteration over all rows, without --batch \
                 and a learning rate. `train` takes adam with --lr 0.003 for tables of up to 50,000 rows if none is named, for \
                 larger ones with 0.001",
                OPTIMIZER_NAMES.join(", ")
            ))
            .help_heading(HEADING);
        command.arg(option).args(SETTINGS.iter().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OptimizerArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let name = matches.get_one::<String>(NAME).cloned().unwrap_or_default();
        let is_given = |setting: &&Setting| matches.value_source(setting.name) == Some(ValueSource::CommandLine);
        let value = |setting: &'static Setting| match setting.range {
            SettingRange::Switch => 1.0,
            _ => matches.get_one::<f64>(setting.name).copied().unwrap_or_default(),
        };
        let given = SETTINGS.iter().filter(is_given).map(|setting| (setting, value(setting))).collect();
        let is_named = matches.value_source(NAME) == Some(ValueSource::CommandLine);
        Ok(OptimizerArgs { name, is_named, given })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_tells_each_default_and_whose_it_is() {
        let setting = |name: &str| SETTINGS.iter().find(|setting| setting.name == name).unwrap();
        let lr = "default: 0.1 with sgd; 0.01 with rmsprop and adagrad; 0.001 with adam and adamw";
        assert_eq!(defaults(setting("lr")), lr);
        assert_eq!(defaults(setting("eps")), "default: 1e-8 with rmsprop, adam and adamw; 1e-10 with adagrad");
        assert_eq!(defaults(setting("nesterov")), "with sgd");
    }
}
