//! The elements of an NPY file as a row-major array of floats. What they mean (features, labels) is decided above.

use super::header::{Header, read_header};
use crate::data::Limits;
use crate::data::half::f16;
use crate::data::input::{Input, read_exactly};
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
        let header = read_header(origin, &mut reader)?;
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
        let reader: Box<dyn Read + '_> = match len {
            Some(_) => Box::new(reader),
            None => {
                let bytes = (claimed - u128::from(*offset)) as usize;
                Box::new(Cursor::new(read_exactly(origin, &mut reader, *offset, bytes)?))
            }
        };
        let elements = Elements { origin, offset: *offset, count: count as usize, reader };
        let data = elements.collect(element)?;
        let data = if *fortran_order { row_major(&shape, &data)? } else { data };
        let (floats, bytes) = (element.kind == Kind::Float, element.kind == Kind::Uint && element.width == 1);
        Ok(Array { shape, floats, bytes, data })
    }

    pub(super) fn wrong_shape(&self, origin: &str, expected: &str) -> Error {
        Error::format(origin, Place::Header, format!("shape {}", tuple(&self.shape)), expected)
    }
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

/// The elements still in the file.
struct Elements<'a, R: Read> {
    origin: &'a str,
    offset: u64,
    count: usize,
    reader: R,
}

