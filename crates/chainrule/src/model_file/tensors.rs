//! What the tensors of a file are: the modules that learn something, in their order.

use std::cmp::Ordering;

use chainrule_model::Layer;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::DType;
use crate::{Error, Place, Result};

/// PyTorch's defaults, which a file without metadata does not tell.
const EPS: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// One module as it lies in the file, widened to f64.
#[derive(Debug)]
pub(super) struct Stored {
    /// What stands before `weight`, for messages.
    pub(super) name: String,
    pub(super) layer: Layer,
    /// As `Mlp::params` has them: w, (inputs, outputs), and b; or gamma and beta.
    pub(super) params: Vec<f64>,
    /// The running means and then the variances of a batch normalisation; empty elsewhere.
    pub(super) running: Vec<f64>,
    /// How many minibatches a batch normalisation has seen.
    pub(super) batches: Option<u64>,
}

impl Stored {
    /// Features in and out.
    pub(super) fn widths(&self) -> (usize, usize) {
        match self.layer {
            Layer::Dense { inputs, outputs } => (inputs, outputs),
            Layer::LayerNorm { width, .. } | Layer::BatchNorm { width, .. } => (width, width),
            _ => unreachable!("of(..) makes no other"),
        }
    }

    /// Whether modules are missing in the numbering between the one before and this.
    pub(super) fn follows_with_gap(&self, before: &Stored) -> bool {
        let number = |name: &str| name.rsplit('.').next().and_then(|last| last.parse::<u64>().ok());
        match (number(&before.name), number(&self.name)) {
            (Some(before), Some(here)) => here > before.saturating_add(1),
            _ => false,
        }
    }
}

/// The endings of names.
const WEIGHT: &str = "weight";
const BESIDE: [&str; 4] = ["bias", "running_mean", "running_var", "num_batches_tracked"];

/// The modules in the natural order of their names, and the widest element type.
///
/// # Errors
/// When a tensor is none of a dense layer's or a normalisation's, or not f32 or f64, or a number in it is not finite.
pub(super) fn of(origin: &str, file: &SafeTensors<'_>) -> Result<(Vec<Stored>, DType)> {
    let mut source = Source { origin, file, dtype: DType::F32 };
    let mut names = file.names();
    names.sort_by(|a, b| natural(a, b));
    let mut layers = Vec::new();
    for name in &names {
        let Some(tensor) = source.tensor(name) else { continue };
        if let Some(prefix) = name.strip_suffix(WEIGHT) {
            layers.push(match *tensor.shape() {
                [outputs, inputs] => source.dense(prefix, &tensor, (inputs, outputs))?,
                [width] => source.norm(prefix, &tensor, width)?,
                _ => return Err(source.foreign(name, &tensor)),
            });
            continue;
        }
        let prefix = BESIDE.iter().find_map(|ending| Some((name.strip_suffix(ending)?, *ending)));
        let is_known = prefix.is_some_and(|(prefix, ending)| {
            let weight = file.tensor(&format!("{prefix}{WEIGHT}"));
            weight.is_ok_and(|weight| ending == "bias" || weight.shape().len() == 1)
        });
        if !is_known {
            return Err(source.foreign(name, &tensor));
        }
    }
    Ok((layers, source.dtype))
}

/// A file that is being read.
struct Source<'a> {
    origin: &'a str,
    file: &'a SafeTensors<'a>,
    dtype: DType,
}

impl<'a> Source<'a> {
    fn error(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::format(self.origin, Place::Header, found, expected)
    }

    fn foreign(&self, name: &str, tensor: &TensorView<'_>) -> Error {
        let expected = "only a `weight` [out, in] and a `bias` [out] for each dense layer, a `weight` [width] and a \
                        `bias` [width] for each normalisation, with `running_mean` and `running_var` [width] for batch_norm";
        self.error(format!("tensor `{name}` of shape {:?}", tensor.shape()), expected)
    }

