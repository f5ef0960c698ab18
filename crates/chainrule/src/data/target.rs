//! What the targets of a model are called, and how values are scaled: stored with the model.

use serde::{Deserialize, Serialize};

use super::log1p::{exp_m1, ln_1p};
use super::scaling::Moments;
use super::table::Sign;
use super::values::Values;
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
    /// What was taken off the numbers of each column; empty where nothing was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) signs: Vec<Option<Sign>>,
}

/// `(t - mean) / std`, for each column of the targets, of `ln(1 + t)` where that was asked for.
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
    /// Whether it is the logarithm of 1 + t that is scaled, (outputs); empty where it is of none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) log1p: Vec<bool>,
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

    /// The mean of each column that was subtracted before learning, and the deviation it was divided by, (outputs) each: of
    /// its logarithm where [`Target::is_log1p`].
    pub fn scaling(&self) -> Option<(&[f64], &[f64])> {
        self.scaling.as_ref().map(|scaling| (&*scaling.mean, &*scaling.std))
    }

    /// Whether this column, counted from 0, is learned as `ln(1 + t)`, so that relative errors count.
    pub fn is_log1p(&self, column: usize) -> bool {
        self.scaling.as_ref().is_some_and(|scaling| scaling.is_log1p(column))
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
        let Some(scaling) = &self.scaling else { return Ok(()) };
        let TargetScaling { mean, std, log1p } = scaling;
        if mean.len() != outputs || std.len() != outputs {
            let found = format!("{} means and {} deviations", mean.len(), std.len());
            return refuse(found, format!("{outputs} of each"));
        }
        if let Some(at) = scaling.unsound() {
            let found = format!("a mean of {} and a deviation of {} in column {}", mean[at], std[at], at + 1);
            return refuse(found, "finite numbers and a deviation above 0".to_owned());
        }
        if !log1p.is_empty() && log1p.len() != outputs {
            return refuse(format!("log1p of {} columns", log1p.len()), format!("{outputs} yes or no, or none"));
        }
        Ok(())
    }
}

impl TargetScaling {
    /// Fits it to these rows of values, all above -1 in columns of which logarithms are taken.
    pub(crate) fn fit(values: &Values, rows: &[usize], log1p: &[bool]) -> Result<Self> {
        let cols = values.cols();
        let mut taken = vec![0.0; cols];
        let Moments { mean, std } = Moments::of(cols, rows.len(), &mut |see| {
            let mut cursor = values.cursor();
            for &row in rows {
                taken.copy_from_slice(cursor.at(row));
                taken.iter_mut().zip(log1p).filter(|(_, is)| **is).for_each(|(value, _)| *value = ln_1p(*value));
                see(&taken);
            }
            Ok(())
        })?;
        let scaling = TargetScaling { mean, std, log1p: log1p.to_vec() };
        match scaling.unsound() {
            Some(at) => Err(Error::Argument {
                name: "target",
                found: format!(
                    "values in column {} whose squares, of which deviations are made, f64 cannot hold",
                    at + 1
                ),
                expected: "values that differ by 1e-150 to 1e150: write them in another unit".to_owned(),
            }),
            None => Ok(scaling),
        }
    }

    /// A column that values cannot be scaled by.
    fn unsound(&self) -> Option<usize> {
        self.mean.iter().zip(&self.std).position(|(mean, std)| !mean.is_finite() || !std.is_finite() || *std <= 0.0)
    }

    /// Number of columns.
    pub(crate) fn columns(&self) -> usize {
        self.mean.len()
    }

    pub(crate) fn is_log1p(&self, column: usize) -> bool {
        self.log1p.get(column).copied().unwrap_or(false)
    }

    /// The same without mean and deviation; nothing where no logarithm is left.
    pub(crate) fn logarithms_alone(&self) -> Option<Self> {
        let columns = self.columns();
        let has_some = self.log1p.contains(&true);
        has_some.then(|| TargetScaling { mean: vec![0.0; columns], std: vec![1.0; columns], log1p: self.log1p.clone() })
    }

    pub(crate) fn apply(&self, column: usize, value: f64) -> f64 {
        let value = if self.is_log1p(column) { ln_1p(value) } else { value };
        (value - self.mean[column]) / self.std[column]
    }

    pub(crate) fn undo(&self, column: usize, value: f64) -> f64 {
        let value = value.mul_add(self.std[column], self.mean[column]);
        if self.is_log1p(column) { exp_m1(value) } else { value }
    }
}
