//! Checkpoints: files from which a run goes on as if it had not been interrupted, to the last bit.
//!
//! `settings` says when and where they are written, `file` what is in one, `run_state` what a run adds to a network and its
//! optimiser, `identity` by what a run is known again, `folder` which files there are, and `keeper` writes them while a run trains;
//! `memory` makes bytes of a network, and a network of them.

mod file;
mod folder;
mod identity;
mod keeper;
mod memory;
mod run_state;
mod settings;

pub use file::Checkpoint;
pub(super) use file::{RunContents, TrainingState};
pub use folder::Newest;
pub(super) use identity::Identity;
pub(super) use keeper::{Keeper, Position};
pub(super) use run_state::{BestRecord, RunRecord, SumsRecord};
pub use settings::{Checkpoints, Every};
