//! The header of an NPY file: magic, version, length, and a Python dictionary, of which only the form is read that NumPy
//! writes for plain numbers: one dictionary, one tuple, strings, decimal numbers, `True` and `False`.
//!
//! Of our own, because a parser of all of Python's literals brings 14 crates and a tenth of the command's whole build; and
//! 20 brackets around a number took it half a minute. Source: NumPy Enhancement Proposal 1, "A simple file format for NumPy
//! arrays", and the manual's page on `numpy.lib.format`.

use crate::data::input::{fill, read_error};
use crate::{Error, Place, Result};
use std::io::Read;

/// The first bytes of every NPY file.
const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// NumPy writes headers of 128 bytes, and on reading itself refuses those above 10,000.
const HEADER_MAX: usize = 64 << 10;

/// What a header says.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    /// The type of the elements as NumPy writes it: `<f4`.
    pub(super) descr: String,
    /// Whether the first dimension runs fastest.
    pub(super) fortran_order: bool,
    /// Its product fits 64 bits, also where one of them is 0.
    pub(super) shape: Vec<u64>,
    /// Where the elements begin.
    pub(super) offset: u64,
}

/// A header of version 1.0 in front of elements of this type, in C order; padded, as NumPy pads it, to a multiple of 64 bytes.
pub(crate) fn header_of(descr: &str, shape: &[u64]) -> Vec<u8> {
    let dimensions: Vec<String> = shape.iter().map(u64::to_string).collect();
    let comma = if shape.len() == 1 { "," } else { "" };
    let shape = format!("({}{comma})", dimensions.join(", "));
    let dictionary = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let before = MAGIC.len() + 4;
    let length = (before + dictionary.len() + 1).next_multiple_of(64) - before;
    let mut bytes = [&MAGIC[..], &[1, 0], &(length as u16).to_le_bytes()].concat();
    bytes.extend(format!("{dictionary:<width$}\n", width = length - 1).as_bytes());
    bytes
}

/// Reads a header.
pub(super) fn read_header(origin: &str, reader: &mut impl Read) -> Result<Header> {
    let mut bytes = Vec::new();
    more(origin, reader, &mut bytes, MAGIC.len() + 2)?;
    if !bytes.starts_with(MAGIC) {
        let shown: Vec<String> = bytes[..MAGIC.len()].iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = "an NPY file, which starts with 93 4e 55 4d 50 59";
        return Err(Error::format(origin, Place::Byte(0), format!("bytes {}", shown.join(" ")), expected));
    }
    let (major, minor) = (bytes[6], bytes[7]);
    let width = match (major, minor) {
        (1, 0) => 2,
        (2 | 3, 0) => 4,
        _ => {
            let found = format!("version {major}.{minor}");
            return Err(Error::format(origin, Place::Byte(6), found, "version 1.0, 2.0 or 3.0"));
        }
    };
    more(origin, reader, &mut bytes, width)?;
    let length = bytes[8..].iter().rev().fold(0, |length, &byte| length << 8 | usize::from(byte));
    if length > HEADER_MAX {
        let (found, expected) = (format!("a header of {length} bytes"), format!("at most {HEADER_MAX}"));
        return Err(Error::format(origin, Place::Byte(8), found, expected));
    }
    more(origin, reader, &mut bytes, length)?;
    let refuse = |found: String| {
        let expected = "a dictionary of 'descr', 'fortran_order' and 'shape' for an array of plain numbers";
        Error::format(origin, Place::Header, found, expected)
    };
    let tokens = tokens(&bytes[8 + width..]).map_err(refuse)?;
    let offset = bytes.len() as u64;
    dictionary(&tokens, offset).map_err(refuse)
}

/// Appends the next `count` bytes of the header.
fn more(origin: &str, reader: &mut impl Read, bytes: &mut Vec<u8>, count: usize) -> Result<()> {
    let start = bytes.len();
    bytes.resize(start + count, 0);
    let filled = fill(reader, &mut bytes[start..]).map_err(|error| read_error(origin, start as u64, error))?;
    if filled < count {
        let expected = format!("{count} bytes of an NPY header from byte {start} on");
        return Err(Error::format(origin, Place::Byte((start + filled) as u64), "the end", expected));
    }
    Ok(())
}

