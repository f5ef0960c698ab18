//! Traces: every number of a training step with its formula, from a worked example or from a model and rows of data.
//!
//! What a trace is and how it is written down is `chainrule-explain`'s; here is where it comes from and its JSON.

#[cfg(feature = "toml")]
mod example;
mod json;
mod model;

use std::ops::RangeInclusive;

pub use chainrule_explain::trace::{
    Formula, MarkdownStyle, Matrix, Name, Quantity, Section, Step, Term, TextStyle, Trace, TraceRequest, significant,
    to_markdown, to_text, trace,
};
#[cfg(feature = "toml")]
pub use example::Example;
pub use json::to_json;
pub use model::trace_model;

use crate::{Error, Result};

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
    /// Which of so many.
    fn of(self, steps: usize) -> Result<RangeInclusive<usize>> {
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
