//! Files as tables, whatever their format.

use std::path::{Path, PathBuf};

use super::contents::{Bytes, Contents};
use super::format::read_file;
use super::memory::Within;
use super::table::{Table, TextFormat};
use crate::{Error, Result};

impl Table {
    /// Reads a table from a file in any of the formats: text, NPY, `file.npz:key`, `file.safetensors:name`, Parquet, Arrow,
    /// IDX. The bytes of images are numbers.
    ///
    /// # Errors
    /// As [`Table::parse`], and [`Error::Unsupported`] for a format that this build leaves out.
    pub fn read(path: impl AsRef<Path>, format: &TextFormat) -> Result<Self> {
        Self::read_within(path.as_ref(), format, Within::default())
    }

    /// As [`Table::read`].
    pub(crate) fn read_within(path: &Path, format: &TextFormat, within: Within<'_>) -> Result<Self> {
        match read_file(path, format, within)? {
            Contents::Table(table) => Ok(table),
            Contents::Bytes(Bytes { features, .. }) => {
                let (origin, cols) = (path.display().to_string(), features.cols());
                let mut table = Table::without_names(&origin, cols).bounded(within.memory);
                let mut row = vec![0.0; cols];
                for index in 0..features.rows() {
                    features.copy_row(index, &mut row);
                    table.push(&row)?;
                }
                features.check_read()?;
                Ok(table)
            }
        }
    }
}

/// The files that a pattern fits, by name.
pub(super) fn matching(pattern: &str) -> Result<Vec<PathBuf>> {
    let refuse = |found: String| Error::Argument {
        name: "data source",
        found,
        expected: "a pattern that files fit: * for any letters, ? for one, [a-z] for one of these".to_owned(),
    };
    let found = glob::glob(pattern).map_err(|error| refuse(format!("the pattern {pattern:?} ({error})")))?;
    let mut paths = Vec::new();
    for path in found {
        let path = path.map_err(|error| Error::io("read", error.path().to_path_buf())(error.into()))?;
        if !path.is_dir() {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() { Err(refuse(format!("{pattern:?}, which no file fits"))) } else { Ok(paths) }
}

/// The rows of all files.
pub(super) fn joined(paths: &[PathBuf], read: impl Fn(&Path) -> Result<Table>) -> Result<Table> {
    let mut whole: Option<Table> = None;
    for path in paths {
        let table = read(path)?;
        whole = Some(match whole {
            None => table,
            Some(whole) => whole.joined_with(&table)?,
        });
    }
    let mut table = whole.ok_or_else(|| Error::Empty { origin: "data source".to_owned(), what: "files" })?;
    // A row that is named later is counted over all files.
    if let [first, .., last] = paths {
        table = table.with_origin(format!("{} to {}", first.display(), last.display()));
    }
    table.note(format!("{} files read as one table of {} rows", paths.len(), table.rows()));
    Ok(table)
}
