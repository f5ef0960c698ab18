//! What a model computes, as plain numbers and steps that another language can write down: its columns, how they become
//! features, its layers in evaluation, and what becomes of the outputs. Here is nothing of any format.

use chainrule_kernel::Scalar;
use chainrule_model::{Activation, Layer, Loss};

use super::format::ExportFormat;
use super::int8::Int8;
use crate::data::{Decimal, Kind, Missing, Preprocess, SchemaColumn, Sign, Split, Unknown, ln_1p};
use crate::{Error, Model, Result, Task};

/// A model laid out. Numbers are f64, which holds those of an f32 model exactly.
pub(crate) struct Blueprint {
    /// Whether its numbers are f64.
    pub(crate) is_double: bool,
    /// Whether columns come from a table, whose numbers are f64.
    pub(crate) has_table: bool,
    /// Columns of that table, targets included.
    pub(crate) table_columns: Option<usize>,
    /// What was done about its missing values.
    pub(crate) missing: Option<Missing>,
    /// How fractions were written in it.
    pub(crate) decimal: Option<Decimal>,
    pub(crate) columns: Vec<Column>,
    pub(crate) scaling: FeatureScaling,
    pub(crate) inputs: usize,
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: usize,
    /// Mean and standard deviation that outputs are brought to their unit by, (outputs) each.
    pub(crate) target_scaling: Option<(Vec<f64>, Vec<f64>)>,
    /// Which outputs are then logarithms of 1 + t, (outputs); all of them no where there is no scaling.
    pub(crate) target_log1p: Vec<bool>,
    pub(crate) target_signs: Vec<Option<Sign>>,
    pub(crate) target_names: Vec<String>,
    pub(crate) class_names: Option<Vec<String>>,
    /// What no and yes are called.
    pub(crate) answers: Option<[String; 2]>,
    pub(crate) task: Option<Task>,
    pub(crate) loss: String,
    /// How the rows were split, so that a model that is read back is tested on rows that it has never seen.
    pub(crate) split: Option<Split>,
}

/// A column that a row has before it is made ready.
pub(crate) struct Column {
    pub(crate) title: String,
    /// Where it stood in the table, counted from 0.
    pub(crate) index: Option<usize>,
    pub(crate) kind: ColumnKind,
    /// Whether it is the logarithm of 1 + x that becomes a feature, of what is put for a missing value, too.
    pub(crate) log1p: bool,
    /// What its numbers had in the text that was trained on.
    pub(crate) sign: Option<Sign>,
    /// Whether `NA` and the like were texts in it as any others.
    pub(crate) na_is_text: bool,
}

pub(crate) enum ColumnKind {
    /// One feature, with an indicator two.
    Number { fill: Option<f64>, indicator: bool },
    /// 0 or 1; features as of a number.
    Flag { words: [String; 2], fill: Option<f64>, indicator: bool },
    /// One feature for each of these; a row has the index of one.
    Category { levels: Vec<String>, fill: Option<usize>, takes_unknown: bool },
}

impl ColumnKind {
    /// Number of features.
    pub(crate) fn width(&self) -> usize {
        match self {
            ColumnKind::Number { indicator, .. } | ColumnKind::Flag { indicator, .. } => 1 + usize::from(*indicator),
            ColumnKind::Category { levels, .. } => levels.len(),
        }
    }

    /// Whether it is a number that is never missing.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, ColumnKind::Number { fill: None, .. })
    }
}

/// What is done to features, in f64, before they are rounded to the model's type.
#[derive(Clone)]
pub(crate) enum FeatureScaling {
    None,
    /// `x * factor`.
    Factor(f64),
    /// `(x - shift) / scale`, (inputs) each.
    Affine {
        shift: Vec<f64>,
        scale: Vec<f64>,
        /// Whether they are means and deviations.
        is_standard: bool,
    },
}

/// An operation of the network in evaluation, with its numbers.
pub(crate) enum Step {
    Dense(DenseStep),
    Activation(Activation),
    Softmax,
    LogSoftmax,
    LayerNorm { eps: f64, gamma: Vec<f64>, beta: Vec<f64> },
    BatchNorm { eps: f64, mean: Vec<f64>, variance: Vec<f64>, gamma: Vec<f64>, beta: Vec<f64> },
}

pub(crate) struct DenseStep {
    pub(crate) module: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    /// (outputs, inputs).
    pub(crate) weight: Vec<f64>,
    /// (outputs).
    pub(crate) bias: Vec<f64>,
    /// The weights in eight bits, where they were asked for.
    pub(crate) int8: Option<Int8>,
}

