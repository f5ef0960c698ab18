//! Predictions: outputs, probabilities, classes.

use chainrule::data::Features;
use chainrule::{Model, Scalar, Task};

use crate::convert::converted;
use crate::data::{Rows, check_flags, features};
use crate::held::{Held, each};
use crate::status::{CHAINRULE_ERROR_NOT_FINITE, CHAINRULE_ERROR_UNSUPPORTED, Failure};
use crate::types::{CHAINRULE_PREPARED, CHAINRULE_PROBABILITIES, CHAINRULE_RAW, CHAINRULE_VALUES};

/// What is predicted of each row.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Values,
    Raw,
    Probabilities,
}

/// What the flags of a prediction ask for.
fn wanted(flags: u32) -> Result<Wanted, Failure> {
    match flags & !CHAINRULE_PREPARED {
        CHAINRULE_VALUES => Ok(Wanted::Values),
        CHAINRULE_RAW => Ok(Wanted::Raw),
        CHAINRULE_PROBABILITIES => Ok(Wanted::Probabilities),
        other => {
            let expected = "expected CHAINRULE_VALUES, CHAINRULE_RAW or CHAINRULE_PROBABILITIES, alone or with \
                            CHAINRULE_PREPARED";
            Err(Failure::argument(format!("flags is {other:#x}; {expected}")))
        }
    }
}

/// (rows, outputs)
pub(crate) fn outputs<U: Scalar, V: Scalar>(held: &Held, flags: u32, rows: Rows<'_, U>) -> Result<Vec<V>, Failure> {
    let wanted = wanted(flags)?;
    each!(&held.model, model => {
        let features = features(model, rows, flags)?;
        let outputs = match wanted {
            // Whatever the network computes in, values of a large mean keep their digits.
            Wanted::Values if V::NAME == "f64" => converted(&model.predict_values(&features)?)?,
            _ => converted(&outputs_of(model, &features, wanted)?)?,
        };
        check(&outputs, model.mlp.outputs())?;
        Ok(outputs)
    })
}

fn outputs_of<T: Scalar>(model: &Model<T>, features: &Features<T>, wanted: Wanted) -> Result<Vec<T>, Failure> {
    match wanted {
        Wanted::Values => Ok(model.predict(features)?),
        Wanted::Raw => Ok(model.predict_raw(features)?),
        Wanted::Probabilities => model.predict_proba(features).map_err(|error| match error {
            chainrule::Error::Argument { .. } => Failure::new(CHAINRULE_ERROR_UNSUPPORTED, error.to_string()),
            other => other.into(),
        }),
    }
}

/// Refuses a double that a float does not hold.
pub(crate) fn check<U: Scalar>(outputs: &[U], width: usize) -> Result<(), Failure> {
    match outputs.iter().position(|output| !output.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let text = format!("row {}: output {} is beyond the range of {}", at / width + 1, at % width + 1, U::NAME);
            Err(Failure::new(CHAINRULE_ERROR_NOT_FINITE, text))
        }
    }
}

/// (rows)
pub(crate) fn classes<U: Scalar>(held: &Held, flags: u32, rows: Rows<'_, U>) -> Result<Vec<u32>, Failure> {
    check_flags(flags, CHAINRULE_PREPARED)?;
    each!(&held.model, model => {
        if !(model.is_classifier() || model.task == Some(Task::Binary)) {
            let task = model.task.map_or_else(|| "an unknown task".to_owned(), |task| task.to_string());
            let text = format!("the model is one of {task}; expected one of classification or binary, which have classes");
            return Err(Failure::new(CHAINRULE_ERROR_UNSUPPORTED, text));
        }
        Ok(model.predict_classes(&features(model, rows, flags)?)?)
    })
}

/// The length of the predictions for this number of cells, and the number of rows.
pub(crate) fn counts(held: &Held, flags: u32, cells: usize) -> Result<(usize, usize), Failure> {
    each!(&held.model, model => {
        let is_prepared = flags & CHAINRULE_PREPARED != 0;
        let (width, what) = if is_prepared { (model.mlp.inputs(), "inputs") } else { (model.columns(), "columns") };
        if cells == 0 || !cells.is_multiple_of(width) {
            let expected = format!("expected a multiple of {width}, the {what} of the model, above 0");
            return Err(Failure::argument(format!("x_len is {cells}; {expected}")));
        }
        let rows = cells / width;
        let outputs = rows.checked_mul(model.mlp.outputs());
        outputs.map(|outputs| (outputs, rows)).ok_or_else(|| Failure::argument(format!("{rows} rows are too many")))
    })
}
