//! Which columns of a table are of use without being asked for, and what is refused before anything is learned from them.

use std::collections::HashMap;

use super::choice::{ColumnNames, marks, typed};
use super::numbers::EXACT;
use super::source::Source;
use super::table::{Cell, Cells, Decimal, Table, TableRows, TextFormat, is_date, number_in_thousands};
use crate::{Error, Place, Result};

/// Texts that are looked at to tell dates.
const LOOKED_AT: usize = 50;
/// Categories beyond which each needs [`ROWS_A_CATEGORY`] rows to be of use.
const CATEGORIES: usize = 100;
const ROWS_A_CATEGORY: usize = 10;
/// Different texts, of fewer rows, that may name the rows.
const NAMES_AT_LEAST: usize = 20;
/// Endings of files that are no text.
const COLUMNAR: [&str; 4] = [".parquet", ".arrow", ".feather", ".ipc"];
/// What standard input is called.
const STDIN: &str = "stdin";

/// The columns of these that are learned from unless it is said otherwise. Left out, with a note: columns without any value,
/// and texts that name the rows. Dates stay.
/// Those named as categories stay, too.
pub(crate) fn usable(table: &Table, columns: Vec<usize>, categories: &[usize], notes: &mut Vec<String>) -> Vec<usize> {
    let mut kept = Vec::with_capacity(columns.len());
    // Asked once: to find no name takes a look at every column.
    let has_names = table.has_names();
    let is_category = marks(categories, table.cols());
    for column in columns {
        if is_category[column] {
            kept.push(column);
            continue;
        }
        let title = table.title(column);
        if has_names && table.name(column).is_none() && table.rows() > 2 && counts_rows(table, column) {
            notes.push(format!(
                "left out {title}: it has no name and counts the rows; name it among the features to use it"
            ));
            continue;
        }
        if table.columns()[column].missing == table.rows() {
            notes.push(format!("left out {title}: every value is missing"));
            continue;
        }
        match &table.columns()[column].cells {
            Cells::Words { words, .. } => {
                let different = words.all().len();
                let are_names = different > NAMES_AT_LEAST && 2 * different > table.rows();
                let are_many = different > CATEGORIES && ROWS_A_CATEGORY * different > table.rows();
                let name = typed_column(table, column);
                let amount = words.all().iter().find(|word| is_amount(word));
                if (words.are_too_many || are_names || are_many) && !are_dates(table, column) {
                    let count = if words.are_too_many { "more than 65536".to_owned() } else { different.to_string() };
                    let amounts = amount.map_or_else(String::new, |amount| {
                        format!(", such as {amount:?}: {}", as_numbers(table, words.all(), amount))
                    });
                    let mark = if amounts.is_empty() { "" } else { "warning: " };
                    notes.push(format!(
                        "{mark}left out {title}: {count} different texts in {} rows{amounts}; each text is a category by \
                         categories = {name}",
                        table.rows()
                    ));
                    continue;
                }
                if let Some(amount) = amount.filter(|_| words.all().iter().all(|word| is_amount(word))) {
                    let instead = as_numbers(table, words.all(), amount);
                    notes.push(format!(
                        "note: {title}: {different} texts such as {amount:?} are learned as categories; {instead}"
                    ));
                }
            }
            Cells::Numbers { .. } => {}
        }
        kept.push(column);
    }
    kept
}

/// How texts such as `$1,200.50` become numbers.
fn as_numbers(table: &Table, texts: &[String], amount: &str) -> String {
    let is_columnar = COLUMNAR.iter().any(|end| table.origin().ends_with(end));
    if are_decimal_commas(texts) && !is_columnar {
        return "if commas stand before fractions: decimal = comma".to_owned();
    }
    let sign = amount.chars().find(|c| matches!(c, '$' | '\u{20ac}' | '\u{a3}' | '\u{a5}' | '%'));
    let Some(sign) = sign else {
        return match is_columnar {
            true => "write them to the file as numbers",
            false => "a number's thousands are set apart by commas (with decimal commas by points), or not at all",
        }
        .to_owned();
    };
    let decimal = table.decimal().unwrap_or(Decimal::Point);
    if let Some(other) = texts.iter().find(|text| !is_number_without(text, sign, decimal)) {
        return format!(
            "numbers have no {sign}, and {other:?} is none without it either: write all of the column as plain numbers"
        );
    }
    // A bracket keeps `$` from being the end of a line; of the others it would take single bytes.
    let pattern = if sign == '$' { "[$]".to_owned() } else { sign.to_string() };
    let how = match table.origin() {
        origin if is_columnar || origin == STDIN || origin.contains(' ') => "take it out of the file".to_owned(),
        origin => format!("this takes it out of the file: sed 's/{pattern}//g' {} > NEW", typed(origin)),
    };
    format!("numbers have no {sign}; {how}")
}

/// Whether a text is a finite number as soon as a sign is taken out of it.
fn is_number_without(text: &str, sign: char, decimal: Decimal) -> bool {
    let rest = text.replace(sign, "");
    number_in_thousands(rest.trim().as_bytes(), decimal).is_some_and(f64::is_finite)
}

