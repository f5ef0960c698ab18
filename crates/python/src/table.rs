//! `Table`: rows of a file, or of another source that the command can read, with their targets. They stay as they come until a
//! run or a model makes them ready.

use std::path::PathBuf;
use std::sync::Arc;

use chainrule::data::{Decimal, Delimiter, Examples, Request, Source, SplitBy, SplitRequest, TextFormat, Unknown};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::failure::Failure;
use crate::threads::run;

/// Rows with their targets; `chainrule.Dataset` holds one and the rows of its part.
#[pyclass(module = "chainrule._chainrule", frozen)]
pub(crate) struct Table {
    pub(crate) examples: Arc<Examples>,
}

/// What is read, from a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Settings {
    target: Vec<String>,
    features: Option<Vec<String>>,
    drop: Vec<String>,
    labels: Option<PathBuf>,
    task: Option<String>,
    missing: Option<String>,
    log1p: Vec<String>,
    group: Option<String>,
    weights: Option<String>,
    unknown: String,
    categories: Vec<String>,
    na_as_text: Vec<String>,
    delimiter: Option<String>,
    decimal: Option<String>,
    header: Option<bool>,
    skip_lines: usize,
}

impl Settings {
    fn request(self, source: &str) -> Result<Request, Failure> {
        let mut request = Request::new(Source::parse(source)?);
        request.target = self.target;
        request.features = self.features;
        request.drop = self.drop;
        request.labels = self.labels;
        request.task = self.task.map(|task| task.parse()).transpose()?;
        request.missing = self.missing.map(|missing| missing.parse()).transpose()?;
        request.log1p = self.log1p;
        request.group = self.group;
        request.row_weights = self.weights;
        request.unknown = one_of("unknown", &self.unknown, [("error", Unknown::Error), ("zeros", Unknown::Zeros)])?;
        request.format = TextFormat {
            delimiter: self.delimiter.map(|text| delimiter(&text)).transpose()?,
            decimal: self
                .decimal
                .map(|text| one_of("decimal", &text, [("point", Decimal::Point), ("comma", Decimal::Comma)]))
                .transpose()?,
            header: self.header,
            categories: self.categories,
            na_as_text: self.na_as_text,
            skip_lines: self.skip_lines,
            ..TextFormat::default()
        };
        Ok(request)
    }
}

/// The value that is called so.
fn one_of<V: Copy>(name: &str, text: &str, values: [(&str, V); 2]) -> Result<V, Failure> {
    let found = values.iter().find(|(known, _)| *known == text).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let [first, second] = values.map(|(known, _)| known);
        Failure::input(format!("{name} is {text:?}; expected {first:?} or {second:?}"))
    })
}

fn delimiter(text: &str) -> Result<Delimiter, Failure> {
    Delimiter::parse(text).ok_or_else(|| {
        Failure::input(format!(
            "delimiter is {text:?}; expected 'comma', 'semicolon', 'tab', 'pipe', 'spaces', or a character that is no letter, \
             digit, quote, sign or point"
        ))
    })
}

#[pymethods]
impl Table {
    /// Reads a source as the command does, with the targets and classes of another table if there is one.
    #[staticmethod]
    fn read(py: Python<'_>, source: &str, settings: Settings, like: Option<&Table>) -> PyResult<Self> {
        let request = settings.request(source)?;
        let read = move || match like {
            Some(like) => Ok(request.read_like(&like.examples)?),
            None => Ok(request.read()?),
        };
        Ok(Table { examples: Arc::new(run(py, None, |_| read())?) })
    }

    /// The part that the source itself sets aside to test on.
    fn own_test(&self) -> Option<Table> {
        self.examples.test().map(|test| Table { examples: Arc::new(test.clone()) })
    }

    /// The rows to train on, to validate on and to test on: lists of their numbers.
    fn split<'py>(
        &self,
        py: Python<'py>,
        test: f64,
        validation: f64,
        seed: u64,
        by: Option<&str>,
    ) -> PyResult<[Bound<'py, PyArray1<i64>>; 3]> {
        let request = self.split_request(test, validation, seed, by)?;
        let parts = self.examples.split(&request).map_err(Failure::from)?;
        Ok([parts.train, parts.validation, parts.test].map(|rows| row_numbers(py, &rows)))
    }

    /// The number of features that these rows become, and their names; none of images.
    fn features(&self, py: Python<'_>, rows: PyReadonlyArray1<'_, i64>) -> PyResult<(usize, Option<Vec<String>>)> {
        let (examples, rows) = (&self.examples, self.chosen(&rows)?);
        Ok(run(py, None, |_| {
            let fitted = examples.fit(&rows, examples.usual_scaling())?;
            Ok(match fitted.schema() {
                Some(schema) => (schema.width(), Some(schema.feature_names())),
                None => (examples.dataset::<f32>(&rows[..rows.len().min(1)], &fitted)?.cols(), None),
            })
        })?)
    }

    /// A hash of what features and targets hold.
    #[getter]
    fn content(&self) -> String {
        self.examples.content()
    }

    #[getter]
    fn n_rows(&self) -> usize {
        self.examples.rows()
    }

    #[getter]
    fn n_outputs(&self) -> usize {
        self.examples.outputs()
    }

    #[getter]
    fn task(&self) -> String {
        self.examples.task().to_string()
    }

    #[getter]
    fn loss(&self) -> String {
        self.examples.task().usual_loss().to_string()
    }

    #[getter]
    fn class_names(&self) -> Option<Vec<String>> {
        self.examples.class_names().map(<[String]>::to_vec)
    }

    #[getter]
    fn target_names(&self) -> Vec<String> {
        self.examples.target_names().to_vec()
    }

    #[getter]
    fn notes(&self) -> Vec<String> {
        self.examples.notes().to_vec()
    }
}

/// Numbers of rows as an array.
pub(crate) fn row_numbers<'py>(py: Python<'py>, rows: &[usize]) -> Bound<'py, PyArray1<i64>> {
    rows.iter().map(|&row| row as i64).collect::<Vec<_>>().into_pyarray(py)
}

impl Table {
    /// The rows of these numbers, which are checked.
    pub(crate) fn chosen(&self, rows: &PyReadonlyArray1<'_, i64>) -> Result<Vec<usize>, Failure> {
        let all = self.examples.rows();
        let layout = |_| Failure::input("the list of rows is not contiguous");
        let row = |&row: &i64| {
            let found = usize::try_from(row).ok().filter(|row| *row < all);
            found.ok_or_else(|| Failure::input(format!("there is no row {row} of the table, which has {all}")))
        };
        rows.as_slice().map_err(layout)?.iter().map(row).collect()
    }

    pub(crate) fn split_request(
        &self,
        test: f64,
        validation: f64,
        seed: u64,
        by: Option<&str>,
    ) -> Result<SplitRequest, Failure> {
        let by = match by {
            None => self.examples.usual_split(),
            Some("random") => SplitBy::Random,
            Some("stratified") => SplitBy::Stratified,
            Some("group") => SplitBy::Group,
            Some("last") => SplitBy::Last,
            Some(other) => {
                let known = "random, stratified, group, last";
                return Err(Failure::input(format!("there is no split {other:?}; known are {known}")));
            }
        };
        Ok(SplitRequest { test, validation, seed, by })
    }
}
