//! One row of C, or a few: `c <- f(a * B + bias)`, B narrow. The weights are read once, from the first panel to the last; of
//! several rows each panel is gone through by two, three, four or six of them at a time, which share the registers that are
//! widened.
//!
//! Sums of integers are multiplied by the scales of their columns at the end, not each weight before: one row of
//! 784-512-512 takes 0.63 of the time, which is bound by the instructions that widen. Against f32 weights a row of
//! 784-512-512-10 is 1.7 to 2.2 times as fast with bf16, 1.8 to 2.3 with f16, 1.5 to 2.1 with int8 (Zen 3, AVX2, four runs); with
//! the portable kernel, which widens number by number, 0.2 to 0.5 times: there narrow weights take less memory and more time.
//! Two rows are 1.5, 1.65 and 1.3 times as fast, three to eight 0.8 to 1.0 times; one after the other, four were 0.6 to 0.8.

use super::format::NarrowFormat;
use super::panels::{NarrowPanels, panel_units};
use crate::Scalar;
use crate::elementwise::activation::{ApplyPostOp, Area, PostOp};
use crate::epilogue::EpilogueOp;
use crate::gemm::level2::row::{FinishRow, Row};
use crate::matrix::aligned::LINE;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;
use crate::simd::widen::{INT8_UNIT, Widen};

/// So far ahead of a step its weights are fetched, in bytes: where the hardware's own fetching begins again with each page.
const PREFETCH_AHEAD: usize = 2 << 10;

/// Rows of A and of C, and what is done with them. `row` has the operands' shape, its B unused.
pub(crate) struct NarrowRows<'a, T> {
    /// The first; `y` has room for the whole units of each row, one row after the other.
    pub(crate) row: Row<T>,
    /// From one row of A to the next, and of C.
    pub(crate) a_rs: usize,
    pub(crate) c_rs: usize,
    /// Whether C holds the sums, of integers not scaled; A is then unused.
    pub(crate) is_summed: bool,
    pub(crate) panels: NarrowPanels<T>,
    pub(crate) epilogue: &'a EpilogueOp<T>,
    pub(crate) post_op: Option<&'a PostOp<T>>,
}

/// Computes the rows.
///
/// # Safety
/// `row`'s pointers cover its shape at these strides, `y` its `y_len`; the panels are of (row.k, row.n) for this instruction set;
/// the epilogue's bias has an element for each column; the CPU has the instructions of `K`.
pub(crate) unsafe fn run<T: Scalar, K: Isa<T>>(narrow: &NarrowRows<'_, T>) {
    let row = &narrow.row;
    let whole = 2 * K::Vector::LANES * narrow.panels.units;
    // No wrap: C has a column for each of these but the last 2 * LANES, and as many rows in memory, at most `FEW_ROWS`.
    assert!(row.m * whole <= row.y_len && row.n <= whole, "{} elements for {}x{whole}", row.y_len, row.m);
    // SAFETY: this function's contract; y has room for all units of all rows (asserted).
    unsafe {
        if !narrow.is_summed {
            K::call(NarrowSums { narrow });
        }
        for i in 0..row.m {
            let (c, y) = (row.c.wrapping_add(i * narrow.c_rs), row.y.wrapping_add(i * whole));
            let row = &Row { m: 1, c, y, y_len: whole, ..*row };
            if narrow.is_summed {
                K::call(Scale { row, panels: &narrow.panels });
            }
            K::call(FinishRow { row, epilogue: narrow.epilogue });
            if let Some(post_op) = narrow.post_op {
                let area = Area { rows: 1, cols: row.n, c: row.c, c_rs: 0, c_cs: row.c_cs, row: 0, col: row.col };
                K::call(ApplyPostOp { post_op, area: &area });
            }
        }
    }
}

/// `y <- a * B`.
///
/// # Safety
/// The contract of [`run`], and y has room for all units of all rows.
struct NarrowSums<'a, T> {
    narrow: &'a NarrowRows<'a, T>,
}

impl<T: Scalar> Op<T> for NarrowSums<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        if const { size_of::<T>() != size_of::<f32>() } {
            unreachable!("narrow weights of {}", T::NAME);
        } else {
            // SAFETY: the contract of `NarrowSums`, upheld where it is constructed.
            unsafe {
                match self.narrow.panels.format {
                    NarrowFormat::Bf16 => sums::<T, K::Vector, Bf16>(self.narrow),
                    NarrowFormat::F16 => sums::<T, K::Vector, F16>(self.narrow),
                    NarrowFormat::Int8 => sums::<T, K::Vector, Int8>(self.narrow),
                }
            }
        }
    }
}

/// `y <- c * scales`, for a row of integers.
///
/// # Safety
/// The contract of [`run`], and y has room for all columns; the panels have scales.
struct Scale<'a, T> {
    row: &'a Row<T>,
    panels: &'a NarrowPanels<T>,
}

