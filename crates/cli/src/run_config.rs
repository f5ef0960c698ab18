//! The settings that a run really used, for the `config.toml` of its folder: those that are given, and those that were chosen for
//! its rows, each with the help of its option.

use chainrule::network::activation_name;
use chainrule::optim::{Clip, OPTIMIZER_NAMES, SettingRange};
use chainrule::runs::{ConfigText, Section, Setting, SettingValue, run_section, to_toml};
use chainrule::train::{ClassWeights, Monitor};
use chainrule::{Init, Model, Optimizer, Scalar, TrainConfig};
use clap::Arg;

use crate::args::TrainArgs;
use crate::args::defaults::{HIDDEN, HOLDOUT};
use crate::checkpoint::telling;
use crate::config::{is_flag, is_given, known, matches, section_of, text_of, train_command};
use crate::failure::Failure;
use crate::inspect::quoted;
use crate::network::sketch;
use crate::rows::Rows;
use crate::values::Preprocessing;

const TITLE: &str = "The settings of a run of chainrule. To run it again: chainrule train --config THIS-FILE; options beside it win. \
                     Paths are relative to where the command is run. chainrule train --help lists all settings.";

/// Settings by the names of their options, as text; `None` where the run has none of this name, whatever is given.
type Used = Vec<(&'static str, Option<String>)>;

/// The text of `config.toml`: a new one, or the file that the run was made from with what is other.
///
/// # Errors
/// When the run has a setting that no option says.
pub(crate) fn text<T: Scalar>(
    args: &TrainArgs,
    model: &Model<T>,
    rows: &Rows<T>,
    config: &TrainConfig,
) -> Result<String, Failure> {
    let mut used = training(args, rows, config)?;
    if args.init.is_none() {
        used.extend(new_network(args, rows));
    }
    used.push(("dtype", Some(T::NAME.to_owned())));
    used.push(("task", Some(rows.task.to_string())));
    let mut sections = sections(args, &used);
    let hash = rows.split.as_ref().map_or("", |split| split.data().1);
    let command = quoted(&telling(&args.command));
    let training_rows = rows.train.rows().to_string();
    let facts = [
        ("network", sketch(&model.mlp)),
        ("rows", training_rows),
        ("data-hash", hash.to_owned()),
        ("kernel", model.mlp.kernel_name().to_owned()),
        ("command", command),
    ];
    let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    sections.push(run_section(&facts));
    Ok(match &args.run.config {
        Some(path) => ConfigText::open(path, &known(&train_command()))?.with(&sections),
        None => to_toml(TITLE, &sections),
    })
}

fn sections(args: &TrainArgs, used: &Used) -> Vec<Section> {
    let (train, given) = (train_command(), matches(&args.command));
    let value = |arg: &Arg| {
        let key = arg.get_long()?;
        let of = |text: String| match (is_flag(arg), arg.get_value_delimiter()) {
            (true, _) => SettingValue::Switch(text == "true"),
            (_, Some(_)) => SettingValue::Many(text.split(',').map(str::to_owned).collect()),
            _ => SettingValue::One(text),
        };
        if let Some((_, text)) = used.iter().find(|(name, _)| *name == key) {
            return text.clone().map(of);
        }
        let given = given.as_ref().filter(|given| is_given(given, arg)).and_then(|given| text_of(arg, given));
        // Of an option without a value in the table above, a default is what was used.
        let default = || arg.get_default_values().first().map(|text| text.to_string_lossy().into_owned());
        let has_default = matches!(key, "data" | "seed" | "unknown" | "preprocess");
        given.or_else(|| has_default.then(default).flatten()).map(of)
    };
    let section = |name: &'static str| {
        let setting = |arg: &Arg| {
            let value = value(arg)?;
            Some(Setting::new(arg.get_long()?, value).says(&words(arg)))
        };
        let args = train.get_arguments().filter(|arg| section_of(arg) == Some(name));
        Section::new(name, args.filter_map(setting).collect())
    };
    let sections = ["data", "network", "training", "checkpoints"].map(section);
    sections.into_iter().filter(|section| !section.settings.is_empty()).collect()
}

/// What the option's help says, and the names that it takes.
fn words(arg: &Arg) -> String {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let names: Vec<String> = arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    if is_flag(arg) {
        format!("{help}: true or false")
    } else if names.iter().all(|name| help.contains(name.as_str())) {
        help
    } else {
        format!("{help}: {}", names.join(", "))
    }
}

