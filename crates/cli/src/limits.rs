//! `--max-bytes`: the largest size of an input file, one limit for all files of a run.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use chainrule::data::Limits;

/// 0 until it is set.
static MAX_BYTES: AtomicU64 = AtomicU64::new(0);

/// Where rows need not be in memory, files may be large: 1 TiB.
const BOUNDED: u64 = 1 << 40;

/// Stores the limit of the command line, before any file of data is read.
pub(crate) fn set(max_bytes: Option<u64>, is_bounded: bool) {
    MAX_BYTES.store(max_bytes.unwrap_or(if is_bounded { BOUNDED } else { 0 }), Relaxed);
}

/// The limits of every reader.
pub(crate) fn limits() -> Limits {
    match MAX_BYTES.load(Relaxed) {
        0 => Limits::default(),
        max_bytes => Limits { max_bytes },
    }
}

/// The limit of the command line as it is typed again, behind a blank.
pub(crate) fn needed_again() -> String {
    match MAX_BYTES.load(Relaxed) {
        0 | BOUNDED => String::new(),
        max_bytes => format!(" --max-bytes {}", in_units(max_bytes)),
    }
}

/// A number of bytes as [`size`] reads it.
pub(crate) fn in_units(bytes: u64) -> String {
    let units = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];
    let whole = units.iter().find(|(_, shift)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    whole.map_or_else(|| bytes.to_string(), |(unit, shift)| format!("{}{unit}", bytes >> shift))
}

/// A number of bytes, or of KiB, MiB, GiB or TiB: `500000`, `64K`, `500M`, `16G`.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let shift = |unit| match unit {
        'k' | 'K' => Some(10),
        'm' | 'M' => Some(20),
        'g' | 'G' => Some(30),
        't' | 'T' => Some(40),
        _ => None,
    };
    let unit = text.chars().next_back().and_then(shift);
    let digits = if unit.is_some() { &text[..text.len() - 1] } else { text };
    let whole = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let bytes = whole.and_then(|whole| whole.parse::<u64>().ok()).and_then(|n| n.checked_mul(1 << unit.unwrap_or(0)));
    bytes
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| "expected a number of bytes, such as 500000, 64K, 500M or 16G".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_written_as_it_is_read() {
        for bytes in [1, 1023, 1024, 500_000, 3 << 20, (3 << 20) + 1, 16 << 30, 1 << 40, u64::MAX] {
            assert_eq!(size(&in_units(bytes)), Ok(bytes), "{bytes}");
        }
        assert_eq!(in_units(512 << 20), "512M");
    }

    #[test]
    fn a_size_is_a_whole_number_with_or_without_a_unit() {
        for (text, bytes) in [("1", 1), ("500000", 500_000), ("64K", 65_536), ("3m", 3 << 20), ("16G", 16 << 30)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "G", "0", "0G", "-1", "+1", "1.5G", "1GB", "18446744073709551616", "16777216T", "é", "1é"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
