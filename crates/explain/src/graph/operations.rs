//! The first view: parameters, operations and values, each with its formulas and shape; with rows, also the norms of
//! its value and of its gradient.

use std::ops::Range;

use chainrule_model::{Layer, Loss, Mlp, ModelError, Scalar, Workspace};

use crate::graph::Rows;
use crate::graph::cut::Cuts;
use crate::graph::formulas::{Formulas, numbered, of_layer, of_loss};

/// The kind of a node.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::{Operations, Role};
/// use chainrule::{Loss, Mlp};
///
/// let mlp = Mlp::builder(2).dense(1).build()?;
/// let graph = Operations::new(&mlp, Loss::Mse);
/// assert_eq!(graph.nodes.iter().filter(|node| node.role == Role::Parameter).count(), 2); // w and b
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Input data: the rows and their targets.
    Given,
    /// A parameter.
    Parameter,
    /// An operation: computes its output from the nodes that point to it.
    Operation,
    /// The output of an operation.
    Value,
}

/// Euclidean norms over all elements (of a matrix: Frobenius).
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::{Operations, Rows};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(2).dense(2).build()?;
/// let rows = Rows { x: MatRef::new(&[3.0, 4.0], 1, 2), targets: TargetsRef::Classes(&[0]) };
/// let graph = Operations::with_rows(&mlp, Loss::CrossEntropy, rows)?;
/// assert!(graph.nodes.iter().filter_map(|node| node.norms).any(|norms| norms.value == 5.0));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norms {
    /// The norm of the value.
    pub value: f64,
    /// The norm of the gradient of the mean loss by the value; `None` if that gradient is not computed.
    pub gradient: Option<f64>,
}

/// A node of the graph.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::Operations;
/// use chainrule::{Loss, Mlp};
///
/// let mlp = Mlp::builder(2).dense(4).build()?;
/// let graph = Operations::new(&mlp, Loss::CrossEntropy);
/// let dense = graph.nodes.iter().find(|node| node.name == "dense(2, 4)").unwrap();
/// assert_eq!((dense.module, dense.forward.as_str()), (Some(0), "Z₁ = X·W₁ + b₁"));
/// assert_eq!(dense.parameters, 2 * 4 + 4);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Node {
    /// `W₁`, `Z₁`, or an operation's name: `dense(784, 16)`.
    pub name: String,
    /// Its kind.
    pub role: Role,
    /// Its index among the network's modules; `None` for the input, the targets and the loss.
    pub module: Option<usize>,
    /// `(n, 16)`; empty for an operation.
    pub shape: String,
    /// The forward formula of an operation; empty for other nodes.
    pub forward: String,
    /// The backward formulas of an operation, one per gradient; empty for other nodes.
    pub backward: Vec<String>,
    /// The learned numbers of a parameter, or of an operation all that it learns; 0 for other nodes.
    pub parameters: usize,
    /// The norms, if rows were given; for the loss, its value.
    pub norms: Option<Norms>,
}

/// The graph of operations. Edges point forward; gradients flow back along the same edges.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Operations {
    /// `2-4-2 relu, cross-entropy`.
    pub title: String,
    /// The nodes, each after all nodes that point to it.
    pub nodes: Vec<Node>,
    /// Edges (from, to), as indices into `nodes`.
    pub edges: Vec<(usize, usize)>,
    /// The number of rows that the norms are from.
    pub rows: Option<usize>,
}

impl Operations {
    /// The graph of a network and its loss, without numbers.
    ///
    /// ```
    /// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
    /// use chainrule::graph::Operations;
    /// use chainrule::{Loss, Mlp};
    ///
    /// let mlp = Mlp::builder(2).dense(4).relu().dense(2).build()?;
    /// let graph = Operations::new(&mlp, Loss::CrossEntropy);
    /// let dense = graph.nodes.iter().find(|node| node.name == "dense(2, 4)").unwrap();
    /// assert_eq!(dense.forward, "Z₁ = X·W₁ + b₁");
    /// assert!(graph.to_mermaid().starts_with("flowchart TD"));
    /// # Ok::<(), chainrule_model::ModelError>(())
    /// ```
    pub fn new<T: Scalar>(mlp: &Mlp<T>, loss: Loss) -> Self {
        build(mlp, loss)
    }

