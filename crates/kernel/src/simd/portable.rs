//! Vectors as plain arrays, for every target: LLVM turns the loops into whatever the target has.
//!
//! Multiply-add is fused only where the target is sure to have the instruction; elsewhere a fused one would be a call
//! into a math library, some fifty times slower.

use crate::simd::isa::{Isa, Op};
use crate::simd::vector::{MAX_TRANSPOSED_COLUMNS, Simd};
use crate::simd::widen::Widen;

/// `N` elements in an array.
///
/// `STAGED` says how some of them are loaded. By way of the stack: the registers that a tile resumes from stay registers;
/// lane by lane, LLVM takes their accumulators apart, and a tile of AVX's registers was 0.13-0.7 as fast. But what is
/// written in parts and read whole waits for the writes, so where k's loop holds such a load, it goes lane by lane: up to 3
/// times as fast.
#[derive(Clone, Copy)]
pub(crate) struct Array<T, const N: usize, const STAGED: bool = false>([T; N]);

/// Whether 24 accumulators of 16 bytes fit: where registers are 32 bytes wide, or sure to be 32.
///
/// Elsewhere the tile is cut for SSE2's 16: 5 x 2 accumulators, two registers of B, one of A and one for products (a
/// multiplication overwrites a factor) make 14. Speeds of other tiles beside it, compiled for SSE2 by Rust 1.95 and run on
/// Zen 5, geometric means over 25 shapes (squares of 16 to 1024, layers of 10 to 784 features, ragged squares):
///
/// | rows x f32 | f32  | f64, half as many columns | |
/// |------------|------|------|---|
/// | 3 x 8      | 0.94 | 0.95 | |
/// | 4 x 8      | 0.99 | 0.99 | |
/// | 6 x 8      | 0.82 | 0.83 | spills, though 16 registers would do |
/// | 8 x 8      | 0.77 | 0.78 | spills |
/// | 2 x 16     | 0.99 | 0.98 | squares 1.04, but 0.8 where n is 10 |
/// | 3 x 16     | 0.82 | 0.81 | spills |
/// | 4 x 16     | 0.80 | 0.82 | spills |
/// | 6 x 16     | 0.71 | 0.77 | spills |
const WIDE: bool = cfg!(any(target_feature = "avx", target_arch = "aarch64"));
const MR: usize = if WIDE { 6 } else { 5 };
const LANES_F32: usize = if WIDE { 8 } else { 4 };
const LANES_F64: usize = LANES_F32 / 2;
/// The rows of the table, by their tiles.
pub(crate) const NAME_F32: &str = if WIDE { "f32_6x16_portable" } else { "f32_5x8_portable" };
pub(crate) const NAME_F64: &str = if WIDE { "f64_6x8_portable" } else { "f64_5x4_portable" };

/// Plain Rust, compiled for the target's baseline.
pub(crate) struct Portable;

macro_rules! isa {
    ($t:ident, $lanes:ident, map: $map_lanes:literal) => {
        impl Isa<$t> for Portable {
            type Vector = Array<$t, $lanes>;
            type EdgeVector = Array<$t, $lanes, true>;
            // The same for every target: few numbers to hold, all in one chain. With four, `exp` took 1.15 times as long.
            type MapVector = Array<$t, $map_lanes>;
            const IS_FUSED: bool = false; // not everywhere, and elsewhere it is a call
            const MR: usize = MR;
            const MR_ONE_VECTOR: usize = MR;
            const WIDE_VECTORS: usize = 2; // no wider than other tiles
            const MR_WIDE: usize = 3;
            const MR_TAIL: usize = 0;
            const MAX_SKINNY_ROWS: usize = 1;
            const ACC_REGISTERS: usize = 8;
            const MAX_GER_REGISTERS: usize = 0; // small code: 100 KB of both types, for processors of before 2013

            unsafe fn call<O: Op<$t>>(op: O) -> O::Output {
                // SAFETY: plain Rust, there is nothing for the CPU to lack; the operation's own contract is promised by the
                // caller.
                unsafe { op.run::<Self>() }
            }
        }
    };
}
isa!(f32, LANES_F32, map: 8);
isa!(f64, LANES_F64, map: 4);

/// Copies `n` elements, at most N. A loop over them becomes a call of memcpy, and no register of SSE2 outlives a call.
#[inline(always)]
unsafe fn copy_in_halves<T, const N: usize>(from: *const T, to: *mut T, n: usize) {
    let (mut at, mut part) = (0, N);
    while part > 0 {
        if n & part != 0 {
            // SAFETY: at + part <= n, which the caller's pointers cover.
            unsafe { std::ptr::copy_nonoverlapping(from.add(at), to.add(at), part) }
            at += part;
        }
        part /= 2;
    }
}

