//! A network as PyTorch's `state_dict` in a safetensors file, and as the text of the `nn.Sequential` that it belongs to.
//!
//! ```python
//! network = nn.Sequential(...)  # the text under `sequential` in the file's metadata
//! network.load_state_dict(safetensors.torch.load_file("model.safetensors"))
//! ```

use std::borrow::Cow;
use std::collections::HashMap;

use chainrule_kernel::Scalar;
use chainrule_model::{Activation, Layer};
use safetensors::{Dtype, SafeTensorError, View};

use super::blueprint::cannot_hold;
use super::format::ExportFormat;
use crate::{Error, Model, Result};

/// A tensor of little-endian bytes.
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
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

fn tensor<T: Scalar>(shape: Vec<usize>, values: impl Iterator<Item = T>) -> Tensor {
    let dtype = if T::NAME == "f64" { Dtype::F64 } else { Dtype::F32 };
    let values: Vec<T> = values.collect();
    Tensor { dtype, shape, bytes: T::le_bytes(&values).into_owned() }
}

/// The file.
///
/// # Errors
/// When PyTorch has no such module, or the file would be larger than one can be.
pub(super) fn state_dict<T: Scalar>(model: &Model<T>) -> Result<Vec<u8>> {
    let mut tensors = Vec::new();
    for layer in model.mlp.dense_layers() {
        let (inputs, outputs) = (layer.w.rows(), layer.w.cols());
        let weight = (0..outputs * inputs).map(|at| layer.w.get(at % inputs, at / inputs));
        tensors.push((format!("{}.weight", layer.module), tensor(vec![outputs, inputs], weight)));
        tensors.push((format!("{}.bias", layer.module), tensor(vec![outputs], layer.b.iter().copied())));
    }
    for norm in model.mlp.norm_layers() {
        let mut vector = |name: &str, values: &[T]| {
            tensors.push((format!("{}.{name}", norm.module), tensor(vec![values.len()], values.iter().copied())));
        };
        vector("weight", norm.gamma);
        vector("bias", norm.beta);
        if let Some(running) = norm.running {
            vector("running_mean", running.mean);
            vector("running_var", running.variance);
            let bytes = i64::try_from(running.batches).unwrap_or(i64::MAX).to_le_bytes().to_vec();
            let count = Tensor { dtype: Dtype::I64, shape: Vec::new(), bytes };
            tensors.push((format!("{}.num_batches_tracked", norm.module), count));
        }
    }
    let views = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    let sequential = sequential(model.mlp.layers(), T::NAME == "f64")?;
    let failed = |error: SafeTensorError| Error::Argument {
        name: "export",
        found: error.to_string(),
        expected: "tensors that a safetensors file can hold".to_owned(),
    };
    // One entry alone: with two, the same model would not give the same bytes.
    safetensors::serialize(views, Some(HashMap::from([("sequential".to_owned(), sequential)]))).map_err(failed)
}

/// The text of the modules.
///
/// # Errors
/// When PyTorch has no such module.
fn sequential(layers: &[Layer], is_double: bool) -> Result<String> {
    let modules: Result<Vec<String>> = layers
        .iter()
        .enumerate()
        .map(|(module, layer)| module_text(layer).ok_or_else(|| cannot_hold(ExportFormat::Torch, module, layer)))
        .collect();
    let double = if is_double { ".double()" } else { "" };
    Ok(format!("nn.Sequential({}){double}.eval()", modules?.join(", ")))
}

fn module_text(layer: &Layer) -> Option<String> {
    Some(match layer {
        Layer::Dense { inputs, outputs } => format!("nn.Linear({inputs}, {outputs})"),
        Layer::Softmax => "nn.Softmax(dim=-1)".to_owned(),
        Layer::LogSoftmax => "nn.LogSoftmax(dim=-1)".to_owned(),
        Layer::Dropout { p } => format!("nn.Dropout({p})"),
        Layer::LayerNorm { width, eps } => format!("nn.LayerNorm({width}, eps={eps:?})"),
        Layer::BatchNorm { width, eps, momentum } => {
            format!("nn.BatchNorm1d({width}, eps={eps:?}, momentum={momentum:?})")
        }
        Layer::Activation(activation) => match activation {
            Activation::Identity => "nn.Identity()".to_owned(),
            Activation::Relu => "nn.ReLU()".to_owned(),
            Activation::LeakyRelu(slope) => format!("nn.LeakyReLU({slope:?})"),
            Activation::Sigmoid => "nn.Sigmoid()".to_owned(),
            Activation::Tanh => "nn.Tanh()".to_owned(),
            Activation::Elu(alpha) => format!("nn.ELU({alpha:?})"),
            Activation::Selu => "nn.SELU()".to_owned(),
            Activation::Gelu => "nn.GELU()".to_owned(),
            Activation::GeluTanh => "nn.GELU(approximate='tanh')".to_owned(),
            Activation::Silu => "nn.SiLU()".to_owned(),
            Activation::Softplus => "nn.Softplus()".to_owned(),
            Activation::Softsign => "nn.Softsign()".to_owned(),
            Activation::HardSigmoid => "nn.Hardsigmoid()".to_owned(),
            _ => return None,
        },
        _ => return None,
    })
}
