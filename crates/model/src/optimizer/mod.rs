//! The optimisers and their settings.
//!
//! `kind.rs` lists the optimisers and `setting.rs` the settings. The options of the command are made from [`SETTINGS`] and
//! [`OPTIMIZER_NAMES`].

mod by_name;
mod display;
pub(crate) mod kind;
pub(crate) mod setting;
mod step;
mod text;

pub use kind::{OPTIMIZER_NAMES, Optimizer};
pub use setting::{SETTINGS, Setting, SettingRange};
