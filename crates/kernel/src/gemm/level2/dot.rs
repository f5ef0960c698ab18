//! One row times columns that are contiguous, as it is: the gradient by the input of a single example, or the only output
//! of a layer. Dot products, each in sixteen chains.
//!
//! ```text
//! chain c:  a[c]*b[c] + a[c + 16]*b[c + 16] + ..      c = 0..16, each in the order of k
//! sum:      c + (c + 8), c + (c + 4), c + (c + 2), c + (c + 1)
//! ```
//!
//! Lanes of a register are then neighbouring steps of one column, and nothing is transposed until there is one register
//! of each: 1.3-2 times as fast as one chain for each element (`skinny.rs`). The sixteen do not hang on the width
//! of a register, so the bits are those of every instruction set, and of any number of columns. Threads change none either:
//! they never take a single row or column of a product that has more (`dense/src/parts.rs`).

use super::row::Row;
use crate::Scalar;
use crate::gemm::block_sizes::DOT_PREFETCH_AHEAD;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;
use crate::sizes::wrapping_bytes;

/// Chains of one element.
const CHAINS: usize = 16;

/// `y <- a * B`.
///
/// # Safety
/// The pointers of `row` cover its shape, `y` its `y_len` of one row; the steps of a and of B are 1 apart.
pub(crate) struct DotSums<'a, T> {
    pub(crate) row: &'a Row<T>,
}

impl<T: Scalar> Op<T> for DotSums<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        let r = self.row;
        r.assert_room::<K::Vector>();
        let y = r.y;
        // SAFETY: the contract of `DotSums`, upheld where it is constructed; y has room (asserted).
        unsafe {
            if const { K::Vector::LANES < CHAINS } || wrapping_bytes::<T>(r.k, r.n) > r.sizes.dot_prefetch_bytes {
                by_lanes::<T, K::Vector, true>(r, y)
            } else {
                by_lanes::<T, K::Vector, false>(r, y)
            }
        }
    }
}

/// Safety: the contract of [`DotSums`], y whole registers; the CPU has the instructions of V.
#[inline(always)]
unsafe fn by_lanes<T: Scalar, V: Simd<T>, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    // SAFETY: the contract of `DotSums`; each arm's REGISTERS * LANES is 16 by the division.
    unsafe {
        match const { CHAINS / V::LANES } {
            1 => columns::<T, V, 1, 8, FETCH>(r, y),
            2 => columns::<T, V, 2, 4, FETCH>(r, y),
            4 => columns::<T, V, 4, 2, FETCH>(r, y),
            _ => columns::<T, V, 8, 1, FETCH>(r, y), // two lanes
        }
    }
}

/// As many columns at a time as a register has lanes: the chains of SIDE of them side by side, each in REGISTERS registers.
///
/// Safety: as [`by_lanes`], with 16 = REGISTERS * LANES.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn columns<T: Scalar, V: Simd<T>, const REGISTERS: usize, const SIDE: usize, const FETCH: bool>(
    r: &Row<T>,
    y: *mut T,
) {
    let mut block = [T::ZERO; CHAINS * CHAINS];
    let block = block.as_mut_ptr();
    // SAFETY: columns j.. of B are counted; the block has LANES rows of LANES elements, and LANES divides 16.
    unsafe {
        for first in (0..r.n).step_by(V::LANES) {
            let columns = V::LANES.min(r.n - first);
            let mut lane = 0;
            while lane < columns {
                let b = r.b.wrapping_add((first + lane) * r.b_cs);
                let to = block.add(lane * V::LANES);
                if SIDE > 1 && columns - lane >= SIDE {
                    chains::<T, V, REGISTERS, SIDE, FETCH>(r, b, to);
                    lane += SIDE;
                } else {
                    chains::<T, V, REGISTERS, 1, FETCH>(r, b, to);
                    lane += 1;
                }
            }
            let mut lanes = [V::splat(T::ZERO); CHAINS];
            V::transposed(block, V::LANES, |i, column| lanes[i] = column);
            let mut half = V::LANES / 2;
            while half > 0 {
                for i in 0..half {
                    lanes[i] = lanes[i].add(lanes[i + half]);
                }
                half /= 2;
            }
            lanes[0].store(y.add(first));
        }
    }
}

/// The chains of the SIDE columns that begin at `b`, folded into one register each.
///
/// Safety: as [`columns`]; as many columns exist.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn chains<T: Scalar, V: Simd<T>, const REGISTERS: usize, const SIDE: usize, const FETCH: bool>(
    r: &Row<T>,
    b: *const T,
    to: *mut T,
) {
    let whole = r.k / CHAINS * CHAINS;
    let ahead = DOT_PREFETCH_AHEAD / size_of::<T>();
    // SAFETY: steps < k of a and of the columns; masked lanes are not read.
    unsafe {
        let mut acc = [[V::splat(T::ZERO); REGISTERS]; SIDE];
        for p in (0..whole).step_by(CHAINS) {
            if FETCH {
                // Past a column's end comes the beginning of the one that is read after it.
                let at = if p + ahead < r.k { p + ahead } else { p + ahead - r.k + SIDE * r.b_cs };
                for side in 0..SIDE {
                    V::prefetch(b.wrapping_add(side * r.b_cs + at));
                }
            }
            for v in 0..REGISTERS {
                let a = V::load(r.a.add(p + v * V::LANES));
                for side in 0..SIDE {
                    acc[side][v] = a.mul_add(V::load(b.add(side * r.b_cs + p + v * V::LANES)), acc[side][v]);
                }
            }
        }
        if whole < r.k {
            for v in 0..REGISTERS {
                let p = whole + v * V::LANES;
                // A register without a step left adds zero, as its lanes do where registers are wider.
                let mask = V::first(r.k.saturating_sub(p).min(V::LANES));
                let a = V::load_masked(r.a.wrapping_add(p), mask);
                for side in 0..SIDE {
                    let b = V::load_masked(b.wrapping_add(side * r.b_cs + p), mask);
                    acc[side][v] = a.mul_add(b, acc[side][v]);
                }
            }
        }
        for side in 0..SIDE {
            let mut half = REGISTERS / 2;
            while half > 0 {
                for v in 0..half {
                    acc[side][v] = acc[side][v].add(acc[side][v + half]);
                }
                half /= 2;
            }
            acc[side][0].store(to.add(side * V::LANES));
        }
    }
}
