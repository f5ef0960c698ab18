//! Examples to learn from: features told from their targets, before rows are split, scaled and turned into a [`Dataset`].

use std::sync::Arc;

use chainrule_kernel::Scalar;

use super::contents::Bytes;
use super::dataset::Dataset;
use super::encoder::{Wanted, above_minus_1};
use super::features::{Features, check_rows};
use super::fitted::Fitted;
use super::memory::Memory;
use super::preprocess::Preprocess;
use super::scaling::Scaling;
use super::schema::Schema;
use super::schema_fit::{Fitting, SchemaOptions};
use super::table::{Kept, Table};
use super::target::{Target, TargetScaling};
use super::target_columns::{TargetData, TargetFound};
use super::targets::Targets;
use crate::{Error, Model, Result, Task};

/// Features and targets as they come from their source.
///
/// ```
/// use chainrule::data::{Request, Scaling, Source, SplitRequest};
///
/// let examples = Request::new(Source::parse("moons")?).read()?;
/// assert_eq!((examples.rows(), examples.outputs()), (1000, 2));
/// let parts = examples.split(&SplitRequest::default())?;
/// let fitted = examples.fit(&parts.train, Scaling::Standardize)?;
/// assert_eq!(examples.dataset::<f32>(&parts.test, &fitted)?.rows(), 200);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Examples {
    /// What the source is called.
    pub(super) origin: String,
    pub(super) x: Inputs,
    pub(super) target: TargetFound,
    pub(super) target_names: Vec<String>,
    /// The columns of the same table that are targets.
    pub(super) target_columns: Vec<usize>,
    pub(super) test: Option<Box<Examples>>,
    pub(super) group: Option<(String, Vec<u32>)>,
    pub(super) weights: Option<Vec<f64>>,
    pub(super) notes: Vec<String>,
    pub(super) options: SchemaOptions,
    /// The columns of the targets whose logarithms are learned, (outputs); none where it is empty.
    pub(super) log1p: Vec<bool>,
    pub(super) content: u64,
    pub(super) memory: Option<Memory>,
}

#[derive(Debug, Clone)]
pub(super) enum Inputs {
    Table {
        table: Arc<Table>,
        columns: Vec<usize>,
        /// Rows of the table that are examples.
        rows: Kept,
    },
    /// Images, whose bytes stay bytes.
    Bytes(Bytes),
}

impl Examples {
    /// Number of examples.
    pub fn rows(&self) -> usize {
        match &self.x {
            Inputs::Table { rows, .. } => rows.rows().len(),
            Inputs::Bytes(bytes) => bytes.features.rows(),
        }
    }

    /// What is learned.
    pub fn task(&self) -> Task {
        self.target.task
    }

    /// Number of outputs that a network needs: classes, or columns of values.
    pub fn outputs(&self) -> usize {
        match &self.target.data {
            TargetData::Classes { names, .. } => names.len(),
            TargetData::Values(values) => values.cols(),
        }
    }

    /// What the targets are called, where they have names.
    pub fn target_names(&self) -> &[String] {
        &self.target_names
    }

    /// The classes, in the order of the outputs; `None` of values.
    pub fn class_names(&self) -> Option<&[String]> {
        match &self.target.data {
            TargetData::Classes { names, .. } => Some(names),
            TargetData::Values(_) => None,
        }
    }

    /// The part that the source itself sets aside to test on.
    pub fn test(&self) -> Option<&Examples> {
        self.test.as_deref()
    }

    /// What was taken for granted, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Whether columns have types and may be scaled one by one; images do not.
    pub fn is_table(&self) -> bool {
        matches!(self.x, Inputs::Table { .. })
    }

    /// The table and the columns of its features, to be looked at before training.
    pub(crate) fn table(&self) -> Option<(&Table, &[usize], &Kept)> {
        match &self.x {
            Inputs::Table { table, columns, rows } => Some((table, columns, rows)),
            Inputs::Bytes(_) => None,
        }
    }

    pub(crate) fn target_data(&self) -> &TargetData {
        &self.target.data
    }

    /// A hash of what the features and targets hold, of 64 bits: tells other data from the same. Not for security.
    pub fn content(&self) -> String {
        format!("{:016x}", self.content)
    }

