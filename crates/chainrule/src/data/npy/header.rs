//! The header of an NPY file: magic, version, length, and a Python dictionary.
//!
//! The dictionary is parsed by `npyz`, but looked over first. With version 0.9.1, 20 brackets around a number take half
//! a minute, as its grammar tries each bracket several times over, and a product of dimensions beyond 64 bits panics
//! or wraps. So only the form that NumPy writes for plain numbers gets that far: one dictionary, one tuple, strings,
//! decimal numbers, `True` and `False`.

use crate::data::input::{fill, read_error};
use crate::{Error, Place, Result};
use npyz::NpyHeader;
use std::io::Read;

/// The first bytes of every NPY file.
const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// NumPy writes headers of 128 bytes, and on reading itself refuses those above 10,000.
const HEADER_MAX: usize = 64 << 10;

/// Reads a header and says how many bytes it took.
pub(super) fn read_header(origin: &str, reader: &mut impl Read) -> Result<(NpyHeader, u64)> {
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
    look_over(&bytes[8 + width..]).map_err(refuse)?;
    // Its messages repeat the whole dictionary.
    let shortened = |error: std::io::Error| error.to_string().chars().take(200).collect();
    let header = NpyHeader::from_reader(&bytes[..]).map_err(|error| refuse(shortened(error)))?;
    Ok((header, bytes.len() as u64))
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

/// Refuses a dictionary that the parser could choke on, and says what is wrong with it.
fn look_over(text: &[u8]) -> std::result::Result<(), String> {
    let mut open = Vec::new();
    let mut dimensions = 1u64;
    let mut at = 0;
    while at < text.len() {
        let run = |of: fn(&u8) -> bool| text[at..].iter().take_while(|byte| of(byte)).count();
        match text[at] {
            quote @ (b'\'' | b'"') => {
                let length = text[at + 1..].iter().position(|&byte| byte == quote).ok_or("a string without an end")?;
                // An empty string would let three quotes in a row pass, which mean another kind of string.
                if length == 0 || text[at + 1..][..length].contains(&b'\\') {
                    return Err("an empty string or a backslash in one".to_string());
                }
                at += length + 2;
                continue;
            }
            b'0'..=b'9' => {
                let digits = run(u8::is_ascii_digit);
                let number = str::from_utf8(&text[at..at + digits]).unwrap_or_default();
                // A dimension of 0 counts as 1: which partial products the parser forms is not to matter.
                let dimension = number.parse::<u64>().ok().map(|dimension| dimension.max(1));
                dimensions = dimension
                    .and_then(|dimension| dimensions.checked_mul(dimension))
                    .ok_or("dimensions whose product does not fit 64 bits")?;
                at += digits;
                continue;
            }
            b'A'..=b'Z' | b'a'..=b'z' => {
                let letters = run(u8::is_ascii_alphabetic);
                match &text[at..at + letters] {
                    b"True" | b"False" => at += letters,
                    word => return Err(format!("the word {:?}", String::from_utf8_lossy(word))),
                }
                continue;
            }
            b'{' if open.is_empty() => open.push(b'}'),
            b'(' if open == [b'}'] => open.push(b')'),
            b'[' => return Err("a structured type".to_string()),
            close @ (b'}' | b')') if open.last() == Some(&close) => _ = open.pop(),
            b' ' | b'\n' | b',' | b':' => {}
            other => return Err(format!("{:?} out of place", char::from(other))),
        }
        at += 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }";

    fn look(text: &str) -> std::result::Result<(), String> {
        look_over(text.as_bytes())
    }

    #[test]
    fn what_numpy_writes_passes() {
        look(GOOD).unwrap();
        look("{\"descr\": \"|u1\", 'shape': (5,), 'fortran_order': True}           \n").unwrap();
        look("{'descr': '>i8', 'fortran_order': False, 'shape': (), }").unwrap();
        look("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 18446744073709551615), }").unwrap();
    }

    #[test]
    fn what_the_parser_could_choke_on_does_not() {
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
        ] {
            let error = look(text).unwrap_err();
            assert!(error.contains(found), "{text}: {error}");
        }
        assert!(look(&format!("{{'shape': {}1{}}}", "(".repeat(20), ")".repeat(20))).is_err());
    }
}
