//! BLIS.

use std::ffi::{CStr, c_char, c_int};

use crate::rivals::library::{Library, load, symbol, words};

pub(super) fn blis() -> Result<Library, String> {
    let install = "apt-get install libblis4-pthread";
    let loaded = load("CHAINRULE_BLIS", &["libblis.so.4", "libblis.so"], install)?;
    let init: unsafe extern "C" fn() = symbol(&loaded, "bli_init")?;
    let id: unsafe extern "C" fn() -> c_int = symbol(&loaded, "bli_arch_query_id")?;
    let name: unsafe extern "C" fn(c_int) -> *const c_char = symbol(&loaded, "bli_arch_string")?;
    // SAFETY: the library is initialised before any other call; `name` takes what `id` returned, and returns a static
    // string of the library.
    let core = unsafe {
        init();
        CStr::from_ptr(name(id())).to_string_lossy()
    };
    let set: unsafe extern "C" fn(i64) = symbol(&loaded, "bli_thread_set_num_threads")?;
    let get: unsafe extern "C" fn() -> i64 = symbol(&loaded, "bli_thread_get_num_threads")?;
    Ok(Library {
        name: "blis",
        version: format!("{} ({core})", words(symbol(&loaded, "bli_info_get_version_str")?)),
        note: None,
        sgemm: symbol(&loaded, "cblas_sgemm")?,
        dgemm: symbol(&loaded, "cblas_dgemm")?,
        set_threads: Box::new(move |threads| {
            // SAFETY: as for OpenBLAS; its integers have 64 bits unless it is configured otherwise, and a register
            // serves both.
            unsafe { set(threads as i64) };
            // SAFETY: it has no arguments.
            unsafe { get() as usize }
        }),
        _loaded: loaded,
    })
}
