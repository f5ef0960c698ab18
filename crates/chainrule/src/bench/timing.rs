//! The best time of several samples, and the limits that others are compared with.

use std::cell::Cell;
use std::time::{Duration, Instant};

use chainrule_kernel::{Caches, Epilogue, Kernel, MatMut, MatRef, Scratch};

use super::record::{Memory, Timed};

/// Samples of each number, at least.
const SAMPLES: usize = 7;

/// A sample takes as long or one call: long for the clock, short beside the slices of time in which systems share a processor.
const SAMPLE: Duration = Duration::from_millis(1);

/// What memory is read from is no larger than this.
const MOST_BYTES: usize = 256 << 20;

/// Columns of what is read: the sums of a row of them stay in registers.
const COLUMNS: usize = 128;

/// Times work against the peak.
pub(super) struct Timer {
    kernel: &'static Kernel<f32>,
    /// How long each number is measured.
    effort: Duration,
    /// The most multiplications and additions a second that were seen.
    peak: Cell<f64>,
}

/// The time of some work, to be compared with the peak when that is known.
pub(super) struct Measured {
    name: String,
    flops: f64,
    seconds: f64,
}

impl Timer {
    pub(super) fn new(kernel: &'static Kernel<f32>, effort: Duration) -> Self {
        Timer { kernel, effort, peak: Cell::new(0.0) }
    }

    /// Seconds of one call.
    fn seconds(&self, mut work: impl FnMut()) -> f64 {
        let mut many = |calls: u32| {
            let start = Instant::now();
            (0..calls).for_each(|_| work());
            start.elapsed()
        };
        many(1); // caches and branches are warm then
        let mut calls = 1;
        while many(calls) < SAMPLE.min(self.effort) && calls < 1 << 30 {
            calls *= 2;
        }
        let (begin, mut best) = (Instant::now(), many(calls));
        let mut samples = 1;
        while samples < SAMPLES || begin.elapsed() < self.effort {
            best = best.min(many(calls));
            samples += 1;
        }
        // A clock that did not move is taken for one that moved by a nanosecond.
        best.max(Duration::from_nanos(1)).as_secs_f64() / f64::from(calls)
    }

    /// The time of work with this number of multiplications and additions (`flops`). The peak is measured just before: clocks change, and so
    /// does what others leave of a processor. It is never below what work has reached.
    pub(super) fn measured(&self, name: String, flops: f64, work: impl FnMut()) -> Measured {
        let mut peak_flops = 0;
        let peak_seconds = self.seconds(|| peak_flops = self.kernel.multiply_adds(1000));
        let seconds = self.seconds(work);
        self.peak.set(self.peak.get().max(peak_flops as f64 / peak_seconds).max(flops / seconds));
        Measured { name, flops, seconds }
    }

    /// The highest peak of all measurements so far.
    pub(super) fn peak(&self) -> f64 {
        self.peak.get()
    }

    /// Those times, compared with the peak.
    pub(super) fn compared(&self, measured: Vec<Measured>) -> Vec<Timed> {
        let compared = |Measured { name, flops, seconds }| {
            let percent_of_peak = 100.0 * flops / seconds / self.peak();
            Timed { name, us: seconds * 1e6, percent_of_peak }
        };
        measured.into_iter().map(compared).collect()
    }

    /// One row times half of a core's second level, half of the third, and more than all of them: as fast as each is read.
    pub(super) fn memory(&self, caches: &Caches) -> Vec<Memory> {
        let mut levels = vec![("L2", caches.l2.bytes / caches.l2.cores / 2)];
        levels.extend(caches.l3.map(|l3| ("L3", l3.bytes / 2)));
        levels.push(("memory", 4 * caches.l3.unwrap_or(caches.l2).bytes));
        let read = |(level, bytes): (&'static str, usize)| {
            let steps = (bytes.min(MOST_BYTES) / size_of::<f32>() / COLUMNS).max(1);
            let (a, b, mut c) = (vec![1.0; steps], vec![1.0; steps * COLUMNS], [0.0; COLUMNS]);
            let (a, b) = (MatRef::new(&a, 1, steps), MatRef::new(&b, steps, COLUMNS));
            let mut scratch = Scratch::for_shape(1, COLUMNS, steps);
            let seconds = self.seconds(|| {
                self.kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, 1, COLUMNS), &mut scratch);
            });
            let bytes = steps * COLUMNS * size_of::<f32>();
            Memory { level, bytes, gb_per_s: bytes as f64 / seconds / 1e9 }
        };
        levels.into_iter().map(read).collect()
    }
}