impl<R: Read> Elements<'_, R> {
    fn collect<T: Scalar>(self, element: Element) -> Result<Vec<T>> {
        const AT_ONCE: usize = 4096; // elements
        let Elements { origin, offset, count, mut reader } = self;
        let place = |index: usize| Place::Byte(offset + (index * element.width) as u64);
        let mut data = Vec::new();
        let no_memory =
            |_| Error::format(origin, Place::Header, format!("{count} elements"), "fewer, as memory is short");
        data.try_reserve_exact(count).map_err(no_memory)?;
        let mut buffer = [0; 8 * AT_ONCE];
        while data.len() < count {
            let some = &mut buffer[..AT_ONCE.min(count - data.len()) * element.width];
            reader.read_exact(some).map_err(Error::io("read", origin))?;
            for bytes in some.chunks_exact(element.width) {
                let place = place(data.len());
                let number = element
                    .number(bytes)
                    .ok_or_else(|| Error::format(origin, place, bytes[0].to_string(), "a boolean, 0 or 1"))?;
                data.push(narrow(origin, place, number)?);
            }
        }
        Ok(data)
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
pub(super) mod tests {
    use super::*;

    /// An NPY file with this dictionary, padded as NumPy pads.
    pub(in super::super) fn npy(version: u8, dict: &str, data: &[u8]) -> Vec<u8> {
        let before = if version == 1 { 10 } else { 12 };
        let length = (before + dict.len() + 1).next_multiple_of(64) - before;
        let mut bytes = [&b"\x93NUMPY"[..], &[version, 0]].concat();
        bytes.extend(&(length as u32).to_le_bytes()[..before - 8]);
        bytes.extend(format!("{dict:<width$}\n", width = length - 1).as_bytes());
        bytes.extend(data);
        bytes
    }

    fn dict(descr: &str, fortran: &str, shape: &str) -> String {
        format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}")
    }

    fn read(bytes: &[u8]) -> Result<Array<f64>> {
        Array::read("x.npy", bytes, Some(bytes.len() as u64), Limits::default())
    }

    fn message(bytes: &[u8]) -> String {
        read(bytes).unwrap_err().to_string()
    }

    #[test]
    fn every_width_and_byte_order_gives_the_same_numbers() {
        let numbers = [1i8, 0, 100, 7];
        macro_rules! both {
            ($letter:literal, $t:ty) => {
                let width = size_of::<$t>();
                let little: Vec<u8> = numbers.iter().flat_map(|&x| (x as $t).to_le_bytes()).collect();
                let big: Vec<u8> = numbers.iter().flat_map(|&x| (x as $t).to_be_bytes()).collect();
                for (mark, data) in [('<', little), ('>', big)] {
                    let mark = if width == 1 { '|' } else { mark };
                    let descr = format!("{mark}{}{width}", $letter);
                    for version in [1, 2, 3] {
                        let array = read(&npy(version, &dict(&descr, "False", "(2, 2)"), &data)).unwrap();
                        assert_eq!((array.shape, array.data), (vec![2, 2], vec![1.0, 0.0, 100.0, 7.0]), "{descr}");
                        assert_eq!(array.floats, $letter == 'f');
                    }
                }
            };
        }
        both!('i', i8);
        both!('i', i16);
        both!('i', i32);
        both!('i', i64);
        both!('u', u8);
        both!('u', u16);
        both!('u', u32);
        both!('u', u64);
        both!('f', f32);
        both!('f', f64);
        let half = read(&npy(1, &dict("<f2", "False", "(2,)"), &[0, 0x3c, 0, 0xc0])).unwrap();
        assert_eq!((half.data, half.floats), (vec![1.0, -2.0], true));
        assert_eq!(read(&npy(1, &dict(">f2", "False", "(1,)"), &[0x3c, 0])).unwrap().data, [1.0]);
        assert_eq!(read(&npy(1, &dict("|b1", "False", "(2,)"), &[1, 0])).unwrap().data, [1.0, 0.0]);
        assert!(message(&npy(1, &dict("|b1", "False", "(2,)"), &[1, 2])).contains("x.npy, byte 129: found"));
        assert_eq!(read(&npy(1, &dict("|i1", "False", "(1,)"), &[0x80])).unwrap().data, [-128.0]);
    }

    #[test]
    fn fortran_order_is_turned_around_in_two_and_three_dimensions() {
        // numpy.arange(6).reshape(2, 3), then numpy.arange(24).reshape(2, 3, 4), in Fortran order.
        let two = read(&npy(1, &dict("|u1", "True", "(2, 3)"), &[0, 3, 1, 4, 2, 5])).unwrap();
        assert_eq!(two.data, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut file = Vec::new();
        for k in 0..4 {
            for j in 0..3 {
                for i in 0..2 {
                    file.push(i * 12 + j * 4 + k);
                }
            }
        }
        let three = read(&npy(1, &dict("|u1", "True", "(2, 3, 4)"), &file)).unwrap();
        assert_eq!(three.data, (0..24).map(f64::from).collect::<Vec<_>>());
    }

    #[test]
    fn every_prefix_and_a_byte_too_many_are_refused() {
        let whole = npy(1, &dict("<f4", "False", "(2, 2)"), &[0; 16]);
        assert!(read(&whole).is_ok());
        for length in 0..whole.len() {
            let message = message(&whole[..length]);
            assert!(message.starts_with("x.npy, "), "{length}: {message}");
        }
        let message = message(&[&whole[..], &[0]].concat());
        assert_eq!(
            message,
            "x.npy, header: found shape (2, 2) of '<f4', 144 bytes in all, expected the 145 bytes that the file has"
        );
    }

    #[test]
    fn a_huge_claim_costs_no_memory() {
        // 32 GiB, then 2^63 elements, which times 8 wraps to 0 in 64 bits.
        assert!(message(&npy(1, &dict("<f8", "False", "(4294967296, 1)"), &[])).contains("34359738496 bytes"));
        assert!(message(&npy(1, &dict("<f8", "False", "(9223372036854775808,)"), &[])).contains("bytes in all"));
        assert!(
            message(&npy(1, &dict("<f8", "False", "(4194305, 4194305, 211106198978564)"), &[])).contains("64 bits")
        );
        let bomb = [b"\x93NUMPY\x02\x00".as_slice(), &u32::MAX.to_le_bytes(), &[b'('; 100]].concat();
        assert!(message(&bomb).contains("a header of 4294967295 bytes"));
    }

    #[test]
    fn what_is_no_plain_number_is_named() {
        for (descr, width) in [("|O", 8), ("<U3", 12), ("|S3", 3), ("<c16", 16), ("<M8[ns]", 8), ("|V4", 4)] {
            let message = message(&npy(1, &dict(descr, "False", "(1,)"), &vec![0; width]));
            assert!(
                message.contains(&format!("type '{descr}'")) && message.contains("booleans, integers"),
                "{message}"
            );
        }
        let structured = "{'descr': [('a', '<f4'), ('b', '<i4')], 'fortran_order': False, 'shape': (1,), }";
        assert!(message(&npy(1, structured, &[0; 8])).contains("a structured type"));
        for descr in ["<f", "f4", "<q4", "<f16", "<i3", ""] {
            assert!(
                message(&npy(1, &dict(descr, "False", "(1,)"), &[0; 4])).contains("x.npy, header: found"),
                "{descr}"
            );
        }
    }

    #[test]
    fn a_broken_header_is_refused() {
        for text in
            ["", "{}", "{'descr': '<f4'}", "(1, 2)", "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "{'a'"]
        {
            assert!(message(&npy(1, text, &[0; 4])).starts_with("x.npy, header: found"), "{text}");
        }
        let mut bytes = npy(1, &dict("<f4", "False", "(1,)"), &[0; 4]);
        bytes[6] = 4;
        assert!(message(&bytes).contains("byte 6: found version 4.0"));
        bytes[0] = b'x';
        assert!(message(&bytes).contains("found bytes 78 4e 55"));
        bytes = npy(1, &dict("<f4", "False", "(1,)"), &[0; 4]);
        bytes[60] = 0xff;
        assert!(read(&bytes).is_err());
    }

    #[test]
    fn any_byte_of_the_header_may_be_wrong_without_a_panic_or_a_long_message() {
        let whole = npy(1, &dict("<f4", "False", "(1, 2)"), &[0; 8]);
        for index in 0..whole.len() - 8 {
            for byte in 0..=255 {
                let mut bytes = whole.clone();
                bytes[index] = byte;
                match read(&bytes) {
                    Ok(array) => assert_eq!(array.data.len(), 2),
                    Err(error) => assert!(error.to_string().len() < 500, "{error}"),
                }
            }
        }
        let long = npy(2, &format!("{{'descr': '<f4', {}", " ".repeat(60_000)), &[]);
        assert!(message(&long).len() < 500);
    }

    #[test]
    fn nothing_to_read_is_refused() {
        assert!(message(&npy(1, &dict("<f4", "False", "(0, 3)"), &[])).contains("no rows"));
        assert!(message(&npy(1, &dict("<f4", "False", "(3, 0)"), &[])).contains("no columns"));
    }
}
