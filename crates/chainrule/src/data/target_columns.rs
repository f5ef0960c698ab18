//! What is learned from a table: which columns are the targets, what their values mean, and how they are counted. Text and a
//! few whole numbers are classes; other numbers are values, unless a task or a loss says otherwise.

use std::collections::{BTreeMap, HashMap};

use chainrule_model::Loss;

use super::known_sign::KnownSign;
use super::memory::Memory;
use super::roles::{are_decimal_commas, is_amount};
use super::schema::Schema;
use super::table::{Cell, Cells, Cursor, Sign, Table, TableRows, are_no_and_yes, is_date};
use super::target_labels::{class_numbers, label_name, meant, some};
use super::values::{Values, ValuesBuilder};
use crate::{Error, Place, Result, Task};

/// So many different whole numbers, or fewer, are classes.
pub(super) const FEW: usize = 20;
/// Rows that a text needs, on average, to name a class and not its row.
const ROWS_A_TEXT: usize = 4;

/// The targets of all rows.
#[derive(Debug, Clone)]
pub(crate) enum TargetData {
    /// (rows), with the name of each class.
    Classes { labels: Vec<u32>, names: Vec<String> },
    /// (rows, cols)
    Values(Values),
}

/// What is known of a target before its values are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TargetRequest<'a> {
    pub(crate) task: Option<Task>,
    pub(crate) loss: Option<Loss>,
    /// Labels are numbers from 0 below this.
    pub(crate) classes: Option<usize>,
    /// The classes of a model that exists, in the order of its outputs.
    pub(crate) class_names: Option<&'a [String]>,
    /// Whether those are numbers because the model does not name them.
    pub(crate) are_numbered: bool,
    pub(crate) answers: Option<[&'a str; 2]>,
    /// What its targets are called, in the order of the outputs; empty where that is not known.
    pub(crate) target_names: &'a [String],
    /// What was taken off the numbers of its targets, in this order; empty where nothing was.
    pub(crate) signs: Option<&'a [Option<Sign>]>,
    /// The columns of a model that exists.
    pub(crate) schema: Option<&'a Schema>,
    /// Whether they are tested on: targets are the columns called as those that are learned, whatever their numbers.
    pub(crate) is_test: bool,
}

impl TargetRequest<'_> {
    /// Whether there is a model already, or what is learned is read beside others.
    pub(crate) fn is_of_model(&self) -> bool {
        self.class_names.is_some() || self.schema.is_some()
    }
}

/// What was found of it.
#[derive(Debug, Clone)]
pub(crate) struct TargetFound {
    pub(crate) task: Task,
    pub(crate) data: TargetData,
    pub(crate) answers: Option<[String; 2]>,
    pub(crate) notes: Vec<String>,
    /// What was taken off the numbers of each column; empty where nothing was.
    pub(crate) signs: Vec<Option<Sign>>,
}

impl TargetFound {
    /// What others that are read beside it, called by these names, have to have.
    pub(crate) fn known<'a>(&'a self, target_names: &'a [String]) -> TargetRequest<'a> {
        let class_names = match &self.data {
            TargetData::Classes { names, .. } => Some(&names[..]),
            TargetData::Values(_) => None,
        };
        let answers = self.answers.as_ref().map(|[no, yes]| [no.as_str(), yes.as_str()]);
        TargetRequest { class_names, answers, target_names, signs: Some(&self.signs), ..TargetRequest::default() }
    }
}

/// The columns that hold the targets, and the rows that are used.
pub(crate) struct TargetColumns<'a> {
    pub(crate) table: &'a Table,
    pub(crate) columns: &'a [usize],
    pub(crate) rows: TableRows<'a>,
    /// How much of it values may take.
    pub(crate) memory: Option<&'a Memory>,
}

