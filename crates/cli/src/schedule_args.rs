//! The options of `train` about decay, learning-rate schedule, gradient accumulation and early stopping.

use chainrule::optim::{Decay, Decays, GROUP_NAMES, Group, SCHEDULE_NAMES, Schedule, WarmUp};
use chainrule::train::{EarlyStopping, Monitor, Usual};
use chainrule::{Optimizer, TrainConfig};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::failure::Failure;
use crate::known;
use crate::optimizer::OptimizerArgs;
use crate::values::{self, Parsed};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Training")]
pub(crate) struct ScheduleArgs {
    /// L1 regularisation: add this times the sign of each parameter to its gradient [default: 0]
    #[arg(long, value_name = "NUMBER", value_parser = values::not_negative, allow_negative_numbers = true)]
    l1: Option<f64>,
    /// The parameters that --weight-decay and --l1 apply to [default: all]
    #[arg(long, value_name = "GROUP", value_parser = group())]
    decay_of: Option<Group>,
    /// That of an earlier run.
    #[arg(skip)]
    kept_decay: Option<Decays>,
    /// How the learning rate changes: constant, step:EPOCHS:FACTOR, exponential:FACTOR, cosine:MIN-LR,
    /// restarts:FIRST:TIMES:MIN-LR, one-cycle:RISE:START:END, plateau:FACTOR:PATIENCE:THRESHOLD:COOLDOWN:MIN-LR.
    /// Settings may be omitted, or given by name: plateau:patience=5 [default: constant]
    #[arg(long, value_name = "SCHEDULE", value_parser = known::hinted(schedule, SCHEDULE_NAMES), hide_possible_values = true)]
    schedule: Option<Schedule>,
    /// Raise the learning rate linearly over this many epochs, from SHARE of it (by default a third) to all of it:
    /// 5:0.1
    #[arg(long, value_name = "EPOCHS[:SHARE]", value_parser = warm_up, allow_negative_numbers = true)]
    warm_up: Option<WarmUp>,
    /// Accumulate the gradients of this many minibatches for each step, as if they were one [default: 1]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true)]
    accumulate: Option<usize>,
    /// Stop early when the validation rows have not improved for this many epochs, and keep the weights of the best epoch
    /// [default: never; for tables without --epochs by the number of rows]
    #[arg(long, value_name = "EPOCHS", value_parser = values::count, allow_negative_numbers = true)]
    patience: Option<usize>,
    /// The smallest improvement that counts, for --patience: an epoch that is better by no more is not the best one [default: 0; for tables without --patience 0.003]
    #[arg(long, value_name = "NUMBER", value_parser = values::not_negative, allow_negative_numbers = true)]
    min_delta: Option<f64>,
    /// The metric that --patience watches; accuracy needs class labels [default: loss]
    #[arg(long, value_name = "WHAT", value_parser = monitor())]
    monitor: Option<Monitor>,
}

/// What `--weight-decay`, `--l1` and `--decay-of` say together.
#[derive(Debug)]
pub(crate) struct DecaySettings {
    /// With its weight decay.
    pub(crate) optimizer: Optimizer,
    pub(crate) l1: Option<f64>,
    /// The parameters, unless all.
    pub(crate) of: Option<&'static str>,
}

/// The name of a group that is not all.
fn name_of(group: Group) -> Option<&'static str> {
    GROUP_NAMES.iter().copied().find(|name| group != Group::All && Group::by_name(name).ok() == Some(group))
}

impl ScheduleArgs {
    /// The configuration with these options applied.
    pub(crate) fn applied_to(&self, config: TrainConfig, usual: &Usual) -> TrainConfig {
        let (optimizer, decay) = match self.kept_decay {
            Some(decay) => (config.optimizer, decay),
            None => self.decay_of.unwrap_or_default().decay_only(config.optimizer, self.l1.unwrap_or(0.0)),
        };
        let early_stopping = self.patience.or(usual.patience).map(|patience| EarlyStopping {
            min_delta: self.min_delta.unwrap_or(if self.patience.is_some() { 0.0 } else { usual.min_delta }),
            monitor: self.monitor.unwrap_or_default(),
            ..EarlyStopping::new(patience)
        });
        TrainConfig {
            optimizer,
            decay,
            schedule: self.schedule.unwrap_or(Schedule::Constant),
            warm_up: self.warm_up,
            accumulate: self.accumulate.unwrap_or(1),
            early_stopping,
            ..config
        }
    }

