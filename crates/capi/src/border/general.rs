//! Version, last error, names of statuses.

use std::ffi::{CStr, c_char};

use crate::guard::last_error;
use crate::types::CHAINRULE_ABI_VERSION;

/// The version of the library, as "0.1.0". Never NULL; static. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn chainrule_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The version of the interface that the library was built with: compare it with CHAINRULE_ABI_VERSION. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn chainrule_abi_version() -> u32 {
    CHAINRULE_ABI_VERSION
}

/// What was wrong with the last call of this thread that did not return CHAINRULE_OK: what was found, what was expected, and where,
/// in UTF-8. An empty text where no call failed; never NULL. The text belongs to the library and is valid until another call of this
/// thread fails, or the thread ends. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn chainrule_last_error() -> *const c_char {
    last_error()
}

/// The name of a status, as "CHAINRULE_ERROR_IO"; "unknown status" of a number that is none. Never NULL; static. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn chainrule_status_name(status: i32) -> *const c_char {
    let name: &CStr = match status {
        0 => c"CHAINRULE_OK",
        1 => c"CHAINRULE_ERROR_ARGUMENT",
        2 => c"CHAINRULE_ERROR_HANDLE",
        3 => c"CHAINRULE_ERROR_IO",
        4 => c"CHAINRULE_ERROR_FORMAT",
        5 => c"CHAINRULE_ERROR_DATA",
        6 => c"CHAINRULE_ERROR_NOT_FINITE",
        7 => c"CHAINRULE_ERROR_MEMORY",
        8 => c"CHAINRULE_ERROR_BUSY",
        9 => c"CHAINRULE_ERROR_UNSUPPORTED",
        10 => c"CHAINRULE_ERROR_THREADS",
        11 => c"CHAINRULE_ERROR_INTERNAL",
        _ => c"unknown status",
    };
    name.as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::*;

    #[test]
    fn every_status_has_its_name() {
        let all = [
            CHAINRULE_OK,
            CHAINRULE_ERROR_ARGUMENT,
            CHAINRULE_ERROR_HANDLE,
            CHAINRULE_ERROR_IO,
            CHAINRULE_ERROR_FORMAT,
            CHAINRULE_ERROR_DATA,
            CHAINRULE_ERROR_NOT_FINITE,
            CHAINRULE_ERROR_MEMORY,
            CHAINRULE_ERROR_BUSY,
            CHAINRULE_ERROR_UNSUPPORTED,
            CHAINRULE_ERROR_THREADS,
            CHAINRULE_ERROR_INTERNAL,
        ];
        for (at, status) in all.into_iter().enumerate() {
            // SAFETY: a static text that ends in NUL.
            let name = unsafe { CStr::from_ptr(chainrule_status_name(status as i32)) };
            assert_eq!((name.to_str().unwrap(), at), (&*format!("{status:?}"), status as usize));
        }
    }
}
