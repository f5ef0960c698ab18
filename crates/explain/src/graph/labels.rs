//! What stands at the ends of a graph of neurons: what inputs and outputs are called, and what is known of a row.

/// The names of inputs and outputs, and what is said of a row. All of it is optional; neurons without a name keep their number.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::{Labels, Neurons};
/// use chainrule::{Loss, Mlp};
///
/// let mlp = Mlp::builder(2).dense(3).relu().dense(2).build()?;
/// let mut labels = Labels::default();
/// labels.inputs = vec!["length".to_owned(), "width".to_owned()];
/// labels.outputs = vec!["setosa".to_owned(), "virginica".to_owned()];
/// let graph = Neurons::new(&mlp, Loss::CrossEntropy).labelled(&mlp, &labels);
/// assert!(graph.to_dot().contains("virginica"));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Labels {
    /// What each input is called, (inputs).
    pub inputs: Vec<String>,
    /// What the row holds at each input, (inputs).
    pub input_notes: Vec<String>,
    /// What each output is called, (outputs).
    pub outputs: Vec<String>,
    /// What is said of each output for the row, (outputs): its probability, whether it is the target.
    pub output_notes: Vec<String>,
    /// What is said of the row as a whole: its target and its answer.
    pub facts: Vec<String>,
    /// Where the inputs are the pixels of an image: the pixels of one of its rows. The weights of each neuron of the first layer
    /// are then drawn as an image.
    pub image_width: Option<usize>,
    /// The row as an image, (inputs).
    pub image: Vec<f64>,
}
