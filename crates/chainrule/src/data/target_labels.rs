//! The names of classes: how a cell is read as one, which name was meant, and what says that there is none.

use super::roles::typed_column;
use super::table::{Cell, Cells, Decimal, Table, bracketed, is_amount, is_missing};
use crate::nearest::nearest;
use crate::{Error, Place, Result};

/// Where targets are, and the classes that a model has.
#[derive(Clone, Copy)]
pub(super) struct Targeted<'a> {
    pub(super) table: &'a Table,
    pub(super) columns: &'a [usize],
    pub(super) classes: Option<&'a [String]>,
}

/// A label as it would be written.
pub(super) fn label_name(cell: Cell<'_>) -> String {
    match cell {
        Cell::Missing => String::new(),
        // 0 and -0 are the same label.
        Cell::Number(value) => (value + 0.0).to_string(),
        Cell::Word(word) => word.to_owned(),
    }
}

pub(super) fn class_numbers(classes: usize) -> Result<Vec<String>> {
    let mut names = Vec::new();
    names.try_reserve_exact(classes).map_err(|_| Error::no_memory("classes", classes))?;
    names.extend((0..classes).map(|class| class.to_string()));
    Ok(names)
}

/// The first of some names.
pub(super) fn some(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(12).map(String::as_str).collect();
    let more = if names.len() > 12 { format!(", ... ({} in all)", names.len()) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// The class that a label which is none may have meant, as the end of a sentence: the same in other letters, the same answer
/// in other words, or the nearest. It is told and not taken: `Yes` beside `yes` may be a mistake in either table.
pub(super) fn meant(label: &str, names: &[String]) -> String {
    const ANSWERS: [[&str; 5]; 2] = [["0", "false", "no", "n", "f"], ["1", "true", "yes", "y", "t"]];
    let is_same = |name: &&String| name.eq_ignore_ascii_case(label);
    let is_among = |text: &str, words: &[&str; 5]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    let is_same_answer =
        |name: &&String| ANSWERS.iter().any(|words| is_among(label, words) && is_among(name.as_str(), words));
    let found = names.iter().find(is_same).or_else(|| names.iter().find(is_same_answer)).map(String::as_str);
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    match found.or_else(|| nearest(label, &all)) {
        Some(name) => format!("; if {name:?} is meant, write it so"),
        None => String::new(),
    }
}

/// A word that says that there is no class, and could be the name of one.
const NONE: &str = "none";

/// Whether this name of a class would be read as no class, if it were not said otherwise.
pub(super) fn says_nothing(class: &str) -> bool {
    class.eq_ignore_ascii_case(NONE) || is_missing(class.as_bytes())
}

/// Whether a class of these names would be read as a number and written otherwise, as `01`, `1.10` or `$5` would: it was read as a
/// text.
pub(super) fn are_texts_of_numbers<'a>(mut names: impl Iterator<Item = &'a str>) -> bool {
    let reads = |name: &[u8], sign| is_amount(name, sign) || bracketed(name, sign).is_some();
    let is_number = |name: &str| [Decimal::Point, Decimal::Comma].iter().any(|sign| reads(name.as_bytes(), *sign));
    let as_read = |name: &str| name.parse::<f64>().is_ok_and(|value| label_name(Cell::Number(value)) == name);
    names.any(|name| is_number(name) && !as_read(name))
}

/// Whether a row has no class in this column of targets: nothing, or `None` in a column of words, unless that is one of the classes
/// of a model or said to be a text.
pub(super) fn lacks_class(cell: Cell<'_>, na_is_text: bool, known: Option<&[String]>) -> bool {
    match cell {
        Cell::Missing => true,
        Cell::Number(_) => false,
        Cell::Word(word) => {
            let is_none = !na_is_text && word.eq_ignore_ascii_case(NONE);
            is_none && !known.unwrap_or_default().iter().any(|name| name == word)
        }
    }
}

/// Refuses rows without a target, with their number and what stands there.
pub(super) fn refuse_missing_targets(of: Targeted<'_>) -> Result<()> {
    let Targeted { table, columns, classes: known } = of;
    for &column in columns {
        if table.columns()[column].missing == 0 && matches!(table.columns()[column].cells, Cells::Numbers { .. }) {
            continue;
        }
        let mut cursor = table.cursor(&[column]);
        let (mut first, mut count, mut named) = (None, 0, 0);
        for row in 0..table.rows() {
            let cell = cursor.at(row).cell(column);
            if lacks_class(cell, table.na_is_text(column), known) {
                count += 1;
                named += usize::from(matches!(cell, Cell::Word(_)));
                first.get_or_insert((row, cell));
            }
        }
        let Some((first, cell)) = first else { continue };
        let found = match (cell, named) {
            (Cell::Word(word), _) => format!("{word:?}, no class, as in {count} rows"),
            (_, 0) => format!("nothing (or NA or the like), as in {count} rows"),
            (_, named) => format!("nothing, as in {count} rows, in {named} of them \"None\""),
        };
        let is_class = matches!(table.columns()[column].cells, Cells::Words { .. });
        let also = match is_class {
            true => format!("; if it names a class: na_as_text = {}", typed_column(table, column)),
            false => String::new(),
        };
        let expected = format!(
            "a value: {:?} is the target; missing = drop leaves out the rows without one{also}",
            table.title(column)
        );
        let place = match table.cols() {
            1 => Place::Row(first + 1),
            _ => Place::Cell { row: first + 1, column: column + 1 },
        };
        return Err(Error::Label { origin: table.origin().to_owned(), place, found, expected });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_in_other_letters_or_words_is_told_with_the_class() {
        let meant = |label: &str, names: &[&str]| {
            meant(label, &names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
        };
        for (label, names, class) in [
            ("Yes", &["no", "yes"][..], "yes"),
            ("True", &["0", "1"], "1"),
            ("0", &["False", "True"], "False"),
            ("N", &["no", "yes"], "no"),
            ("setosaa", &["setosa", "virginica"], "setosa"),
        ] {
            assert_eq!(meant(label, names), format!("; if {class:?} is meant, write it so"), "{label}");
        }
        assert_eq!(meant("maybe", &["0", "1"]), "");
    }
}
