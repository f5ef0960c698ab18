//! One door per instruction set: [`Isa::call`] runs an operation with the set's instructions switched on.
//!
//! An operation is a type with its arguments, which stands beside its loop and implements [`Op`] over any set's vectors.
//! The compiler makes one function of the operation and all that is inlined into it for each set. Operations that small
//! products feel hold at most two references, which travel in registers; larger ones are read from the caller's stack.

use super::vector::Simd;
use super::widen::Widen;
use crate::Scalar;

/// What one instruction set is like, and the way into it.
pub(crate) trait Isa<T: Scalar>: Sized {
    type Vector: Widen<T>;
    /// For tiles whose last register of columns is read in whole and stored in part: [`Isa::Vector`], unless compilers
    /// make something else of it.
    type EdgeVector: Simd<T>;
    /// For functions of long arrays.
    type MapVector: Simd<T>;
    /// Whether a multiply-add is one instruction.
    const IS_FUSED: bool;
    /// Registers across every tile that is not wide, 2 or 3.
    const NV: usize = 2;
    /// Rows of a full tile, as many as the registers hold.
    const MR: usize;
    /// The same where A lies by rows, is not packed, and [`Simd::LANES_ARE_FACTORS`]: the tile holds a register of A for each row.
    const MR_BY_ROWS: usize = Self::MR;
    /// Rows of a full tile of one register of columns.
    const MR_ONE_VECTOR: usize;
    /// Registers across a tile of two or three rows where B is read in place: with two of them there would be too few
    /// chains, and multiply-adds would wait for one another.
    const WIDE_VECTORS: usize;
    /// Rows of a full wide tile: 3, or 4, which are then three registers wide ([`Simd::steps_4x3`]).
    const MR_WIDE: usize;
    /// Rows of a full tile of one register of columns and a tail (`micro_kernel_tail.rs`); 0 where there is no such tile.
    const MR_TAIL: usize;
    /// Rows of C, at most, for which a B that lies by columns is transposed in registers (`skinny.rs`).
    const MAX_SKINNY_ROWS: usize;
    /// Registers that can hold the sums of a single row.
    const ACC_REGISTERS: usize;
    /// Registers of a row of C, at most, for which an outer product has a loop of its own (`ger.rs`); 0 or 8.
    const MAX_GER_REGISTERS: usize = 8;
    /// An A by rows is packed for more tiles of columns than this, wherever it lies.
    const PACKED_A_COLUMN_TILES: usize = usize::MAX;
    /// Whether a register is as long as a line of the caches, 64 bytes.
    const REGISTERS_ARE_LINES: bool = Self::Vector::LANES * size_of::<T>() == 64;

    /// Runs the operation with this set's instructions switched on.
    ///
    /// # Safety
    /// The CPU has the instruction set: [`crate::Kernel::assert_available`] has passed. And what [`Op::run`] of the
    /// operation asks for.
    unsafe fn call<O: Op<T>>(op: O) -> O::Output;
}

/// An operation with its arguments.
pub(crate) trait Op<T: Scalar> {
    type Output;

    /// Its loop. `inline(always)`, or the instructions would be switched off again.
    ///
    /// # Safety
    /// The CPU has the instructions of `K`, and what the operation's own type says.
    unsafe fn run<K: Isa<T>>(self) -> Self::Output;
}
