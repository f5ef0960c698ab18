//! The rows of a `chainrule.Dataset`, as it hands them over: those of a table by their numbers, or arrays.

use std::collections::HashSet;
use std::sync::Arc;

use chainrule::data::{Dataset, Examples, Features, Preprocess, Scaling, Split, Targets};
use chainrule::{Model, Scalar};
use numpy::{Element, PyArray1, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrays::in_order;
use crate::failure::Failure;
use crate::table::{Table, row_numbers};

/// How a table was split: shares to test and to validate on, seed, and by what.
type SplitArgs = (f64, f64, u64, Option<String>);

/// The rows of a dataset.
pub(crate) enum Part<T> {
    Rows { examples: Arc<Examples>, rows: Vec<usize>, split: Option<Split> },
    Arrays(Dataset<T>),
}

/// What a run learns from, ready for a network.
pub(crate) struct Ready<T> {
    pub(crate) train: Dataset<T>,
    pub(crate) validation: Option<Dataset<T>>,
    pub(crate) split: Option<Split>,
}

impl<T: Element + Scalar> Part<T> {
    /// Of `(table, rows, split)`, or of `(x, y, weights, class_names, classes, feature_names)`.
    pub(crate) fn new(given: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let Ok(table) = given.get_item(0)?.cast_into::<Table>() else {
            return arrays(given).map(Part::Arrays);
        };
        let (rows, split): (PyReadonlyArray1<'_, i64>, Option<SplitArgs>) =
            (given.get_item(1)?.extract()?, given.get_item(2)?.extract()?);
        let table = table.get();
        let rows = table.chosen(&rows)?;
        let split = match split {
            None => None,
            Some((test, validation, seed, by)) => {
                let request = table.split_request(test, validation, seed, by.as_deref())?;
                let trained: HashSet<usize> =
                    table.examples.split(&request).map_err(Failure::from)?.train.into_iter().collect();
                // A run on other rows than those to train on has seen some of those to test on.
                rows.iter().all(|row| trained.contains(row)).then(|| table.examples.remember(&request))
            }
        };
        Ok(Part::Rows { examples: Arc::clone(&table.examples), rows, split })
    }

    /// The rows as a model takes them.
    pub(crate) fn for_model(self, model: &Model<T>) -> Result<Dataset<T>, Failure> {
        match self {
            Part::Rows { examples, rows, .. } => Ok(examples.dataset_for(&rows, model)?),
            Part::Arrays(data) => Ok(data),
        }
    }

    /// The same, to predict: a category that training did not see is refused unless the model takes it as none.
    pub(crate) fn for_prediction(self, model: &Model<T>) -> Result<Dataset<T>, Failure> {
        if let Part::Rows { examples, rows, .. } = &self {
            match examples.unknown_categories(rows, &model.fitted()) {
                0 => {}
                new => {
                    let has = if new == 1 { "row has" } else { "rows have" };
                    return Err(Failure::Input(format!(
                        "{new} {has} a category that training did not see; a model of rows that were read with unknown='zeros' \
                         takes them as none of those that it did"
                    )));
                }
            }
        }
        self.for_model(model)
    }

    /// The rows of a run, scaled by those that it learns from.
    pub(crate) fn ready(self, validation: Option<Self>, scaling: Option<Scaling>) -> Result<Ready<T>, Failure> {
        match (self, validation) {
            (Part::Rows { examples, rows, split }, validation) => {
                let fitted = examples.fit(&rows, scaling.unwrap_or(examples.usual_scaling()))?;
                let train = examples.dataset(&rows, &fitted)?;
                let validation = match validation {
                    None => None,
                    Some(Part::Rows { examples: other, rows, .. }) => {
                        if other.class_names() != examples.class_names() {
                            let text = "the validation rows have other classes; read them with like=";
                            return Err(Failure::input(text));
                        }
                        Some(other.dataset(&rows, &fitted)?)
                    }
                    Some(Part::Arrays(_)) => return Err(of_other_kind("arrays", "a table")),
                };
                Ok(Ready { train, validation, split })
            }
            (Part::Arrays(mut train), validation) => {
                match scaling.unwrap_or(Scaling::None) {
                    Scaling::None => {}
                    Scaling::Standardize => train.preprocess(&Preprocess::standardize(train.features())?)?,
                    Scaling::Scale(factor) => train.preprocess(&Preprocess::Scale { factor })?,
                    other => {
                        let text =
                            format!("preprocess is {other}; of arrays expected none, standardize or scale:FACTOR");
                        return Err(Failure::Input(text));
                    }
                }
                let validation = match validation {
                    None => None,
                    Some(Part::Arrays(data)) => Some(data),
                    Some(Part::Rows { .. }) => return Err(of_other_kind("a table", "arrays")),
                };
                Ok(Ready { train, validation, split: None })
            }
        }
    }
}

fn of_other_kind(found: &str, expected: &str) -> Failure {
    Failure::input(format!("the validation rows are {found}; expected {expected}, as those to learn from are"))
}

fn arrays<T: Element + Scalar>(given: &Bound<'_, PyTuple>) -> PyResult<Dataset<T>> {
    type Names = Option<Vec<String>>;
    type Given<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Option<Bound<'py, PyAny>>, Names, usize, Names);
    let (x, y, weights, class_names, classes, feature_names): Given<'_> = given.extract()?;
    let features = match x.extract::<PyReadonlyArray2<'_, u8>>() {
        // Bytes stay bytes.
        Ok(bytes) => Features::from_bytes(bytes.shape()[0], bytes.shape()[1], in_order(&bytes, "X")?.to_vec()),
        Err(_) => {
            let values: PyReadonlyArray2<'_, T> = x.extract()?;
            Features::new(values.shape()[0], values.shape()[1], in_order(&values, "X")?.to_vec())
        }
    };
    let targets = match y.extract::<PyReadonlyArray1<'_, u32>>() {
        Ok(labels) => Targets::Classes { labels: labels.as_slice()?.to_vec(), classes },
        Err(_) => {
            let values: PyReadonlyArray2<'_, T> = y.extract()?;
            Targets::Values { values: in_order(&values, "y")?.to_vec(), cols: values.shape()[1] }
        }
    };
    let mut data = Dataset::new(features.map_err(Failure::from)?, targets).map_err(Failure::from)?;
    if let Some(names) = class_names {
        data = data.with_class_names(names).map_err(Failure::from)?;
    }
    if let Some(names) = feature_names {
        data = data.with_feature_names(names).map_err(Failure::from)?;
    }
    if let Some(weights) = weights {
        let weights: PyReadonlyArray1<'_, T> = weights.extract()?;
        data = data.with_weights(weights.as_slice()?.to_vec()).map_err(Failure::from)?;
    }
    Ok(data)
}

/// The rows of one of two parts that are drawn at random: those to keep, and those to hold out.
#[pyfunction]
pub(crate) fn split_rows(
    py: Python<'_>,
    rows: usize,
    holdout: f64,
    seed: u64,
) -> PyResult<[Bound<'_, PyArray1<i64>>; 2]> {
    // Each row holds its own number.
    let numbers = (0..rows).map(|row| row as f64).collect();
    let of = |data: Dataset<f64>| {
        let rows: Vec<usize> = data.features().data().iter().map(|row| *row as usize).collect();
        row_numbers(py, &rows)
    };
    let draw = || {
        let features = Features::new(rows, 1, numbers)?;
        let data = Dataset::new(features, Targets::Values { values: vec![0.0; rows], cols: 1 })?;
        data.split(holdout, seed)
    };
    let (kept, held_out) = draw().map_err(Failure::from)?;
    Ok([of(kept), of(held_out)])
}
