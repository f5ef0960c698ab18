//! Some columns of narrow weights widened into panels of f32, for products with many rows; integers without their scales.

use super::format::NarrowFormat;
use super::panels::{NarrowPanels, panel_units};
use super::row::{Bf16, F16, Int8, Widened};
use crate::Scalar;
use crate::simd::isa::{Isa, Op};
use crate::simd::widen::Widen;

/// Writes units `first..end` as panels of `nr` columns, each with all steps of k; what panels have beyond them is 0, and what
/// they have no place for (padding) is left out.
///
/// # Safety
/// The panels are for this instruction set, and both units begin one; `first`'s columns begin a panel of `nr`, which are whole
/// registers.
pub(crate) struct WidenPanels<'a, T> {
    pub(crate) panels: NarrowPanels<T>,
    pub(crate) first: usize,
    pub(crate) end: usize,
    pub(crate) nr: usize,
    /// (k, columns) in whole panels.
    pub(crate) to: &'a mut [T],
}

impl<T: Scalar> Op<T> for &mut WidenPanels<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        if const { size_of::<T>() != size_of::<f32>() } {
            unreachable!("narrow weights of {}", T::NAME);
        } else {
            // SAFETY: the contract of `WidenPanels`, upheld where it is constructed.
            unsafe {
                match self.panels.format {
                    NarrowFormat::Bf16 => widen::<T, K::Vector, Bf16>(self),
                    NarrowFormat::F16 => widen::<T, K::Vector, F16>(self),
                    NarrowFormat::Int8 => widen::<T, K::Vector, Int8>(self),
                }
            }
        }
    }
}

/// Safety: the contract of [`WidenPanels`]; the CPU has the instructions of V.
#[inline(always)]
unsafe fn widen<T: Scalar, V: Widen<T>, F: Widened<T>>(w: &mut WidenPanels<'_, T>) {
    let WidenPanels { panels, first: begin, end, nr, .. } = *w;
    let (k, bytes) = (panels.k, V::LANES * F::BYTES); // of a register
    let registers = w.to.len().checked_div(k).unwrap_or(0) / V::LANES;
    if 2 * (end - begin) < registers {
        w.to.fill(T::ZERO);
    }
    let to = w.to.as_mut_ptr();
    // Where a register of columns has its first step.
    let place = |register: usize| {
        let column = register * V::LANES;
        // SAFETY: below the registers of `to`.
        (register < registers).then(|| unsafe { to.add(column / nr * nr * k + column % nr) })
    };
    let mut first = begin;
    while first < end {
        let units = panel_units(first, panels.units);
        let at_once = if units == 1 { 1 } else { 2 };
        for unit in (0..units).step_by(at_once) {
            let places =
                [0, 1, 2, 3].map(|v| if v < 2 * at_once { place(2 * (first + unit - begin) + v) } else { None });
            // SAFETY: these units of the panel at `first`, in all steps; registers of `to` that are there.
            unsafe {
                let mut from = panels.codes.add((first * k + unit) * 2 * bytes);
                for p in 0..k {
                    let zero = V::splat(T::ZERO);
                    let widened = if at_once == 2 {
                        F::two_units::<V>(from)
                    } else {
                        let [a, b] = F::unit::<V>(from);
                        [a, b, zero, zero]
                    };
                    for v in 0..4 {
                        if let Some(place) = places[v] {
                            widened[v].store(place.add(p * nr));
                        }
                    }
                    from = from.wrapping_add(units * 2 * bytes);
                }
            }
        }
        first += units;
    }
}
