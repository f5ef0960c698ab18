//! Vectors as plain arrays, for every target: LLVM turns the loops into whatever the target has.
//!
//! Multiply-add is fused only where the target is sure to have the instruction; elsewhere a fused one would be a call
//! into a math library, some fifty times slower.

use crate::activation::{After, Area};
use crate::gemv::Row;
use crate::math::Function;
use crate::micro::{Finish, Isa, Tile, Transposed};
use crate::pack::Source;
use crate::simd::Simd;

/// `N` elements in an array.
#[derive(Clone, Copy)]
pub(crate) struct Array<T, const N: usize>([T; N]);

/// Plain Rust, compiled for the target's baseline.
pub(crate) struct Portable;

impl Isa<f32> for Portable {
    type Vector = Array<f32, 8>;
    const MR: usize = 6;
    const MASKED_LOADS_ARE_FREE: bool = false;

    unsafe fn tile<E: Finish<f32>, const M: usize, const NV: usize, const EDGE: u8>(tile: &Tile<f32>, finish: E) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::micro::tile::<f32, Self::Vector, E, M, NV, EDGE>(tile, finish) }
    }

    unsafe fn store_transposed<E: Finish<f32>>(tile: &[f32], to: &Transposed<f32>, finish: E) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::micro::store_transposed::<f32, Self::Vector, E>(tile, to, finish) }
    }

    unsafe fn row<E: Finish<f32>>(row: &Row<f32>, y: &mut [f32], finish: E) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::gemv::row::<f32, Self::Vector, E>(row, y, finish) }
    }

    unsafe fn pack(source: &Source<f32>, width: usize, to: &mut [f32]) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::pack::panels::<f32, Self::Vector>(source, width, to) }
    }

    unsafe fn map(function: Function, values: &mut [f32]) {
        // SAFETY: plain Rust; there is nothing for the CPU to lack.
        unsafe { crate::math::map::<f32, Self::Vector>(function, values) }
    }

    unsafe fn after(after: &After<f32>, area: &Area<f32>) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::activation::area::<f32, Self::Vector>(after, area) }
    }
}

impl Isa<f64> for Portable {
    type Vector = Array<f64, 4>;
    const MR: usize = 6;
    const MASKED_LOADS_ARE_FREE: bool = false;

    unsafe fn tile<E: Finish<f64>, const M: usize, const NV: usize, const EDGE: u8>(tile: &Tile<f64>, finish: E) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::micro::tile::<f64, Self::Vector, E, M, NV, EDGE>(tile, finish) }
    }

    unsafe fn store_transposed<E: Finish<f64>>(tile: &[f64], to: &Transposed<f64>, finish: E) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::micro::store_transposed::<f64, Self::Vector, E>(tile, to, finish) }
    }

    unsafe fn row<E: Finish<f64>>(row: &Row<f64>, y: &mut [f64], finish: E) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::gemv::row::<f64, Self::Vector, E>(row, y, finish) }
    }

    unsafe fn pack(source: &Source<f64>, width: usize, to: &mut [f64]) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::pack::panels::<f64, Self::Vector>(source, width, to) }
    }

    unsafe fn map(function: Function, values: &mut [f64]) {
        // SAFETY: plain Rust; there is nothing for the CPU to lack.
        unsafe { crate::math::map::<f64, Self::Vector>(function, values) }
    }

    unsafe fn after(after: &After<f64>, area: &Area<f64>) {
        // SAFETY: the caller's promise is passed on.
        unsafe { crate::activation::area::<f64, Self::Vector>(after, area) }
    }
}

macro_rules! array {
    ($t:ident, $n:literal, $mantissa:literal) => {
        impl Simd<$t> for Array<$t, $n> {
            type Mask = usize;
            const LANES: usize = $n;

            #[inline(always)]
            unsafe fn splat(x: $t) -> Self {
                Array([x; $n])
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                // SAFETY: the caller's pointer covers LANES elements.
                Array(unsafe { from.cast::<[$t; $n]>().read_unaligned() })
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                // SAFETY: the caller's pointer covers LANES elements.
                unsafe { to.cast::<[$t; $n]>().write_unaligned(self.0) }
            }
            #[inline(always)]
            unsafe fn first(n: usize) -> usize {
                n
            }
            #[inline(always)]
            unsafe fn load_masked(from: *const $t, n: usize) -> Self {
                // SAFETY: the caller's pointer covers the first n elements.
                Array(std::array::from_fn(|lane| if lane < n { unsafe { *from.add(lane) } } else { 0.0 }))
            }
            #[inline(always)]
            unsafe fn store_masked(self, to: *mut $t, n: usize) {
                for lane in 0..n.min($n) {
                    // SAFETY: the caller's pointer covers the first n elements.
                    unsafe { *to.add(lane) = self.0[lane] }
                }
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
            #[inline(always)]
            unsafe fn prefetch(_at: *const $t) {}
            #[inline(always)]
            unsafe fn transposed(from: *const $t, rs: usize, mut each: impl FnMut(usize, Self)) {
                for i in 0..$n {
                    // SAFETY: (lane, i) lies inside the caller's block.
                    each(i, Array(std::array::from_fn(|lane| unsafe { *from.add(lane * rs + i) })));
                }
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
array!(f32, 8, 23);
array!(f64, 4, 52);
