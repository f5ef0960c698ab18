//! How narrow weights lie: panels of columns, each with all steps of k, one after the other.
//!
//! ```text
//!   a unit      2 * LANES columns of one step
//!   a panel     4 units side by side, step after step; what is left at the end goes into panels of 2 and 1
//! ```
//!
//! One row takes a panel with eight registers of sums, as many as hide the latency of two multiply-adds a cycle, and reads all
//! panels as one stream. Columns past the last are 0.

use crate::matrix::aligned::LINE;
use crate::narrow::format::NarrowFormat;

/// Bytes before the panels, of the same memory: [`crate::simd::widen::Widen::int8_fours`] reads some. A line, as the panels begin one.
pub(crate) const BEFORE: usize = LINE;

/// Units of a panel, at most.
pub(crate) const MAX_UNITS: usize = 4;

/// Panels of one (k, n), to be read.
#[derive(Clone, Copy)]
pub(crate) struct NarrowPanels<T> {
    pub(crate) format: NarrowFormat,
    pub(crate) k: usize,
    /// Units across.
    pub(crate) units: usize,
    /// All panels, behind [`BEFORE`] bytes of the same memory.
    pub(crate) codes: *const u8,
    /// A scale for each column of all units; of integers only.
    pub(crate) scales: *const T,
}

/// The number of units in the panel that begins at unit `first`; `units` is the number in the whole row.
#[inline(always)]
pub(crate) fn panel_units(first: usize, units: usize) -> usize {
    match units - first {
        0 | 1 => 1,
        2 | 3 => 2,
        _ => MAX_UNITS,
    }
}

/// Where a weight lies, as an element of the panels.
pub(crate) fn position(
    format: NarrowFormat,
    (k, units, lanes): (usize, usize, usize),
    (step, column): (usize, usize),
) -> usize {
    let unit = column / (2 * lanes);
    // All panels but the last two are full.
    let mut first = unit / MAX_UNITS * MAX_UNITS;
    while first + panel_units(first, units) <= unit {
        first += panel_units(first, units);
    }
    let (across, within) = (panel_units(first, units), unit - first);
    let (register, lane) = (column / lanes % 2, column % lanes);
    let place = match format {
        // In pairs: `Widen::bf16`.
        NarrowFormat::Bf16 => within * 2 * lanes + 2 * lane + register,
        // In fours, of two units: `Widen::int8_fours`.
        NarrowFormat::Int8 if across > 1 => within / 2 * 4 * lanes + 4 * lane + within % 2 * 2 + register,
        NarrowFormat::F16 | NarrowFormat::Int8 => within * 2 * lanes + register * lanes + lane,
    };
    (first * k + step * across) * 2 * lanes + place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_has_a_place_of_its_own() {
        for format in [NarrowFormat::Bf16, NarrowFormat::F16, NarrowFormat::Int8] {
            for units in 1..12 {
                for lanes in [4, 8] {
                    let (k, n) = (3, 2 * lanes * units);
                    let mut places: Vec<usize> =
                        (0..k * n).map(|at| position(format, (k, units, lanes), (at / n, at % n))).collect();
                    places.sort_unstable();
                    assert!(places.iter().copied().eq(0..k * n), "{format} {units} units of {lanes} lanes");
                }
            }
        }
    }
}
