//! The settings of optimisers by name: reading, changing and checking them.

use super::kind::{Field, Optimizer};
use super::setting::{SETTINGS, Setting};
use crate::error::ModelError;

impl Optimizer {
    /// Its settings and their values; a switch is 1 for on and 0 for off.
    pub fn settings(self) -> Vec<(&'static Setting, f64)> {
        let value = |field| match field {
            Field::Number(number) => *number,
            Field::Switch(switch) => f64::from(u8::from(*switch)),
        };
        self.with_velocity().fields().into_iter().map(|(name, field)| (known(name), value(field))).collect()
    }

    /// A copy with one setting changed.
    ///
    /// # Errors
    /// When it has no setting of that name, or the value is out of its range.
    pub fn with(self, name: &str, value: f64) -> Result<Self, ModelError> {
        let mut changed = self.with_velocity();
        match changed.fields().into_iter().find(|(field, _)| *field == name) {
            Some((_, Field::Number(number))) => *number = value,
            Some((_, Field::Switch(switch))) => *switch = value != 0.0,
            None => {
                let names: Vec<&str> = self.settings().iter().map(|(setting, _)| setting.name).collect();
                let (found, known) = (name.to_owned(), names.join(", "));
                return Err(ModelError::NoSetting { optimizer: self.name(), found, known });
            }
        }
        in_range(known(name), value)?;
        Ok(match changed {
            Optimizer::Momentum { lr, momentum: 0.0, nesterov: false, weight_decay: 0.0 } => Optimizer::Sgd { lr },
            changed => changed,
        })
    }

    /// Plain SGD as SGD with a momentum of 0, which has all settings of `sgd`.
    fn with_velocity(self) -> Self {
        match self {
            Optimizer::Sgd { lr } => Optimizer::Momentum { lr, momentum: 0.0, nesterov: false, weight_decay: 0.0 },
            other => other,
        }
    }

    /// Checks the ranges of the settings.
    ///
    /// # Errors
    /// When one is out of its range, or `nesterov` is on without momentum.
    pub fn check(self) -> Result<(), ModelError> {
        self.settings().into_iter().try_for_each(|(setting, value)| in_range(setting, value))?;
        match self {
            Optimizer::Momentum { momentum: 0.0, nesterov: true, .. } => {
                Err(ModelError::Setting { what: "momentum", found: 0.0, expected: "more than 0, for nesterov" })
            }
            _ => Ok(()),
        }
    }
}

fn known(name: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).expect("every field is in the table")
}

fn in_range(setting: &'static Setting, value: f64) -> Result<(), ModelError> {
    match setting.range.contains(value) {
        true => Ok(()),
        false => Err(ModelError::Setting { what: setting.words, found: value, expected: setting.range.words() }),
    }
}
