//! Text and pictures from the numbers of a model. Nothing is computed here by a way of its own: what is shown is what
//! `chainrule-model` holds.
//!
//! Examples import from `chainrule`, the crate that applications link; with this crate alone write `chainrule_explain` and
//! `chainrule_model`.
//!
//! The feature `png`, off by default, draws graphs as pixels too; it brings a rasteriser and reads the font in `data/`.

#![forbid(unsafe_code)]
// docs.rs says beside each item which feature it needs; that takes a nightly rustdoc.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod doctor;
pub mod graph;
mod table;
pub mod trace;

pub use table::layer_table;

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
