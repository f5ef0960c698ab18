//! The checksum of a safetensors file of ours: XXH3 of 128 bits over every byte of the file but its own digits.
//!
//! It is the first entry of the file's metadata, so that its place in the file is known before anything is parsed, and a flipped
//! byte is found whatever it would have meant. It finds damage; it does not prove who wrote the file.

use std::ops::Range;

use twox_hash::xxhash3_128;

/// Hexadecimal digits of a checksum.
const DIGITS: usize = 32;
/// The bytes before the header: its length.
const LENGTH: usize = 8;

/// The digits until the checksum is known.
pub(crate) fn placeholder() -> String {
    "0".repeat(DIGITS)
}

/// How the header of a file begins whose metadata are a JSON text under `key` and begin with the checksum.
fn start(key: &str) -> String {
    format!(r#"{{"__metadata__":{{"{key}":"{{\"checksum\":\""#)
}

/// Whether a JSON text begins with a checksum, under whatever key it is.
pub(crate) fn begins_with_one(json: &str) -> bool {
    json.starts_with(r#"{"checksum":"#)
}

/// The place of the digits in a file, of which the first bytes suffice.
pub(crate) fn place(key: &str, file: &[u8]) -> Option<Range<usize>> {
    let start = start(key);
    let digits = LENGTH + start.len()..LENGTH + start.len() + DIGITS;
    let is_there = file.get(LENGTH..digits.start)? == start.as_bytes() && file.len() >= digits.end;
    is_there.then_some(digits)
}

/// A checksum over parts of a file, in their order.
pub(crate) struct Checksum(xxhash3_128::Hasher);

impl Checksum {
    /// Of the parts before and behind the digits.
    pub(crate) fn of(before: &[u8], behind: &[u8]) -> Self {
        let mut sum = Checksum(xxhash3_128::Hasher::new());
        sum.add(before);
        sum.add(behind);
        sum
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub(crate) fn digits(&self) -> String {
        format!("{:0DIGITS$x}", self.0.finish_128())
    }
}

/// Puts the checksum in the place of the digits; whether there is such a place.
pub(crate) fn seal(key: &str, file: &mut [u8]) -> bool {
    let Some(place) = place(key, file) else { return false };
    let digits = Checksum::of(&file[..place.start], &file[place.end..]).digits();
    file[place].copy_from_slice(digits.as_bytes());
    true
}

/// Compares a file with its checksum; `None` where it has none. Otherwise the sum that it has and the one that it should have,
/// where they differ.
pub(crate) fn compare(key: &str, file: &[u8]) -> Option<Result<(), [String; 2]>> {
    let place = place(key, file)?;
    let digits = Checksum::of(&file[..place.start], &file[place.end..]).digits();
    let stored = &file[place];
    Some(match digits.as_bytes() == stored {
        true => Ok(()),
        false => Err([digits, String::from_utf8_lossy(stored).into_owned()]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_flipped_bit_of_a_sealed_file_is_found() {
        let text = format!("12345678{}{}\"}}...", start("key"), placeholder());
        let mut file = text.into_bytes();
        assert!(seal("key", &mut file) && compare("key", &file) == Some(Ok(())));
        for at in 0..8 * file.len() {
            file[at / 8] ^= 1 << (at % 8);
            assert_ne!(compare("key", &file), Some(Ok(())), "bit {at}");
            file[at / 8] ^= 1 << (at % 8);
        }
        assert_eq!(compare("other", &file), None);
        assert_eq!(compare("key", &file[..60]), None);
    }

    #[test]
    fn the_sum_is_xxh3() {
        // The test vector of no bytes in xxHash's own sanity check.
        assert_eq!(Checksum::of(b"", b"").digits(), "99aa06d3014798d86001c324468d497f");
        assert_eq!(Checksum::of(b"ab", b"c").digits(), Checksum::of(b"", b"abc").digits());
    }
}
