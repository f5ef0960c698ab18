//! The input of a trace: rows, targets, loss and update.

use std::ops::RangeInclusive;

use chainrule_model::optim::Update;
use chainrule_model::{Loss, MatRef, Optimizer, Scalar, TargetsRef};

/// What to trace: rows, targets, loss, update and number of steps.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mut mlp = Mlp::builder(2).dense(2).build()?;
/// let x = MatRef::new(&[1.0, 2.0], 1, 2);
/// let request = TraceRequest { targets: Some(TargetsRef::Classes(&[1])), loss: Loss::CrossEntropy, steps: 3, ..TraceRequest::forward(x) };
/// let trace = trace(&mut mlp, &request)?;
/// assert_eq!((trace.steps_taken(), trace.steps.len()), (3, 1)); // the first is written down
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TraceRequest<'a, T: Scalar> {
    /// The rows, (batch, inputs).
    pub x: MatRef<'a, T>,
    /// The targets. Without them, only a forward pass is traced.
    pub targets: Option<TargetsRef<'a, T>>,
    /// The loss.
    pub loss: Loss,
    /// The optimiser with decay and clipping.
    pub update: Update,
    /// The number of steps, all on the same rows. With 0, the trace ends with the loss.
    pub steps: usize,
    /// The steps to record, counted from 1; of the others, only the loss is recorded.
    pub shown: RangeInclusive<usize>,
}

impl<'a, T: Scalar> TraceRequest<'a, T> {
    /// A forward pass; with targets, one step of plain gradient descent on cross-entropy.
    pub fn forward(x: MatRef<'a, T>) -> Self {
        let update = Optimizer::Sgd { lr: 0.1 }.into();
        TraceRequest { x, targets: None, loss: Loss::default(), update, steps: 1, shown: 1..=1 }
    }
}
