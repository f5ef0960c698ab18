//! The text form of schedules: `step:10:0.5`, or `plateau:patience=3`.

use std::fmt;
use std::str::FromStr;

use super::kind::{Field, Schedule, Setting, in_range};
use crate::error::ModelError;

/// Parses a name and its settings, separated by colons: numbers in their order, or `name=number`. The others have the
/// defaults of [`Schedule::by_name`].
impl FromStr for Schedule {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let mut parts = text.split(':');
        let mut schedule = Schedule::by_name(parts.next().unwrap_or_default().trim())?;
        let name = schedule.name();
        for (place, part) in parts.enumerate() {
            let (wanted, number) = match part.split_once('=') {
                Some((wanted, number)) => (Some(wanted.trim()), number.trim()),
                None => (None, part.trim()),
            };
            let mut settings = schedule.settings();
            let names = settings.iter().map(|setting| setting.name).collect::<Vec<_>>().join(", ");
            let found = match wanted {
                Some(wanted) => settings.iter_mut().find(|setting| setting.name == wanted),
                None => settings.get_mut(place),
            };
            let Some(Setting { name: what, field, range }) = found else {
                let known = if names.is_empty() { "none".to_owned() } else { names };
                return Err(ModelError::NoSetting { optimizer: name, found: part.to_owned(), known });
            };
            let is_whole = matches!(field, Field::Count(_));
            let words = if is_whole { "a whole number" } else { range.words() };
            let wrong = || ModelError::SettingText {
                what: format!("{name}'s {what}"),
                found: number.to_owned(),
                expected: words,
            };
            let value = f64::from_str(number).map_err(|_| wrong())?;
            match field {
                Field::Number(number) => **number = value,
                Field::Count(count) => **count = u64::from_str(number).map_err(|_| wrong())?,
            }
            in_range(what, value, *range)?;
        }
        schedule.check()?;
        Ok(schedule)
    }
}

impl Schedule {
    /// Checks the ranges of the settings.
    ///
    /// # Errors
    /// When one is out of its range.
    pub fn check(mut self) -> Result<(), ModelError> {
        let rise = if let Schedule::OneCycle { rise, .. } = self { rise } else { 0.5 };
        if rise == 0.0 {
            return Err(ModelError::Setting { what: "rise", found: rise, expected: "a number above 0 and below 1" });
        }
        self.settings().into_iter().try_for_each(|Setting { name: what, field, range }| match field {
            Field::Number(number) => in_range(what, *number, range),
            Field::Count(count) => in_range(what, *count as f64, range),
        })
    }
}

/// Every setting with its name: `step:every=10:factor=0.5`.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        let mut copy = *self;
        copy.settings().into_iter().try_for_each(|Setting { name, field, .. }| match field {
            Field::Number(number) => write!(f, ":{name}={number}"),
            Field::Count(count) => write!(f, ":{name}={count}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::kind::SCHEDULE_NAMES;

    #[test]
    fn what_is_written_is_read_again() {
        for name in SCHEDULE_NAMES {
            let schedule = Schedule::by_name(name).unwrap();
            assert_eq!((schedule.name(), schedule.to_string().parse()), (*name, Ok(schedule)));
        }
        let plateau: Schedule = "plateau:0.5:cooldown=2:patience=3".parse().unwrap();
        assert_eq!(plateau.to_string(), "plateau:factor=0.5:patience=3:threshold=0.0001:cooldown=2:min-lr=0");
        assert_eq!("restarts:5:2".parse(), Ok(Schedule::Restarts { first: 5, times: 2, min_lr: 0.0 }));
    }

    #[test]
    fn what_means_nothing_is_refused_with_the_setting_and_what_was_found() {
        let refused = |text: &str| text.parse::<Schedule>().unwrap_err().to_string();
        let unknown =
            "there is no schedule `stpe`; known are constant, step, exponential, cosine, restarts, one-cycle, plateau";
        assert_eq!(refused("stpe:3"), unknown);
        assert_eq!(refused("step:ten"), "step's every is `ten`; expected a whole number");
        assert_eq!(refused("step:2.5"), "step's every is `2.5`; expected a whole number");
        assert_eq!(refused("step:0"), "every is 0; expected a finite number above 0");
        assert_eq!(refused("step:10:x"), "step's factor is `x`; expected a finite number above 0");
        assert_eq!(refused("step:10:0.5:7"), "step has no setting `7`; it has every, factor");
        assert_eq!(refused("step:gamma=0.5"), "step has no setting `gamma=0.5`; it has every, factor");
        assert_eq!(refused("constant:1"), "constant has no setting `1`; it has none");
        assert_eq!(refused("cosine:-1"), "min-lr is -1; expected a finite number, 0 or more");
        assert_eq!(refused("one-cycle:0"), "rise is 0; expected a number above 0 and below 1");
        assert_eq!(refused("plateau:1.5"), "factor is 1.5; expected a number above 0, at most 1");
    }
}
