//! Traces: every number of a training step with its formula, from a worked example or from a model and rows of data.
//!
//! What a trace is and how it is written down is `chainrule-explain`'s; here is where it comes from and its JSON.

#[cfg(feature = "toml")]
mod example;
mod json;
mod model;
mod shown;

pub use chainrule_explain::trace::{
    Formula, MarkdownStyle, Matrix, Name, Quantity, RowSummary, RowWords, Section, Step, Summary, Term, TextStyle,
    Trace, TraceRequest, significant, to_markdown, to_text, trace,
};
#[cfg(feature = "toml")]
pub use example::Example;
pub use json::to_json;
pub use model::trace_model;
pub use shown::Shown;