/// Whether the numbers of a column go up by 1 from row to row.
pub(crate) fn counts_rows(table: &Table, column: usize) -> bool {
    let Cells::Numbers { slot } = table.columns()[column].cells else { return false };
    let mut cursor = table.cursor(&[column]);
    let mut last = cursor.at(0).value(slot);
    // What is missing is equal to nothing.
    let mut goes_up = |row: usize| {
        let value = cursor.at(row).value(slot);
        std::mem::replace(&mut last, value) + 1.0 == value
    };
    (1..table.rows()).all(&mut goes_up)
}

/// Whether a text is a number with a sign of money, percent or thousands: `$1,200.50`, `12 %`, `1 000`.
pub(crate) fn is_amount(text: &str) -> bool {
    let is_sign = |c: char| matches!(c, '$' | '\u{20ac}' | '\u{a3}' | '\u{a5}' | '%' | ',' | ' ' | '\'' | '\u{a0}');
    let digits: String = text.chars().filter(|c| !is_sign(*c)).collect();
    digits.len() < text.len() && !digits.is_empty() && digits.parse::<f64>().is_ok()
}

/// Whether all texts are numbers with commas before fractions.
pub(crate) fn are_decimal_commas(texts: &[String]) -> bool {
    !texts.is_empty() && texts.iter().all(|text| number_in_thousands(text.as_bytes(), Decimal::Comma).is_some())
}

/// Whether most of the first texts are dates.
pub(crate) fn are_dates(table: &Table, column: usize) -> bool {
    let Cells::Words { words, .. } = &table.columns()[column].cells else { return false };
    let looked_at: Vec<&String> = words.all().iter().take(LOOKED_AT).collect();
    let dates = looked_at.iter().filter(|word| is_date(word)).count();
    dates > 0 && 10 * dates >= 9 * looked_at.len()
}

/// A column as options name it: by its name, or by its number.
fn as_typed(table: &Table, column: usize) -> String {
    table.name(column).map_or_else(|| (column + 1).to_string(), str::to_owned)
}

/// How a column is named by an option, as it is typed in a shell.
pub(crate) fn typed_column(table: &Table, column: usize) -> String {
    typed(&as_typed(table, column))
}

/// Refuses columns that are named as categories, or as texts among which `NA` is one, and were not read so: those of arrays are
/// numbers.
pub(crate) fn refuse_number_categories(table: &Table, names: &ColumnNames<'_>, format: &TextFormat) -> Result<()> {
    let is_number = |&&column: &&usize| matches!(table.columns()[column].cells, Cells::Numbers { .. });
    for (name, columns) in [("categories", &format.categories), ("na_as_text", &format.na_as_text)] {
        if let Some(&column) = names.find_all(columns)?.iter().find(is_number) {
            return Err(Error::Argument {
                name,
                found: format!("{:?} of {}, which holds numbers", table.title(column), table.origin()),
                expected: "a column of a text file, whose numbers are read as names; write the rows as CSV".to_owned(),
            });
        }
    }
    Ok(())
}

/// Refuses targets that are not as many as the rows of a source.
pub(crate) fn check_rows(source: &Source, targets: &Table, rows: usize) -> Result<()> {
    if targets.rows() == rows {
        return Ok(());
    }
    Err(Error::RowsDiffer {
        features_origin: source.to_string(),
        features: rows,
        targets_origin: targets.origin().to_owned(),
        targets: targets.rows(),
    })
}

/// That columns of numbers hold cells such as `03457`: codes, perhaps, which as numbers are another thing.
pub(crate) fn padded_numbers(table: &Table, columns: &[usize], notes: &mut Vec<String>) {
    for &column in columns {
        if let Some(cell) = table.padded(column) {
            let (title, name) = (table.title(column), typed_column(table, column));
            let value = cell.trim_start_matches('0');
            let value = if value.is_empty() { "0" } else { value };
            notes.push(format!(
                "note: {title}: {cell} is read as the number {value}; if it is a code, such as a ZIP code: categories = {name}, or \
                 drop = {name}"
            ));
        }
    }
}

/// Refuses columns of dates: what of a date matters is not to be guessed.
pub(crate) fn refuse_dates(table: &Table, columns: &[usize]) -> Result<()> {
    let dates: Vec<usize> = columns.iter().copied().filter(|&column| are_dates(table, column)).collect();
    if dates.is_empty() {
        return Ok(());
    }
    let first = |column: usize| match &table.columns()[column].cells {
        Cells::Words { words, .. } => words.word(0).unwrap_or_default(),
        Cells::Numbers { .. } => "",
    };
    let found: Vec<String> = dates.iter().map(|&at| format!("{:?} ({:?})", table.title(at), first(at))).collect();
    let names: Vec<String> = dates.iter().map(|&at| as_typed(table, at)).collect();
    let them = if dates.len() == 1 { "leave the column out" } else { "leave the columns out" };
    Err(Error::Argument {
        name: "column",
        found: format!("dates in {}", found.join(", ")),
        expected: format!(
            "numbers or categories: {them} (drop = {}), or put numbers in place of the dates, such as days since the first, the \
             month, or the day of the week",
            typed(&names.join(","))
        ),
    })
}

