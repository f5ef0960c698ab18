//! A model as a Rust module that needs `core` alone: no allocation, no `unsafe`, no static data that changes.
//! `rust_functions.rs` has the texts of its functions, `rust_parts.rs` its columns and tests.

use super::blueprint::{Blueprint, DenseStep, FeatureScaling, Probabilities, Step};
use super::fragments::{self, coefficients, constants, needed, parameter};
use super::options::ExportOptions;
use super::rust_functions;
use super::rust_parts;
use super::samples::Samples;
use super::text::{comment, list, number};
use crate::Task;

/// The source of a model.
pub(super) fn source(of: &Blueprint, options: &ExportOptions, samples: &Samples) -> String {
    let is_int8 = options.int8;
    let mut text = head(of, options);
    text.push_str(&rust_parts::columns(of));
    text.push_str(&rust_parts::class_names(of));
    let functions = needed(&of.steps, of.probabilities());
    text.push_str(&predict(of));
    text.push_str(&answers(of));
    text.push_str(&encoding(of));
    tables(of, &mut text);
    for name in functions {
        if name == "sum" {
            let (weight, scale) = if is_int8 { ("i8", "    scale: &'static [Real],\n") } else { ("Real", "") };
            text.push_str(&format!(
                "/// A dense layer: w of (outputs, inputs), b of (outputs).
struct Layer {{
    w: &'static [Weight],
{scale}    b: &'static [Real],
    inputs: usize,
}}

type Weight = {weight};

"
            ));
        }
        text.push_str(&function(rust_functions::text(name, of.is_double), of.is_double, is_int8));
        text.push('\n');
    }
    text.push_str(&rust_parts::test(of, samples));
    text
}

fn function(text: &str, is_double: bool, is_int8: bool) -> String {
    let mut text = text.replace("SCALED", if is_int8 { "sum * layer.scale[o]" } else { "sum" });
    for (name, values) in coefficients(is_double) {
        text = text.replace(&format!("[Real; _] = [{name}]"), &format!("[Real; {}] = [{name}]", values.len()));
        let values: Vec<String> = values.iter().map(|value| number(*value, is_double)).collect();
        text = text.replace(name, &values.join(", "));
    }
    for (name, value) in constants(is_double) {
        text = text.replace(name, &number(value, is_double));
    }
    text
}

fn head(of: &Blueprint, options: &ExportOptions) -> String {
    let real = if of.is_double { "f64" } else { "f32" };
    let column = if of.has_table { "f64" } else { real };
    let [a, b] = of.work();
    let bits = if options.int8 { ", its weights in eight bits with one scale for each output" } else { "" };
    format!(
        "// A neural network, written by chainrule {version}{bits}.
{note}//
// A module for `mod`: it needs `core` alone, allocates nothing, and changes no static data, so threads may share it.
// Exponentials and the like are below. The caller lends WORK numbers of memory; on the stack it takes less than 512
// bytes. `cargo test` checks it against stored rows.

/// What the network computes with.
pub type Real = {real};
/// What a column is given as.
pub type Column = {column};

/// Columns of a row.
pub const COLUMNS: usize = {columns};
/// Numbers that the network gives for a row.
pub const OUTPUTS: usize = {outputs};
/// Numbers of memory that a prediction needs.
pub const WORK: usize = {work};

",
        note = if options.note.is_empty() { String::new() } else { format!("// {}\n", comment(&options.note)) },
        version = env!("CARGO_PKG_VERSION"),
        columns = of.columns.len(),
        outputs = of.outputs,
        work = a + b,
    )
}

/// A table of numbers.
fn array(kind: &str, name: &str, items: Vec<String>) -> String {
    format!("static {name}: [{kind}; {}] = [\n{}];\n\n", items.len(), list(items))
}

fn reals(values: &[f64], is_double: bool) -> Vec<String> {
    values.iter().map(|value| number(*value, is_double)).collect()
}

/// The numbers of the layers.
fn tables(of: &Blueprint, text: &mut String) {
    let of_reals = |name: String, values: &[f64]| array("Real", &name, reals(values, of.is_double));
    for (at, step) in of.steps.iter().enumerate() {
        match step {
            Step::Dense(DenseStep { module, inputs, outputs, weight, bias, int8 }) => {
                text.push_str(&format!("// {module}: dense({inputs}, {outputs})\n"));
                let mut scale = String::new();
                match int8 {
                    Some(int8) => {
                        text.push_str(&array(
                            "Weight",
                            &format!("W_{at}"),
                            int8.codes.iter().map(i8::to_string).collect(),
                        ));
                        text.push_str(&of_reals(format!("SCALE_{at}"), &int8.scales));
                        scale = format!("scale: &SCALE_{at}, ");
                    }
                    None => text.push_str(&array("Weight", &format!("W_{at}"), reals(weight, of.is_double))),
                }
                text.push_str(&of_reals(format!("B_{at}"), bias));
                text.push_str(&format!(
                    "static LAYER_{at}: Layer = Layer {{ w: &W_{at}, {scale}b: &B_{at}, inputs: {inputs} }};\n\n"
                ));
            }
            Step::LayerNorm { gamma, beta, .. } => {
                text.push_str(&of_reals(format!("GAMMA_{at}"), gamma));
                text.push_str(&of_reals(format!("BETA_{at}"), beta));
            }
            Step::BatchNorm { eps, mean, variance, gamma, beta } => {
                text.push_str(&of_reals(format!("GAMMA_{at}"), gamma));
                text.push_str(&of_reals(format!("BETA_{at}"), beta));
                text.push_str(&of_reals(format!("MEAN_{at}"), mean));
                let scale = variance.iter().map(|v| number(1.0 / (v + eps).sqrt(), true)).collect();
                text.push_str(&array("f64", &format!("SCALE_{at}"), scale));
            }
            _ => {}
        }
    }
}

