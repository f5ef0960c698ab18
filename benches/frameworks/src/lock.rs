//! The versions of the dependencies of this build.

/// What cargo pinned for this workspace, which is not the report's.
pub(crate) const LOCK: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"));
