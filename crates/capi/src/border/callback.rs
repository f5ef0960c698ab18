//! The function of C's that training calls.

use std::ffi::{c_int, c_void};

/// An epoch of training, for a ChainruleEpochCallback.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChainruleEpoch {
    /// Counted from 1.
    pub epoch: usize,
    /// The mean loss of its rows, each before the step that uses it.
    pub loss: f64,
    /// The mean loss of the validation rows after it; NaN where there are none.
    pub validation_loss: f64,
    /// The share of validation rows whose class is right; NaN without classes.
    pub validation_accuracy: f64,
    /// Wall time of its steps, in seconds.
    pub seconds: f64,
}

/// Called after each epoch, with what it came to and the pointer of the options; returns 0 to go on, anything else to end training
/// there. It may be called on a thread of the library, while the call that trains waits. It must return: no longjmp, and in C++ no
/// exception. The epoch is valid until it returns. It may call any function of this library.
pub type ChainruleEpochCallback =
    Option<unsafe extern "C" fn(epoch: *const ChainruleEpoch, user: *mut c_void) -> c_int>;

/// A function of C's that is called after each epoch.
pub(super) struct Callback {
    function: ChainruleEpochCallback,
    user: *mut c_void,
}

// SAFETY: the header says that it may be called on a thread of the library, while the caller waits.
unsafe impl Send for Callback {}

impl Callback {
    /// A function, or none.
    ///
    /// # Safety
    /// The function may be called with `user` until this is dropped, on any thread.
    pub(super) unsafe fn new(function: ChainruleEpochCallback, user: *mut c_void) -> Self {
        Callback { function, user }
    }

    /// Whether training goes on.
    pub(super) fn call(&mut self, epoch: &ChainruleEpoch) -> bool {
        match self.function {
            None => true,
            // SAFETY: the word that `Callback::new` was given; the epoch is there until it returns.
            Some(function) => unsafe { function(epoch, self.user) == 0 },
        }
    }
}
