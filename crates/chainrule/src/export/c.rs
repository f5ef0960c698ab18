//! A model as a C99 source that stands alone: `stddef.h` and `stdint.h`, no function of the C library, no allocation, no
//! static data that changes. `c_functions.rs` has the texts of its functions, `c_parts.rs` its tables and tests.

use super::blueprint::{Blueprint, DenseStep, FeatureScaling, Probabilities, Step};
use super::c_functions;
use super::c_parts;
use super::c_writer::Source;
use super::fragments::{self, needed, parameter};
use super::options::ExportOptions;
use super::samples::Samples;
use super::text::{list, number};
use crate::Task;

/// The source of a model.
pub(super) fn source(of: &Blueprint, options: &ExportOptions, samples: &Samples) -> String {
    let mut source = Source::new(of, &options.name, options.int8);
    source.head(&options.note, samples);
    source.put("\n#ifndef ^DECLARATIONS\n\n");
    for function in needed(&of.steps, of.probabilities()) {
        if function == "sum" {
            source.layer_type();
        }
        source.function(c_functions::text(function, of.is_double));
    }
    c_parts::class_names(&mut source);
    source.tables();
    source.encoding();
    source.forward();
    source.answers();
    c_parts::test(&mut source, samples);
    source.put("\n#endif\n");
    source.text
}

