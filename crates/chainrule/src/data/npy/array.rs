//! The elements of an NPY file as a row-major array of floats. What they mean (features, labels) is decided above.

use super::header::{Header, read_header};
use crate::data::Limits;
use crate::data::half::f16;
use crate::data::input::{Input, read_error, read_exactly};
use crate::data::numbers::narrow;
use crate::{Error, Place, Result};
use chainrule_kernel::Scalar;
use std::io::{BufReader, Cursor, Read};

const NUMBERS: &str = "booleans, integers of 8 to 64 bits, or floats of 16 to 64";

/// An array in row-major order, whatever the file's.
#[derive(Debug)]
pub(super) struct Array<T> {
    /// No dimension is 0; none at all means a single number.
    pub(super) shape: Vec<usize>,
    /// Whether the file's elements were floats.
    pub(super) floats: bool,
    /// Whether they were bytes, 0 to 255.
    pub(super) bytes: bool,
    /// The elements, `(shape[0], shape[1], ...)`.
    pub(super) data: Vec<T>,
}

impl<T: Scalar> Array<T> {
    pub(super) fn from_input(input: Input) -> Result<Self> {
        Self::read(&input.origin, BufReader::new(input.reader), input.len, input.limits)
    }

    /// Reads an array out of `len` bytes. Before it allocates, the header's claim has been found equal to `len` and within
    /// the limits; of a pipe, which does not tell its length, memory grows with what comes.
    pub(super) fn read(origin: &str, mut reader: impl Read, len: Option<u64>, limits: Limits) -> Result<Self> {
        let claim = Claim::read(origin, &mut reader, len, limits)?;
        claim.whole(origin, reader, len)
    }

    pub(super) fn wrong_shape(&self, origin: &str, expected: &str) -> Error {
        wrong_shape(origin, &self.shape, expected)
    }
}

/// That a shape is not what is needed.
pub(super) fn wrong_shape(origin: &str, shape: &[usize], expected: &str) -> Error {
    Error::format(origin, Place::Header, format!("shape {}", tuple(shape)), expected)
}

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Bool,
    Int,
    Uint,
    Float,
}

/// How an element lies in the file.
#[derive(Debug, Clone, Copy)]
struct Element {
    kind: Kind,
    /// Bytes, at most 8.
    width: usize,
    big_endian: bool,
}

impl Element {
    /// What NumPy's words for a type mean, where that is a plain number: `<f4`.
    fn of(descr: &str) -> Option<Self> {
        let (order, rest) = descr.split_at_checked(1)?;
        let (kind, width) = rest.split_at_checked(1)?;
        let kind = match kind {
            "b" => Kind::Bool,
            "i" => Kind::Int,
            "u" => Kind::Uint,
            "f" => Kind::Float,
            _ => return None,
        };
        let width = match (kind, width) {
            (Kind::Bool | Kind::Int | Kind::Uint, "1") => 1,
            (Kind::Int | Kind::Uint | Kind::Float, "2") => 2,
            (Kind::Int | Kind::Uint | Kind::Float, "4") => 4,
            (Kind::Int | Kind::Uint | Kind::Float, "8") => 8,
            _ => return None,
        };
        match (order, width) {
            ("<", _) | ("|", 1) => Some(Element { kind, width, big_endian: false }),
            (">", _) => Some(Element { kind, width, big_endian: true }),
            _ => None,
        }
    }

    /// The number in these bytes, as many as the width; `None` for a boolean that is neither 0 nor 1.
    fn number(self, bytes: &[u8]) -> Option<f64> {
        let mut little = [0u8; 8];
        little[..self.width].copy_from_slice(bytes);
        if self.big_endian {
            little[..self.width].reverse();
        }
        let bits = u64::from_le_bytes(little);
        let unused = 64 - 8 * self.width as u32;
        match (self.kind, self.width) {
            (Kind::Bool, _) => (bits <= 1).then_some(bits as f64),
            (Kind::Int, _) => Some(((bits << unused) as i64 >> unused) as f64), // the sign moves down
            (Kind::Uint, _) => Some(bits as f64),
            (Kind::Float, 2) => Some(f16(bits as u16)),
            (Kind::Float, 4) => Some(f64::from(f32::from_bits(bits as u32))),
            (Kind::Float, _) => Some(f64::from_bits(bits)),
        }
    }
}

/// What a header says of the elements behind it.
pub(super) struct Claim {
    element: Element,
    /// No dimension is 0.
    pub(super) shape: Vec<usize>,
    pub(super) fortran_order: bool,
    /// Where the elements begin.
    pub(super) offset: u64,
    /// How many there are.
    pub(super) count: usize,
}

