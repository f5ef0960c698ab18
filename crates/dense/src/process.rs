//! Whether the threads of the current pool exist. A forked process has the memory of its parent but none of its
//! threads: its copy of a pool has no threads, and waiting for it would never end. There, the calling thread computes
//! everything, to the same bits.
//!
//! This is checked only before work for more than one thread: one system call for at least 2 M multiply-adds per
//! thread. Threads of a pool that the forked process starts itself are used.

use std::cell::Cell;
use std::process;
use std::sync::OnceLock;

/// The process that first asked from outside any pool.
static GLOBAL: OnceLock<u32> = OnceLock::new();

thread_local! {
    /// For a thread of a pool, the process in which it first called; 0 before.
    static MINE: Cell<u32> = const { Cell::new(0) };
}

/// The process that has the threads of rayon's global pool, by its number. The first that asks, or that has work here for more than
/// one thread outside any pool, is assumed to have started them. Whoever starts them calls this at once: a process that is forked
/// later then knows that it has none.
pub fn global_pool_process() -> u32 {
    *GLOBAL.get_or_init(process::id)
}

/// Whether the threads of the current pool exist in this process.
pub(crate) fn has_threads() -> bool {
    let now = process::id();
    if rayon::current_thread_index().is_none() {
        return global_pool_process() == now;
    }
    // A thread of a pool; if a fork copied it, the process is no longer the same.
    if MINE.get() == 0 {
        MINE.set(now);
    }
    MINE.get() == now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_was_copied_into_another_process_has_no_others() {
        assert!(has_threads());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        pool.install(|| {
            assert!(has_threads());
            MINE.set(process::id() + 1); // as after a fork
            assert!(!has_threads());
        });
        // The threads of another pool belong to this process.
        rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap().install(|| assert!(has_threads()));
    }
}