    /// Refuses settings of early stopping where there is none.
    pub(crate) fn check(&self, config: &TrainConfig) -> Result<(), Failure> {
        let asked = [("--min-delta", self.min_delta.is_some()), ("--monitor", self.monitor.is_some())];
        match asked.iter().find(|(_, is_asked)| *is_asked && config.early_stopping.is_none()) {
            Some((option, _)) => Err(Failure::Usage(format!("{option} is for early stopping, by --patience"))),
            None => Ok(()),
        }
    }

    /// Those of an earlier run where none are given: but for its early stopping.
    pub(crate) fn over(&self, earlier: &TrainConfig, optimizer: &OptimizerArgs) -> Self {
        let is_decay_given = self.l1.is_some() || self.decay_of.is_some() || optimizer.gives("weight-decay");
        let is_rate_given = self.schedule.is_some();
        ScheduleArgs {
            kept_decay: Some(earlier.decay).filter(|_| !is_decay_given),
            schedule: self.schedule.or(Some(earlier.schedule)),
            // A schedule of its own begins as it says.
            warm_up: self.warm_up.or(earlier.warm_up.filter(|_| !is_rate_given)),
            accumulate: self.accumulate.or(Some(earlier.accumulate)),
            ..self.clone()
        }
    }

    /// The decay as options say it: that of an earlier run too.
    ///
    /// # Errors
    /// When an earlier run had one of two kinds of parameters that no options say.
    pub(crate) fn decay_settings(&self, optimizer: Optimizer) -> Result<DecaySettings, Failure> {
        let Some(kept) = self.kept_decay else {
            let of = self.decay_of.and_then(name_of);
            return Ok(DecaySettings { optimizer, l1: self.l1, of });
        };
        let groups = [Group::All, Group::Weights, Group::Biases];
        let decay = if kept.weights == Decay::default() { kept.biases } else { kept.weights };
        let mut found = None;
        for group in groups {
            let own = decay.l2 + decay.decoupled;
            let whole = if group == Group::All { Ok(optimizer) } else { optimizer.with("weight-decay", own) };
            found = found.or(whole.ok().filter(|whole| group.decay_only(*whole, decay.l1) == (optimizer, kept)).map(
                |optimizer| DecaySettings { optimizer, l1: Some(decay.l1).filter(|l1| *l1 != 0.0), of: name_of(group) },
            ));
        }
        found.ok_or_else(|| {
            Failure::Usage(
                "the decay of --init's run is none that options say: give --weight-decay or --decay-of".to_owned(),
            )
        })
    }

    /// Stops early as an earlier run did.
    pub(crate) fn stop_as(&mut self, earlier: EarlyStopping) {
        self.patience = Some(earlier.patience);
        self.min_delta = self.min_delta.or(Some(earlier.min_delta));
        self.monitor = self.monitor.or(Some(earlier.monitor));
    }

    /// The options that are given and belong to steps over minibatches.
    pub(crate) fn of_steps(&self) -> Vec<&'static str> {
        let given = [
            ("--l1", self.l1.is_some()),
            ("--decay-of", self.decay_of.is_some()),
            ("--schedule", self.schedule.is_some()),
            ("--warm-up", self.warm_up.is_some()),
            ("--accumulate", self.accumulate.is_some()),
        ];
        given.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect()
    }

    /// The options that are given and need rows to validate on.
    pub(crate) fn of_validation(&self) -> Vec<&'static str> {
        let own = [("--patience", self.patience.is_some()), ("--schedule", self.is_plateau())];
        let own = own.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option);
        own.chain(self.of_stopping()).collect()
    }

    /// The options that are given and are settings of early stopping.
    pub(crate) fn of_stopping(&self) -> Vec<&'static str> {
        let given = [("--min-delta", self.min_delta.is_some()), ("--monitor", self.monitor.is_some())];
        given.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect()
    }

    /// Whether the accuracy is to be watched, which values have not.
    pub(crate) fn watches_accuracy(&self) -> bool {
        self.monitor == Some(Monitor::Accuracy)
    }

    /// Whether --decay-of is given, without --l1, which it would be about.
    pub(crate) fn has_group_alone(&self) -> bool {
        self.decay_of.is_some() && self.l1.is_none_or(|l1| l1 == 0.0)
    }

    /// Whether --patience is given.
    pub(crate) fn has_patience(&self) -> bool {
        self.patience.is_some()
    }

    /// Whether rows to validate on are asked for, to stop training or to lower its rate by.
    pub(crate) fn needs_validation(&self) -> bool {
        self.patience.is_some() || self.is_plateau()
    }

    /// Whether the learning rate follows the validation loss.
    pub(crate) fn is_plateau(&self) -> bool {
        matches!(self.schedule, Some(Schedule::Plateau { .. }))
    }

    /// Whether the learning rate changes during the run.
    pub(crate) fn changes_rate(&self) -> bool {
        !matches!(self.schedule, None | Some(Schedule::Constant)) || self.warm_up.is_some()
    }
}

