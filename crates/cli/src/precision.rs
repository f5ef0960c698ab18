//! What `--precision` does with a model, and what it says about it.

use chainrule::data::Features;
use chainrule::{Model, Precision, RoundingCost, Scalar};
use serde::Serialize;

use crate::args::PrecisionArgs;
use crate::failure::Failure;
use crate::output::{brief, percent, plural, tell};

/// A model with rounded weights, and what that changes on some rows.
pub(crate) struct Rounded<T: Scalar> {
    pub(crate) model: Model<T>,
    pub(crate) line: RoundingLine,
}

/// The part of a JSON line.
#[derive(Debug, Serialize)]
pub(crate) struct RoundingLine {
    precision: String,
    #[serde(flatten)]
    cost: RoundingCost,
    /// What --tolerance bounds.
    share: f64,
}

impl PrecisionArgs {
    /// The model with weights as `--precision` asks for; `None` where it does not. Above `--tolerance` an error, which
    /// is said.
    pub(crate) fn rounded<T: Scalar>(
        &self,
        model: &Model<T>,
        rows: &Features<T>,
    ) -> Result<Option<Rounded<T>>, Failure> {
        let Some(precision) = self.precision.filter(|precision| *precision != Precision::F32) else { return Ok(None) };
        let rounded = model.rounded(precision)?;
        let cost = model.rounding_cost(&rounded, rows)?;
        let line = RoundingLine { precision: precision.to_string(), share: cost.share(), cost };
        match self.tolerance {
            Some(tolerance) if line.share > tolerance => {
                tell(line.text());
                let less = match precision {
                    Precision::Int8 => ": f16 and bf16 round less than int8",
                    Precision::Bf16 => ": f16 rounds less than bf16",
                    _ => "",
                };
                tell(format_args!(
                    "error: {} of {} is more than --tolerance {}{less}",
                    line.what(),
                    line.figure(),
                    brief(tolerance),
                ));
                Err(Failure::Found)
            }
            _ => Ok(Some(Rounded { model: rounded, line })),
        }
    }
}

impl RoundingLine {
    /// For people: what rounding changes.
    pub(crate) fn text(&self) -> String {
        let RoundingLine { precision, cost: RoundingCost { rows, largest, mean, relative_rms, changed, .. }, .. } =
            self;
        let decisions = match changed {
            Some(changed) => format!("; another decision in {changed} ({})", percent(self.share)),
            None => String::new(),
        };
        format!(
            "{precision} weights: over {} outputs differ by at most {}, {} on average, {} of their root mean square{decisions}",
            plural(*rows, "row"),
            brief(*largest),
            brief(*mean),
            percent(*relative_rms),
        )
    }

    /// What `--tolerance` bounds.
    fn what(&self) -> &'static str {
        match self.cost.changed {
            Some(_) => "a share of changed decisions",
            None => "a relative difference of outputs",
        }
    }

    fn figure(&self) -> String {
        brief(self.share)
    }
}
