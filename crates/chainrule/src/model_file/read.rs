//! Reading: our own files, and anyone's safetensors file whose tensors are the weights and biases of dense layers.

use std::cmp::Ordering;
use std::path::Path;

use chainrule_kernel::Scalar;
use chainrule_model::{Activation, Layer, Loss, Mlp};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::Model;
use super::metadata::{KEY, Metadata, VERSION};
use crate::{Error, Place, Result};

/// The element type of a file's tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DType {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
}

/// A file whose tensors have been found to be a chain of dense layers.
#[derive(Debug)]
pub struct ModelFile {
    origin: String,
    dtype: DType,
    metadata: Option<Metadata>,
    layers: Vec<DenseTensors>,
}

/// One dense layer as it lies in the file, widened to f64.
#[derive(Debug)]
struct DenseTensors {
    /// What stands before `weight`, for messages.
    name: String,
    inputs: usize,
    outputs: usize,
    w: Vec<f64>, // (outputs, inputs)
    b: Vec<f64>, // (outputs)
}

impl ModelFile {
    /// Reads the file and checks everything that can be checked without knowing what it is for.
    ///
    /// # Errors
    /// When it cannot be read, is not a whole safetensors file, holds a tensor that is not a dense layer's or not f32
    /// or f64, a number that is not finite, or layers that do not fit one another.
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

