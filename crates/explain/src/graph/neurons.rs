//! The second view: every neuron is a circle, every weight an edge, coloured by its sign and as wide as its magnitude.
//! Of layers too large to draw, only the first and the last neurons are shown, with the number of the others.

use chainrule_model::{Layer, Loss, Mlp, ModelError, Scalar, Workspace};

use crate::graph::Rows;
use crate::graph::cut::Cuts;
use crate::graph::operations::title;

/// Up to this many neurons, all are drawn: a page has room for about 16 rows of circles.
pub const ALL_DRAWN: usize = 16;
/// With more neurons, this many are drawn at each end.
pub const END_DRAWN: usize = 3;

/// What an edge shows.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::{Neurons, Rows, Shows};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(2).dense(3).relu().dense(2).build()?;
/// let rows = Rows { x: MatRef::new(&[0.5, 1.0], 1, 2), targets: TargetsRef::Classes(&[0]) };
/// let graph = Neurons::with_rows(&mlp, Loss::CrossEntropy, rows, Shows::Gradients)?;
/// assert!(graph.shows == Shows::Gradients && graph.loss.is_some());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Shows {
    /// The weight.
    #[default]
    Weights,
    /// The gradient of the loss by the weight.
    Gradients,
}

/// A column of neurons.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::Neurons;
/// use chainrule::{Loss, Mlp};
///
/// let mlp = Mlp::builder(100).dense(3).relu().dense(2).build()?;
/// let input = &Neurons::new(&mlp, Loss::CrossEntropy).columns[0];
/// assert_eq!((input.width, input.drawn.len(), input.elided()), (100, 6, 94));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// `input`, or `dense(784, 16) relu`.
    pub name: String,
    /// The number of neurons.
    pub width: usize,
    /// The indices of the neurons that are drawn, counted from 0.
    pub drawn: Vec<usize>,
    /// The output of each drawn neuron, if there was a single row.
    pub values: Vec<f64>,
}

impl Column {
    /// The number of neurons that are not drawn.
    pub fn elided(&self) -> usize {
        self.width - self.drawn.len()
    }
}

/// The edges between two columns.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::Neurons;
/// use chainrule::{Init, Loss, Mlp};
///
/// let mlp = Mlp::builder(2).dense(3).init(Init::Zeros).build()?;
/// let bundle = &Neurons::new(&mlp, Loss::CrossEntropy).bundles[0];
/// assert_eq!((bundle.edges.len(), bundle.norm), (2 * 3, 0.0));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// The values of the drawn edges, (drawn inputs, drawn outputs), row-major.
    pub edges: Vec<f64>,
    /// The largest absolute value among them.
    pub largest: f64,
    /// Euclidean norm of all edges, drawn or not.
    pub norm: f64,
}

/// The graph of neurons.
#[derive(Debug, Clone, PartialEq)]
pub struct Neurons {
    /// `2-4-2 relu, cross-entropy`.
    pub title: String,
    /// What the edges show.
    pub shows: Shows,
    /// The input, then the outputs of each dense layer after its activation.
    pub columns: Vec<Column>,
    /// The edges between neighbouring columns: one bundle fewer than columns.
    pub bundles: Vec<Bundle>,
    /// The mean loss, if rows were given.
    pub loss: Option<f64>,
    /// The number of rows that the values are from.
    pub rows: Option<usize>,
}

impl Neurons {
    /// The neurons and the weights between them.
    ///
    /// ```
    /// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
    /// use chainrule::graph::Neurons;
    /// use chainrule::{Loss, Mlp};
    ///
    /// let mlp = Mlp::builder(784).dense(16).relu().dense(10).build()?;
    /// let graph = Neurons::new(&mlp, Loss::CrossEntropy);
    /// assert_eq!((graph.columns[0].drawn.len(), graph.columns[0].elided()), (6, 778));
    /// assert!(graph.to_svg(Default::default()).contains("778 more"));
    /// # Ok::<(), chainrule_model::ModelError>(())
    /// ```
    pub fn new<T: Scalar>(mlp: &Mlp<T>, loss: Loss) -> Self {
        build(mlp, loss, Shows::Weights, mlp.params())
    }

    /// As [`Neurons::new`], for these rows: edges show `shows`, and with a single row each neuron shows its value.
    ///
    /// # Errors
    /// As [`Mlp::forward`] and [`Mlp::backward`].
    pub fn with_rows<T: Scalar>(mlp: &Mlp<T>, loss: Loss, rows: Rows<'_, T>, shows: Shows) -> Result<Self, ModelError> {
        let mut workspace = Workspace::try_new(mlp, rows.count())?;
        mlp.forward(rows.x, &mut workspace)?;
        let value = mlp.backward(rows.x, rows.targets, loss, &mut workspace)?;
        let numbers = if shows == Shows::Weights { mlp.params() } else { workspace.gradients() };
        let mut graph = build(mlp, loss, shows, numbers);
        (graph.loss, graph.rows) = (Some(value), Some(rows.count()));
        if rows.count() == 1 {
            let cuts = Cuts::new(mlp, loss, rows)?;
            let mut last = ends(mlp);
            last.insert(0, leading(mlp));
            for (column, cut) in graph.columns.iter_mut().zip(last) {
                column.values = column.drawn.iter().map(|&unit| cuts.values[cut][unit].to_f64()).collect();
            }
        }
        Ok(graph)
    }
}

fn is_dense(layer: &Layer) -> bool {
    matches!(layer, Layer::Dense { .. })
}

/// The modules before the first dense layer.
fn leading<T: Scalar>(mlp: &Mlp<T>) -> usize {
    mlp.layers().iter().take_while(|layer| !is_dense(layer)).count()
}

/// For each dense layer, the cut after it and the modules that follow it.
fn ends<T: Scalar>(mlp: &Mlp<T>) -> Vec<usize> {
    let mut starts: Vec<usize> = mlp.dense_layers().map(|layer| layer.module).skip(1).collect();
    starts.push(mlp.layers().len());
    starts
}

fn build<T: Scalar>(mlp: &Mlp<T>, loss: Loss, shows: Shows, numbers: &[T]) -> Neurons {
    let name = |modules: &[Layer]| modules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let before = name(&mlp.layers()[..leading(mlp)]);
    let input = format!("input {before}").trim_end().to_owned();
    let mut columns = vec![column(input, mlp.inputs())];
    let mut bundles = Vec::new();
    for (layer, end) in mlp.dense_layers().zip(ends(mlp)) {
        let outputs = layer.b.len();
        let next = column(name(&mlp.layers()[layer.module..end]), outputs);
        let w = &numbers[layer.params.start..layer.params.end - outputs];
        let drawn = columns.last().map_or(&[][..], |column| &column.drawn);
        let edge = |i: &usize| next.drawn.iter().map(|j| w[i * outputs + j].to_f64()).collect::<Vec<_>>();
        let edges: Vec<f64> = drawn.iter().flat_map(edge).collect();
        let largest = edges.iter().copied().map(f64::abs).fold(0.0, f64::max);
        let norm = w.iter().map(|w| w.to_f64().powi(2)).sum::<f64>().sqrt();
        bundles.push(Bundle { edges, largest, norm });
        columns.push(next);
    }
    Neurons { title: title(mlp, loss), shows, columns, bundles, loss: None, rows: None }
}

fn column(name: String, width: usize) -> Column {
    let drawn = match width {
        0..=ALL_DRAWN => (0..width).collect(),
        _ => (0..END_DRAWN).chain(width - END_DRAWN..width).collect(),
    };
    Column { name, width, drawn, values: Vec::new() }
}