/// A word of the dictionary.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Text(&'a str),
    Number(u64),
    Truth(bool),
    /// `{`, `}`, `(`, `)`, `:` or `,`.
    Mark(u8),
}

/// The dictionary's words, or what stands there instead of one.
fn tokens(text: &[u8]) -> std::result::Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut open = Vec::new();
    let mut dimensions = 1u64;
    let mut at = 0;
    while at < text.len() {
        let run = |of: fn(&u8) -> bool| text[at..].iter().take_while(|byte| of(byte)).count();
        match text[at] {
            quote @ (b'\'' | b'"') => {
                let length = text[at + 1..].iter().position(|&byte| byte == quote).ok_or("a string without an end")?;
                let inside = &text[at + 1..][..length];
                // An empty string would let three quotes in a row pass, which mean another kind of string.
                if length == 0 || inside.contains(&b'\\') {
                    return Err("an empty string or a backslash in one".to_string());
                }
                tokens.push(Token::Text(str::from_utf8(inside).map_err(|_| "a string that is not UTF-8")?));
                at += length + 2;
                continue;
            }
            b'0'..=b'9' => {
                let digits = run(u8::is_ascii_digit);
                let number = str::from_utf8(&text[at..at + digits]).ok().and_then(|digits| digits.parse::<u64>().ok());
                // A dimension of 0 counts as 1: which partial products are formed is not to matter.
                dimensions = number
                    .and_then(|number| dimensions.checked_mul(number.max(1)))
                    .ok_or("dimensions whose product does not fit 64 bits")?;
                tokens.extend(number.map(Token::Number));
                at += digits;
                continue;
            }
            b'A'..=b'Z' | b'a'..=b'z' => {
                let letters = run(u8::is_ascii_alphabetic);
                match &text[at..at + letters] {
                    b"True" => tokens.push(Token::Truth(true)),
                    b"False" => tokens.push(Token::Truth(false)),
                    word => return Err(format!("the word {:?}", String::from_utf8_lossy(word))),
                }
                at += letters;
                continue;
            }
            b'{' if open.is_empty() => open.push(b'}'),
            b'(' if open == [b'}'] => open.push(b')'),
            b'[' => return Err("a structured type".to_string()),
            close @ (b'}' | b')') if open.last() == Some(&close) => _ = open.pop(),
            b' ' | b'\n' => {
                at += 1;
                continue;
            }
            b',' | b':' => {}
            other => return Err(format!("{:?} out of place", char::from(other))),
        }
        tokens.push(Token::Mark(text[at]));
        at += 1;
    }
    Ok(tokens)
}

