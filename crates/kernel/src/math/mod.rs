//! Elementary functions that give the same bits on every platform: exponentials (`exp.rs`), logarithms (`log.rs`) and
//! the normal distribution (`normal.rs`), of one register at a time, and `ln` of one number.
//!
//! The platform's own are not used: they differ from one C library to the next, and would carry that difference into
//! every trained model. Errors are stated for AVX2, AVX-512 and NEON; without fused multiply-add they are up to twice as large.

pub(crate) mod constants;
mod exp;
mod log;
mod normal;
mod polynomial;

pub use log::ln;

pub(crate) use exp::{exp, expm1_of_negative, sigmoid, silu, silu_slope, tanh};
pub(crate) use log::{SOFTPLUS_END, softplus};
pub(crate) use normal::{gelu, gelu_slope, gelu_tanh, gelu_tanh_slope};

use crate::Scalar;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;

/// A function that [`map`] applies to every element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Exp,
    Sigmoid,
    Tanh,
}

/// Replaces every value by its function.
pub(crate) struct Map<'a, T> {
    pub(crate) function: Function,
    pub(crate) values: &'a mut [T],
}

impl<T: Scalar> Op<T> for &mut Map<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the CPU has the instructions of `K`, whose vectors these are.
        unsafe { map::<T, K::MapVector>(self.function, self.values) }
    }
}

/// Safety: the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn map<T: Scalar, V: Simd<T>>(function: Function, values: &mut [T]) {
    // SAFETY: the CPU has the instructions of `V`, this function's contract and all that the called one asks for.
    unsafe {
        match function {
            Function::Exp => each::<T, V, Exp>(values),
            Function::Sigmoid => each::<T, V, Sigmoid>(values),
            Function::Tanh => each::<T, V, Tanh>(values),
        }
    }
}

/// A function of one register. A type, not a closure: a closure is compiled without the instruction set that its
/// surroundings switch on, and each instruction in it becomes a call (45 us instead of 1.3 for `exp` of 4,096 f32 on AVX2).
trait Elementwise {
    /// Safety: as [`map`].
    unsafe fn apply<T: Scalar, V: Simd<T>>(x: V) -> V;
}
struct Exp;
struct Sigmoid;
struct Tanh;

impl Elementwise for Exp {
    #[inline(always)]
    unsafe fn apply<T: Scalar, V: Simd<T>>(x: V) -> V {
        // SAFETY: the CPU has the instructions of `V`, this function's contract and all that the called one asks for.
        unsafe { exp(x) }
    }
}
impl Elementwise for Sigmoid {
    #[inline(always)]
    unsafe fn apply<T: Scalar, V: Simd<T>>(x: V) -> V {
        // SAFETY: the CPU has the instructions of `V`, this function's contract and all that the called one asks for.
        unsafe { sigmoid(x) }
    }
}
impl Elementwise for Tanh {
    #[inline(always)]
    unsafe fn apply<T: Scalar, V: Simd<T>>(x: V) -> V {
        // SAFETY: the CPU has the instructions of `V`, this function's contract and all that the called one asks for.
        unsafe { tanh(x) }
    }
}

/// Safety: as [`map`].
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn each<T: Scalar, V: Simd<T>, F: Elementwise>(values: &mut [T]) {
    let whole = values.len() / V::LANES * V::LANES;
    let p = values.as_mut_ptr();
    // SAFETY: `i` and the masked rest stay below values.len().
    unsafe {
        let mut i = 0;
        while i < whole {
            F::apply::<T, V>(V::load(p.add(i))).store(p.add(i));
            i += V::LANES;
        }
        if whole < values.len() {
            let mask = V::first(values.len() - whole);
            F::apply::<T, V>(V::load_masked(p.add(whole), mask)).store_masked(p.add(whole), mask);
        }
    }
}