    /// Fits the schema and the scaling of features and values on these rows, those that are trained on; rows of weight 0, which
    /// nothing is learned from, have no part in it.
    ///
    /// # Errors
    /// When there are no rows, or one that is not there; when a column has no value in them, or a mean or deviation overflows f64.
    pub fn fit(&self, rows: &[usize], scaling: Scaling) -> Result<Fitted> {
        check_rows(rows, self.rows())?;
        let counted: Vec<usize>;
        let rows = match &self.weights {
            Some(weights) => {
                counted = rows.iter().copied().filter(|&row| weights[row] > 0.0).collect();
                if counted.is_empty() { rows } else { &counted }
            }
            None => rows,
        };
        let (schema, preprocess) = match &self.x {
            Inputs::Table { table, columns, rows: examples } => {
                let on = Fitting { table, rows: examples.chosen(rows), memory: self.memory.as_ref() };
                let schema = Schema::fit(on, columns, &self.options);
                let fitted = schema.and_then(|schema| scaling.fit(&schema, on).map(|done| (schema, done)));
                table.check_read()?;
                let (schema, preprocess) = fitted?;
                (Some(Arc::new(schema)), preprocess)
            }
            Inputs::Bytes(bytes) => {
                let preprocess = match scaling {
                    Scaling::None => Preprocess::None,
                    Scaling::Scale(factor) => Preprocess::Scale { factor },
                    Scaling::Standardize => Preprocess::standardize(&bytes.features.select(rows)?)?,
                    Scaling::Minmax | Scaling::Robust => {
                        return Err(Error::Argument {
                            name: "preprocessing",
                            found: scaling.to_string(),
                            expected: "none, standardize or scale:FACTOR, of images".to_owned(),
                        });
                    }
                };
                (None, preprocess)
            }
        };
        let scaling = match &self.target.data {
            TargetData::Values(values) if self.target.task == Task::Regression => {
                let scaling = TargetScaling::fit(values, rows, &self.log1p);
                values.check_read()?;
                Some(scaling?)
            }
            _ => None,
        };
        let target = self.target_described(scaling);
        Ok(Fitted { schema, preprocess, target })
    }

    /// What suits the source: images of bytes are divided, columns of tables standardised.
    pub fn usual_scaling(&self) -> Scaling {
        match &self.x {
            Inputs::Table { .. } => Scaling::Standardize,
            Inputs::Bytes(bytes) => Scaling::Scale(bytes.factor),
        }
    }

    fn target_described(&self, scaling: Option<TargetScaling>) -> Arc<Target> {
        let (answers, signs) = (self.target.answers.clone(), self.target.signs.clone());
        Arc::new(Target { names: self.target_names.clone(), answers, scaling, signs })
    }

    /// For rows that are given to a network which knows its inputs by their order alone, as PyTorch's.
    pub fn as_they_are(&self) -> Fitted {
        let schema = match &self.x {
            Inputs::Table { table, columns, .. } => Some(Arc::new(Schema::of_numbers(columns, table.cols()))),
            Inputs::Bytes(_) => None,
        };
        Fitted { schema, preprocess: Preprocess::None, target: self.target_described(None) }
    }

    /// These rows, counted from 0, as features and targets of a network.
    ///
    /// # Errors
    /// When there are no rows, or one that is not there; when a column that was fitted is not there, a category is unknown, a value is
    /// missing, or a number overflows `T`.
    pub fn dataset<T: Scalar>(&self, rows: &[usize], fitted: &Fitted) -> Result<Dataset<T>> {
        check_rows(rows, self.rows())?;
        let features: Features<T> = match &self.x {
            Inputs::Table { table, columns, rows: examples } => {
                let plain;
                let schema = match &fitted.schema {
                    Some(schema) => schema,
                    None => {
                        plain = Arc::new(Schema::of_numbers(columns, table.cols()));
                        &plain
                    }
                };
                schema.features(Wanted {
                    table,
                    rows: examples.chosen(rows),
                    preprocess: &fitted.preprocess,
                    takes_unknown: true,
                    memory: self.memory.as_ref(),
                })?
            }
            Inputs::Bytes(bytes) => {
                let mut features = bytes.features.select(rows)?.into_type::<T>()?;
                fitted.preprocess.apply(&mut features)?;
                features
            }
        };
        let targets = self.targets::<T>(rows, fitted.target.scaling.as_ref())?;
        let mut data = Dataset::from_origins(features, "features", targets, "targets")?;
        if let TargetData::Classes { names, .. } = &self.target.data {
            data = data.with_class_names(names.clone())?;
        }
        if let Some(weights) = &self.weights {
            data = data.with_weights(rows.iter().map(|&row| T::from_f64(weights[row])).collect())?;
        }
        Ok(data.described(fitted, self.task()))
    }

