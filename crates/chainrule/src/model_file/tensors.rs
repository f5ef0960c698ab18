//! What the tensors of a file are: the modules that learn something, in their order.

use std::cmp::Ordering;
use std::ops::Range;

use chainrule_model::{Layer, Precision};
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use super::dtype::DType;
use super::header::Header;
use crate::data::half::{bf16, f16};
use crate::{Error, Place, Result};

/// PyTorch's defaults, which a file without metadata does not tell.
const EPS: f64 = 1e-5;
const MOMENTUM: f64 = 0.1;

/// Where the numbers of a tensor lie in the file; all are finite.
#[derive(Debug)]
pub(super) struct Numbers {
    name: String,
    dtype: Dtype,
    bytes: Range<usize>,
    /// Of integers, of which there are as many rows as scales.
    scales: Option<Scales>,
}

/// Where the scales of the rows of a tensor lie, f32 each, and how long a row is.
#[derive(Debug)]
struct Scales {
    bytes: Range<usize>,
    row: usize,
}

impl Numbers {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What they are rounded to.
    pub(super) fn precision(&self) -> Precision {
        match self.dtype {
            Dtype::BF16 => Precision::Bf16,
            Dtype::F16 => Precision::F16,
            Dtype::I8 => Precision::Int8,
            _ => Precision::F32,
        }
    }

    /// The numbers in the file's order, widened. `file` is all of it.
    pub(super) fn values<'a>(&self, file: &'a [u8]) -> impl Iterator<Item = f64> + use<'a> {
        let (bytes, dtype) = (&file[self.bytes.clone()], self.dtype);
        let scales = self.scales.as_ref().map(|scales| (&file[scales.bytes.clone()], scales.row));
        (0..bytes.len() / width(dtype)).map(move |index| scaled(bytes, dtype, scales, index))
    }

    /// The number with this index.
    pub(super) fn get(&self, file: &[u8], index: usize) -> f64 {
        let scales = self.scales.as_ref().map(|scales| (&file[scales.bytes.clone()], scales.row));
        scaled(&file[self.bytes.clone()], self.dtype, scales, index)
    }
}

/// Bytes of a number.
fn width(dtype: Dtype) -> usize {
    match dtype {
        Dtype::I8 => 1,
        Dtype::F16 | Dtype::BF16 => 2,
        Dtype::F32 => 4,
        _ => 8,
    }
}

/// A number times the scale of its row, if there are scales. In the files that are written here the product is exact.
#[inline(always)]
fn scaled(bytes: &[u8], dtype: Dtype, scales: Option<(&[u8], usize)>, index: usize) -> f64 {
    let value = number(bytes, dtype, index);
    match scales {
        None => value,
        Some((scales, row)) => value * number(scales, Dtype::F32, index / row),
    }
}

#[inline(always)]
fn number(bytes: &[u8], dtype: Dtype, index: usize) -> f64 {
    match dtype {
        Dtype::F32 => bytes.as_chunks().0.get(index).map_or(0.0, |bytes| f64::from(f32::from_le_bytes(*bytes))),
        Dtype::BF16 => bytes.as_chunks().0.get(index).map_or(0.0, |bytes| bf16(u16::from_le_bytes(*bytes))),
        Dtype::F16 => bytes.as_chunks().0.get(index).map_or(0.0, |bytes| f16(u16::from_le_bytes(*bytes))),
        Dtype::I8 => bytes.get(index).map_or(0.0, |byte| f64::from(*byte as i8)),
        _ => bytes.as_chunks().0.get(index).map_or(0.0, |bytes| f64::from_le_bytes(*bytes)),
    }
}

/// One module as it lies in the file.
#[derive(Debug)]
pub(super) struct Stored {
    /// What stands before `weight`, for messages.
    pub(super) name: String,
    pub(super) layer: Layer,
    /// Of a dense layer w, (outputs, inputs); of a normalisation gamma, (width).
    pub(super) weight: Numbers,
    /// b, (outputs), which PyTorch's `Linear(bias=False)` does not have; or beta, (width).
    pub(super) bias: Option<Numbers>,
    /// The running means and the variances of a batch normalisation, (width) each.
    pub(super) running: Option<[Numbers; 2]>,
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

