//! One row of C: `y <- epilogue(a * B)`, bound by how fast B can be read.
//!
//! Three ways, by how B lies and how wide it is. All keep each element's chain in the order of k, as the tiles do, so a row
//! has the same bits here as in a product of many rows. Dot products, which do not, are a way of their own: `dot.rs`.
//!
//! - Rows of B contiguous, and no wider than the registers hold sums: B is read once, from its first element to its last.
//!   1.1-1.8 times as fast as the next way (Zen 5), in two such strips 1.15; in more 0.4 (1024 x 4096) to 1.0 times.
//! - Rows of B contiguous: a few of them at a time are streamed past y, which stays in the first-level cache.
//! - Columns of B contiguous (a transposed weight, or a matrix times a column), of few steps: see `skinny.rs`.

use super::dot::DotSums;
use super::row::{FinishRow, Row};
use super::skinny::SkinnySums;
use crate::Scalar;
use crate::elementwise::activation::ApplyPostOp;
use crate::epilogue::EpilogueOp;
use crate::gemm::block_sizes::{GEMV_PREFETCH_AHEAD, KC, STREAM_PREFETCH_ROW_BYTES, STREAMED_ROWS, even_part};
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::Problem;
use crate::matrix::aligned::LINE;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;
use crate::sizes::wrapping_bytes;

/// One row of C, or one column as the row of the transposed product, its elements DOTS or one chain each.
///
/// # Safety
/// The contract of [`Problem`]; `p.m` is 1 and one of B's strides is, its rows' for DOTS; the CPU has the instructions of `K`.
pub(crate) unsafe fn row<T: Scalar, K: Isa<T>, const DOTS: bool>(
    p: &Problem<T>,
    epilogue: &EpilogueOp<T>,
    scratch: &mut Scratch<T>,
) {
    // An epilogue that needs C's old contents cuts the chains where the blocks would, so that the bits are the same.
    let k_block = if DOTS || epilogue.resumes() { p.k.max(1) } else { even_part(p.k, KC, 1) };
    let blocks = p.k.div_ceil(k_block).max(1);
    // No wrap: C has as many elements in memory, but for the last register.
    let y = scratch.first_panels(p.n.next_multiple_of(K::Vector::LANES));
    for block in 0..blocks {
        let first = block * k_block;
        let row = Row {
            m: 1,
            n: p.n,
            k: k_block.min(p.k - first),
            a: p.a.at(0, first),
            a_cs: p.a.cs,
            b: p.b.at(first, 0),
            b_rs: p.b.rs,
            b_cs: p.b.cs,
            c: p.c,
            c_cs: p.c_cs,
            col: if p.swapped { p.row } else { p.col },
            sizes: p.sizes,
            y: y.as_mut_ptr(),
            y_len: y.len(),
            swapped: p.swapped,
        };
        // SAFETY: steps first..first + k exist, by the contract of `Problem`, and the strides are this function's promise.
        unsafe {
            if DOTS {
                K::call(DotSums { row: &row });
            } else if row.b_cs == 1 {
                K::call(GemvSums { row: &row });
            } else {
                K::call(SkinnySums { row: &row });
            }
            if block + 1 < blocks {
                K::call(FinishRow { row: &row, epilogue: &epilogue.partial(block == 0) });
            } else if block == 0 {
                K::call(FinishRow { row: &row, epilogue });
            } else {
                K::call(FinishRow { row: &row, epilogue: &epilogue.last() });
            }
        }
    }
    if let Some(post_op) = &p.post_op {
        // SAFETY: the area is all of C, by the contract of `Problem`.
        unsafe { K::call(ApplyPostOp { post_op, area: &p.area(1, p.n, 0, 0) }) };
    }
}

/// `y <- a * B`, for one row and a B whose rows are contiguous.
///
/// # Safety
/// The pointers of `row` cover its shape, `y` its `y_len`, and `b_cs` is 1.
pub(crate) struct GemvSums<'a, T> {
    pub(crate) row: &'a Row<T>,
}

impl<T: Scalar> Op<T> for GemvSums<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        let r = self.row;
        r.assert_room::<K::Vector>();
        let y = r.y;
        let lanes = K::Vector::LANES;
        let registers = r.n.div_ceil(lanes);
        let fetch = wrapping_bytes::<T>(r.k, r.n) > r.sizes.l1_bytes;
        // SAFETY: the contract of `GemvSums`, upheld where it is constructed; y has room (asserted).
        unsafe {
            if !fetch && registers <= K::ACC_REGISTERS {
                hold::<T, K, false>(r, y);
            } else if registers <= 2 * K::ACC_REGISTERS {
                let strip = registers.div_ceil(registers.div_ceil(K::ACC_REGISTERS)) * lanes;
                for j in (0..r.n).step_by(strip) {
                    // With k = 0 B has no elements, and no place in it for `add` to point to.
                    let b = r.b.wrapping_add(j);
                    hold::<T, K, true>(&Row { n: strip.min(r.n - j), b, ..*r }, y.add(j));
                }
            } else if const { K::Vector::PREFETCHES }
                && r.b_rs == r.n
                && r.n * size_of::<T>() <= STREAM_PREFETCH_ROW_BYTES
            {
                stream::<T, K::Vector, true>(r, y);
            } else {
                stream::<T, K::Vector, false>(r, y);
            }
        }
    }
}