impl Blueprint {
    /// Lays a model out for a format.
    ///
    /// # Errors
    /// When it has a layer that the format cannot hold, or preprocessing that does not fit it.
    pub(crate) fn of<T: Scalar>(model: &Model<T>, format: ExportFormat, int8: bool) -> Result<Self> {
        let inputs = model.mlp.inputs();
        model.preprocess.check(inputs)?;
        let columns = match &model.schema {
            Some(schema) => {
                schema.check(inputs)?;
                schema.columns.iter().map(column).collect()
            }
            None => (1..=inputs).map(|at| number(format!("column {at}"))).collect(),
        };
        let scaling = match &model.preprocess {
            Preprocess::None => FeatureScaling::None,
            Preprocess::Scale { factor } => FeatureScaling::Factor(*factor),
            Preprocess::Standardize { mean: shift, std: scale } | Preprocess::Shift { shift, scale } => {
                let is_standard = matches!(model.preprocess, Preprocess::Standardize { .. });
                FeatureScaling::Affine { shift: shift.clone(), scale: scale.clone(), is_standard }
            }
        };
        if !matches!(format, ExportFormat::Onnx | ExportFormat::Json) {
            no_logarithms(model, format)?;
        }
        let scaled = model.target.scaling().map(|(mean, std)| (mean.to_vec(), std.to_vec()));
        Ok(Blueprint {
            is_double: T::NAME == "f64",
            has_table: model.schema.is_some(),
            table_columns: model.schema.as_ref().map(|schema| schema.table_columns),
            missing: model.schema.as_ref().and_then(|schema| schema.missing),
            decimal: model.schema.as_ref().and_then(|schema| schema.decimal),
            columns,
            scaling,
            inputs,
            steps: steps(model, format, int8)?,
            outputs: model.mlp.outputs(),
            target_scaling: scaled,
            target_log1p: (0..model.mlp.outputs()).map(|output| model.target.is_log1p(output)).collect(),
            target_signs: model.target.signs.clone(),
            target_names: model.target.names().to_vec(),
            class_names: model.class_names.clone(),
            answers: model.target.answers().map(|answers| answers.map(str::to_owned)),
            task: model.task,
            loss: model.loss.to_string(),
            split: model.split.clone(),
        })
    }

    /// What makes probabilities of the outputs, by the rule of [`Model::predict_proba`].
    pub(crate) fn probabilities(&self) -> Probabilities {
        let is_binary = matches!(self.task, Some(Task::Binary | Task::MultiLabel))
            || self.loss == Loss::BinaryCrossEntropy.to_string();
        match self.steps.last() {
            _ if is_binary => Probabilities::Sigmoid,
            Some(Step::Softmax) => Probabilities::Outputs,
            Some(Step::LogSoftmax) => Probabilities::Softmax,
            _ if self.loss == Loss::CrossEntropy.to_string() => Probabilities::Softmax,
            _ => Probabilities::None,
        }
    }

    /// How many numbers of memory a prediction needs: the widest layers in turns.
    pub(crate) fn work(&self) -> [usize; 2] {
        let mut widths = [self.inputs, 1];
        let mut at = 0;
        for step in &self.steps {
            if let Step::Dense(dense) = step {
                at = 1 - at;
                widths[at] = widths[at].max(dense.outputs);
            }
        }
        widths
    }

    /// Whether every column is a number that is never missing and becomes a feature as it is.
    pub(crate) fn is_plain(&self) -> bool {
        self.columns.iter().all(|column| column.kind.is_plain() && !column.log1p)
    }

    /// The features of a row of columns, scaled, in f64; a category as its index, a missing value as NaN. `None` where a value
    /// is refused.
    pub(crate) fn encode(&self, row: &[f64]) -> Option<Vec<f64>> {
        let mut features = Vec::with_capacity(self.inputs);
        for (column, &value) in self.columns.iter().zip(row) {
            let is_missing = value.is_nan();
            match &column.kind {
                ColumnKind::Number { fill, indicator } | ColumnKind::Flag { fill, indicator, .. } => {
                    let value = if is_missing { (*fill)? } else { value };
                    match column.log1p {
                        true if value <= -1.0 => return None,
                        true => features.push(ln_1p(value)),
                        false => features.push(value),
                    }
                    features.extend(indicator.then_some(f64::from(u8::from(is_missing))));
                }
                ColumnKind::Category { levels, fill, takes_unknown } => {
                    let code = if is_missing { (*fill)? as f64 } else { value };
                    let hot = (0..levels.len()).find(|level| *level as f64 == code);
                    if hot.is_none() && !takes_unknown {
                        return None;
                    }
                    features.extend((0..levels.len()).map(|level| f64::from(u8::from(Some(level) == hot))));
                }
            }
        }
        match &self.scaling {
            FeatureScaling::None => {}
            FeatureScaling::Factor(factor) => features.iter_mut().for_each(|x| *x *= factor),
            FeatureScaling::Affine { shift, scale, .. } => {
                features
                    .iter_mut()
                    .zip(shift.iter().zip(scale))
                    .for_each(|(x, (shift, scale))| *x = (*x - shift) / scale);
            }
        }
        Some(features)
    }
}

