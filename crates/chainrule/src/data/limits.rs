//! How much a reader takes in before it refuses: the one bound that all readers of files share.

use crate::error::{Error, Result};

/// How many bytes a file may have, once inflated, before a reader refuses it; 4 GiB unless said.
///
/// A file that declares its size (a model file, IDX, NPY) is compared with the bound, and with the length that the
/// operating system reports, before memory is asked for; text is refused at the first byte beyond. A row of CSV may take
/// a 256th of the bound (16 MiB; 1 MiB at least) and have a column for each 16 bytes of that (1,048,576). Of an archive, an
/// array is compared by the size that it claims, and inflated no further than that. What does not end, as `/dev/zero`, ends
/// here.
///
/// The functions that take a path without limits have the default ones.
///
/// ```
/// use chainrule::data::Limits;
/// let limits = Limits { max_bytes: 8 };
/// let error = limits.parse_idx("labels", &[0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1][..]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "labels has 11 bytes, more than the limit of 8 bytes for a file; raise Limits::max_bytes to read it"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file, counted after decompression.
    pub max_bytes: u64,
}

/// What a model or a table of a gigabyte needs with room to spare, and what a machine can be expected to have.
const DEFAULT_MAX_BYTES: u64 = 4 << 30;

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bytes: DEFAULT_MAX_BYTES }
    }
}

impl Limits {
    /// Refuses a file that has, or claims to have, more bytes.
    pub(crate) fn check(self, origin: &str, bytes: u128) -> Result<()> {
        if bytes <= u128::from(self.max_bytes) {
            return Ok(());
        }
        Err(Error::OverLimit { origin: origin.to_string(), found: format!("{bytes} bytes"), max: self.max_bytes })
    }

    /// That a file of unknown length goes on beyond the limit.
    #[cfg(feature = "csv")]
    pub(crate) fn exceeded(self, origin: &str) -> Error {
        Error::OverLimit { origin: origin.to_string(), found: "more bytes".to_string(), max: self.max_bytes }
    }
}