/// Safety: the contract of [`GemvSums`], with at most ACC_REGISTERS registers of columns.
#[inline(always)]
unsafe fn hold<T: Scalar, K: Isa<T>, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    macro_rules! by_count {
        ($($count:literal)*) => {
            match r.n.div_ceil(K::Vector::LANES) {
                // SAFETY: as this function's, with the registers counted by the match.
                $($count if const { K::ACC_REGISTERS >= $count } => unsafe {
                    if const { K::Vector::MASKED_LOADS_ARE_FREE } || !r.n.is_multiple_of(K::Vector::LANES) {
                        held::<T, K::Vector, $count, FETCH, true>(r, y)
                    } else {
                        held::<T, K::Vector, $count, FETCH, false>(r, y)
                    }
                },)*
                count => unreachable!("{count} registers of columns"),
            }
        };
    }
    by_count!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28)
}

/// REGISTERS of columns, the last one of them maybe in part where there is a TAIL. Always there, its mask cost 0.14 of
/// 1x128x784 with AVX2.
///
/// Safety: as [`hold`], with as many columns.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn held<T: Scalar, V: Simd<T>, const REGISTERS: usize, const FETCH: bool, const TAIL: bool>(
    r: &Row<T>,
    y: *mut T,
) {
    let ahead = GEMV_PREFETCH_AHEAD.div_ceil(r.b_rs.max(1) * size_of::<T>()) * r.b_rs;
    // SAFETY: steps < k and columns < n of B; y has room for whole registers.
    unsafe {
        let mask = V::first(r.n - (REGISTERS - 1) * V::LANES);
        let mut acc = [V::splat(T::ZERO); REGISTERS];
        let (mut a, mut b) = (r.a, r.b);
        for _ in 0..r.k {
            if FETCH {
                for line in (0..REGISTERS * V::LANES).step_by(LINE / size_of::<T>()) {
                    V::prefetch(b.wrapping_add(ahead + line));
                }
            }
            let x = V::splat(*a);
            for v in 0..REGISTERS {
                let from = b.add(v * V::LANES);
                let b = if TAIL && v + 1 == REGISTERS { V::load_masked(from, mask) } else { V::load(from) };
                acc[v] = x.mul_add(b, acc[v]);
            }
            (a, b) = (a.wrapping_add(r.a_cs), b.wrapping_add(r.b_rs));
        }
        for v in 0..REGISTERS {
            acc[v].store(y.add(v * V::LANES));
        }
    }
}

/// Safety: the contract of [`GemvSums`].
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn stream<T: Scalar, V: Simd<T>, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    // SAFETY: steps < k and columns < n of B; y has room for whole registers.
    unsafe {
        let tail = V::first(match r.n % V::LANES {
            0 => V::LANES,
            rest => rest,
        });
        let last = (r.n - 1) / V::LANES * V::LANES;
        let mut p = 0;
        // The first pass begins the chains, the later ones take them up from y.
        loop {
            let rows = STREAMED_ROWS.min(r.k - p);
            let mut a = [T::ZERO; STREAMED_ROWS];
            for i in 0..rows {
                a[i] = *r.a.add((p + i) * r.a_cs);
            }
            let b = r.b.add(p * r.b_rs);
            let begin = |j: usize| if p == 0 { V::splat(T::ZERO) } else { V::load(y.add(j)) };
            if rows == STREAMED_ROWS {
                let a = a.map(|x| V::splat(x));
                let mut j = 0;
                // Short registers four at a time: one by one, a row of 2048 columns took 1.6 times as many instructions.
                while const { V::LANES_ARE_FACTORS } && j + 4 * V::LANES <= last {
                    let mut acc: [V; 4] = std::array::from_fn(|v| begin(j + v * V::LANES));
                    for i in 0..STREAMED_ROWS {
                        for v in 0..4 {
                            acc[v] = a[i].mul_add(V::load(b.add(i * r.b_rs + j + v * V::LANES)), acc[v]);
                        }
                    }
                    for v in 0..4 {
                        acc[v].store(y.add(j + v * V::LANES));
                    }
                    j += 4 * V::LANES;
                }
                while j < last {
                    if FETCH {
                        // In their order: those of the next rows that lie as far from their beginning as this from its.
                        for i in (0..STREAMED_ROWS * V::LANES).step_by(LINE / size_of::<T>()) {
                            V::prefetch(b.wrapping_add(STREAMED_ROWS * r.b_rs + j * STREAMED_ROWS + i));
                        }
                    }
                    let mut acc = begin(j);
                    for i in 0..STREAMED_ROWS {
                        acc = a[i].mul_add(V::load(b.add(i * r.b_rs + j)), acc);
                    }
                    acc.store(y.add(j));
                    j += V::LANES;
                }
                let mut acc = begin(last);
                for i in 0..STREAMED_ROWS {
                    acc = a[i].mul_add(V::load_masked(b.add(i * r.b_rs + last), tail), acc);
                }
                acc.store(y.add(last));
            } else {
                for j in (0..=last).step_by(V::LANES) {
                    let mut acc = begin(j);
                    for i in 0..rows {
                        let from = b.add(i * r.b_rs + j);
                        let b = if j == last { V::load_masked(from, tail) } else { V::load(from) };
                        acc = V::splat(a[i]).mul_add(b, acc);
                    }
                    acc.store(y.add(j));
                }
            }
            p += STREAMED_ROWS;
            if p >= r.k {
                return;
            }
        }
    }
}
