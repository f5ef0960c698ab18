//! One vector register of elements: what the micro-kernel and the vector functions are written over.
//!
//! An instruction set is a file here, with an implementation of [`Simd`] for each element type and of [`super::isa::Isa`], the
//! door to it.
//!
//! # Safety
//! All methods are `unsafe` for the same reason: they may compile to instructions that the running CPU lacks. The witness
//! is [`crate::Kernel::assert_available`]: a function of the registry is only called after it has passed, and everything
//! below is reached from there through [`super::isa::Isa::call`]. Pointers cover the lanes that are loaded or stored, by the
//! contract of the operation that passes them.

use crate::Scalar;

/// Columns that [`Simd::transposed_columns`] returns, at most.
pub(crate) const MAX_TRANSPOSED_COLUMNS: usize = 8;

/// The operands of a tile's steps in assembly; strides in elements.
pub(crate) struct Steps<T> {
    pub(crate) k: usize,
    /// (rows of the tile, k)
    pub(crate) a: *const T,
    pub(crate) a_rs: usize,
    pub(crate) a_cs: usize,
    /// (k, three registers), columns contiguous.
    pub(crate) b: *const T,
    pub(crate) b_rs: usize,
}

/// Rows of A that are read from one pointer: 0 to 6 are 0, 1, 2 and 4 times one distance, 1 and 2 times another, and once a third
/// ([`RowStep`]), which is what an address of x86-64 can say.
pub(crate) const ROWS_OF_A_POINTER: usize = 7;

/// How far a tile's rows of A are apart, in bytes: one, three and five of them.
#[derive(Clone, Copy)]
pub(crate) struct RowStep {
    pub(crate) one: usize,
    pub(crate) three: usize,
    pub(crate) five: usize,
}

impl RowStep {
    #[inline(always)]
    pub(crate) fn of<T>(stride: usize) -> RowStep {
        let one = stride.wrapping_mul(size_of::<T>());
        RowStep { one, three: one.wrapping_mul(3), five: one.wrapping_mul(5) }
    }
}

/// `LANES` elements that are computed on together.
pub(crate) trait Simd<T: Scalar>: Copy {
    /// Which lanes a masked load or store touches.
    type Mask: Copy;
    /// Elements in a register.
    const LANES: usize;
    /// Whether loading some lanes costs what loading all of them does.
    const MASKED_LOADS_ARE_FREE: bool;

