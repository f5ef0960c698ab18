//! The text form of optimisers: `adamw:lr=0.002:weight-decay=0.05`.

use std::str::FromStr;

use super::kind::Optimizer;
use crate::error::ModelError;

/// Parses a name and its settings, `name=number`, separated by colons, as schedules have theirs. The others have the defaults
/// of [`Optimizer::by_name`].
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::Optimizer;
///
/// assert_eq!("adam:lr=0.002".parse::<Optimizer>()?, Optimizer::by_name("adam")?.with("lr", 0.002)?);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
impl FromStr for Optimizer {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let mut parts = text.split(':').map(str::trim);
        let mut optimizer = Optimizer::by_name(parts.next().unwrap_or_default())?;
        for part in parts {
            let (name, number) = part.split_once('=').unwrap_or((part, ""));
            let (name, number) = (name.trim(), number.trim());
            // Of a name that is not known the number does not matter.
            let value = number.parse().or_else(|_| match optimizer.has(name) {
                true => Err(ModelError::SettingText {
                    what: format!("{}'s {name}", optimizer.name()),
                    found: number.to_owned(),
                    expected: "a number behind =",
                }),
                false => Ok(0.0),
            })?;
            optimizer = optimizer.with(name, value)?;
        }
        optimizer.check()?;
        Ok(optimizer)
    }
}

impl Optimizer {
    fn has(self, name: &str) -> bool {
        self.settings().iter().any(|(setting, _)| setting.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimizer::OPTIMIZER_NAMES;

    #[test]
    fn every_setting_of_every_optimiser_is_read() {
        for name in OPTIMIZER_NAMES {
            let plain = Optimizer::by_name(name).unwrap();
            assert_eq!(name.parse(), Ok(plain));
            let text = plain
                .settings()
                .iter()
                .fold((*name).to_owned(), |text, (setting, value)| format!("{text}:{}={value}", setting.name));
            assert_eq!(text.parse(), Ok(plain), "{text}");
        }
        let nesterov = Optimizer::Momentum { lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 0.0 };
        assert_eq!("sgd: lr = 0.05 :momentum=0.9:nesterov=1".parse(), Ok(nesterov));
    }

    #[test]
    fn what_is_no_setting_is_refused_by_what_is_wrong() {
        for (text, what) in [
            ("", "there is no optimizer ``"),
            ("adamm", "known are sgd, rmsprop"),
            ("adam:momentum=0.9", "adam has no setting `momentum`"),
            ("adam:", "adam has no setting ``"),
            ("adam:lr", "adam's lr is ``; expected a number behind ="),
            ("adam:lr=fast", "adam's lr is `fast`"),
            ("adam:lr=-1", "learning rate is -1"),
            ("sgd:nesterov=1", "momentum is 0; expected more than 0, for nesterov"),
        ] {
            let message = text.parse::<Optimizer>().unwrap_err().to_string();
            assert!(message.contains(what), "{text}: {message}");
        }
    }
}
