//! How the columns of a table become features: numbers as they are, words as one column for each category, and what is put
//! where a value is missing. Fitted on the rows that are trained on, and stored with the model.

use chainrule_kernel::Scalar;
use serde::{Deserialize, Serialize};

use super::features::Features;
use super::numbers::narrow;
use super::policies::{Missing, Unknown};
use super::preprocess::Preprocess;
use super::table::{Cell, Cells, Table, title};
use crate::nearest::nearest;
use crate::{Error, Place, Result};

/// How a table becomes features. It serialises, so a model file can carry it.
///
/// ```
/// use chainrule::data::{Request, Scaling, Source, SplitRequest};
///
/// let examples = Request::new(Source::parse("moons")?).read()?;
/// let fitted = examples.fit(&examples.split(&SplitRequest::default())?.train, Scaling::None)?;
/// assert_eq!(fitted.schema().unwrap().feature_names(), ["x1", "x2"]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// Columns of the table that was trained on, targets included.
    pub(super) table_columns: usize,
    pub(super) columns: Vec<SchemaColumn>,
    /// What was done about missing values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<Missing>,
}

/// A column of a table, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchemaColumn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Where it stood in the table that was trained on, counted from 0.
    pub(super) index: usize,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Kind {
    /// One feature; with an indicator two.
    Number {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<f64>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        indicator: bool,
    },
    /// One feature, 0 or 1.
    Flag {
        no: String,
        yes: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<f64>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        indicator: bool,
    },
    /// One feature for each category.
    Category {
        levels: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<String>,
        #[serde(default)]
        unknown: Unknown,
    },
}

/// Where the columns of a schema stand in a table.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) columns: Vec<usize>,
    /// Columns of the table that the schema does not know.
    pub(crate) extra: Vec<String>,
}

impl Schema {
    /// The schema of a network that knows its inputs by their order alone.
    pub(crate) fn of_numbers(columns: &[usize], table_columns: usize) -> Self {
        let kind = || Kind::Number { fill: None, indicator: false };
        let column = |&index| SchemaColumn { name: None, index, kind: kind() };
        Schema { table_columns, columns: columns.iter().map(column).collect(), missing: None }
    }

    /// Refuses one that a file should not hold.
    pub(crate) fn check(&self, inputs: usize) -> Result<()> {
        let refuse = |found: String, expected: &str| {
            Err(Error::Argument { name: "schema", found, expected: expected.to_owned() })
        };
        if self.width() != inputs {
            return refuse(format!("columns of {} features", self.width()), &format!("{inputs}, the network's inputs"));
        }
        for (at, column) in self.columns.iter().enumerate() {
            let title = title(column.name.as_deref(), column.index);
            if column.index >= self.table_columns {
                return refuse(format!("{title} of {} columns", self.table_columns), "a column of the table");
            }
            match &column.kind {
                Kind::Number { fill: Some(fill), .. } | Kind::Flag { fill: Some(fill), .. } if !fill.is_finite() => {
                    return refuse(format!("{fill} for missing values of {title}"), "a finite number");
                }
                Kind::Category { levels, fill: Some(fill), .. } if !levels.contains(fill) => {
                    return refuse(format!("{fill:?} for missing values of {title}"), "one of its categories");
                }
                Kind::Category { levels, .. } if levels.is_empty() => {
                    return refuse(format!("{title} without categories"), "one at least");
                }
                _ => {}
            }
            if column.name.is_some() && self.columns[..at].iter().any(|other| other.name == column.name) {
                return refuse(format!("{title} twice"), "different columns");
            }
        }
        Ok(())
    }

    /// What is done about missing values.
    pub fn missing(&self) -> Option<Missing> {
        self.missing
    }

    /// Number of features that a row becomes.
    pub fn width(&self) -> usize {
        self.columns.iter().map(|column| column.kind.width()).sum()
    }

    /// What each feature is called: `rooms`, `town=Bonn`, `age is missing`.
    pub fn feature_names(&self) -> Vec<String> {
        let mut names = Vec::with_capacity(self.width());
        for column in &self.columns {
            let title = title(column.name.as_deref(), column.index);
            match &column.kind {
                Kind::Number { indicator, .. } | Kind::Flag { indicator, .. } => {
                    names.push(title.clone());
                    names.extend(indicator.then(|| format!("{title} is missing")));
                }
                Kind::Category { levels, .. } => names.extend(levels.iter().map(|level| format!("{title}={level}"))),
            }
        }
        names
    }

    /// The columns, as messages call them, and the features that each became.
    pub(crate) fn columns_of_features(&self) -> Vec<(String, std::ops::Range<usize>)> {
        let mut start = 0;
        let column = |column: &SchemaColumn| {
            let range = start..start + column.kind.width();
            start = range.end;
            (title(column.name.as_deref(), column.index), range)
        };
        self.columns.iter().map(column).collect()
    }

