//! OpenBLAS: the system's, and the newer one of a Python wheel.

use std::ffi::c_int;

use crate::rivals::library::{Library, Words, load, symbol, words};

#[cfg(feature = "openblas")]
pub(super) fn of_the_system() -> Result<Library, String> {
    let install = "apt-get install libopenblas0-pthread";
    openblas("openblas", load("CHAINRULE_OPENBLAS", &["libopenblas.so.0", "libopenblas.so"], install)?)
}

/// Of the package scipy-openblas32, whose integers have 32 bits.
#[cfg(feature = "scipy-openblas")]
pub(super) fn of_the_wheel() -> Result<Library, String> {
    use crate::rivals::library::{installs, of_wheels};
    let file = of_wheels("scipy_openblas32/lib/libscipy_openblas.so");
    openblas("scipy-openblas", load("CHAINRULE_SCIPY_OPENBLAS", &[&file], &installs("scipy-openblas32"))?)
}

fn openblas(called: &'static str, loaded: libloading::Library) -> Result<Library, String> {
    // In the builds that NumPy and SciPy bring along, every name has a prefix.
    let prefix = if symbol::<Words>(&loaded, "scipy_openblas_get_config").is_ok() { "scipy_" } else { "" };
    let name = |name: &str| format!("{prefix}{name}");
    let config = words(symbol(&loaded, &name("openblas_get_config"))?);
    let core = words(symbol(&loaded, &name("openblas_get_corename"))?);
    let set: unsafe extern "C" fn(c_int) = symbol(&loaded, &name("openblas_set_num_threads"))?;
    let get: unsafe extern "C" fn() -> c_int = symbol(&loaded, &name("openblas_get_num_threads"))?;
    Ok(Library {
        name: called,
        version: format!("{} ({core})", config.split(' ').nth(1).unwrap_or("of unknown version")),
        note: None,
        sgemm: symbol(&loaded, &name("cblas_sgemm"))?,
        dgemm: symbol(&loaded, &name("cblas_dgemm"))?,
        set_threads: Box::new(move |threads| {
            // SAFETY: any number will do, says its manual; the report's is at most the processors'.
            unsafe { set(threads as c_int) };
            // SAFETY: it has no arguments.
            unsafe { get() as usize }
        }),
        _loaded: loaded,
    })
}