impl Source<'_> {
    fn head(&mut self, note: &str, samples: &Samples) {
        let of = self.of;
        let real = if of.is_double { "double" } else { "float" };
        let column = if of.has_table { "double" } else { real };
        let [a, b] = of.work();
        let bits = if self.is_int8 { ", its weights in eight bits with one scale for each output" } else { "" };
        self.put(&format!(
            "/* A neural network as C99, written by chainrule {version}{bits}.
",
            version = env!("CARGO_PKG_VERSION")
        ));
        if !note.is_empty() {
            self.put("   ");
            self.note(note);
            self.put("\n");
        }
        self.put(&format!(
            "
   It needs <stddef.h> and <stdint.h> and calls nothing of the C library: exponentials and the like are below, in float
   and int, with double for sums that need it. It allocates nothing and changes no static data, so threads may share
   it; the caller lends ^WORK numbers of memory. On the stack it takes less than 512 bytes.

   Compile it once. Elsewhere, for the declarations: #define ^DECLARATIONS, then #include this file.
   Compiled with -D^TEST it is a program that checks itself against {rows} stored rows and exits 0.
   With -D^COLUMN=float columns are floats. */

#ifndef ^INCLUDED
#define ^INCLUDED

#include <stddef.h>
#include <stdint.h>

#ifndef ^COLUMN
#define ^COLUMN {column}
#endif
typedef ^COLUMN @column;
typedef {real} @real;

#define ^COLUMNS {columns}
#define ^OUTPUTS {outputs}
#define ^WORK {work}
",
            rows = samples.columns.len(),
            columns = of.columns.len(),
            outputs = of.outputs,
            work = a + b,
        ));
        c_parts::columns(self);
        c_parts::declarations(self);
        self.put("\n#endif\n");
    }

    fn layer_type(&mut self) {
        let (weight, scale) =
            if self.is_int8 { ("signed char", "    const @real *scale; /* (outputs) */\n") } else { ("@real", "") };
        self.put(&format!(
            "typedef {weight} @weight;

struct @layer {{
    const @weight *w; /* (outputs, inputs) */
{scale}    const @real *b; /* (outputs) */
    int inputs, outputs;
}};

"
        ));
    }

    /// The numbers of the layers.
    fn tables(&mut self) {
        for (at, step) in self.of.steps.iter().enumerate() {
            match step {
                Step::Dense(dense) => self.dense_tables(at, dense),
                Step::LayerNorm { gamma, beta, .. } => self.norm_tables(at, [gamma, beta]),
                Step::BatchNorm { eps, mean, variance, gamma, beta } => {
                    self.norm_tables(at, [gamma, beta]);
                    let mean_text = self.reals(mean);
                    self.array("@real", &format!("@mean_{at}"), &mean_text, mean.len());
                    let scale = list(variance.iter().map(|v| number(1.0 / (v + eps).sqrt(), true)));
                    self.array("double", &format!("@scale_{at}"), &scale, variance.len());
                }
                _ => {}
            }
        }
    }

    fn dense_tables(&mut self, at: usize, dense: &DenseStep) {
        let weights = match &dense.int8 {
            Some(int8) => list(int8.codes.iter().map(i8::to_string)),
            None => self.reals(&dense.weight),
        };
        self.put(&format!("/* {}: dense({}, {}) */\n", dense.module, dense.inputs, dense.outputs));
        self.array("@weight", &format!("@w_{at}"), &weights, dense.weight.len());
        let bias = self.reals(&dense.bias);
        self.array("@real", &format!("@b_{at}"), &bias, dense.outputs);
        let mut scale = String::new();
        if let Some(int8) = &dense.int8 {
            let scales = self.reals(&int8.scales);
            self.array("@real", &format!("@s_{at}"), &scales, dense.outputs);
            scale = format!("@s_{at}, ");
        }
        let DenseStep { inputs, outputs, .. } = dense;
        self.put(&format!(
            "static const struct @layer @layer_{at} = {{@w_{at}, {scale}@b_{at}, {inputs}, {outputs}}};\n\n"
        ));
    }

    fn norm_tables(&mut self, at: usize, [gamma, beta]: [&[f64]; 2]) {
        for (name, values) in [("gamma", gamma), ("beta", beta)] {
            let text = self.reals(values);
            self.array("@real", &format!("@{name}_{at}"), &text, values.len());
        }
    }

    /// From columns to features.
    fn encoding(&mut self) {
        let inputs = self.of.inputs;
        let scaled = match &self.of.scaling {
            FeatureScaling::None => "(@real)v".to_owned(),
            FeatureScaling::Factor(factor) => format!("(@real)(v * {})", number(*factor, true)),
            FeatureScaling::Affine { shift, scale, .. } => {
                for (name, values) in [("@shift", shift), ("@divisor", scale)] {
                    let text = list(values.iter().map(|value| number(*value, true)));
                    self.array("double", name, &text, inputs);
                }
                "(@real)((v - @shift[k]) / @divisor[k])".to_owned()
            }
        };
        let index = if scaled.contains("[k]") { "int k, " } else { "" };
        let argument = if index.is_empty() { "" } else { "k, " };
        self.put(&format!(
            "/* A feature as the network takes it. */
static @real @feature({index}double v)
{{
    return {scaled};
}}

"
        ));
        c_parts::encode(self, argument);
    }

    /// The layers one after the other.
    fn forward(&mut self) {
        let [a, _] = self.of.work();
        self.put(&format!(
            "int @predict(const @column *columns, @real *work, @real *outputs)
{{
    @real *a = work, *b = work + {a};
    int i, refused = @encode(columns, a);
    if (refused)
        return refused;
"
        ));
        let (mut here, mut there, mut width) = ('a', 'b', self.of.inputs);
        for (at, step) in self.of.steps.iter().enumerate() {
            match step {
                Step::Dense(dense) => {
                    self.put(&format!("    @dense(&@layer_{at}, {here}, {there});\n"));
                    (here, there, width) = (there, here, dense.outputs);
                }
                Step::Activation(activation) => {
                    let name = fragments::function(step);
                    let alpha = parameter(*activation).map(|alpha| format!(", {}", self.real(alpha)));
                    let alpha = alpha.unwrap_or_default();
                    self.put(&format!(
                        "    for (i = 0; i < {width}; i++)\n        {here}[i] = @{name}({here}[i]{alpha});\n"
                    ));
                }
                Step::Softmax | Step::LogSoftmax => {
                    self.put(&format!("    @{}({here}, {width});\n", fragments::function(step)));
                }
                Step::LayerNorm { eps, .. } => {
                    let eps = number(*eps, true);
                    self.put(&format!("    @layer_norm(@gamma_{at}, @beta_{at}, {eps}, {here}, {width});\n"));
                }
                Step::BatchNorm { .. } => self.put(&format!(
                    "    @batch_norm(@mean_{at}, @scale_{at}, @gamma_{at}, @beta_{at}, {here}, {width});\n"
                )),
            }
        }
        let value = match &self.of.target_scaling {
            None => format!("{here}[i]"),
            Some(_) => format!("(@real)({here}[i] * @target_std[i] + @target_mean[i])"),
        };
        let has_dense = self.of.steps.iter().any(|step| matches!(step, Step::Dense(_)));
        let unused = if has_dense { "" } else { "    (void)b;\n" };
        self.put(&format!(
            "{unused}    for (i = 0; i < ^OUTPUTS; i++)\n        outputs[i] = {value};\n    return 0;\n}}\n"
        ));
    }

    /// Classes and probabilities.
    fn answers(&mut self) {
        match self.of.probabilities() {
            Probabilities::None | Probabilities::Outputs => {}
            Probabilities::Softmax => {
                self.put("\nvoid @probabilities(@real *outputs)\n{\n    @softmax(outputs, ^OUTPUTS);\n}\n");
            }
            Probabilities::Sigmoid => self.put(
                "\nvoid @probabilities(@real *outputs)\n{\n    int i;\n    for (i = 0; i < ^OUTPUTS; i++)\n        \
                 outputs[i] = @sigmoid(outputs[i]);\n}\n",
            ),
        }
        match self.of.task {
            Some(Task::Classification) => self.put(
                "
int @class(const @real *outputs)
{
    int i, best = 0;
    for (i = 1; i < ^OUTPUTS; i++)
        best = outputs[i] > outputs[best] ? i : best;
    return best;
}
",
            ),
            Some(Task::Binary) => self.put("\nint @class(const @real *outputs)\n{\n    return outputs[0] > 0;\n}\n"),
            _ => {}
        }
    }
}
