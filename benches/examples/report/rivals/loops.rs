//! Loops of multiply-adds and loads for instruction sets that the compiler may not assume: what peaks and bandwidths
//! are measured with.

use std::hint::black_box;

use chainrule_bench_support::shapes::Element;
use chainrule_kernel::Scalar;

use crate::isa::Isa;

/// Independent chains of multiply-adds: 2 a cycle of 4 cycles each keep 8 busy, and 12 + 2 fit 16 registers.
pub(crate) const CHAINS: usize = 12;

/// A loop of the given number of steps, each of [`CHAINS`] multiply-adds of full vectors.
pub(crate) fn multiply_adds(isa: Isa, element: Element) -> fn(u64) {
    assert!(isa.is_available(), "this CPU lacks {}", isa.name());
    match (isa, element) {
        #[cfg(target_arch = "x86_64")]
        (Isa::Avx512 | Isa::Avx2, _) => x86::multiply_adds(isa, element),
        (_, Element::F32) => portable::<f32, 4>,
        (_, Element::F64) => portable::<f64, 2>,
    }
}

/// Vectors of 16 bytes, multiplied and then added: what any target has.
fn portable<T: Scalar, const LANES: usize>(steps: u64) {
    let (x, y) = (black_box([T::from_f64(0.5); LANES]), black_box([T::ONE; LANES]));
    let mut chains = [[T::ZERO; LANES]; CHAINS];
    for _ in 0..steps {
        for chain in &mut chains {
            for lane in 0..LANES {
                chain[lane] = chain[lane] * x[lane] + y[lane];
            }
        }
    }
    black_box(chains);
}

/// Reads everything once, with the widest loads that the CPU has.
pub(crate) fn loads(data: &[f32]) -> f32 {
    #[cfg(target_arch = "x86_64")]
    return x86::loads(data);
    #[cfg(not(target_arch = "x86_64"))]
    return sum::<32>(data);
}

/// In `LANES` sums side by side.
#[inline(always)]
fn sum<const LANES: usize>(data: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for chunk in data.as_chunks::<LANES>().0 {
        for lane in 0..LANES {
            sums[lane] += chunk[lane];
        }
    }
    sums.iter().sum()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;

    use super::{CHAINS, Element, Isa, sum};

    macro_rules! multiply_adds {
        ($name:ident, $feature:literal, $set1:ident, $fmadd:ident) => {
            #[target_feature(enable = $feature)]
            fn $name(steps: u64) {
                let (x, y) = ($set1(black_box(0.5)), $set1(black_box(1.0)));
                let mut chains = [$set1(black_box(0.0)); CHAINS];
                for _ in 0..steps {
                    for chain in &mut chains {
                        *chain = $fmadd(*chain, x, y);
                    }
                }
                black_box(chains);
            }
        };
    }
    multiply_adds!(f32_avx2, "avx2,fma", _mm256_set1_ps, _mm256_fmadd_ps);
    multiply_adds!(f64_avx2, "avx2,fma", _mm256_set1_pd, _mm256_fmadd_pd);
    multiply_adds!(f32_avx512, "avx512f", _mm512_set1_ps, _mm512_fmadd_ps);
    multiply_adds!(f64_avx512, "avx512f", _mm512_set1_pd, _mm512_fmadd_pd);

    pub(super) fn multiply_adds(isa: Isa, element: Element) -> fn(u64) {
        // SAFETY, of all four: `super::multiply_adds`, the only caller, asserts `Isa::is_available`, which asks the CPU
        // for just these features; the loops touch no memory.
        match (isa, element) {
            // SAFETY: see above.
            (Isa::Avx512, Element::F32) => |steps| unsafe { f32_avx512(steps) },
            // SAFETY: see above.
            (Isa::Avx512, Element::F64) => |steps| unsafe { f64_avx512(steps) },
            // SAFETY: see above.
            (_, Element::F32) => |steps| unsafe { f32_avx2(steps) },
            // SAFETY: see above.
            (_, Element::F64) => |steps| unsafe { f64_avx2(steps) },
        }
    }

    /// By hand: the compiler prefers vectors of 32 bytes even where it may use 64.
    #[target_feature(enable = "avx512f")]
    fn sum_avx512(data: &[f32]) -> f32 {
        let mut sums = [_mm512_setzero_ps(); 8];
        for chunk in data.as_chunks::<16>().0.as_chunks::<8>().0 {
            for (sum, vector) in sums.iter_mut().zip(chunk) {
                // SAFETY: `vector` is a borrowed array of 16 floats, 64 bytes, and the load asks for no alignment.
                *sum = _mm512_add_ps(*sum, unsafe { _mm512_loadu_ps(vector.as_ptr()) });
            }
        }
        sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
    }

    #[target_feature(enable = "avx2")]
    fn sum_avx2(data: &[f32]) -> f32 {
        sum::<64>(data)
    }

    pub(super) fn loads(data: &[f32]) -> f32 {
        if Isa::Avx512.is_available() {
            // SAFETY: `is_available` asked the CPU for avx512f; the rest of the function is safe code.
            unsafe { sum_avx512(data) }
        } else if Isa::Avx2.is_available() {
            // SAFETY: as above, for avx2.
            unsafe { sum_avx2(data) }
        } else {
            sum::<32>(data)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_has_a_peak() {
        for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
            let peak = crate::probe::peak(isa, Element::F32, 1);
            assert!(peak > 0.1, "{}: {peak} GFLOP/s", isa.name());
        }
    }

    #[test]
    fn loads_read_everything() {
        assert_eq!(loads(&[1.0; 1280]), 1280.0);
    }
}
