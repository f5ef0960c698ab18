//! The object of an export to JSON, whose layers hold their numbers.

use super::description::{Description, Exported};
use crate::{Error, Place, Result};

/// The model in a JSON file.
///
/// # Errors
/// When it describes none, its parts do not fit one another, or it computes something else than it says.
pub(crate) fn of_json(origin: &str, bytes: &[u8]) -> Result<Exported> {
    let mut description = Description::of(origin, bytes)?;
    let mut layers = std::mem::take(&mut description.layers);
    let mut parts: Vec<_> = layers
        .iter_mut()
        .map(|layer| {
            let weight = layer.weight.take().map(|weight| weight.0);
            [weight, layer.bias.take(), layer.running_mean.take(), layer.running_var.take()]
        })
        .collect();
    description.layers = layers;
    let rows = description.take_rows();
    let model = description.model(origin, &mut |at, name| {
        let part = match name {
            "weight" => 0,
            "bias" => 1,
            "running_mean" => 2,
            _ => 3,
        };
        parts[at][part].take().ok_or_else(|| {
            Error::format(origin, Place::Header, format!("layer {} without {name}", at + 1), "a layer with its numbers")
        })
    })?;
    model.replayed(origin, rows)
}
