//! All the `unsafe` code of the report: rivals that take raw pointers, and loops for instruction sets that the compiler
//! may not assume. Rivals with a safe interface are here too, for comparison.
#![allow(unsafe_code)]

mod bounds;
#[cfg(feature = "cblas")]
mod c;
mod interface;
#[cfg(feature = "c-libraries")]
mod library;
#[cfg(feature = "libxsmm")]
mod libxsmm;
mod loops;
#[cfg(feature = "rten")]
mod rten;

use chainrule_bench_support::operands::{Operands, Strides};
use chainrule_bench_support::rounds::Candidate;
use chainrule_bench_support::shapes::{Element, Shape};
use chainrule_kernel::Scalar;
use chainrule_naive::Float;

use crate::field::Field;
#[cfg(any(test, target_arch = "x86_64"))]
use crate::isa::Isa;

use bounds::assert_all_inside;

fn signed((down, along): Strides) -> (isize, isize) {
    (down as isize, along as isize)
}

macro_rules! rivals {
    ($t:ident, $element:expr, $matrixmultiply:ident) => {
        impl Rivals for $t {
            const ELEMENT: Element = $element;

            fn rivals(field: Field, shape: &Shape) -> Vec<Candidate<$t>> {
                let Field { threads, isa } = field;
                let faer = if isa.is_some() { faer_on_avx2 } else { faer };
                let mut rivals = vec![
                    Candidate::new("gemm", move |operands| gemm(operands, threads)),
                    Candidate::new("faer", move |operands| faer(operands, threads)),
                    Candidate::new("gemmkit", move |operands| gemmkit(operands, threads)),
                ];
                if threads == 1 {
                    rivals.insert(0, Candidate::new("matrixmultiply", $matrixmultiply));
                }
                #[cfg(feature = "cblas")]
                rivals.extend(LIBRARIES.iter().flatten().map(|library| {
                    (library.set_threads)(threads);
                    Candidate::new(library.name, move |operands| cblas(library.$matrixmultiply, operands))
                }));
                #[cfg(feature = "libxsmm")]
                rivals.extend(LIBXSMM.iter().filter_map(|x| libxsmm::candidate(x.$matrixmultiply, field, shape)));
                #[cfg(feature = "rten")]
                rivals.extend(rten::candidate(field, shape));
                let _ = shape; // only some ask
                rivals
            }
        }

        fn $matrixmultiply(operands: &mut Operands<$t>) {
            assert_all_inside(operands);
            let ((rsa, csa), (rsb, csb)) = (signed(operands.a_strides()), signed(operands.b_strides()));
            let (rsc, csc) = signed(operands.c_strides());
            let Operands { shape, a, b, c, .. } = operands;
            let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
            // SAFETY: `assert_all_inside` has every element in its slice; C is a slice of its own, and its elements are
            // apart because `Shape`'s ldc is at least n.
            unsafe {
                matrixmultiply::$matrixmultiply(
                    shape.m, shape.k, shape.n, 1.0, a, rsa, csa, b, rsb, csb, 0.0, c, rsc, csc,
                );
            }
        }
    };
}
rivals!(f32, Element::F32, sgemm);
rivals!(f64, Element::F64, dgemm);

fn gemm<T: Scalar + Float>(operands: &mut Operands<T>, threads: usize) {
    assert_all_inside(operands);
    let ((rsa, csa), (rsb, csb)) = (signed(operands.a_strides()), signed(operands.b_strides()));
    let (rsc, csc) = signed(operands.c_strides());
    let Operands { shape, a, b, c, .. } = operands;
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    let parallelism = if threads == 1 { gemm::Parallelism::None } else { gemm::Parallelism::Rayon(threads) };
    // SAFETY: as for matrixmultiply; T is f32 or f64, which the crate knows (both traits are sealed).
    unsafe {
        gemm::gemm(
            shape.m,
            shape.n,
            shape.k,
            c,
            csc,
            rsc,
            false, // C is overwritten
            a,
            csa,
            rsa,
            b,
            csb,
            rsb,
            T::ZERO, // of C
            T::ONE,  // of A * B
            false,
            false,
            false,
            parallelism,
        );
    }
}

