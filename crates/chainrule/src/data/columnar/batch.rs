//! Some rows of columns, appended to a table.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Schema};

use crate::data::table::{Block, Cells, Column, Table, TextFormat};
use crate::{Error, Place, Result};

/// A table without rows, of these columns.
pub(super) fn table_of(origin: &str, schema: &Schema) -> Result<Table> {
    let mut columns = Vec::with_capacity(schema.fields().len());
    let (mut numbers, mut words) = (0, 0);
    for (at, field) in schema.fields().iter().enumerate() {
        let cells = match are_words(field.data_type()) {
            Some(false) => {
                numbers += 1;
                Cells::Numbers { slot: numbers - 1 }
            }
            Some(true) => {
                words += 1;
                Cells::Words { slot: words - 1, words: Box::default() }
            }
            None => return Err(refused(origin, at, field.name(), field.data_type())),
        };
        let name = Some(field.name().clone()).filter(|name| !name.is_empty());
        columns.push(Column { name, cells, missing: 0, sign: None });
    }
    if columns.is_empty() {
        return Err(Error::Empty { origin: origin.to_owned(), what: "columns" });
    }
    Ok(Table::new(origin, columns))
}

/// Whether a column holds words, or numbers, or neither.
fn are_words(kind: &DataType) -> Option<bool> {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean => Some(true),
        DataType::Null | DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) => Some(false),
        DataType::Dictionary(_, values) if !matches!(**values, DataType::Dictionary(..)) => are_words(values),
        kind if kind.is_integer() || kind.is_floating() => Some(false),
        _ => None,
    }
}

/// What is no file of its format.
pub(super) fn corrupt(origin: &str, format: &str, error: impl std::fmt::Display) -> Error {
    let found = format!("bytes that are corrupt, cut off or of an unknown kind ({error})");
    Error::format(origin, Place::Header, found, format!("a whole {format} file"))
}

fn refused(origin: &str, column: usize, name: &str, kind: &DataType) -> Error {
    let name: String = name.chars().take(40).collect();
    let kind: String = kind.to_string().chars().take(80).collect();
    let expected = if kind.starts_with("Date") || kind.starts_with("Time") {
        "numbers or texts: leave the column out when the file is written, or put numbers in its place, such as days since the \
         first, the month, or the day of the week"
    } else {
        "numbers, texts or booleans, each alone in its cell"
    };
    let found = format!("the column {name:?} of type {kind}");
    Error::format(origin, Place::Cell { row: 1, column: column + 1 }, found, expected)
}

/// Appends rows to a table that was made of their schema. The first rows tell which texts are amounts.
pub(super) fn append(table: &mut Table, batch: &RecordBatch, text: &TextFormat) -> Result<()> {
    if table.rows() == 0 {
        table.take_amounts(text, |column| texts(batch.column(column).as_ref()))?;
    }
    let mut blocks = Vec::with_capacity(batch.num_columns());
    for (column, array) in batch.columns().iter().enumerate() {
        let block = block_of(table, column, array.as_ref())?;
        if let Block::Numbers(numbers) = &block
            && let Some(at) = numbers.iter().position(|value| value.is_infinite())
        {
            let place = Place::Cell { row: table.rows() + at + 1, column: column + 1 };
            return Err(Error::NotFinite { origin: table.origin().to_owned(), place, value: numbers[at] });
        }
        blocks.push(block);
    }
    table.append(batch.num_rows(), &blocks)
}

/// The texts of a column that holds them one by one; those of a dictionary are categories.
fn texts(array: &dyn Array) -> Option<Box<dyn Iterator<Item = Option<&str>> + '_>> {
    Some(match array.data_type() {
        DataType::Utf8 => Box::new(array.as_string::<i32>().iter()),
        DataType::LargeUtf8 => Box::new(array.as_string::<i64>().iter()),
        DataType::Utf8View => Box::new(array.as_string_view().iter()),
        _ => return None,
    })
}

fn block_of(table: &mut Table, column: usize, array: &dyn Array) -> Result<Block> {
    macro_rules! numbers {
        ($kind:ident, $to_f64:expr) => {
            Ok(Block::Numbers(
                array.as_primitive::<$kind>().iter().map(|value| value.map_or(f64::NAN, $to_f64)).collect(),
            ))
        };
    }
    let unit = |scale: i8| 10f64.powi(i32::from(scale));
    if let Some(texts) = texts(array) {
        let texts = texts.map(Option::unwrap_or_default);
        return match table.sign(column) {
            Some(sign) => {
                let numbers = texts.enumerate().map(|(row, text)| table.amount_of(column, row, sign, text));
                numbers.collect::<Result<_>>().map(Block::Numbers)
            }
            None => Ok(Block::Words(texts.map(|text| table.code_of(column, text)).collect())),
        };
    }
    match array.data_type() {
        DataType::Int8 => numbers!(Int8Type, f64::from),
        DataType::Int16 => numbers!(Int16Type, f64::from),
        DataType::Int32 => numbers!(Int32Type, f64::from),
        DataType::Int64 => numbers!(Int64Type, |value| value as f64),
        DataType::UInt8 => numbers!(UInt8Type, f64::from),
        DataType::UInt16 => numbers!(UInt16Type, f64::from),
        DataType::UInt32 => numbers!(UInt32Type, f64::from),
        DataType::UInt64 => numbers!(UInt64Type, |value| value as f64),
        DataType::Float16 => numbers!(Float16Type, |value| value.to_f64()),
        DataType::Float32 => numbers!(Float32Type, f64::from),
        DataType::Float64 => numbers!(Float64Type, f64::from),
        DataType::Decimal32(_, scale) => numbers!(Decimal32Type, |value| f64::from(value) / unit(*scale)),
        DataType::Decimal64(_, scale) => numbers!(Decimal64Type, |value| value as f64 / unit(*scale)),
        DataType::Decimal128(_, scale) => numbers!(Decimal128Type, |value| value as f64 / unit(*scale)),
        DataType::Null => Ok(Block::Numbers(vec![f64::NAN; array.len()])),
        DataType::Boolean => {
            let word = |value: Option<bool>| value.map_or("", |value| if value { "true" } else { "false" });
            let words = array.as_boolean().iter().map(word);
            Ok(Block::Words(words.map(|word| table.code_of(column, word)).collect()))
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let block = block_of(table, column, dictionary.values().as_ref())?;
            let keys: Vec<usize> = match dictionary.values().is_empty() {
                true => vec![usize::MAX; array.len()],
                false => dictionary.normalized_keys(),
            };
            let keys = keys.into_iter().enumerate().map(|(row, key)| if array.is_null(row) { usize::MAX } else { key });
            Ok(block.at(keys))
        }
        other => Err(refused(table.origin(), column, &table.title(column), other)),
    }
}
