//! What an exported file says of its model, and the model made of it and the numbers beside it.

use std::sync::Arc;

use chainrule_kernel::Scalar;
use chainrule_model::{Init, Layer, Mlp};
use serde::Deserialize;

use super::flat::Flat;
use super::rows::TestRows;
use crate::data::{
    Decimal, Kind, Missing, Preprocess, Schema, SchemaColumn, Sign, Split, Target, TargetScaling, Unknown,
    check_class_names,
};
use crate::{Error, Model, Place, Result, Task};

/// The newest version that is understood.
const VERSION: u32 = 2;
/// The most layers, as in a model file.
const LAYERS_MAX: usize = 1 << 15;
/// Momentum of a batch normalisation, which an export leaves out: PyTorch's.
const MOMENTUM: f64 = 0.1;

/// A model of either element type.
pub(crate) enum Either {
    F32(Model<f32>),
    F64(Model<f64>),
}

/// A model that was read, and how many rows of the file showed that it computes what it did when it was written.
pub(crate) struct Exported {
    pub(crate) model: Either,
    pub(crate) rows: usize,
}

impl Either {
    /// The same, after the file's rows were computed again.
    ///
    /// # Errors
    /// When the model computes something else than the file says.
    pub(crate) fn replayed(self, origin: &str, rows: Option<TestRows>) -> Result<Exported> {
        let rows = rows.map_or(Ok(0), |rows| match &self {
            Either::F32(model) => rows.replay(origin, model),
            Either::F64(model) => rows.replay(origin, model),
        })?;
        Ok(Exported { model: self, rows })
    }
}

/// The JSON object that stands in each of these files.
#[derive(Debug, Deserialize)]
pub(crate) struct Description {
    format: String,
    version: u32,
    dtype: String,
    task: Option<String>,
    loss: String,
    /// Columns of the table that was trained on; none where it was no table.
    #[serde(default)]
    table_columns: Option<usize>,
    #[serde(default)]
    missing: Option<Missing>,
    #[serde(default)]
    decimal: Option<Decimal>,
    columns: Vec<ColumnText>,
    scaling: ScalingText,
    inputs: usize,
    outputs: usize,
    pub(super) layers: Vec<LayerText>,
    target: TargetText,
    classes: Option<Vec<String>>,
    /// How the rows were split; an object of before does not say.
    #[serde(default)]
    split: Option<Split>,
    /// Rows with their outputs.
    test: Option<TestRows>,
}

#[derive(Debug, Deserialize)]
struct ColumnText {
    name: String,
    #[serde(default)]
    index: Option<usize>,
    #[serde(default)]
    sign: Option<Sign>,
    #[serde(default)]
    na_is_text: bool,
    #[serde(flatten)]
    kind: KindText,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum KindText {
    Number {
        fill: Option<f64>,
        indicator: bool,
        #[serde(default)]
        log1p: bool,
    },
    Flag {
        no: String,
        yes: String,
        fill: Option<f64>,
        indicator: bool,
    },
    Category {
        levels: Vec<String>,
        fill: Option<usize>,
        takes_unknown: bool,
    },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum ScalingText {
    None,
    Factor {
        factor: f64,
    },
    Affine {
        /// `mean and deviation`, or another shift and scale; an object of before does not say.
        #[serde(default)]
        by: Option<String>,
        shift: Vec<f64>,
        scale: Vec<f64>,
    },
}

/// A layer; its numbers where they stand with it.
#[derive(Debug, Deserialize)]
pub(super) struct LayerText {
    kind: String,
    #[serde(default)]
    inputs: usize,
    #[serde(default)]
    outputs: usize,
    #[serde(default)]
    alpha: Option<f64>,
    #[serde(default)]
    eps: Option<f64>,
    #[serde(default)]
    pub(super) weight: Option<Flat>,
    #[serde(default)]
    pub(super) bias: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) running_mean: Option<Vec<f64>>,
    #[serde(default)]
    pub(super) running_var: Option<Vec<f64>>,
}

#[derive(Debug, Deserialize)]
struct TargetText {
    names: Vec<String>,
    mean: Option<Vec<f64>>,
    std: Option<Vec<f64>>,
    #[serde(default)]
    log1p: Vec<bool>,
    #[serde(default)]
    signs: Vec<Option<Sign>>,
}

impl Description {
    /// Reads the object.
    ///
    /// # Errors
    /// When it is none that an export has, or of a later version.
    pub(crate) fn of(origin: &str, json: &[u8]) -> Result<Self> {
        let refuse =
            |found: String| Error::format(origin, Place::Header, found, "what chainrule export --to json writes");
        let read: Description =
            serde_json::from_slice(json).map_err(|error| refuse(format!("JSON that describes no model ({error})")))?;
        match (read.format.as_str(), read.version) {
            ("chainrule", 1..=VERSION) => Ok(read),
            ("chainrule", version) => Err(refuse(format!("version {version}, which a later chainrule wrote"))),
            (other, _) => Err(refuse(format!("a model in the format {other:?}"))),
        }
    }

