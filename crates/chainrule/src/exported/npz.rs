//! The archive of an export to NPZ: arrays by their names, and a text that describes the model.

use std::fs::File;

use super::description::{Description, Exported};
use crate::data::{Limits, npz_numbers, npz_text, zip_names};
use crate::{Error, Place, Result};

/// The text that describes the model.
const MODEL: &str = "model";

/// The model in an archive.
///
/// # Errors
/// When it holds no description, its parts do not fit one another, it computes something else than it says, or they have more bytes than the limits allow.
pub(crate) fn of_npz(origin: &str, file: &File, limits: Limits) -> Result<Exported> {
    let names = zip_names(origin, file)?;
    if !names.iter().any(|name| name.strip_suffix(".npy") == Some(MODEL)) {
        return Err(no_model(origin, &names));
    }
    let text = npz_text(origin, file, MODEL, limits)?;
    let mut bytes = text.len() as u128;
    let mut description = Description::of(origin, text.as_bytes())?;
    let rows = description.take_rows();
    let model = description.model(origin, &mut |at, name| {
        let numbers = npz_numbers(origin, file, &format!("{at}.{name}"), limits)?;
        bytes += numbers.len() as u128 * size_of::<f64>() as u128;
        limits.check(origin, bytes / 2)?;
        Ok(numbers)
    })?;
    model.replayed(origin, rows)
}

/// What an archive without a model of ours is, by the files in it.
fn no_model(origin: &str, names: &[String]) -> Error {
    let has = |ending: &str| names.iter().any(|name| name.ends_with(ending));
    let (found, expected) = match () {
        () if has("data.pkl") => (
            "a file that PyTorch's torch.save wrote",
            format!(
                "its weights as safetensors: python3 -c \"import torch, safetensors.torch as s; \
                 s.save_file(torch.load('{origin}', weights_only=True), '{origin}.safetensors')\""
            ),
        ),
        () if has("model.weights.h5") => ("a model of Keras's", "the model as ONNX, as tf2onnx writes it".to_owned()),
        () if has(".npy") => (
            "an NPZ archive that is no model",
            "the text \"model\" beside the arrays, as chainrule export --to npz writes it".to_owned(),
        ),
        () => ("a zip archive that is no model", "what chainrule export --to npz writes".to_owned()),
    };
    Error::format(origin, Place::Byte(0), found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_of_other_programs_are_named() {
        let message = |names: &[&str]| {
            no_model("m", &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).to_string()
        };
        assert!(message(&["m/data.pkl", "m/version"]).contains("torch.load('m', weights_only=True), 'm.safetensors'"));
        assert!(message(&["config.json", "model.weights.h5"]).contains("Keras"));
        assert!(message(&["a.npy"]).contains("an NPZ archive that is no model"));
        assert!(message(&["a.txt"]).contains("a zip archive that is no model"));
    }
}
