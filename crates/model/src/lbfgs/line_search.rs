//! The line search: finds a step that satisfies the strong Wolfe conditions. Nocedal and Wright, 2006, algorithms 3.5
//! (bracketing) and 3.6 (zoom); a trial is the minimum of the cubic through two values and two slopes (equation 3.59), kept
//! away from the ends of the interval.

use super::settings::LbfgsSettings;

/// An evaluation along the direction: the step, the value and the slope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Probe {
    pub(super) alpha: f64,
    pub(super) value: f64,
    pub(super) slope: f64,
}

/// The least distance of a trial from the ends of its bracket, as a share of its length: every trial shortens the bracket.
const MARGIN: f64 = 0.1;
/// The ratio of successive trial steps while the slope is negative.
const FARTHER: f64 = 2.0;

/// A step to a lower loss, which is the last one evaluated; `None` if none is found within the evaluations allowed.
pub(super) fn search<E>(
    start: Probe,
    first: f64,
    settings: LbfgsSettings,
    probe: &mut impl FnMut(f64) -> Result<Probe, E>,
) -> Result<Option<Probe>, E> {
    let wolfe = Wolfe { start, settings };
    let (mut before, mut alpha) = (start, first);
    for asked in 1..=settings.evaluations {
        let here = probe(alpha)?;
        let left = settings.evaluations - asked;
        if !wolfe.is_lower(here) || (asked > 1 && here.value >= before.value) {
            return zoom(wolfe, before, here, left, probe);
        }
        if wolfe.is_flat(here) {
            return Ok(Some(here));
        }
        if here.slope >= 0.0 {
            return zoom(wolfe, here, before, left, probe);
        }
        (before, alpha) = (here, FARTHER * alpha);
    }
    // The slope is still negative: the last trial is the lowest.
    Ok(Some(before))
}

#[derive(Clone, Copy)]
struct Wolfe {
    start: Probe,
    settings: LbfgsSettings,
}

impl Wolfe {
    /// The first condition, sufficient decrease. NaN does not satisfy it.
    fn is_lower(self, at: Probe) -> bool {
        at.value <= self.start.value + self.settings.sufficient_decrease * at.alpha * self.start.slope
    }

    /// The second condition: the slope is small enough (curvature).
    fn is_flat(self, at: Probe) -> bool {
        at.slope.abs() <= -self.settings.curvature * self.start.slope
    }
}

/// Searches between `low`, the lowest step so far, and `high`; a step that satisfies both conditions lies between them.
fn zoom<E>(
    wolfe: Wolfe,
    mut low: Probe,
    mut high: Probe,
    evaluations: usize,
    probe: &mut impl FnMut(f64) -> Result<Probe, E>,
) -> Result<Option<Probe>, E> {
    for _ in 0..evaluations {
        let here = probe(between(low, high))?;
        if !wolfe.is_lower(here) || here.value >= low.value {
            high = here;
        } else {
            if wolfe.is_flat(here) {
                return Ok(Some(here));
            }
            if here.slope * (high.alpha - low.alpha) >= 0.0 {
                high = low;
            }
            low = here;
        }
    }
    // The lowest step, if it lowers the loss: evaluated again, so that it is the last evaluation.
    if low.alpha > 0.0 && low.value < wolfe.start.value { probe(low.alpha).map(Some) } else { Ok(None) }
}

/// The minimum of the cubic through both, kept away from the ends; the middle if that is not finite.
fn between(low: Probe, high: Probe) -> f64 {
    let width = high.alpha - low.alpha;
    let d1 = low.slope + high.slope - 3.0 * (low.value - high.value) / (low.alpha - high.alpha);
    let d2 = (d1 * d1 - low.slope * high.slope).sqrt() * width.signum();
    let share = 1.0 - (high.slope + d2 - d1) / (high.slope - low.slope + 2.0 * d2);
    let share = if share.is_finite() { share.clamp(MARGIN, 1.0 - MARGIN) } else { 0.5 };
    low.alpha + share * width
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cubic_finds_the_minimum_of_a_parabola() {
        let at = |alpha: f64| Probe { alpha, value: (alpha - 0.6).powi(2), slope: 2.0 * (alpha - 0.6) };
        assert!((between(at(0.0), at(1.0)) - 0.6).abs() < 1e-12);
        assert!((between(at(1.0), at(0.0)) - 0.6).abs() < 1e-12);
        let beyond = Probe { alpha: 1.0, value: f64::INFINITY, slope: f64::NAN };
        assert_eq!(between(at(0.0), beyond), 0.5);
    }

    #[test]
    fn what_is_found_keeps_both_conditions_and_was_probed_last() {
        let settings = LbfgsSettings { curvature: 0.1, ..LbfgsSettings::default() };
        // Many minima, a wall at 40, and first steps from far too short to far too long.
        let f = |a: f64| if a > 40.0 { f64::INFINITY } else { (a - 7.0).powi(2) / 10.0 + (3.0 * a).sin() };
        let slope = |a: f64| (a - 7.0) / 5.0 + 3.0 * (3.0 * a).cos();
        let start = Probe { alpha: 0.0, value: f(0.0), slope: -slope(0.0).abs() };
        for first in [1e-6, 0.01, 0.3, 1.0, 5.0, 39.0, 1e3, 1e9] {
            let f = |a: f64| if start.slope == slope(0.0) { f(a) } else { f(-a) };
            let slope = |a: f64| if start.slope == slope(0.0) { slope(a) } else { -slope(-a) };
            let mut last = 0.0;
            let mut probe = |alpha: f64| {
                last = alpha;
                Ok::<_, ()>(Probe { alpha, value: f(alpha), slope: slope(alpha) })
            };
            let settings = LbfgsSettings { evaluations: 100, ..settings };
            let found = search(start, first, settings, &mut probe).unwrap().unwrap();
            let wolfe = Wolfe { start, settings };
            assert!(wolfe.is_lower(found) && wolfe.is_flat(found), "from {first}: {found:?}");
            assert_eq!(found.alpha, last);
        }
    }

    #[test]
    fn where_nothing_is_lower_there_is_no_step() {
        let mut uphill = |alpha: f64| Ok::<_, ()>(Probe { alpha, value: 1.0 + alpha, slope: 1.0 });
        let start = Probe { alpha: 0.0, value: 1.0, slope: -1.0 };
        assert_eq!(search(start, 1.0, LbfgsSettings::default(), &mut uphill), Ok(None));
    }
}
