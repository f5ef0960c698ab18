//! Whether there are threads to give work to. A process that was forked has the memory of its parent and none of its
//! threads: a pool that says it has eight then has nobody, and whoever waits for it waits forever. There, everything is
//! computed by the thread that asks, to the same bits.
//!
//! Asked only where more than one thread would take part, a system call beside 2 M multiply-adds and more for each. Threads
//! that the forked process starts itself, in a pool of its own, are used.

use std::cell::Cell;
use std::process;
use std::sync::OnceLock;

/// The process that first asked from outside any pool, which is taken to be the one that started rayon's global pool.
static GLOBAL: OnceLock<u32> = OnceLock::new();

thread_local! {
    /// Of a thread of a pool, the process in which it first asked; 0 before.
    static MINE: Cell<u32> = const { Cell::new(0) };
}

/// Whether the threads of the current pool are in this process.
pub(crate) fn has_threads() -> bool {
    let now = process::id();
    if rayon::current_thread_index().is_none() {
        return *GLOBAL.get_or_init(|| now) == now;
    }
    // This one is of a pool; when it was copied by a fork, its process is another one than it was.
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
        // Another pool's threads are this process's own.
        rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap().install(|| assert!(has_threads()));
    }
}
