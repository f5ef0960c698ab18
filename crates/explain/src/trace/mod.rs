//! A training step with all its numbers: what it comes to, the inputs, then each formula of the forward pass, the loss, the backward pass
//! and the update, with its result.
//!
//! [`trace`] takes the step with the passes of `chainrule-model` that training uses, and records their numbers.
//! [`to_text`] and [`to_markdown`] print the record.
//!
//! ```
//! # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
//! use chainrule::trace::{TraceRequest, TextStyle, to_text, trace};
//! use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef};
//!
//! let mut mlp = Mlp::builder(2).dense(1).build_as::<f64>()?;
//! mlp.params_mut().copy_from_slice(&[0.5, -1.0, 0.25]);
//! let (x, t) = ([1.0, 2.0], [1.0]);
//! let request = TraceRequest {
//!     targets: Some(TargetsRef::Values(MatRef::new(&t, 1, 1))),
//!     loss: Loss::HalfMse,
//!     update: Optimizer::Sgd { lr: 0.1 }.into(),
//!     ..TraceRequest::forward(MatRef::new(&x, 1, 2))
//! };
//! let trace = trace(&mut mlp, &request)?;
//! let dw = trace.steps[0].quantity("backward", "dL/dW1").unwrap();
//! assert_eq!(dw.equation(), "dL/dW1 = X^T dL/dZ1");
//! assert_eq!(dw.value.values(), [-2.25, -4.5]);
//! assert!(to_text(&trace, &TextStyle::default()).contains("W1 <- W1 - lr * dL/dW1"));
//! # Ok::<(), chainrule_model::ModelError>(())
//! ```

mod backward;
mod equation;
mod formula;
mod forward;
mod grid;
mod loss;
mod markdown;
mod matrix;
mod norm;
mod number;
mod parameters;
mod quantity;
mod record;
mod request;
mod rules;
mod run;
mod summary;
mod text;
mod update;
mod words;

pub use formula::{Formula, Name, Term};
pub use markdown::{MarkdownStyle, to_markdown};
pub use matrix::Matrix;
pub use number::significant;
pub use quantity::Quantity;
pub use record::{RowWords, Section, Step, Trace};
pub use request::TraceRequest;
pub use run::trace;
pub use summary::{RowSummary, Summary};
pub use text::{TextStyle, to_text};