/// `cosine:min-lr=0, warm-up over 5 epochs, 4 minibatches a step`, each after a comma.
pub(crate) fn words(config: &TrainConfig) -> String {
    let mut words = config.decay.words();
    if config.schedule != Schedule::Constant {
        words.push(config.schedule.to_string());
    }
    words.extend(config.warm_up.map(|warm_up| format!("warm-up over {} epochs", warm_up.epochs)));
    if config.accumulate > 1 {
        words.push(format!("{} minibatches a step", config.accumulate));
    }
    words.extend(config.early_stopping.map(|stopping| format!("patience {}", stopping.patience)));
    words.into_iter().map(|word| format!(", {word}")).collect()
}

fn group() -> impl TypedValueParser<Value = Group> {
    PossibleValuesParser::new(GROUP_NAMES).map(|name| Group::by_name(&name).expect("a name of these"))
}

fn schedule(text: &str) -> Parsed<Schedule> {
    let name = text.split(':').next().unwrap_or_default();
    // Settings have names too: `plateau:min_lr=1e-4`.
    let setting = |part: &str| match part.split_once('=') {
        Some((what, number)) => format!("{}={number}", what.replace('_', "-")),
        None => part.to_owned(),
    };
    let settings: Vec<String> = values::spelled(text, SCHEDULE_NAMES).split(':').map(setting).collect();
    match settings.join(":").parse() {
        Err(_) if values::known_name(name, SCHEDULE_NAMES).is_none() => {
            values::unknown("schedule", name, SCHEDULE_NAMES)
        }
        parsed => parsed.map_err(|error: chainrule::ModelError| error.to_string()),
    }
}

fn warm_up(text: &str) -> Parsed<WarmUp> {
    let (epochs, share) = text.split_once(':').map_or((text, None), |(epochs, share)| (epochs, Some(share)));
    let whole = WarmUp::over(values::count(epochs)? as u64);
    let Some(share) = share else { return Ok(whole) };
    let wrong = || "expected a share of the rate above 0, at most 1, after the colon".to_owned();
    let warm_up = WarmUp { start: share.parse().map_err(|_| wrong())?, ..whole };
    warm_up.check().map(|()| warm_up).map_err(|_| wrong())
}

fn monitor() -> impl TypedValueParser<Value = Monitor> {
    values::one_of(&[("loss", Monitor::Loss), ("accuracy", Monitor::Accuracy)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_and_underscores_are_alike_in_schedules() {
        assert_eq!(schedule("one_cycle:0.2"), schedule("one-cycle:0.2"));
        assert_eq!(schedule("plateau:min_lr=1e-4:patience=5"), schedule("plateau:min-lr=1e-4:patience=5"));
        assert!(schedule("plateau:min_lr=1e-4").is_ok());
    }

    #[test]
    fn what_is_wrong_is_told_with_what_was_expected() {
        assert_eq!(schedule("step:x").unwrap_err(), "step's every is `x`; expected a whole number");
        assert!(schedule("cosin").unwrap_err().contains("cosine"));
        assert_eq!(warm_up("3").unwrap(), WarmUp::over(3));
        assert_eq!(warm_up("3:0.5").unwrap(), WarmUp { epochs: 3, start: 0.5 });
        for bad in ["0", "-1", "2.5", "3:", "3:0", "3:1.5", "3:x"] {
            assert!(warm_up(bad).unwrap_err().starts_with("expected "), "{bad}");
        }
    }
}
