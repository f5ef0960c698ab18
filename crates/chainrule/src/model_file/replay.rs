//! The rows of a file with what the model made of them when it was saved: made again on load, they show that the file still
//! computes the same. What differs is an error: a kernel or a version of chainrule that is wrong, or metadata that are not those of
//! the weights.

use chainrule_kernel::Scalar;
use serde::{Deserialize, Serialize};

use crate::data::Features;
use crate::{Error, Model, Place, Result};

/// Rows, and their outputs as [`Model::predict`] gives them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// The element type that computed.
    dtype: String,
    kernel: String,
    /// Of chainrule.
    version: String,
    /// As they come from their source, (rows, inputs).
    rows: Vec<Vec<f64>>,
    /// (rows, outputs).
    outputs: Vec<Vec<f64>>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Replay {
    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The stored rows of a model; `None` where it has none that it predicts: they may be of another network, or overflow in it. That
    /// is the model's to say alone, so the same model gives the same bytes, whatever process saves it.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub(super) fn of<T: Scalar>(model: &Model<T>) -> Result<Option<Self>> {
        let Some(features) = model.stored_rows.as_deref() else { return Ok(None) };
        let outputs = match model.predict_alone(features) {
            Ok(outputs) => outputs,
            Err(error) if error.is_memory() => return Err(error),
            Err(_) => return Ok(None),
        };
        let widen = |values: &[T]| values.iter().map(|value| value.to_f64()).collect();
        Ok(Some(Replay {
            dtype: T::NAME.to_owned(),
            kernel: model.mlp.kernel_name().to_owned(),
            version: VERSION.to_owned(),
            rows: (0..features.rows()).map(|row| widen(&features.row(row))).collect(),
            outputs: outputs.chunks_exact(model.mlp.outputs()).map(widen).collect(),
        }))
    }

    /// Computes the outputs again, and gives the model the rows.
    ///
    /// # Errors
    /// [`Error::Format`] when the rows are not as wide as the network, cannot be predicted, or an output is another one: in any bit for
    /// the kernel and the version that the file names, otherwise by more than [`tolerance`]. [`Error::Memory`] and the like when there is
    /// not enough memory.
    pub(super) fn run<T: Scalar>(&self, origin: &str, model: &mut Model<T>) -> Result<()> {
        let error = |found: String, expected: String| Error::format(origin, Place::Header, found, expected);
        let (inputs, outputs) = (model.mlp.inputs(), model.mlp.outputs());
        let widths =
            self.rows.iter().map(|row| (row.len(), inputs)).chain(self.outputs.iter().map(|y| (y.len(), outputs)));
        if self.rows.is_empty() || self.rows.len() != self.outputs.len() || widths.into_iter().any(|(a, b)| a != b) {
            let found = format!("{} stored rows and outputs of {}", self.rows.len(), self.outputs.len());
            return Err(error(found, format!("rows of {inputs} features with {outputs} outputs each")));
        }
        let data = self.rows.iter().flatten().map(|value| T::from_f64(*value)).collect();
        let features = Features::new(self.rows.len(), inputs, data)
            .map_err(|found| error(format!("a stored row with {found}"), "finite numbers".to_owned()))?;
        // An error in the file is reported as one; nothing here depends on threads.
        let refused = |found: Error| match found.is_memory() {
            true => found,
            false => error(
                format!("stored rows that the model does not predict ({found})"),
                "the outputs that were computed when the file was saved".to_owned(),
            ),
        };
        let again = model.predict_alone(&features).map_err(refused)?;
        let by = format!("{} by kernel {} of chainrule {}", self.dtype, self.kernel, self.version);
        let here = format!("{} by kernel {} of chainrule {VERSION}", T::NAME, model.mlp.kernel_name());
        let tolerance = if by == here { 0.0 } else { self.tolerance::<T>(model, &features).map_err(refused)? };
        for (at, (found, stored)) in again.iter().zip(self.outputs.iter().flatten()).enumerate() {
            let found = found.to_f64();
            if (found - stored).abs() > tolerance {
                let (row, output) = (at / outputs + 1, at % outputs + 1);
                let within = if tolerance == 0.0 { String::new() } else { format!(", within {tolerance:e}") };
                let expected = format!("{stored}{within}, as {by} computed when the file was saved");
                return Err(error(format!("{found} at output {output} of stored row {row}, in {here}"), expected));
            }
        }
        model.stored_rows = Some(features.into());
        Ok(())
    }

    /// How far another kernel's outputs may be from the stored ones: 2^-10 in f32 and 2^-36 in f64, times 1 and the largest of the
    /// outputs and of the features as the network takes them, in the unit of the outputs. Kernels differ in the last bits of products, some
    /// 2^-22 of their largest terms in f32; a thousand times that is left to what a deep network makes of it.
    fn tolerance<T: Scalar>(&self, model: &Model<T>, features: &Features<T>) -> Result<f64> {
        let mut prepared = features.clone();
        model.preprocess.apply(&mut prepared)?;
        let inputs = prepared.data().iter().fold(0.0, |most: f64, value| most.max(value.to_f64().abs()));
        let outputs = self.outputs.iter().flatten().fold(0.0, |most: f64, value| most.max(value.abs()));
        let unit = model.target.scaling().map_or(1.0, |(_, std)| std.iter().fold(1.0, |most: f64, std| most.max(*std)));
        let narrow = T::NAME == "f32" || self.dtype == "f32";
        Ok((unit * (1.0 + inputs) + outputs) * if narrow { 2f64.powi(-10) } else { 2f64.powi(-36) })
    }
}