macro_rules! array {
    ($t:ident, $mantissa:literal) => {
        impl<const N: usize, const STAGED: bool> Simd<$t> for Array<$t, N, STAGED> {
            type Mask = usize;
            const LANES: usize = N;
            const MASKED_LOADS_ARE_FREE: bool = false;
            const TRANSPOSED_COLUMNS: usize = N;

            #[inline(always)]
            unsafe fn splat(x: $t) -> Self {
                Array([x; N])
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: the caller's pointer covers LANES elements.
                Array(unsafe { from.cast::<[$t; N]>().read_unaligned() })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: the caller's pointer covers LANES elements.
                unsafe { to.cast::<[$t; N]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            unsafe fn first(n: usize) -> usize {
                n
            }
            #[inline(always)]
            unsafe fn load_masked(from: *const $t, n: usize) -> Self {
                let mut lanes = [0.0; N];
                if STAGED {
                    // SAFETY: the caller's pointer covers the first n elements, n <= N.
                    unsafe { copy_in_halves::<$t, N>(from, lanes.as_mut_ptr(), n) };
                } else {
                    let zero: $t = 0.0;
                    // SAFETY: lane < n, which the caller's pointer covers; the other lanes are read from `zero`.
                    lanes = std::array::from_fn(|lane| unsafe { *if lane < n { from.add(lane) } else { &zero } });
                }
                Array(lanes)
            }
            #[inline(always)]
            unsafe fn store_masked(self, to: *mut $t, n: usize) {
                // SAFETY: the caller's pointer covers the first n elements, n <= N.
                unsafe { copy_in_halves::<$t, N>(self.0.as_ptr(), to, n) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                Array(std::array::from_fn(|i| self.0[i] + other.0[i]))
            }
            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                Array(std::array::from_fn(|i| self.0[i] - other.0[i]))
            }
            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                Array(std::array::from_fn(|i| self.0[i] * other.0[i]))
            }
            #[inline(always)]
            unsafe fn div(self, other: Self) -> Self {
                Array(std::array::from_fn(|i| self.0[i] / other.0[i]))
            }
            #[inline(always)]
            unsafe fn mul_add(self, b: Self, c: Self) -> Self {
                Array(std::array::from_fn(|i| {
                    if cfg!(any(target_feature = "fma", target_arch = "aarch64")) {
                        self.0[i].mul_add(b.0[i], c.0[i])
                    } else {
                        self.0[i] * b.0[i] + c.0[i]
                    }
                }))
            }
            #[inline(always)]
            unsafe fn at_least(self, floor: Self) -> Self {
                Array(std::array::from_fn(|i| if floor.0[i] > self.0[i] { floor.0[i] } else { self.0[i] }))
            }
            #[inline(always)]
            unsafe fn at_most(self, ceiling: Self) -> Self {
                Array(std::array::from_fn(|i| if ceiling.0[i] < self.0[i] { ceiling.0[i] } else { self.0[i] }))
            }
            #[inline(always)]
            unsafe fn abs(self) -> Self {
                Array(self.0.map($t::abs))
            }
            #[inline(always)]
            unsafe fn copysign(self, sign: Self) -> Self {
                Array(std::array::from_fn(|i| self.0[i].copysign(sign.0[i])))
            }
            const PREFETCHES: bool = false;
            #[inline(always)]
            unsafe fn prefetch(_at: *const $t) {}
            #[inline(always)]
            unsafe fn transposed_columns(from: *const $t, rs: usize) -> [Self; MAX_TRANSPOSED_COLUMNS] {
                // SAFETY: (lane, i) lies inside the caller's block.
                let column = |i: usize| Array(std::array::from_fn(|lane| unsafe { *from.add(lane * rs + i) }));
                std::array::from_fn(|i| column(i % N))
            }
            #[inline(always)]
            unsafe fn if_negative(self, yes: Self, no: Self) -> Self {
                Array(std::array::from_fn(|i| if self.0[i].is_sign_negative() { yes.0[i] } else { no.0[i] }))
            }
            #[inline(always)]
            unsafe fn shl_mantissa(self) -> Self {
                Array(self.0.map(|x| $t::from_bits(x.to_bits() << $mantissa)))
            }
        }
    };
}
array!(f32, 23);
array!(f64, 52);

impl<const N: usize> Widen<f32> for Array<f32, N> {}
impl<const N: usize> Widen<f64> for Array<f64, N> {}
