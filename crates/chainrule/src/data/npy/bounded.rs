//! Arrays that would take more memory than was allowed: read row by row, and stored.

use std::io::Read;

use super::array::{Array, Claim, wrong_shape};
use crate::data::contents::{BYTE, Bytes, Contents};
use crate::data::features::Features;
use crate::data::input::{expected_in_all, fill, read_error};
use crate::data::memory::Within;
use crate::data::stored::StoredBuilder;
use crate::data::table::Table;
use crate::{Error, Place, Result};

/// An array in memory, or what it was stored as.
pub(super) enum Taken {
    Array(Array<f64>),
    Stored(Contents),
}

/// What the rows of an array are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rows {
    Features,
    Targets,
}

impl Rows {
    /// How many columns a row has.
    fn columns(self, origin: &str, shape: &[usize]) -> Result<usize> {
        match (self, shape) {
            (Rows::Features, [_, _, ..]) => Ok(shape[1..].iter().product()),
            (Rows::Features, _) => Err(wrong_shape(origin, shape, "two dimensions or more: rows, then columns")),
            (Rows::Targets, [_]) => Ok(1),
            (Rows::Targets, [_, cols]) => Ok(*cols),
            (Rows::Targets, _) => Err(wrong_shape(origin, shape, "one dimension for labels, or two for values")),
        }
    }
}

/// Reads an array out of `len` bytes.
pub(super) fn take(
    origin: &str,
    mut reader: impl Read,
    len: Option<u64>,
    within: Within<'_>,
    rows: Rows,
) -> Result<Taken> {
    let Some(memory) = within.memory else {
        return Array::read(origin, reader, len, within.limits).map(Taken::Array);
    };
    let claim = Claim::read(origin, &mut reader, len, within.limits)?;
    if 8 * claim.count as u64 <= memory.share() {
        return claim.whole(origin, reader, len).map(Taken::Array);
    }
    if claim.fortran_order && claim.shape.len() > 1 {
        let expected = "rows one behind the other (numpy.ascontiguousarray), or a larger bound of memory";
        return Err(Error::format(origin, Place::Header, "columns one behind the other (Fortran order)", expected));
    }
    let cols = rows.columns(origin, &claim.shape)?;
    let contents = if claim.are_bytes() && rows == Rows::Features {
        let mut builder = StoredBuilder::new(memory, cols, 1)?;
        claim.each(origin, &mut reader, |_, number| builder.push(&[number as u8]))?;
        let shape = [claim.count / cols, cols, claim.count];
        let features = Features::of_stored_bytes(origin, shape, builder.finish()?)?;
        Contents::Bytes(Bytes { features, labels: None, factor: BYTE })
    } else {
        Contents::Table(table(origin, &claim, cols, &mut reader, within)?)
    };
    if fill(&mut reader, &mut [0]).map_err(|error| read_error(origin, claim.offset, error))? > 0 {
        let expected = format!("the end, {}", expected_in_all(claim.offset, claim.bytes()));
        let place = Place::Byte(claim.offset + claim.bytes() as u64);
        return Err(Error::format(origin, place, "more bytes", expected));
    }
    Ok(Taken::Stored(contents))
}

fn table(origin: &str, claim: &Claim, cols: usize, reader: impl Read, within: Within<'_>) -> Result<Table> {
    let mut table = Table::without_names(origin, cols).bounded(within.memory);
    let mut row = Vec::with_capacity(cols);
    claim.each(origin, reader, |_, value| {
        if value.is_infinite() {
            let place = Place::cell(table.rows() * cols + row.len(), cols);
            return Err(Error::NotFinite { origin: origin.to_owned(), place, value });
        }
        row.push(value);
        if row.len() == cols {
            table.push(&row)?;
            row.clear();
        }
        Ok(())
    })?;
    Ok(table)
}
