//! A process that was forked has the memory of its parent but none of its threads: whoever gives them work waits forever.
//! Here that becomes an error.

use std::sync::OnceLock;

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

/// The same for the threads that work here would be given to: those of the pool that it runs in, or rayon's global ones,
/// which the first call is taken to have started.
pub(crate) fn check() -> Result<()> {
    static GLOBAL: OnceLock<Process> = OnceLock::new();
    if rayon::current_thread_index().is_some() {
        return Ok(()); // This is one of them.
    }
    GLOBAL.get_or_init(Process::current).check()
}

/// Starts the threads that predictions, evaluations and trainers without threads of their own share. Otherwise the first that
/// needs them does, and panics where the system has none to give.
///
/// # Errors
/// When they cannot be started. Once they have been, by whomever, there is nothing to do.
pub fn start_threads() -> Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let Err(error) = rayon::ThreadPoolBuilder::new().build_global() else { return Ok(()) };
    // It says no more than its text whether there are threads already.
    let reason = error.to_string();
    if reason.contains("already been initialized") { Ok(()) } else { Err(Error::Threads { threads, reason }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_of_another_process_are_refused_with_both_numbers() {
        assert!(Process::current().check().is_ok() && check().is_ok());
        let message = Process(7).check().unwrap_err().to_string();
        assert!(
            message.contains(&format!("process {}", std::process::id())) && message.contains("process 7"),
            "{message}"
        );
    }
}
