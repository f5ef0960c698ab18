//! Rows with their targets, as the library's datasets hold them: as they come, before any preprocessing.

use chainrule::data::{Dataset, Features, Targets};
use chainrule::{Model, Scalar};
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrays::in_order;
use crate::failure::Failure;
use crate::part::Part;

/// The rows of `(X, y)`, or of a `chainrule.Dataset`.
pub(crate) fn labelled<T: Element + Scalar>(model: &Model<T>, data: &Bound<'_, PyTuple>) -> PyResult<Part<T>> {
    match data.len() {
        2 => Ok(Part::Arrays(dataset(model, &data.get_item(0)?, &data.get_item(1)?)?)),
        _ => Part::new(data),
    }
}

/// The dataset of X (rows, features) and y: class numbers (uint32), or values (rows, outputs).
fn dataset<T: Element + Scalar>(model: &Model<T>, x: &Bound<'_, PyAny>, y: &Bound<'_, PyAny>) -> PyResult<Dataset<T>> {
    let layout =
        |_| Failure::input("y is not an aligned array in C order; call numpy.require(array, requirements='CA')");
    let x: PyReadonlyArray2<'_, T> = x.extract()?;
    let (rows, width) = (x.shape()[0], x.shape()[1]);
    let features = Features::new(rows, width, in_order(&x, "X")?.to_vec()).map_err(Failure::from)?;
    let targets = match y.extract::<PyReadonlyArray1<'_, u32>>() {
        Ok(labels) => {
            Targets::Classes { labels: labels.as_slice().map_err(layout)?.to_vec(), classes: model.mlp.outputs() }
        }
        Err(_) => {
            let values: PyReadonlyArray2<'_, T> = y.extract()?;
            Targets::Values { values: in_order(&values, "y")?.to_vec(), cols: values.shape()[1] }
        }
    };
    Ok(Dataset::new(features, targets).map_err(Failure::from)?)
}