/// How the rows are split and made ready, and what a new network is.
fn new_network<T: Scalar>(args: &TrainArgs, rows: &Rows<T>) -> Used {
    let mut used: Used = Vec::new();
    let has_own_test = args.test_data.is_some() || rows.examples.test().is_some() && args.holdout.is_none();
    if let Some(split) = rows.split.as_ref().filter(|_| !has_own_test) {
        let share = args.holdout.and_then(|holdout| holdout.share).unwrap_or(HOLDOUT);
        let is_last = args.holdout.is_some_and(|holdout| holdout.is_last);
        let holdout = if is_last { format!("last:{share}") } else { share.to_string() };
        used.push(("holdout", Some(holdout)));
        used.push(("validation", Some(split.request().validation.to_string())));
    }
    if args.preprocess == Preprocessing::Auto {
        used.push(("preprocess", Some(rows.examples.usual_scaling().to_string())));
    }
    let sizes = args.hidden.as_ref().map_or(HIDDEN, |hidden| &hidden.0);
    let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
    used.push(("hidden", Some(if sizes.is_empty() { "none".to_owned() } else { sizes.join(",") })));
    let activation = args.activation.unwrap_or(chainrule::Activation::Relu);
    if args.hidden.as_ref().is_none_or(|hidden| !hidden.0.is_empty()) {
        used.push(("activation", Some(activation_name(activation))));
    }
    let usual = rows.usual.init == Init::Torch && activation != chainrule::Activation::Selu;
    if args.init_weights.is_none() && usual {
        used.push(("init-weights", Some("torch".to_owned())));
    }
    used
}

/// The settings of the steps.
fn training<T: Scalar>(args: &TrainArgs, rows: &Rows<T>, config: &TrainConfig) -> Result<Used, Failure> {
    let list = |numbers: &[f64]| numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
    let weights = match &config.class_weights {
        ClassWeights::Balanced => Some("balanced".to_owned()),
        ClassWeights::Given(weights) => Some(list(weights)),
        _ => None,
    };
    let smoothing = Some(config.label_smoothing).filter(|share| *share != 0.0);
    let stopping = config.early_stopping;
    let monitor = |stopping: chainrule::train::EarlyStopping| match stopping.monitor {
        Monitor::Accuracy => "accuracy".to_owned(),
        _ => "loss".to_owned(),
    };
    let mut used: Used = vec![
        ("loss", Some(config.loss.to_string())),
        ("class-weights", weights),
        ("label-smoothing", smoothing.map(|share| share.to_string())),
        ("pos-weight", config.positive_weights.as_deref().map(list)),
        ("epochs", Some(config.epochs.to_string())),
        ("patience", stopping.map(|stopping| stopping.patience.to_string())),
        ("min-delta", stopping.map(|stopping| stopping.min_delta.to_string())),
        ("monitor", stopping.map(monitor)),
    ];
    if config.lbfgs.is_some() {
        used.push(("optimizer", Some("lbfgs".to_owned())));
        return Ok(used);
    }
    let limit = |norm: bool| match config.clip {
        Some(Clip::Norm(limit)) if norm => Some(limit.to_string()),
        Some(Clip::Value(limit)) if !norm => Some(limit.to_string()),
        _ => None,
    };
    let decay = args.schedule.decay_settings(args.optimizer.or_usual(&rows.usual)?)?;
    used.extend([
        ("clip-norm", limit(true)),
        ("clip-value", limit(false)),
        ("batch", Some(config.batch.to_string())),
        ("schedule", Some(config.schedule.to_string())),
        ("warm-up", config.warm_up.map(|warm_up| format!("{}:{}", warm_up.epochs, warm_up.start))),
        ("accumulate", Some(config.accumulate.to_string())),
        ("l1", decay.l1.map(|l1| l1.to_string())),
        ("decay-of", decay.of.map(str::to_owned)),
    ]);
    used.extend(optimizer(decay.optimizer));
    Ok(used)
}

/// The optimiser and all of its settings, and of no other one's.
fn optimizer(optimizer: Optimizer) -> Used {
    // A momentum of 0 is none: its optimiser has the name of plain SGD.
    let name = OPTIMIZER_NAMES.iter().find(|name| **name == optimizer.name()).copied().unwrap_or_default();
    let own = optimizer.settings();
    let setting = |setting: &'static chainrule::optim::Setting| {
        let value = own.iter().find(|(other, _)| *other == setting).map(|(_, value)| *value);
        let text = match (setting.range, value) {
            (SettingRange::Switch, Some(value)) => (value != 0.0).then(|| "true".to_owned()),
            (_, value) => value.map(brief),
        };
        (setting.name, text)
    };
    let settings = chainrule::optim::SETTINGS.iter().map(setting);
    std::iter::once(("optimizer", Some(name.to_owned()))).chain(settings).collect()
}

/// Without a row of zeros.
fn brief(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-4 { format!("{value:e}") } else { value.to_string() }
}
