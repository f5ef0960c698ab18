//! The rows in an export with what its model computed for them, computed again when the export is read.

use chainrule_kernel::Scalar;
use serde::Deserialize;

use crate::export::{Blueprint, ExportFormat, predict};
use crate::{Error, Model, Place, Result};

/// Rows of columns, and the outputs of those that the model does not refuse.
#[derive(Debug, Deserialize)]
pub(crate) struct TestRows {
    /// Each (columns); a category as its index, nothing for a missing value.
    columns: Vec<Vec<Option<f64>>>,
    /// Each (outputs).
    outputs: Vec<Vec<f64>>,
}

impl TestRows {
    /// Computes the outputs again, and gives the number of rows.
    ///
    /// # Errors
    /// When there are other outputs than the file says, by more than 2^-10 in f32 and 2^-36 in f64 of the largest of the outputs, the
    /// network's inputs and 1: a thousand times what kernels differ by.
    pub(super) fn replay<T: Scalar>(&self, origin: &str, model: &Model<T>) -> Result<usize> {
        let refuse = |found: String, expected: String| Err(Error::format(origin, Place::Header, found, expected));
        let failed = |error: Error| match error.is_memory() {
            true => error,
            false => {
                let found = format!("test rows that cannot be computed again ({error})");
                Error::format(origin, Place::Header, found, "the outputs that the model computed when it was exported")
            }
        };
        let blueprint = Blueprint::of(model, ExportFormat::Json, false).map_err(failed)?;
        let width = blueprint.columns.len();
        if let Some(row) = self.columns.iter().find(|row| row.len() != width) {
            return refuse(format!("a test row of {} columns", row.len()), width.to_string());
        }
        let missing = |value: &Option<f64>| value.unwrap_or(f64::NAN);
        let columns: Vec<Vec<f64>> = self.columns.iter().map(|row| row.iter().map(missing).collect()).collect();
        let encoded: Vec<f64> = columns.iter().filter_map(|row| blueprint.encode(row)).flatten().collect();
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |most: f64, x| most.max(x.abs()));
        let inputs = most(&mut encoded.iter().copied());
        let again =
            if encoded.is_empty() { Vec::new() } else { predict(&blueprint, model, &columns).map_err(failed)? };
        let widths = |rows: &[Vec<f64>]| rows.iter().map(Vec::len).collect::<Vec<_>>();
        if widths(&again) != widths(&self.outputs) {
            let expected = format!("the outputs of {} rows, {} each", again.len(), blueprint.outputs);
            return refuse(format!("outputs of {} test rows", self.outputs.len()), expected);
        }
        let outputs = most(&mut self.outputs.iter().flatten().copied());
        let unit = model.target.scaling().map_or(1.0, |(_, std)| most(&mut std.iter().copied()).max(1.0));
        let narrow = if T::NAME == "f32" { 2f64.powi(-10) } else { 2f64.powi(-36) };
        let tolerance = (unit * (1.0 + inputs) + outputs) * narrow;
        for (row, (again, stored)) in again.iter().zip(&self.outputs).enumerate() {
            for (output, (found, stored)) in again.iter().zip(stored).enumerate() {
                if (found - stored).abs() > tolerance {
                    return refuse(
                        format!("{found} at output {} of test row {}", output + 1, row + 1),
                        format!("{stored}, as the model computed when it was exported: the file was changed since"),
                    );
                }
            }
        }
        Ok(again.len())
    }
}
