//! What a model must be to be in a file. Saving and loading ask the same functions, so that nothing is written that
//! cannot be read: [`settings`] before a network is built, [`numbers`] of the network itself; saving asks both by [`model`].

use chainrule_kernel::Scalar;
use chainrule_model::{Activation, Layer, Loss, Mlp, ModelError};

use super::header::MODULES_MAX;
use crate::data::{Preprocess, Schema, Split, Target, check_class_names};
use crate::{Error, Facts, Model, Place, Result};

/// What a model says of itself, beside its numbers.
pub(super) struct Declared<'a> {
    pub(super) layers: &'a [Layer],
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) loss: Loss,
    pub(super) preprocess: &'a Preprocess,
    pub(super) class_names: Option<&'a [String]>,
    pub(super) schema: Option<&'a Schema>,
    pub(super) target: &'a Target,
    pub(super) split: Option<&'a Split>,
    pub(super) facts: Option<&'a Facts>,
}

/// All of it.
pub(super) fn model<T: Scalar>(origin: &str, model: &Model<T>) -> Result<()> {
    let (mlp, names) = (&model.mlp, model.class_names.as_deref());
    let declared = Declared {
        layers: mlp.layers(),
        inputs: mlp.inputs(),
        outputs: mlp.outputs(),
        loss: model.loss,
        preprocess: &model.preprocess,
        class_names: names,
        schema: model.schema.as_deref(),
        target: &model.target,
        split: model.split.as_ref(),
        facts: model.facts.as_ref(),
    };
    settings::<T>(origin, &declared)?;
    numbers(origin, mlp)
}

/// Refuses modules, a loss, preprocessing or class names that mean nothing, do not fit the network, or would not be read
/// as they are written.
pub(super) fn settings<T: Scalar>(origin: &str, declared: &Declared<'_>) -> Result<()> {
    let Declared { layers, inputs, outputs, loss, preprocess, class_names, schema, target, split, facts } = *declared;
    if layers.len() > MODULES_MAX {
        let found = format!("{} modules", layers.len());
        return Err(Error::format(origin, Place::Header, found, format!("at most {MODULES_MAX} in a model file")));
    }
    for (module, layer) in layers.iter().enumerate() {
        let refuse = |expected: String| Err(Error::format(origin, Place::Module(module), layer.to_string(), expected));
        match layer.to_string().parse::<Layer>() {
            Ok(read) if read == *layer => {}
            Ok(read) => return refuse(format!("a layer that is read as it is written, and not as {read}")),
            Err(error) => return refuse(error.to_string()),
        }
        if let Layer::Activation(Activation::LeakyRelu(alpha) | Activation::Elu(alpha)) = *layer
            && !T::from_f64(alpha).is_finite()
        {
            return refuse(format!("a number within the range of {}", T::NAME));
        }
    }
    loss.check().map_err(|error| refused(origin, error))?;
    if loss.to_string().parse() != Ok(loss) {
        return Err(Error::format(origin, Place::Header, loss.to_string(), "a loss that is read as it is written"));
    }
    preprocess.check(inputs).map_err(|error| told_of(origin, error))?;
    schema.map_or(Ok(()), |schema| schema.check(inputs)).map_err(|error| told_of(origin, error))?;
    target.check(outputs).map_err(|error| told_of(origin, error))?;
    split.map_or(Ok(()), Split::check).map_err(|error| told_of(origin, error))?;
    facts.map_or(Ok(()), |facts| facts.check(loss)).map_err(|error| told_of(origin, error))?;
    class_names.map_or(Ok(()), |names| check_class_names(origin, names, outputs))
}

/// Refuses parameters and running statistics that are no numbers, and variances below 0.
pub(super) fn numbers<T: Scalar>(origin: &str, mlp: &Mlp<T>) -> Result<()> {
    let each = |module: usize, what: &str, cols: usize, values: &[T]| {
        let Some(at) = values.iter().position(|value| !value.is_finite()) else { return Ok(()) };
        let place = match values.len() > cols {
            true => format!("input {}, output {}", at / cols + 1, at % cols + 1),
            false => format!("column {}", at + 1),
        };
        let found = format!("{} in {what}, {place}", values[at].to_f64());
        let expected = "finite numbers, as no other network predicts anything: train it with a smaller learning rate, \
                        scaled features or clipped gradients";
        Err(Error::format(origin, Place::Module(module), found, expected))
    };
    for dense in mlp.dense_layers() {
        let (w, outputs) = (dense.params.start..dense.params.end - dense.b.len(), dense.b.len());
        each(dense.module, "the weights of a dense layer", outputs, &mlp.params()[w])?;
        each(dense.module, "the bias of a dense layer", outputs, dense.b)?;
    }
    for norm in mlp.norm_layers() {
        let width = norm.gamma.len();
        each(norm.module, "the weight (gamma) of a normalisation", width, norm.gamma)?;
        each(norm.module, "the bias (beta) of a normalisation", width, norm.beta)?;
        let Some(running) = norm.running else { continue };
        each(norm.module, "the running mean of batch_norm", width, running.mean)?;
        each(norm.module, "the running variance of batch_norm", width, running.variance)?;
        let refuse = |found, expected: String| Err(Error::format(origin, Place::Module(norm.module), found, expected));
        if let Some(at) = running.variance.iter().position(|variance| *variance < T::ZERO) {
            let found = format!("running variance {} in column {}", running.variance[at].to_f64(), at + 1);
            return refuse(found, "0 or more".to_owned());
        }
        if i64::try_from(running.batches).is_err() {
            return refuse(
                format!("{} minibatches seen by batch_norm", running.batches),
                format!("at most {}", i64::MAX),
            );
        }
    }
    Ok(())
}

/// What the model refuses, with the name of the file; a lack of memory is none of the file's.
pub(super) fn refused(origin: &str, error: ModelError) -> Error {
    if matches!(error, ModelError::TooLarge { .. }) {
        return error.into();
    }
    Error::format(origin, Place::Header, error.to_string(), "the settings of a network that can be built")
}

/// What preprocessing refuses, with the name of the file.
fn told_of(origin: &str, error: Error) -> Error {
    if error.is_memory() {
        return error;
    }
    let (found, expected) = match error {
        Error::Argument { name, found, expected } => (format!("{name} {found}"), expected),
        Error::Shape { origin: what, found, expected } => (format!("{what} of {expected}"), found),
        other => (other.to_string(), "preprocessing that can be applied".to_owned()),
    };
    Error::format(origin, Place::Header, found, expected)
}
