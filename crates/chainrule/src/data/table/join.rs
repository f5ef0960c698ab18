//! Tables of the same columns, one behind the other.

use super::columns::{Cells, Table};
use super::sign::Sign;
use super::words::MISSING_WORD;
use crate::{Error, Place, Result};

impl Table {
    /// The rows of this table, then those of another. Columns are found by their names, or where neither table has any by
    /// their order.
    ///
    /// # Errors
    /// [`Error::Format`] where the other table lacks a column, has one more, or words where this one has numbers.
    pub(crate) fn joined_with(mut self, other: &Table) -> Result<Self> {
        let from = self.columns_in(other)?;
        // The number that the other's words have here.
        let mut codes: Vec<Vec<u32>> = Vec::new();
        for (column, &theirs) in from.iter().enumerate() {
            self.check_kind(column, other, theirs)?;
            self.join_sign(column, other, theirs)?;
            if let (Cells::Words { words, .. }, Cells::Words { words: others, .. }) =
                (&mut self.columns[column].cells, &other.columns[theirs].cells)
            {
                words.na_cells += others.na_cells;
                // A word that is text is UTF-8.
                codes.push(
                    others.all().iter().map(|word| words.code(word.as_bytes()).unwrap_or(MISSING_WORD)).collect(),
                );
            } else {
                codes.push(Vec::new());
            }
            self.columns[column].missing += other.columns[theirs].missing;
        }
        let mut cursor = other.cursor(&from);
        for row in 0..other.rows {
            let row = cursor.at(row);
            self.room()?;
            let block = self.block();
            for (column, &theirs) in from.iter().enumerate() {
                match (&self.columns[column].cells, &other.columns[theirs].cells) {
                    (Cells::Numbers { .. }, Cells::Numbers { slot }) => {
                        self.numbers[block].push(row.value(*slot));
                    }
                    (Cells::Numbers { .. }, Cells::Words { .. }) => self.numbers[block].push(f64::NAN),
                    (Cells::Words { .. }, Cells::Words { slot, .. }) => {
                        let code = row.code(*slot) as usize;
                        self.words.push(codes[column].get(code).copied().unwrap_or(MISSING_WORD));
                    }
                    (Cells::Words { .. }, Cells::Numbers { .. }) => self.words.push(MISSING_WORD),
                }
            }
            self.rows += 1;
        }
        other.check_read()?;
        self.padded.join(&other.padded, &from);
        self.join_notes(other);
        Ok(self)
    }

    /// What was taken for granted of the other file alone is said with its name.
    fn join_notes(&mut self, other: &Table) {
        for note in other.notes.iter().filter(|note| !self.notes.contains(note)).collect::<Vec<_>>() {
            let mark = ["warning: ", "note: "].into_iter().find(|mark| note.starts_with(mark)).unwrap_or_default();
            self.notes.push(format!("{mark}{}: {}", other.origin, &note[mark.len()..]));
        }
        if self.decimal != other.decimal {
            self.decimal = None;
        }
    }

    /// Where each of these columns is in another table.
    fn columns_in(&self, other: &Table) -> Result<Vec<usize>> {
        let refuse = |found: String, expected: String| {
            Err(Error::format(&other.origin, Place::Header, found, format!("{expected}, as in {}", self.origin)))
        };
        if self.has_names() != other.has_names() {
            let words = |table: &Table| if table.has_names() { "names of columns" } else { "no names of columns" };
            return refuse(words(other).to_owned(), words(self).to_owned());
        }
        if !self.has_names() {
            if self.cols() != other.cols() {
                return refuse(format!("{} columns", other.cols()), self.cols().to_string());
            }
            return Ok((0..self.cols()).collect());
        }
        let names = |table: &Table| (0..table.cols()).map(|at| (table.title(at), at)).collect::<Vec<_>>();
        let mut theirs = names(other);
        theirs.sort_unstable();
        let mut from = Vec::with_capacity(self.cols());
        for (name, _) in names(self) {
            match theirs.binary_search_by(|(their, _)| their.cmp(&name)) {
                Ok(at) => from.push(theirs[at].1),
                Err(_) => return refuse(format!("no column {name:?}"), "it".to_owned()),
            }
        }
        if other.cols() > self.cols() {
            let mut is_known = vec![false; other.cols()];
            from.iter().for_each(|&at| is_known[at] = true);
            let extra = is_known.iter().position(|known| !known).unwrap_or_default();
            return refuse(format!("one column more, {:?}", other.title(extra)), format!("{} columns", self.cols()));
        }
        Ok(from)
    }

