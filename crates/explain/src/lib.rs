//! Text and pictures of the numbers of a model. This crate has no arithmetic of its own: it shows what
//! `chainrule-model` computes.
//!
//! Examples import from `chainrule`, the crate that applications link; with this crate alone, import from
//! `chainrule_explain` and `chainrule_model`.
//!
//! The feature `png`, off by default, also draws graphs as PNG; it adds a rasteriser and uses the font in `data/`.

#![forbid(unsafe_code)]
// docs.rs says beside each item which feature it needs; that takes a nightly rustdoc.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod doctor;
pub mod graph;
pub mod page;
mod table;
pub mod trace;

pub use table::layer_table;

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
