//! Why a model answers as it does: what each column adds to one answer, and what each is worth over many rows.

mod attribution;
mod columns;
mod importance;
mod looked_at;
mod picture;

pub use attribution::{Attribution, AttributionRequest, Baseline, ColumnAttribution, attribute};
pub(crate) use columns::columns;
pub(crate) use importance::SHUFFLES;
pub use importance::{Importance, permutation_importance};
pub(crate) use looked_at::{MOST_ROWS, is_images, spread};
