//! A product of very few steps, above all the outer product of one step: bound by how fast C can be written.
//!
//! C is written row by row, each from its first column to its last, so that memory sees one stream of whole lines. Tiles
//! write as many streams as they have rows, two lines of each at a time.

use crate::Scalar;
use crate::epilogue::{Apply, EpilogueOp, with_op};
use crate::gemm::problem::Problem;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;

/// `C <- epilogue(A * B)`, row after row.
///
/// # Safety
/// The contract of [`Problem`]; the columns of B and C are contiguous, and 1 <= k <= MAX_GER_STEPS.
pub(crate) struct Ger<'a, T: Scalar> {
    pub(crate) p: &'a Problem<T>,
    pub(crate) epilogue: &'a EpilogueOp<T>,
}

impl<T: Scalar> Op<T> for Ger<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        let is_per_column = self.epilogue.is_per_column();
        // SAFETY: the contract of `Ger`, upheld where it is constructed.
        with_op!(self.epilogue, op => unsafe { ger::<T, K, _>(self.p, op, is_per_column) });
    }
}

/// Safety: the contract of [`Ger`]; the CPU has the instructions of K.
#[inline(always)]
unsafe fn ger<T: Scalar, K: Isa<T>, E: Apply<T>>(p: &Problem<T>, op: E, is_per_column: bool) {
    debug_assert!(p.c_cs == 1 && p.b.cs == 1, "columns {} and {} apart", p.c_cs, p.b.cs);
    // SAFETY: the contract of `Ger`; the steps are `p.k` by the match.
    unsafe {
        match p.k {
            1 if const { K::MAX_GER_REGISTERS == 8 } && p.n.is_multiple_of(K::Vector::LANES) => {
                whole::<T, K::Vector, E>(p, op)
            }
            1 if are_together::<T, K::Vector>(p, is_per_column) => several::<T, K::Vector, E>(p, op),
            1 => rows::<T, K::Vector, E, 1>(p, op),
            2 => rows::<T, K::Vector, E, 2>(p, op),
            k => unreachable!("{k} steps"),
        }
    }
}

/// Rows of whole registers; up to eight of them hold B's only row all the while, which is 1.3-2.5 times as fast. Strips of
/// eight for wider rows are 0.6-1.2 times as fast.
///
/// Safety: as [`ger`], with k = 1 and such columns.
#[inline(always)]
unsafe fn whole<T: Scalar, V: Simd<T>, E: Apply<T>>(p: &Problem<T>, op: E) {
    // SAFETY: the contract of `Ger`; REGISTERS * LANES is `p.n`, a multiple of LANES, by the match.
    unsafe {
        match p.n / V::LANES {
            1 => short::<T, V, E, 1>(p, op),
            2 => short::<T, V, E, 2>(p, op),
            3 => short::<T, V, E, 3>(p, op),
            4 => short::<T, V, E, 4>(p, op),
            5 => short::<T, V, E, 5>(p, op),
            6 => short::<T, V, E, 6>(p, op),
            7 => short::<T, V, E, 7>(p, op),
            8 => short::<T, V, E, 8>(p, op),
            _ => rows::<T, V, E, 1>(p, op),
        }
    }
}

/// Rows of REGISTERS whole registers.
///
/// Safety: as [`ger`], with k = 1 and as many columns.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn short<T: Scalar, V: Simd<T>, E: Apply<T>, const REGISTERS: usize>(p: &Problem<T>, op: E) {
    // SAFETY: rows < m and columns < n exist, by the contract of `Problem`.
    unsafe {
        let mut b = [V::splat(T::ZERO); REGISTERS];
        for v in 0..REGISTERS {
            b[v] = V::load(p.b.at(0, v * V::LANES));
        }
        let all = V::first(V::LANES);
        let (mut a, mut c, first_col) = (p.a.ptr, p.c, p.col);
        for _ in 0..p.m {
            let x = V::splat(*a);
            for v in 0..REGISTERS {
                let (at, col) = (c.add(v * V::LANES), first_col + v * V::LANES);
                let acc = x.mul_add(b[v], V::splat(T::ZERO));
                op.apply::<V, false>(acc, col, at, all).store(at);
            }
            (a, c) = (a.wrapping_add(p.a.rs), c.wrapping_add(p.c_rs));
        }
    }
}