    /// Numbers have one sign in all files; a column without any value may have any.
    fn join_sign(&mut self, column: usize, other: &Table, theirs: usize) -> Result<()> {
        let (ours, others) = (self.columns[column].sign, other.columns[theirs].sign);
        if ours == others || other.columns[theirs].missing == other.rows {
            return Ok(());
        }
        if self.columns[column].missing == self.rows {
            self.columns[column].sign = others;
            return Ok(());
        }
        let with = |sign: Option<Sign>| {
            sign.map_or("numbers without a sign".to_owned(), |sign| format!("numbers with {}", sign.text()))
        };
        let title = self.title(column);
        let found = format!("{} in the column {title:?}", with(others));
        let expected = format!("{}, as in {}", with(ours), self.origin);
        Err(Error::format(&other.origin, Place::Header, found, expected))
    }

    /// A column without any value may be of either kind.
    fn check_kind(&self, column: usize, other: &Table, theirs: usize) -> Result<()> {
        let (ours, others) = (&self.columns[column], &other.columns[theirs]);
        let kind = |cells: &Cells| if matches!(cells, Cells::Numbers { .. }) { "numbers" } else { "words" };
        if kind(&ours.cells) == kind(&others.cells) || others.missing == other.rows {
            return Ok(());
        }
        let title = self.title(column);
        let found = format!("{} in the column {title:?}", kind(&others.cells));
        let expected = format!(
            "{}, as in {}; a column whose values are names is read so by categories = its name",
            kind(&ours.cells),
            self.origin
        );
        Err(Error::format(&other.origin, Place::Header, found, expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::table::columns::Column;

    fn numbers(origin: &str, names: &[&str], rows: &[f64]) -> Table {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Table::of_numbers(origin, names.len(), rows).unwrap().with_names(names)
    }

    #[test]
    fn columns_are_found_by_name_and_words_are_numbered_anew() {
        let words = |table: Table, codes: &[u32], all: &[&str]| {
            table.with_words("w", codes.to_vec(), &all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
        };
        let a = words(numbers("a", &["x", "y"], &[1.0, 2.0]), &[1], &["p", "q"]);
        let b = words(numbers("b", &["y", "x"], &[4.0, 3.0, f64::NAN, 5.0]), &[0, 1], &["q", "r"]);
        let both = a.joined_with(&b).unwrap();
        assert_eq!(
            (both.rows(), both.number(1, 0), both.number(1, 1), both.number(2, 1)),
            (3, Some(3.0), Some(4.0), None)
        );
        assert_eq!([0, 1, 2].map(|row| both.word(row, 2).unwrap()), ["q", "q", "r"]);
        assert_eq!(both.columns.iter().map(|column: &Column| column.missing).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn other_columns_are_named_with_their_file() {
        let a = || numbers("a.csv", &["x", "y"], &[1.0, 2.0]);
        let message = |b: &Table| a().joined_with(b).unwrap_err().to_string();
        assert!(message(&numbers("b.csv", &["x", "z"], &[0.0; 2])).contains("b.csv, header: found no column \"y\""));
        assert!(message(&numbers("b.csv", &["x", "y", "z"], &[0.0; 3])).contains("one column more, \"z\""));
        let unnamed = Table::of_numbers("b.csv", 2, &[0.0; 2]).unwrap();
        assert!(message(&unnamed).contains("found no names of columns"));
        let words = numbers("b.csv", &["x"], &[0.0]).with_words("y", vec![0], &["p".to_owned()]);
        assert!(message(&words).contains("found words in the column \"y\", expected numbers, as in a.csv"));
        let three = Table::of_numbers("c.csv", 3, &[0.0; 3]).unwrap();
        assert!(
            unnamed.joined_with(&three).unwrap_err().to_string().contains("found 3 columns, expected 2, as in b.csv")
        );
    }

    #[test]
    fn blocks_are_filled_across_files() {
        let many: Vec<f64> = (0..5000).map(f64::from).collect();
        let part = || Table::of_numbers("a", 1, &many).unwrap();
        let whole = part().joined_with(&part()).unwrap();
        assert_eq!((whole.rows(), whole.number(4999, 0), whole.number(9999, 0)), (10000, Some(4999.0), Some(4999.0)));
    }
}
