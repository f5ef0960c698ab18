//! What must hold for any bytes that a reader takes. Each `check` says whether the bytes were accepted and panics when
//! what was accepted breaks its oracle. The fuzz targets include these files: one oracle, two drivers.

pub(crate) mod checkpoint;
pub(crate) mod csv;
pub(crate) mod idx;
pub(crate) mod model;
pub(crate) mod npy;
pub(crate) mod run;
pub(crate) mod table;
pub(crate) mod toml;

use chainrule::Scalar;
use std::path::{Path, PathBuf};

/// The name that errors use.
pub(crate) const ORIGIN: &str = "attack";

/// Where temporary files go: into memory where the system has a folder for that.
pub(crate) fn folder() -> PathBuf {
    let in_memory = Path::new("/dev/shm");
    if in_memory.is_dir() { in_memory.to_path_buf() } else { std::env::temp_dir() }
}

/// The bytes that `write` puts into a file, which is gone afterwards.
///
/// # Panics
/// When the file cannot be written: what was read must be writable.
pub(crate) fn written(write: impl FnOnce(&Path) -> chainrule::Result<()>) -> Vec<u8> {
    let file = tempfile::Builder::new().prefix("chainrule-attack-").tempfile_in(folder()).expect("a temporary file");
    write(file.path()).expect("what was read can be written");
    std::fs::read(file.path()).expect("what was written can be read")
}

/// The bytes with the checksum that they should have, where that is all that is wrong with them, by the error that says so: any change
/// is damage to a file with a checksum, and nothing else of it would be looked at.
pub(crate) fn resealed(bytes: &[u8], key: &str, error: &chainrule::Error) -> Option<Vec<u8>> {
    let error = error.to_string();
    let (_, found) = error.split_once("bytes with the checksum ")?;
    let sum = found.split_once(',')?.0.as_bytes();
    // Behind the header's length and its first characters.
    let start = 8 + format!(r#"{{"__metadata__":{{"{key}":"{{\"checksum\":\""#).len();
    let mut sealed = bytes.to_vec();
    sealed.get_mut(start..start + sum.len())?.copy_from_slice(sum);
    Some(sealed)
}

/// The same bits, in the same number.
pub(crate) fn same_bits<T: Scalar>(a: &[T], b: &[T]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_le_bytes8() == b.to_le_bytes8())
}

/// Finite everywhere: no reader lets anything else pass.
pub(crate) fn all_finite<T: Scalar>(values: &[T]) -> bool {
    values.iter().all(|value| value.is_finite())
}
