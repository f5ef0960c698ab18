//! Values of options that have names, as shells complete them. They are hints: what an option takes is what its own parser takes,
//! such as `huber(0.5)` beside `huber`, and its help says them in its own words.

use std::ffi::OsStr;

use chainrule::data::Missing;
use chainrule::network::{ACTIVATION_NAMES, INIT_NAMES, LOSS_NAMES};
use chainrule::{Activation, Init, Loss, Task};
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command};

use crate::values::{self, Parsed, Preprocessing};

/// The tasks.
const TASKS: &[&str] = &["classification", "binary", "multi-label", "regression"];
/// What is done about missing values.
const MISSINGS: &[&str] = &["mean", "median", "most-frequent", "drop", "indicator"];
/// How features are preprocessed, but for `scale:FACTOR`.
const PREPROCESSINGS: &[&str] = &["auto", "none", "standardize", "minmax", "robust"];

/// A parser, and the names that a shell may complete.
#[derive(Clone)]
pub(crate) struct Hinted<P> {
    parser: P,
    names: &'static [&'static str],
}

/// Completes these names, but for those that need a number in brackets, of what the parser takes.
pub(crate) fn hinted<P: TypedValueParser>(parser: P, names: &'static [&'static str]) -> Hinted<P> {
    Hinted { parser, names }
}

impl<P: TypedValueParser> TypedValueParser for Hinted<P> {
    type Value = P::Value;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<P::Value, clap::Error> {
        self.parser.parse_ref(cmd, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let whole = self.names.iter().filter(|name| !name.contains('('));
        Some(Box::new(whole.map(|name| PossibleValue::new(*name))))
    }
}

/// A loss.
pub(crate) fn loss() -> impl TypedValueParser<Value = Loss> {
    hinted(values::loss, LOSS_NAMES)
}

/// An activation.
pub(crate) fn activation() -> impl TypedValueParser<Value = Activation> {
    hinted(values::activation, ACTIVATION_NAMES)
}

/// How weights begin.
pub(crate) fn init_weights() -> impl TypedValueParser<Value = Init> {
    hinted(values::init_weights, INIT_NAMES)
}

/// How features are preprocessed.
pub(crate) fn preprocessing() -> impl TypedValueParser<Value = Preprocessing> {
    hinted(values::preprocessing, PREPROCESSINGS)
}

/// A task.
pub(crate) fn task() -> impl TypedValueParser<Value = Task> {
    hinted(of_library::<Task>, TASKS)
}

/// What is done about missing values.
pub(crate) fn missing() -> impl TypedValueParser<Value = Missing> {
    hinted(of_library::<Missing>, MISSINGS)
}

/// What the library reads from its name.
pub(crate) fn of_library<V: std::str::FromStr<Err = chainrule::Error>>(text: &str) -> Parsed<V> {
    text.parse().map_err(|error: chainrule::Error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_completed_is_taken() {
        let is_taken = |parser: &dyn Fn(&str) -> bool, names: &[&str]| {
            names.iter().filter(|name| !name.contains('(')).for_each(|name| assert!(parser(name), "{name}"));
        };
        is_taken(&|text| of_library::<Task>(text).is_ok(), TASKS);
        is_taken(&|text| of_library::<Missing>(text).is_ok(), MISSINGS);
        is_taken(&|text| values::preprocessing(text).is_ok(), PREPROCESSINGS);
        is_taken(&|text| values::loss(text).is_ok(), LOSS_NAMES);
        is_taken(&|text| values::activation(text).is_ok(), ACTIVATION_NAMES);
        is_taken(&|text| values::init_weights(text).is_ok(), INIT_NAMES);
    }

    #[test]
    fn tasks_and_ways_with_missing_values_are_all_completed() {
        // The library's own lists, as its errors show them.
        for (told, names) in [
            (of_library::<Task>("no such").unwrap_err(), TASKS),
            (of_library::<Missing>("no such").unwrap_err(), MISSINGS),
        ] {
            assert!(told.contains(&names.join(", ")), "{told}");
        }
    }
}
