//! What is to be read and learned. Training, evaluation and prediction read data by the functions here alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chainrule_model::Loss;

use super::choice::{ColumnNames, in_known_order};
use super::content::Content;
use super::contents::Bytes;
use super::examples::{Examples, Inputs};
use super::label_columns::{LabelColumns, advising_of, of_file};
use super::limits::Limits;
use super::logarithms::{Columns, Logarithms};
use super::memory::{Memory, Within};
use super::policies::{Missing, Unknown};
use super::roles::{check_rows, group_numbers, padded_numbers, row_weights};
use super::schema_fit::SchemaOptions;
use super::source::{Source, Whole};
use super::table::{Table, TableRows, TextFormat};
use super::target_columns::{TargetColumns, TargetRequest};
use super::target_labels::Targeted;
use super::usable_rows::usable_rows;
use crate::{Error, Result, Task};

/// What is to be read, and what is to be learned from it. Columns are named as the header does, or by their number from 1.
///
/// ```no_run
/// use chainrule::data::{Request, Scaling, Source, SplitRequest};
///
/// let examples = Request::new(Source::parse("houses.csv")?).target("price").read()?;
/// let parts = examples.split(&SplitRequest::default())?;
/// let fitted = examples.fit(&parts.train, Scaling::Standardize)?;
/// let train = examples.dataset::<f32>(&parts.train, &fitted)?;
/// println!("{} rows of {} features, {}", train.rows(), train.cols(), examples.task());
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Request {
    /// Where features come from, and targets unless they are in a file of their own.
    pub source: Source,
    /// The file of the targets. [`TextFormat::categories`] and [`TextFormat::na_as_text`] name its columns, too: by their names, or
    /// as `FILE:1`.
    pub labels: Option<PathBuf>,
    /// How text is to be read.
    pub format: TextFormat,
    /// The columns that are learned.
    pub target: Vec<String>,
    /// The columns that are learned from; all but the targets and those left out.
    pub features: Option<Vec<String>>,
    /// Columns that are left out of those that would be learned from; with [`Request::features`] there are none.
    pub drop: Vec<String>,
    /// The column whose values keep rows together when they are split.
    pub group: Option<String>,
    /// The column that says how much each row counts while a network learns.
    pub row_weights: Option<String>,
    /// What is learned, where the targets do not say.
    pub task: Option<Task>,
    /// What is minimised, which tells the task where nothing else does.
    pub loss: Option<Loss>,
    /// The number of classes, numbered from 0, whether or not all occur.
    pub classes: Option<usize>,
    /// Columns of numbers, of features or of the targets of a regression, that are learned as `ln(1 + x)`: those whose values
    /// differ by factors, such as prices. Undone in every prediction and figure.
    pub log1p: Vec<String>,
    /// What is done about missing values; they are refused.
    pub missing: Option<Missing>,
    /// What is done, when the model predicts, about categories that training did not see.
    pub unknown: Unknown,
    /// How much is read.
    pub limits: Limits,
    /// How much memory rows may take; as much as they need.
    pub memory: Option<Memory>,
    /// What is said of the columns of the file of labels, where that is told apart.
    pub(super) label_columns: Option<LabelColumns>,
}

impl Request {
    /// Everything of a source, read by its own first lines.
    pub fn new(source: Source) -> Self {
        Request {
            source,
            labels: None,
            format: TextFormat::default(),
            target: Vec::new(),
            features: None,
            drop: Vec::new(),
            group: None,
            row_weights: None,
            task: None,
            loss: None,
            classes: None,
            log1p: Vec::new(),
            missing: None,
            unknown: Unknown::Error,
            limits: Limits::default(),
            memory: None,
            label_columns: None,
        }
    }

    /// Adds a column that is learned.
    #[must_use]
    pub fn target(mut self, column: &str) -> Self {
        self.target.push(column.to_owned());
        self
    }

