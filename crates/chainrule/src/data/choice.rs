//! Columns as people name them: by what the header calls them, or by their number, counted from 1.

use std::collections::HashMap;

use crate::nearest::nearest;
use crate::{Error, Result};

/// Names that a message lists.
const LISTED: usize = 30;

/// What the columns of a table are called. A name is found without a look at the others: a table may have a million columns.
pub(crate) struct ColumnNames<'a> {
    all: Vec<Option<&'a str>>,
    /// Where each name stands first.
    places: HashMap<&'a str, usize>,
    /// The parts, at most, that commas divide a name into.
    parts: usize,
}

impl<'a> ColumnNames<'a> {
    /// The names of all columns, in their order.
    pub(crate) fn new(names: impl Iterator<Item = Option<&'a str>>) -> Self {
        let all: Vec<Option<&str>> = names.collect();
        let (mut places, mut parts) = (HashMap::new(), 1);
        for (at, name) in all.iter().enumerate() {
            if let Some(name) = name {
                places.entry(*name).or_insert(at);
                parts = parts.max(name.split(',').count());
            }
        }
        ColumnNames { all, places, parts }
    }

    /// The column of this name, counted from 0.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// The names that there are, in the order of the columns.
    pub(crate) fn known(&self) -> Vec<&'a str> {
        self.all.iter().flatten().copied().collect()
    }

    /// The column that is meant, counted from 0: by its name, or else by its number from 1.
    ///
    /// # Errors
    /// [`Error::UnknownName`] with the nearest name.
    pub(crate) fn find(&self, wanted: &str) -> Result<usize> {
        // As messages call a column without a name.
        let digits = wanted.strip_prefix("column ").unwrap_or(wanted);
        let by_number = || digits.parse::<usize>().ok().filter(|number| (1..=self.all.len()).contains(number));
        if let Some(column) = self.place(wanted) {
            return Ok(column);
        }
        let Some(number) = by_number() else { return Err(self.unknown(wanted)) };
        // Among columns called 0, 1, 2, ... it may be meant either way.
        let numbered = |name: &&str| name.parse::<usize>().is_ok_and(|name| name <= self.all.len());
        match self.all[number - 1] {
            Some(name) if self.all.iter().flatten().all(numbered) => Err(Error::Argument {
                name: "column",
                found: format!("{wanted}, which no column is called, and columns have numbers for names"),
                expected: format!("a name: that of the {} column is {name:?}", ordinal(number)),
            }),
            _ => Ok(number - 1),
        }
    }

    /// All columns that are meant. Names that hold commas come in parts, where commas stand between the names.
    ///
    /// # Errors
    /// As [`find`](Self::find), and when a column is named twice.
    pub(crate) fn find_all(&self, wanted: &[String]) -> Result<Vec<usize>> {
        let mut columns = Vec::with_capacity(wanted.len());
        let mut is_taken = vec![false; self.all.len()];
        for name in self.joined(wanted) {
            let column = self.find(&name)?;
            if std::mem::replace(&mut is_taken[column], true) {
                let expected = "each column once".to_owned();
                return Err(Error::Argument { name: "columns", found: format!("{name:?} twice"), expected });
            }
            columns.push(column);
        }
        Ok(columns)
    }

    /// Names whose parts, where they hold commas, are put together.
    pub(crate) fn joined(&self, wanted: &[String]) -> Vec<String> {
        let mut names = Vec::with_capacity(wanted.len());
        let mut rest = wanted;
        while !rest.is_empty() {
            let (name, behind) = rest.split_at(self.parts_of_name(rest));
            names.push(name.join(","));
            rest = behind;
        }
        names
    }

    /// How many of these parts, with commas between them, are the first name: one where it is a name itself, or no others are.
    fn parts_of_name(&self, parts: &[String]) -> usize {
        if self.place(&parts[0]).is_some() {
            return 1;
        }
        let most = self.parts.min(parts.len());
        (2..=most).find(|&count| self.place(&parts[..count].join(",")).is_some()).unwrap_or(1)
    }

    fn unknown(&self, wanted: &str) -> Error {
        let known = self.known();
        let header = "; the columns have no names: if they stand in the first line of a text file: header = yes";
        let single = "; the file has one column, as it was read: if something separates its cells: delimiter = SIGN";
        let numbers = match (self.all.len(), known.is_empty()) {
            (1, _) => format!("number 1{single}"),
            (count, true) => format!("numbers 1 to {count}{header}"),
            (count, false) => format!("numbers 1 to {count}"),
        };
        let mut listed: Vec<String> = known.iter().take(LISTED).map(|name| (*name).to_owned()).collect();
        listed.push(if known.len() > LISTED { format!("... {} in all; {numbers}", known.len()) } else { numbers });
        let nearest = nearest(wanted, &known).map(str::to_owned);
        Error::UnknownName { what: "column", name: wanted.to_owned(), nearest, known: listed }
    }
}

