//! Ctrl-C: the first one ends training after the step that runs, so that the model is kept; the second one ends the
//! process at once.

use std::sync::{Mutex, PoisonError};

use chainrule::StopHandle;

/// Held while a file is written: ending the process then would leave a temporary file behind.
static WRITING: Mutex<()> = Mutex::new(());

/// What shells report of a process that Ctrl-C ended: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// From now on Ctrl-C stops the run of this handle.
pub(crate) fn stop_on_ctrl_c(stop: StopHandle) {
    let handler = move || {
        if stop.is_stopped() {
            let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            std::process::exit(INTERRUPTED);
        }
        stop.stop();
    };
    // Without a handler Ctrl-C ends the process, as it does before this call: no reason not to train.
    let _ = ctrlc::set_handler(handler);
}

/// Does what a second Ctrl-C waits for.
pub(crate) fn undisturbed<R>(work: impl FnOnce() -> R) -> R {
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    work()
}
