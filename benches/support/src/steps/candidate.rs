//! The interface of rivals, and the comparison of their results with ours before anything is timed.

use std::fmt;

use rayon::ThreadPool;

use crate::steps::data::Rows;

/// The candidate that is ours on one thread, timed beside ours on several.
pub const ONE_THREAD: &str = "one thread";
/// The candidate that is ours with weights of f32, timed beside ours with narrow ones.
pub const F32_WEIGHTS: &str = "f32 weights";

/// Whether a candidate beside ours is somebody else's.
pub fn is_rival(name: &str) -> bool {
    ![ONE_THREAD, F32_WEIGHTS].contains(&name)
}

/// Takes steps. It was made for a network with its first parameters, for those rows, and for minibatches of one size.
pub trait Stepper: Send {
    /// Gathers these rows, goes forward and backward, and moves the parameters. Returns the mean loss before the step.
    /// `next` are the rows of the next step, for prefetching.
    fn step(&mut self, rows: &[usize], next: &[usize]) -> f64;

    /// The parameters, of each layer the weights (inputs, outputs) and then the biases.
    fn params(&self) -> Vec<f32>;
}

/// Predicts. It was made for a network with its parameters, and a number of rows.
pub trait Predictor: Send {
    /// The logits.
    fn predict(
        &mut self,
        x: &[f32],     // (rows, inputs)
        y: &mut [f32], // (rows, outputs)
    );
}

/// A candidate with its name.
pub struct Candidate<C: ?Sized> {
    /// `gemm`, or the name of our kernel.
    pub name: String,
    /// What it does.
    pub work: Box<C>,
    /// The threads that it runs on; otherwise it runs on those of the caller.
    pub pool: Option<ThreadPool>,
}

impl<C: ?Sized> fmt::Debug for Candidate<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Candidate").field(&self.name).finish()
    }
}

impl<C: ?Sized> Candidate<C> {
    /// From its parts.
    pub fn new(name: impl Into<String>, work: Box<C>) -> Self {
        Candidate { name: name.into(), work, pool: None }
    }
}

/// Steps that are compared.
const STEPS: usize = 3;
/// How far a loss may be off: sums of a thousand products, each rounded to 24 bits, with room to spare.
const LOSS: f64 = 1e-4;
/// How far parameters may lie apart, as a share of the way that ours went. Optimisers that divide by a gradient's size
/// turn the rounding of those near 0 into whole steps.
const WAY: f64 = 5e-2;
/// How far an output may be off, as a share of the largest.
const OUTPUT: f32 = 1e-4;

/// A NaN is apart from everything.
fn is_apart(distance: f64, allowed: f64) -> bool {
    distance.is_nan() || distance > allowed
}

/// Checks that all candidates take the same steps; the first candidate is ours.
///
/// # Errors
/// The candidate that disagrees with ours, and on what.
pub fn verify_steps(candidates: &mut [Candidate<dyn Stepper + '_>], rows: &Rows, batch: usize) -> Result<(), String> {
    let distance = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum::<f64>().sqrt()
    };
    let (mut losses, mut after, mut way) = (Vec::new(), Vec::new(), 0.0);
    for (who, Candidate { name, work, .. }) in candidates.iter_mut().enumerate() {
        let before = work.params();
        let minibatches: Vec<&[usize]> = rows.order.chunks(batch).take(STEPS).collect();
        let next = |step: usize| minibatches.get(step + 1).copied().unwrap_or_default();
        let own: Vec<f64> = minibatches.iter().enumerate().map(|(step, rows)| work.step(rows, next(step))).collect();
        let params = work.params();
        if who == 0 {
            (losses, way) = (own, distance(&params, &before));
            if way == 0.0 || !way.is_finite() {
                return Err(format!("{name}: the steps lead nowhere"));
            }
            after = params;
            continue;
        }
        for (step, (own, ours)) in own.iter().zip(&losses).enumerate() {
            if is_apart((own - ours).abs(), LOSS * ours.abs()) {
                return Err(format!("{name}: the loss of step {} is {own}, ours {ours}", step + 1));
            }
        }
        let apart = distance(&params, &after);
        if params.len() != after.len() || is_apart(apart, WAY * way) {
            return Err(format!("{name}: after {STEPS} steps parameters lie {apart:e} from ours, which went {way:e}"));
        }
    }
    Ok(())
}

/// Checks that all candidates give the same results; the first candidate is ours.
///
/// # Errors
/// The candidate that disagrees with ours, and where.
pub fn verify_predictions(
    candidates: &mut [Candidate<dyn Predictor + '_>],
    x: &[f32],      // (rows, inputs)
    outputs: usize, // in all
) -> Result<(), String> {
    let mut ours: Vec<f32> = Vec::new();
    for Candidate { name, work, .. } in candidates {
        let mut y = vec![f32::NAN; outputs];
        work.predict(x, &mut y);
        if ours.is_empty() {
            ours.clone_from(&y);
        }
        let largest = ours.iter().fold(0.0f32, |largest, y| largest.max(y.abs()));
        for (at, (own, ours)) in y.iter().zip(&ours).enumerate() {
            if is_apart(f64::from((own - ours).abs()), f64::from(OUTPUT * largest)) {
                return Err(format!("{name}: output {at} is {own}, ours {ours}"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves one parameter by each step, and adds something of its own.
    struct Fake {
        param: f32,
        extra: f32,
    }

    impl Stepper for Fake {
        fn step(&mut self, rows: &[usize], _next: &[usize]) -> f64 {
            self.param += rows.len() as f32 + self.extra;
            2.0
        }

        fn params(&self) -> Vec<f32> {
            vec![self.param]
        }
    }

    impl Predictor for Fake {
        fn predict(&mut self, x: &[f32], y: &mut [f32]) {
            y.iter_mut().zip(x).for_each(|(y, x)| *y = x + self.extra);
        }
    }

    fn fake(extra: f32) -> Box<Fake> {
        Box::new(Fake { param: 0.0, extra })
    }

    #[test]
    fn one_who_steps_elsewhere_is_named() {
        let rows = Rows::random(8, 2, 2);
        let verify = |extra| {
            let mut both: Vec<Candidate<dyn Stepper>> =
                vec![Candidate::new("ours", fake(0.0)), Candidate::new("other", fake(extra))];
            verify_steps(&mut both, &rows, 2)
        };
        assert_eq!(verify(1e-3), Ok(()));
        assert!(verify(0.5).unwrap_err().starts_with("other: after 3 steps"));
        assert!(verify(f32::NAN).unwrap_err().starts_with("other: after 3 steps"));
    }

    #[test]
    fn one_who_answers_otherwise_is_named() {
        let verify = |extra| {
            let mut both: Vec<Candidate<dyn Predictor>> =
                vec![Candidate::new("ours", fake(0.0)), Candidate::new("other", fake(extra))];
            verify_predictions(&mut both, &[1.0, 2.0], 2)
        };
        assert_eq!(verify(0.0), Ok(()));
        assert_eq!(verify(0.5), Err("other: output 0 is 1.5, ours 1".to_owned()));
        assert!(verify(f32::NAN).is_err());
    }
}
