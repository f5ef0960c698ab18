//! Libraries of C that speak CBLAS.

#[cfg(feature = "blis")]
mod blis;
#[cfg(feature = "mkl")]
mod mkl;
#[cfg(any(feature = "openblas", feature = "scipy-openblas"))]
mod openblas;

use std::ffi::c_int;
use std::sync::LazyLock;

use chainrule_bench_support::operands::Operands;
use chainrule_bench_support::shapes::{Shape, Stored};
use chainrule_kernel::Scalar;
use chainrule_naive::Float;

use super::bounds::assert_all_inside;
use super::library::{Gemm, Library};

/// Those of this build, or why they are not there.
pub(crate) static LIBRARIES: LazyLock<Vec<Result<Library, String>>> = LazyLock::new(|| {
    vec![
        #[cfg(feature = "openblas")]
        openblas::of_the_system(),
        #[cfg(feature = "scipy-openblas")]
        openblas::of_the_wheel(),
        #[cfg(feature = "blis")]
        blis::blis(),
        #[cfg(feature = "mkl")]
        mkl::mkl(),
    ]
});

/// Checks that all can be loaded and use `threads` threads. Returns notes about them on this machine for the reader.
///
/// # Errors
/// Which one is not there, and how to come by it, or which one uses other threads.
pub(super) fn ready(threads: usize) -> Result<Vec<String>, String> {
    let mut notes = Vec::new();
    for library in LIBRARIES.iter() {
        let Library { name, version, note, set_threads, .. } = library.as_ref().map_err(String::clone)?;
        let used = set_threads(threads);
        if used != threads {
            return Err(format!("{name} {version} uses {used} threads where {threads} are asked for"));
        }
        notes.extend(note.clone());
    }
    Ok(notes)
}

pub(crate) fn cblas<T: Scalar + Float>(gemm: Gemm<T>, operands: &mut Operands<T>) {
    const BY_ROWS: c_int = 101;
    assert_all_inside(operands);
    let Operands { shape, a, b, c, .. } = operands;
    let Shape { m, n, k, lda, ldb, ldc, .. } = *shape;
    let int = |size: usize| c_int::try_from(size).expect("a size that C can count");
    let transpose = |stored| if stored == Stored::Rows { 111 } else { 112 };
    // SAFETY: `assert_all_inside` has every element in its slice, and `Shape`'s leading dimensions hold the rows.
    unsafe {
        gemm(
            BY_ROWS,
            transpose(shape.a),
            transpose(shape.b),
            int(m),
            int(n),
            int(k),
            <T as Scalar>::ONE,
            a.as_ptr(),
            int(lda),
            b.as_ptr(),
            int(ldb),
            <T as Scalar>::ZERO,
            c.as_mut_ptr(),
            int(ldc),
        );
    }
}
