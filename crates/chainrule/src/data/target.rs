//! What the targets of a model are called, and how values are scaled: stored with the model.

use serde::{Deserialize, Serialize};

use super::scaling::Moments;
use crate::{Error, Result};

/// What the targets of a model are called and how its outputs are turned back into them. It serialises, so a model file can
/// carry it.
///
/// ```
/// use chainrule::data::{Request, Scaling, Source, SplitRequest};
///
/// let examples = Request::new(Source::parse("moons")?).read()?;
/// let fitted = examples.fit(&[0, 1, 2], Scaling::None)?;
/// assert_eq!(fitted.target().names(), ["y"]);
/// # let _ = SplitRequest::default();
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The names of the columns, where they have some.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<String>,
    /// What no and yes are called, of a single question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answers: Option<[String; 2]>,
    /// What was done to values before they were learned, and is undone in predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scaling: Option<TargetScaling>,
}

/// `(t - mean) / std`, for each column of the targets.
///
/// ```
/// use chainrule::data::{Request, Scaling, Source};
///
/// let examples = Request::new(Source::parse("friedman:rows=50")?).read()?;
/// let fitted = examples.fit(&[0, 1, 2, 3], Scaling::None)?;
/// let (mean, deviation) = fitted.target().scaling().unwrap();
/// assert!(mean.len() == 1 && deviation[0] > 0.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetScaling {
    /// Each column's mean, (outputs).
    pub(crate) mean: Vec<f64>,
    /// Each column's standard deviation, or 1 where it is constant, (outputs).
    pub(crate) std: Vec<f64>,
}

impl Target {
    /// The names of the columns that are predicted, where the model knows them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What no and yes are called, where there is one question.
    pub fn answers(&self) -> Option<[&str; 2]> {
        self.answers.as_ref().map(|[no, yes]| [no.as_str(), yes.as_str()])
    }

    /// The mean of each column that was subtracted before learning, and the deviation it was divided by, (outputs) each.
    pub fn scaling(&self) -> Option<(&[f64], &[f64])> {
        self.scaling.as_ref().map(|scaling| (&*scaling.mean, &*scaling.std))
    }

    /// Refuses one that a file should not hold.
    pub(crate) fn check(&self, outputs: usize) -> Result<()> {
        let refuse = |found: String, expected: String| Err(Error::Argument { name: "target", found, expected });
        let names = self.names.iter().chain(self.answers.iter().flatten());
        if let Some(name) = names.into_iter().find(|name| name.chars().any(char::is_control)) {
            return refuse(format!("the name {name:?}"), "names without control characters".to_owned());
        }
        if self.answers.is_some() && outputs != 1 {
            return refuse(format!("no and yes of {outputs} outputs"), "one output".to_owned());
        }
        let Some(TargetScaling { mean, std }) = &self.scaling else { return Ok(()) };
        let is_sound = |(mean, std): (&f64, &f64)| mean.is_finite() && std.is_finite() && *std > 0.0;
        if mean.len() != outputs || std.len() != outputs || !mean.iter().zip(std).all(is_sound) {
            let found = format!("{} means and {} deviations", mean.len(), std.len());
            return refuse(found, format!("{outputs} of each, finite, and deviations above 0"));
        }
        Ok(())
    }
}

impl TargetScaling {
    /// Fits it to these rows of values, (rows, cols).
    pub(crate) fn fit(values: &[f64], cols: usize, rows: &[usize]) -> Result<Self> {
        let Moments { mean, std } = Moments::of(cols, rows.len(), &mut |see| {
            rows.iter().for_each(|row| see(&values[row * cols..][..cols]));
            Ok(())
        })?;
        let scaling = TargetScaling { mean, std };
        Target { scaling: Some(scaling.clone()), ..Target::default() }.check(cols)?;
        Ok(scaling)
    }

    /// Number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.mean.len()
    }

    pub(crate) fn apply(&self, column: usize, value: f64) -> f64 {
        (value - self.mean[column]) / self.std[column]
    }

    pub(crate) fn undo(&self, column: usize, value: f64) -> f64 {
        value.mul_add(self.std[column], self.mean[column])
    }
}
