//! Every reader of files under another limit than the one it has by itself.

use std::io::Read;
use std::path::Path;

use chainrule_kernel::Scalar;

#[cfg(feature = "csv")]
use super::csv;
use super::features::Features;
use super::idx::{self, Idx};
use super::limits::Limits;
use super::source::{Source, targets_within};
use super::table::{Table, TextFormat};
use super::targets::Targets;
use crate::error::Result;
use crate::model_file::ModelFile;

impl Limits {
    /// As [`ModelFile::open`].
    ///
    /// # Errors
    /// Those of [`ModelFile::open`].
    pub fn open_model(&self, path: impl AsRef<Path>) -> Result<ModelFile> {
        ModelFile::open_within(path.as_ref(), *self)
    }

    /// As [`Source::load_features`].
    ///
    /// # Errors
    /// Those of [`Source::load_features`].
    pub fn load_features<T: Scalar>(&self, source: &Source) -> Result<Features<T>> {
        source.load_features_within(*self)
    }

    /// As [`Table::read`].
    ///
    /// # Errors
    /// Those of [`Table::read`].
    pub fn read_table(&self, path: impl AsRef<Path>, format: &TextFormat) -> Result<Table> {
        Table::read_within(path.as_ref(), format, (*self).into())
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
        targets_within(path.as_ref(), classes, *self)
    }

    /// As [`parse_idx`](crate::data::parse_idx).
    ///
    /// # Errors
    /// Those of [`parse_idx`](crate::data::parse_idx).
    pub fn parse_idx(&self, origin: &str, reader: impl Read) -> Result<Idx> {
        idx::parse_within(origin, reader, None, *self)
    }

    /// As [`parse_csv_features`](crate::data::parse_csv_features).
    ///
    /// # Errors
    /// Those of [`parse_csv_features`](crate::data::parse_csv_features).
    #[cfg(feature = "csv")]
    pub fn parse_csv_features<T: Scalar>(&self, origin: &str, reader: impl Read) -> Result<Features<T>> {
        csv::features_within(origin, reader, *self)
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
        csv::targets_within(origin, reader, classes, *self)
    }
}