fn faer<T: Scalar + Float + faer::traits::ComplexField>(operands: &mut Operands<T>, threads: usize) {
    use faer::{Accum, MatMut, MatRef, Par};
    let (sa, sb) = (operands.a_strides(), operands.b_strides());
    let Operands { shape, a, b, c, .. } = operands;
    let view = |data, (rows, cols), (down, along): Strides| {
        if along == 1 {
            MatRef::from_row_major_slice_with_stride(data, rows, cols, down)
        } else {
            MatRef::from_column_major_slice_with_stride(data, rows, cols, along)
        }
    };
    let (a, b) = (view(a, (shape.m, shape.k), sa), view(b, (shape.k, shape.n), sb));
    // Not `from_row_major_slice_with_stride_mut`: in 0.24.4 what it makes is stored by columns.
    let c = MatMut::from_column_major_slice_with_stride_mut(c, shape.n, shape.m, shape.ldc);
    let c = c.transpose_mut();
    let par = if threads == 1 { Par::Seq } else { Par::rayon(threads) };
    faer::linalg::matmul::matmul(c, Accum::Replace, a, b, <T as Scalar>::ONE, par);
}

/// faer, with 256-bit vectors where it would have chosen 512. It detects the CPU itself, so this calls its kernels: the
/// body is the end of `matmul_imp` in its `linalg/matmul/mod.rs` (0.24.4), one word changed. Its other ways, for small
/// products and for vectors, know no AVX-512 on a stable compiler and are faer's own.
#[cfg(target_arch = "x86_64")]
fn faer_on_avx2<T: Rivals + faer::traits::ComplexField>(operands: &mut Operands<T>, threads: usize) {
    use private_gemm_x86::{Accum, DType, DstKind, IType, InstrSet};
    use std::ptr::{from_ref, null};
    let Shape { m, n, k, .. } = operands.shape;
    if m * n * k <= 16 * 16 * 16 || m == 1 || n == 1 || k == 1 {
        return faer(operands, threads);
    }
    assert!(Isa::Avx2.is_available(), "this CPU lacks AVX2");
    assert_all_inside(operands);
    let ((rsa, csa), (rsb, csb)) = (signed(operands.a_strides()), signed(operands.b_strides()));
    let (rsc, csc) = signed(operands.c_strides());
    let Operands { a, b, c, .. } = operands;
    let (a, b, c) = (a.as_ptr().cast(), b.as_ptr().cast(), c.as_mut_ptr().cast());
    let dtype = if T::ELEMENT == Element::F32 { DType::F32 } else { DType::F64 };
    let threads = if m * n * k >= 4096 * size_of::<T>() { threads } else { 1 };
    let alpha = <T as Scalar>::ONE;
    // SAFETY: `assert_all_inside` has every element in its slice, `dtype` is T's, and the CPU has the instructions; no
    // index lists and no diagonal are given, so those pointers are not read; `alpha` outlives the call.
    unsafe {
        private_gemm_x86::gemm(
            dtype,
            IType::U64,
            InstrSet::Avx256,
            m,
            n,
            k,
            c,
            rsc,
            csc,
            null(),
            null(),
            DstKind::Full,
            Accum::Replace,
            a,
            rsa,
            csa,
            false,
            null(),
            0,
            b,
            rsb,
            csb,
            false,
            from_ref(&alpha).cast(),
            threads,
        );
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn faer_on_avx2<T: Rivals + faer::traits::ComplexField>(operands: &mut Operands<T>, threads: usize) {
    faer(operands, threads);
}

fn gemmkit<T: Scalar + Float + gemmkit::GemmScalar>(operands: &mut Operands<T>, threads: usize) {
    use gemmkit::{MatMut, MatRef, Parallelism};
    let ((rsa, csa), (rsb, csb)) = (signed(operands.a_strides()), signed(operands.b_strides()));
    let (rsc, csc) = signed(operands.c_strides());
    let Operands { shape, a, b, c, .. } = operands;
    let (m, n, k) = (shape.m, shape.n, shape.k);
    let (a, b) = (MatRef::new(a, m, k, rsa, csa), MatRef::new(b, k, n, rsb, csb));
    let parallelism = if threads == 1 { Parallelism::Serial } else { Parallelism::Rayon(threads) };
    gemmkit::gemm(<T as Scalar>::ONE, a, b, <T as Scalar>::ZERO, MatMut::new(c, m, n, rsc, csc), parallelism);
}

/// The version of a rival that is no crate, with the processor that it takes this one for.
pub(crate) fn library_version(name: &str) -> Option<String> {
    #[cfg(feature = "cblas")]
    for library in LIBRARIES.iter().flatten() {
        if library.name == name {
            return Some(library.version.clone());
        }
    }
    #[cfg(feature = "libxsmm")]
    if name == "libxsmm" {
        return LIBXSMM.iter().map(|library| library.version.clone()).next();
    }
    let _ = name; // of a crate
    None
}

/// Checks that the libraries this report was built for can be loaded and use `threads` threads. Returns notes about them on this
/// machine for the reader.
///
/// # Errors
/// Which one is not, and how to come by it.
pub(crate) fn libraries(threads: usize) -> Result<Vec<String>, String> {
    #[cfg(feature = "libxsmm")]
    LIBXSMM.as_ref().map_err(String::clone)?;
    #[cfg(feature = "cblas")]
    return c::ready(threads);
    #[cfg(not(feature = "cblas"))]
    {
        let _ = threads; // only libraries ask
        Ok(Vec::new())
    }
}

#[cfg(feature = "cblas")]
pub(crate) use c::{LIBRARIES, cblas};
pub(crate) use interface::Rivals;
#[cfg(feature = "libxsmm")]
use libxsmm::LIBXSMM;
pub(crate) use loops::{CHAINS, loads, multiply_adds};

#[cfg(test)]
mod tests {
    use chainrule_bench_support::rounds::verify;
    use chainrule_bench_support::shapes::table;

    use super::*;

    #[test]
    fn every_rival_is_right_on_shapes_of_every_group() {
        // One odd shape a group at least; the report verifies each on what it times.
        let names =
            ["32", "f64 64", "16-10 b8 dw", "128-10 b8 dx", "3x256x512", "128x11x512", "45", "64 ld 80", "64 tt"];
        let named = |name: &str| table().into_iter().find(|shape: &Shape| shape.name == name).unwrap();
        let held = Some(Isa::Avx2).filter(|isa| isa.is_available());
        for shape in names.map(named) {
            for (threads, isa) in [(1, None), (2, None), (1, held), (2, held)] {
                let field = Field { threads, isa };
                match shape.element {
                    Element::F32 => assert_eq!(verify::<f32>(&shape, &mut f32::rivals(field, &shape)), Ok(())),
                    Element::F64 => assert_eq!(verify::<f64>(&shape, &mut f64::rivals(field, &shape)), Ok(())),
                }
            }
        }
    }

    #[test]
    #[cfg(feature = "c-libraries")]
    fn a_library_that_is_missing_is_told_with_its_command() {
        let wrong = library::load("CHAINRULE_NO_SUCH_LIBRARY", &["libno-such.so"], "apt-get install x").unwrap_err();
        assert!(wrong.contains("libno-such.so") && wrong.contains("To install it: apt-get install x; or"), "{wrong}");
        let mut missing: Vec<&String> = Vec::new();
        #[cfg(feature = "cblas")]
        missing.extend(LIBRARIES.iter().filter_map(|library| library.as_ref().err()));
        #[cfg(feature = "libxsmm")]
        missing.extend(LIBXSMM.as_ref().err());
        for missing in missing {
            let command = ["apt-get install lib", "python3 -m venv target/rivals && target/rivals/bin/pip install "];
            assert!(command.iter().any(|command| missing.contains(command)), "{missing}");
        }
    }

    #[test]
    #[cfg(feature = "cblas")]
    fn a_library_that_gives_a_wrong_answer_is_refused() {
        for library in LIBRARIES.iter().flatten() {
            let shape = table().into_iter().find(|shape| shape.name == "64 tt").unwrap();
            let wrong = Candidate::new("wrong", |operands: &mut Operands<f32>| {
                std::mem::swap(&mut operands.a, &mut operands.b);
                cblas(library.sgemm, operands);
                std::mem::swap(&mut operands.a, &mut operands.b);
            });
            assert!(verify(&shape, &mut [wrong]).unwrap_err().starts_with("wrong on 64 tt"));
        }
    }
}
