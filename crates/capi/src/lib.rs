//! chainrule for C and C++: `libchainrule` and `chainrule.h`.
//!
//! The header is the manual; cbindgen writes it from the comments of [`border`] and [`types`]. What C gives is turned into
//! slices and texts there, in [`border`], which alone may be `unsafe`; what is computed is the library's. A handle is a number
//! that [`handles`] knows, no address: one that was freed, or that never was a handle, is refused and never followed.
//! [`guard`] catches panics: none crosses the border.

#![deny(unsafe_code)]

mod border;
mod convert;
mod data;
mod guard;
mod handles;
mod held;
mod options;
mod predict;
mod status;
mod step_trainer;
mod train;
mod types;