    /// Bounds the memory that rows may take. What is learned is the same, to the last bit.
    #[must_use]
    pub fn memory(mut self, memory: Memory) -> Self {
        self.memory = Some(memory);
        self
    }

    /// The bounds of the readers.
    pub(crate) fn within(&self) -> Within<'_> {
        Within { limits: self.limits, memory: self.memory.as_ref() }
    }

    /// Reads features and targets.
    ///
    /// # Errors
    /// [`Error::LabelsNeeded`] where no target is named, [`Error::UnknownName`] for a column that is not there, those of the
    /// readers; and when a target is a feature too, a value is missing, or what the targets are cannot be told.
    pub fn read(&self) -> Result<Examples> {
        self.read_as(TargetRequest::default())
    }

    /// Reads features and targets to test on beside these examples: with the same targets, classes and task.
    ///
    /// # Errors
    /// As [`Request::read`], and for labels that are none of the classes.
    pub fn read_like(&self, other: &Examples) -> Result<Examples> {
        let mut request = self.clone();
        request.task = Some(other.task());
        request.read_as(other.target.known(&other.target_names))
    }

    pub(super) fn read_as(&self, known: TargetRequest<'_>) -> Result<Examples> {
        self.apart()?.read_apart(known)
    }

    fn read_apart(&self, known: TargetRequest<'_>) -> Result<Examples> {
        let asked = [&self.target, &self.log1p, &self.format.categories, &self.format.na_as_text].into_iter().flatten();
        let tested = if known.is_test { known.target_names } else { &[] };
        let asked = asked.chain(&self.group).chain(&self.row_weights).chain(tested).cloned();
        let used = self.features.as_ref().map(|features| features.iter().cloned().chain(asked).collect());
        let mut format = TextFormat { left_out: self.drop.clone(), used, ..self.format.clone() };
        if !format.for_model {
            // A line that has all columns that are asked for by name is the header. Targets may stand in a file of their own.
            let targets: &[String] = if self.labels.is_none() { &self.target } else { &[] };
            let named = targets.iter().chain(self.features.iter().flatten()).chain(&self.drop);
            let named = named.chain(&self.group).chain(&self.row_weights).chain(&self.format.categories);
            let is_name = |name: &&String| name.parse::<usize>().is_err() && !name.starts_with("column ");
            format.known_columns.extend(named.filter(is_name).cloned());
        }
        self.targets_of(self.source.read_whole(&format, self.within())?, known)
    }

    /// The same of what has been read.
    pub(super) fn targets_of(&self, whole: Whole, known: TargetRequest<'_>) -> Result<Examples> {
        let known = TargetRequest { task: self.task, loss: self.loss, classes: self.classes, ..known };
        match whole {
            Whole::Bytes(bytes, test) => self.of_bytes(bytes, test, known),
            Whole::Table(table) => self.of_table(table, known),
        }
    }

    fn of_bytes(&self, bytes: Bytes, test: Option<Bytes>, known: TargetRequest<'_>) -> Result<Examples> {
        // Labels of images are classes, whatever is minimised.
        let task = known.task.or(bytes.labels.as_ref().map(|_| Task::Classification));
        // Both parts have the same classes, those of either.
        let labels = [Some(&bytes), test.as_ref()].into_iter().flatten().filter_map(|part| part.labels.as_ref());
        let largest = labels.flatten().max().map(|&largest| largest as usize + 1);
        let known = TargetRequest { task, classes: known.classes.or(largest), ..known };
        let columns = self.target.iter().chain(self.features.iter().flatten()).chain(&self.drop).chain(&self.group);
        let columns = columns
            .chain(&self.row_weights)
            .chain(&self.log1p)
            .chain(&self.format.categories)
            .chain(&self.format.na_as_text);
        if let Some(column) = columns.into_iter().next() {
            return Err(Error::Argument {
                name: "column",
                found: format!("{column:?} of {}", self.source),
                expected: "none: images have no columns to choose from".to_owned(),
            });
        }
        let labels = self.labels.as_ref().map(|path| self.read_labels(path, known)).transpose()?;
        let one = |bytes: Bytes| {
            let table = match (&labels, &bytes.labels) {
                (Some(table), None) => table.clone(),
                (None, Some(labels)) => {
                    let labels: Vec<f64> = labels.iter().map(|&label| f64::from(label)).collect();
                    Table::of_numbers(&self.source.to_string(), 1, &labels)?
                }
                (Some(_), Some(_)) => {
                    return Err(Error::Argument {
                        name: "label file",
                        found: self.labels.as_deref().unwrap_or(Path::new("")).display().to_string(),
                        expected: format!("none, as {} has labels of its own", self.source),
                    });
                }
                (None, None) => return Err(Error::LabelsNeeded { origin: self.source.to_string() }),
            };
            check_rows(&self.source, &table, bytes.features.rows())?;
            let columns = known_order(&table, (0..table.cols()).collect(), known)?;
            let mut notes = table.notes().to_vec();
            let rows = TableRows::All(table.rows());
            let found = TargetColumns { table: &table, columns: &columns, rows, memory: self.memory.as_ref() };
            let mut found = read_whole(&table, found.read(known).map_err(|error| self.advising(error)))?;
            notes.append(&mut found.notes);
            if labels.is_some() && !known.is_of_model() {
                notes.extend(self.padded_labels(&table, &columns));
            }
            let mut content = Content::new();
            content.images(&bytes.features);
            content.target(&found.data);
            bytes.features.check_read()?;
            let content = content.finish();
            Examples {
                origin: self.source.to_string(),
                x: Inputs::Bytes(bytes),
                target_names: table_names(&table, &columns),
                target_columns: Vec::new(),
                target: found,
                test: None,
                group: None,
                weights: None,
                notes,
                options: SchemaOptions::default(),
                log1p: Vec::new(),
                content,
                memory: self.memory.clone(),
            }
            .within_memory()
        };
        let mut examples = one(bytes)?;
        if let Some(test) = test {
            examples.test = Some(Box::new(one(test)?));
        }
        Ok(examples)
    }

    fn of_table(&self, table: Table, known: TargetRequest<'_>) -> Result<Examples> {
        let names = table.names();
        let mut notes = table.notes().to_vec();
        let own_targets = match &self.labels {
            Some(path) => {
                let labels = self.read_labels(path, known)?;
                check_rows(&self.source, &labels, table.rows())?;
                let told = labels.notes().iter().map(|note| of_file(path, note));
                notes.extend(told.map(|note| format!("{}: {note}", path.display())));
                Some(labels)
            }
            None => None,
        };
        // Targets that are tested on are called as those that are learned, unless those that are named here are there alone.
        let learned = |names: &ColumnNames<'_>| {
            let are_there = |wanted: &[String]| wanted.iter().all(|name| names.place(name).is_some());
            let is_named = !self.target.is_empty() && are_there(&names.joined(&self.target));
            let is_learned = known.is_test && !known.target_names.is_empty() && !names.known().is_empty();
            match is_learned && (are_there(known.target_names) || !is_named) {
                true => names.find_all(known.target_names).map(Some),
                false => Ok(None),
            }
        };
        let (target_table, targets) =
            match (&own_targets, own_targets.is_none().then(|| learned(&names)).transpose()?.flatten()) {
                (Some(labels), _) => {
                    let names = labels.names();
                    let all = || (0..labels.cols()).collect();
                    let chosen = match learned(&names) {
                        Ok(Some(learned)) => learned,
                        // A file of targets alone may call them otherwise.
                        _ if self.target.is_empty() => all(),
                        found => found?.map_or_else(|| names.find_all(&self.target), Ok)?,
                    };
                    (labels, chosen)
                }
                (None, Some(learned)) => (&table, learned),
                (None, None) if self.target.is_empty() => match self.source.own_target() {
                    Some(own) => (&table, vec![names.find(own)?]),
                    None => return Err(Error::LabelsNeeded { origin: table.origin().to_owned() }),
                },
                (None, None) => (&table, names.find_all(&self.target)?),
            };
        let targets = known_order(target_table, targets, known)?;
        let in_table: &[usize] = if own_targets.is_some() { &[] } else { &targets };
        let roles = self.roles(&table, &names, in_table, known.schema, &mut notes)?;
        if own_targets.is_some() && !known.is_of_model() {
            notes.extend(self.padded_labels(target_table, &targets));
        }
        let targeted = Targeted { table: target_table, columns: &targets, classes: known.class_names };
        let rows = usable_rows(&table, &roles.features, targeted, self.missing, &mut notes);
        let rows = rows.map_err(|error| self.advising(error));
        let rows = read_whole(target_table, read_whole(&table, rows))?;
        let memory = self.memory.as_ref();
        let found = TargetColumns { table: target_table, columns: &targets, rows: rows.rows(), memory };
        let mut found = read_whole(target_table, found.read(known).map_err(|error| self.advising(error)))?;
        notes.append(&mut found.notes);

        let used = rows.rows();
        let columns = Columns { table: &table, features: &roles.features, target_table, targets: &targets, rows: used };
        // A model knows its own.
        let wanted = if known.schema.is_none() { &self.log1p[..] } else { &[] };
        let Logarithms { features: log1p, targets: target_log1p } = columns.logarithms(wanted, &found)?;
        if !wanted.is_empty() {
            notes.push(format!("learned by logarithms, ln(1 + x): {}", wanted.join(", ")));
        }
        let group = match roles.group {
            Some(column) => Some((table.title(column), group_numbers(&table, column, used, &mut notes)?)),
            None => None,
        };
        let weights = roles.weights.map(|column| row_weights(&table, column, used)).transpose()?;
        let mut content = Content::new();
        content.table(&table, &roles.features, rows.rows());
        content.target(&found.data);
        table.check_read()?;
        let content = content.finish();
        let target_names = table_names(target_table, &targets);
        Examples {
            origin: self.source.to_string(),
            x: Inputs::Table { table: Arc::new(table), columns: roles.features, rows },
            target: found,
            target_names,
            target_columns: in_table.to_vec(),
            test: None,
            group,
            weights,
            notes,
            options: SchemaOptions { missing: self.missing, unknown: self.unknown, log1p },
            log1p: target_log1p,
            content,
            memory: self.memory.clone(),
        }
        .within_memory()
    }
}

