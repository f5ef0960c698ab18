//! What the outputs of an example should be: `targets`, rows of numbers, or `labels`, a class for each row.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::{Loss, TargetsRef};

use super::rows::Rows;
use crate::Result;
use crate::compatibility::incompatibility;
use crate::located::{Table, Value};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answers {
    Labels(Vec<u32>),
    Targets(Rows),
}

impl Answers {
    /// What is there, and where.
    pub(super) fn read<'a>(root: &Table<'a>, type_holds: fn(f64) -> bool) -> Result<Option<(Self, Value<'a>)>> {
        match (root.get("targets"), root.get("labels")) {
            (Some(_), Some(labels)) => Err(labels.error("targets and labels", "one of them")),
            (Some(targets), None) => Ok(Some((Answers::Targets(Rows::read(&targets, type_holds)?), targets))),
            (None, Some(value)) => {
                let label = |value: Value<'a>| value.whole(0..=u64::from(u32::MAX)).map(|label| label as u32);
                let labels = value.array("a class for each row: [0, 2, 1], say")?.map(label).collect::<Result<_>>()?;
                Ok(Some((Answers::Labels(labels), value)))
            }
            (None, None) => Ok(None),
        }
    }

    /// Refuses answers that do not fit the rows, the network or the loss. `value` is what they were read from.
    pub(super) fn check(&self, value: &Value<'_>, rows: usize, outputs: usize, loss: Loss) -> Result<()> {
        match self {
            Answers::Labels(labels) => {
                if labels.len() != rows {
                    let expected = format!("{rows}, one for each row of the inputs");
                    return Err(value.error(format!("{} labels", labels.len()), expected));
                }
                let wrong = labels.iter().zip(value.array("")?).find(|(label, _)| **label as usize >= outputs);
                wrong.map_or(Ok(()), |(label, at)| {
                    Err(at.error(format!("label {label}"), format!("0 to {} for {outputs} outputs", outputs - 1)))
                })
            }
            Answers::Targets(targets) if (targets.rows, targets.cols) != (rows, outputs) => {
                let expected = format!("{rows} x {outputs}, the rows of the inputs by the outputs of the last layer");
                Err(value.error(format!("targets of {}", targets.shape()), expected))
            }
            Answers::Targets(targets) => {
                let each = targets.values.chunks_exact(outputs).zip(value.array("")?);
                let wrong =
                    each.map(|(row, at)| (incompatibility(row, loss), at)).find_map(|(why, at)| Some((why?, at)));
                wrong.map_or(Ok(()), |((found, expected), at)| Err(at.error(found, expected)))
            }
        }
    }

    /// Targets in the element type; labels need none.
    pub(super) fn values<T: Scalar>(&self) -> Vec<T> {
        match self {
            Answers::Labels(_) => Vec::new(),
            Answers::Targets(targets) => targets.as_type(),
        }
    }

    /// As the model takes them, with the numbers of [`Answers::values`].
    pub(super) fn targets<'a, T: Scalar>(&'a self, values: &'a [T], rows: usize) -> TargetsRef<'a, T> {
        match self {
            Answers::Labels(labels) => TargetsRef::Classes(labels),
            Answers::Targets(targets) => TargetsRef::Values(MatRef::new(values, rows, targets.cols)),
        }
    }
}