    /// A tensor, if there is one of that name.
    fn tensor(&self, name: &str) -> Option<TensorView<'a>> {
        self.file.tensor(name).ok()
    }

    /// A vector of as many numbers as `weight` has rows, if there is one of that name.
    fn vector(&mut self, name: &str, length: usize, weight: &str) -> Result<Option<Vec<f64>>> {
        match self.tensor(name) {
            None => Ok(None),
            Some(tensor) if tensor.shape() == [length] => {
                numbers(self.origin, name, &tensor, &mut self.dtype).map(Some)
            }
            Some(tensor) => {
                let found = format!("tensor `{name}` of shape {:?}", tensor.shape());
                Err(self.error(found, format!("[{length}], as `{weight}` has rows")))
            }
        }
    }

    fn dense(&mut self, prefix: &str, weight: &TensorView<'_>, (inputs, outputs): (usize, usize)) -> Result<Stored> {
        let name = format!("{prefix}{WEIGHT}");
        let w = numbers(self.origin, &name, weight, &mut self.dtype)?; // (outputs, inputs)
        // PyTorch's Linear(bias=False) has none, which is a bias of 0.
        let b = self.vector(&format!("{prefix}bias"), outputs, &name)?.unwrap_or_else(|| vec![0.0; outputs]);
        let w = (0..inputs).flat_map(|i| (0..outputs).map(move |o| (i, o))).map(|(i, o)| w[o * inputs + i]);
        let params = w.chain(b).collect();
        let layer = Layer::Dense { inputs, outputs };
        Ok(Stored { name: module(prefix), layer, params, running: Vec::new(), batches: None })
    }

    fn norm(&mut self, prefix: &str, weight: &TensorView<'_>, width: usize) -> Result<Stored> {
        let name = format!("{prefix}{WEIGHT}");
        let gamma = numbers(self.origin, &name, weight, &mut self.dtype)?;
        let beside = BESIDE.map(|ending| format!("{prefix}{ending}"));
        let [bias, mean, variance, batches] = &beside;
        let Some(beta) = self.vector(bias, width, &name)? else {
            let found = format!("tensor `{name}` of shape [{width}] without `{bias}`");
            return Err(self.error(found, "a `bias` too, as layer_norm and batch_norm have"));
        };
        let params = [gamma, beta].concat();
        let (mean, variance) = (self.vector(mean, width, &name)?, self.vector(variance, width, &name)?);
        let seen = self.tensor(batches);
        let (layer, running, batches) = match (mean, variance, seen) {
            (None, None, None) => (Layer::LayerNorm { width, eps: EPS }, Vec::new(), None),
            (Some(mean), Some(variance), seen) => {
                if let Some(at) = variance.iter().position(|variance| *variance < 0.0) {
                    let found = format!("{} at element {at} of tensor `{}`", variance[at], beside[2]);
                    return Err(self.error(found, "a variance, 0 or more"));
                }
                // PyTorch's files have it since version 0.4.1.
                let seen = seen.map_or(Ok(0), |tensor| self.count(&beside[3], &tensor))?;
                (Layer::BatchNorm { width, eps: EPS, momentum: MOMENTUM }, [mean, variance].concat(), Some(seen))
            }
            _ => {
                let found = format!("some of `{}`, `{}` and `{}`", beside[1], beside[2], beside[3]);
                return Err(self.error(found, "both means and variances of batch_norm, or none of them for layer_norm"));
            }
        };
        Ok(Stored { name: module(prefix), layer, params, running, batches })
    }

    /// A whole number, 0 or more.
    fn count(&self, name: &str, tensor: &TensorView<'_>) -> Result<u64> {
        let value = match (tensor.dtype(), tensor.data().try_into()) {
            (Dtype::I64, Ok(bytes)) => u64::try_from(i64::from_le_bytes(bytes)).ok(),
            (Dtype::U64, Ok(bytes)) => Some(u64::from_le_bytes(bytes)),
            _ => None,
        };
        let found = || format!("tensor `{name}` of type {:?} and shape {:?}", tensor.dtype(), tensor.shape());
        value.ok_or_else(|| self.error(found(), "one I64, 0 or more"))
    }
}

/// The module of a prefix: `net.2` of `net.2.`.
fn module(prefix: &str) -> String {
    prefix.trim_end_matches('.').to_owned()
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