/// What makes probabilities of the outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probabilities {
    /// Nothing: they are values.
    None,
    /// They are probabilities.
    Outputs,
    Softmax,
    /// Of each by itself.
    Sigmoid,
}

fn number(title: String) -> Column {
    let kind = ColumnKind::Number { fill: None, indicator: false };
    Column { title, index: None, kind, log1p: false, sign: None, na_is_text: false }
}

fn column(column: &SchemaColumn) -> Column {
    let title = column_title(column);
    let kind = match &column.kind {
        Kind::Number { fill, indicator, log1p: _ } => ColumnKind::Number { fill: *fill, indicator: *indicator },
        Kind::Flag { no, yes, fill, indicator } => {
            ColumnKind::Flag { words: [no.clone(), yes.clone()], fill: *fill, indicator: *indicator }
        }
        Kind::Category { levels, fill, unknown } => ColumnKind::Category {
            fill: fill.as_ref().and_then(|fill| levels.iter().position(|level| level == fill)),
            levels: levels.clone(),
            takes_unknown: *unknown == Unknown::Zeros,
        },
    };
    let log1p = matches!(column.kind, Kind::Number { log1p: true, .. });
    Column { title, index: Some(column.index), kind, log1p, sign: column.sign, na_is_text: column.na_is_text }
}

/// Refuses a model that takes the logarithm of a column or of its target: sources keep to exp, and files of weights have none.
fn no_logarithms<T: Scalar>(model: &Model<T>, format: ExportFormat) -> Result<()> {
    let is_log1p = |column: &&SchemaColumn| matches!(column.kind, Kind::Number { log1p: true, .. });
    let column = model.schema.as_ref().and_then(|schema| schema.columns.iter().find(is_log1p));
    let column = column.map(column_title);
    let target = (0..model.mlp.outputs()).find(|&output| model.target.is_log1p(output));
    let name = |output| model.target.names().get(output).cloned().unwrap_or_else(|| format!("output {}", output + 1));
    match column.or(target.map(name)) {
        None => Ok(()),
        Some(name) => Err(Error::Argument {
            name: "export",
            found: format!("the logarithm of {name} (--log1p), for {format}"),
            expected: "columns and targets as they are: take the logarithm before, or export to onnx, which holds it"
                .to_owned(),
        }),
    }
}

fn column_title(column: &SchemaColumn) -> String {
    column.name.clone().unwrap_or_else(|| format!("column {}", column.index.saturating_add(1)))
}

/// The operations; dropout is none in evaluation, and the identity is left out.
fn steps<T: Scalar>(model: &Model<T>, format: ExportFormat, int8: bool) -> Result<Vec<Step>> {
    let (mut dense, mut norms) = (model.mlp.dense_layers(), model.mlp.norm_layers());
    let wide = |values: &[T]| values.iter().map(|x| x.to_f64()).collect::<Vec<_>>();
    let mut steps = Vec::new();
    for (module, layer) in model.mlp.layers().iter().enumerate() {
        let refused = || cannot_hold(format, module, layer);
        steps.push(match layer {
            Layer::Dense { inputs, outputs } => {
                let layer = dense.next().ok_or_else(refused)?;
                let weight: Vec<f64> = (0..*outputs)
                    .flat_map(|output| (0..*inputs).map(move |input| (input, output)))
                    .map(|(input, output)| layer.w.get(input, output).to_f64())
                    .collect();
                let int8 = int8.then(|| Int8::of::<T>(&weight, *inputs));
                let bias = wide(layer.b);
                Step::Dense(DenseStep { module, inputs: *inputs, outputs: *outputs, weight, bias, int8 })
            }
            Layer::Activation(Activation::Identity) | Layer::Dropout { .. } => continue,
            Layer::Activation(activation) => Step::Activation(*activation),
            Layer::Softmax => Step::Softmax,
            Layer::LogSoftmax => Step::LogSoftmax,
            Layer::LayerNorm { eps, .. } => {
                let norm = norms.next().ok_or_else(refused)?;
                Step::LayerNorm { eps: *eps, gamma: wide(norm.gamma), beta: wide(norm.beta) }
            }
            Layer::BatchNorm { eps, .. } => {
                let norm = norms.next().ok_or_else(refused)?;
                let running = norm.running.ok_or_else(refused)?;
                Step::BatchNorm {
                    eps: *eps,
                    mean: wide(running.mean),
                    variance: wide(running.variance),
                    gamma: wide(norm.gamma),
                    beta: wide(norm.beta),
                }
            }
            _ => return Err(refused()),
        });
    }
    Ok(steps)
}

/// The error for a layer that a format does not know.
pub(crate) fn cannot_hold(format: ExportFormat, module: usize, layer: &Layer) -> Error {
    Error::Argument {
        name: "export",
        found: format!("module {module}, {layer}, for {format}"),
        expected: format!("layers that {format} can hold; another format may hold it (--to)"),
    }
}
