//! What is done with a gradient: the rules by which parameters move, and their settings by name.
//!
//! `kind.rs` lists the rules, `setting.rs` what may be set. Command lines are made from [`SETTINGS`] and
//! [`OPTIMIZER_NAMES`].

mod by_name;
mod display;
pub(crate) mod kind;
pub(crate) mod setting;
mod step;

pub use kind::{OPTIMIZER_NAMES, Optimizer};
pub use setting::{SETTINGS, Setting, SettingRange};