        let mut names = file.names();
        names.sort_by(|a, b| natural(a, b));
        let mut layers = Vec::new();
        let mut dtype = DType::F32;
        for name in &names {
            let tensor = file.tensor(name).map_err(|error| damaged(error.to_string()))?;
            let Some(prefix) = name.strip_suffix("weight") else {
                let partner = name.strip_suffix("bias").map(|prefix| format!("{prefix}weight"));
                if !partner.is_some_and(|partner| names.contains(&partner.as_str())) {
                    return Err(foreign(origin, name, &tensor));
                }
                continue;
            };
            let [outputs, inputs] = *tensor.shape() else { return Err(foreign(origin, name, &tensor)) };
            let w = numbers(origin, name, &tensor, &mut dtype)?;
            let bias = format!("{prefix}bias");
            // PyTorch's Linear(bias=False) has none, which is a bias of 0.
            let b = match file.tensor(&bias) {
                Err(_) => vec![0.0; outputs],
                Ok(tensor) if tensor.shape() == [outputs] => numbers(origin, &bias, &tensor, &mut dtype)?,
                Ok(tensor) => {
                    let found = format!("tensor `{bias}` of shape {:?}", tensor.shape());
                    return Err(Error::format(
                        origin,
                        Place::Header,
                        found,
                        format!("[{outputs}], as `{name}` has rows"),
                    ));
                }
            };
            layers.push(DenseTensors { name: prefix.trim_end_matches('.').to_owned(), inputs, outputs, w, b });
        }
        if layers.is_empty() {
            return Err(Error::format(
                origin,
                Place::Header,
                "no tensor named `...weight`",
                "at least one dense layer",
            ));
        }
        for pair in layers.windows(2) {
            if pair[0].outputs != pair[1].inputs {
                let found = format!("layer `{}` with {} inputs", pair[1].name, pair[1].inputs);
                let expected = format!("{}, the outputs of layer `{}` before it", pair[0].outputs, pair[0].name);
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

    /// The model. A file without an architecture is taken to have `hidden` between its dense layers, to have been
    /// trained with cross-entropy, and to take features as they are.
    ///
    /// # Errors
    /// When `hidden` is needed and `None`, or the architecture and the tensors disagree.
    pub fn model<T: Scalar>(&self, hidden: Option<Activation>) -> Result<Model<T>> {
        let layers = self.architecture(hidden)?;
        let mut builder = Mlp::builder(self.layers[0].inputs);
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

    /// Puts the weights into a network of the same dense layers.
    ///
    /// # Errors
    /// When their number or a shape differs, or a number overflows `T`; the network is then as it was.
    pub fn load_into<T: Scalar>(&self, mlp: &mut Mlp<T>) -> Result<()> {
        let shapes: Vec<(usize, usize)> = mlp.dense_layers().map(|layer| (layer.w.rows(), layer.w.cols())).collect();
        let found: Vec<(usize, usize)> = self.layers.iter().map(|layer| (layer.inputs, layer.outputs)).collect();
        if shapes != found {
            let list = |shapes: &[(usize, usize)]| {
                let texts: Vec<String> = shapes.iter().map(|(i, o)| format!("{i}x{o}")).collect();
                format!("dense layers {}", texts.join(", "))
            };
            let expected = format!("{}, as the network has", list(&shapes));
            return Err(Error::Shape { origin: self.origin.clone(), found: list(&found), expected });
        }
        let mut params = Vec::with_capacity(mlp.params().len());
        for layer in &self.layers {
            let (inputs, outputs) = (layer.inputs, layer.outputs);
            let w = (0..inputs).flat_map(|i| (0..outputs).map(move |o| layer.w[o * inputs + i]));
            for value in w.chain(layer.b.iter().copied()) {
                let rounded = T::from_f64(value);
                if !rounded.is_finite() {
                    let found = format!("{value} in layer `{}`", layer.name);
                    return Err(Error::format(&self.origin, Place::Header, found, format!("a finite {}", T::NAME)));
                }
                params.push(rounded);
            }
        }
        mlp.params_mut().copy_from_slice(&params);
        Ok(())
    }

    fn architecture(&self, hidden: Option<Activation>) -> Result<Vec<Layer>> {
        if let Some(metadata) = &self.metadata {
            return metadata.layers.iter().map(|text| Ok(text.parse::<Layer>()?)).collect();
        }
        let between = match hidden {
            Some(activation) => Some(Layer::Activation(activation)),
            None if self.layers.len() == 1 => None,
            None => return Err(Error::ActivationNeeded { origin: self.origin.clone() }),
        };
        let mut layers = Vec::new();
        for dense in &self.layers {
            if !layers.is_empty() {
                layers.extend(between);
            }
            layers.push(Layer::Dense { inputs: dense.inputs, outputs: dense.outputs });
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

fn foreign(origin: &str, name: &str, tensor: &TensorView<'_>) -> Error {
    let found = format!("tensor `{name}` of shape {:?}", tensor.shape());
    Error::format(origin, Place::Header, found, "only a `weight` [out, in] and a `bias` [out] for each dense layer")
}

/// A tensor's numbers; `dtype` becomes f64 when they are.
fn numbers(origin: &str, name: &str, tensor: &TensorView<'_>, dtype: &mut DType) -> Result<Vec<f64>> {
    let bytes = tensor.data();
    let values: Vec<f64> = match tensor.dtype() {
        Dtype::F32 => bytes.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect(),
        Dtype::F64 => {
            *dtype = DType::F64;
            let whole = |b: &[u8]| [b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]];
            bytes.chunks_exact(8).map(|b| f64::from_le_bytes(whole(b))).collect()
        }
        other => {
            let found = format!("tensor `{name}` of type {other:?}");
            return Err(Error::format(origin, Place::Header, found, "F32 or F64; convert it before saving"));
        }
    };
    if let Some(at) = values.iter().position(|x| !x.is_finite()) {
        let found = format!("{} at element {at} of tensor `{name}`", values[at]);
        return Err(Error::format(origin, Place::Header, found, "a finite number"));
    }
    Ok(values)
}

/// Names as people order them: runs of digits by their value, `2` before `10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let digits = |s: &[u8]| s.iter().take_while(|c| c.is_ascii_digit()).count();
        let (na, nb) = (digits(a), digits(b));
        if na > 0 && nb > 0 {
            let value = |s: &[u8], n: usize| -> Vec<u8> { s[..n].iter().copied().skip_while(|c| *c == b'0').collect() };
            let (va, vb) = (value(a, na), value(b, nb));
            let order = va.len().cmp(&vb.len()).then(va.cmp(&vb)).then(na.cmp(&nb));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[na..], &b[nb..]);
            continue;
        }
        match (a.split_first(), b.split_first()) {
            (Some((x, _)), Some((y, _))) if x != y => return x.cmp(y),
            (Some((_, rest_a)), Some((_, rest_b))) => (a, b) = (rest_a, rest_b),
            _ => return a.len().cmp(&b.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_the_order_people_give_them() {
        let mut names = vec!["net.10.weight", "net.2.weight", "a.weight", "net.2.bias", "net.02.x", "net.9", "10", "9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["9", "10", "a.weight", "net.2.bias", "net.2.weight", "net.02.x", "net.9", "net.10.weight"]);
    }
}
