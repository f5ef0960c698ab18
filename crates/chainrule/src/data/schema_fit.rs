//! Fits a schema on the rows that are trained on: which categories there are, and what stands for missing values.

use std::collections::{BTreeMap, HashMap};

use super::choice::marks;
use super::memory::Memory;
use super::policies::{Missing, Unknown};
use super::ranks;
use super::schema::{Kind, Schema, SchemaColumn};
use super::table::{Cell, Cells, Table, TableRows, are_no_and_yes};
use crate::{Error, Result};

/// The category of missing words.
pub(crate) const NO_WORD: &str = "(missing)";

/// Different numbers of a column that are counted.
const COUNTED: usize = 1 << 20;

/// What a schema is fitted to.
#[derive(Clone, Copy)]
pub(crate) struct Fitting<'a> {
    pub(crate) table: &'a Table,
    pub(crate) rows: TableRows<'a>,
    /// How much of it the numbers of a column may take.
    pub(crate) memory: Option<&'a Memory>,
}

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
    pub(crate) fn fit(on: Fitting<'_>, columns: &[usize], options: &SchemaOptions) -> Result<Self> {
        let table = on.table;
        let are_logarithms = marks(&options.log1p, table.cols());
        let column = |&index: &usize| {
            let kind = fit_column(on, index, options, are_logarithms[index])?;
            let (name, sign) = (table.name(index).map(str::to_owned), table.sign(index));
            Ok(SchemaColumn { name, index, kind, sign, na_is_text: table.na_is_text(index) })
        };
        let columns = columns.iter().map(column).collect::<Result<Vec<_>>>()?;
        Ok(Schema { table_columns: table.cols(), columns, missing: options.missing, decimal: table.decimal() })
    }
}

fn fit_column(on: Fitting<'_>, index: usize, options: &SchemaOptions, log1p: bool) -> Result<Kind> {
    let Fitting { table, rows, .. } = on;
    let missing = options.missing.filter(|missing| *missing != Missing::Drop);
    let mut cursor = table.cursor(&[index]);
    let indicator = missing == Some(Missing::Indicator)
        && table.columns()[index].missing > 0
        && rows.iter().any(|row| cursor.at(row).cell(index) == Cell::Missing);
    let Cells::Words { slot, words } = &table.columns()[index].cells else {
        let fill = missing.map(|missing| number_for_missing(on, index, missing)).transpose()?;
        return Ok(Kind::Number { fill, indicator, log1p });
    };
    let mut of_code = vec![0_usize; words.all().len()];
    for row in rows.iter() {
        if let Some(count) = of_code.get_mut(cursor.at(row).code(*slot) as usize) {
            *count += 1;
        }
    }
    let occurring = words.all().iter().zip(of_code).filter(|(_, count)| *count > 0);
    let counts: BTreeMap<&str, usize> = occurring.map(|(word, count)| (word.as_str(), count)).collect();
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
fn number_for_missing(on: Fitting<'_>, index: usize, missing: Missing) -> Result<f64> {
    let Fitting { table, rows, memory } = on;
    let numbers = || {
        let mut cursor = table.cursor(&[index]);
        rows.iter().filter_map(move |row| match cursor.at(row).cell(index) {
            Cell::Number(value) => Some(value),
            _ => None,
        })
    };
    let count = numbers().count();
    if count == 0 {
        return Err(nothing_there(table, index));
    }
    let is_large = memory.is_some_and(|memory| 8 * count as u64 > memory.share());
    match missing {
        Missing::Mean => return Ok(numbers().sum::<f64>() / count as f64),
        Missing::MostFrequent if is_large => return most_frequent(on, index, numbers()),
        _ => {}
    }
    let middle = [(count - 1) / 2, count / 2];
    if is_large {
        let ranks = vec![middle.map(|rank| rank as u64).to_vec()];
        let found = ranks::select(&[0], &ranks, &mut |see| {
            numbers().for_each(|value| see(&[value]));
            Ok(())
        })?;
        return Ok(between(found[0][0], found[0][1], count));
    }
    let mut values: Vec<f64> = numbers().collect();
    values.sort_unstable_by(f64::total_cmp);
    if missing == Missing::MostFrequent {
        let alike = values.chunk_by(|a, b| a == b).rev().max_by_key(|alike| alike.len());
        return Ok(alike.map_or(0.0, |alike| alike[0]));
    }
    Ok(between(values[middle[0]], values[middle[1]], count))
}

/// The median of a list of this length, from the numbers in its middle.
fn between(low: f64, high: f64, count: usize) -> f64 {
    if count % 2 == 1 { high } else { f64::midpoint(low, high) }
}

/// The smallest of the most frequent numbers.
fn most_frequent(on: Fitting<'_>, index: usize, numbers: impl Iterator<Item = f64>) -> Result<f64> {
    let mut counts = HashMap::<u64, (f64, usize)>::new();
    for value in numbers {
        // 0 and -0 are the same number, of which the one in front is -0.
        let known = counts.entry((value + 0.0).to_bits()).or_insert((value, 0));
        known.1 += 1;
        if value.is_sign_negative() {
            known.0 = value;
        }
        if counts.len() > COUNTED {
            return Err(Error::Argument {
                name: "missing",
                found: format!(
                    "most-frequent, and more than {COUNTED} different numbers in {:?}",
                    on.table.title(index)
                ),
                expected: "median or mean, or a larger bound of memory".to_owned(),
            });
        }
    }
    let most = counts.into_values().max_by(|a, b| a.1.cmp(&b.1).then(b.0.total_cmp(&a.0)));
    Ok(most.map_or(0.0, |(value, _)| value))
}
