//! Files of columns, Parquet and Arrow, as tables. Numbers of every width are numbers, texts and booleans are words, dictionaries
//! what their values are, and nulls are missing; dates, times, and what is nested are refused by the name of their column.
//! Texts that are amounts of one sign, `$1,200.50` or `12 %`, are numbers as in text files; in dictionaries they are categories.
//!
//! By the crates of the Arrow project, the only ones that are kept (`parquet2` ended in 2023): 32 crates more, which is why
//! the feature is not among those of the command.

mod arrow;
mod batch;
mod parquet;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use self::batch::corrupt;
use super::memory::Within;
use super::table::{Table, TextFormat};
use crate::Result;

/// Reads a Parquet file. Of the format those columns count that are categories.
pub(super) fn parquet(origin: &str, file: File, text: &TextFormat, within: Within<'_>) -> Result<Table> {
    guarded(origin, "Parquet", || parquet::read(origin, file, text, within))
}

/// Reads an Arrow file, whose other name is Feather. Of the format those columns count that are categories.
pub(super) fn arrow(origin: &str, file: File, text: &TextFormat, within: Within<'_>) -> Result<Table> {
    guarded(origin, "Arrow", || arrow::read(origin, file, text, within))
}

/// These crates panic on some corrupt files, where others are refused.
fn guarded(origin: &str, format: &str, read: impl FnOnce() -> Result<Table>) -> Result<Table> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(corrupt(origin, format, "see above")))
}
