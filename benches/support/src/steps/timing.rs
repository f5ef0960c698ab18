//! Rounds of samples: every candidate once a round, forward and backward in turn, so that a slow second of the machine
//! falls on all alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rayon::ThreadPool;

use crate::rounds::Rounds;
use crate::steps::candidate::{Candidate, Predictor, Stepper};
use crate::steps::data::Rows;

/// A sample is this long, or one call: shorter than a time slice, so that some have the processor to themselves.
const SAMPLE: Duration = Duration::from_millis(2);
const LEAST_ROUNDS: usize = 7;
const MOST_ROUNDS: usize = 400;
/// Rows that single predictions go through: 0.8 MB of images, which the second-level cache holds.
const INPUTS: usize = 256;

/// A timed candidate: every call is one step, or one prediction.
struct Timed<'a> {
    call: Box<dyn FnMut() + Send + 'a>,
    pool: Option<&'a ThreadPool>,
}

/// Times steps for `seconds` in all, or as long as the fewest rounds take. Each candidate goes through the shuffled
/// rows at its own pace, whole minibatches only.
pub fn measure_steps(
    candidates: &mut [Candidate<dyn Stepper + '_>],
    rows: &Rows,
    batch: usize,
    seconds: f64,
) -> Rounds {
    let timed = candidates.iter_mut().map(|Candidate { work, pool, .. }| {
        let mut minibatches = rows.order.chunks_exact(batch).cycle().peekable();
        let call = move || {
            let rows = minibatches.next().expect("a cycle has no end");
            black_box(work.step(rows, minibatches.peek().expect("a cycle has no end")));
        };
        Timed { call: Box::new(call), pool: pool.as_ref() }
    });
    measure(&mut timed.collect::<Vec<_>>(), seconds)
}

/// Times predictions, of one row after the other or of many at once.
pub fn measure_predictions(
    candidates: &mut [Candidate<dyn Predictor + '_>],
    x: &[f32], // (many, inputs)
    (rows, inputs, outputs): (usize, usize, usize),
    seconds: f64,
) -> Rounds {
    let x = &x[..rows.max(INPUTS.min(x.len() / inputs)) * inputs];
    let timed = candidates.iter_mut().map(|Candidate { work, pool, .. }| {
        let mut inputs = x.chunks_exact(rows * inputs).cycle();
        let mut y = vec![0.0; rows * outputs];
        let call = move || {
            work.predict(inputs.next().expect("a cycle has no end"), &mut y);
            black_box(&mut y);
        };
        Timed { call: Box::new(call), pool: pool.as_ref() }
    });
    measure(&mut timed.collect::<Vec<_>>(), seconds)
}

fn measure(timed: &mut [Timed<'_>], seconds: f64) -> Rounds {
    let repeats: Vec<u32> = timed.iter_mut().map(Timed::repeats).collect();
    let mut rounds = vec![Vec::new(); timed.len()];
    let start = Instant::now();
    for round in 0..MOST_ROUNDS {
        if round >= LEAST_ROUNDS && start.elapsed().as_secs_f64() >= seconds {
            break;
        }
        for turn in 0..timed.len() {
            let who = if round % 2 == 0 { turn } else { timed.len() - 1 - turn };
            rounds[who].push(timed[who].sample(repeats[who]));
        }
    }
    Rounds::from(rounds)
}

impl Timed<'_> {
    /// How many calls fill a sample.
    fn repeats(&mut self) -> u32 {
        let mut repeats = 1;
        loop {
            let seconds = self.sample(repeats) * f64::from(repeats);
            if seconds >= SAMPLE.as_secs_f64() / 2.0 {
                return ((f64::from(repeats) * SAMPLE.as_secs_f64() / seconds).ceil() as u32).max(1);
            }
            repeats *= 2;
        }
    }

    /// Seconds a call, after a first call that is not counted: the candidate before it left other data in the caches.
    fn sample(&mut self, repeats: u32) -> f64 {
        let call = &mut self.call;
        let mut sample = || {
            call();
            let start = Instant::now();
            (0..repeats).for_each(|_| call());
            start.elapsed().as_secs_f64() / f64::from(repeats)
        };
        match self.pool {
            Some(pool) => pool.install(sample),
            None => sample(),
        }
    }
}
