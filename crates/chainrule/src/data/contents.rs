//! What a file may hold: columns, or images.

use std::io::Read;

use super::features::Features;
use super::table::Table;

/// Bytes to numbers from 0 to 1.
pub(crate) const BYTE: f64 = 1.0 / 255.0;

/// Images whose pixels are bytes, or small whole numbers.
#[derive(Debug, Clone)]
pub(crate) struct Bytes {
    pub(crate) features: Features<f64>,
    /// (rows), of a source that has its own.
    pub(crate) labels: Option<Vec<u32>>,
    /// What brings them to 0..=1.
    pub(crate) factor: f64,
}

/// What a file holds.
pub(crate) enum Contents {
    Table(Table),
    Bytes(Bytes),
}

/// The bytes of a compressed file, inflated.
pub(crate) type Inflated = Box<dyn Read>;
