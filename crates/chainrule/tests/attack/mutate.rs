//! Files with something wrong in them, drawn from good ones. The same seed, reader and index give the same bytes.

use crate::seeds::{Reader, Whole};

/// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014): every index has a
/// sequence of its own, so that one input can be made again without those before it.
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64, stream: &str, index: u64) -> Self {
        let stream = stream
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        let mut rng = Rng(seed ^ stream);
        rng.0 = rng.next() ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        rng.0 = rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A part of something so long: mostly a short one.
    fn range(&mut self, len: usize) -> std::ops::Range<usize> {
        let start = self.below(len + 1);
        let longest = if self.below(4) == 0 { len - start } else { (len - start).min(16) };
        start..start + self.below(longest + 1)
    }
}

/// No mutated file is longer, so that thousands are tried a second.
const LONGEST: usize = 1 << 18;

const BYTES: &[u8] = &[0, 1, 7, 8, 0x1f, 0x20, b'"', b',', b'[', b'{', 0x7f, 0x80, 0xfe, 0xff];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "-0",
    "00",
    "1.",
    ".5",
    "0x10",
    "1_000",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "1e999",
    "-1e999",
    "1e-999",
    "1e308",
    "3.5e38",
    "1e39",
    "5e-324",
    "1e-46",
    "255",
    "256",
    "30000",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "",
];

/// An input of this reader: one of its seeds with one to eight edits, in the parts of a file whose lengths then are
/// true, or anywhere.
pub(crate) fn mutate(reader: &Reader, rng: &mut Rng) -> Vec<u8> {
    let mut file = rng.pick(&reader.seeds).clone();
    match rng.below(4) {
        0 => {
            let mut bytes = reader.format.join(&file);
            edit(reader, rng, &mut bytes);
            return bytes;
        }
        1 if !file.data.is_empty() => edit(reader, rng, &mut file.data),
        2 if !file.data.is_empty() => {
            edit(reader, rng, &mut file.head);
            edit(reader, rng, &mut file.data);
        }
        _ => edit(reader, rng, &mut file.head),
    }
    reader.format.join(&file)
}

fn edit(reader: &Reader, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let edits = 1 + (rng.next() | 1 << 7).trailing_zeros();
    for _ in 0..edits {
        edit_once(reader, rng, bytes);
        bytes.truncate(LONGEST);
    }
}

fn edit_once(reader: &Reader, rng: &mut Rng, bytes: &mut Vec<u8>) {
    let len = bytes.len();
    match rng.below(16) {
        0 if len > 0 => bytes[rng.below(len)] ^= 1 << rng.below(8),
        1 if len > 0 => bytes[rng.below(len)] = *rng.pick(BYTES),
        2 if len > 0 => bytes[rng.below(len)] = rng.next() as u8,
        3 => bytes.truncate(rng.below(len + 1)),
        4 => bytes.extend(std::iter::repeat_n(*rng.pick(BYTES), 1 + rng.range(300).len())),
        5 | 6 => length_lie(rng, bytes),
        7 | 8 => number(rng, bytes),
        9 => drop(bytes.drain(rng.range(len))),
        10 => {
            let (part, at) = (bytes[rng.range(len)].to_vec(), rng.below(len + 1));
            bytes.splice(at..at, part);
        }
        11 => {
            let Whole { head, data } = rng.pick(&reader.seeds);
            let other = if rng.below(3) == 0 { data } else { head };
            let (part, to) = (other[rng.range(other.len())].to_vec(), rng.range(len));
            bytes.splice(to, part);
        }
        12 => item(rng, bytes),
        13 if !reader.words.is_empty() => {
            let to = if rng.below(2) == 0 {
                rng.range(len)
            } else {
                let at = rng.below(len + 1);
                at..at
            };
            bytes.splice(to, rng.pick(reader.words).bytes());
        }
        14 if rng.below(8) == 0 => nest(rng, bytes),
        15 if rng.below(8) == 0 => {
            let part = bytes[rng.range(len)].to_vec();
            let (at, times) = (rng.below(len + 1), 1 << rng.below(12));
            bytes.splice(at..at, part.repeat(times).into_iter().take(LONGEST));
        }
        _ => {
            // Two parts change places.
            let (a, b) = (rng.range(len / 2), rng.range(len - len / 2));
            let (first, second) = bytes.split_at_mut(len / 2);
            let count = a.len().min(b.len());
            first[a.start..][..count].swap_with_slice(&mut second[b.start..][..count]);
        }
    }
}

/// Writes a length as lies have it, of one to eight bytes in either order, over what is there.
fn length_lie(rng: &mut Rng, bytes: &mut [u8]) {
    let width = 1 << rng.below(4);
    if bytes.len() < width {
        return;
    }
    // Lengths stand in the first bytes of most formats.
    let places = if rng.below(2) == 0 { bytes.len() - width + 1 } else { (bytes.len() - width + 1).min(16) };
    let at = rng.below(places);
    let power = 1u64 << rng.below(64);
    let value = *rng.pick(&[0, 1, power - 1, power, power + 1, u64::MAX, i64::MAX as u64, bytes.len() as u64]);
    let little = value.to_le_bytes();
    bytes[at..at + width].copy_from_slice(&little[..width]);
    if rng.below(2) == 0 {
        bytes[at..at + width].reverse();
    }
}

/// Puts another number in the place of one in the text.
fn number(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let from = rng.below(bytes.len() + 1);
    let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit).map(|at| from + at) else { return };
    let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if rng.below(10) == 0 {
        let length = 1 + rng.below(2000);
        bytes.splice(start..start + digits, std::iter::repeat_n(b'9', length));
    } else {
        bytes.splice(start..start + digits, rng.pick(NUMBERS).bytes());
    }
}

/// Doubles what stands between two separators: a key, a row, an element of a list.
fn item(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let is_separator = |byte: &u8| b",{}[]\n".contains(byte);
    let from = rng.below(bytes.len() + 1);
    let Some(start) = bytes[from..].iter().position(is_separator).map(|at| from + at) else { return };
    let Some(length) = bytes[start + 1..].iter().position(is_separator) else { return };
    let part = bytes[start..=start + length].to_vec();
    let times = if rng.below(8) == 0 { 1 << rng.below(10) } else { 1 };
    bytes.splice(start..start, part.repeat(times));
}

/// Opens many brackets, and perhaps closes them.
fn nest(rng: &mut Rng, bytes: &mut Vec<u8>) {
    let depth = 1 << rng.below(16);
    let (open, close) = *rng.pick(&[("[", "]"), ("{", "}"), ("(", ")"), ("{\"a\":", "}"), ("[[", "]]"), ("{a=", "}")]);
    let closed = if rng.below(2) == 0 { close.repeat(depth) } else { String::new() };
    let at = rng.below(bytes.len() + 1);
    bytes.splice(at..at, (open.repeat(depth) + &closed).into_bytes());
}