    /// Whether each feature is a number, which may be scaled; not one of a category, nor an indicator.
    pub(crate) fn are_numbers(&self) -> Vec<bool> {
        let mut are_numbers = Vec::with_capacity(self.width());
        for column in &self.columns {
            let is_number = matches!(column.kind, Kind::Number { .. });
            are_numbers.push(is_number);
            are_numbers.resize(are_numbers.len() + column.kind.width() - 1, false);
        }
        are_numbers
    }

    /// Finds the columns in a table: by their names where both have names, else by their order.
    ///
    /// # Errors
    /// When one is not there.
    pub(crate) fn locate(&self, table: &Table) -> Result<Located> {
        if !(table.has_names() && self.columns.iter().any(|column| column.name.is_some())) {
            return self.locate_by_order(table);
        }
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let names = (0..table.cols()).map(|at| table.name(at));
            let found = match &column.name {
                Some(name) => names.clone().position(|other| other == Some(name)),
                None => (column.index < table.cols() && table.name(column.index).is_none()).then_some(column.index),
            };
            let Some(found) = found else {
                let known: Vec<&str> = names.flatten().collect();
                let title = title(column.name.as_deref(), column.index);
                let near = nearest(&title, &known).map(|near| format!("; nearest: {near:?}")).unwrap_or_default();
                let listed = known.iter().take(30).copied().collect::<Vec<_>>().join(", ");
                return Err(Error::Shape {
                    origin: table.origin().to_owned(),
                    found: format!("no column {title:?} (columns: {listed}{near})"),
                    expected: "every column that the model was trained on".to_owned(),
                });
            };
            columns.push(found);
        }
        let extra = (0..table.cols()).filter(|at| !columns.contains(at)).map(|at| table.title(at)).collect();
        Ok(Located { columns, extra })
    }

    fn locate_by_order(&self, table: &Table) -> Result<Located> {
        let (features, all) = (self.columns.len(), self.table_columns);
        if table.cols() == all && all != features {
            let columns: Vec<usize> = self.columns.iter().map(|column| column.index).collect();
            let extra = (0..all).filter(|at| !columns.contains(at)).map(|at| table.title(at)).collect();
            return Ok(Located { columns, extra });
        }
        if table.cols() == features {
            return Ok(Located { columns: (0..features).collect(), extra: Vec::new() });
        }
        let also = if all == features { String::new() } else { format!(", or {all} as the file trained on") };
        Err(Error::Shape {
            origin: table.origin().to_owned(),
            found: format!("{} columns", table.cols()),
            expected: format!("{features}, the inputs of the model{also}"),
        })
    }

    /// The features of these rows, preprocessed in f64 before they are narrowed to `T`.
    pub(crate) fn features<T: Scalar>(
        &self,
        table: &Table,
        rows: &[usize],
        preprocess: &Preprocess,
        takes_unknown: bool,
    ) -> Result<Features<T>> {
        let located = self.locate(table)?;
        let width = self.width();
        preprocess.check(width)?;
        let mut data: Vec<T> = Vec::new();
        let count = rows.len().checked_mul(width);
        if !matches!(count.map(|count| data.try_reserve_exact(count)), Some(Ok(()))) {
            return Err(Error::no_memory("features", rows.len()));
        }
        let mut encoder = self.encoder(table, located);
        encoder.takes_unknown = takes_unknown;
        let mut cells = vec![0.0; width];
        for &row in rows {
            encoder.row(row, &mut cells)?;
            preprocess.apply_to_row(&mut cells);
            for (column, &value) in cells.iter().enumerate() {
                let place = Place::Cell { row: row + 1, column: column + 1 };
                data.push(narrow(table.origin(), place, value)?);
            }
        }
        let mut features = Features::from_origin(table.origin(), rows.len(), width, data)?;
        features.set_preprocessing(preprocess.clone());
        Ok(features)
    }

    /// What turns rows of this table into features.
    pub(crate) fn encoder<'a>(&'a self, table: &'a Table, located: Located) -> Encoder<'a> {
        let plan = |(column, &at): (&'a SchemaColumn, &usize)| {
            let codes = match (&column.kind, &table.columns()[at].cells) {
                // Each word of the table is looked up once.
                (Kind::Category { levels, .. }, Cells::Words { words, .. }) => {
                    words.all().iter().map(|word| level_of(levels, word)).collect()
                }
                _ => Vec::new(),
            };
            Encoded { column, at, codes }
        };
        let columns = self.columns.iter().zip(&located.columns).map(plan).collect();
        Encoder { table, columns, takes_unknown: false }
    }
}

/// A column of a schema in a table.
struct Encoded<'a> {
    column: &'a SchemaColumn,
    at: usize,
    /// The category of each word of the table.
    codes: Vec<Option<usize>>,
}