impl TargetColumns<'_> {
    /// Reads the targets.
    ///
    /// # Errors
    /// When a value is missing, is not what the task needs, or what is meant cannot be told.
    pub(crate) fn read(&self, request: TargetRequest<'_>) -> Result<TargetFound> {
        let task = self.task(request)?;
        if let Some(loss) = request.loss {
            task.check(loss)?;
        }
        let found = match (task, self.columns) {
            (Task::Classification, &[column]) => self.classes(column, request),
            (Task::Binary, &[column]) => self.binary(column, request),
            (Task::Binary, _) => Err(Error::Argument {
                name: "target",
                found: format!("{} columns", self.columns.len()),
                expected: "one column for a binary task; several questions are a multi-label task".to_owned(),
            }),
            (Task::Classification, _) => self.one_hot(request).transpose().unwrap_or_else(|| self.values(task)),
            _ => self.values(task),
        };
        let mut found = TargetFound { task, ..found? };
        for (at, &column) in self.columns.iter().enumerate() {
            let Some(signs) = request.signs else { break };
            let known = KnownSign { title: &self.table.title(column), sign: signs.get(at).copied().flatten() };
            found.notes.extend(known.check(self.table, column)?);
        }
        let signs = || self.columns.iter().map(|&column| self.table.sign(column));
        if signs().any(|sign| sign.is_some()) {
            found.signs = signs().collect();
        }
        Ok(found)
    }

    /// How often each whole number occurs, where all are whole and no more than `most` differ.
    pub(super) fn whole_numbers(&self, column: usize, most: usize) -> Option<BTreeMap<i64, usize>> {
        let mut counts = BTreeMap::new();
        let mut cursor = self.cursor(column);
        for row in self.rows.iter() {
            let value = match cursor.at(row).cell(column) {
                Cell::Missing => continue,
                Cell::Number(value) if value.fract() == 0.0 && value.abs() < 2f64.powi(53) => value as i64,
                _ => return None,
            };
            *counts.entry(value).or_default() += 1;
            if counts.len() > most {
                return None;
            }
        }
        Some(counts)
    }

    pub(super) fn cursor(&self, column: usize) -> Cursor<'_> {
        self.table.cursor(&[column])
    }

    fn place(&self, row: usize, column: usize) -> Place {
        match self.table.cols() {
            1 => Place::Row(row + 1),
            _ => Place::Cell { row: row + 1, column: column + 1 },
        }
    }

    pub(super) fn refuse(&self, row: usize, column: usize, found: String, expected: String) -> Error {
        Error::Label { origin: self.table.origin().to_owned(), place: self.place(row, column), found, expected }
    }

    pub(super) fn missing(&self, row: usize, column: usize) -> Error {
        let expected = format!("a value: {:?} is the target", self.table.title(column));
        self.refuse(row, column, "nothing".to_owned(), expected)
    }

    fn classes(&self, column: usize, request: TargetRequest<'_>) -> Result<TargetFound> {
        let (names, is_told) = match (request.class_names, request.classes) {
            (Some(names), _) => (names.to_vec(), true),
            (None, Some(classes)) => (class_numbers(classes)?, true),
            (None, None) => (self.class_names(column)?, false),
        };
        let by_name: BTreeMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
        let mut counts = vec![0usize; names.len()];
        let mut labels = Vec::with_capacity(self.rows.len());
        let mut cursor = self.cursor(column);
        // Each number, or each word of the table, is looked up once.
        let mut known = HashMap::<u64, u32>::new();
        for row in self.rows.iter() {
            let cells = cursor.at(row);
            let key = match &self.table.columns()[column].cells {
                Cells::Numbers { slot } => cells.value(*slot).to_bits(),
                Cells::Words { slot, .. } => u64::from(cells.code(*slot)),
            };
            if let Some(&label) = known.get(&key) {
                counts[label as usize] += 1;
                labels.push(label);
                continue;
            }
            let name = match cells.cell(column) {
                Cell::Missing => return Err(self.missing(row, column)),
                cell => label_name(cell),
            };
            let Some(&label) = by_name.get(name.as_str()) else {
                let expected = match request.classes {
                    Some(classes) => format!("0 to {} for {classes} classes", classes.saturating_sub(1)),
                    None => {
                        let more = match request.are_numbered && name.parse::<f64>().is_err() {
                            true => {
                                ", which the model does not name: `chainrule convert --class-names` does".to_owned()
                            }
                            false => meant(&name, &names),
                        };
                        format!("one of the classes {}{more}", some(&names))
                    }
                };
                return Err(self.refuse(row, column, name, expected));
            };
            known.insert(key, label);
            counts[label as usize] += 1;
            labels.push(label);
        }
        let mut notes = Vec::new();
        let is_number = matches!(self.table.columns()[column].cells, Cells::Numbers { .. });
        if is_number && !is_told && names.len() > 2 && request.task.is_none() && request.loss.is_none() {
            let (count, title) = (names.len(), self.table.title(column));
            notes.push(format!(
                "{count} whole numbers in {title:?} taken as classes; task = regression takes them as values"
            ));
        }
        let are_numbers_from_0 = names.iter().enumerate().all(|(class, name)| *name == class.to_string());
        if !is_told && !are_numbers_from_0 {
            let mapped: Vec<String> =
                names.iter().take(12).enumerate().map(|(class, name)| format!("{name} = {class}")).collect();
            let more = if names.len() > 12 { ", ..." } else { "" };
            notes.push(format!("classes: {}{more}", mapped.join(", ")));
        }
        if let ([only], false) = (&names[..], is_told) {
            notes.push(format!("warning: every row has the class {only}: there is nothing to tell apart"));
        }
        let empty: Vec<String> =
            counts.iter().zip(&names).filter(|(count, _)| **count == 0).map(|(_, name)| name.clone()).collect();
        if !empty.is_empty() && request.class_names.is_none() {
            notes.push(format!("warning: no row has the class {}", some(&empty)));
        }
        Ok(TargetFound {
            task: Task::Classification,
            data: TargetData::Classes { labels, names },
            answers: None,
            notes,
            signs: Vec::new(),
        })
    }

    /// Refuses texts that are values or name the rows: where nobody said that they are classes.
    fn refuse_values(&self, column: usize, names: &[String]) -> Result<()> {
        if names.len() <= FEW || ROWS_A_TEXT * names.len() <= self.rows.len() {
            return Ok(());
        }
        let amount = names.iter().find(|name| is_amount(name) || is_date(name));
        let example = amount.or(names.first()).map(String::as_str).unwrap_or_default();
        let expected = match amount {
            Some(_) if are_decimal_commas(names) => {
                "numbers, for a regression, or fewer classes; if commas stand before fractions: decimal = comma"
            }
            Some(_) => {
                "numbers without signs of money, percent or thousands, and no dates, for a regression; or fewer classes"
            }
            None => "fewer classes: these texts seem to name the rows",
        };
        Err(Error::Argument {
            name: "target",
            found: format!(
                "{} different texts in {} rows of {:?} ({example:?}, ...)",
                names.len(),
                self.rows.len(),
                self.table.title(column)
            ),
            expected: expected.to_owned(),
        })
    }

    /// The labels that occur: numbers in their order, words in that of the alphabet.
    fn class_names(&self, column: usize) -> Result<Vec<String>> {
        const MOST: usize = 1 << 16;
        let title = || self.table.title(column);
        if let Cells::Words { words, .. } = &self.table.columns()[column].cells {
            if words.are_too_many {
                return Err(Error::Argument {
                    name: "target",
                    found: format!("more than {MOST} different words in {:?}", title()),
                    expected: "classes, of which there are fewer".to_owned(),
                });
            }
            let mut seen = vec![false; words.all().len()];
            let mut cursor = self.cursor(column);
            for row in self.rows.iter() {
                if let Cells::Words { slot, .. } = self.table.columns()[column].cells
                    && let Some(seen) = seen.get_mut(cursor.at(row).code(slot) as usize)
                {
                    *seen = true;
                }
            }
            let mut names: Vec<String> =
                words.all().iter().zip(seen).filter(|(_, seen)| *seen).map(|(name, _)| name.clone()).collect();
            names.sort_unstable();
            self.refuse_values(column, &names)?;
            return Ok(names);
        }
        if let Some(counts) = self.whole_numbers(column, MOST) {
            return Ok(counts.keys().map(i64::to_string).collect());
        }
        let mut cursor = self.cursor(column);
        let mut is_no_label = |row: &usize| matches!(cursor.at(*row).cell(column), Cell::Number(x) if x.fract() != 0.0);
        match self.rows.iter().find(&mut is_no_label) {
            Some(row) => {
                let found = label_name(self.table.cell(row, column));
                let expected = format!(
                    "a whole number: {:?} holds labels, by the task or the loss; values are a \
                                        regression (task = regression, loss = mse)",
                    title()
                );
                Err(self.refuse(row, column, found, expected))
            }
            None if self.has_inexact(column) => Err(self.inexact(column)),
            None => Err(Error::Argument {
                name: "target",
                found: format!("more than {MOST} different labels in {:?}", title()),
                expected: "fewer; values are a regression (task = regression, loss = mse)".to_owned(),
            }),
        }
    }

    /// No and yes: 0 and 1, or two labels of which the second in their order is yes.
    fn binary(&self, column: usize, request: TargetRequest<'_>) -> Result<TargetFound> {
        let mut names = match request.answers {
            Some(answers) => answers.map(str::to_owned).to_vec(),
            // Between 0 and 1 lies a probability of yes.
            None if self.are_shares(column) => vec!["0".to_owned(), "1".to_owned()],
            None => self.class_names(column)?,
        };
        if let [no, yes] = &mut names[..]
            && are_no_and_yes(yes, no)
        {
            std::mem::swap(no, yes);
        }
        let [no, yes] = &names[..] else {
            return Err(Error::Argument {
                name: "target",
                found: format!("{} different labels in {:?}: {}", names.len(), self.table.title(column), some(&names)),
                expected: "two for a binary task; more are a classification".to_owned(),
            });
        };
        let mut values = ValuesBuilder::new(self.rows.len(), 1, self.memory)?;
        let mut cursor = self.cursor(column);
        for row in self.rows.iter() {
            values.push(match cursor.at(row).cell(column) {
                Cell::Missing => return Err(self.missing(row, column)),
                Cell::Number(share) if no == "0" && yes == "1" && (0.0..=1.0).contains(&share) => share,
                cell => match label_name(cell) {
                    name if name == *yes => 1.0,
                    name if name == *no => 0.0,
                    name => {
                        let expected = format!("{no} or {yes}{}", meant(&name, &names));
                        return Err(self.refuse(row, column, name, expected));
                    }
                },
            })?;
        }
        let notes = if no == "0" && yes == "1" { Vec::new() } else { vec![format!("no = {no}, yes = {yes}")] };
        let answers = Some([no.clone(), yes.clone()]);
        let data = TargetData::Values(values.finish()?);
        Ok(TargetFound { task: Task::Binary, data, answers, notes, signs: Vec::new() })
    }

    /// Whether a column holds two labels, or probabilities.
    pub(super) fn is_binary(&self, column: usize) -> Result<bool> {
        Ok(self.are_shares(column) || self.class_names(column)?.len() <= 2)
    }

    fn are_shares(&self, column: usize) -> bool {
        let mut cursor = self.cursor(column);
        let is_share = |row: usize| match cursor.at(row).cell(column) {
            Cell::Number(value) => (0.0..=1.0).contains(&value),
            Cell::Missing => true,
            Cell::Word(_) => false,
        };
        self.rows.iter().all(is_share)
    }
}
