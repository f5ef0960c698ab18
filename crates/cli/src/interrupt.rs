//! Signals that ask a process to end: SIGINT (Ctrl-C), SIGTERM and SIGHUP.
//!
//! The first signal stops training after the current step, and the model is kept. A second signal, or the first when no
//! training runs, ends the process at once with exit code 128 + signal, but not while a file is being written. SIGHUP
//! stays ignored after `nohup`. On Windows there is only Ctrl-C.

use std::path::Path;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chainrule::train::StopHandle;

use crate::escape::shown;
use crate::output::tell;
use crate::signal::Signal;

/// Locked while a file is written: ending the process then would leave a temporary file behind.
static WRITING: Mutex<()> = Mutex::new(());

/// The training that a signal stops.
static TRAINING: Mutex<Option<StopHandle>> = Mutex::new(None);

/// The output file, until it is written.
static PROMISED: Mutex<Option<String>> = Mutex::new(None);

/// The signal that stopped training; 0: none yet.
static STOPPED: AtomicI32 = AtomicI32::new(0);

/// The signal that ends the process as soon as no file is being written; 0: none yet.
static ENDING: AtomicI32 = AtomicI32::new(0);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Installs the handlers of all signals.
#[cfg(unix)]
pub(crate) fn listen() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    // A write beyond `ulimit -f` becomes an error message, as on a full disk, and does not end the process.
    let _ = signal_hook::flag::register(SIGXFSZ, Default::default());
    let ignores_hangup = std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_ignored(&status, SIGHUP));
    let signals = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| *signal != SIGHUP || !ignores_hangup);
    // Without a listener, signals end the process as they do by default; the command can still run.
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(signals) {
        let listener = move || signals.forever().for_each(received);
        let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(listener);
    }
}

/// Whether the process ignores this signal from its start, by the hexadecimal mask in Linux's /proc/self/status.
#[cfg(unix)]
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Installs the handler of Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn listen() {
    let _ = ctrlc::set_handler(|| received(2));
}

fn received(signal: i32) {
    if let Some(stop) = &*lock(&TRAINING)
        && STOPPED.compare_exchange(0, signal, SeqCst, SeqCst).is_ok()
    {
        stop.stop();
        return;
    }
    ENDING.store(signal, SeqCst);
    end(Signal(signal));
}

/// Ends the process once no file is being written.
fn end(signal: Signal) -> ! {
    let _writing = lock(&WRITING);
    if let Some(path) = lock(&PROMISED).take() {
        tell(format_args!("error: ended by {}: {path} is not written", signal.name()));
    }
    std::process::exit(signal.exit_code());
}

/// Makes the first signal stop the run of this handle.
pub(crate) fn stop_training(stop: StopHandle) {
    *lock(&TRAINING) = Some(stop);
}

/// The signal that stopped training.
pub(crate) fn stopped_by() -> Option<Signal> {
    Some(STOPPED.load(SeqCst)).filter(|signal| *signal != 0).map(Signal)
}

/// Registers an output file: a signal that ends the process before it is written reports that.
pub(crate) fn promise(path: &Path) {
    *lock(&PROMISED) = Some(shown(path.display()));
}

/// The registered file has been written.
pub(crate) fn kept() {
    *lock(&PROMISED) = None;
}

/// Runs a function that signals must not interrupt. Does not return if a signal that ends the process arrived
/// meanwhile.
pub(crate) fn undisturbed<R>(work: impl FnOnce() -> R) -> R {
    let writing = lock(&WRITING);
    let result = work();
    drop(writing);
    match ENDING.load(SeqCst) {
        0 => result,
        signal => end(Signal(signal)),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_is_ignored_from_birth_is_told_from_others() {
        let status = "Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000001001\nSigCgt:\tffffffffffffffff\n";
        assert!(is_ignored(status, 1) && is_ignored(status, 13));
        assert!(!is_ignored(status, 2) && !is_ignored("", 1) && !is_ignored("SigIgn:\tx", 1));
    }
}
