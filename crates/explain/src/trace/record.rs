//! The record of a trace: its steps and their sections.

use chainrule_model::Loss;
use chainrule_model::optim::Update;

use super::Quantity;

/// The record of a trace.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(3).relu().dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// assert_eq!((trace.element, trace.inputs, trace.layers.len()), ("f32", 2, 3));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The title; empty unless its author gives one.
    pub title: String,
    /// The author's notes.
    pub notes: String,
    /// The type of the numbers: `f32`, `f64`.
    pub element: &'static str,
    /// The kernel that computed.
    pub kernel: &'static str,
    /// The number of inputs of the network.
    pub inputs: usize,
    /// The modules, as [`chainrule_model::Layer`] prints them.
    pub layers: Vec<String>,
    /// The loss, if there are targets.
    pub loss: Option<Loss>,
    /// The update, if a step was taken.
    pub update: Option<Update>,
    /// The rows and their targets.
    pub given: Vec<Quantity>,
    /// The steps to be shown; without a training step, only a forward pass.
    pub steps: Vec<Step>,
    /// The loss before each step and after the last; without a training step, the loss.
    pub losses: Vec<f64>,
    /// Target and answer of each row in words; empty where numbers say it.
    pub words: Vec<RowWords>,
    /// What the first row is called, counted from 1.
    pub first_row: usize,
}

impl Trace {
    /// The number of steps taken.
    pub fn steps_taken(&self) -> usize {
        self.losses.len().saturating_sub(1)
    }

    /// One of the given quantities, by name.
    pub fn given(&self, name: &str) -> Option<&Quantity> {
        self.given.iter().find(|quantity| quantity.name.text == name)
    }
}

/// Target and answer of a row as people say them: a class by its name, a value in its unit.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{RowWords, TextStyle, TraceRequest, to_text, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let mut trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// trace.words = vec![RowWords { target: Some("250 EUR".to_owned()), answer: "231 EUR".to_owned() }];
/// assert!(to_text(&trace, &TextStyle::default()).contains("row 1: target 250 EUR, answer 231 EUR"));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowWords {
    /// What it should have been, if that is known.
    pub target: Option<String>,
    /// What the model answers, in evaluation mode.
    pub answer: String,
}

/// One step.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// let step = &trace.steps[0];
/// assert!(step.number == 1 && step.quantity("forward", "Z1").is_some());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Counted from 1.
    pub number: usize,
    /// In the order in which they are computed.
    pub sections: Vec<Section>,
}

impl Step {
    /// A quantity by the title of its section and its name.
    pub fn quantity(&self, section: &str, name: &str) -> Option<&Quantity> {
        let section = self.sections.iter().find(|found| found.title == section)?;
        section.quantities.iter().find(|quantity| quantity.name.text == name)
    }
}

/// Quantities that belong together.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// for section in &trace.steps[0].sections {
///     println!("{}: {} quantities", section.title, section.quantities.len());
/// }
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// `parameters`, `forward`, `loss`, `backward` or `update`.
    pub title: &'static str,
    /// In the order in which they are computed.
    pub quantities: Vec<Quantity>,
}