/// Whether several rows of C fill a register, and nothing lies between them.
#[inline(always)]
pub(crate) fn are_together<T: Scalar, V: Simd<T>>(p: &Problem<T>, is_per_column: bool) -> bool {
    // With a column for each lane of the epilogue, they would not fit it.
    matches!(p.n, 2 | 4 | 8)
        && p.n < V::LANES
        && p.k == 1
        && p.c_rs == p.n
        && p.c_cs == 1
        && p.b.cs == 1
        && !is_per_column
}

/// Several rows in each register.
///
/// Safety: as [`ger`], with [`are_together`].
#[inline(always)]
unsafe fn several<T: Scalar, V: Simd<T>, E: Apply<T>>(p: &Problem<T>, op: E) {
    // SAFETY: the contract of `Ger`; N is `p.n` by the match, and `are_together` holds.
    unsafe {
        match p.n {
            8 if const { V::LANES > 8 } => together::<T, V, E, 8>(p, op),
            4 if const { V::LANES > 4 } => together::<T, V, E, 4>(p, op),
            2 if const { V::LANES > 2 } => together::<T, V, E, 2>(p, op),
            n => unreachable!("{n} columns together"),
        }
    }
}

/// Rows of N columns, LANES / N of them in a register, which needs no masks: 64 rows of 8 columns are updated 2.9 times as
/// fast as in tiles with AVX-512, of 4 columns 3.4 times and 2.6 with AVX2, of 2 columns 4 times with either and 12 with the
/// portable kernel.
///
/// Safety: as [`several`].
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn together<T: Scalar, V: Simd<T>, E: Apply<T>, const N: usize>(p: &Problem<T>, op: E) {
    let side = V::LANES / N;
    let whole = p.m / side * side;
    // SAFETY: rows < m and columns < N exist, by the contract of `Problem`.
    unsafe {
        let (b, all) = (V::splat_group::<N>(p.b.ptr), V::first(V::LANES));
        for i in (0..whole).step_by(side) {
            let mut x = V::splat(*p.a.at(i, 0));
            for group in 1..side {
                x = x.with_group::<N>(group, V::splat(*p.a.at(i + group, 0)));
            }
            let c = p.c.add(i * N);
            let acc = x.mul_add(b, V::splat(T::ZERO));
            op.apply::<V, false>(acc, p.col, c, all).store(c);
        }
        if whole < p.m {
            rows::<T, V, E, 1>(&p.rows(whole, p.m - whole), op);
        }
    }
}

/// Safety: as [`ger`], with k = K.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn rows<T: Scalar, V: Simd<T>, E: Apply<T>, const K: usize>(p: &Problem<T>, op: E) {
    // SAFETY: rows < m, columns < n and steps < K exist, by the contract of `Problem`.
    unsafe {
        let whole = p.n / V::LANES * V::LANES;
        let tail = V::first(p.n - whole);
        let first_col = p.col;
        for i in 0..p.m {
            let mut a = [V::splat(T::ZERO); K];
            for s in 0..K {
                a[s] = V::splat(*p.a.at(i, s));
            }
            let c = p.c.add(i * p.c_rs);
            let mut j = 0;
            while j + 4 * V::LANES <= whole {
                let mut acc = [V::splat(T::ZERO); 4];
                for s in 0..K {
                    for v in 0..4 {
                        acc[v] = a[s].mul_add(V::load(p.b.at(s, j + v * V::LANES)), acc[v]);
                    }
                }
                for v in 0..4 {
                    let j = j + v * V::LANES;
                    op.apply::<V, false>(acc[v], first_col + j, c.add(j), tail).store(c.add(j));
                }
                j += 4 * V::LANES;
            }
            while j < whole {
                let mut acc = V::splat(T::ZERO);
                for s in 0..K {
                    acc = a[s].mul_add(V::load(p.b.at(s, j)), acc);
                }
                op.apply::<V, false>(acc, first_col + j, c.add(j), tail).store(c.add(j));
                j += V::LANES;
            }
            if whole < p.n {
                let mut acc = V::splat(T::ZERO);
                for s in 0..K {
                    acc = a[s].mul_add(V::load_masked(p.b.at(s, whole), tail), acc);
                }
                op.apply::<V, true>(acc, first_col + whole, c.add(whole), tail).store_masked(c.add(whole), tail);
            }
        }
    }
}
