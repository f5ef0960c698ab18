//! The second view: every neuron is a circle, every weight an edge, coloured by its sign and as wide as its magnitude.
//! Of layers too large to draw, only the strongest neurons are shown (`strongest.rs` says which those are), with the number of
//! the others.

use chainrule_model::{Layer, Loss, Mlp, ModelError, Scalar, Workspace};

use crate::graph::Rows;
use crate::graph::cut::Cuts;
use crate::graph::labels::Labels;
use crate::graph::operations::title;
use crate::graph::strongest::{by_activations, by_weights, strongest};

/// Up to this many neurons, all are drawn: a page has room for about 16 rows of circles.
pub const ALL_DRAWN: usize = 16;
/// With more neurons, this many are drawn: the strongest.
pub const STRONGEST_DRAWN: usize = 8;

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
/// assert_eq!((input.width, input.drawn.len(), input.elided()), (100, 8, 92));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// `input`, or `dense(784, 16) relu`.
    pub name: String,
    /// The number of neurons.
    pub width: usize,
    /// The indices of the neurons that are drawn, counted from 0, in order: all, or the strongest.
    pub drawn: Vec<usize>,
    /// The output of each drawn neuron, if there was a single row.
    pub values: Vec<f64>,
    /// What each drawn neuron is called; empty where they have numbers alone.
    pub labels: Vec<String>,
    /// What is said of each drawn neuron for the row; may be empty.
    pub notes: Vec<String>,
    /// The incoming weights of each drawn neuron, (inputs) each, where they are drawn as images.
    pub images: Vec<Vec<f64>>,
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
#[non_exhaustive]
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
    /// What is said of the row as a whole.
    pub facts: Vec<String>,
    /// The pixels of a row of images, where the inputs are one.
    pub image_width: Option<usize>,
    /// The row as an image; may be empty.
    pub image: Vec<f64>,
}

impl Neurons {
    /// The neurons and the weights between them. Of a column of more than [`ALL_DRAWN`] neurons the [`STRONGEST_DRAWN`] strongest
    /// are drawn: those with the largest norm of incoming weights times norm of outgoing weights, of the input with the largest
    /// norm of outgoing weights, of the output with that of incoming ones.
    ///
    /// ```
    /// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
    /// use chainrule::graph::Neurons;
    /// use chainrule::{Loss, Mlp};
    ///
    /// let mlp = Mlp::builder(784).dense(16).relu().dense(10).build()?;
    /// let graph = Neurons::new(&mlp, Loss::CrossEntropy);
    /// assert_eq!((graph.columns[0].drawn.len(), graph.columns[0].elided()), (8, 776));
    /// assert!(graph.to_svg(Default::default()).contains("776 more"));
    /// # Ok::<(), chainrule_model::ModelError>(())
    /// ```
    pub fn new<T: Scalar>(mlp: &Mlp<T>, loss: Loss) -> Self {
        build(mlp, loss, Edges { shows: Shows::Weights, numbers: mlp.params() }, &by_weights(mlp))
    }

    /// As [`Neurons::new`], for these rows: edges show `shows`, and with a single row each neuron shows its value. The strongest
    /// neurons are those with the largest norm of outputs over the rows, |activation| for one, times norm of outgoing weights; of
    /// an output that stands for classes, the largest, and the target of a single row.
    ///
    /// # Errors
    /// As [`Mlp::forward`] and [`Mlp::backward`].
    pub fn with_rows<T: Scalar>(mlp: &Mlp<T>, loss: Loss, rows: Rows<'_, T>, shows: Shows) -> Result<Self, ModelError> {
        let mut workspace = Workspace::try_new(mlp, rows.count())?;
        mlp.forward(rows.x, &mut workspace)?;
        let value = mlp.backward(rows.x, rows.targets, loss, &mut workspace)?;
        let numbers = if shows == Shows::Weights { mlp.params() } else { workspace.gradients() };
        let cuts = Cuts::new(mlp, loss, rows)?;
        let shown: Vec<usize> = std::iter::once(leading(mlp)).chain(ends(mlp)).collect();
        let strengths = by_activations(mlp, loss, rows, &cuts, &shown);
        let mut graph = build(mlp, loss, Edges { shows, numbers }, &strengths);
        (graph.loss, graph.rows) = (Some(value), Some(rows.count()));
        if rows.count() == 1 {
            for (column, cut) in graph.columns.iter_mut().zip(shown) {
                column.values = column.drawn.iter().map(|&unit| cuts.values[cut][unit].to_f64()).collect();
            }
        }
        Ok(graph)
    }

