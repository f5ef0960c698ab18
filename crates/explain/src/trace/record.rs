//! What was written down: a trace, its steps, and their sections.

use chainrule_model::Loss;
use chainrule_model::optim::Update;

use super::Quantity;

/// What was written down.
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
    /// What its author remarks.
    pub notes: String,
    /// The type of the numbers: `f32`, `f64`.
    pub element: &'static str,
    /// The kernel that computed.
    pub kernel: &'static str,
    /// Features that go in.
    pub inputs: usize,
    /// The modules, as [`chainrule_model::Layer`] prints them.
    pub layers: Vec<String>,
    /// The loss, where there are targets.
    pub loss: Option<Loss>,
    /// How the parameters moved, where they did.
    pub update: Option<Update>,
    /// The rows, and what they should give.
    pub given: Vec<Quantity>,
    /// The steps that were to be shown; the forward pass alone where nothing was learned.
    pub steps: Vec<Step>,
    /// The loss before each step and after the last; of a network that learned nothing, its loss.
    pub losses: Vec<f64>,
}

impl Trace {
    /// How many steps were taken.
    pub fn steps_taken(&self) -> usize {
        self.losses.len().saturating_sub(1)
    }

    /// One of the things given, by its name.
    pub fn given(&self, name: &str) -> Option<&Quantity> {
        self.given.iter().find(|quantity| quantity.name.text == name)
    }
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

/// What belongs together.
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