impl<T: Scalar> Op<T> for Scale<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        let (r, panels) = (self.row, self.panels);
        let unit = T::from_f64(1.0 / INT8_UNIT);
        for j in 0..r.n {
            // SAFETY: column j of C, of the scales and of y, by the contract of `Scale`.
            unsafe { *r.y.add(j) = *r.c.add(j * r.c_cs) * (*panels.scales.add(j) * unit) };
        }
    }
}

/// A format, as the loops see it.
pub(crate) trait Widened<T: Scalar> {
    /// Bytes of a number.
    const BYTES: usize;
    /// Whether columns have scales.
    const IS_SCALED: bool;

    /// The unit at `from`; integers times [`INT8_UNIT`].
    ///
    /// # Safety
    /// `from` covers a unit of a panel of one; the CPU has the instructions of V.
    unsafe fn unit<V: Widen<T>>(from: *const u8) -> [V; 2];

    /// Two units of a panel of several.
    ///
    /// # Safety
    /// `from` covers them, and memory of the panels lies in the [`BEFORE`](super::panels::BEFORE) bytes before it; the CPU has the
    /// instructions of V.
    #[inline(always)]
    unsafe fn two_units<V: Widen<T>>(from: *const u8) -> [V; 4] {
        // SAFETY: two units, this function's contract.
        unsafe {
            let ([a, b], [c, d]) = (Self::unit::<V>(from), Self::unit::<V>(from.add(2 * V::LANES * Self::BYTES)));
            [a, b, c, d]
        }
    }
}

pub(crate) struct Bf16;
pub(crate) struct F16;
pub(crate) struct Int8;

impl<T: Scalar> Widened<T> for Bf16 {
    const BYTES: usize = 2;
    const IS_SCALED: bool = false;
    #[inline(always)]
    unsafe fn unit<V: Widen<T>>(from: *const u8) -> [V; 2] {
        // SAFETY: the contract of `unit`; panels begin a line and a unit is an even number of bytes.
        unsafe { V::bf16(from.cast()) }
    }
}

impl<T: Scalar> Widened<T> for F16 {
    const BYTES: usize = 2;
    const IS_SCALED: bool = false;
    #[inline(always)]
    unsafe fn unit<V: Widen<T>>(from: *const u8) -> [V; 2] {
        // SAFETY: as of `Bf16`.
        unsafe { V::f16(from.cast()) }
    }
}

impl<T: Scalar> Widened<T> for Int8 {
    const BYTES: usize = 1;
    const IS_SCALED: bool = true;
    #[inline(always)]
    unsafe fn unit<V: Widen<T>>(from: *const u8) -> [V; 2] {
        // SAFETY: the contract of `unit`.
        unsafe { V::int8(from.cast()) }
    }
    #[inline(always)]
    unsafe fn two_units<V: Widen<T>>(from: *const u8) -> [V; 4] {
        // SAFETY: the contract of `two_units`.
        unsafe { V::int8_fours(from.cast()) }
    }
}

/// Safety: the contract of [`NarrowSums`]; the CPU has the instructions of V.
#[inline(always)]
unsafe fn sums<T: Scalar, V: Widen<T>, F: Widened<T>>(narrow: &NarrowRows<'_, T>) {
    let NarrowRows { row, panels, .. } = narrow;
    let unit = 2 * V::LANES;
    let mut first = 0;
    while first < panels.units {
        let units = panel_units(first, panels.units);
        let mut i = 0;
        while i < row.m {
            let rows = if units == 1 { 1 } else { at_once(row.m - i) };
            // SAFETY: the panel of these units, of which y and the scales have an element each, y in each row; rows i.. of A.
            unsafe {
                let panel = Panel::<T> {
                    k: row.k,
                    units,
                    a: row.a.wrapping_add(i * narrow.a_rs),
                    a_rs: narrow.a_rs,
                    a_cs: row.a_cs,
                    codes: panels.codes.add(first * panels.k * unit * F::BYTES),
                    scales: panels.scales.wrapping_add(if F::IS_SCALED { first * unit } else { 0 }),
                    y: row.y.add((i * panels.units + first) * unit),
                    y_rs: panels.units * unit,
                };
                match (rows, units) {
                    (1, 1) => panel.row::<V, F, 2>(),
                    (1, 2) => panel.row::<V, F, 4>(),
                    (1, _) => panel.row::<V, F, 8>(),
                    (2, _) => panel.rows::<V, F, 2, 4>(),
                    (3, _) => panel.rows::<V, F, 3, 2>(),
                    (4, _) => panel.rows::<V, F, 4, 2>(),
                    _ => panel.rows::<V, F, 6, 2>(),
                }
            }
            i += rows;
        }
        first += units;
    }
}

/// How many of these rows go through a panel together: as many as leave no single one behind.
const fn at_once(rows: usize) -> usize {
    match rows {
        1..=4 => rows,
        5 => 3,
        6 | 9.. => 6,
        _ => 4,
    }
}

/// A panel and the rows that go through it.
///
/// Safety of its functions: steps < k of the panel and of each row of A; y and, if there are some, the scales have whole units; the
/// CPU has the instructions of V.
struct Panel<T> {
    k: usize,
    units: usize,
    /// The first row.
    a: *const T,
    a_rs: usize,
    a_cs: usize,
    codes: *const u8,
    scales: *const T,
    /// Of the first row.
    y: *mut T,
    y_rs: usize,
}

