//! A training step with every number in it: what the network was given, what each formula of the forward pass, the
//! loss, the backward pass and the update says, and what came out.
//!
//! [`trace`] takes the step with `chainrule-model`'s own passes, those that train, and writes down what they hold.
//! [`to_text`] and [`to_markdown`] show it to people.
//!
//! ```
//! # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
//! use chainrule::trace::{Lesson, TextStyle, to_text, trace};
//! use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef};
//!
//! let mut mlp = Mlp::builder(2).dense(1).build_as::<f64>()?;
//! mlp.params_mut().copy_from_slice(&[0.5, -1.0, 0.25]);
//! let (x, t) = ([1.0, 2.0], [1.0]);
//! let lesson = Lesson {
//!     targets: Some(TargetsRef::Values(MatRef::new(&t, 1, 1))),
//!     loss: Loss::HalfMse,
//!     update: Optimizer::Sgd { lr: 0.1 }.into(),
//!     ..Lesson::forward(MatRef::new(&x, 1, 2))
//! };
//! let trace = trace(&mut mlp, &lesson)?;
//! let dw = trace.steps[0].quantity("backward", "dL/dW1").unwrap();
//! assert_eq!(dw.equation(), "dL/dW1 = X^T dL/dZ1");
//! assert_eq!(dw.value.values(), [-2.25, -4.5]);
//! assert!(to_text(&trace, &TextStyle::default()).contains("W1 <- W1 - lr * dL/dW1"));
//! # Ok::<(), chainrule_model::ModelError>(())
//! ```

mod answers;
mod backward;
mod equation;
mod formula;
mod forward;
mod grid;
mod markdown;
mod matrix;
mod norm;
mod number;
mod quantity;
mod rules;
mod run;
mod text;
mod update;

use std::ops::RangeInclusive;

use chainrule_model::optim::Update;
use chainrule_model::{Loss, MatRef, Optimizer, Scalar, TargetsRef};

pub use formula::{Formula, Name, Term};
pub use markdown::{MarkdownStyle, to_markdown};
pub use matrix::Matrix;
pub use number::significant;
pub use quantity::Quantity;
pub use run::trace;
pub use text::{TextStyle, to_text};

/// What is traced: rows, what they should give, and how the network learns from that.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{Lesson, trace};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mut mlp = Mlp::builder(2).dense(2).build()?;
/// let x = MatRef::new(&[1.0, 2.0], 1, 2);
/// let lesson = Lesson { targets: Some(TargetsRef::Classes(&[1])), loss: Loss::CrossEntropy, steps: 3, ..Lesson::forward(x) };
/// let trace = trace(&mut mlp, &lesson)?;
/// assert_eq!((trace.steps_taken(), trace.steps.len()), (3, 1)); // the first is written down
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Lesson<'a, T: Scalar> {
    /// (batch, inputs).
    pub x: MatRef<'a, T>,
    /// What the output should be. Without, there is a forward pass and nothing else.
    pub targets: Option<TargetsRef<'a, T>>,
    /// What is made small.
    pub loss: Loss,
    /// How the parameters move.
    pub update: Update,
    /// How many steps, all on the same rows. With 0 the trace ends with the loss.
    pub steps: usize,
    /// Which steps are written down, counted from 1; of the others only the loss is.
    pub shown: RangeInclusive<usize>,
}

impl<'a, T: Scalar> Lesson<'a, T> {
    /// A forward pass; with targets, one step of plain gradient descent by cross-entropy.
    pub fn forward(x: MatRef<'a, T>) -> Self {
        let update = Optimizer::Sgd { lr: 0.1 }.into();
        Lesson { x, targets: None, loss: Loss::default(), update, steps: 1, shown: 1..=1 }
    }
}

/// What was written down.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{Lesson, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(3).relu().dense(1).build()?;
/// let trace = trace(&mut mlp, &Lesson::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// assert_eq!((trace.element, trace.inputs, trace.layers.len()), ("f32", 2, 3));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// What the lesson is called; empty unless its author says.
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
/// use chainrule::trace::{Lesson, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &Lesson::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
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
/// use chainrule::trace::{Lesson, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &Lesson::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
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

/// How formulas are to be read.
const READING: &str = "Side by side is the product of matrices, * multiplies number by number, ^T transposes.";

/// `dense(2, 1), relu; half-mse; sgd with learning rate 0.1; f64`.
fn summary(trace: &Trace) -> String {
    let mut parts = vec![trace.layers.join(", ")];
    parts.extend(trace.loss.map(|loss| loss.to_string()));
    if let Some(Update { clip, optimizer, decay }) = trace.update {
        parts.extend([optimizer.to_string()]);
        parts.extend(decay.words());
        parts.extend(clip.map(|clip| clip.to_string()));
    }
    parts.push(trace.element.to_owned());
    parts.join("; ")
}

/// Which of so many losses are listed: all, or the first and the last with a gap between them.
fn losses_shown(count: usize, limit: usize) -> Vec<Option<usize>> {
    grid::shown(count, 2 * limit)
}
