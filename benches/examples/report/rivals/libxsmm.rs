//! LIBXSMM, which compiles a kernel for each small product when it is asked for one.

use std::ffi::c_int;
use std::sync::LazyLock;

use chainrule_bench_support::operands::Operands;
use chainrule_bench_support::rounds::Candidate;
use chainrule_bench_support::shapes::{Shape, Stored};
use chainrule_kernel::Scalar;

use super::bounds::assert_all_inside;
use super::interface::Rivals;
use super::library::{Words, files_in_memory, load, symbol, words};
use crate::field::Field;

/// A kernel: a, b, c, columns first. Its type goes on with addresses to prefetch from, which kernels without prefetching
/// do not read.
type Kernel<T> = unsafe extern "C" fn(*const T, *const T, *mut T);
/// `libxsmm_smmdispatch` or `libxsmm_dmmdispatch`: m, n, k, lda, ldb, ldc, alpha, beta, flags, prefetch. No kernel where the
/// library has none.
pub(super) type Dispatch<T> = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    *const c_int,
    *const c_int,
    *const c_int,
    *const T,
    *const T,
    *const c_int,
    *const c_int,
) -> Option<Kernel<T>>;

/// The second operand is stored transposed, of `libxsmm_typedefs.h`.
const TRANSPOSED_B: c_int = 2;
/// Multiply-adds, at most: a kernel goes through its operands without blocks for caches, so that larger products are not what
/// the library is for.
const MOST: usize = 256 * 256 * 256;

/// The library, or why it is not there.
pub(super) static LIBXSMM: LazyLock<Result<Libxsmm, String>> = LazyLock::new(libxsmm);

pub(super) struct Libxsmm {
    pub(super) version: String,
    pub(super) sgemm: Dispatch<f32>,
    pub(super) dgemm: Dispatch<f64>,
    /// Keeps the functions where they are.
    _loaded: libloading::Library,
}

fn libxsmm() -> Result<Libxsmm, String> {
    let install = "apt-get install libxsmm-dev (of the archive in it scripts/bench makes a library to load)";
    let loaded = load("CHAINRULE_LIBXSMM", &["libxsmm.so", "libxsmm.so.1"], install)?;
    let init: unsafe extern "C" fn() = symbol(&loaded, "libxsmm_init")?;
    // SAFETY: it has no arguments, and may be called often.
    unsafe { init() };
    let target = words(symbol::<Words>(&loaded, "libxsmm_get_target_arch")?);
    let file = files_in_memory("libxsmm.so").pop().unwrap_or_default();
    let number = file.strip_prefix("libxsmm.so.").unwrap_or("of unknown version");
    Ok(Libxsmm {
        version: format!("{number} ({target})"),
        sgemm: symbol(&loaded, "libxsmm_smmdispatch")?,
        dgemm: symbol(&loaded, "libxsmm_dmmdispatch")?,
        _loaded: loaded,
    })
}

/// On one thread, for a B that is stored by rows and a product that is not large: others have no kernel.
pub(super) fn candidate<T: Rivals>(dispatch: Dispatch<T>, field: Field, shape: &Shape) -> Option<Candidate<T>> {
    let Shape { m, n, k, a, b, lda, ldb, ldc, .. } = *shape;
    if field.threads > 1 || b == Stored::Columns || m * n * k > MOST {
        return None;
    }
    let int = |size: usize| c_int::try_from(size).expect("a size that C can count");
    let flags = if a == Stored::Columns { TRANSPOSED_B } else { 0 };
    let (one, zero) = (<T as Scalar>::ONE, <T as Scalar>::ZERO);
    // Its matrices are stored by columns: C transposed is B transposed times A transposed.
    // SAFETY: the pointers are of numbers that outlive the call.
    let kernel = unsafe { dispatch(int(n), int(m), int(k), &int(ldb), &int(lda), &int(ldc), &one, &zero, &flags, &0) }?;
    let sizes = |of: &Shape| ([of.m, of.n, of.k, of.lda, of.ldb, of.ldc], of.a, of.b);
    let made_for = sizes(shape);
    Some(Candidate::new("libxsmm", move |operands: &mut Operands<T>| {
        assert_eq!(sizes(&operands.shape), made_for, "a kernel is of one shape");
        assert_all_inside(operands);
        let Operands { a, b, c, .. } = operands;
        // SAFETY: `assert_all_inside` has every element in its slice, and the kernel was made for these sizes (asserted).
        unsafe { kernel(b.as_ptr(), a.as_ptr(), c.as_mut_ptr()) };
    }))
}
