//! The state of a minimisation, and its iteration.

use std::collections::VecDeque;

use chainrule_kernel::Scalar;

use super::line_search::{Probe, search};
use super::settings::LbfgsSettings;
use crate::error::ModelError;

/// The result of an iteration.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Lbfgs, LbfgsOutcome, LbfgsSettings};
/// use std::convert::Infallible;
///
/// // x^2 from 3: at its lowest point nothing is left to be done.
/// let (mut lbfgs, mut x) = (Lbfgs::new(LbfgsSettings::default()), [3.0_f64]);
/// let mut square = |x: &[f64], dx: &mut [f64]| {
///     dx[0] = 2.0 * x[0];
///     Ok::<f64, Infallible>(x[0] * x[0])
/// };
/// let mut outcome = LbfgsOutcome::Moved;
/// while outcome == LbfgsOutcome::Moved {
///     outcome = lbfgs.iterate(&mut x, &mut square)?;
/// }
/// assert!(outcome == LbfgsOutcome::Converged && x[0].abs() < 1e-4);
/// # Ok::<(), Infallible>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LbfgsOutcome {
    /// The parameters changed, to a lower loss.
    Moved,
    /// The gradient is 0, or loss and parameters no longer change, within the tolerances.
    Converged,
    /// The line search found no lower loss, along the L-BFGS direction or the gradient: the loss is as low as rounding
    /// allows, or the gradient is wrong.
    Stuck,
}

/// A past step s and the change y of the gradient over it.
#[derive(Debug, Clone)]
struct Pair {
    s: Vec<f64>,
    y: Vec<f64>,
    /// 1 / (y . s)
    rho: f64,
}

/// A minimisation: its settings, its past steps, and the loss at the current parameters.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Lbfgs, LbfgsOutcome, LbfgsSettings};
/// use std::convert::Infallible;
///
/// // (x - 3)^2 + 10 (y + 1)^2
/// let mut objective = |p: &[f64], dp: &mut [f64]| {
///     dp.copy_from_slice(&[2.0 * (p[0] - 3.0), 20.0 * (p[1] + 1.0)]);
///     Ok::<f64, Infallible>((p[0] - 3.0).powi(2) + 10.0 * (p[1] + 1.0).powi(2))
/// };
/// let mut p = [0.0, 0.0];
/// let mut lbfgs = Lbfgs::new(LbfgsSettings::default());
/// while lbfgs.iterate(&mut p, &mut objective)? == LbfgsOutcome::Moved {}
/// assert!((p[0] - 3.0).abs() < 1e-6 && (p[1] + 1.0).abs() < 1e-6);
/// # Ok::<(), Infallible>(())
/// ```
#[derive(Debug, Clone)]
pub struct Lbfgs<T> {
    settings: LbfgsSettings,
    pairs: VecDeque<Pair>,
    /// The loss and the gradient at the current parameters; the gradient is empty before the first evaluation.
    loss: f64,
    gradient: Vec<T>,
    evaluations: usize,
}