    /// The rows with their outputs, for [`Either::replayed`].
    pub(crate) fn take_rows(&mut self) -> Option<TestRows> {
        self.test.take()
    }

    /// The numbers of dense layers.
    pub(crate) fn dense_layers(&self) -> usize {
        self.layers.iter().filter(|layer| layer.kind == "dense").count()
    }

    /// The model, whose numbers are asked for by the place of the layer and by name: `weight`, (outputs, inputs), `bias`,
    /// `running_mean` and `running_var`.
    ///
    /// # Errors
    /// Those of `numbers`, and when parts do not fit one another.
    pub(crate) fn model(
        self,
        origin: &str,
        numbers: &mut dyn FnMut(usize, &str) -> Result<Vec<f64>>,
    ) -> Result<Either> {
        match self.dtype.as_str() {
            "f32" => Ok(Either::F32(self.of_type(origin, numbers)?)),
            "f64" => Ok(Either::F64(self.of_type(origin, numbers)?)),
            other => Err(Error::format(origin, Place::Header, format!("numbers of type {other:?}"), "f32 or f64")),
        }
    }

    fn of_type<T: Scalar>(
        self,
        origin: &str,
        numbers: &mut dyn FnMut(usize, &str) -> Result<Vec<f64>>,
    ) -> Result<Model<T>> {
        let refuse =
            |error: Error| Error::format(origin, Place::Header, error.to_string(), "a model that fits together");
        let mlp = self.network(origin, numbers)?;
        if (mlp.inputs(), mlp.outputs()) != (self.inputs, self.outputs) {
            let found = format!("a network of {} inputs and {} outputs", mlp.inputs(), mlp.outputs());
            let expected = format!("{} and {}, as it says", self.inputs, self.outputs);
            return Err(Error::format(origin, Place::Header, found, expected));
        }
        let (inputs, outputs) = (self.inputs, self.outputs);
        let loss = self.loss.parse().map_err(|error: chainrule_model::ModelError| refuse(error.into()))?;
        let task = self.task.as_deref().map(str::parse::<Task>).transpose().map_err(refuse)?;
        let mut schema = schema(self.table_columns, self.missing, self.columns);
        schema.iter_mut().for_each(|schema| schema.decimal = self.decimal);
        let preprocess = match self.scaling {
            ScalingText::None => Preprocess::None,
            ScalingText::Factor { factor } => Preprocess::Scale { factor },
            ScalingText::Affine { by, shift, scale } if by.as_deref() == Some("mean and deviation") => {
                Preprocess::Standardize { mean: shift, std: scale }
            }
            ScalingText::Affine { shift, scale, .. } => Preprocess::Shift { shift, scale },
        };
        preprocess.check(inputs).map_err(refuse)?;
        schema.as_ref().map_or(Ok(()), |schema| schema.check(inputs)).map_err(refuse)?;
        let TargetText { names, mean, std, log1p, signs } = self.target;
        let scaling = mean.zip(std).map(|(mean, std)| TargetScaling { mean, std, log1p });
        let (mut answers, mut class_names) = (None, self.classes);
        if task == Some(Task::Binary) {
            answers = class_names.take().and_then(|names| <[String; 2]>::try_from(names).ok());
        }
        let target = Target { names, answers, scaling, signs };
        target.check(outputs).map_err(refuse)?;
        class_names.as_ref().map_or(Ok(()), |names| check_class_names(origin, names, outputs))?;
        self.split.as_ref().map_or(Ok(()), Split::check).map_err(refuse)?;
        let (schema, target, split) = (schema.map(Arc::new), Arc::new(target), self.split);
        Ok(Model { preprocess, task, class_names, schema, target, split, ..Model::new(mlp, loss) })
    }

