//! Reading: our own files, and anyone's safetensors file whose tensors are those of dense layers and normalisations.

use std::path::Path;

use chainrule_kernel::Scalar;
use chainrule_model::{Activation, Layer, Loss, Mlp};
use safetensors::SafeTensors;

use super::Model;
use super::metadata::{KEY, Metadata, VERSION};
use super::tensors::{self, Stored};
use crate::{Error, Place, Result};

/// The element type of a file's tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
}

/// A file whose tensors have been found to be a chain of dense layers, and of normalisations among them.
#[derive(Debug)]
pub struct ModelFile {
    origin: String,
    dtype: DType,
    metadata: Option<Metadata>,
    layers: Vec<Stored>,
}

impl ModelFile {
    /// Reads the file and checks everything that can be checked without knowing what it is for.
    ///
    /// # Errors
    /// When it cannot be read, is not a whole safetensors file, holds a tensor that is not a dense layer's or a
    /// normalisation's or not f32 or f64, a number that is not finite, or layers that do not fit one another.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
        Self::parse(&path.display().to_string(), &bytes)
    }

    /// As [`ModelFile::open`], from bytes; errors name `origin`.
    ///
    /// # Errors
    /// As [`ModelFile::open`].
    pub fn parse(origin: &str, bytes: &[u8]) -> Result<Self> {
        let whole = "a whole safetensors file";
        let damaged = |found: String| Error::format(origin, Place::Header, found, whole);
        let file = SafeTensors::deserialize(bytes).map_err(|error| damaged(error.to_string()))?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(error.to_string()))?;
        let metadata = match header.metadata().as_ref().and_then(|metadata| metadata.get(KEY)) {
            Some(json) => Some(parse_metadata(origin, json)?),
            None => None,
        };

        let (layers, dtype) = tensors::of(origin, &file)?;
        if !layers.iter().any(|layer| matches!(layer.layer, Layer::Dense { .. })) {
            return Err(Error::format(
                origin,
                Place::Header,
                "no tensor named `...weight`",
                "at least one dense layer",
            ));
        }
        for pair in layers.windows(2) {
            let (outputs, inputs) = (pair[0].widths().1, pair[1].widths().0);
            if outputs != inputs {
                let found = format!("layer `{}` with {inputs} inputs", pair[1].name);
                let expected = format!("{outputs}, the outputs of layer `{}` before it", pair[0].name);
                return Err(Error::format(origin, Place::Header, found, expected));
            }
        }
        Ok(ModelFile { origin: origin.to_owned(), dtype, metadata, layers })
    }

    /// The widest element type among the tensors.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Whether the file says which modules stand between its dense layers; one that PyTorch wrote does not.
    pub fn has_architecture(&self) -> bool {
        self.metadata.is_some()
    }

    /// The model. A file without an architecture is taken to have `hidden` between its dense layers, where the
    /// numbering of its modules leaves a gap or else at the end, to have been trained with cross-entropy, and to take
    /// features as they are. A normalisation with running statistics is a batch normalisation, one without a layer
    /// normalisation, either with PyTorch's default settings.
    ///
    /// # Errors
    /// When `hidden` is needed and `None`, or the architecture and the tensors disagree.
    pub fn model<T: Scalar>(&self, hidden: Option<Activation>) -> Result<Model<T>> {
        let layers = self.architecture(hidden)?;
        let mut builder = Mlp::builder(self.layers[0].widths().0);
        for layer in layers {
            builder = builder.layer(layer);
        }
        let mut mlp = builder.build_as::<T>()?;
        self.load_into(&mut mlp)?;
        let Some(metadata) = &self.metadata else {
            return Ok(Model::new(mlp, Loss::CrossEntropy));
        };
        let loss = metadata.loss.parse()?;
        metadata.preprocess.check(mlp.inputs())?;
        let class_names = metadata.class_names.clone();
        if let Some(names) = class_names.as_ref().filter(|names| names.len() > mlp.outputs()) {
            let found = format!("{} class names", names.len());
            return Err(Error::format(&self.origin, Place::Header, found, format!("at most {}", mlp.outputs())));
        }
        Ok(Model { mlp, preprocess: metadata.preprocess.clone(), loss, class_names })
    }

    /// Puts the weights, and the running statistics of batch normalisations, into a network of the same layers.
    ///
    /// # Errors
    /// When their number or a shape differs, or a number overflows `T`; the network is then as it was.
    pub fn load_into<T: Scalar>(&self, mlp: &mut Mlp<T>) -> Result<()> {
        let named = |layer: &Layer| match layer {
            Layer::Dense { inputs, outputs } => Some(format!("{inputs}x{outputs}")),
            Layer::LayerNorm { width, .. } => Some(format!("layer_norm({width})")),
            Layer::BatchNorm { width, .. } => Some(format!("batch_norm({width})")),
            _ => None,
        };
        let wanted: Vec<String> = mlp.layers().iter().filter_map(named).collect();
        let found: Vec<String> = self.layers.iter().filter_map(|stored| named(&stored.layer)).collect();
        if wanted != found {
            let list = |layers: &[String]| {
                let dense = layers.iter().all(|layer| !layer.contains('('));
                format!("{}layers {}", if dense { "dense " } else { "" }, layers.join(", "))
            };
            let expected = format!("{}, as the network has", list(&wanted));
            return Err(Error::Shape { origin: self.origin.clone(), found: list(&found), expected });
        }
        let (mut params, mut running) = (Vec::with_capacity(mlp.params().len()), Vec::new());
        let mut batches = Vec::new();
        for stored in &self.layers {
            for (values, into) in [(&stored.params, &mut params), (&stored.running, &mut running)] {
                for &value in values {
                    let rounded = T::from_f64(value);
                    if !rounded.is_finite() {
                        let found = format!("{value} in layer `{}`", stored.name);
                        return Err(Error::format(&self.origin, Place::Header, found, format!("a finite {}", T::NAME)));
                    }
                    into.push(rounded);
                }
            }
            batches.extend(stored.batches);
        }
        mlp.params_mut().copy_from_slice(&params);
        mlp.running_mut().copy_from_slice(&running);
        mlp.batches_mut().copy_from_slice(&batches);
        Ok(())
    }

    fn architecture(&self, hidden: Option<Activation>) -> Result<Vec<Layer>> {
        if let Some(metadata) = &self.metadata {
            return metadata.layers.iter().map(|text| Ok(text.parse::<Layer>()?)).collect();
        }
        let dense = |stored: &&Stored| matches!(stored.layer, Layer::Dense { .. });
        let between = match hidden {
            Some(activation) => Some(Layer::Activation(activation)),
            None if self.layers.iter().filter(dense).count() == 1 => None,
            None => return Err(Error::ActivationNeeded { origin: self.origin.clone() }),
        };
        let mut layers: Vec<Layer> = Vec::new();
        let last = self.layers.iter().rposition(|stored| dense(&stored)).unwrap_or(0);
        let mut is_due = false;
        for (i, stored) in self.layers.iter().enumerate() {
            // Modules without tensors leave a gap: the first behind a dense layer is its activation's.
            let has_gap = i > 0 && stored.follows_with_gap(&self.layers[i - 1]);
            if is_due && (has_gap || dense(&stored)) {
                layers.extend(between);
                is_due = false;
            }
            layers.push(stored.layer);
            is_due |= dense(&stored) && i < last;
        }
        Ok(layers)
    }
}

fn parse_metadata(origin: &str, json: &str) -> Result<Metadata> {
    let error = |found: String| Error::format(origin, Place::Header, found, "metadata of a chainrule model");
    let value: serde_json::Value = serde_json::from_str(json).map_err(|e| error(e.to_string()))?;
    match value.get("version").and_then(serde_json::Value::as_u64) {
        Some(version) if version <= u64::from(VERSION) => {}
        Some(version) => {
            let expected = format!("version {VERSION} or below; a newer chainrule can read it");
            return Err(Error::format(origin, Place::Header, format!("metadata of version {version}"), expected));
        }
        None => return Err(error("no version".to_owned())),
    }
    serde_json::from_value(value).map_err(|e| error(e.to_string()))
}