    pub(super) fn is_norm(&self) -> bool {
        !matches!(self.layer, Layer::Dense { .. })
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
/// What follows the name of a weight in integers, for their scales.
pub(super) const SCALES: &str = "_scale";
const BESIDE: [&str; 4] = ["bias", "running_mean", "running_var", "num_batches_tracked"];

/// The modules in the natural order of their names, and the widest element type.
///
/// # Errors
/// When a tensor is none of a dense layer's or a normalisation's, or not f32 or f64, or a number in it is not finite.
pub(super) fn of(origin: &str, header: &Header, file: &[u8]) -> Result<(Vec<Stored>, DType)> {
    let mut source = Source { origin, header, file, dtype: DType::F32 };
    let mut names = header.names();
    names.sort_by(|a, b| natural(a, b));
    let mut layers = Vec::new();
    for name in &names {
        let Some(tensor) = header.tensor(name) else { continue };
        if let Some(c) = name.chars().find(|c| c.is_control()) {
            return Err(
                source.error(format!("tensor `{name}`"), format!("a name without {c:?}: no control characters"))
            );
        }
        if let Some(prefix) = name.strip_suffix(WEIGHT) {
            layers.push(match tensor.shape[..] {
                // An empty matrix may claim any number of rows.
                [outputs, inputs] if outputs > 0 && inputs > 0 => source.dense(prefix, inputs, outputs)?,
                [width] if width > 0 => source.norm(prefix, width)?,
                _ => return Err(source.foreign(name, tensor)),
            });
            continue;
        }
        let scaled = name.strip_suffix(SCALES).and_then(|weight| header.tensor(weight));
        if scaled.is_some_and(|weight| weight.dtype == Dtype::I8 && weight.shape.len() == 2) {
            continue; // read with the weight
        }
        let prefix = BESIDE.iter().find_map(|ending| Some((name.strip_suffix(ending)?, *ending)));
        let is_known = prefix.is_some_and(|(prefix, ending)| {
            let weight = header.tensor(&format!("{prefix}{WEIGHT}"));
            weight.is_some_and(|weight| ending == "bias" || weight.shape.len() == 1)
        });
        if !is_known {
            return Err(source.foreign(name, tensor));
        }
    }
    Ok((layers, source.dtype))
}

/// A file that is being read.
struct Source<'a> {
    origin: &'a str,
    header: &'a Header,
    file: &'a [u8],
    dtype: DType,
}

impl Source<'_> {
    fn error(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::format(self.origin, Place::Header, found, expected)
    }

    fn foreign(&self, name: &str, tensor: &TensorInfo) -> Error {
        let expected = "only a `weight` [out, in] and a `bias` [out] for each dense layer, a `weight` [width] and a \
                        `bias` [width] for each normalisation, with `running_mean` and `running_var` [width] for batch_norm";
        self.error(format!("tensor `{name}` of shape {:?}", tensor.shape), expected)
    }

    /// The numbers of a tensor that is there, once they are found to be finite; `dtype` becomes f64 when they are.
    fn numbers(&mut self, name: &str, tensor: &TensorInfo) -> Result<Numbers> {
        let scales = match tensor.dtype {
            Dtype::F32 | Dtype::F64 | Dtype::F16 | Dtype::BF16 => None,
            Dtype::I8 => Some(self.scales(name, tensor)?),
            other => {
                return Err(self.error(
                    format!("tensor `{name}` of type {other:?}"),
                    "F32, F64, F16 or BF16, or I8 with scales; convert it before saving",
                ));
            }
        };
        let dtype = tensor.dtype;
        let numbers = Numbers { name: name.to_owned(), dtype, bytes: self.header.range(tensor), scales };
        if let Some((at, value)) = numbers.values(self.file).enumerate().find(|(_, value)| !value.is_finite()) {
            return Err(self.error(format!("{value} at element {at} of tensor `{name}`"), "a finite number"));
        }
        if dtype == Dtype::F64 {
            self.dtype = DType::F64;
        }
        Ok(numbers)
    }

    /// The scales of a matrix of integers, one finite number of f32 for each row.
    fn scales(&self, name: &str, tensor: &TensorInfo) -> Result<Scales> {
        let beside = format!("{name}{SCALES}");
        let expected =
            || format!("beside I8 `{name}` of shape [out, in] a tensor `{beside}` of type F32 and shape [out]");
        let scales = match (self.header.tensor(&beside), &tensor.shape[..]) {
            (None, _) => return Err(self.error(format!("no tensor `{beside}`"), expected())),
            (Some(scales), [rows, _]) if scales.dtype == Dtype::F32 && scales.shape == [*rows] => scales,
            (Some(scales), _) => {
                let found = format!("tensor `{beside}` of type {:?} and shape {:?}", scales.dtype, scales.shape);
                return Err(self.error(found, expected()));
            }
        };
        let bytes = self.header.range(scales);
        let each = (0..bytes.len() / 4).map(|at| number(&self.file[bytes.clone()], Dtype::F32, at));
        if let Some((at, value)) = each.enumerate().find(|(_, value)| !(value.is_finite() && *value > 0.0)) {
            return Err(self.error(format!("{value} at element {at} of tensor `{beside}`"), "a finite number above 0"));
        }
        Ok(Scales { bytes, row: tensor.shape[1].max(1) })
    }

