//! What a model was trained with, so that the run can be made again, and what came of it.

use chainrule_model::Loss;
use serde::{Deserialize, Serialize};

use crate::train::Settings;
use crate::{Error, Result};

/// What a model's file remembers of its training. Everything in it is for people: nothing that it says changes a prediction.
///
/// ```
/// use chainrule::Facts;
/// let facts = Facts { command: vec!["train".to_owned(), "--epochs".to_owned(), "5".to_owned()], ..Facts::default() };
/// assert_eq!(facts.command.len(), 3);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Facts {
    /// The arguments of the command that made it, the program's name left out.
    pub command: Vec<String>,
    /// The version of chainrule.
    pub version: String,
    /// The kernel that computed.
    pub kernel: String,
    /// What the data are called.
    pub data: String,
    /// Rows that were trained on.
    pub rows: usize,
    /// Epochs that were run; of a run that was followed by another one over all rows, those of the first.
    pub epochs: usize,
    /// Epochs of the run over all rows that the weights are of, where there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refit_epochs: Option<usize>,
    /// The column that said how much each row counts, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_weights: Option<String>,
    /// The epoch that the weights are of, where training chose one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_epoch: Option<usize>,
    /// Whether it was trained with a loss that the application computed, not with the model's own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub own_loss: bool,
    /// What was measured on rows that it was not trained on: `test accuracy`, `test R2`, ...
    pub scores: Vec<(String, f64)>,
    /// The settings that a later run goes on with, where nothing else is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<Settings>,
}

impl Facts {
    /// Refuses what would not be read as it is written.
    pub(crate) fn check(&self, loss: Loss) -> Result<()> {
        if let Some(settings) = &self.settings {
            settings.config(loss)?;
        }
        match self.scores.iter().find(|(_, score)| !score.is_finite()) {
            Some((name, score)) => {
                let expected = "a finite number".to_owned();
                Err(Error::Argument { name: "score", found: format!("{name} {score}"), expected })
            }
            None => Ok(()),
        }
    }
}
