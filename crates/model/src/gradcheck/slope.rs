//! The slope at 0 of a function of one variable, from six values around 0, with a bound of its error.
//!
//! With `D(h) = (f(h) - f(-h)) / 2h = f' + h^2/6 f''' + ...`, Richardson's `R(h) = (4 D(h/2) - D(h)) / 3` is `f' + O(h^4)`
//! (Richardson, "The deferred approach to the limit", 1927). The slope is `R(h/2)`, from the steps h, h/2 and h/4. Its
//! error has two parts:
//!
//! - truncation: for a smooth function `R(h/2)` is nearer to f' than to `R(h)`, sixteen times at the limit, so
//!   `|R(h/2) - R(h)|` is more than its error; twice that is taken. A function with a kink is not smooth, and may have
//!   nearly the same `R` at both steps. It shows in the second differences: with `J(h) = (f(h) - 2 f(0) + f(-h)) / h`, a smooth
//!   `J(h) - 10 J(h/2) + 16 J(h/4)` has terms of h^5 and above only, and where the slope jumps by s at a distance of c < h it is of
//!   the size of s. Its modulus is added.
//! - rounding: if every value is off by at most e, `R(h/2)` is off by at most `(4 * 4e/h + 2e/h) / 3 = 6 e/h`.
//!
//! Truncation grows with h and rounding with 1/h, so several steps are tried and the smallest bound is taken.

/// The ratio of each step to the one before.
const SHORTER: f64 = 1.0 / 8.0;
/// Steps tried. The last is 8^-5 of the first: rounding then weighs 32768 times as much, and kinks are as much rarer.
const STEPS: usize = 6;
/// The part of the truncation estimate that rounding alone causes: 2 * (6 + 3) e/h in R's, (4 + 80 + 256) e/h in J's.
const ROUNDING_IN_TRUNCATION: f64 = 358.0;
/// The largest truncation, as a share of a typical slope, with which a slope counts as found. A kink that cannot be told
/// from curvature changes the slope by less.
const SMOOTH: f64 = 1e-6;

/// A slope and the two parts of its error bound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slope {
    pub(super) value: f64,
    pub(super) truncation: f64,
    pub(super) rounding: f64,
}

/// The scales of a function, known before its slope is measured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected {
    /// The longest step.
    pub(super) step: f64,
    /// The rounding error of a value.
    pub(super) noise: f64,
    /// The typical size of slopes here.
    pub(super) typical: f64,
}

/// The slope of `f` at 0, where its value is `centre`; `None` if no step gives one. `f` returns `None` outside of its
/// smooth piece.
pub(super) fn slope(mut f: impl FnMut(f64) -> Option<f64>, centre: f64, expected: Expected) -> Option<Slope> {
    let Expected { step, noise, typical } = expected;
    let mut best: Option<Slope> = None;
    let mut h = step;
    for _ in 0..STEPS {
        if let Some(found) = at_step(&mut f, centre, h, noise) {
            let by_rounding = found.truncation <= ROUNDING_IN_TRUNCATION / 6.0 * found.rounding;
            let is_smooth = found.truncation <= SMOOTH * typical.max(found.value.abs()) || !found.value.is_finite();
            let is_better = best.is_none_or(|best| found.bound() < best.bound());
            if (by_rounding || is_smooth) && is_better {
                best = Some(found);
            }
            if by_rounding {
                break; // the rounding error of a shorter step is larger
            }
        }
        h *= SHORTER;
    }
    best
}

impl Slope {
    pub(super) fn bound(&self) -> f64 {
        self.truncation + self.rounding
    }
}

fn at_step(f: &mut impl FnMut(f64) -> Option<f64>, centre: f64, h: f64, noise: f64) -> Option<Slope> {
    let mut d = [0.0; 3];
    let mut j = [0.0; 3];
    for (i, h) in [h, h / 2.0, h / 4.0].into_iter().enumerate() {
        let (above, below) = (f(h)?, f(-h)?);
        d[i] = (above - below) / (2.0 * h);
        j[i] = ((above - centre) - (centre - below)) / h;
    }
    let richardson = |i: usize| (4.0 * d[i + 1] - d[i]) / 3.0;
    let kink = (j[0] - 10.0 * j[1] + 16.0 * j[2]).abs();
    let truncation = 2.0 * (richardson(1) - richardson(0)).abs() + kink;
    Some(Slope { value: richardson(1), truncation, rounding: 6.0 * noise / h })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOISE: f64 = 4.0 * f64::EPSILON;

    fn of(f: impl Fn(f64) -> f64) -> Option<Slope> {
        slope(|t| Some(f(t)), f(0.0), Expected { step: 1.0 / 512.0, noise: NOISE, typical: 1.0 })
    }

    #[test]
    fn smooth_slopes_are_within_their_bound_which_is_tight() {
        let at = 0.7f64;
        let cases: [(&str, f64, Option<Slope>); 5] = [
            ("sin", at.cos(), of(|t| (at + t).sin())),
            ("exp", at.exp(), of(|t| (at + t).exp())),
            ("tanh", 1.0 - at.tanh().powi(2), of(|t| (at + t).tanh())),
            ("steep", 50.0 * (50.0 * at).cos(), of(|t| (50.0 * (at + t)).sin())),
            ("line", 3.0, of(|t| 3.0 * t + 2.0)),
        ];
        for (name, want, found) in cases {
            let found = found.unwrap();
            let error = (found.value - want).abs();
            assert!(error <= found.bound(), "{name}: off by {error:e}, {found:?}");
            assert!(found.bound() < 1e-9 * want.abs(), "{name}: {found:?}");
        }
    }

    /// A kink anywhere within the step: nothing is answered, or something right.
    #[test]
    fn a_kink_is_never_taken_for_a_slope() {
        for (jump, power) in [(1.0, 1), (0.01, 1), (-3.0, 1), (1.0, 2), (40.0, 2)] {
            let mut answered = 0;
            for i in 0..=4000 {
                let c = f64::from(i) / 4000.0 / 512.0;
                let f = |t: f64| (0.3 + t).sin() + jump * (t - c).max(0.0).powi(power);
                let found = of(f);
                let right = |slope: Slope| (slope.value - 0.3f64.cos()).abs() <= slope.bound();
                assert!(found.is_none_or(right), "kink {jump} t^{power} at {c:e}: {found:?}");
                answered += u32::from(found.is_some());
            }
            // Those very near to the centre have no slope.
            assert!((3900..=4001).contains(&answered), "{answered}");
        }
    }

    #[test]
    fn a_kink_at_the_centre_has_no_slope() {
        assert!(of(|t| t.abs() + t).is_none());
        assert!(of(|t| if t > 0.0 { f64::NAN } else { t }).is_none_or(|slope| slope.value.is_nan()));
    }

    #[test]
    fn a_piece_that_is_left_is_asked_for_with_shorter_steps() {
        let f = |t: f64| if t > 1e-4 { None } else { Some(t.exp()) };
        let found = slope(f, 1.0, Expected { step: 0.01, noise: NOISE, typical: 1.0 }).unwrap();
        assert!((found.value - 1.0).abs() <= found.bound() && found.bound() < 1e-7, "{found:?}");
    }
}