/// `1st`, `2nd`, `3rd`, `4th`, ...
fn ordinal(number: usize) -> String {
    let end = match (number % 10, number % 100) {
        (1, teens) if teens != 11 => "st",
        (2, teens) if teens != 12 => "nd",
        (3, teens) if teens != 13 => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}

/// A mark for each of `count` columns: whether it is one of `columns`.
pub(crate) fn marks(columns: &[usize], count: usize) -> Vec<bool> {
    let mut marks = vec![false; count];
    columns.iter().for_each(|&column| marks[column] = true);
    marks
}

/// A column's name as it is typed in a shell.
pub(crate) fn typed(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,=+@%".contains(c);
    match !name.is_empty() && name.chars().all(is_plain) {
        true => name.to_owned(),
        false if name.contains(['$', '`', '"', '\\', '!']) => format!("'{}'", name.replace('\'', "'\\''")),
        false => format!("\"{name}\""),
    }
}

/// Columns of several targets, called `names`, in the order in which a model knows them. Where either has no names they stay as
/// they are, and so does a single one, which may have been renamed.
///
/// # Errors
/// When they are other columns: with both lists.
pub(crate) fn in_known_order(columns: Vec<usize>, names: &[String], known: &[String]) -> Result<Vec<usize>> {
    if names.is_empty() || known.is_empty() || names == known || (names.len(), known.len()) == (1, 1) {
        return Ok(columns);
    }
    let given = ColumnNames::new(names.iter().map(|name| Some(name.as_str())));
    let places = known.iter().map(|name| given.place(name));
    match places.collect::<Option<Vec<usize>>>() {
        Some(places) if places.len() == names.len() => Ok(places.into_iter().map(|at| columns[at]).collect()),
        _ => Err(Error::Argument {
            name: "target",
            found: names.join(", "),
            expected: format!("{}, the targets that were learned, in any order", known.join(", ")),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_named_or_numbered_and_else_the_nearest_is_told() {
        let names = ColumnNames::new([Some("id"), Some("price"), Some("3"), None].into_iter());
        let find = |wanted: &str| names.find(wanted);
        assert_eq!(find("price").unwrap(), 1);
        assert_eq!(find("4").unwrap(), 3);
        assert_eq!(find("1").unwrap(), 0);
        assert_eq!(find("3").unwrap(), 2);
        for wanted in ["prize", "0", "5", "-1", ""] {
            let message = find(wanted).unwrap_err().to_string();
            assert!(message.contains("unknown column") && message.contains("numbers 1 to 4"), "{message}");
        }
        assert!(find("prise").unwrap_err().to_string().contains("did you mean \"price\"?"));
        let twice = ["id".to_owned(), "1".to_owned()];
        assert!(names.find_all(&twice).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn a_name_with_commas_is_found_in_its_parts() {
        let names = ColumnNames::new(["price, USD", "a", "b", "a,b", "2,5"].map(Some).into_iter());
        let find = |wanted: &str| {
            let parts: Vec<String> = wanted.split(',').map(str::to_owned).collect();
            names.find_all(&parts).map_err(|error| error.to_string())
        };
        assert_eq!(find("price, USD"), Ok(vec![0]));
        assert_eq!(find("b,price, USD,a"), Ok(vec![2, 0, 1]));
        // As they would be without a column of both names, and by number.
        assert_eq!(find("a,b"), Ok(vec![1, 2]));
        assert_eq!(find("2,5"), Ok(vec![4]));
        assert_eq!(find("3,5"), Ok(vec![2, 4]));
        assert!(find("price,a").unwrap_err().contains("unknown column"));
    }

    #[test]
    fn several_targets_are_matched_by_name_and_others_are_refused() {
        let names = |text: &str| text.split_terminator(',').map(str::to_owned).collect::<Vec<_>>();
        let order = |given: &str, known: &str| in_known_order(vec![4, 7], &names(given), &names(known));
        assert_eq!(order("b,a", "a,b").unwrap(), [7, 4]);
        for (given, known) in [("a,b", "a,b"), ("", "a,b"), ("b,a", "")] {
            assert_eq!(order(given, known).unwrap(), [4, 7], "{given:?} {known:?}");
        }
        let message = order("b,c", "a,b").unwrap_err().to_string();
        assert!(message.contains("b, c") && message.contains("a, b, the targets that were learned"), "{message}");
        assert!(in_known_order(vec![3], &names("cost"), &names("price")).is_ok());
    }
}
