//! `chainrule inspect`: shows what a model file contains.

use chainrule::data::Preprocess;
use chainrule::network::layer_table;
use chainrule::{DType, Model, ModelFile, Scalar, weights_sha256};
use serde::Serialize;

use crate::args::InspectArgs;
use crate::escape::shown;
use crate::failure::Failure;
use crate::output::Output;

/// The JSON line.
#[derive(Debug, Serialize)]
struct Inspection<'a> {
    inputs: usize,
    outputs: usize,
    /// Spelled as in the layer table and in model files.
    layers: Vec<String>,
    parameters: usize,
    /// The memory of the parameters.
    bytes: usize,
    dtype: &'a str,
    loss: String,
    preprocess: &'a Preprocess,
    classes: Option<&'a [String]>,
    kernel: &'a str,
    weights_sha256: String,
}

pub(crate) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let file = args.order.open(&args.model)?;
    match file.dtype() {
        DType::F32 => inspect(args, &file, &file.model::<f32>(args.activation)?),
        DType::F64 => inspect(args, &file, &file.model::<f64>(args.activation)?),
    }
}

fn inspect<T: Scalar>(args: &InspectArgs, file: &ModelFile, model: &Model<T>) -> Result<(), Failure> {
    let mlp = &model.mlp;
    let mut output = Output::new(args.json, false);
    output.json(&Inspection {
        inputs: mlp.inputs(),
        outputs: mlp.outputs(),
        layers: mlp.layers().iter().map(ToString::to_string).collect(),
        parameters: mlp.params().len(),
        bytes: size_of_val(mlp.params()),
        dtype: T::NAME,
        loss: model.loss.to_string(),
        preprocess: &model.preprocess,
        classes: model.class_names.as_deref(),
        kernel: mlp.kernel_name(),
        weights_sha256: weights_sha256(mlp),
    });
    output.say(layer_table(mlp));
    let mut say = |name: &str, value: &str| output.say(format_args!("{name:<15} {value}"));
    say("type", T::NAME);
    if file.has_architecture() {
        say("loss", &model.loss.to_string());
        say("preprocessing", &model.preprocess.to_string());
    } else {
        say("written by", "another program: the file has no loss and no preprocessing");
    }
    say("classes", &model.class_names.as_deref().map_or("not named".to_owned(), classes));
    say("kernel", &format!("{}, on this CPU", mlp.kernel_name()));
    say("weights sha256", &weights_sha256(mlp));
    output.finish()
}

/// The first names and their number.
fn classes(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let first = names.iter().take(SHOWN).map(shown).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{first}, ... ({} in all)", names.len()) } else { first }
}