impl Request {
    /// The same error, whose advice is about columns of the file of labels where the targets are there.
    fn advising(&self, error: Error) -> Error {
        match &self.labels {
            Some(path) => advising_of(path, error),
            None => error,
        }
    }

    /// That labels of a file of their own were written with zeros ahead of them.
    fn padded_labels(&self, labels: &Table, columns: &[usize]) -> Vec<String> {
        let mut notes = Vec::new();
        padded_numbers(labels, columns, &mut notes);
        let path = self.labels.as_deref().unwrap_or(Path::new(""));
        notes.iter().map(|note| of_file(path, note)).collect()
    }
}

/// What was found, or if rows of the table could not be read that.
fn read_whole<R>(table: &Table, found: Result<R>) -> Result<R> {
    table.check_read()?;
    found
}

/// Columns of targets, in the order of the outputs where both have names.
fn known_order(table: &Table, columns: Vec<usize>, known: TargetRequest<'_>) -> Result<Vec<usize>> {
    let names = table_names(table, &columns);
    in_known_order(columns, &names, known.target_names)
}

fn table_names(table: &Table, columns: &[usize]) -> Vec<String> {
    let name = |&column: &usize| table.name(column).map(str::to_owned);
    // Where one has no name, none is of use.
    columns.iter().map(name).collect::<Option<Vec<_>>>().unwrap_or_default()
}
