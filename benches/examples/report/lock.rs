//! The versions that this build is made of.

/// What cargo pinned for this workspace.
pub(crate) const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
