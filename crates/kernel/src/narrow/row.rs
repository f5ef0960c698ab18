//! One row of C: `c <- f(a * B + bias)`, B narrow. The weights are read once, from the first panel to the last.
//!
//! Sums of integers are multiplied by the scales of their columns at the end, not each weight before: one row of
//! 784-512-512 takes 0.63 of the time, which is bound by the instructions that widen. Against f32 weights a row of
//! 784-512-512-10 is 2.2 times as fast with bf16, 2.3 with f16, 2.1 with int8 (Zen 3, AVX2); with the portable kernel, which
//! widens number by number, 0.2 to 0.5 times: there narrow weights take less memory and more time.

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

/// A row of A and of C, and what is done with it. `row` has the operands' shape, its B unused.
pub(crate) struct NarrowRow<'a, T> {
    pub(crate) row: Row<T>,
    /// Whether C holds the sums, of integers not scaled; A is then unused.
    pub(crate) is_summed: bool,
    pub(crate) panels: NarrowPanels<T>,
    pub(crate) epilogue: &'a EpilogueOp<T>,
    pub(crate) post_op: Option<&'a PostOp<T>>,
}

/// Computes the row.
///
/// # Safety
/// `row`'s pointers cover its shape, `y` its `y_len`; the panels are of (row.k, row.n) for this instruction set; the
/// epilogue's bias has an element for each column; the CPU has the instructions of `K`.
pub(crate) unsafe fn run<T: Scalar, K: Isa<T>>(narrow: &NarrowRow<'_, T>) {
    let row = &narrow.row;
    let whole = 2 * K::Vector::LANES * narrow.panels.units;
    assert!(whole <= row.y_len && row.n <= whole, "{} elements for {} columns in {whole}", row.y_len, row.n);
    // SAFETY: this function's contract; y has room for all units (asserted).
    unsafe {
        if narrow.is_summed {
            K::call(Scale { narrow });
        } else {
            K::call(NarrowSums { narrow });
        }
        K::call(FinishRow { row, epilogue: narrow.epilogue });
        if let Some(post_op) = narrow.post_op {
            let area = Area { rows: 1, cols: row.n, c: row.c, c_rs: 0, c_cs: row.c_cs, row: 0, col: row.col };
            K::call(ApplyPostOp { post_op, area: &area });
        }
    }
}

/// `y <- a * B`.
///
/// # Safety
/// The contract of [`run`], and y has room for all units.
struct NarrowSums<'a, T> {
    narrow: &'a NarrowRow<'a, T>,
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

/// `y <- c * scales`, for integers.
///
/// # Safety
/// The contract of [`run`], and y has room for all columns; the panels have scales.
struct Scale<'a, T> {
    narrow: &'a NarrowRow<'a, T>,
}

impl<T: Scalar> Op<T> for Scale<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        let NarrowRow { row: r, panels, .. } = self.narrow;
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
    /// `from` covers them; the CPU has the instructions of V.
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
unsafe fn sums<T: Scalar, V: Widen<T>, F: Widened<T>>(narrow: &NarrowRow<'_, T>) {
    let NarrowRow { row, panels, .. } = narrow;
    let unit = 2 * V::LANES;
    let mut first = 0;
    while first < panels.units {
        let units = panel_units(first, panels.units);
        // SAFETY: the panel of these units, of which y and the scales have an element each.
        unsafe {
            let codes = panels.codes.add(first * panels.k * unit * F::BYTES);
            let scales = panels.scales.wrapping_add(if F::IS_SCALED { first * unit } else { 0 });
            let y = row.y.add(first * unit);
            match units {
                1 => panel::<T, V, F, 2>(row, codes, scales, y),
                2 => panel::<T, V, F, 4>(row, codes, scales, y),
                _ => panel::<T, V, F, 8>(row, codes, scales, y),
            }
        }
        first += units;
    }
}

/// One panel of REGISTERS, 2, 4 or 8: its sums stay there.
///
/// Safety: as [`sums`], of half as many units.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn panel<T: Scalar, V: Widen<T>, F: Widened<T>, const REGISTERS: usize>(
    r: &Row<T>,
    codes: *const u8,
    scales: *const T,
    y: *mut T,
) {
    let bytes = V::LANES * F::BYTES; // of a register
    // SAFETY: steps < k of the panel and of A; y and, if there are some, the scales have whole units.
    unsafe {
        let mut acc = [V::splat(T::ZERO); REGISTERS];
        let (mut a, mut from) = (r.a, codes);
        for _ in 0..r.k {
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
            (a, from) = (a.wrapping_add(r.a_cs), from.wrapping_add(REGISTERS * bytes));
        }
        for v in 0..REGISTERS {
            if F::IS_SCALED {
                let scale = V::load(scales.add(v * V::LANES)).mul(V::constant(1.0 / INT8_UNIT));
                acc[v] = acc[v].mul(scale);
            }
            acc[v].store(y.add(v * V::LANES));
        }
    }
}
