//! The machine's limits, measured in the process that measures the products: multiply-adds in registers, and bytes a
//! second from each level of memory. Everything is the best of several tries: other tenants only ever take away.

use std::hint::black_box;
use std::sync::Barrier;
use std::time::Instant;

use chainrule_bench_support::caches::Caches;
use chainrule_bench_support::record::{Memory, Peak};
use chainrule_bench_support::shapes::Element;

use crate::isa::Isa;
use crate::rivals::{CHAINS, loads, multiply_adds};

/// Seconds of one try: long for the clock, short beside a time slice.
const TRY: f64 = 1e-3;
const TRIES: usize = 7;

/// GFLOP/s of `threads` threads together.
pub(crate) fn peak(isa: Isa, element: Element, threads: usize) -> f64 {
    let run = multiply_adds(isa, element);
    let flops_a_step = (2 * CHAINS * isa.lanes(element)) as f64;
    let mut steps = 1000;
    while seconds(|| run(steps)) < TRY / 2.0 {
        steps *= 2;
    }
    if threads == 1 {
        let best = (0..TRIES).map(|_| seconds(|| run(steps))).fold(f64::INFINITY, f64::min);
        return flops_a_step * steps as f64 / best / 1e9;
    }
    // All begin each try together, and the slowest of them ends it.
    let barrier = Barrier::new(threads);
    let times: Vec<Vec<f64>> = std::thread::scope(|scope| {
        let one = || {
            let one_try = |_| {
                barrier.wait();
                seconds(|| run(steps))
            };
            (0..TRIES).map(one_try).collect::<Vec<f64>>()
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        handles.into_iter().map(|handle| handle.join().expect("a probe does not panic")).collect()
    });
    let slowest = |at: usize| times.iter().map(|own| own[at]).fold(0.0, f64::max);
    let best = (0..TRIES).map(slowest).fold(f64::INFINITY, f64::min);
    flops_a_step * (steps * threads as u64) as f64 / best / 1e9
}

/// Of every instruction set that the CPU has.
pub(crate) fn peaks(threads: &[usize]) -> Vec<Peak> {
    let mut peaks = Vec::new();
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_available()) {
        for element in [Element::F32, Element::F64] {
            for &threads in threads {
                let gflops = (peak(isa, element, threads) * 10.0).round() / 10.0;
                peaks.push(Peak { element, isa: isa.name().to_owned(), threads, gflops });
            }
        }
    }
    peaks
}

/// Loads from half of each cache, and a triad over four times the last one.
pub(crate) fn memory() -> Vec<Memory> {
    let caches = Caches::of_this_machine().sizes;
    let mut memory = Vec::new();
    for (level, size) in ["L1", "L2", "L3"].into_iter().zip(caches) {
        let data = vec![1.0f32; size / 2 / 4];
        let bytes = data.len() * 4;
        let gb_per_s = rate(bytes, || {
            black_box(loads(black_box(&data)));
        });
        memory.push(Memory { level: level.to_owned(), bytes, gb_per_s });
    }
    let length = 4 * caches[2] / 3 / 4;
    let (mut a, b, c) = (vec![0.0f32; length], vec![1.0f32; length], vec![2.0f32; length]);
    let gb_per_s = rate(3 * 4 * length, || {
        let (a, b, c) = (black_box(&mut a), black_box(&b), black_box(&c));
        a.iter_mut().zip(b).zip(c).for_each(|((a, b), c)| *a = b + 3.0 * c);
    });
    memory.push(Memory { level: "triad".to_owned(), bytes: 3 * 4 * length, gb_per_s });
    memory
}

fn rate(bytes: usize, mut pass: impl FnMut()) -> f64 {
    let mut passes = 1;
    let mut many = |passes: usize| seconds(|| (0..passes).for_each(|_| pass()));
    while many(passes) < TRY / 2.0 {
        passes *= 2;
    }
    let best = (0..TRIES).map(|_| many(passes)).fold(f64::INFINITY, f64::min);
    ((bytes * passes) as f64 / best / 1e8).round() / 10.0
}

fn seconds(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}
