//! What of each example stays in memory, whatever is stored elsewhere.

use super::examples::{Examples, Inputs};
use super::table::Kept;
use super::target_columns::TargetData;
use crate::Result;

/// Bytes of each row in memory while rows are split and made ready: its place in a part, and in an order.
const PLACES: usize = 12;

impl Examples {
    /// Refuses more rows than a bound of memory has room for.
    pub(super) fn within_memory(self) -> Result<Self> {
        if let Some(memory) = &self.memory {
            let target = match &self.target.data {
                TargetData::Classes { .. } => 8,
                TargetData::Values(values) => 8 * values.cols(),
            };
            let kept = match &self.x {
                Inputs::Table { rows: Kept::Some(_), .. } => 4,
                _ => 0,
            };
            let group = if self.group.is_some() { 4 } else { 0 };
            let weight = if self.weights.is_some() { 16 } else { 0 };
            memory.check(&self.origin, self.rows(), PLACES + target + kept + group + weight)?;
        }
        Ok(self)
    }
}
