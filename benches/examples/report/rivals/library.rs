//! How libraries of C are found and loaded. They are not linked, since most of them use the same names.

#[cfg(feature = "cblas")]
use std::ffi::c_int;

/// `cblas_sgemm` or `cblas_dgemm`, whose integers have 32 bits in these builds: order, transpose a, transpose b, m,
/// n, k, alpha, a, lda, b, ldb, beta, c, ldc.
#[cfg(feature = "cblas")]
pub(crate) type Gemm<T> = unsafe extern "C" fn(
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

/// A library that speaks CBLAS.
#[cfg(feature = "cblas")]
pub(crate) struct Library {
    pub(crate) name: &'static str,
    /// With the processor that it takes this one for, or the instructions that it computes with.
    pub(crate) version: String,
    /// What a reader must know of it on this machine.
    pub(crate) note: Option<String>,
    pub(crate) sgemm: Gemm<f32>,
    pub(crate) dgemm: Gemm<f64>,
    /// Returns how many it will use.
    pub(crate) set_threads: Box<dyn Fn(usize) -> usize + Send + Sync>,
    /// Keeps the functions where they are.
    pub(crate) _loaded: libloading::Library,
}

/// How a wheel is installed where [`of_wheels`] looks for its files.
#[cfg(any(feature = "scipy-openblas", feature = "mkl"))]
pub(crate) fn installs(package: &str) -> String {
    format!("python3 -m venv target/rivals && target/rivals/bin/pip install {package}")
}

/// Such a file of a wheel in the virtual environment `target/rivals`, in its folder `lib` or among a Python's packages.
#[cfg(any(feature = "scipy-openblas", feature = "mkl"))]
pub(crate) fn of_wheels(file: &str) -> String {
    let lib = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/rivals/lib");
    let pythons = std::fs::read_dir(&lib).into_iter().flatten().flatten().map(|entry| entry.path());
    let packages = pythons.map(|python| python.join("site-packages").join(file));
    let found = packages.into_iter().find(|path| path.exists()).unwrap_or_else(|| lib.join(file));
    found.to_string_lossy().into_owned()
}

/// The library that the variable names, otherwise the first of the files that is there.
pub(crate) fn load(variable: &str, files: &[&str], install: &str) -> Result<libloading::Library, String> {
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

pub(crate) fn symbol<T: Copy>(library: &libloading::Library, name: &str) -> Result<T, String> {
    // SAFETY: callers ask for the C function of that name with the type that its header gives it.
    let symbol = unsafe { library.get::<T>(name.as_bytes()) };
    symbol.map(|symbol| *symbol).map_err(|error| error.to_string())
}

/// A function without arguments that returns a string of the library's own.
#[cfg(any(feature = "openblas", feature = "scipy-openblas", feature = "blis", feature = "libxsmm"))]
pub(crate) type Words = unsafe extern "C" fn() -> *const std::ffi::c_char;

#[cfg(any(feature = "openblas", feature = "scipy-openblas", feature = "blis", feature = "libxsmm"))]
pub(crate) fn words(function: Words) -> String {
    // SAFETY: every library that is asked so documents it as a string of its own, without arguments.
    unsafe { std::ffi::CStr::from_ptr(function()) }.to_string_lossy().into_owned()
}

/// The names of the files in this process's memory that begin so, each once; Linux tells.
#[cfg(any(feature = "mkl", feature = "libxsmm"))]
pub(crate) fn files_in_memory(prefix: &str) -> Vec<String> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let names = maps.lines().filter_map(|line| line.rsplit('/').next()).filter(|name| name.starts_with(prefix));
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names.dedup();
    names
}
