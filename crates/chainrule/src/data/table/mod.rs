//! Tables as files hold them: named columns of numbers or of words, in which values may be missing. What is learned from
//! which column is decided later, by [`Examples`](crate::data::Examples).

#[cfg(any(feature = "csv", feature = "parquet"))]
mod amounts;
#[cfg(feature = "parquet")]
mod block;
#[cfg(feature = "csv")]
mod brackets;
#[cfg(any(feature = "csv", feature = "parquet"))]
mod categories;
#[cfg_attr(not(feature = "csv"), allow(dead_code, reason = "text is read by it"))]
mod cell;
mod columns;
mod cursor;
#[cfg_attr(not(feature = "csv"), allow(dead_code, reason = "text is read by it"))]
mod dialect;
#[cfg(feature = "csv")]
mod first_rows;
mod join;
#[cfg(feature = "csv")]
mod kinds;
mod like_names;
mod options;
mod padded;
#[cfg(feature = "csv")]
mod preamble;
#[cfg(feature = "csv")]
mod records;
mod rows;
#[cfg_attr(not(feature = "csv"), allow(dead_code, reason = "text is read by it"))]
mod sign;
mod store;
mod storing;
#[cfg(feature = "csv")]
mod text;
#[cfg(feature = "csv")]
mod thousands;
mod typed;
#[cfg(feature = "csv")]
mod utf16;
mod words;

#[cfg(feature = "parquet")]
pub(crate) use block::Block;
pub use cell::Decimal;
pub(crate) use cell::{answer, are_no_and_yes, bracketed, is_date, is_missing, number_in_thousands};
#[cfg(feature = "parquet")]
pub(crate) use columns::Column;
pub use columns::Table;
pub(crate) use columns::{Cell, Cells, title};
pub(crate) use cursor::{Cursor, Row};
pub use dialect::Delimiter;
pub use options::TextFormat;
pub(crate) use rows::{Kept, TableRows};
pub(crate) use sign::{Sign, is_number as is_amount};
#[cfg(feature = "csv")]
pub(crate) use text::read_text;
pub(crate) use typed::TypedColumn;
pub(crate) use words::Words;
