//! The doctor examines a network on some rows, optionally with its optimiser, and reports problems, each with the
//! number that shows it, what it means, and what to do.
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
//! An examination costs a few passes over its rows and changes nothing. A thousand rows are enough; with fewer than
//! [`limits::LEAST_ROWS`], units and columns are not checked.

mod advice;
pub mod columns;
mod curves;
mod data;
mod diagnostics;
mod examination;
mod finding;
mod kind;
pub mod limits;
mod means;
mod network;
mod scores;
mod seen;
mod targets;

use chainrule_model::{ModelError, Scalar};

pub use diagnostics::{Diagnostics, LayerDiagnostics};
pub use examination::Examination;
pub use finding::Finding;
pub use kind::Kind;

/// All findings, in the order in which they are best fixed: data, network, training.
///
/// # Errors
/// As [`Mlp::forward`](chainrule_model::Mlp::forward) and [`Mlp::backward`](chainrule_model::Mlp::backward).
pub fn examine<T: Scalar>(case: &Examination<'_, T>) -> Result<Vec<Finding>, ModelError> {
    Ok(judge(case, &Diagnostics::measure(case)?))
}

/// As [`examine`], from existing measurements.
pub fn judge<T: Scalar>(case: &Examination<'_, T>, diagnostics: &Diagnostics) -> Vec<Finding> {
    let mut found = Vec::new();
    data::examine(case, &mut found);
    targets::examine(case, diagnostics, &mut found);
    if !network::not_finite(diagnostics, &mut found) {
        network::narrow(diagnostics, &mut found);
        network::units(diagnostics, case.rows.count(), &mut found);
        network::gradients(diagnostics, &mut found);
        network::steps(case, diagnostics, &mut found);
        curves::examine(case, diagnostics, &mut found);
    }
    advice::advise(case, &mut found);
    found
}
