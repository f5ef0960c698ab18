//! The settings of optimisers: names, descriptions and ranges.

use chainrule_kernel::Scalar;

use crate::error::ModelError;

/// A setting that one or more of the optimisers have.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::SETTINGS;
///
/// let momentum = SETTINGS.iter().find(|setting| setting.name == "momentum").unwrap();
/// assert!(momentum.range.contains(0.9) && !momentum.range.contains(1.5));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its name in a sentence.
    pub words: &'static str,
    /// The help text.
    pub meaning: &'static str,
    /// The values that it may have.
    pub range: SettingRange,
}

/// Every setting of every optimiser.
pub const SETTINGS: &[Setting] = &[
    setting("lr", "learning rate", "The learning rate", SettingRange::Positive),
    setting(
        "momentum",
        "momentum",
        "Momentum: the share of the velocity that is kept in each step",
        SettingRange::Share,
    ),
    setting("nesterov", "nesterov", "Use Nesterov's momentum", SettingRange::Switch),
    setting("alpha", "alpha", "Decay rate of the running mean square of the gradient", SettingRange::Share),
    setting("beta1", "beta1", "Decay rate of the running mean of the gradient", SettingRange::Share),
    setting("beta2", "beta2", "Decay rate of the running mean square of the gradient", SettingRange::Share),
    setting("eps", "eps", "Added to the root in the denominator of a step", SettingRange::Positive),
    setting(
        "lr-decay",
        "learning rate decay",
        "Learning rate decay: step t, counted from 1, uses lr / (1 + (t - 1) * lr-decay)",
        SettingRange::NotNegative,
    ),
    setting("initial", "initial sum", "Initial value of the sum of squared gradients", SettingRange::NotNegative),
    setting("weight-decay", "weight decay", "Weight decay factor", SettingRange::NotNegative),
];

/// The values that a setting may have.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::SettingRange;
///
/// assert!(SettingRange::Proportion.contains(1.0) && !SettingRange::Proportion.contains(0.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingRange {
    /// Above 0.
    Positive,
    /// 0 or more.
    NotNegative,
    /// From 0 to below 1.
    Share,
    /// Above 0, at most 1.
    Proportion,
    /// 0 for off, 1 for on.
    Switch,
}

impl SettingRange {
    /// Whether the value is in the range; NaN and infinity never are.
    pub fn contains(self, value: f64) -> bool {
        match self {
            SettingRange::Positive => value.is_finite() && value > 0.0,
            SettingRange::NotNegative => value.is_finite() && value >= 0.0,
            SettingRange::Share => (0.0..1.0).contains(&value),
            SettingRange::Proportion => value > 0.0 && value <= 1.0,
            SettingRange::Switch => value == 0.0 || value == 1.0,
        }
    }

    /// Refuses a value that is out of the range, in f64 or rounded to the element type.
    pub(crate) fn check_in<T: Scalar>(self, what: &'static str, found: f64) -> Result<(), ModelError> {
        if !self.contains(found) {
            return Err(ModelError::Setting { what, found, expected: self.words() });
        }
        if !self.contains(T::from_f64(found).to_f64()) {
            let expected = match self {
                SettingRange::Positive | SettingRange::Proportion => {
                    "a number above 0 that the element type holds: neither 0 nor infinite in it"
                }
                SettingRange::NotNegative => "a number, 0 or more, that the element type holds: not infinite in it",
                SettingRange::Share => "a number from 0 to below 1 that the element type holds: not 1 in it",
                SettingRange::Switch => self.words(),
            };
            return Err(ModelError::Setting { what, found, expected });
        }
        Ok(())
    }

    /// The range in words, for messages after `expected`.
    pub fn words(self) -> &'static str {
        match self {
            SettingRange::Positive => "a finite number above 0",
            SettingRange::NotNegative => "a finite number, 0 or more",
            SettingRange::Share => "a number from 0 to below 1",
            SettingRange::Proportion => "a number above 0, at most 1",
            SettingRange::Switch => "0 or 1",
        }
    }
}

const fn setting(name: &'static str, words: &'static str, meaning: &'static str, range: SettingRange) -> Setting {
    Setting { name, words, meaning, range }
}