impl Claim {
    /// Reads the header; refuses a claim that is not equal to `len`, where that is known, or beyond the limits.
    pub(super) fn read(origin: &str, reader: &mut impl Read, len: Option<u64>, limits: Limits) -> Result<Self> {
        let header = read_header(origin, reader)?;
        let refuse = |found: String, expected: &str| Error::format(origin, Place::Header, found, expected);
        let Header { descr, fortran_order, offset, .. } = &header;
        let element = Element::of(descr).ok_or_else(|| {
            let pickled = if descr.get(1..2) == Some("O") { " (Python objects)" } else { "" };
            refuse(format!("elements of type '{descr}'{pickled}"), NUMBERS)
        })?;
        let shape: Vec<usize> = header.shape.iter().map(|&dim| dim as usize).collect();
        if let Some(index) = shape.iter().position(|&dim| dim == 0) {
            let what = if index == 0 { "rows" } else { "columns" };
            return Err(Error::Empty { origin: origin.to_string(), what });
        }
        let count: u64 = header.shape.iter().product(); // which the header has seen to fit
        let claimed = u128::from(count) * element.width as u128 + u128::from(*offset);
        if let Some(len) = len.filter(|len| claimed != u128::from(*len)) {
            let found = format!("shape {} of '{descr}', {claimed} bytes in all", tuple(&shape));
            return Err(refuse(found, &format!("the {len} bytes that the file has")));
        }
        limits.check(origin, claimed)?;
        Ok(Claim { element, shape, fortran_order: *fortran_order, offset: *offset, count: count as usize })
    }

    /// Bytes of all elements.
    pub(super) fn bytes(&self) -> usize {
        self.count * self.element.width
    }

    pub(super) fn are_bytes(&self) -> bool {
        self.element.kind == Kind::Uint && self.element.width == 1
    }

    /// Reads the elements, of a file of `len` bytes or of one that does not tell.
    pub(super) fn whole<T: Scalar>(self, origin: &str, mut reader: impl Read, len: Option<u64>) -> Result<Array<T>> {
        match len {
            Some(_) => self.collect(origin, reader),
            None => {
                let bytes = read_exactly(origin, &mut reader, self.offset, self.bytes())?;
                self.collect(origin, Cursor::new(bytes))
            }
        }
    }

    fn collect<T: Scalar>(self, origin: &str, reader: impl Read) -> Result<Array<T>> {
        let mut data = Vec::new();
        let count = self.count;
        let no_memory =
            |_| Error::format(origin, Place::Header, format!("{count} elements"), "fewer, as memory is short");
        data.try_reserve_exact(count).map_err(no_memory)?;
        self.each(origin, reader, |place, number| {
            data.push(narrow(origin, place, number)?);
            Ok(())
        })?;
        let data = if self.fortran_order { row_major(&self.shape, &data)? } else { data };
        let (floats, bytes) = (self.element.kind == Kind::Float, self.are_bytes());
        Ok(Array { shape: self.shape, floats, bytes, data })
    }

    /// Shows every element that is still to be read, in the order of the file, and the place where it stands.
    pub(super) fn each(
        &self,
        origin: &str,
        mut reader: impl Read,
        mut see: impl FnMut(Place, f64) -> Result<()>,
    ) -> Result<()> {
        const AT_ONCE: usize = 4096; // elements
        let Claim { element, offset, count, .. } = *self;
        let place = |index: usize| Place::Byte(offset + (index * element.width) as u64);
        let mut buffer = [0; 8 * AT_ONCE];
        let mut seen = 0;
        while seen < count {
            let some = &mut buffer[..AT_ONCE.min(count - seen) * element.width];
            reader.read_exact(some).map_err(|error| read_error(origin, offset, error))?;
            for bytes in some.chunks_exact(element.width) {
                let place = place(seen);
                let number = element
                    .number(bytes)
                    .ok_or_else(|| Error::format(origin, place, bytes[0].to_string(), "a boolean, 0 or 1"))?;
                see(place, number)?;
                seen += 1;
            }
        }
        Ok(())
    }
}

/// Puts elements whose first dimension runs fastest into the order in which the last one does.
fn row_major<T: Scalar>(shape: &[usize], data: &[T]) -> Result<Vec<T>> {
    // Dimensions of 1 change nothing, and a header holds 30,000 of them, each to be counted through for each element.
    let shape: Vec<usize> = shape.iter().copied().filter(|dim| *dim > 1).collect();
    // strides[d]: how far apart neighbours along d will be.
    let mut strides = vec![1; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d] * shape[d];
    }
    let mut ordered = Vec::new();
    ordered.try_reserve_exact(data.len()).map_err(|_| Error::no_memory("elements to put in order", data.len()))?;
    ordered.resize(data.len(), T::ZERO);
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    for &element in data {
        ordered[at] = element;
        // Count up as an odometer does, first dimension first.
        for d in 0..shape.len() {
            index[d] += 1;
            at += strides[d];
            if index[d] < shape[d] {
                break;
            }
            at -= shape[d] * strides[d];
            index[d] = 0;
        }
    }
    Ok(ordered)
}

/// A shape as Python writes it, cut short where it is long.
pub(super) fn tuple(shape: &[usize]) -> String {
    const SHOWN: usize = 16;
    match shape {
        [one] => format!("({one},)"),
        _ if shape.len() > SHOWN => format!("{}... of {} dimensions", tuple(&shape[..SHOWN]), shape.len()),
        _ => format!("({})", shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
pub(super) mod tests;
