//! How much a reader takes in before it refuses: the one bound that all readers of files share, and how it is lifted.

use std::io::Read;
use std::path::Path;

use chainrule_kernel::Scalar;

use crate::data::{Features, Idx, Loaded, Source, Targets};
use crate::{Error, ModelFile, Result};

/// How many bytes a file may have, once inflated, before a reader refuses it; 4 GiB unless said.
///
/// A file that declares its size (a model file, IDX, NPY) is compared with the bound, and with the length that the
/// operating system reports, before memory is asked for; text is refused at the first byte beyond. A row of CSV may take
/// a 256th of the bound (16 MiB; 1 MiB at least) and have a column for each 16 bytes of that (1,048,576). What does not end, as
/// `/dev/zero`, ends here.
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
    /// As [`ModelFile::open`].
    ///
    /// # Errors
    /// Those of [`ModelFile::open`].
    pub fn open_model(&self, path: impl AsRef<Path>) -> Result<ModelFile> {
        ModelFile::open_within(path.as_ref(), *self)
    }

    /// As [`Source::load`].
    ///
    /// # Errors
    /// Those of [`Source::load`].
    pub fn load<T: Scalar>(&self, source: &Source, labels: Option<&Path>, classes: Option<usize>) -> Result<Loaded<T>> {
        source.load_within(labels, classes, *self)
    }

    /// As [`Source::load_features`].
    ///
    /// # Errors
    /// Those of [`Source::load_features`].
    pub fn load_features<T: Scalar>(&self, source: &Source) -> Result<Features<T>> {
        source.load_features_within(*self)
    }

    /// As [`read_features`](crate::data::read_features).
    ///
    /// # Errors
    /// Those of [`read_features`](crate::data::read_features).
    pub fn read_features<T: Scalar>(&self, path: impl AsRef<Path>) -> Result<Features<T>> {
        self.load_features(&Source::File(path.as_ref().to_path_buf()))
    }

    /// As [`read_targets`](crate::data::read_targets).
    ///
    /// # Errors
    /// Those of [`read_targets`](crate::data::read_targets).
    pub fn read_targets<T: Scalar>(&self, path: impl AsRef<Path>, classes: Option<usize>) -> Result<Targets<T>> {
        super::source::targets_within(path.as_ref(), classes, *self)
    }

    /// As [`parse_idx`](crate::data::parse_idx).
    ///
    /// # Errors
    /// Those of [`parse_idx`](crate::data::parse_idx).
    pub fn parse_idx(&self, origin: &str, reader: impl Read) -> Result<Idx> {
        super::idx::parse_within(origin, reader, None, *self)
    }

    /// As [`parse_csv_features`](crate::data::parse_csv_features).
    ///
    /// # Errors
    /// Those of [`parse_csv_features`](crate::data::parse_csv_features).
    #[cfg(feature = "csv")]
    pub fn parse_csv_features<T: Scalar>(&self, origin: &str, reader: impl Read) -> Result<Features<T>> {
        super::csv::features_within(origin, reader, *self)
    }

    /// As [`parse_csv_targets`](crate::data::parse_csv_targets).
    ///
    /// # Errors
    /// Those of [`parse_csv_targets`](crate::data::parse_csv_targets).
    #[cfg(feature = "csv")]
    pub fn parse_csv_targets<T: Scalar>(
        &self,
        origin: &str,
        reader: impl Read,
        classes: Option<usize>,
    ) -> Result<Targets<T>> {
        super::csv::targets_within(origin, reader, classes, *self)
    }

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
