//! Multiply-adds that never leave the registers: the peak that products are compared with.

use std::hint::black_box;

use crate::Scalar;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;

/// Chains side by side: what two units of a latency of four or five cycles keep busy, in sixteen registers.
const CHAINS: usize = 12;

/// So many rounds, of one multiply-add in each chain; `flops` is how many multiplications and additions that is.
pub(crate) struct MultiplyAdds {
    pub(crate) rounds: u64,
    pub(crate) flops: u64,
}

impl<T: Scalar> Op<T> for &mut MultiplyAdds {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: register arithmetic; the CPU has the instructions of K, this function's contract. The array has a
        // register's lanes.
        unsafe {
            // What the compiler does not know, and what stays between 1 and 2.
            let (half, one) = (K::Vector::splat(black_box(T::from_f64(0.5))), K::Vector::splat(black_box(T::ONE)));
            let mut acc = [one; CHAINS];
            for _ in 0..self.rounds {
                for chain in 0..CHAINS {
                    acc[chain] = half.mul_add(acc[chain], one);
                }
            }
            for chain in acc {
                let mut lanes = [T::ZERO; 16]; // LANES <= 16
                chain.store(lanes.as_mut_ptr());
                black_box(lanes);
            }
        }
        self.flops = self.rounds * (2 * CHAINS * K::Vector::LANES) as u64;
    }
}