/// From columns to features.
fn encoding(of: &Blueprint) -> String {
    let mut text = String::new();
    let scaled = match &of.scaling {
        FeatureScaling::None => "v as Real".to_owned(),
        FeatureScaling::Factor(factor) => format!("(v * {}) as Real", number(*factor, true)),
        FeatureScaling::Affine { shift, scale, .. } => {
            text.push_str(&array("f64", "SHIFT", reals(shift, true)));
            text.push_str(&array("f64", "DIVISOR", reals(scale, true)));
            "((v - SHIFT[k]) / DIVISOR[k]) as Real".to_owned()
        }
    };
    let k = if scaled.contains("[k]") { "k" } else { "_k" };
    text.push_str(&format!(
        "/// Feature k as the network takes it.\nfn feature({k}: usize, v: f64) -> Real {{\n    {scaled}\n}}\n\n"
    ));
    text.push_str(&rust_parts::encode(of));
    text
}

/// The layers one after the other.
fn predict(of: &Blueprint) -> String {
    let [a, _] = of.work();
    let has_dense = of.steps.iter().any(|step| matches!(step, Step::Dense(_)));
    let mut text = format!(
        "/// Writes the outputs for a row of columns.
///
/// # Errors
/// The number of the column, from 0, that is refused: one that is missing where none may be, that is not finite, or no code of a
/// category.
pub fn predict(columns: &[Column; COLUMNS], work: &mut [Real; WORK], outputs: &mut [Real; OUTPUTS]) -> Result<(), usize> {{
    let (a, {b}) = work.split_at_mut({a});
    encode(columns, a)?;
",
        b = if has_dense { "b" } else { "_" },
    );
    let (mut here, mut there, mut width) = ('a', 'b', of.inputs);
    for (at, step) in of.steps.iter().enumerate() {
        let name = fragments::function(step);
        let line = match step {
            Step::Dense(dense) => {
                let line = format!("dense(&LAYER_{at}, {here}, {there});");
                (here, there, width) = (there, here, dense.outputs);
                line
            }
            Step::Activation(activation) => {
                let alpha = parameter(*activation).map(|alpha| format!(", {}", number(alpha, of.is_double)));
                format!("{here}[..{width}].iter_mut().for_each(|z| *z = {name}(*z{}));", alpha.unwrap_or_default())
            }
            Step::Softmax | Step::LogSoftmax => format!("{name}(&mut {here}[..{width}]);"),
            Step::LayerNorm { eps, .. } => {
                format!("layer_norm(&GAMMA_{at}, &BETA_{at}, {}, &mut {here}[..{width}]);", number(*eps, true))
            }
            Step::BatchNorm { .. } => {
                format!("batch_norm(&MEAN_{at}, &SCALE_{at}, [&GAMMA_{at}, &BETA_{at}], &mut {here}[..{width}]);")
            }
        };
        text.push_str(&format!("    {line}\n"));
    }
    match &of.target_scaling {
        None => text.push_str(&format!("    outputs.copy_from_slice(&{here}[..OUTPUTS]);\n")),
        Some((mean, std)) => {
            text.push_str(&format!("    const MEAN: [f64; OUTPUTS] = [\n{}    ];\n", list(reals(mean, true))));
            text.push_str(&format!("    const STD: [f64; OUTPUTS] = [\n{}    ];\n", list(reals(std, true))));
            text.push_str(&format!(
                "    for (i, y) in outputs.iter_mut().enumerate() {{
        *y = ({here}[i] as f64 * STD[i] + MEAN[i]) as Real;
    }}
"
            ));
        }
    }
    text.push_str("    Ok(())\n}\n\n");
    text
}

/// Classes and probabilities.
fn answers(of: &Blueprint) -> String {
    let mut text = String::new();
    let body = match of.probabilities() {
        Probabilities::None | Probabilities::Outputs => "",
        Probabilities::Softmax => "softmax(outputs);",
        Probabilities::Sigmoid => "outputs.iter_mut().for_each(|y| *y = sigmoid(*y));",
    };
    if !body.is_empty() {
        text.push_str(&format!(
            "/// Makes probabilities of the outputs.\npub fn probabilities(outputs: &mut [Real; OUTPUTS]) {{\n    {body}\n}}\n\n"
        ));
    }
    let body = match of.task {
        Some(Task::Classification) => {
            "    let mut best = 0;
    for (i, y) in outputs.iter().enumerate() {
        best = if *y > outputs[best] { i } else { best };
    }
    best
"
        }
        Some(Task::Binary) => "    usize::from(outputs[0] > 0.0)\n",
        _ => return text,
    };
    text.push_str(&format!(
        "/// The class that the outputs, as [`predict`] writes them, say.\npub fn class(outputs: &[Real; OUTPUTS]) -> usize \
         {{\n{body}}}\n\n"
    ));
    text
}
