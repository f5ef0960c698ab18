//! The `[[layers]]` of an example, and how those without weights of their own begin.

use chainrule_model::network::{ACTIVATION_NAMES, INIT_NAMES};
use chainrule_model::{Init, Layer, ModelError};

use super::rows::{Rows, row_of};
use crate::located::{Table, Value};
use crate::{Error, Result};

/// One dense layer and what follows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LayerOf {
    pub(super) outputs: usize,
    /// (inputs, outputs); drawn by the initialiser where there are none.
    pub(super) w: Option<Rows>,
    /// (outputs); 0 where there are none.
    pub(super) b: Option<Vec<f64>>,
    pub(super) activation: Option<Layer>,
}

/// What an example may hold in all: it is for reading. 1 MiB of f64, and some 30 MiB of a trace's formulas.
const PARAMETERS: usize = 1 << 17;

const KEYS: &[&str] = &["weights", "bias", "outputs", "activation"];

/// Reads the layers of a network of so many inputs.
pub(super) fn read(root: &Table<'_>, inputs: usize, type_holds: fn(f64) -> bool) -> Result<Vec<LayerOf>> {
    let expected = "at least one table: [[layers]] with weights, or outputs and an initialiser";
    let layers = root.need("layers", "tables: [[layers]]")?;
    let (mut found, mut width, mut parameters) = (Vec::new(), inputs, 0usize);
    for layer in layers.array(expected)? {
        let table = layer.table(expected, KEYS)?;
        let layer = one(&table, found.len() + 1, width, type_holds)?;
        parameters = (width + 1).saturating_mul(layer.outputs).saturating_add(parameters);
        if parameters > PARAMETERS {
            let found = format!("{parameters} parameters up to this layer");
            return Err(table.error(found, format!("at most {PARAMETERS} in an example")));
        }
        width = layer.outputs;
        found.push(layer);
    }
    if found.is_empty() { Err(layers.refused(expected)) } else { Ok(found) }
}

fn one(table: &Table<'_>, number: usize, inputs: usize, type_holds: fn(f64) -> bool) -> Result<LayerOf> {
    let (w, outputs) = match (table.get("weights"), table.get("outputs")) {
        (Some(weights), None) => {
            let w = Rows::read(&weights, type_holds)?;
            if w.rows != inputs {
                let found = format!("weights of {}", w.shape());
                let expected = format!("{inputs} rows, one for each input of layer {number}");
                return Err(weights.error(found, expected));
            }
            (Some(w.clone()), w.cols)
        }
        (None, Some(outputs)) => (None, outputs.whole(1..=PARAMETERS as u64)? as usize),
        (Some(_), Some(outputs)) => {
            return Err(outputs.error("weights and outputs", "one of them: the weights' columns are the outputs"));
        }
        (None, None) => {
            let found = format!("neither weights nor outputs in layer {number}");
            return Err(table.error(found, "weights = [[..]] of (inputs, outputs), or outputs = 4 to draw them"));
        }
    };
    let b = table.get("bias").map(|bias| bias_of(&bias, number, outputs, type_holds)).transpose()?;
    let activation = table.get("activation").map(|value| activation(&value)).transpose()?;
    Ok(LayerOf { outputs, w, b, activation })
}

fn bias_of(bias: &Value<'_>, number: usize, outputs: usize, type_holds: fn(f64) -> bool) -> Result<Vec<f64>> {
    let b = row_of(bias, "a row of numbers: [0.5, 0], say", type_holds)?;
    if b.len() == outputs {
        return Ok(b);
    }
    Err(bias.error(format!("a bias of {}", b.len()), format!("{outputs}, one for each output of layer {number}")))
}

fn activation(value: &Value<'_>) -> Result<Layer> {
    let mut known = ACTIVATION_NAMES.to_vec();
    known.extend(["softmax", "log_softmax"]);
    let name = value.string("the name of an activation, \"relu\" say")?;
    match name.parse::<Layer>() {
        Ok(layer @ (Layer::Activation(_) | Layer::Softmax)) => Ok(layer),
        Ok(_) | Err(ModelError::UnknownName { .. }) => Err(unknown(value, "activation", name, &known)),
        Err(error) => Err(value.error(error.to_string(), "another number")),
    }
}

/// That this is none of the known names.
pub(super) fn unknown(value: &Value<'_>, what: &'static str, name: &str, known: &[&str]) -> Error {
    let meant = crate::nearest::nearest(name, known).map(|name| format!(", did you mean {name:?}?"));
    let found = format!("unknown {what} {name:?}{}", meant.unwrap_or_default());
    value.error(found, format!("one of {}", known.join(", ")))
}

/// `he-uniform`, `normal(0.01)`.
pub(super) fn init(value: &Value<'_>) -> Result<Init> {
    let text = value.string("the name of an initialiser, \"he-uniform\" say")?;
    Init::by_name(text).map_err(|error| match error {
        ModelError::UnknownName { .. } if !text.starts_with("normal(") => {
            unknown(value, "initialiser", text, INIT_NAMES)
        }
        _ => value.refused("normal(STD) with a finite number, 0 or more"),
    })
}
