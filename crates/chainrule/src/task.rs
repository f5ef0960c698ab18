//! What is learned: classes, yes or no, several of these, or values. It says what a network's outputs mean.

use std::fmt;
use std::str::FromStr;

use chainrule_model::Loss;
use serde::{Deserialize, Serialize};

use crate::Error;

/// What a model learns to predict.
///
/// ```
/// use chainrule::{Loss, Task};
///
/// assert_eq!("regression".parse::<Task>()?, Task::Regression);
/// assert_eq!(Task::Regression.usual_loss(), Loss::Mse);
/// assert!(Task::Regression.check(Loss::CrossEntropy).is_err());
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Task {
    /// One of several classes, each with an output: logits, of which the largest is the answer.
    Classification,
    /// Yes or no: one output, the logit of yes.
    Binary,
    /// Several questions of yes or no: an output each, its logit.
    MultiLabel,
    /// Values: an output for each, in the target's own unit.
    Regression,
}

/// All, with their names.
const KNOWN: [(&str, Task); 4] = [
    ("classification", Task::Classification),
    ("binary", Task::Binary),
    ("multi-label", Task::MultiLabel),
    ("regression", Task::Regression),
];

impl Task {
    /// The task that a loss is made for, with this number of outputs.
    pub fn of_loss(loss: Loss, outputs: usize) -> Self {
        match loss {
            Loss::CrossEntropy => Task::Classification,
            Loss::BinaryCrossEntropy if outputs == 1 => Task::Binary,
            Loss::BinaryCrossEntropy => Task::MultiLabel,
            _ => Task::Regression,
        }
    }

    /// The loss that is minimised where none is asked for.
    pub fn usual_loss(self) -> Loss {
        match self {
            Task::Classification => Loss::CrossEntropy,
            Task::Binary | Task::MultiLabel => Loss::BinaryCrossEntropy,
            Task::Regression => Loss::Mse,
        }
    }

    /// Refuses a loss that is made for another task.
    ///
    /// # Errors
    /// [`Error::Argument`] with the losses that are for this one. A classifier may be trained by any: with others than
    /// cross-entropy its targets are 1 at the class and 0 elsewhere.
    pub fn check(self, loss: Loss) -> Result<(), Error> {
        let (is_for_it, expected) = match self {
            Task::Classification => (true, "cross-entropy"),
            // An output is the logit of a yes.
            Task::Binary | Task::MultiLabel => (loss == Loss::BinaryCrossEntropy, "binary-cross-entropy"),
            Task::Regression => {
                let is_of_classes = matches!(loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy);
                (!is_of_classes, "mse, half-mse, mae or huber")
            }
        };
        if is_for_it {
            return Ok(());
        }
        let other = match self {
            Task::Binary | Task::MultiLabel if loss != Loss::CrossEntropy => {
                "; 0 and 1 as values are the task regression"
            }
            _ => "",
        };
        let expected = format!("{expected} for {self}{other}");
        Err(Error::Argument { name: "loss", found: loss.to_string(), expected })
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = KNOWN.iter().find(|(_, task)| task == self).map_or("", |(name, _)| name);
        f.write_str(name)
    }
}

impl FromStr for Task {
    type Err = Error;

    /// Understands the names that are printed; `_` is taken as `-`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = text.replace('_', "-");
        let known = KNOWN.iter().find(|(name, _)| *name == wanted).map(|(_, task)| *task);
        known.ok_or_else(|| Error::unknown_name("task", text, &KNOWN.map(|(name, _)| name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_printed() {
        for (name, task) in KNOWN {
            assert_eq!((name.parse::<Task>().unwrap(), task.to_string()), (task, name.to_owned()));
            task.check(task.usual_loss()).unwrap();
        }
        assert_eq!("multi_label".parse::<Task>().unwrap(), Task::MultiLabel);
        let message = "regresion".parse::<Task>().unwrap_err().to_string();
        assert!(message.contains("did you mean \"regression\"?"), "{message}");
    }

    #[test]
    fn a_loss_tells_the_task_and_others_are_refused() {
        assert_eq!(Task::of_loss(Loss::BinaryCrossEntropy, 1), Task::Binary);
        assert_eq!(Task::of_loss(Loss::BinaryCrossEntropy, 3), Task::MultiLabel);
        assert_eq!(Task::of_loss(Loss::Mae, 3), Task::Regression);
        for loss in [Loss::CrossEntropy, Loss::Mse, Loss::Mae] {
            assert!(Task::Binary.check(loss).is_err() && Task::MultiLabel.check(loss).is_err(), "{loss}");
        }
        assert!(Task::Classification.check(Loss::Mse).is_ok());
        let message = Task::Regression.check(Loss::BinaryCrossEntropy).unwrap_err().to_string();
        assert!(message.contains("mse, half-mse, mae or huber for regression"), "{message}");
    }
}
