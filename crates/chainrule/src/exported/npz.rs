//! The archive of an export to NPZ: arrays by their names, and a text that describes the model.

use std::fs::File;

use super::description::{Description, Either};
use crate::data::{Limits, npz_numbers, npz_text};
use crate::{Error, Place, Result};

/// The text that describes the model.
const MODEL: &str = "model";

/// The model in an archive.
///
/// # Errors
/// When it holds no description, its parts do not fit one another, or they have more bytes than the limits allow.
pub(crate) fn of_npz(origin: &str, file: &File, limits: Limits) -> Result<Either> {
    let text = npz_text(origin, file, MODEL, limits).map_err(|error| match error {
        Error::Format { found, .. } => {
            let expected = "the text \"model\" and the arrays that chainrule export --to npz writes";
            Error::format(origin, Place::Header, format!("an NPZ archive that is no model ({found})"), expected)
        }
        other => other,
    })?;
    let mut bytes = text.len() as u128;
    Description::of(origin, text.as_bytes())?.model(origin, &mut |at, name| {
        let numbers = npz_numbers(origin, file, &format!("{at}.{name}"), limits)?;
        bytes += numbers.len() as u128 * size_of::<f64>() as u128;
        limits.check(origin, bytes / 2)?;
        Ok(numbers)
    })
}