impl<T: Scalar> Panel<T> {
    /// One row, in all REGISTERS of the panel, 2, 4 or 8: its sums stay there.
    ///
    /// Safety: see [`Panel`].
    #[cfg_attr(unoptimised, inline(never))]
    #[cfg_attr(not(unoptimised), inline(always))]
    unsafe fn row<V: Widen<T>, F: Widened<T>, const REGISTERS: usize>(&self) {
        let bytes = V::LANES * F::BYTES; // of a register
        // SAFETY: as this function's.
        unsafe {
            let mut acc = [V::splat(T::ZERO); REGISTERS];
            let (mut a, mut from) = (self.a, self.codes);
            for _ in 0..self.k {
                for line in (0..REGISTERS * bytes).step_by(LINE) {
                    V::prefetch(from.wrapping_add(PREFETCH_AHEAD + line).cast());
                }
                let x = V::splat(*a);
                if REGISTERS == 2 {
                    let w = F::unit::<V>(from);
                    for v in 0..2 {
                        acc[v] = x.mul_add(w[v], acc[v]);
                    }
                } else {
                    for fours in 0..REGISTERS / 4 {
                        let w = F::two_units::<V>(from.add(4 * fours * bytes));
                        for v in 0..4 {
                            acc[4 * fours + v] = x.mul_add(w[v], acc[4 * fours + v]);
                        }
                    }
                }
                (a, from) = (a.wrapping_add(self.a_cs), from.wrapping_add(REGISTERS * bytes));
            }
            self.store::<V, F, REGISTERS>(acc, 0, 0);
        }
    }

    /// ROWS rows, at a time in REGISTERS of the panel, 2 or 4, of two units or more.
    ///
    /// Safety: see [`Panel`].
    #[inline(always)]
    unsafe fn rows<V: Widen<T>, F: Widened<T>, const ROWS: usize, const REGISTERS: usize>(&self) {
        for fours in 0..self.units / 2 {
            // SAFETY: as this function's; these units are of the panel.
            unsafe {
                if REGISTERS == 4 {
                    self.part::<V, F, ROWS, REGISTERS, 0>(fours);
                } else {
                    self.part::<V, F, ROWS, REGISTERS, 0>(fours);
                    self.part::<V, F, ROWS, REGISTERS, 2>(fours);
                }
            }
        }
    }

    /// ROWS rows in REGISTERS of the four at `fours`, from register FIRST on; what is widened of the others is not used, and so
    /// not computed.
    ///
    /// Safety: see [`Panel`]; the panel has these four.
    #[cfg_attr(unoptimised, inline(never))]
    #[cfg_attr(not(unoptimised), inline(always))]
    unsafe fn part<V: Widen<T>, F: Widened<T>, const ROWS: usize, const REGISTERS: usize, const FIRST: usize>(
        &self,
        fours: usize,
    ) {
        let bytes = V::LANES * F::BYTES; // of a register
        // SAFETY: as this function's.
        unsafe {
            let mut acc = [[V::splat(T::ZERO); REGISTERS]; ROWS];
            let (mut a, mut from) = (self.a, self.codes.add(4 * fours * bytes));
            for _ in 0..self.k {
                V::prefetch(from.wrapping_add(PREFETCH_AHEAD).cast());
                let w = F::two_units::<V>(from);
                for i in 0..ROWS {
                    let x = V::splat(*a.wrapping_add(i * self.a_rs));
                    for v in 0..REGISTERS {
                        acc[i][v] = x.mul_add(w[FIRST + v], acc[i][v]);
                    }
                }
                (a, from) = (a.wrapping_add(self.a_cs), from.wrapping_add(2 * self.units * bytes));
            }
            for (i, acc) in acc.into_iter().enumerate() {
                self.store::<V, F, REGISTERS>(acc, i, 4 * fours + FIRST);
            }
        }
    }

    /// The sums of row i in the panel's registers from `first` on.
    ///
    /// Safety: see [`Panel`]; the panel has these registers.
    #[inline(always)]
    unsafe fn store<V: Widen<T>, F: Widened<T>, const REGISTERS: usize>(
        &self,
        acc: [V; REGISTERS],
        i: usize,
        first: usize,
    ) {
        for (v, mut acc) in acc.into_iter().enumerate() {
            let column = (first + v) * V::LANES;
            // SAFETY: as this function's.
            unsafe {
                if F::IS_SCALED {
                    let scale = V::load(self.scales.add(column)).mul(V::constant(1.0 / INT8_UNIT));
                    acc = acc.mul(scale);
                }
                acc.store(self.y.add(i * self.y_rs + column));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::at_once;

    #[test]
    fn no_row_is_left_alone() {
        for rows in 2..40 {
            let mut left = rows;
            while left > 0 {
                assert!(at_once(left) > 1 && at_once(left) <= left, "{left} of {rows}");
                left -= at_once(left);
            }
        }
    }
}