    unsafe fn splat(x: T) -> Self;
    /// The element of row ROW in every lane; ROW is less than [`ROWS_OF_A_POINTER`], `a` is the element of row 0.
    #[inline(always)]
    unsafe fn splat_row<const ROW: usize>(a: *const T, rows: &RowStep) -> Self {
        // SAFETY: the caller's row.
        unsafe { Self::splat(*a.wrapping_byte_add(ROW.wrapping_mul(rows.one))) }
    }
    /// [`Simd::splat_row`] times `b` plus `c`, rounded once where the instruction set can.
    #[inline(always)]
    unsafe fn row_mul_add<const ROW: usize>(a: *const T, rows: &RowStep, b: Self, c: Self) -> Self {
        // SAFETY: the caller's row.
        unsafe { Self::splat_row::<ROW>(a, rows).mul_add(b, c) }
    }
    unsafe fn load(from: *const T) -> Self;
    unsafe fn store(self, to: *mut T);
    /// The first `n` lanes, n in 0..=LANES.
    unsafe fn first(n: usize) -> Self::Mask;
    /// Masked-out lanes are 0 and their memory is not touched.
    unsafe fn load_masked(from: *const T, mask: Self::Mask) -> Self;
    /// Masked-out lanes are not written.
    unsafe fn store_masked(self, to: *mut T, mask: Self::Mask);

    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    /// `self * b + c`, rounded once where the instruction set can.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// The lanes from `by` on, then those before; for sets whose [`Simd::LANES_ARE_FACTORS`].
    unsafe fn rotated(self, _by: usize) -> Self {
        unreachable!("LANES_ARE_FACTORS is false");
    }
    /// The larger; NaN when `self` is NaN, `self` when both are zero.
    unsafe fn at_least(self, floor: Self) -> Self;
    /// The smaller; NaN when `self` is NaN.
    unsafe fn at_most(self, ceiling: Self) -> Self;
    unsafe fn abs(self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    unsafe fn copysign(self, sign: Self) -> Self;
    /// `yes` in the lanes whose sign bit is set in `self`, `no` in the others.
    unsafe fn if_negative(self, yes: Self, no: Self) -> Self;
    /// The bits of each lane, shifted left by the width of the mantissa field.
    unsafe fn shl_mantissa(self) -> Self;

    /// Whether [`Simd::prefetch`] does something.
    const PREFETCHES: bool = true;
    /// Asks for the cache line at `at` ahead of its use; any address will do.
    unsafe fn prefetch(at: *const T);

    /// The multiply-adds of a tile of four rows and three registers, step after step: `acc[i][v] += a[i] * b[v]`. With a
    /// mask, only its lanes of the last register of B's rows are read. For sets whose [`super::isa::Isa::MR_WIDE`] is 4.
    unsafe fn steps_4x3(_acc: &mut [[Self; 3]; 4], _operands: &Steps<T>, _mask: Option<Self::Mask>) {
        unreachable!("MR_WIDE is 3");
    }

    /// Whether one lane can be the factor of a whole register, and a tile's multiply-adds are [`Simd::column_steps`] and
    /// [`Simd::row_steps`].
    const LANES_ARE_FACTORS: bool = false;
    /// The multiply-adds of a tile of up to eight rows and three registers, step after step: `acc[i][v] += a[i] * b[v]`, for an A
    /// whose rows are 1 apart. Of a RAGGED B only `cols` columns are read, LANES at least: the lanes of the last register are then the
    /// last LANES of them.
    unsafe fn column_steps<const M: usize, const NV: usize, const RAGGED: bool>(
        _acc: &mut [[Self; NV]; M],
        _operands: &Steps<T>,
        _cols: usize,
    ) {
        unreachable!("LANES_ARE_FACTORS is false");
    }
    /// The same of an A whose steps are 1 apart; k is a multiple of LANES, and M registers of A, NV of B and the sums are fewer
    /// than 32.
    unsafe fn row_steps<const M: usize, const NV: usize, const RAGGED: bool>(
        _acc: &mut [[Self; NV]; M],
        _operands: &Steps<T>,
        _cols: usize,
    ) {
        unreachable!("LANES_ARE_FACTORS is false");
    }

    /// Columns that [`Simd::transposed_columns`] turns round at a time; divides LANES, at most [`MAX_TRANSPOSED_COLUMNS`].
    const TRANSPOSED_COLUMNS: usize;
    /// A block of LANES rows, `rs` apart, and TRANSPOSED_COLUMNS columns: each of its columns, the first one first.
    unsafe fn transposed_columns(from: *const T, rs: usize) -> [Self; MAX_TRANSPOSED_COLUMNS];

    /// Transposes a block of LANES x LANES whose rows are `rs` apart, and hands each of its columns over, with its number,
    /// the first one first.
    #[inline(always)]
    unsafe fn transposed(from: *const T, rs: usize, each: impl FnMut(usize, Self)) {
        // SAFETY: the caller's block.
        unsafe { Self::some_transposed(from, rs, Self::LANES, each) }
    }

    /// As [`Simd::transposed`], up to this number of columns at least.
    #[inline(always)]
    unsafe fn some_transposed(from: *const T, rs: usize, wanted: usize, mut each: impl FnMut(usize, Self)) {
        for at in (0..Self::LANES).step_by(Self::TRANSPOSED_COLUMNS) {
            if at >= wanted {
                break;
            }
            // SAFETY: columns at..at + TRANSPOSED_COLUMNS of the caller's block, since TRANSPOSED_COLUMNS divides LANES.
            let columns = unsafe { Self::transposed_columns(from.add(at), rs) };
            for i in 0..Self::TRANSPOSED_COLUMNS {
                each(at + i, columns[i]);
            }
        }
    }

    /// The `N` elements at `from`, again and again; N divides LANES.
    #[inline(always)]
    unsafe fn splat_group<const N: usize>(from: *const T) -> Self {
        let mut all = [T::ZERO; 16]; // LANES <= 16
        // SAFETY: the caller's pointer covers N elements, the buffer LANES.
        unsafe {
            all.iter_mut().enumerate().for_each(|(lane, x)| *x = *from.add(lane % N));
            Self::load(all.as_ptr())
        }
    }

    /// `self` with its lanes `group * N..(group + 1) * N` taken from `other`.
    #[inline(always)]
    unsafe fn with_group<const N: usize>(self, group: usize, other: Self) -> Self {
        let (mut mine, mut others) = ([T::ZERO; 16], [T::ZERO; 16]);
        // SAFETY: the buffers hold LANES elements.
        unsafe {
            self.store(mine.as_mut_ptr());
            other.store(others.as_mut_ptr());
            mine[group * N..][..N].copy_from_slice(&others[group * N..][..N]);
            Self::load(mine.as_ptr())
        }
    }

    /// The lanes from `group * N` on, brought to the front; behind them lies anything.
    #[inline(always)]
    unsafe fn group<const N: usize>(self, group: usize) -> Self {
        let mut all = [T::ZERO; 32]; // of which the last LANES are never more than read
        // SAFETY: the buffer holds twice LANES elements.
        unsafe {
            self.store(all.as_mut_ptr());
            Self::load(all.as_ptr().add(group * N))
        }
    }

    /// The same pointer, where the compiler cannot see that it is. It would otherwise keep a pointer for each row of a block,
    /// more of them than there are registers: packing a transposed B took 1.05-1.2 times as long.
    #[inline(always)]
    unsafe fn opaque<P>(pointer: *mut P) -> *mut P {
        pointer
    }

    /// Transposes a block of LANES x LANES; rows of `from` are `from_rs` apart, rows of `to` `to_rs`.
    #[inline(always)]
    unsafe fn transpose(from: *const T, from_rs: usize, to: *mut T, to_rs: usize) {
        // SAFETY: the caller's blocks; column i is below LANES.
        unsafe { Self::transposed(from, from_rs, |i, column| column.store(to.add(i * to_rs))) }
    }

    /// Every lane the constant, rounded to T.
    #[inline(always)]
    unsafe fn constant(c: f64) -> Self {
        // SAFETY: register arithmetic, for which the CPU has the instructions.
        unsafe { Self::splat(T::from_f64(c)) }
    }

    /// Stores a register; only the masked lanes when `TAIL`.
    #[inline(always)]
    unsafe fn store_if<const TAIL: bool>(self, to: *mut T, mask: Self::Mask) {
        // SAFETY: the caller's pointer covers the lanes that are touched.
        unsafe { if TAIL { self.store_masked(to, mask) } else { self.store(to) } }
    }

    /// Loads a register; only the masked lanes when `TAIL`.
    #[inline(always)]
    unsafe fn load_if<const TAIL: bool>(from: *const T, mask: Self::Mask) -> Self {
        // SAFETY: the caller's pointer covers the lanes that are touched.
        unsafe { if TAIL { Self::load_masked(from, mask) } else { Self::load(from) } }
    }
}
