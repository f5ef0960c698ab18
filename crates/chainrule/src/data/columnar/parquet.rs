//! Reads a Parquet file, some rows at a time.

use std::fs::File;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::batch::{append, corrupt, table_of};
use crate::data::memory::Within;
use crate::data::table::{Table, TextFormat};
use crate::{Error, Result};

pub(super) fn read(origin: &str, file: File, text: &TextFormat, within: Within<'_>) -> Result<Table> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| corrupt(origin, "Parquet", error))?;
    let mut table = table_of(origin, builder.schema())?.bounded(within.memory);
    let bytes = builder.metadata().row_groups().iter().map(|group| group.total_byte_size().max(0) as u128).sum();
    within.limits.check(origin, bytes)?;
    let rows = builder.metadata().file_metadata().num_rows().max(0) as u128;
    within.limits.check(origin, rows * table.cols() as u128 * 8)?;
    // A million cells at once: 8 MB.
    let at_once = ((1 << 20) / table.cols()).clamp(1, 8192);
    let reader = builder.with_batch_size(at_once).build().map_err(|error| corrupt(origin, "Parquet", error))?;
    for batch in reader {
        let batch = batch.map_err(|error| corrupt(origin, "Parquet", error))?;
        append(&mut table, &batch, text)?;
    }
    if table.rows() == 0 {
        return Err(Error::Empty { origin: origin.to_owned(), what: "rows" });
    }
    Ok(table)
}
