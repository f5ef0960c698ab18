//! Libraries of C that speak CBLAS: loaded and not linked, since all of them use the same names.

use std::ffi::{CStr, c_char, c_int};
use std::sync::LazyLock;

use chainrule_bench_support::operands::Operands;
use chainrule_bench_support::shapes::{Shape, Stored};
use chainrule_kernel::Scalar;
use chainrule_naive::Float;

use super::bounds::assert_all_inside;

/// `cblas_sgemm` or `cblas_dgemm`, whose integers have 32 bits in these builds: order, transpose a, transpose b, m,
/// n, k, alpha, a, lda, b, ldb, beta, c, ldc.
type Gemm<T> = unsafe extern "C" fn(
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    c_int,
    T,
    *const T,
    c_int,
    *const T,
    c_int,
    T,
    *mut T,
    c_int,
);

pub(crate) struct Library {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    pub(crate) sgemm: Gemm<f32>,
    pub(crate) dgemm: Gemm<f64>,
    pub(crate) set_threads: Box<dyn Fn(usize) + Send + Sync>,
    /// Keeps the functions where they are.
    _loaded: libloading::Library,
}

/// Those of this build, or why they are not there.
pub(crate) static LIBRARIES: LazyLock<Vec<Result<Library, String>>> = LazyLock::new(|| {
    vec![
        #[cfg(feature = "openblas")]
        openblas(),
        #[cfg(feature = "blis")]
        blis(),
    ]
});

/// The library that the variable names, otherwise the first of the files that the system finds.
pub(super) fn load(variable: &str, files: &[&str], install: &str) -> Result<libloading::Library, String> {
    let named = std::env::var(variable).ok();
    let files = named.as_deref().map_or(files.to_vec(), |file| vec![file]);
    let mut wrong = String::new();
    for file in files {
        // SAFETY: loading runs the library's own start, which for a BLAS reads the CPU and the environment.
        match unsafe { libloading::Library::new(file) } {
            Ok(library) => return Ok(library),
            Err(error) => wrong = error.to_string(),
        }
    }
    Err(format!("{wrong}. To install it: {install}; or let {variable} name the file"))
}

fn symbol<T: Copy>(library: &libloading::Library, name: &str) -> Result<T, String> {
    // SAFETY: callers ask for the C function of that name with the type that its header gives it.
    let symbol = unsafe { library.get::<T>(name.as_bytes()) };
    symbol.map(|symbol| *symbol).map_err(|error| error.to_string())
}

type Words = unsafe extern "C" fn() -> *const c_char;

fn words(function: Words) -> String {
    // SAFETY: both libraries document it as a string of their own, without arguments.
    unsafe { CStr::from_ptr(function()) }.to_string_lossy().into_owned()
}

#[cfg(feature = "openblas")]
fn openblas() -> Result<Library, String> {
    let install = "apt-get install libopenblas0-pthread";
    let loaded = load("CHAINRULE_OPENBLAS", &["libopenblas.so.0", "libopenblas.so"], install)?;
    // In the builds that NumPy and SciPy bring along, every name has a prefix.
    let prefix = if symbol::<Words>(&loaded, "scipy_openblas_get_config").is_ok() { "scipy_" } else { "" };
    let name = |name: &str| format!("{prefix}{name}");
    let config = words(symbol(&loaded, &name("openblas_get_config"))?);
    let core = words(symbol(&loaded, &name("openblas_get_corename"))?);
    let set: unsafe extern "C" fn(c_int) = symbol(&loaded, &name("openblas_set_num_threads"))?;
    Ok(Library {
        name: "openblas",
        version: format!("{} ({core})", config.split(' ').nth(1).unwrap_or("of unknown version")),
        sgemm: symbol(&loaded, &name("cblas_sgemm"))?,
        dgemm: symbol(&loaded, &name("cblas_dgemm"))?,
        // SAFETY: any number will do, says its manual; the report's is at most the processors'.
        set_threads: Box::new(move |threads| unsafe { set(threads as c_int) }),
        _loaded: loaded,
    })
}

#[cfg(feature = "blis")]
fn blis() -> Result<Library, String> {
    let install = "apt-get install libblis4-pthread";
    let loaded = load("CHAINRULE_BLIS", &["libblis.so.4", "libblis.so"], install)?;
    let init: unsafe extern "C" fn() = symbol(&loaded, "bli_init")?;
    let id: unsafe extern "C" fn() -> c_int = symbol(&loaded, "bli_arch_query_id")?;
    let name: unsafe extern "C" fn(c_int) -> *const c_char = symbol(&loaded, "bli_arch_string")?;
    // SAFETY: the library is told to begin before it is asked anything; `name` takes what `id` gave, and answers with
    // a string of the library's own.
    let core = unsafe {
        init();
        CStr::from_ptr(name(id())).to_string_lossy()
    };
    let set: unsafe extern "C" fn(i64) = symbol(&loaded, "bli_thread_set_num_threads")?;
    Ok(Library {
        name: "blis",
        version: format!("{} ({core})", words(symbol(&loaded, "bli_info_get_version_str")?)),
        sgemm: symbol(&loaded, "cblas_sgemm")?,
        dgemm: symbol(&loaded, "cblas_dgemm")?,
        // SAFETY: as for OpenBLAS; its integers have 64 bits unless it is configured otherwise, and a register
        // serves both.
        set_threads: Box::new(move |threads| unsafe { set(threads as i64) }),
        _loaded: loaded,
    })
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
