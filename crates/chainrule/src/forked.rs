//! A process that was forked has the memory of its parent but none of its threads: whoever gives them work waits forever.
//! Here that becomes an error.

use std::sync::OnceLock;

use chainrule_model::global_pool_process;

use crate::{Error, Result};

/// The process that threads were started in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) fn current() -> Self {
        Process(std::process::id())
    }

    /// Whether they can be given work here.
    pub(crate) fn check(self) -> Result<()> {
        let now = Process::current();
        if now == self { Ok(()) } else { Err(Error::Forked { parent: self.0, process: now.0 }) }
    }
}

/// The same for the threads that work here would be given to: those of the pool that it runs in, or rayon's global ones, which are
/// started.
pub(crate) fn check() -> Result<()> {
    if rayon::current_thread_index().is_some() {
        return Ok(()); // This is one of them.
    }
    start_threads()
}

/// Starts the threads that predictions, evaluations and trainers without threads of their own share. Otherwise the first that
/// needs them does, with the same errors. Dense layers that an application runs itself panic where the system has none to give.
///
/// # Errors
/// When they cannot be started, now or at the first call: a process tries once. When chainrule started or used them in a process
/// that this one was forked from. Otherwise, once they have been, there is nothing to do.
pub fn start_threads() -> Result<()> {
    static OUTCOME: OnceLock<std::result::Result<(), String>> = OnceLock::new();
    match OUTCOME.get_or_init(start) {
        Ok(()) => Process(global_pool_process()).check(),
        Err(reason) => {
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            Err(Error::Threads { threads, reason: reason.clone() })
        }
    }
}

/// Starts rayon's global pool, and records which process has it; the reason where there is none.
fn start() -> std::result::Result<(), String> {
    if let Err(error) = rayon::ThreadPoolBuilder::new().build_global() {
        // It says no more than its text whether there are threads already, which somebody else started.
        let reason = error.to_string();
        if !reason.contains("already been initialized") {
            return Err(reason);
        }
    }
    global_pool_process();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_another_process_are_refused_with_both_numbers() {
        assert!(Process::current().check().is_ok() && check().is_ok());
        assert_eq!(global_pool_process(), std::process::id());
        let message = Process(7).check().unwrap_err().to_string();
        assert!(
            message.contains(&format!("process {}", std::process::id())) && message.contains("process 7"),
            "{message}"
        );
    }
}
