//! A constant of an ONNX graph: its shape, and its numbers in any of the places where ONNX puts them.

use super::schema::{element, tensor};
use crate::protobuf::decode::{Field, fields, packed};
use crate::{Error, Place, Result};

/// A tensor, borrowed from its file.
#[derive(Debug, Clone)]
pub(super) struct Tensor<'a> {
    pub(super) dims: Vec<usize>,
    pub(super) element: i64,
    data: &'a [u8],
    /// Whole numbers, one a varint.
    ints: &'a [u8],
}

/// Fields of a tensor whose numbers are packed.
const FIELDS_MAX: usize = 64;
/// Dimensions of a constant in a network.
const DIMS_MAX: usize = 4;

impl<'a> Tensor<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// When its data lie in another file, or are not as many as its shape says.
    pub(super) fn of(origin: &str, bytes: &'a [u8]) -> Result<Self> {
        let refuse = |found: String, expected: &str| Err(Error::format(origin, Place::Header, found, expected));
        let mut read = Tensor { dims: Vec::new(), element: 0, data: &[], ints: &[] };
        let (mut name, mut raw, mut typed) = ("", None, None);
        for (count, field) in fields(bytes).enumerate() {
            if count > FIELDS_MAX {
                return refuse(format!("constant {name:?} of more than {FIELDS_MAX} fields"), "fewer");
            }
            match field? {
                (tensor::DIMS, Field::Int(dim)) => read.dims.push(usize::try_from(dim).unwrap_or(usize::MAX)),
                (tensor::DIMS, Field::Bytes(dims)) => {
                    for dim in packed(dims).take(DIMS_MAX + 1) {
                        read.dims.push(dim.and_then(|dim| usize::try_from(dim).ok()).unwrap_or(usize::MAX));
                    }
                }
                (tensor::DATA_TYPE, value) => read.element = value.int(),
                (tensor::NAME, value) => name = value.text(),
                (tensor::RAW_DATA, Field::Bytes(data)) => raw = Some(data),
                (tensor::FLOAT_DATA | tensor::DOUBLE_DATA, Field::Bytes(data)) => typed = Some(data),
                (tensor::FLOAT_DATA | tensor::DOUBLE_DATA, _) => {
                    return refuse(format!("constant {name:?} with unpacked numbers"), "packed numbers");
                }
                (tensor::INT32_DATA | tensor::INT64_DATA, Field::Bytes(data)) => read.ints = data,
                (tensor::EXTERNAL_DATA, _) => return refuse_external(origin, name),
                (tensor::DATA_LOCATION, value) if value.int() != 0 => return refuse_external(origin, name),
                _ => {}
            }
            if read.dims.len() > DIMS_MAX {
                return refuse(format!("constant {name:?} of {} dimensions", read.dims.len()), "two at most");
            }
        }
        let count = read.dims.iter().try_fold(1usize, |count, dim| count.checked_mul(*dim));
        read.data = raw.or(typed).unwrap_or_default();
        if let Some(width) = read.width()
            && count.and_then(|count| count.checked_mul(width)) != Some(read.data.len())
        {
            let found = format!("{} bytes for constant {name:?} of shape {:?}", read.data.len(), read.dims);
            return refuse(found, "as many as the shape says");
        }
        Ok(read)
    }

    /// Bytes of a number, of the types that weights have.
    fn width(&self) -> Option<usize> {
        match self.element {
            element::FLOAT => Some(4),
            element::DOUBLE => Some(8),
            _ => None,
        }
    }

    /// Whether it is a list of floats or doubles.
    pub(super) fn is_real(&self) -> bool {
        self.width().is_some()
    }

    /// Its numbers in order; none of a type that weights do not have.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + use<'a> {
        let (floats, doubles): (&[[u8; 4]], &[[u8; 8]]) = match self.element {
            element::FLOAT => (self.data.as_chunks().0, &[]),
            element::DOUBLE => (&[], self.data.as_chunks().0),
            _ => (&[], &[]),
        };
        let floats = floats.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)));
        floats.chain(doubles.iter().map(|bytes| f64::from_le_bytes(*bytes)))
    }

    /// Its whole numbers, where it is a shape of four dimensions at most; else none.
    pub(super) fn shape(&self) -> Vec<i64> {
        if self.element != element::INT64 || self.data.len() > 8 * DIMS_MAX || self.ints.len() > 10 * DIMS_MAX {
            return Vec::new();
        }
        let raw = self.data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
        raw.chain(packed(self.ints).flatten().map(|value| value as i64)).collect()
    }

    /// A truth value that stands alone.
    pub(super) fn flag(&self) -> Option<bool> {
        let mut values =
            self.data.iter().map(|byte| u64::from(*byte)).chain(packed(self.ints).map(|value| value.unwrap_or(1)));
        match (self.element, values.next(), values.next()) {
            (element::BOOL, Some(value), None) => Some(value != 0),
            _ => None,
        }
    }

    /// A number that stands alone.
    pub(super) fn scalar(&self) -> Option<f64> {
        let mut values = self.values();
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }

    /// Its length where it is a vector: `[n]`, `[1, n]` or a number alone.
    pub(super) fn vector(&self) -> Option<usize> {
        let (last, others) = self.dims.split_last().unwrap_or((&1, &[]));
        (self.is_real() && *last > 0 && others.iter().all(|dim| *dim == 1)).then_some(*last)
    }
}

/// The most labels of a classifier.
pub(super) const LABELS_MAX: usize = 1 << 16;

/// The texts of a message, or its whole numbers as texts; none of other types, or of more than [`LABELS_MAX`].
pub(super) fn labels(bytes: &[u8]) -> Vec<String> {
    let (mut element, mut texts, mut packed_ints, mut raw) = (0, Vec::new(), &[][..], &[][..]);
    for (number, value) in fields(bytes).filter_map(Result::ok) {
        match number {
            tensor::DATA_TYPE => element = value.int(),
            tensor::STRING_DATA if texts.len() <= LABELS_MAX => texts.push(value.text().to_owned()),
            tensor::INT32_DATA | tensor::INT64_DATA => packed_ints = value.bytes(),
            tensor::RAW_DATA => raw = value.bytes(),
            _ => {}
        }
    }
    let listed = packed(packed_ints).flatten();
    let numbers: Vec<i64> = match element {
        element::STRING => return if texts.len() > LABELS_MAX { Vec::new() } else { texts },
        // A negative number of 32 bits is stored as one of 64.
        element::INT32 => {
            let raw = raw.as_chunks().0.iter().map(|bytes| i64::from(i32::from_le_bytes(*bytes)));
            raw.chain(listed.map(|value| value as i64)).take(LABELS_MAX + 1).collect()
        }
        element::INT64 => {
            let raw = raw.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
            raw.chain(listed.map(|value| value as i64)).take(LABELS_MAX + 1).collect()
        }
        _ => Vec::new(),
    };
    if numbers.len() > LABELS_MAX { Vec::new() } else { numbers.iter().map(i64::to_string).collect() }
}

fn refuse_external<T>(origin: &str, name: &str) -> Result<T> {
    let found = format!("constant {name:?}, whose numbers lie in another file");
    Err(Error::format(origin, Place::Header, found, "all numbers in the file itself: save it without external data"))
}
