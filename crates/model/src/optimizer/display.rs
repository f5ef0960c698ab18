//! The text form of an optimiser.

use std::fmt;

use super::kind::Optimizer;
use super::setting::SettingRange;

/// The name, the learning rate, and what differs from the defaults: `sgd with learning rate 0.1, momentum 0.9, nesterov`.
impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let defaults = Optimizer::by_name(self.name()).expect("a name of ours").settings();
        f.write_str(self.name())?;
        let mut before = " with ";
        for ((setting, value), (_, default)) in self.settings().into_iter().zip(defaults) {
            if setting.name != "lr" && value == default {
                continue;
            }
            match setting.range {
                SettingRange::Switch => write!(f, "{before}{}", setting.words)?,
                _ => write!(f, "{before}{} {}", setting.words, Brief(value))?,
            }
            before = ", ";
        }
        Ok(())
    }
}

/// A number in decimal notation, or with an exponent if it is very small or large: `0.001`, `1e-8`.
struct Brief(f64);

impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 != 0.0 && !(1e-4..1e6).contains(&self.0.abs()) {
            write!(f, "{:e}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}
