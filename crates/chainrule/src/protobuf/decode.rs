//! Protobuf read: the fields of a message, one after the other, borrowed from the bytes they stand in. Nothing is allocated,
//! whatever lengths a message claims. `encode.rs` writes it.

use crate::{Error, Place, Result};

/// A field's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Field<'a> {
    Int(u64),
    Fixed32([u8; 4]),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    /// The bytes of a text, a message or a packed list; none of a number.
    pub(crate) fn bytes(self) -> &'a [u8] {
        if let Field::Bytes(bytes) = self { bytes } else { &[] }
    }

    pub(crate) fn int(self) -> i64 {
        if let Field::Int(value) = self { value as i64 } else { 0 }
    }

    pub(crate) fn float(self) -> f64 {
        if let Field::Fixed32(bytes) = self { f64::from(f32::from_le_bytes(bytes)) } else { 0.0 }
    }

    /// A text; what is no UTF-8 is empty.
    pub(crate) fn text(self) -> &'a str {
        str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

/// The fields of a message: numbers and values. After an error there are no more.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
    length: usize,
}

/// The fields of the message in these bytes.
pub(crate) fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields { rest: bytes, length: bytes.len() }
}

/// The numbers of a packed list.
pub(crate) fn packed(mut bytes: &[u8]) -> impl Iterator<Item = Option<u64>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let value = varint(&mut bytes);
        if value.is_none() {
            bytes = &[];
        }
        Some(value)
    })
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let tag = varint(&mut self.rest)?;
        let value = match tag & 7 {
            0 => Field::Int(varint(&mut self.rest)?),
            1 => Field::Fixed64(self.take(8)?.try_into().ok()?),
            2 => {
                let length = usize::try_from(varint(&mut self.rest)?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Fixed32(self.take(4)?.try_into().ok()?),
            _ => return None,
        };
        (tag >> 3 > 0).then_some((tag >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let at = self.length - self.rest.len();
        let field = self.field();
        if field.is_none() {
            self.rest = &[];
        }
        let found = || format!("a field that is cut short or of no known kind, {at} bytes into a message");
        Some(field.ok_or_else(|| Error::format("onnx", Place::Header, found(), "an ONNX file")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protobuf::encode::Message;

    #[test]
    fn what_is_written_is_read() {
        let inner = Message::new().text(3, "abc");
        let bytes = Message::new().int(1, -2).float(200, 0.5).message(7, &inner).int(1, 300).into_bytes();
        let read: Vec<_> = fields(&bytes).map(Result::unwrap).collect();
        assert_eq!(read[0], (1, Field::Int(-2i64 as u64)));
        assert_eq!((read[1].0, read[1].1.float()), (200, 0.5));
        assert_eq!(fields(read[2].1.bytes()).next().unwrap().unwrap().1.text(), "abc");
        assert_eq!((read[3].1.int(), read.len()), (300, 4));
        for end in 1..bytes.len() {
            let read: Vec<_> = fields(&bytes[..end]).collect();
            assert!(read.len() <= 4 && read.iter().rev().skip(1).all(Result::is_ok), "{end}");
        }
        assert!(fields(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]).next().unwrap().is_err());
        assert_eq!(packed(&[1, 0xac, 0x02, 0x80]).collect::<Vec<_>>(), [Some(1), Some(300), None]);
    }
}
