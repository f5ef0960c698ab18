//! Fits a schema on the rows that are trained on: which categories there are, and what stands for missing values.

use super::policies::{Missing, Unknown};
use super::schema::{Kind, Schema, SchemaColumn};
use super::table::{Cell, Cells, Table, are_no_and_yes};
use crate::{Error, Result};

/// The category of missing words.
const NO_WORD: &str = "(missing)";

/// What a schema is fitted with.
#[derive(Debug, Clone, Default)]
pub(crate) struct SchemaOptions {
    pub(crate) missing: Option<Missing>,
    pub(crate) unknown: Unknown,
    /// Columns whose logarithms are learned from.
    pub(crate) log1p: Vec<usize>,
}

impl Schema {
    /// Fits these columns of a table on these rows.
    pub(crate) fn fit(table: &Table, columns: &[usize], rows: &[usize], options: &SchemaOptions) -> Result<Self> {
        let column = |&index: &usize| {
            let kind = fit_column(table, index, rows, options)?;
            Ok(SchemaColumn { name: table.name(index).map(str::to_owned), index, kind })
        };
        let columns = columns.iter().map(column).collect::<Result<Vec<_>>>()?;
        Ok(Schema { table_columns: table.cols(), columns, missing: options.missing })
    }
}

fn fit_column(table: &Table, index: usize, rows: &[usize], options: &SchemaOptions) -> Result<Kind> {
    let missing = options.missing.filter(|missing| *missing != Missing::Drop);
    let is_missing = |&&row: &&usize| table.cell(row, index) == Cell::Missing;
    let indicator = missing == Some(Missing::Indicator) && rows.iter().any(|row| is_missing(&row));
    if matches!(table.columns()[index].cells, Cells::Numbers { .. }) {
        let fill = missing.map(|missing| number_for_missing(table, index, rows, missing)).transpose()?;
        return Ok(Kind::Number { fill, indicator, log1p: options.log1p.contains(&index) });
    }
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for &row in rows {
        if let Cell::Word(word) = table.cell(row, index) {
            *counts.entry(word).or_default() += 1;
        }
    }
    let Some(usual) = counts.iter().max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0))).map(|(word, _)| *word) else {
        return Err(nothing_there(table, index));
    };
    let mut levels: Vec<String> = counts.keys().map(|word| (*word).to_owned()).collect();
    if let [no, yes] = &levels[..]
        && are_no_and_yes(no, yes)
    {
        let fill = missing.map(|_| f64::from(u8::from(usual == yes)));
        return Ok(Kind::Flag { no: no.clone(), yes: yes.clone(), fill, indicator });
    }
    let fill = match missing {
        None => None,
        Some(Missing::Indicator) if indicator => {
            levels.push(NO_WORD.to_owned());
            Some(NO_WORD.to_owned())
        }
        Some(_) => Some(usual.to_owned()),
    };
    Ok(Kind::Category { levels, fill, unknown: options.unknown })
}

fn nothing_there(table: &Table, index: usize) -> Error {
    Error::Argument {
        name: "column",
        found: format!("{:?} of {}, in which every value is missing", table.title(index), table.origin()),
        expected: "a column with values; drop it".to_owned(),
    }
}

/// What stands for a missing number.
fn number_for_missing(table: &Table, index: usize, rows: &[usize], missing: Missing) -> Result<f64> {
    let mut values: Vec<f64> = rows.iter().filter_map(|&row| table.number(row, index)).collect();
    if values.is_empty() {
        return Err(nothing_there(table, index));
    }
    if missing == Missing::Mean {
        return Ok(values.iter().sum::<f64>() / values.len() as f64);
    }
    values.sort_unstable_by(f64::total_cmp);
    if missing == Missing::MostFrequent {
        let alike = values.chunk_by(|a, b| a == b).rev().max_by_key(|alike| alike.len());
        return Ok(alike.map_or(0.0, |alike| alike[0]));
    }
    let middle = values.len() / 2;
    Ok(if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) })
}
