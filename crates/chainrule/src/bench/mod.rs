//! What this machine can do, and what products and training steps reach of it, on one thread in f32.
//!
//! Everything is the best of several samples: whatever else runs on a machine only ever takes away. Shares are of the peak,
//! multiply-adds that never leave the registers, with the kernel that this process uses.

mod jobs;
mod record;
mod timing;

use std::time::{Duration, SystemTime};

use chainrule_kernel::{Caches, Kernel};

pub use record::{Memory, Record, Timed};

use crate::error::{Error, Result};
use crate::{ModelError, date};

/// Measures this machine. Each of some thirty numbers takes `effort`, and seven samples at least: 20 ms suffice where nothing
/// else runs.
///
/// # Errors
/// When the environment names a kernel that cannot be had, or no caches, or no thread can be started.
pub fn measure(effort: Duration) -> Result<Record> {
    let kernel = Kernel::<f32>::selected().map_err(ModelError::from)?;
    let caches = *Caches::selected().map_err(ModelError::from)?;
    // One thread, whatever the pool of this process.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| Error::Threads { threads: 1, reason: error.to_string() })?;
    pool.install(|| {
        let timer = timing::Timer::new(kernel, effort);
        let (memory, products, steps) = (timer.memory(&caches), jobs::products(&timer, kernel), jobs::steps(&timer)?);
        Ok(Record {
            version: env!("CARGO_PKG_VERSION"),
            date: date::rfc3339(SystemTime::now()),
            cpu: cpu(),
            caches: caches.to_string(),
            kernel: kernel.name(),
            peak_gflops: timer.peak() / 1e9,
            memory,
            products: timer.compared(products),
            steps: timer.compared(steps),
        })
    })
}

/// The processor's name for itself, where the system tells it.
fn cpu() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests;