/// The header that the words of its dictionary make.
fn dictionary(tokens: &[Token<'_>], offset: u64) -> std::result::Result<Header, String> {
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let inside = tokens.strip_prefix(&[Token::Mark(b'{')]).and_then(|rest| rest.strip_suffix(&[Token::Mark(b'}')]));
    let mut rest = inside.ok_or("no dictionary")?;
    while let [Token::Text(key), Token::Mark(b':'), value @ ..] = rest {
        let twice = match (*key, value) {
            ("descr", [Token::Text(text), after @ ..]) => {
                rest = after;
                descr.replace((*text).to_string()).is_some()
            }
            ("fortran_order", [Token::Truth(truth), after @ ..]) => {
                rest = after;
                fortran_order.replace(*truth).is_some()
            }
            ("shape", [Token::Mark(b'('), after @ ..]) => {
                let numbers;
                (numbers, rest) = tuple(after)?;
                shape.replace(numbers).is_some()
            }
            _ => return Err(format!("{key:?} with another kind of value, or an unknown key")),
        };
        if twice {
            return Err(format!("{key:?} twice"));
        }
        match rest {
            [Token::Mark(b','), after @ ..] => rest = after,
            [] => break,
            _ => return Err(format!("no comma after {key:?}")),
        }
    }
    if !rest.is_empty() {
        return Err("something that is no key with a value".to_string());
    }
    Ok(Header {
        descr: descr.ok_or("no 'descr'")?,
        fortran_order: fortran_order.ok_or("no 'fortran_order'")?,
        shape: shape.ok_or("no 'shape'")?,
        offset,
    })
}

/// The numbers of a tuple whose bracket is open, and what follows it: `)`, `3,)`, `3, 4)`.
fn tuple<'a, 't>(mut rest: &'a [Token<'t>]) -> std::result::Result<(Vec<u64>, &'a [Token<'t>]), String> {
    let mut numbers = Vec::new();
    loop {
        match rest {
            [Token::Mark(b')'), after @ ..] => return Ok((numbers, after)),
            [Token::Number(number), Token::Mark(b','), after @ ..] => {
                numbers.push(*number);
                rest = after;
            }
            // A number alone in brackets is no tuple.
            [Token::Number(number), Token::Mark(b')'), after @ ..] if !numbers.is_empty() => {
                numbers.push(*number);
                return Ok((numbers, after));
            }
            _ => return Err("a shape that is no tuple of numbers".to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }";

    fn look(text: &str) -> std::result::Result<Header, String> {
        dictionary(&tokens(text.as_bytes())?, 128)
    }

    #[test]
    fn what_numpy_writes_passes() {
        let header = Header { descr: "<f4".to_string(), fortran_order: false, shape: vec![3, 4], offset: 128 };
        assert_eq!(look(GOOD).unwrap(), header);
        let header = Header { descr: "|u1".to_string(), fortran_order: true, shape: vec![5], offset: 128 };
        assert_eq!(look("{\"descr\": \"|u1\", 'shape': (5,), 'fortran_order': True}           \n").unwrap(), header);
        look("{'descr': '>i8', 'fortran_order': False, 'shape': (), }").unwrap();
        look("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 18446744073709551615), }").unwrap();
    }

    #[test]
    fn other_literals_of_python_are_refused() {
        for (text, found) in [
            ("((((", "'(' out of place"),
            ("{{", "'{' out of place"),
            ("{'shape': ((1,2),)}", "'(' out of place"),
            ("{'descr': [('a', '<f4')]}", "a structured type"),
            ("{'shape': (4294967296, 4294967296)}", "does not fit 64 bits"),
            ("{'shape': (0, 4294967296, 4294967296)}", "does not fit 64 bits"),
            ("{'shape': (99999999999999999999,)}", "does not fit 64 bits"),
            ("{'shape': (0x10,)}", "the word \"x\""),
            ("{'shape': (1_0,)}", "'_' out of place"),
            ("{'shape': (-1,)}", "'-' out of place"),
            ("{'shape': (1.5,)}", "'.' out of place"),
            ("{'shape': None}", "the word \"None\""),
            ("{'shape': (2L,)}", "the word \"L\""),
            ("{'''((((''': 1}", "an empty string"),
            ("{'a\\'((((': 1}", "backslash"),
            ("{'a", "without an end"),
            ("{)", "')' out of place"),
            ("{'a': (1}", "'}' out of place"),
            ("{'shape': (3)}", "no tuple"),
            ("{'shape': (,)}", "no tuple"),
            ("{'shape': (3 4)}", "no tuple"),
            ("{'shape': (3,), 'shape': (3,)}", "\"shape\" twice"),
            ("{'shape': (3,) 'descr': '<f4'}", "no comma"),
            ("{'shape': True}", "another kind"),
            ("{'colour': True}", "unknown key"),
            ("{'shape': (3,), 7}", "no key"),
            ("{'descr': '<f4', 'shape': (3,)}", "no 'fortran_order'"),
            ("{} {}", "no key"),
        ] {
            let error = look(text).unwrap_err();
            assert!(error.contains(found), "{text}: {error}");
        }
        assert!(look(&format!("{{'shape': {}1{}}}", "(".repeat(20), ")".repeat(20))).is_err());
    }

    #[test]
    fn what_is_written_is_read_and_ends_at_a_multiple_of_64() {
        for shape in [vec![], vec![7], vec![3, 4], vec![1; 40]] {
            let bytes = header_of("<f8", &shape);
            assert!(bytes.len().is_multiple_of(64) && bytes.ends_with(b"\n"), "{shape:?}");
            let header = read_header("x.npy", &mut &bytes[..]).unwrap();
            assert_eq!(
                header,
                Header { descr: "<f8".to_string(), fortran_order: false, offset: bytes.len() as u64, shape }
            );
        }
    }
}
