//! Writing: tensors named and laid out as PyTorch does.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::path::Path;

use chainrule_kernel::{MatRef, NarrowFormat, Scalar};
use chainrule_model::Precision;
use safetensors::{Dtype, View};

use super::header::Header;
use super::kind::check_name;
use super::metadata::{KEY, Metadata};
use super::tensors::SCALES;
use super::valid;
use crate::atomic::write_atomically;
use crate::checksum;
use crate::error::{Error, Result};
use crate::model::Model;

/// A tensor of little-endian bytes.
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    fn new<T: Scalar>(shape: Vec<usize>, values: impl Iterator<Item = T>) -> Self {
        let dtype = if T::NAME == "f64" { Dtype::F64 } else { Dtype::F32 };
        let values: Vec<T> = values.collect();
        Tensor { dtype, shape, bytes: T::le_bytes(&values).into_owned() }
    }

    /// Weights w (inputs, outputs) in narrow numbers, and the scales of integers.
    fn narrow<T: Scalar>(w: MatRef<'_, T>, format: NarrowFormat) -> std::result::Result<(Self, Option<Self>), String> {
        let (inputs, outputs) = (w.rows(), w.cols());
        let (bytes, scales) = format.encode(w).map_err(|problem| problem.to_string())?;
        let dtype = match format {
            NarrowFormat::Bf16 => Dtype::BF16,
            NarrowFormat::F16 => Dtype::F16,
            NarrowFormat::Int8 => Dtype::I8,
            _ => return Err(format!("no tensors of {format}")),
        };
        let scales = (dtype == Dtype::I8).then(|| Tensor::new(vec![outputs], scales.into_iter()));
        Ok((Tensor { dtype, shape: vec![outputs, inputs], bytes }, scales))
    }
}

impl View for &Tensor {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }
    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

impl<T: Scalar> Model<T> {
    /// Writes the file whole or not at all. The same model gives the same bytes.
    ///
    /// What is written can be loaded: everything that [`Model::load`] refuses is refused here first, by the same checks,
    /// and before the file is touched.
    ///
    /// ```
    /// use chainrule::{Loss, Mlp, Model};
    /// let mut mlp = Mlp::builder(2).dense(3).seed(1).build()?;
    /// mlp.params_mut()[4] = f32::NAN;
    /// let error = Model::new(mlp, Loss::Mse).save("model.safetensors").unwrap_err().to_string();
    /// assert!(error.starts_with("model.safetensors, module 0: found NaN in the weights of a dense layer, input 2, output 2"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the file cannot be written; an older one is then still there. When the model could not be loaded:
    ///
    /// - a parameter or a running statistic is NaN or infinite, or a running variance below 0;
    /// - class names are not as many as outputs, two are alike, or one holds a control character, a line separator or a
    ///   character that turns the direction of text (commas, quotes and all letters are allowed);
    /// - preprocessing was fitted on another number of columns, or holds a number that makes no sense;
    /// - the loss or a layer has a setting out of range, or there are more than 32,768 modules;
    /// - the file's name says that it is another format: `.onnx`.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write(self, path.as_ref(), Precision::F32)
    }

    /// The bytes of the file that [`Model::save`] writes, which [`ModelFile::parse`](crate::ModelFile::parse) reads.
    ///
    /// ```
    /// use chainrule::{Loss, Mlp, Model, ModelFile};
    /// let model = Model::new(Mlp::builder(2).dense(3).seed(1).build()?, Loss::Mse);
    /// let again = ModelFile::parse("those bytes", &model.to_bytes()?)?.model::<f32>(None)?;
    /// assert!(again.mlp.params() == model.mlp.params());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the model could not be loaded: see [`Model::save`].
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        bytes(self, Path::new("the model"))
    }

    /// As [`Model::save`], with the weights of dense layers rounded ([`Model::rounded`]) and in tensors of two bytes a number, or
    /// one: `0.weight` is then of BF16, F16 or, with the scales `0.weight_scale` of the outputs beside it, of I8. Loaded, it is the
    /// rounded model, with weights of f32.
    ///
    /// ```
    /// use chainrule::{Loss, Mlp, Model, Precision};
    ///
    /// let path = std::env::temp_dir().join(format!("rounded-{}.safetensors", std::process::id()));
    /// let model = Model::new(Mlp::builder(64).dense(100).seed(1).build()?, Loss::CrossEntropy);
    /// model.save_rounded(&path, Precision::Int8)?;
    /// let (again, size) = (Model::<f32>::load(&path)?, std::fs::metadata(&path).expect("it is there").len());
    /// std::fs::remove_file(&path).expect("the file that was just saved");
    /// assert!(again.mlp.params() == model.rounded(Precision::Int8)?.mlp.params() && size < 2 * 6400);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::save`] and [`Model::rounded`].
    pub fn save_rounded(&self, path: impl AsRef<Path>, precision: Precision) -> Result<()> {
        write(&self.rounded(precision)?, path.as_ref(), precision)
    }
}

