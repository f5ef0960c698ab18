//! Which steps of a trace are written down.

use std::ops::RangeInclusive;

use crate::error::{Error, Result};

/// Which of the steps are written down.
///
/// ```
/// use chainrule::trace::Shown;
///
/// assert_eq!(Shown::default(), Shown::Step(1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shown {
    /// This one, counted from 1.
    Step(usize),
    /// Every one.
    All,
}

impl Default for Shown {
    fn default() -> Self {
        Shown::Step(1)
    }
}

impl Shown {
    /// The numbers of the steps that are shown, of `steps` steps.
    pub(super) fn of(self, steps: usize) -> Result<RangeInclusive<usize>> {
        match self {
            Shown::All => Ok(1..=steps.max(1)),
            Shown::Step(step) if (1..=steps.max(1)).contains(&step) => Ok(step..=step),
            Shown::Step(step) => {
                let expected = format!("one of the steps taken, 1 to {}", steps.max(1));
                Err(Error::Argument { name: "step", found: step.to_string(), expected })
            }
        }
    }
}