    /// As [`Operations::new`], with all norms for these rows.
    ///
    /// # Errors
    /// As [`Mlp::forward`] and [`Mlp::backward`].
    pub fn with_rows<T: Scalar>(mlp: &Mlp<T>, loss: Loss, rows: Rows<'_, T>) -> Result<Self, ModelError> {
        let mut graph = build(mlp, loss);
        let mut workspace = Workspace::try_new(mlp, rows.count())?;
        mlp.forward(rows.x, &mut workspace)?;
        let value = mlp.backward(rows.x, rows.targets, loss, &mut workspace)?;
        let cuts = Cuts::new(mlp, loss, rows)?;
        let grads = workspace.gradients();
        for node in &mut graph.nodes {
            node.shape = node.shape.replace("(n,", &format!("({},", rows.count()));
            node.norms = match (node.role, node.module) {
                (Role::Given, _) if node.name == "X" => Some(Norms { value: norm(&cuts.values[0]), gradient: None }),
                (Role::Parameter, Some(module)) => parameters(mlp, module).map(|[first, second]| {
                    let range = if node.name.starts_with(['W', 'γ']) { first } else { second };
                    Norms { value: norm(&mlp.params()[range.clone()]), gradient: Some(norm(&grads[range])) }
                }),
                (Role::Value, Some(module)) => Some(Norms {
                    value: norm(&cuts.values[module + 1]),
                    gradient: Some(norm(&cuts.gradients[module + 1])),
                }),
                (Role::Value, None) => Some(Norms { value, gradient: None }),
                _ => None,
            };
        }
        graph.rows = Some(rows.count());
        Ok(graph)
    }

    /// The same without what depends on targets: the loss and its gradients, of rows whose targets are not known.
    #[must_use]
    pub fn without_targets(mut self) -> Self {
        for node in &mut self.nodes {
            let is_loss = node.role == Role::Value && node.module.is_none();
            node.norms = node.norms.filter(|_| !is_loss).map(|norms| Norms { gradient: None, ..norms });
        }
        self
    }
}

impl Operations {
    /// The number of parameters.
    ///
    /// ```
    /// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
    /// use chainrule::graph::Operations;
    /// use chainrule::{Loss, Mlp};
    ///
    /// let graph = Operations::new(&Mlp::builder(784).dense(16).relu().dense(10).build()?, Loss::CrossEntropy);
    /// assert_eq!(graph.parameters(), 784 * 16 + 16 + 16 * 10 + 10);
    /// # Ok::<(), chainrule::ModelError>(())
    /// ```
    pub fn parameters(&self) -> usize {
        self.parameters_of("")
    }

    /// The number of parameters whose names begin so.
    pub(crate) fn parameters_of(&self, letter: &str) -> usize {
        let parameters = self.nodes.iter().filter(|node| node.role == Role::Parameter && node.name.starts_with(letter));
        parameters.map(|node| node.parameters).sum()
    }
}

/// The ranges of a module's w and b, or gamma and beta, in the parameters.
fn parameters<T: Scalar>(mlp: &Mlp<T>, module: usize) -> Option<[Range<usize>; 2]> {
    let dense = mlp.dense_layers().map(|layer| (layer.module, layer.params.end - layer.b.len(), layer.params));
    let norms = mlp.norm_layers().map(|norm| (norm.module, norm.params.end - norm.beta.len(), norm.params));
    let (_, split, range) = dense.chain(norms).find(|(found, ..)| *found == module)?;
    Some([range.start..split, split..range.end])
}

