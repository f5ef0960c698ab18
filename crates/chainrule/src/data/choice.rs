//! Columns as people name them: by what the header calls them, or by their number, counted from 1.

use crate::nearest::nearest;
use crate::{Error, Result};

/// Names that a message lists.
const LISTED: usize = 30;

/// The column that is meant, counted from 0: by its name, or else by its number from 1.
///
/// # Errors
/// [`Error::UnknownName`] with the nearest name.
pub(crate) fn find_column(origin: &str, names: &[Option<String>], wanted: &str) -> Result<usize> {
    if let Some(column) = names.iter().position(|name| name.as_deref() == Some(wanted)) {
        return Ok(column);
    }
    // As messages call a column without a name.
    let digits = wanted.strip_prefix("column ").unwrap_or(wanted);
    if let Ok(number @ 1..) = digits.parse::<usize>()
        && number <= names.len()
    {
        return Ok(number - 1);
    }
    let known: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
    let header = "; the first line was taken as data, and names the columns by header = yes";
    let single = "; the file has one column, as it was read: if something separates its cells: delimiter = SIGN";
    let numbers = match (names.len(), known.is_empty()) {
        (1, _) => format!("number 1{single}"),
        (count, true) => format!("numbers 1 to {count}{header}"),
        (count, false) => format!("numbers 1 to {count}"),
    };
    let mut listed: Vec<String> = known.iter().take(LISTED).map(|name| (*name).to_owned()).collect();
    listed.push(if known.len() > LISTED { format!("... {} in all; {numbers}", known.len()) } else { numbers });
    let _ = origin;
    Err(Error::UnknownName {
        what: "column",
        name: wanted.to_owned(),
        nearest: nearest(wanted, &known).map(str::to_owned),
        known: listed,
    })
}

/// All columns that are meant. Names that hold commas come in parts, where commas stand between the names.
pub(crate) fn find_columns(origin: &str, names: &[Option<String>], wanted: &[String]) -> Result<Vec<usize>> {
    let mut columns = Vec::with_capacity(wanted.len());
    let mut rest = wanted;
    while !rest.is_empty() {
        let parts = parts_of_name(names, rest);
        let (name, behind) = (rest[..parts].join(","), &rest[parts..]);
        rest = behind;
        let column = find_column(origin, names, &name)?;
        if columns.contains(&column) {
            let expected = "each column once".to_owned();
            return Err(Error::Argument { name: "columns", found: format!("{name:?} twice"), expected });
        }
        columns.push(column);
    }
    Ok(columns)
}

/// How many of these parts, with commas between them, are the first name: one where it is a name itself, or no others are.
fn parts_of_name(names: &[Option<String>], parts: &[String]) -> usize {
    let is_name = |wanted: &str| names.iter().any(|name| name.as_deref() == Some(wanted));
    if parts.len() == 1 || is_name(&parts[0]) || !names.iter().flatten().any(|name| name.contains(',')) {
        return 1;
    }
    (2..=parts.len()).find(|&count| is_name(&parts[..count].join(","))).unwrap_or(1)
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
    let places = known.iter().map(|name| names.iter().position(|other| other == name));
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
        let names: Vec<_> = ["id", "price", "3"].iter().map(|name| Some((*name).to_owned())).chain([None]).collect();
        let find = |wanted: &str| find_column("x.csv", &names, wanted);
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
        assert!(find_columns("x.csv", &names, &twice).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn a_name_with_commas_is_found_in_its_parts() {
        let names: Vec<_> = ["price, USD", "a", "b", "a,b", "2,5"].map(|name| Some(name.to_owned())).to_vec();
        let find = |wanted: &str| {
            let parts: Vec<String> = wanted.split(',').map(str::to_owned).collect();
            find_columns("x.csv", &names, &parts).map_err(|error| error.to_string())
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
