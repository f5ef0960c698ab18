//! Python's arrays, borrowed for a call.

use chainrule::Scalar;
use numpy::{Element, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::batch::{Data, Targets};
use crate::failure::Failure;
use crate::rows::Rows;

/// The numbers of an aligned array in C order; `as_slice` alone takes Fortran's order, too.
pub(crate) fn in_order<'a, T: Element>(array: &'a PyReadonlyArray2<'_, T>, name: &str) -> Result<&'a [T], Failure> {
    let values = array.as_slice().ok().filter(|_| array.is_c_contiguous());
    values.ok_or_else(|| {
        Failure::input(format!(
            "{name} is not an aligned array in C order; call numpy.require(array, requirements='CA')"
        ))
    })
}

/// The arrays of X.
pub(crate) enum HeldRows<'py, T: Element> {
    Dense(PyReadonlyArray2<'py, T>),
    Sparse {
        values: PyReadonlyArray1<'py, T>,
        columns: PyReadonlyArray1<'py, i32>,
        starts: PyReadonlyArray1<'py, i64>,
        width: usize,
    },
}

impl<'py, T: Element + Scalar> HeldRows<'py, T> {
    /// Of an array (rows, features), or of `(data, indices, indptr, features)` of a CSR matrix.
    pub(crate) fn new(x: &Bound<'py, PyAny>) -> PyResult<Self> {
        if x.is_instance_of::<PyTuple>() {
            let (values, columns, starts, width) = x.extract()?;
            return Ok(HeldRows::Sparse { values, columns, starts, width });
        }
        x.extract().map(HeldRows::Dense).map_err(|_| {
            let found = match x.cast::<PyUntypedArray>() {
                Ok(array) => format!("an array of {} dimensions of {}", array.ndim(), array.dtype()),
                Err(_) => x.get_type().to_string(),
            };
            Failure::input(format!("X is {found}; expected two dimensions of the network's element type")).into()
        })
    }

    pub(crate) fn view(&self) -> Result<Rows<'_, T>, Failure> {
        let layout =
            |_| Failure::input("X is not an aligned array in C order; call numpy.require(array, requirements='CA')");
        Ok(match self {
            HeldRows::Dense(array) => Rows::Dense { values: in_order(array, "X")?, width: array.shape()[1] },
            HeldRows::Sparse { values, columns, starts, width } => Rows::Sparse {
                values: values.as_slice().map_err(layout)?,
                columns: columns.as_slice().map_err(layout)?,
                starts: starts.as_slice().map_err(layout)?,
                width: *width,
            },
        })
    }
}

/// The arrays of y.
enum HeldTargets<'py, T: Element> {
    Classes(PyReadonlyArray1<'py, u32>),
    Values(PyReadonlyArray2<'py, T>),
}

/// The arrays `(X, y, sample_weight)` of a fit.
pub(crate) struct HeldData<'py, T: Element> {
    rows: HeldRows<'py, T>,
    targets: HeldTargets<'py, T>,
    weights: Option<PyReadonlyArray1<'py, T>>,
}

impl<'py, T: Element + Scalar> HeldData<'py, T> {
    pub(crate) fn new(data: &Bound<'py, PyTuple>) -> PyResult<Self> {
        let (x, y, weights): (Bound<'_, PyAny>, Bound<'_, PyAny>, _) = data.extract()?;
        let targets = match y.extract() {
            Ok(classes) => HeldTargets::Classes(classes),
            Err(_) => HeldTargets::Values(y.extract()?),
        };
        Ok(HeldData { rows: HeldRows::new(&x)?, targets, weights })
    }

    pub(crate) fn view(&self) -> Result<Data<'_, T>, Failure> {
        let layout = |_| {
            Failure::input(
                "y or sample_weight is not an aligned array in C order; call numpy.require(array, requirements='CA')",
            )
        };
        let targets = match &self.targets {
            HeldTargets::Classes(classes) => Targets::Classes(classes.as_slice().map_err(layout)?),
            HeldTargets::Values(values) => Targets::Values { values: in_order(values, "y")?, width: values.shape()[1] },
        };
        let weights = self.weights.as_ref().map(|weights| weights.as_slice()).transpose().map_err(layout)?;
        Ok(Data { rows: self.rows.view()?, targets, weights })
    }
}