/// Writes a model's file whole or not at all.
fn write<T: Scalar>(model: &Model<T>, path: &Path, precision: Precision) -> Result<()> {
    check_name(path)?;
    let bytes = rounded_bytes(model, path, precision)?;
    write_atomically(path, |file| file.write_all(&bytes))
}

/// The bytes of a model's file; errors name `path`.
pub(super) fn bytes<T: Scalar>(model: &Model<T>, path: &Path) -> Result<Vec<u8>> {
    rounded_bytes(model, path, Precision::F32)
}

/// The bytes of the file of a model whose weights are rounded to this precision.
fn rounded_bytes<T: Scalar>(model: &Model<T>, path: &Path, precision: Precision) -> Result<Vec<u8>> {
    let origin = path.display().to_string();
    valid::model(&origin, model)?;
    let failed = |error: String| Error::io("write", path)(io::Error::other(error));
    let mut tensors = Vec::new();
    for layer in model.mlp.dense_layers() {
        let (inputs, outputs) = (layer.w.rows(), layer.w.cols());
        let name = format!("{}.weight", layer.module);
        if let Some(format) = precision.narrow() {
            let (codes, scales) = Tensor::narrow(layer.w, format).map_err(failed)?;
            tensors.extend(scales.map(|scales| (format!("{name}{SCALES}"), scales)));
            tensors.push((name, codes));
        } else {
            let transposed = layer.w.t();
            let w = (0..outputs).flat_map(|o| (0..inputs).map(move |i| transposed.get(o, i)));
            tensors.push((name, Tensor::new(vec![outputs, inputs], w)));
        }
        tensors.push((format!("{}.bias", layer.module), Tensor::new(vec![outputs], layer.b.iter().copied())));
    }
    for norm in model.mlp.norm_layers() {
        let mut vector = |name: &str, values: &[T]| {
            let tensor = Tensor::new(vec![values.len()], values.iter().copied());
            tensors.push((format!("{}.{name}", norm.module), tensor));
        };
        vector("weight", norm.gamma);
        vector("bias", norm.beta);
        if let Some(running) = norm.running {
            vector("running_mean", running.mean);
            vector("running_var", running.variance);
            let bytes = i64::try_from(running.batches).unwrap_or(i64::MAX).to_le_bytes().to_vec();
            let tensor = Tensor { dtype: Dtype::I64, shape: Vec::new(), bytes };
            tensors.push((format!("{}.num_batches_tracked", norm.module), tensor));
        }
    }
    let json = serde_json::to_string(&Metadata::of(model)?).map_err(|error| failed(error.to_string()))?;
    let views = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    let mut bytes = safetensors::serialize(views, Some(HashMap::from([(KEY.to_owned(), json)])))
        .map_err(|error| failed(error.to_string()))?;
    drop(tensors);
    if !checksum::seal(KEY, &mut bytes) {
        return Err(failed("the checksum is not where it was put in the header".to_owned()));
    }
    // Bounds of the header, which no check of the model alone knows.
    Header::parse(&origin, &bytes)?;
    Ok(bytes)
}
