//! Candidates against each other: verified, then timed in turns.
//!
//! A round runs every candidate once, forward and backward in turn, so that a slow second of the machine falls on all
//! of them alike. Ratios are taken within a round and their median over the rounds: what drifts, cancels.

use std::hint::black_box;
use std::time::{Duration, Instant};

use chainrule_kernel::Scalar;
use chainrule_naive::Float;

use crate::operands::Operands;
use crate::shapes::Shape;
use crate::stats::{median, quantile};

/// One product: C becomes A * B.
pub type Run<T> = Box<dyn FnMut(&mut Operands<T>)>;

/// A candidate: computes C = A * B of the operands.
pub struct Candidate<T> {
    /// `matrixmultiply`, or the name of one of our kernels.
    pub name: String,
    /// Makes C.
    pub run: Run<T>,
}

impl<T> std::fmt::Debug for Candidate<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Candidate").field(&self.name).finish()
    }
}

impl<T> Candidate<T> {
    /// From its parts.
    pub fn new(name: impl Into<String>, run: impl FnMut(&mut Operands<T>) + 'static) -> Self {
        Candidate { name: name.into(), run: Box::new(run) }
    }
}

/// A sample is a call repeated for at least this long: a hundred times the clock's own cost.
const SAMPLE: Duration = Duration::from_micros(250);
/// Fewer rounds than this have no quartiles worth the name.
const LEAST_ROUNDS: usize = 5;
const MOST_ROUNDS: usize = 400;

/// Seconds a call, by candidate and round.
#[derive(Debug, Clone)]
pub struct Rounds(Vec<Vec<f64>>);

/// Runs each candidate once on whole numbers.
///
/// # Errors
/// The candidate whose result is wrong, and where.
pub fn verify<T: Scalar + Float>(shape: &Shape, candidates: &mut [Candidate<T>]) -> Result<(), String> {
    let mut operands = Operands::integers(shape);
    for candidate in candidates {
        operands.spoil();
        (candidate.run)(&mut operands);
        operands.check().map_err(|wrong| format!("{} on {}: {wrong}", candidate.name, shape.name))?;
    }
    Ok(())
}

/// Times the candidates in turns for `seconds` in all, or as long as the fewest rounds take.
pub fn measure<T: Scalar + Float>(shape: &Shape, candidates: &mut [Candidate<T>], seconds: f64) -> Rounds {
    let mut operands = Operands::reals(shape);
    operands.spoil();
    let repeats: Vec<u32> = candidates.iter_mut().map(|candidate| repeats(candidate, &mut operands)).collect();
    let mut rounds = vec![Vec::new(); candidates.len()];
    let start = Instant::now();
    for round in 0..MOST_ROUNDS {
        if round >= LEAST_ROUNDS && start.elapsed().as_secs_f64() >= seconds {
            break;
        }
        for turn in 0..candidates.len() {
            let who = if round % 2 == 0 { turn } else { candidates.len() - 1 - turn };
            let candidate = &mut candidates[who];
            if repeats[who] > 1 {
                (candidate.run)(black_box(&mut operands)); // whoever went before left other things in the caches
            }
            rounds[who].push(sample(candidate, &mut operands, repeats[who]));
        }
    }
    Rounds(rounds)
}

/// How many calls fill a sample.
fn repeats<T: Scalar + Float>(candidate: &mut Candidate<T>, operands: &mut Operands<T>) -> u32 {
    sample(candidate, operands, 1); // the first call allocates and warms up
    let mut repeats = 1;
    loop {
        let seconds = sample(candidate, operands, repeats) * f64::from(repeats);
        if seconds >= SAMPLE.as_secs_f64() / 2.0 {
            return (f64::from(repeats) * SAMPLE.as_secs_f64() / seconds).ceil() as u32;
        }
        repeats *= 2;
    }
}

fn sample<T: Scalar + Float>(candidate: &mut Candidate<T>, operands: &mut Operands<T>, repeats: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..repeats {
        operands.next_b();
        (candidate.run)(black_box(operands));
    }
    start.elapsed().as_secs_f64() / f64::from(repeats)
}

impl From<Vec<Vec<f64>>> for Rounds {
    /// Seconds, by candidate and round.
    fn from(seconds: Vec<Vec<f64>>) -> Rounds {
        Rounds(seconds)
    }
}