    /// The same without the loss, of rows whose targets are not known.
    #[must_use]
    pub fn without_targets(self) -> Self {
        Neurons { loss: None, ..self }
    }

    /// The same, with names at its ends and what is said of the row. Where the inputs are pixels, neurons of the first layer show
    /// their incoming weights as an image. DOT and Mermaid hold all of that but images.
    #[must_use]
    pub fn labelled<T: Scalar>(mut self, mlp: &Mlp<T>, labels: &Labels) -> Self {
        let last = self.columns.len() - 1;
        let ends = [(0, &labels.inputs, &labels.input_notes), (last, &labels.outputs, &labels.output_notes)];
        for (place, names, notes) in ends {
            let column = &mut self.columns[place];
            let of_drawn = |all: &[String]| match all.len() == column.width {
                true => column.drawn.iter().map(|&unit| all[unit].clone()).collect(),
                false => Vec::new(),
            };
            (column.labels, column.notes) = (of_drawn(names), of_drawn(notes));
        }
        self.facts.clone_from(&labels.facts);
        let first = mlp.dense_layers().next();
        let is_image = |width: &usize| *width > 0 && mlp.inputs().is_multiple_of(*width);
        if let (Some(width), Some(first)) = (labels.image_width.filter(is_image), first) {
            let weights = |unit: &usize| (0..mlp.inputs()).map(|input| first.w.get(input, *unit).to_f64()).collect();
            self.columns[1].images = self.columns[1].drawn.iter().map(weights).collect();
            self.image_width = Some(width);
            self.image = if labels.image.len() == mlp.inputs() { labels.image.clone() } else { Vec::new() };
        }
        self
    }

    /// How the neurons of columns too large to draw were chosen, in words; `None` where all are drawn.
    pub fn chosen(&self) -> Option<String> {
        if self.columns.iter().all(|column| column.elided() == 0) {
            return None;
        }
        let measure = match self.rows {
            None => "norm of weights in × norm of weights out",
            Some(1) => "|activation| × norm of weights out",
            Some(_) => "norm of activations over the rows × norm of weights out",
        };
        Some(format!("of layers above {ALL_DRAWN} neurons the {STRONGEST_DRAWN} strongest: {measure}"))
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

/// What edges show, and the numbers of all of them: weights or gradients.
struct Edges<'a, T> {
    shows: Shows,
    numbers: &'a [T], // (parameters)
}

fn build<T: Scalar>(
    mlp: &Mlp<T>,
    loss: Loss,
    edges: Edges<'_, T>,
    strengths: &[Vec<f64>], // (columns) of (width)
) -> Neurons {
    let Edges { shows, numbers } = edges;
    let name = |modules: &[Layer]| modules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let before = name(&mlp.layers()[..leading(mlp)]);
    let input = format!("input {before}").trim_end().to_owned();
    let mut columns = vec![column(input, &strengths[0])];
    let mut bundles = Vec::new();
    for ((layer, end), strengths) in mlp.dense_layers().zip(ends(mlp)).zip(&strengths[1..]) {
        let outputs = layer.b.len();
        let next = column(name(&mlp.layers()[layer.module..end]), strengths);
        let w = &numbers[layer.params.start..layer.params.end - outputs];
        let drawn = columns.last().map_or(&[][..], |column| &column.drawn);
        let edge = |i: &usize| next.drawn.iter().map(|j| w[i * outputs + j].to_f64()).collect::<Vec<_>>();
        let edges: Vec<f64> = drawn.iter().flat_map(edge).collect();
        let largest = edges.iter().copied().map(f64::abs).fold(0.0, f64::max);
        let norm = w.iter().map(|w| w.to_f64().powi(2)).sum::<f64>().sqrt();
        bundles.push(Bundle { edges, largest, norm });
        columns.push(next);
    }
    let title = title(mlp, loss);
    let (facts, image) = (Vec::new(), Vec::new());
    Neurons { title, shows, columns, bundles, loss: None, rows: None, facts, image_width: None, image }
}

fn column(name: String, strengths: &[f64]) -> Column {
    let width = strengths.len();
    let drawn = strongest(strengths, if width <= ALL_DRAWN { width } else { STRONGEST_DRAWN });
    let (values, labels, notes, images) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Column { name, width, drawn, values, labels, notes, images }
}
