//! What every function of the header runs in: a panic becomes a status, a failure the thread's last error.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{CHAINRULE_ERROR_INTERNAL, CHAINRULE_OK, ChainruleStatus, Failure};

thread_local! {
    /// The text of the thread's last failure.
    static LAST: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Runs the body of a function of the header.
pub(crate) fn guard(body: impl FnOnce() -> Result<(), Failure>) -> ChainruleStatus {
    silence();
    let outcome = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = format!("the library panicked, which is a bug: {}", said(&*panic));
        // What a panic carries may panic itself when it is dropped.
        std::mem::forget(panic);
        Err(Failure::new(CHAINRULE_ERROR_INTERNAL, text))
    });
    match outcome {
        Ok(()) => CHAINRULE_OK,
        Err(Failure { status, text }) => {
            // A thread that is ending keeps no text.
            let _ = LAST.try_with(|last| last.replace(Some(c_text(&text))));
            status
        }
    }
}

/// The text of this thread's last failure; an empty one where there was none. Valid until its next failure.
pub(crate) fn last_error() -> *const c_char {
    let none: &CStr = c"";
    LAST.try_with(|last| last.borrow().as_ref().map_or(none.as_ptr(), |text| text.as_ptr())).unwrap_or(none.as_ptr())
}

/// As C has it; a NUL inside becomes U+FFFD.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// A library does not print. The hook is that of its own copy of Rust's standard library; tests keep theirs.
fn silence() {
    #[cfg(not(test))]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::CHAINRULE_ERROR_ARGUMENT;

    /// What the header promises of the pointer: text, until the next failure.
    fn last() -> String {
        LAST.with(|last| last.borrow().as_ref().map(|text| text.to_string_lossy().into_owned())).unwrap_or_default()
    }

    #[test]
    fn a_panic_becomes_a_status_with_its_text() {
        assert_eq!(guard(|| panic!("row {} of {}", 7, 3)), CHAINRULE_ERROR_INTERNAL);
        assert_eq!(last(), "the library panicked, which is a bug: row 7 of 3");
        assert_eq!(guard(|| std::panic::panic_any(3_u8)), CHAINRULE_ERROR_INTERNAL);
        assert!(last().ends_with("no text"));
        /// Panics when it is dropped.
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        assert_eq!(guard(|| std::panic::panic_any(Bomb)), CHAINRULE_ERROR_INTERNAL);
    }

    #[test]
    fn a_text_is_the_thread_s_own_and_stays_until_the_next_failure() {
        assert_eq!(guard(|| Err(Failure::argument("x is null\0"))), CHAINRULE_ERROR_ARGUMENT);
        std::thread::spawn(|| assert_eq!(last(), "")).join().unwrap();
        assert_eq!(guard(|| Ok(())), CHAINRULE_OK);
        assert_eq!(last(), "x is null\u{fffd}");
    }
}