impl Rounds {
    /// Seconds a call of one candidate: quartile, median, quartile, least.
    pub fn seconds(&self, who: usize) -> [f64; 4] {
        let times = &self.0[who];
        [quantile(times, 0.25), median(times), quantile(times, 0.75), quantile(times, 0.0)]
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.0.first().map_or(0, Vec::len)
    }

    /// How many times as long as `base` this one takes, round by round: quartile, median, quartile.
    pub fn ratio(&self, who: usize, base: usize) -> [f64; 3] {
        let ratios: Vec<f64> = self.0[who].iter().zip(&self.0[base]).map(|(who, base)| who / base).collect();
        [quantile(&ratios, 0.25), median(&ratios), quantile(&ratios, 0.75)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operands::Strides;
    use crate::shapes::{Element, table};

    fn naive(operands: &mut Operands<f32>, spoil: impl Fn(usize, usize, f32) -> f32) {
        let Shape { m, n, k, ldc, .. } = operands.shape;
        let ((ra, ca), (rb, cb)): (Strides, Strides) = (operands.a_strides(), operands.b_strides());
        for i in 0..m {
            for j in 0..n {
                let c = (0..k).map(|p| operands.a[i * ra + p * ca] * operands.b[p * rb + j * cb]).sum();
                operands.c[i * ldc + j] = spoil(i, j, c);
            }
        }
    }

    /// Small shapes that are compared by element, one with wide rows, a large one that is compared by rows, a cold one.
    fn shapes() -> Vec<Shape> {
        let named = |name: &str| table().into_iter().find(|shape| shape.name == name).unwrap();
        ["32", "64 ld 80", "64 tt", "784-16 b512 dw", "512-512 b1 z cold"].map(named).to_vec()
    }

    #[test]
    fn a_right_candidate_passes() {
        for shape in shapes() {
            let right = Candidate::new("right", |operands: &mut Operands<f32>| naive(operands, |_, _, c| c));
            assert_eq!(verify(&shape, &mut [right]), Ok(()), "{}", shape.name);
        }
    }

    #[test]
    fn a_candidate_with_one_wrong_element_is_refused() {
        for shape in shapes() {
            let (row, col) = (shape.m - 1, shape.n / 2);
            let wrong = Candidate::new("wrong", move |operands: &mut Operands<f32>| {
                naive(operands, |i, j, c| if (i, j) == (row, col) { c + 1.0 } else { c });
            });
            let error = verify(&shape, &mut [wrong]).unwrap_err();
            assert!(error.contains("wrong on") && error.contains(&row.to_string()), "{error}");
        }
    }

    #[test]
    fn a_candidate_that_does_nothing_is_refused() {
        for shape in shapes() {
            assert!(verify::<f32>(&shape, &mut [Candidate::new("idle", |_| ())]).is_err(), "{}", shape.name);
        }
    }

    #[test]
    fn a_candidate_that_writes_between_the_rows_is_refused() {
        let shape = shapes().remove(1);
        let sloppy = Candidate::new("sloppy", |operands: &mut Operands<f32>| {
            naive(operands, |_, _, c| c);
            let n = operands.shape.n;
            operands.c[n] = 0.0;
        });
        assert!(verify(&shape, &mut [sloppy]).unwrap_err().contains("between the rows"));
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        // The machine becomes ten times slower halfway: the ratio of the two does not notice.
        let rounds = Rounds(vec![vec![1.0, 1.0, 10.0, 10.0], vec![2.0, 2.0, 20.0, 20.0]]);
        assert_eq!(rounds.ratio(1, 0), [2.0, 2.0, 2.0]);
        assert_eq!(rounds.seconds(0)[3], 1.0);
    }

    #[test]
    fn measuring_counts_what_it_does() {
        let shape = shapes().remove(0);
        assert_eq!(shape.element, Element::F32);
        let candidates = &mut [Candidate::new("a", |o: &mut Operands<f32>| naive(o, |_, _, c| c))];
        let rounds = measure(&shape, candidates, 0.0);
        assert_eq!(rounds.count(), LEAST_ROUNDS);
        let [q1, median, q3, least] = rounds.seconds(0);
        assert!(0.0 < least && least <= q1 && q1 <= median && median <= q3);
    }
}
