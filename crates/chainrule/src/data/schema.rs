//! How the columns of a table become features: numbers as they are, words as one column for each category, and what is put
//! where a value is missing. Fitted on the rows that are trained on, and stored with the model; `encoder.rs` applies it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::choice::marks;
use super::known_sign::KnownSign;
use super::policies::{Missing, Unknown};
use super::table::{Decimal, Sign, Table, TextFormat, title};
use crate::nearest::nearest;
use crate::{Error, Result};

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
    pub(crate) table_columns: usize,
    pub(crate) columns: Vec<SchemaColumn>,
    /// What was done about missing values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) missing: Option<Missing>,
    /// How fractions were written in the text that was trained on, where it showed that or was said to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decimal: Option<Decimal>,
}

/// A column of a table, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchemaColumn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// Where it stood in the table that was trained on, counted from 0.
    pub(crate) index: usize,
    pub(crate) kind: Kind,
    /// What was taken off its numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sign: Option<Sign>,
    /// Whether `NA` and the like are texts in it as any others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) na_is_text: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Kind {
    /// One feature; with an indicator two.
    Number {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<f64>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        indicator: bool,
        /// Whether it is the logarithm of 1 + x that is learned from.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        log1p: bool,
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

/// `rooms`, or `column 3`.
pub(crate) fn title_of(column: &SchemaColumn) -> String {
    title(column.name.as_deref(), column.index)
}

/// Where the columns of a schema stand in a table.
#[derive(Debug)]
pub(crate) struct Located {
    pub(crate) columns: Vec<usize>,
    /// Columns of the table that the schema does not know.
    pub(crate) extra: Vec<String>,
    /// What was taken for granted: columns by their order, where names could not be compared; numbers without the sign that
    /// those which were trained on had.
    pub(crate) notes: Vec<String>,
}

impl Schema {
    /// The schema of a network that knows its inputs by their order alone.
    pub(crate) fn of_numbers(columns: &[usize], table_columns: usize) -> Self {
        let kind = || Kind::Number { fill: None, indicator: false, log1p: false };
        let column = |&index| SchemaColumn { name: None, index, kind: kind(), sign: None, na_is_text: false };
        Schema { table_columns, columns: columns.iter().map(column).collect(), missing: None, decimal: None }
    }

    /// Whether all of its columns have names.
    pub(crate) fn are_named(&self) -> bool {
        self.columns.iter().all(|column| column.name.is_some())
    }

    /// The schema of numbers as they are, whose columns have these names.
    ///
    /// # Errors
    /// When there is one already: it may make other features of its columns.
    pub(crate) fn of_named_numbers(names: Vec<String>, before: Option<&Schema>) -> Result<Self> {
        if let Some(before) = before {
            return Err(Error::Argument {
                name: "feature names",
                found: format!("columns of a table, {}", before.column_names().join(", ")),
                expected: "features that are not known to come from one".to_owned(),
            });
        }
        let mut schema = Schema::of_numbers(&(0..names.len()).collect::<Vec<_>>(), names.len());
        schema.columns.iter_mut().zip(names).for_each(|(column, name)| column.name = Some(name));
        Ok(schema)
    }

    /// Refuses one that a file should not hold.
    pub(crate) fn check(&self, inputs: usize) -> Result<()> {
        let refuse = |found: String, expected: &str| {
            Err(Error::Argument { name: "schema", found, expected: expected.to_owned() })
        };
        if self.width() != inputs {
            return refuse(format!("columns of {} features", self.width()), &format!("{inputs}, the network's inputs"));
        }
        let (mut names, mut places) = (HashSet::new(), HashSet::new());
        for column in &self.columns {
            let title = title_of(column);
            if column.index >= self.table_columns {
                return refuse(format!("{title} of {} columns", self.table_columns), "a column of the table");
            }
            match &column.kind {
                Kind::Number { fill: Some(fill), .. } | Kind::Flag { fill: Some(fill), .. } if !fill.is_finite() => {
                    return refuse(format!("{fill} for missing values of {title}"), "a finite number");
                }
                Kind::Number { fill: Some(fill), log1p: true, .. } if *fill <= -1.0 => {
                    return refuse(
                        format!("{fill} for missing values of {title}"),
                        "a number above -1, for its logarithm",
                    );
                }
                Kind::Category { levels, fill: Some(fill), .. } if !levels.contains(fill) => {
                    return refuse(format!("{fill:?} for missing values of {title}"), "one of its categories");
                }
                Kind::Category { levels, .. } if levels.is_empty() => {
                    return refuse(format!("{title} without categories"), "one at least");
                }
                Kind::Category { levels, .. } if levels.iter().collect::<HashSet<_>>().len() < levels.len() => {
                    return refuse(format!("{title} with a category twice"), "different ones");
                }
                _ => {}
            }
            if column.name.as_ref().is_some_and(|name| !names.insert(name)) || !places.insert(column.index) {
                return refuse(format!("{title} twice"), "different columns");
            }
        }
        Ok(())
    }

    /// The columns of the table, as messages call them: by name, or `column 3` where there is none.
    pub fn column_names(&self) -> Vec<String> {
        self.columns.iter().map(title_of).collect()
    }

    /// What the cells of this column, counted from 0, may say: its categories in the order of their features, or no and yes.
    /// `None` of a column of numbers, and where there is no such column.
    pub fn categories(&self, column: usize) -> Option<Vec<&str>> {
        match &self.columns.get(column)?.kind {
            Kind::Number { .. } => None,
            Kind::Flag { no, yes, .. } => Some(vec![no, yes]),
            Kind::Category { levels, .. } => Some(levels.iter().map(String::as_str).collect()),
        }
    }

    /// Whether every column is a number that is learned from as it is.
    pub(crate) fn is_plain(&self) -> bool {
        let is_plain = |kind: &Kind| matches!(kind, Kind::Number { indicator: false, log1p: false, .. });
        self.columns.iter().all(|column| is_plain(&column.kind))
    }

    /// What is done about missing values.
    pub fn missing(&self) -> Option<Missing> {
        self.missing
    }

    /// Whether a category that training did not see is no error, but none of those that it did.
    pub fn takes_unknown(&self) -> bool {
        self.columns.iter().any(|column| matches!(column.kind, Kind::Category { unknown: Unknown::Zeros, .. }))
    }

    /// The columns that are learned from by `ln(1 + x)`.
    pub fn log1p(&self) -> Vec<String> {
        let takes_logarithms = |column: &&SchemaColumn| matches!(column.kind, Kind::Number { log1p: true, .. });
        let names = self.columns.iter().filter(takes_logarithms);
        names.map(title_of).collect()
    }

    /// Number of features that a row becomes.
    pub fn width(&self) -> usize {
        self.columns.iter().map(|column| column.kind.width()).sum()
    }

    /// What each feature is called: `rooms`, `town=Bonn`, `age is missing`.
    pub fn feature_names(&self) -> Vec<String> {
        let mut names = Vec::with_capacity(self.width());
        for column in &self.columns {
            let title = title_of(column);
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
            (title_of(column), range)
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

    /// Whether a row may hold what training did not see.
    pub(crate) fn has_categories(&self) -> bool {
        self.columns.iter().any(|column| !matches!(column.kind, Kind::Number { .. }))
    }

    /// The format, with what is known of the columns. Those without a name are known by their place where the file has as many
    /// columns as the one that was trained on, targets included.
    pub(crate) fn known_to(&self, format: &TextFormat, has_targets: bool) -> TextFormat {
        let found = || self.columns.iter().filter(|column| has_targets || column.name.is_some());
        let categories = found().filter(|column| matches!(column.kind, Kind::Category { .. }));
        TextFormat {
            known_columns: self.columns.iter().filter_map(|column| column.name.clone()).collect(),
            known_categories: categories.map(title_of).collect(),
            known_na_as_text: found().filter(|column| column.na_is_text).map(title_of).collect(),
            known_decimal: self.decimal,
            for_model: true,
            ..format.clone()
        }
    }

    /// Finds the columns in a table: by their names where both have names, else by their order.
    ///
    /// # Errors
    /// When one is not there, or its numbers have a sign of money or percent that those which were trained on had not.
    pub(crate) fn locate(&self, table: &Table) -> Result<Located> {
        let mut located = self.locate_columns(table)?;
        for (column, &at) in self.columns.iter().zip(&located.columns) {
            if (column.sign, table.sign(at)) == (None, None) {
                continue;
            }
            let known = KnownSign { title: &table.title(at), sign: column.sign };
            if let (Some(sign), false) = (table.sign(at), matches!(column.kind, Kind::Number { .. })) {
                let found = format!("numbers with {} in {:?}", sign.text(), known.title);
                let expected = "its categories, as the model was trained on: categories = its name".to_owned();
                return Err(Error::Shape { origin: table.origin().to_owned(), found, expected });
            }
            located.notes.extend(known.check(table, at)?);
        }
        Ok(located)
    }

    fn locate_columns(&self, table: &Table) -> Result<Located> {
        if !(table.has_names() && self.columns.iter().any(|column| column.name.is_some())) {
            return self.locate_by_order(table);
        }
        let names = table.names();
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let found = match &column.name {
                Some(name) => names.place(name),
                None => (column.index < table.cols() && table.name(column.index).is_none()).then_some(column.index),
            };
            let Some(found) = found else {
                let known = names.known();
                let title = title_of(column);
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
        Ok(Located { extra: others(table, &columns), columns, notes: Vec::new() })
    }

    fn locate_by_order(&self, table: &Table) -> Result<Located> {
        let (features, all) = (self.columns.len(), self.table_columns);
        if table.cols() == all && all != features {
            let columns: Vec<usize> = self.columns.iter().map(|column| column.index).collect();
            let notes = self.order_note(table, &columns).into_iter().collect();
            return Ok(Located { extra: others(table, &columns), columns, notes });
        }
        if table.cols() == features {
            let columns: Vec<usize> = (0..features).collect();
            let notes = self.order_note(table, &columns).into_iter().collect();
            return Ok(Located { columns, extra: Vec::new(), notes });
        }
        let also = match all == features {
            false => format!(", or {all} as the file trained on"),
            true if table.cols() > features && self.are_named() => format!(
                ": columns are found by their names ({}) where the first line has these, otherwise there may be no others",
                self.column_names().join(", ")
            ),
            true => String::new(),
        };
        Err(Error::Shape {
            origin: table.origin().to_owned(),
            found: format!("{} columns", table.cols()),
            expected: format!("{features}, the inputs of the model{also}"),
        })
    }
}

/// The columns of a table beside these.
fn others(table: &Table, columns: &[usize]) -> Vec<String> {
    let are_these = marks(columns, table.cols());
    (0..table.cols()).filter(|&at| !are_these[at]).map(|at| table.title(at)).collect()
}

impl Schema {
    /// That columns are taken in their order, where the model or the file names them and the other does not.
    fn order_note(&self, table: &Table, columns: &[usize]) -> Option<String> {
        let has_names = self.columns.iter().any(|column| column.name.is_some());
        if has_names == table.has_names() || columns.len() < 2 {
            return None;
        }
        let titles: Vec<String> = match has_names {
            true => self.columns.iter().take(12).map(title_of).collect(),
            false => columns.iter().take(12).map(|&at| table.title(at)).collect(),
        };
        let (titles, more) = (titles.join(", "), if columns.len() > 12 { ", ..." } else { "" });
        Some(match has_names {
            true => format!(
                "note: {} does not name its columns: they are taken in the model's order: {titles}{more}; if its first line names \
                 them: header = yes",
                table.origin()
            ),
            false => format!("note: the model does not name its inputs: columns are taken in order: {titles}{more}"),
        })
    }
}

impl Kind {
    pub(super) fn width(&self) -> usize {
        match self {
            Kind::Number { indicator, .. } | Kind::Flag { indicator, .. } => 1 + usize::from(*indicator),
            Kind::Category { levels, .. } => levels.len(),
        }
    }
}
