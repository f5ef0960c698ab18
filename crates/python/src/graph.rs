//! `Graph`: a network as a picture, or as DOT or Mermaid.

use chainrule::Scalar;
use chainrule::graph::{Neurons, Operations, Shows, Theme};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::failure::Failure;
use crate::labelled::labelled;
use crate::model::{Inner, Model, each};

/// What is drawn.
enum View {
    Neurons(Neurons),
    Operations(Operations),
}

/// A drawing; `chainrule.Model.graph` makes it.
#[pyclass(module = "chainrule._chainrule", frozen)]
pub(crate) struct Graph(View);

/// Calls `$body` with the view as `$view`.
macro_rules! view {
    ($graph:expr, $view:ident => $body:expr) => {
        match &$graph.0 {
            View::Neurons($view) => $body,
            View::Operations($view) => $body,
        }
    };
}

#[pymethods]
impl Graph {
    /// Of a model, and of a row (counted from 0) of `(X, y)` or of a `chainrule.Dataset`, if there is one.
    #[new]
    fn new(model: &Model, is_neurons: bool, data: Option<&Bound<'_, PyTuple>>, row: usize) -> PyResult<Self> {
        each!(&model.inner, model => {
            let Some(data) = data else {
                return Ok(Graph(if is_neurons {
                    View::Neurons(Neurons::new(&model.mlp, model.loss).labelled(&model.mlp, &model.graph_labels()))
                } else {
                    View::Operations(Operations::new(&model.mlp, model.loss))
                }));
            };
            let data = labelled(model, data)?.for_model(model)?;
            Ok(Graph(of_row(model, &data, row, is_neurons)?))
        })
    }

    fn svg(&self, is_dark: bool) -> String {
        view!(self, view => view.to_svg(theme(is_dark)))
    }

    fn dot(&self) -> String {
        view!(self, view => view.to_dot())
    }

    fn mermaid(&self) -> String {
        view!(self, view => view.to_mermaid())
    }
}

fn of_row<T: Scalar>(
    model: &chainrule::Model<T>,
    data: &chainrule::data::Dataset<T>,
    row: usize,
    is_neurons: bool,
) -> Result<View, Failure> {
    let sample = model.sample_row(data, row)?;
    Ok(if is_neurons {
        let graph = Neurons::with_rows(&model.mlp, model.loss, sample.rows(), Shows::Weights)?;
        View::Neurons(graph.labelled(&model.mlp, &model.graph_labels_of_row(data, row)?))
    } else {
        View::Operations(Operations::with_rows(&model.mlp, model.loss, sample.rows())?)
    })
}

fn theme(is_dark: bool) -> Theme {
    if is_dark { Theme::Dark } else { Theme::Light }
}