    /// A vector of as many numbers as `weight` has rows, if there is one of that name.
    fn vector(&mut self, name: &str, length: usize, weight: &str) -> Result<Option<Numbers>> {
        match self.header.tensor(name) {
            None => Ok(None),
            Some(tensor) if tensor.shape == [length] => self.numbers(name, tensor).map(Some),
            Some(tensor) => {
                let found = format!("tensor `{name}` of shape {:?}", tensor.shape);
                Err(self.error(found, format!("[{length}], as `{weight}` has rows")))
            }
        }
    }

    /// The numbers of a `weight`, whose shape is known.
    fn weight(&mut self, name: &str) -> Result<Numbers> {
        match self.header.tensor(name) {
            Some(tensor) => self.numbers(name, tensor),
            None => Err(self.error(format!("no tensor `{name}`"), "one")),
        }
    }

    fn dense(&mut self, prefix: &str, inputs: usize, outputs: usize) -> Result<Stored> {
        let name = format!("{prefix}{WEIGHT}");
        let weight = self.weight(&name)?;
        let bias = self.vector(&format!("{prefix}bias"), outputs, &name)?;
        let layer = Layer::Dense { inputs, outputs };
        Ok(Stored { name: module(prefix), layer, weight, bias, running: None, batches: None })
    }

    fn norm(&mut self, prefix: &str, width: usize) -> Result<Stored> {
        let name = format!("{prefix}{WEIGHT}");
        let weight = self.weight(&name)?;
        let beside = BESIDE.map(|ending| format!("{prefix}{ending}"));
        let [bias, mean, variance, batches] = &beside;
        let Some(beta) = self.vector(bias, width, &name)? else {
            let found = format!("tensor `{name}` of shape [{width}] without `{bias}`");
            return Err(self.error(found, "a `bias` too, as layer_norm and batch_norm have"));
        };
        let (mean, variance) = (self.vector(mean, width, &name)?, self.vector(variance, width, &name)?);
        let seen = self.header.tensor(batches);
        let (layer, running, batches) = match (mean, variance, seen) {
            (None, None, None) => (Layer::LayerNorm { width, eps: EPS }, None, None),
            (Some(mean), Some(variance), seen) => {
                let negative = variance.values(self.file).enumerate().find(|(_, variance)| *variance < 0.0);
                if let Some((at, value)) = negative {
                    let found = format!("{value} at element {at} of tensor `{}`", beside[2]);
                    return Err(self.error(found, "a variance, 0 or more"));
                }
                // PyTorch's files have it since version 0.4.1.
                let seen = seen.map_or(Ok(0), |tensor| self.count(&beside[3], tensor))?;
                (Layer::BatchNorm { width, eps: EPS, momentum: MOMENTUM }, Some([mean, variance]), Some(seen))
            }
            _ => {
                let found = format!("some of `{}`, `{}` and `{}`", beside[1], beside[2], beside[3]);
                return Err(self.error(found, "both means and variances of batch_norm, or none of them for layer_norm"));
            }
        };
        Ok(Stored { name: module(prefix), layer, weight, bias: Some(beta), running, batches })
    }

    /// A whole number, 0 or more.
    fn count(&self, name: &str, tensor: &TensorInfo) -> Result<u64> {
        let value = match (tensor.dtype, self.file[self.header.range(tensor)].try_into()) {
            (Dtype::I64, Ok(bytes)) => u64::try_from(i64::from_le_bytes(bytes)).ok(),
            (Dtype::U64, Ok(bytes)) => Some(u64::from_le_bytes(bytes)),
            _ => None,
        };
        // As many as are written, in I64.
        let found = || format!("tensor `{name}` of type {:?} and shape {:?}", tensor.dtype, tensor.shape);
        value.filter(|count| i64::try_from(*count).is_ok()).ok_or_else(|| self.error(found(), "one I64, 0 or more"))
    }
}

/// The module of a prefix: `net.2` of `net.2.`.
fn module(prefix: &str) -> String {
    prefix.trim_end_matches('.').to_owned()
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
