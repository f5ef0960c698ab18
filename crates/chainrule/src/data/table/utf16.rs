//! Text in UTF-16, told by its byte order mark, as UTF-8: what spreadsheets save as "Unicode text".

use std::io::{self, Cursor, Read};

use crate::data::input::fill;

/// Units that are decoded at once.
const UNITS: usize = 4096;

/// What `reader` gives, in UTF-8: decoded if it begins with the byte order mark of UTF-16, else as it is.
pub(super) fn decoded<'r>(mut reader: impl Read + 'r) -> io::Result<Box<dyn Read + 'r>> {
    let mut head = [0; 2];
    let filled = fill(&mut reader, &mut head)?;
    let unit: Option<fn([u8; 2]) -> u16> = match head[..filled] {
        [0xff, 0xfe] => Some(u16::from_le_bytes),
        [0xfe, 0xff] => Some(u16::from_be_bytes),
        _ => None,
    };
    Ok(match unit {
        Some(unit) => Box::new(Utf16 { reader, unit, half: None, high: None, text: Vec::new(), given: 0 }),
        None => Box::new(Cursor::new(head[..filled].to_vec()).chain(reader)),
    })
}

/// Decodes as it is read.
struct Utf16<R> {
    reader: R,
    unit: fn([u8; 2]) -> u16,
    /// The first byte of a unit whose second has not come.
    half: Option<u8>,
    /// The first unit of a pair whose second has not come.
    high: Option<u16>,
    text: Vec<u8>,
    /// What of the text has been given away.
    given: usize,
}

impl<R: Read> Utf16<R> {
    /// Reads and decodes some units; nothing at the end.
    fn more(&mut self) -> io::Result<()> {
        let corrupt = |what: &str| io::Error::new(io::ErrorKind::InvalidData, format!("UTF-16 with {what}"));
        let mut bytes = [0; 2 * UNITS];
        let start = usize::from(self.half.is_some());
        if let Some(half) = self.half.take() {
            bytes[0] = half;
        }
        let filled = start + fill(&mut self.reader, &mut bytes[start..])?;
        let pairs = bytes[..filled].chunks_exact(2);
        self.half = pairs.remainder().first().copied();
        self.text.clear();
        self.given = 0;
        let is_end = filled < bytes.len();
        if is_end && self.half.is_some() {
            return Err(corrupt("half a character at its end"));
        }
        let units = self.high.take().into_iter().chain(pairs.map(|pair| (self.unit)([pair[0], pair[1]])));
        let mut units = units.peekable();
        while let Some(unit) = units.next() {
            let is_high = (0xd800..0xdc00).contains(&unit);
            if is_high && units.peek().is_none() && !is_end {
                self.high = Some(unit);
                break;
            }
            let pair = [unit, if is_high { units.next().unwrap_or_default() } else { 0 }];
            let character = char::decode_utf16(pair[..1 + usize::from(is_high)].iter().copied()).next();
            let character = character.and_then(Result::ok).ok_or_else(|| corrupt("half a pair of surrogates"))?;
            self.text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.more()?;
        }
        let count = buffer.len().min(self.text.len() - self.given);
        buffer[..count].copy_from_slice(&self.text[self.given..][..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, is_big: bool) -> Vec<u8> {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(|unit: u16| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        decoded(bytes)?.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn both_orders_are_decoded_across_what_is_read_at_once() {
        for length in [0, 1, 100, UNITS - 1, UNITS, UNITS + 1, 3 * UNITS] {
            let text = "é\u{1f600},1\n".repeat(length / 5) + &"x".repeat(length % 5);
            for is_big in [false, true] {
                assert_eq!(read(&encoded(&text, is_big)).unwrap(), text);
            }
            // Pairs begin at odd places too.
            let odd = format!("x{text}");
            assert_eq!(read(&encoded(&odd, false)).unwrap(), odd);
        }
        assert_eq!(
            (read(b"a,b\n").unwrap(), read(b"").unwrap(), read(b"a").unwrap()),
            ("a,b\n".into(), "".into(), "a".into())
        );
    }

    #[test]
    fn what_is_cut_off_or_no_pair_is_an_error() {
        let whole = encoded("ab\u{1f600}", false);
        for bytes in [&whole[..whole.len() - 1], &whole[..whole.len() - 2], &[0xff, 0xfe, 0x00, 0xdc], &[0xff, 0xfe, 1]]
        {
            assert_eq!(read(bytes).unwrap_err().kind(), io::ErrorKind::InvalidData, "{bytes:?}");
        }
    }
}
