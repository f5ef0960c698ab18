//! The threads of a call. The work runs in a pool, so that the caller's thread can look for signals: Python delivers
//! Ctrl-C to its main thread only.

use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::failure::Failure;

/// How long a Ctrl-C waits at most before it is seen.
pub(crate) const SIGNALS: Duration = Duration::from_millis(50);

/// Below this many multiply-adds a prediction takes less time than handing it to another thread.
pub(crate) const SHORT: usize = 500_000;

/// As `_arrays.MOST_THREADS`: more would not pay, as each takes a stack and the work is shared among them.
const MOST: usize = 1024;

/// The pools by process and number of threads: a process that was forked has its parent's pools without their threads.
type Pools = HashMap<(u32, usize), Arc<ThreadPool>>;

/// A lock that another thread holds while a process forks stays locked in the new one: each process of a line of forks has
/// a lock of its own, up to as many as there are here.
static POOLS: [Mutex<Option<Pools>>; 64] = [const { Mutex::new(None) }; 64];

/// The process that asked last, in the upper half, and its place in the line of forks.
static PROCESS: AtomicU64 = AtomicU64::new(0);

/// Told when the work must end before its time.
pub(crate) struct Stop(AtomicBool);

impl Stop {
    /// Fails once the work was told to stop.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.0.load(Ordering::Relaxed) { Err(Failure::Stopped) } else { Ok(()) }
    }
}

/// Runs `work` without Python's lock on this many threads, by default the usual number. A signal whose handler raises ends
/// it.
pub(crate) fn run<R: Send>(
    py: Python<'_>,
    threads: Option<usize>,
    work: impl FnOnce(&Stop) -> Result<R, Failure> + Send,
) -> Result<R, Failure> {
    if let Some(threads) = threads.filter(|threads| !(1..=MOST).contains(threads)) {
        return Err(Failure::Input(format!("n_threads is {threads}; expected 1 to {MOST}, or None")));
    }
    py.detach(|| {
        let (pool, stop) = (pool(threads.unwrap_or_else(usual))?, Stop(AtomicBool::new(false)));
        let (sender, receiver) = channel();
        pool.in_place_scope(|scope| {
            let stop = &stop;
            scope.spawn(move |_| {
                let result = caught(|| work(stop));
                // The receiver is there until it has the result.
                let _ = sender.send(result);
            });
            let mut raised = None;
            loop {
                match receiver.recv_timeout(SIGNALS) {
                    Ok(result) => return raised.map_or(result, |error| Err(Failure::Interrupted(error))),
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(Failure::Internal("the work ended without a result".to_owned()));
                    }
                    Err(RecvTimeoutError::Timeout) if raised.is_none() => {
                        if let Err(error) = Python::attach(|py| py.check_signals()) {
                            raised = Some(error);
                            stop.0.store(true, Ordering::Relaxed);
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
        })
    })
}

/// Runs short work on this thread, without Python's lock.
pub(crate) fn run_here<R: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<R, Failure> + Send,
) -> Result<R, Failure> {
    py.detach(|| caught(work))
}

/// A panic is a mistake of the library, which must not end the interpreter.
pub(crate) fn caught<R>(work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Failure::Internal(words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    format!("a mistake of chainrule, please report it: {}", text.unwrap_or("it gave no reason"))
}

/// The number of threads where none is asked for: as many as `OMP_NUM_THREADS` says, as BLAS does (joblib sets it in its
/// workers), or the machine has.
pub(crate) fn usual() -> usize {
    let asked = std::env::var("OMP_NUM_THREADS").ok();
    let asked = asked.and_then(|text| text.split(',').next()?.trim().parse().ok()).filter(|&threads| threads > 0);
    asked.unwrap_or_else(|| available_parallelism().map_or(1, usize::from)).min(MOST)
}

fn pool(threads: usize) -> Result<Arc<ThreadPool>, Failure> {
    let process = process::id();
    let mut pools = POOLS[place_of(process) % POOLS.len()].lock().unwrap_or_else(PoisonError::into_inner);
    let pools = pools.get_or_insert_with(HashMap::new);
    let key = (process, threads);
    if let Some(pool) = pools.get(&key) {
        return Ok(Arc::clone(pool));
    }
    let name = |i| format!("chainrule-{i}");
    let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(name).build();
    let pool = pool.map_err(|error| Failure::input(format!("{threads} threads cannot be started: {error}")))?;
    Ok(Arc::clone(pools.entry(key).or_insert(Arc::new(pool))))
}

/// The place of this process in its line of forks: one more than that of the process whose memory it has.
fn place_of(process: u32) -> usize {
    let next = |known: u64| {
        let place = (known as u32).wrapping_add(1);
        ((known >> 32) as u32 != process).then_some((u64::from(process) << 32) | u64::from(place))
    };
    // Where it fails the process is known, and no other one writes into this memory.
    let _ = PROCESS.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    PROCESS.load(Ordering::Relaxed) as u32 as usize
}
