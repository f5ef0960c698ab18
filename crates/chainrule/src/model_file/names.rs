//! Names for models' files.

use std::path::Path;

use super::kind;
use super::read::ModelFile;
use crate::Result;

impl ModelFile {
    /// Refuses a name for a model's file that is another format's: `model.onnx` would be read as ONNX, `model.npz` by NumPy.
    ///
    /// ```
    /// use chainrule::ModelFile;
    ///
    /// assert!(ModelFile::check_name("model.safetensors").is_ok() && ModelFile::check_name("model").is_ok());
    /// assert!(ModelFile::check_name("model.onnx").is_err());
    /// ```
    ///
    /// # Errors
    /// With what such a file is. Every way of saving a model checks it; before training, it spares the training.
    pub fn check_name(path: impl AsRef<Path>) -> Result<()> {
        kind::check_name(path.as_ref())
    }
}
