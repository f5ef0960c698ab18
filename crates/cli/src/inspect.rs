//! `chainrule inspect`: shows what a model file contains.

use chainrule::data::{Preprocess, Split, Target};
use chainrule::network::layer_table;
use chainrule::{DType, Facts, Model, ModelFile, Scalar, Task, TensorHistogram, weight_histograms, weights_sha256};
use serde::Serialize;

use crate::args::InspectArgs;
use crate::escape::{shown, typed};
use crate::failure::Failure;
use crate::histograms::{self, BARS};
use crate::layers::model_of;
use crate::output::{Output, plural};

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
    task: Option<Task>,
    target: &'a Target,
    /// What each input of the network is called, where it was trained on a table.
    features: Option<Vec<String>>,
    split: Option<&'a Split>,
    training: Option<&'a Facts>,
    preprocess: &'a Preprocess,
    classes: Option<&'a [String]>,
    /// Whether the file has a checksum, which was compared.
    checksum: bool,
    /// Rows whose stored outputs were computed again.
    stored_rows: usize,
    kernel: &'a str,
    weights_sha256: String,
    /// With --weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    histograms: Option<&'a [TensorHistogram]>,
}

pub(crate) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let file = args.order.open(&args.model)?;
    if args.command {
        return command(&file);
    }
    match file.dtype() {
        DType::F32 => inspect(args, &file, &model_of::<f32>(&file, &args.model, args.activation)?),
        DType::F64 => inspect(args, &file, &model_of::<f64>(&file, &args.model, args.activation)?),
    }
}

fn inspect<T: Scalar>(args: &InspectArgs, file: &ModelFile, model: &Model<T>) -> Result<(), Failure> {
    let mlp = &model.mlp;
    let histograms = args.weights.then(|| weight_histograms(mlp, BARS));
    let mut output = Output::new(args.json, false);
    output.json(&Inspection {
        inputs: mlp.inputs(),
        outputs: mlp.outputs(),
        layers: mlp.layers().iter().map(ToString::to_string).collect(),
        parameters: mlp.params().len(),
        bytes: size_of_val(mlp.params()),
        dtype: T::NAME,
        loss: model.loss.to_string(),
        task: model.task,
        target: &model.target,
        features: model.schema.as_ref().map(|schema| schema.feature_names()),
        split: model.split.as_ref(),
        training: model.facts.as_ref(),
        preprocess: &model.preprocess,
        classes: model.class_names.as_deref(),
        checksum: file.checks().has_checksum,
        stored_rows: file.checks().rows,
        kernel: mlp.kernel_name(),
        weights_sha256: weights_sha256(mlp),
        histograms: histograms.as_deref(),
    });
    output.say(layer_table(mlp));
    let mut say = |name: &str, value: &str| output.say(format_args!("{name:<15} {value}"));
    say("type", T::NAME);
    if file.has_architecture() {
        say("task", &model.task.map(|task| task.to_string()).unwrap_or_default());
        say("loss", &model.loss.to_string());
        if !model.target.names().is_empty() {
            say("target", &shown(model.target.names().join(", ")));
        }
        if let Some(schema) = &model.schema {
            say("features", &classes(&schema.feature_names()));
        }
        let mut logarithms = model.schema.as_ref().map(|schema| schema.log1p()).unwrap_or_default();
        let is_log1p = |(at, _): &(usize, &String)| model.target.is_log1p(*at);
        logarithms.extend(model.target.names().iter().enumerate().filter(is_log1p).map(|(_, name)| name.clone()));
        if !logarithms.is_empty() {
            say("ln(1 + x) of", &classes(&logarithms));
        }
        say("preprocessing", &model.preprocess.to_string());
    } else {
        say("written by", "another program: the file has no loss and no preprocessing");
    }
    match (model.target.answers(), &model.class_names) {
        (Some([no, yes]), _) => say("answers", &format!("no = {}, yes = {}", shown(no), shown(yes))),
        (None, names) => say("classes", &names.as_deref().map_or("not named".to_owned(), classes)),
    }
    if let Some(facts) = &model.facts {
        let scores: Vec<String> = facts.scores.iter().map(|(name, score)| format!(", {name} {score:.5}")).collect();
        say(
            "trained on",
            &format!(
                "{} of {}, {}{}",
                plural(facts.rows, "row"),
                shown(&facts.data),
                plural(facts.refit_epochs.unwrap_or(facts.epochs), "epoch"),
                scores.concat()
            ),
        );
    }
    let checks = file.checks();
    say(
        "checked",
        &match (checks.has_checksum, checks.rows) {
            (true, 0) => "the checksum".to_owned(),
            (true, rows) => format!("the checksum, and the outputs of {} stored in the file", plural(rows, "row")),
            (false, 0) => "no: the file has neither a checksum nor stored rows".to_owned(),
            (false, rows) => {
                format!("the outputs of {} stored in the file, which has no checksum", plural(rows, "row"))
            }
        },
    );
    say("kernel", &format!("{}, on this CPU", mlp.kernel_name()));
    say("weights sha256", &weights_sha256(mlp));
    if let Some(histograms) = &histograms {
        output.say(format_args!("\n{}", histograms::lines(histograms)));
    }
    output.finish()
}

/// The command line that made the model.
fn command(file: &ModelFile) -> Result<(), Failure> {
    let mut output = Output::new(false, false);
    match file.facts().filter(|facts| !facts.command.is_empty()) {
        Some(facts) => output.say(quoted(&facts.command)),
        None => return Err(Failure::Usage("the file does not say by which command it was made".to_owned())),
    }
    output.finish()
}

/// Arguments as a shell reads them back.
pub(crate) fn quoted(arguments: &[String]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|argument| typed(argument)).collect();
    format!("chainrule {}", arguments.join(" "))
}

/// The first names and their number.
fn classes(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let first = names.iter().take(SHOWN).map(shown).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{first}, ... ({} in all)", names.len()) } else { first }
}