fn build<T: Scalar>(mlp: &Mlp<T>, loss: Loss) -> Operations {
    let mut graph = Operations { title: title(mlp, loss), nodes: Vec::new(), edges: Vec::new(), rows: None };
    let shape = |width: usize| format!("(n, {width})");
    let mut width = mlp.inputs();
    let mut value = graph.add("X", Role::Given, None, shape(width));
    let (mut dense, mut after, mut norms) = (0, 0, 0);
    for (module, layer) in mlp.layers().iter().enumerate() {
        let mut from = vec![value];
        let name = if let Layer::Dense { inputs, outputs } = *layer {
            (dense, after, width) = (dense + 1, 0, outputs);
            let weights =
                graph.add(&numbered("W", dense), Role::Parameter, Some(module), format!("({inputs}, {outputs})"));
            let biases = graph.add(&numbered("b", dense), Role::Parameter, Some(module), format!("({outputs})"));
            (graph.nodes[weights].parameters, graph.nodes[biases].parameters) = (inputs * outputs, outputs);
            from.extend([weights, biases]);
            numbered("Z", dense)
        } else {
            after += 1;
            if let Layer::LayerNorm { width, .. } | Layer::BatchNorm { width, .. } = *layer {
                norms += 1;
                for letter in ["γ", "β"] {
                    let node = graph.add(&numbered(letter, norms), Role::Parameter, Some(module), format!("({width})"));
                    graph.nodes[node].parameters = width;
                    from.push(node);
                }
            }
            // A second module after the same dense layer gets a prime, and so on.
            numbered("A", dense) + &"′".repeat(after - 1)
        };
        let number = if layer.parameters() > 0 && !matches!(layer, Layer::Dense { .. }) { norms } else { dense };
        let mut formulas = of_layer(layer, number, &graph.nodes[value].name, &name);
        if value == 0 {
            // The data are not trained, so no step computes this gradient.
            formulas.backward.retain(|formula| !formula.starts_with("dX"));
        }
        let output = Output { name: &name, module: Some(module), shape: shape(width) };
        value = graph.compute(&layer.to_string(), &from, formulas, output);
    }
    let targets = graph.add("T", Role::Given, None, shape(width));
    let formulas = of_loss(loss, &graph.nodes[value].name, width);
    graph.compute(
        &loss.to_string(),
        &[value, targets],
        formulas,
        Output { name: "L", module: None, shape: "()".to_owned() },
    );
    graph
}

/// The widths, each activation once, and the loss.
pub(crate) fn title<T: Scalar>(mlp: &Mlp<T>, loss: Loss) -> String {
    let mut widths = mlp.inputs().to_string();
    let mut names: Vec<String> = Vec::new();
    for layer in mlp.layers() {
        match layer {
            Layer::Dense { outputs, .. } => widths.push_str(&format!("-{outputs}")),
            other if names.contains(&other.kind()) => {}
            other => names.push(other.kind()),
        }
    }
    names.push(loss.to_string());
    format!("{widths} {}", names.join(", "))
}

/// The output node of an operation.
struct Output<'a> {
    name: &'a str,
    module: Option<usize>,
    shape: String,
}

impl Operations {
    fn add(&mut self, name: &str, role: Role, module: Option<usize>, shape: String) -> usize {
        let (forward, backward) = (String::new(), Vec::new());
        let name = name.to_owned();
        self.nodes.push(Node { name, role, module, shape, forward, backward, parameters: 0, norms: None });
        self.nodes.len() - 1
    }

    /// An operation on `from`, and its output.
    fn compute(&mut self, name: &str, from: &[usize], formulas: Formulas, output: Output<'_>) -> usize {
        let Output { name: output, module, shape } = output;
        let operation = self.add(name, Role::Operation, module, String::new());
        let Formulas { forward, backward } = formulas;
        (self.nodes[operation].forward, self.nodes[operation].backward) = (forward, backward);
        let learned = from.iter().filter(|&&from| self.nodes[from].role == Role::Parameter);
        self.nodes[operation].parameters = learned.map(|&from| self.nodes[from].parameters).sum();
        self.edges.extend(from.iter().map(|&from| (from, operation)));
        let value = self.add(output, Role::Value, module, shape);
        self.edges.push((operation, value));
        value
    }
}

fn norm<T: Scalar>(values: &[T]) -> f64 {
    values.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt()
}
