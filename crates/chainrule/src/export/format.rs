//! The formats that a model is exported to, by name and by the ending of a file's name.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::{Error, Result};

/// What a model is written as for other programs.
///
/// ```
/// use chainrule::export::ExportFormat;
///
/// assert_eq!("rust".parse::<ExportFormat>()?, ExportFormat::Rust);
/// assert_eq!(ExportFormat::of_path("model.onnx")?, ExportFormat::Onnx);
/// assert_eq!(ExportFormat::C.ending(), "c");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// A C99 source that stands alone.
    C,
    /// A Rust module that needs `core` alone.
    Rust,
    /// One JSON object.
    Json,
    /// NumPy's archive of arrays.
    Npz,
    /// A safetensors file with the names and shapes of PyTorch's `state_dict`, and nothing else.
    Torch,
    /// An ONNX graph, in the element type of the model; but the erf of GELU is computed in float, as runtimes have no other: a
    /// model in f64 is right to about 1e-7 of each GELU's input there.
    Onnx,
}

const KNOWN: [(&str, &str, ExportFormat); 6] = [
    ("c", "c", ExportFormat::C),
    ("rust", "rs", ExportFormat::Rust),
    ("json", "json", ExportFormat::Json),
    ("npz", "npz", ExportFormat::Npz),
    ("torch", "safetensors", ExportFormat::Torch),
    ("onnx", "onnx", ExportFormat::Onnx),
];

impl ExportFormat {
    /// The format that a file's name ends in.
    ///
    /// # Errors
    /// When it ends in none of them.
    pub fn of_path(path: impl AsRef<Path>) -> Result<Self> {
        let ending = path.as_ref().extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let ending = ending.unwrap_or_default();
        let known = KNOWN.iter().find(|(_, known, _)| *known == ending).map(|(.., format)| *format);
        known.ok_or_else(|| Error::unknown_name("ending of a file", &ending, &KNOWN.map(|(_, ending, _)| ending)))
    }

    /// The ending of its files, without the dot.
    pub fn ending(self) -> &'static str {
        KNOWN.iter().find(|(.., format)| *format == self).map_or("", |(_, ending, _)| ending)
    }
}

impl FromStr for ExportFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = KNOWN.iter().find(|(name, ..)| *name == text).map(|(.., format)| *format);
        known.ok_or_else(|| Error::unknown_name("format", text, &KNOWN.map(|(name, ..)| name)))
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KNOWN.iter().find(|(.., format)| format == self).map_or("", |(name, ..)| name))
    }
}
