//! The doctor: looks at a network, some rows and, if it is told, how the network is trained, and says what is wrong, with
//! the number that shows it, what it means, and what to do.
//!
//! ```
//! # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
//! use chainrule::doctor::{Examination, Kind, examine};
//! use chainrule::graph::Rows;
//! use chainrule::{Loss, MatRef, Mlp, TargetsRef};
//!
//! let mlp = Mlp::builder(2).dense(8).relu().dense(2).build()?;
//! let x = [0.0, 0.0, 0.0, 255.0, 255.0, 0.0, 255.0, 255.0]; // bytes as they come
//! let rows = Rows { x: MatRef::new(&x, 4, 2), targets: TargetsRef::Classes(&[0, 1, 1, 0]) };
//! let findings = examine(&Examination::new(&mlp, rows, Loss::CrossEntropy))?;
//! assert!(findings.iter().any(|finding| matches!(finding.kind, Kind::UnscaledFeatures { .. })));
//! # Ok::<(), chainrule_model::ModelError>(())
//! ```
//!
//! An examination costs a few passes over its rows and changes nothing. A thousand rows are plenty; with fewer than
//! [`limits::LEAST_ROWS`] nothing is said of units and columns.

mod advice;
mod data;
mod finding;
pub mod limits;
mod network;
mod vitals;

use chainrule_model::optim::Update;
use chainrule_model::{Loss, Mlp, ModelError, Scalar};

use crate::graph::Rows;

pub use finding::{Finding, Kind};
pub use vitals::{LayerVitals, Vitals};

/// What is examined.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::doctor::{Examination, examine};
/// use chainrule::graph::Rows;
/// use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef};
///
/// let mlp = Mlp::builder(1).dense(2).build()?;
/// let rows = Rows { x: MatRef::new(&[0.5, 1.0], 2, 1), targets: TargetsRef::Classes(&[0, 1]) };
/// // Told how the network is trained, the doctor also looks at the step it would take.
/// let update = Some(Optimizer::Sgd { lr: 0.1 }.into());
/// let case = Examination { update, ..Examination::new(&mlp, rows, Loss::CrossEntropy) };
/// examine(&case)?;
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Examination<'a, T: Scalar> {
    /// The network.
    pub mlp: &'a Mlp<T>,
    /// Rows of what it learns from, preprocessed.
    pub rows: Rows<'a, T>,
    /// What training makes small.
    pub loss: Loss,
    /// How it is trained; without it nothing is said of steps.
    pub update: Option<Update>,
    /// How many rows each class has in all of the data; without it they are counted among `rows`.
    pub class_counts: Option<&'a [usize]>,
    /// The mean loss of each epoch so far.
    pub losses: &'a [f64],
    /// Whether it has been trained: before that, a loss at chance level is as it should be.
    pub trained: bool,
}

impl<'a, T: Scalar> Examination<'a, T> {
    /// Of a trained network of which nothing more is known.
    pub fn new(mlp: &'a Mlp<T>, rows: Rows<'a, T>, loss: Loss) -> Self {
        Examination { mlp, rows, loss, update: None, class_counts: None, losses: &[], trained: true }
    }
}

/// Everything that is wrong, in the order in which it is best mended: the data, the network, the training.
///
/// # Errors
/// As [`Mlp::forward`] and [`Mlp::backward`].
pub fn examine<T: Scalar>(case: &Examination<'_, T>) -> Result<Vec<Finding>, ModelError> {
    Ok(judge(case, &Vitals::measure(case)?))
}

/// As [`examine`], of what has been measured already.
pub fn judge<T: Scalar>(case: &Examination<'_, T>, vitals: &Vitals) -> Vec<Finding> {
    let mut found = Vec::new();
    data::examine(case, &mut found);
    if network::not_finite(vitals, &mut found) {
        return found;
    }
    network::units(vitals, case.rows.count(), &mut found);
    network::gradients(vitals, &mut found);
    network::steps(case, vitals, &mut found);
    if case.trained {
        network::chance(vitals, case.losses, &mut found);
    }
    found
}
