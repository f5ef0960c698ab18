//! A model written for other programs: one function for all formats.

use chainrule_kernel::Scalar;

use super::blueprint::Blueprint;
use super::format::ExportFormat;
use super::options::ExportOptions;
use super::samples::Samples;
use super::{c, json, onnx, rust, torch};
use crate::{Error, Model, Result};

impl<T: Scalar> Model<T> {
    /// The model as a file of another program: all of it, from columns as a table has them to outputs in the targets' unit.
    /// [`ExportFormat`] says what each holds.
    ///
    /// # Errors
    /// When the format cannot hold a layer, or eight bits; when what the model predicts for the rows of a source's test is
    /// not finite.
    pub fn export(&self, format: ExportFormat, options: &ExportOptions) -> Result<Vec<u8>> {
        if options.int8 && !matches!(format, ExportFormat::C | ExportFormat::Rust) {
            return Err(Error::Argument {
                name: "export",
                found: format!("weights in eight bits for {format}"),
                expected: "c or rust, which can hold them".to_owned(),
            });
        }
        let blueprint = Blueprint::of(self, format, options.int8)?;
        let samples = || match options.int8 {
            true => Samples::of(&blueprint, &self.rounded_to_int8()?, true),
            false => Samples::of(&blueprint, self, false),
        };
        match format {
            ExportFormat::C => Ok(c::source(&blueprint, options, &samples()?).into_bytes()),
            ExportFormat::Rust => Ok(rust::source(&blueprint, options, &samples()?).into_bytes()),
            ExportFormat::Json => Ok(json::object(&blueprint, &samples()?).to_string().into_bytes()),
            ExportFormat::Npz => npz(&blueprint, json::description(&blueprint, &samples()?)),
            ExportFormat::Onnx => {
                let metadata = json::description(&blueprint, &samples()?).to_string();
                onnx::file(&blueprint, &options.name, &metadata)
            }
            ExportFormat::Torch => torch::state_dict(self),
        }
    }
}

#[cfg(feature = "npy")]
fn npz(blueprint: &Blueprint, model: serde_json::Value) -> Result<Vec<u8>> {
    super::npz::archive(blueprint, model).map_err(|error| Error::Argument {
        name: "export",
        found: error.to_string(),
        expected: "arrays that an archive can hold".to_owned(),
    })
}

#[cfg(not(feature = "npy"))]
fn npz(_: &Blueprint, _: serde_json::Value) -> Result<Vec<u8>> {
    Err(Error::Unsupported { origin: "export".to_owned(), found: "an NPZ archive", feature: "npy" })
}
