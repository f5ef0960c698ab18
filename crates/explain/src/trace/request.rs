//! What a trace is made of: rows, what they should give, and how the network learns from that.

use std::ops::RangeInclusive;

use chainrule_model::optim::Update;
use chainrule_model::{Loss, MatRef, Optimizer, Scalar, TargetsRef};

/// What is traced: rows, what they should give, and how the network learns from that.
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

impl<'a, T: Scalar> TraceRequest<'a, T> {
    /// A forward pass; with targets, one step of plain gradient descent by cross-entropy.
    pub fn forward(x: MatRef<'a, T>) -> Self {
        let update = Optimizer::Sgd { lr: 0.1 }.into();
        TraceRequest { x, targets: None, loss: Loss::default(), update, steps: 1, shown: 1..=1 }
    }
}