/// Turns rows of a table into features.
pub(crate) struct Encoder<'a> {
    table: &'a Table,
    columns: Vec<Encoded<'a>>,
    /// Whether a category that training did not see is none of those that it did.
    takes_unknown: bool,
}

impl Encoder<'_> {
    /// Writes the features of a row, not preprocessed, (width).
    pub(crate) fn row(&self, row: usize, into: &mut [f64]) -> Result<()> {
        let mut rest = into;
        for encoded in &self.columns {
            let (here, behind) = rest.split_at_mut(encoded.column.kind.width());
            rest = behind;
            if let Cells::Numbers { slot } = self.table.columns()[encoded.at].cells
                && let Kind::Number { .. } = encoded.column.kind
            {
                let value = self.table.value(row, slot);
                if !value.is_nan() {
                    here[0] = value;
                    here[1..].fill(0.0);
                    continue;
                }
            }
            self.cell(row, encoded, here)?;
        }
        Ok(())
    }

    fn cell(&self, row: usize, encoded: &Encoded<'_>, into: &mut [f64]) -> Result<()> {
        let refuse = |found: String, expected: String| {
            let place = Place::Cell { row: row + 1, column: encoded.at + 1 };
            Err(Error::format(self.table.origin(), place, found, expected))
        };
        let title = || self.table.title(encoded.at);
        let cell = self.table.cell(row, encoded.at);
        into.fill(0.0);
        match (&encoded.column.kind, cell) {
            (Kind::Number { fill: Some(fill), .. } | Kind::Flag { fill: Some(fill), .. }, Cell::Missing) => {
                into[0] = *fill;
                into[1..].fill(1.0);
            }
            (Kind::Category { levels, fill: Some(fill), .. }, Cell::Missing) => {
                levels.iter().zip(into).for_each(|(level, into)| *into = f64::from(u8::from(level == fill)));
            }
            (_, Cell::Missing) => {
                let expected = format!(
                    "a value in {:?}: the model was not told how to fill what is missing (missing = median or the like, when it \
                     is trained)",
                    title()
                );
                return refuse("a missing value".to_owned(), expected);
            }
            (Kind::Number { .. }, Cell::Number(value)) => into[0] = value,
            (Kind::Number { .. }, Cell::Word(word)) if word.eq_ignore_ascii_case("false") => {}
            (Kind::Number { .. }, Cell::Word(word)) if word.eq_ignore_ascii_case("true") => into[0] = 1.0,
            (Kind::Number { .. }, Cell::Word(word)) => {
                return refuse(format!("{word:?}"), format!("a number in {:?}, as the model was trained on", title()));
            }
            (Kind::Flag { no, yes, .. }, cell) => match spelled(cell) {
                word if word.eq_ignore_ascii_case(yes) || word == "1" => into[0] = 1.0,
                word if word.eq_ignore_ascii_case(no) || word == "0" => {}
                word => return refuse(format!("{word:?}"), format!("{no:?} or {yes:?} in {:?}", title())),
            },
            (Kind::Category { levels, unknown, .. }, cell) => {
                let level = match (cell, &self.table.columns()[encoded.at].cells) {
                    (Cell::Word(_), Cells::Words { slot, .. }) => {
                        encoded.codes.get(self.table.code(row, *slot) as usize).copied().flatten()
                    }
                    (Cell::Number(value), _) => level_of(levels, &value.to_string()),
                    _ => None,
                };
                match (level, unknown) {
                    (Some(level), _) => into[level] = 1.0,
                    (None, Unknown::Zeros) => {}
                    (None, Unknown::Error) if self.takes_unknown => {}
                    (None, Unknown::Error) => {
                        let listed = levels.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
                        let more =
                            if levels.len() > 20 { format!(", ... ({} in all)", levels.len()) } else { String::new() };
                        let expected = format!(
                            "a category of {:?} that was trained on: {listed}{more}; a model trained with unknown = zeros \
                             takes others",
                            title()
                        );
                        return refuse(format!("{:?}", spelled(cell)), expected);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Which of the categories a text names: as it is written, or as the same number.
fn level_of(levels: &[String], text: &str) -> Option<usize> {
    levels.iter().position(|level| level == text).or_else(|| {
        let number: f64 = text.parse().ok()?;
        levels.iter().position(|level| level.parse() == Ok(number))
    })
}

/// A cell as it would be written.
fn spelled(cell: Cell<'_>) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Number(value) => value.to_string(),
        Cell::Word(word) => word.to_owned(),
    }
}

impl Kind {
    fn width(&self) -> usize {
        match self {
            Kind::Number { indicator, .. } | Kind::Flag { indicator, .. } => 1 + usize::from(*indicator),
            Kind::Category { levels, .. } => levels.len(),
        }
    }
}