    /// How many of these rows have a category that was not fitted: they are learned from and evaluated as if it were none of
    /// those that were.
    pub fn unknown_categories(&self, rows: &[usize], fitted: &Fitted) -> usize {
        let (Inputs::Table { table, rows: examples, .. }, Some(schema)) = (&self.x, &fitted.schema) else { return 0 };
        let Ok(located) = schema.locate(table) else { return 0 };
        if !schema.has_categories() {
            return 0;
        }
        let mut encoder = schema.encoder(table, located);
        let mut cells = vec![0.0; schema.width()];
        examples.chosen(rows).iter().filter(|&row| encoder.row(row, &mut cells).is_err()).count()
    }

    /// These rows as a model takes them: as those that it was trained on, or where its file does not tell how those were
    /// made, as they are.
    ///
    /// # Errors
    /// As [`Examples::dataset`], and when there are not as many features as the network has inputs.
    pub fn dataset_for<T: Scalar>(&self, rows: &[usize], model: &Model<T>) -> Result<Dataset<T>> {
        self.check_for(model)?;
        self.dataset::<T>(rows, &model.fitted())
    }

    /// Refuses a model that takes other columns.
    ///
    /// # Errors
    /// When a column that it was trained on is not there, or there are not as many features as the network has inputs.
    pub fn check_for<T: Scalar>(&self, model: &Model<T>) -> Result<()> {
        let columns = match (&self.x, &model.schema) {
            (Inputs::Table { table, .. }, Some(schema)) => return schema.locate(table).map(drop),
            (Inputs::Table { columns, .. }, None) => columns.len(),
            (Inputs::Bytes(bytes), _) => bytes.features.cols(),
        };
        if columns == model.mlp.inputs() {
            return Ok(());
        }
        Err(Error::Shape {
            origin: self.origin.clone(),
            found: format!("{columns} columns"),
            expected: format!("{}, the inputs of the network", model.mlp.inputs()),
        })
    }

    /// That there is no logarithm of 1 more than this target.
    pub(super) fn no_logarithm(&self, row: usize, column: usize, value: f64) -> Error {
        let row = if let Inputs::Table { rows, .. } = &self.x { rows.rows().at(row) } else { row };
        let title = self.target_names.get(column).cloned().unwrap_or_else(|| format!("column {}", column + 1));
        let place = crate::Place::Row(row + 1);
        Error::format(&self.origin, place, value.to_string(), above_minus_1(&title))
    }

    fn targets<T: Scalar>(&self, rows: &[usize], scaling: Option<&TargetScaling>) -> Result<Targets<T>> {
        match &self.target.data {
            TargetData::Classes { labels, names } => {
                let labels = rows.iter().map(|&row| labels[row]).collect();
                Ok(Targets::Classes { labels, classes: names.len() })
            }
            TargetData::Values(values) => {
                let (mut chosen, cols) = (Vec::new(), values.cols());
                let count = rows.len().checked_mul(cols);
                if !matches!(count.map(|count| chosen.try_reserve_exact(count)), Some(Ok(()))) {
                    return Err(Error::no_memory("targets", rows.len()));
                }
                let mut cursor = values.cursor();
                for &row in rows {
                    for (column, &value) in cursor.at(row).iter().enumerate() {
                        if value <= -1.0 && scaling.is_some_and(|scaling| scaling.is_log1p(column)) {
                            return Err(self.no_logarithm(row, column, value));
                        }
                        let value = scaling.map_or(value, |scaling| scaling.apply(column, value));
                        let place = crate::Place::Cell { row: row + 1, column: column + 1 };
                        chosen.push(super::numbers::narrow("targets", place, value)?);
                    }
                }
                values.check_read()?;
                Ok(Targets::Values { values: chosen, cols })
            }
        }
    }
}