impl<T: Scalar> Lbfgs<T> {
    /// A minimisation before its first iteration.
    ///
    /// # Panics
    /// When a setting is out of range; [`Lbfgs::try_new`] returns an error instead.
    pub fn new(settings: LbfgsSettings) -> Self {
        Lbfgs::try_new(settings).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Lbfgs::new`].
    ///
    /// # Errors
    /// As [`LbfgsSettings::check`].
    pub fn try_new(settings: LbfgsSettings) -> Result<Self, ModelError> {
        settings.check()?;
        let (pairs, gradient) = (VecDeque::new(), Vec::new());
        Ok(Lbfgs { settings, pairs, loss: f64::INFINITY, gradient, evaluations: 0 })
    }

    /// The loss at the current parameters; infinite before the first iteration.
    pub fn loss(&self) -> f64 {
        self.loss
    }

    /// The number of evaluations of the objective so far.
    pub fn evaluations(&self) -> usize {
        self.evaluations
    }

    /// One iteration: a direction, a line search, a step. The objective returns the loss at the parameters it is given and
    /// writes the gradient. If the parameters changed, the last evaluation was at the new ones.
    ///
    /// Returns `Stuck` if the loss is infinite or NaN at the beginning of the iteration.
    ///
    /// # Errors
    /// The objective's; the parameters are then as they were.
    pub fn iterate<E>(
        &mut self,
        x: &mut [T],
        objective: &mut impl FnMut(&[T], &mut [T]) -> Result<f64, E>,
    ) -> Result<LbfgsOutcome, E> {
        if self.gradient.len() != x.len() {
            self.gradient = vec![T::ZERO; x.len()];
            self.pairs.clear();
            self.loss = objective(x, &mut self.gradient)?;
            self.evaluations += 1;
        }
        if !self.loss.is_finite() {
            return Ok(LbfgsOutcome::Stuck);
        }
        let g: Vec<f64> = self.gradient.iter().map(|g| g.to_f64()).collect();
        if largest(&g) <= self.settings.gradient_tolerance {
            return Ok(LbfgsOutcome::Converged);
        }
        let outcome = self.along(x, &g, objective)?;
        if outcome == LbfgsOutcome::Stuck && !self.pairs.is_empty() {
            // The past steps may no longer describe the curvature here; try the gradient itself.
            self.pairs.clear();
            return self.along(x, &g, objective);
        }
        Ok(outcome)
    }

    /// A line search along the L-BFGS direction, or along -g if that is not a descent direction.
    fn along<E>(
        &mut self,
        x: &mut [T],
        g: &[f64],
        objective: &mut impl FnMut(&[T], &mut [T]) -> Result<f64, E>,
    ) -> Result<LbfgsOutcome, E> {
        let mut d = self.direction(g);
        let mut slope = dot(&d, g);
        if slope.is_nan() || slope >= 0.0 {
            self.pairs.clear();
            d = g.iter().map(|g| -g).collect();
            slope = -dot(g, g);
        }
        let first = if self.pairs.is_empty() { (1.0 / g.iter().map(|g| g.abs()).sum::<f64>()).min(1.0) } else { 1.0 };
        let start = x.to_vec();
        let (mut trial, mut gradient, mut asked) = (start.clone(), vec![T::ZERO; x.len()], 0);
        let found = {
            let mut probe = |alpha: f64| {
                for ((trial, start), d) in trial.iter_mut().zip(&start).zip(&d) {
                    *trial = T::from_f64(start.to_f64() + alpha * d);
                }
                asked += 1;
                let value = objective(&trial, &mut gradient)?;
                let slope = gradient.iter().zip(&d).map(|(g, d)| g.to_f64() * d).sum();
                Ok(Probe { alpha, value, slope })
            };
            search(Probe { alpha: 0.0, value: self.loss, slope }, first, self.settings, &mut probe)
        };
        self.evaluations += asked;
        let Some(found) = found? else { return Ok(LbfgsOutcome::Stuck) };
        let s: Vec<f64> = trial.iter().zip(&start).map(|(new, old)| new.to_f64() - old.to_f64()).collect();
        let y: Vec<f64> = gradient.iter().zip(g).map(|(new, old)| new.to_f64() - old).collect();
        let (curvature, change) = (dot(&y, &s), (self.loss - found.value).abs().max(largest(&s)));
        if curvature > 1e-10 * dot(&s, &s).sqrt() * dot(&y, &y).sqrt() {
            if self.pairs.len() == self.settings.memory {
                self.pairs.pop_front();
            }
            self.pairs.push_back(Pair { s, y, rho: 1.0 / curvature });
        }
        x.copy_from_slice(&trial);
        (self.loss, self.gradient) = (found.value, gradient);
        let done = change <= self.settings.change_tolerance;
        Ok(if done { LbfgsOutcome::Converged } else { LbfgsOutcome::Moved })
    }

    /// `-H g`: the two loops of algorithm 7.4, over the pairs from the newest to the oldest and back.
    fn direction(&self, g: &[f64]) -> Vec<f64> {
        let mut q = g.to_vec();
        let mut alphas = Vec::with_capacity(self.pairs.len());
        for Pair { s, y, rho } in self.pairs.iter().rev() {
            let alpha = rho * dot(s, &q);
            q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
            alphas.push(alpha);
        }
        if let Some(Pair { y, rho, .. }) = self.pairs.back() {
            // gamma = (s . y) / (y . y)
            let gamma = 1.0 / (rho * dot(y, y));
            q.iter_mut().for_each(|q| *q *= gamma);
        }
        for (Pair { s, y, rho }, alpha) in self.pairs.iter().zip(alphas.into_iter().rev()) {
            let beta = rho * dot(y, &q);
            q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
        }
        q.iter_mut().for_each(|q| *q = -*q);
        q
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `H <- (I - rho s y^T) H (I - rho y s^T) + rho s s^T` from gamma I, pair by pair: equation 7.16, spelt out.
    fn matrix(pairs: &VecDeque<Pair>) -> [[f64; 3]; 3] {
        let newest = pairs.back().unwrap();
        let gamma = dot(&newest.s, &newest.y) / dot(&newest.y, &newest.y);
        let identity = |i, j| f64::from(u8::from(i == j));
        let of = |f: &dyn Fn(usize, usize) -> f64| std::array::from_fn(|i| std::array::from_fn(|j| f(i, j)));
        let product = |a: &[[f64; 3]; 3], b: &[[f64; 3]; 3]| of(&|i, j| (0..3).map(|k| a[i][k] * b[k][j]).sum());
        let mut h = of(&|i, j| gamma * identity(i, j));
        for Pair { s, y, rho } in pairs {
            let left = of(&|i, j| identity(i, j) - rho * s[i] * y[j]);
            let right = of(&|i, j| identity(i, j) - rho * y[i] * s[j]);
            let middle: [[f64; 3]; 3] = product(&product(&left, &h), &right);
            h = of(&|i, j| middle[i][j] + rho * s[i] * s[j]);
        }
        h
    }

    #[test]
    fn the_two_loops_multiply_by_the_matrix_of_bfgs() {
        let mut lbfgs = Lbfgs::<f64>::new(LbfgsSettings::default());
        let g = [0.3, -1.1, 0.7];
        for (s, y) in [
            ([1.0, 0.5, -0.2], [4.0, 1.0, 0.3]),
            ([0.1, -0.4, 0.6], [0.2, -0.1, 0.9]),
            ([0.5, 0.2, 0.1], [0.3, 0.6, -0.2]),
        ] {
            lbfgs.pairs.push_back(Pair { s: s.to_vec(), y: y.to_vec(), rho: 1.0 / dot(&s, &y) });
            let h = matrix(&lbfgs.pairs);
            for (got, row) in lbfgs.direction(&g).iter().zip(&h) {
                let want = -dot(row, &g);
                assert!((got - want).abs() <= 1e-12 * want.abs().max(1.0), "{got}, not {want}");
            }
        }
    }
}