    fn network<T: Scalar>(
        &self,
        origin: &str,
        numbers: &mut dyn FnMut(usize, &str) -> Result<Vec<f64>>,
    ) -> Result<Mlp<T>> {
        let refuse = |found: String, expected: &str| Error::format(origin, Place::Header, found, expected);
        if self.layers.len() > LAYERS_MAX {
            return Err(refuse(format!("{} layers", self.layers.len()), "at most 32768"));
        }
        let mut width = self.inputs;
        // Numbers first: a claim of layers without them costs nothing.
        let (mut layers, mut parts) = (Vec::new(), Vec::new());
        for (at, text) in self.layers.iter().enumerate() {
            let layer = text.layer(width).ok_or_else(|| {
                refuse(format!("layer {}, {:?}, behind {width} features", at + 1, text.kind), "a layer that fits there")
            })?;
            let mut wanted: Vec<(&str, usize)> = Vec::new();
            match layer {
                Layer::Dense { inputs, outputs } => {
                    let weights = inputs.checked_mul(outputs);
                    wanted = vec![("weight", weights.unwrap_or(usize::MAX)), ("bias", outputs)];
                    width = outputs;
                }
                Layer::LayerNorm { .. } => wanted = vec![("weight", width), ("bias", width)],
                Layer::BatchNorm { .. } => {
                    wanted = ["weight", "bias", "running_mean", "running_var"].map(|name| (name, width)).to_vec();
                }
                _ => {}
            }
            let mut found = Vec::new();
            for (name, count) in wanted {
                let values = numbers(at, name)?;
                if values.len() != count || values.iter().any(|value| !T::from_f64(*value).is_finite()) {
                    let found = format!("{} numbers for {name} of layer {}", values.len(), at + 1);
                    return Err(refuse(found, &format!("{count}, all finite")));
                }
                found.push(values);
            }
            layers.push(layer);
            parts.push((layer, found));
        }
        let mut builder = Mlp::builder(self.inputs).init(Init::Zeros);
        for layer in layers {
            builder = builder.layer(layer);
        }
        let mut mlp: Mlp<T> =
            builder.build_as().map_err(|error| refuse(error.to_string(), "the layers of a network"))?;
        fill(&mut mlp, &parts);
        Ok(mlp)
    }
}

impl LayerText {
    /// The layer that takes this number of features.
    fn layer(&self, width: usize) -> Option<Layer> {
        Some(match self.kind.as_str() {
            "dense" if self.inputs == width && self.outputs > 0 => {
                Layer::Dense { inputs: self.inputs, outputs: self.outputs }
            }
            "softmax" => Layer::Softmax,
            "log_softmax" => Layer::LogSoftmax,
            "layer_norm" => Layer::LayerNorm { width, eps: self.eps? },
            "batch_norm" => Layer::BatchNorm { width, eps: self.eps?, momentum: MOMENTUM },
            "dense" => return None,
            name => {
                let text = self.alpha.map_or_else(|| name.to_owned(), |alpha| format!("{name}({alpha})"));
                Layer::Activation(chainrule_model::network::parse_activation(&text).ok()?)
            }
        })
    }
}

/// Columns of a table; `None` of a model that was trained on none.
fn schema(table_columns: Option<usize>, missing: Option<Missing>, columns: Vec<ColumnText>) -> Option<Schema> {
    // An object of before says neither where columns stood nor whether there were any: numbers without names are none.
    let is_nameless = |(at, column): (usize, &ColumnText)| {
        column.name == format!("column {}", at + 1)
            && matches!(column.kind, KindText::Number { fill: None, indicator: false, log1p: false })
    };
    if table_columns.is_none() && columns.iter().enumerate().all(is_nameless) {
        return None;
    }
    let fills = |kind: &KindText| match kind {
        KindText::Number { fill, .. } | KindText::Flag { fill, .. } => fill.is_some(),
        KindText::Category { fill, .. } => fill.is_some(),
    };
    let is_old = table_columns.is_none();
    let missing = missing.or((is_old && columns.iter().any(|column| fills(&column.kind))).then_some(Missing::Median));
    let table_columns = table_columns.unwrap_or(columns.len());
    let column = |(at, column): (usize, ColumnText)| {
        let index = column.index.unwrap_or(at);
        let name = (column.name != format!("column {}", index.saturating_add(1))).then_some(column.name);
        SchemaColumn { name, index, kind: kind(column.kind), sign: column.sign, na_is_text: column.na_is_text }
    };
    let columns = columns.into_iter().enumerate().map(column).collect();
    Some(Schema { table_columns, columns, missing, decimal: None })
}

fn kind(text: KindText) -> Kind {
    match text {
        KindText::Number { fill, indicator, log1p } => Kind::Number { fill, indicator, log1p },
        KindText::Flag { no, yes, fill, indicator } => Kind::Flag { no, yes, fill, indicator },
        KindText::Category { levels, fill, takes_unknown } => Kind::Category {
            fill: fill.and_then(|fill| levels.get(fill).cloned()),
            unknown: if takes_unknown { Unknown::Zeros } else { Unknown::Error },
            levels,
        },
    }
}

/// Puts the numbers into the network: of a dense layer w, (outputs, inputs), and b; of a normalisation gamma, beta, mean and
/// variance.
fn fill<T: Scalar>(mlp: &mut Mlp<T>, layers: &[(Layer, Vec<Vec<f64>>)]) {
    let (mut at, mut running) = (0, 0);
    for (layer, numbers) in layers {
        for (index, values) in numbers.iter().enumerate() {
            match layer {
                Layer::Dense { inputs, outputs } if index == 0 => {
                    let w = &mut mlp.params_mut()[at..][..inputs * outputs]; // (inputs, outputs)
                    for (from, value) in values.iter().enumerate() {
                        w[from % inputs * outputs + from / inputs] = T::from_f64(*value);
                    }
                    at += values.len();
                }
                _ => {
                    let (into, from) =
                        if index < 2 { (mlp.params_mut(), &mut at) } else { (mlp.running_mut(), &mut running) };
                    into[*from..][..values.len()]
                        .iter_mut()
                        .zip(values)
                        .for_each(|(to, value)| *to = T::from_f64(*value));
                    *from += values.len();
                }
            }
        }
    }
}
