//! Rows and targets of C, made into the library's: copied, converted to the model's element type, checked.

use chainrule::data::{Dataset, Features, Targets};
use chainrule::{Model, Scalar};

use crate::convert::{converted, copied, room};
use crate::status::{CHAINRULE_ERROR_DATA, Failure};
use crate::types::CHAINRULE_PREPARED;

/// Rows as they are given, (rows, columns) row-major.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows<'a, U> {
    Numbers(&'a [U]),
    Texts(&'a [&'a str]),
}

/// Rows with their targets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Data<'a, U> {
    pub(crate) x: &'a [U],
    pub(crate) classes: Option<&'a [u32]>,
    pub(crate) values: Option<&'a [U]>,
    pub(crate) weights: Option<&'a [U]>,
    pub(crate) flags: u32,
}

/// Refuses flags that mean nothing here.
pub(crate) fn check_flags(flags: u32, known: u32) -> Result<(), Failure> {
    match flags & !known {
        0 => Ok(()),
        unknown => Err(Failure::argument(format!("flags has {unknown:#x}, which means nothing here"))),
    }
}

/// The rows as the network takes them.
pub(crate) fn features<T: Scalar, U: Scalar>(
    model: &Model<T>,
    rows: Rows<'_, U>,
    flags: u32,
) -> Result<Features<T>, Failure> {
    match rows {
        Rows::Texts(cells) => Ok(model.features_of_texts(cells)?),
        Rows::Numbers(x) if flags & CHAINRULE_PREPARED == 0 => Ok(model.features_of_numbers(x)?),
        Rows::Numbers(x) => {
            let inputs = model.mlp.inputs();
            if !x.len().is_multiple_of(inputs) {
                let expected = format!("expected whole rows of {inputs} inputs");
                return Err(Failure::new(CHAINRULE_ERROR_DATA, format!("x has {} numbers; {expected}", x.len())));
            }
            let features = Features::new(x.len() / inputs, inputs, converted(x)?)?;
            Ok(features.with_preprocessing(model.preprocess.clone()))
        }
    }
}

/// The rows with their targets.
pub(crate) fn dataset<T: Scalar, U: Scalar>(model: &Model<T>, data: Data<'_, U>) -> Result<Dataset<T>, Failure> {
    check_flags(data.flags, CHAINRULE_PREPARED)?;
    let features = features(model, Rows::Numbers(data.x), data.flags)?;
    let outputs = model.mlp.outputs();
    let targets = match (data.classes, data.values) {
        (Some(classes), None) if outputs == 1 => Targets::Values { values: answers(classes)?, cols: 1 },
        (Some(classes), None) => Targets::Classes { labels: copied(classes)?, classes: outputs },
        (None, Some(values)) => Targets::Values { values: converted(values)?, cols: outputs },
        (Some(_), Some(_)) => return Err(Failure::argument("data has classes and values; expected one of them")),
        (None, None) => return Err(Failure::argument("data has neither classes nor values; expected one of them")),
    };
    let data_set = Dataset::new(features, targets)?;
    Ok(match data.weights {
        Some(weights) => data_set.with_weights(converted(weights)?)?,
        None => data_set,
    })
}

/// Yes and no as numbers.
fn answers<T: Scalar>(classes: &[u32]) -> Result<Vec<T>, Failure> {
    if let Some(row) = classes.iter().position(|class| *class > 1) {
        let text = format!("class {} of row {}; expected 0 or 1 for a network with one output", classes[row], row + 1);
        return Err(Failure::new(CHAINRULE_ERROR_DATA, text));
    }
    let mut answers = room(classes.len())?;
    answers.extend(classes.iter().map(|class| if *class == 1 { T::ONE } else { T::ZERO }));
    Ok(answers)
}
