//! Rows that lie in memory, as numbers or as texts, for a model that exists: what a program has that asks it.

use chainrule_kernel::Scalar;

use super::encoder::Wanted;
use super::features::Features;
use super::numbers::narrow_preprocessed;
use super::schema::{Kind, Schema, title_of};
use super::table::{Table, TableRows, TypedColumn};
use crate::{Error, Model, Place, Result};

/// What messages call them.
const ORIGIN: &str = "rows";

impl<T: Scalar> Model<T> {
    /// The number of columns that a row has before anything is done to it: those of the table that the model was trained
    /// on, without the targets; the network's inputs where it was trained on none.
    pub fn columns(&self) -> usize {
        self.schema.as_ref().map_or(self.mlp.inputs(), |schema| schema.columns.len())
    }

    /// The features of rows of numbers, (rows, [`columns`](Self::columns)) row-major, ready to be predicted: encoded as the
    /// columns of a table are, and preprocessed in f64. NaN is a missing value. In a column of yes or no 1 and 0 are meant, in a
    /// column of categories one whose name is this number.
    ///
    /// ```
    /// use chainrule::data::Preprocess;
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::builder(2).dense(1).seed(1).build()?, Loss::Mse);
    /// let model = model.with_preprocess(Preprocess::Scale { factor: 0.5 });
    /// let features = model.features_of_numbers(&[2.0_f64, 4.0])?; // a row
    /// assert_eq!(*features.data(), [1.0, 2.0]);
    /// assert_eq!(model.predict(&features)?.len(), 1);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are no rows or part of one, a number is infinite, and as
    /// [`Request::read_features`](crate::data::Request::read_features).
    pub fn features_of_numbers<U: Scalar>(&self, rows: &[U]) -> Result<Features<T>> {
        let columns = self.columns();
        let count = self.count_rows(rows.len())?;
        match &self.schema {
            // What is missing is filled or refused by the way of tables.
            Some(schema) if !schema.is_plain() || rows.iter().any(|value| !value.is_finite()) => {
                let rows: Vec<f64> = rows.iter().map(|value| value.to_f64()).collect();
                self.features_of_table(schema, Table::of_numbers(ORIGIN, columns, &rows)?)
            }
            _ => {
                self.preprocess.check(columns)?;
                let mut data = Vec::new();
                data.try_reserve_exact(rows.len()).map_err(|_| Error::no_memory(ORIGIN, count))?;
                let mut cells = vec![0.0; columns];
                for (at, row) in rows.chunks_exact(columns).enumerate() {
                    cells.iter_mut().zip(row).for_each(|(cell, value)| *cell = value.to_f64());
                    self.preprocess.apply_to_row(&mut cells);
                    for (column, &value) in cells.iter().enumerate() {
                        let place = Place::Cell { row: at + 1, column: column + 1 };
                        data.push(narrow_preprocessed(ORIGIN, value, || {
                            (place, format!("{:?}", row[column].to_f64()))
                        })?);
                    }
                }
                let mut features = Features::from_origin(ORIGIN, count, columns, data)?;
                features.set_preprocessing(self.preprocess.clone());
                Ok(features)
            }
        }
    }

    /// The features of rows of texts, as cells of a text file: (rows, [`columns`](Self::columns)) row-major, numbers with a
    /// decimal point, also with the sign of money or percent that the column had where the model was trained, categories by
    /// their names; an empty text, `NA` or `?` is a missing value. As [`features_of_numbers`](Self::features_of_numbers)
    /// otherwise.
    ///
    /// ```
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::builder(2).dense(1).seed(1).build()?, Loss::Mse);
    /// assert_eq!(*model.features_of_texts(&["2", "4.5"])?.data(), [2.0, 4.5]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`features_of_numbers`](Self::features_of_numbers), and for a word in a column of numbers.
    pub fn features_of_texts(&self, cells: &[&str]) -> Result<Features<T>> {
        self.count_rows(cells.len())?;
        let plain;
        let schema = match &self.schema {
            Some(schema) => &**schema,
            None => {
                let all: Vec<usize> = (0..self.columns()).collect();
                plain = Schema::of_numbers(&all, all.len());
                &plain
            }
        };
        let titles: Vec<String> = schema.columns.iter().map(title_of).collect();
        let columns: Vec<TypedColumn<'_>> = titles
            .iter()
            .zip(&schema.columns)
            .map(|(title, column)| TypedColumn {
                title,
                has_words: !matches!(column.kind, Kind::Number { .. }),
                na_is_text: column.na_is_text,
                sign: column.sign,
            })
            .collect();
        self.features_of_table(schema, Table::of_cells(ORIGIN, &columns, cells)?)
    }

    /// The features of all rows of a table that has the model's columns alone, in their order.
    fn features_of_table(&self, schema: &Schema, mut table: Table) -> Result<Features<T>> {
        // Messages call them by their names.
        if let Some(names) = schema.columns.iter().map(|column| column.name.clone()).collect::<Option<Vec<_>>>() {
            table = table.with_names(names);
        }
        schema.features(Wanted {
            table: &table,
            rows: TableRows::All(table.rows()),
            preprocess: &self.preprocess,
            takes_unknown: false,
            memory: None,
        })
    }

    fn count_rows(&self, cells: usize) -> Result<usize> {
        let columns = self.columns();
        if cells == 0 {
            return Err(Error::Empty { origin: ORIGIN.to_owned(), what: "rows" });
        }
        if !cells.is_multiple_of(columns) {
            let (found, expected) = (format!("{cells} cells"), format!("whole rows of {columns} columns"));
            return Err(Error::Shape { origin: ORIGIN.to_owned(), found, expected });
        }
        Ok(cells / columns)
    }
}