/// Refuses missing values, with their number in each column.
pub(crate) fn refuse_missing(table: &Table, columns: &[usize]) -> Result<()> {
    const LISTED: usize = 12;
    let with_holes: Vec<usize> = columns.iter().copied().filter(|&at| table.columns()[at].missing > 0).collect();
    let Some(first) = with_holes.first() else { return Ok(()) };
    let mut cursor = table.cursor(columns);
    let mut missing = |row: usize| {
        let cells = cursor.at(row);
        columns.iter().find(|&&column| cells.cell(column) == Cell::Missing).map(|&column| (row, column))
    };
    let found = (0..table.rows()).find_map(&mut missing);
    let (row, column) = found.unwrap_or((0, *first));
    let mut listed: Vec<String> = with_holes
        .iter()
        .take(LISTED)
        .map(|&at| format!("{} {}", table.title(at), table.columns()[at].missing))
        .collect();
    if with_holes.len() > LISTED {
        listed.push(format!("... {} columns in all", with_holes.len()));
    }
    let texts: Vec<String> =
        with_holes.iter().filter(|at| has_na(table, **at)).map(|&at| as_typed(table, at)).take(LISTED).collect();
    if let (false, Some(last)) = (texts.is_empty(), listed.last_mut()) {
        let verb = if texts.len() == 1 { "holds" } else { "hold" };
        let (named, typed) = (texts.join(", "), typed(&texts.join(",")));
        *last += &format!("; {named} {verb} texts, and if NA is one of them: na_as_text = {typed}");
    }
    let total: usize = with_holes.iter().map(|&at| table.columns()[at].missing).sum();
    Err(Error::Missing {
        origin: table.origin().to_owned(),
        place: Place::Cell { row: row + 1, column: column + 1 },
        total,
        columns: listed.join(", "),
    })
}

/// Whether `NA` or the like stands in a column of texts, where it may be one of them: `NA` is Namibia.
fn has_na(table: &Table, column: usize) -> bool {
    matches!(&table.columns()[column].cells, Cells::Words { words, .. } if words.na_cells > 0)
}

/// A number for each group that rows are of. Rows of which it is not said are one group, which a note tells.
///
/// # Errors
/// When groups are whole numbers that f64 does not tell from their neighbours.
pub(crate) fn group_numbers(
    table: &Table,
    column: usize,
    rows: TableRows<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<u32>> {
    let mut cursor = table.cursor(&[column]);
    if rows.iter().any(|row| matches!(cursor.at(row).cell(column), Cell::Number(x) if x.abs() >= EXACT)) {
        let (title, name) = (table.title(column), typed_column(table, column));
        return Err(Error::Argument {
            name: "group",
            found: format!("whole numbers beyond 2^53 in {title:?}, of which several are the same in f64"),
            expected: format!("groups that are told apart: categories = {name} reads them as texts"),
        });
    }
    let mut without = 0;
    // The bits of a number, or the number of a word.
    let mut numbers = HashMap::<u64, u32>::new();
    let number = |row: usize| {
        let cells = cursor.at(row);
        without += usize::from(cells.cell(column) == Cell::Missing);
        let key = match table.columns()[column].cells {
            // Whatever its bits, what is missing is one group.
            Cells::Numbers { slot } if cells.value(slot).is_nan() => f64::NAN.to_bits(),
            Cells::Numbers { slot } => cells.value(slot).to_bits(),
            Cells::Words { slot, .. } => u64::from(cells.code(slot)),
        };
        let next = numbers.len() as u32;
        *numbers.entry(key).or_insert(next)
    };
    let numbers = rows.iter().map(number).collect();
    if without > 0 {
        let title = table.title(column);
        notes.push(format!(
            "note: {without} rows without a value of {title} are kept together, as if they were of one group"
        ));
    }
    Ok(numbers)
}

/// How much each row counts.
pub(crate) fn row_weights(table: &Table, column: usize, rows: TableRows<'_>) -> Result<Vec<f64>> {
    let mut cursor = table.cursor(&[column]);
    let weight = |row: usize| match cursor.at(row).cell(column) {
        Cell::Number(value) if value >= 0.0 => Ok(value),
        cell => {
            let place = Place::Cell { row: row + 1, column: column + 1 };
            let expected = format!("a number of 0 or more: {:?} holds the weights of rows", table.title(column));
            let found = match cell {
                Cell::Missing => "no value".to_owned(),
                Cell::Number(value) => value.to_string(),
                Cell::Word(word) => format!("{word:?}"),
            };
            Err(Error::format(table.origin(), place, found, expected))
        }
    };
    rows.iter().map(weight).collect()
}
