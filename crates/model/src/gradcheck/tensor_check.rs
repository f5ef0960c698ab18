//! The check of one tensor: chooses directions, measures the slope along each, and compares it with the gradient.

use std::collections::BTreeSet;

use super::noise::{POINTS, deviation};
use super::report::{Position, TensorReport, Worst};
use super::settings::Settings;
use super::slope::{Expected, slope};
use super::subject::{Subject, Tensor, root_mean_square};
use crate::random::{Purpose, Stream};

/// The longest step changes the most sensitive output by this much: about `u^(1/5)`, where the truncation error of
/// fourth-order differences, h^4, is about their rounding error, u/h.
const STEP: f64 = 1.0 / 512.0;
/// The step between the points that the noise is estimated from. The fourth differences of a smooth function are then 2^-80
/// and its rounding errors 2^-53, while the points are millions of roundings apart, so their rounding errors are
/// independent.
const NOISE_STEP: f64 = 1.0 / (1 << 20) as f64;
const NOISE_LINES: u64 = 5;
/// Where the value does not change on these points, the step grows by this factor, up to NOISE_STEPS times: to 2^-4.
const NOISE_LONGER: f64 = 16.0;
const NOISE_STEPS: usize = 5;
/// The first stream key of a single tensor; smaller keys are those of the noise and of the whole network.
pub(super) const FIRST_KEY: u64 = NOISE_LINES + 1;
/// The largest error of a value, in standard deviations of the noise.
const DEVIATIONS: f64 = 8.0;
/// Rounding errors, of its largest terms, that a gradient may have in addition to those of the loss.
const GRADIENT_ROUNDINGS: f64 = 32.0;
const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;
/// A slope confirms a gradient when it is larger than its bound by this factor: an error of a tenth then shows.
const TELLING: f64 = 10.0;

/// What gradients that are all 0 are compared with: slopes as small as this would have shown.
const NO_SLOPE: f64 = 1e-6;

/// A direction in the space of the point: `v` from index `start` on, 0 elsewhere.
struct Direction {
    place: Position,
    start: usize,
    v: Vec<f64>,
}

/// The rounding error of the loss: estimated on lines in random directions of all tensors, and at least the rounding of the
/// value itself.
pub(super) fn noise(subject: &mut Subject<'_, '_>, seed: u64) -> f64 {
    let whole = subject.whole();
    let mut found = Vec::new();
    for line in 0..NOISE_LINES {
        let mut stream = Stream::new(seed, Purpose::GradientCheck, line);
        let v: Vec<f64> = whole.range.clone().map(|_| stream.normal()).collect();
        let mut h = step(subject, whole.range.start, &v, NOISE_STEP);
        // A value that does not change at all may be rounded to a coarse grid: cross-entropy near 0 is the logarithm of a
        // number near 1. The grid is then the noise, and shows with longer steps. If it never shows, the spacing of numbers
        // near 1 is taken.
        let mut deviation = deviation_along(subject, whole.range.start, &v, h);
        for _ in 1..NOISE_STEPS {
            if deviation == Some(0.0) {
                h *= NOISE_LONGER;
                deviation = deviation_along(subject, whole.range.start, &v, h);
            }
        }
        found.extend(deviation.map(|deviation| if deviation > 0.0 { deviation } else { UNIT_ROUNDOFF }));
    }
    // The median: on a line across a kink of the loss itself the estimate is far too large.
    found.sort_by(f64::total_cmp);
    let deviation = found.get(found.len() / 2).copied().unwrap_or(0.0);
    DEVIATIONS * deviation + UNIT_ROUNDOFF * subject.value.abs()
}

/// The noise on one line; `None` if there is a kink or a value that is not finite.
fn deviation_along(subject: &mut Subject<'_, '_>, start: usize, v: &[f64], h: f64) -> Option<f64> {
    let mut values = [0.0; POINTS];
    for (i, value) in values.iter_mut().enumerate() {
        *value = subject.along(start, v, h * (i as f64 - (POINTS / 2) as f64)).smooth_value()?;
    }
    Some(deviation(&values))
}

/// The settings of one tensor's check.
#[derive(Clone, Copy)]
pub(super) struct TensorCheck<'s> {
    /// The rounding error of the loss.
    pub(super) noise: f64,
    /// The root mean square of the gradients of all tensors together: what a gradient of 0 is compared with.
    pub(super) scale: f64,
    /// The key of the random stream that chooses directions.
    pub(super) key: u64,
    pub(super) settings: &'s Settings,
}

/// Compares the gradient of a tensor with the slopes along random directions and coordinates of it.
pub(super) fn tensor(
    subject: &mut Subject<'_, '_>,
    tensor: &Tensor,
    gradient: &[f64], // as the tensor
    check: TensorCheck<'_>,
) -> TensorReport {
    let TensorCheck { noise, scale, key, settings } = check;
    let mut report = TensorReport::new(tensor);
    let largest = gradient.iter().fold(0.0f64, |most, g| most.max(g.abs()));
    let usual = if scale > 0.0 { scale } else { NO_SLOPE };
    let mut is_lost = true;
    for Direction { place, start, v } in directions(tensor, key, settings) {
        let terms = || gradient[start - tensor.range.start..].iter().zip(&v).map(|(g, v)| g * v);
        let (analytic, size) = (terms().sum::<f64>(), terms().map(f64::abs).sum::<f64>());
        let typical = size.max(root_mean_square(gradient) * root_mean_square(&v));
        let h = step(subject, start, &v, STEP);
        let centre = subject.value;
        let f = |t: f64| subject.along(start, &v, t).smooth_value();
        match slope(f, centre, Expected { step: h, noise, typical }) {
            Some(found) => {
                let bound = found.bound() + GRADIENT_ROUNDINGS * UNIT_ROUNDOFF * typical;
                let size = match largest > 0.0 {
                    true => analytic.abs().max(found.value.abs()),
                    false => usual * root_mean_square(&v),
                };
                is_lost &= size <= TELLING * bound;
                report.add(Worst { place, analytic, numeric: found.value, bound });
            }
            None => report.discarded += 1,
        }
    }
    report.judge(is_lost, settings.max_discarded);
    report
}

/// Random coordinates, or all if there are no more, and random directions with normal components.
fn directions(tensor: &Tensor, key: u64, settings: &Settings) -> Vec<Direction> {
    let mut stream = Stream::new(settings.seed, Purpose::GradientCheck, key);
    let (count, coordinates) = (tensor.range.len(), settings.coordinates);
    let chosen: BTreeSet<usize> = if count <= coordinates {
        (0..count).collect()
    } else {
        let mut chosen = BTreeSet::new();
        while chosen.len() < coordinates {
            chosen.insert(stream.below(count as u64) as usize);
        }
        chosen
    };
    let coordinate = |at: usize| {
        let mut place = Vec::new();
        tensor.shape.iter().rev().fold(at, |rest, size| {
            place.insert(0, rest % size);
            rest / size
        });
        Direction { place: Position::Coordinate(place), start: tensor.range.start + at, v: vec![1.0] }
    };
    let mut all: Vec<Direction> = chosen.into_iter().map(coordinate).collect();
    for number in 1..=settings.directions {
        let v = (0..count).map(|_| stream.normal()).collect();
        all.push(Direction { place: Position::Direction(number), start: tensor.range.start, v });
    }
    all
}

/// The step along a direction that changes the most sensitive output by `wanted`, rounded to a power of two, so that it
/// adds no rounding error of its own.
fn step(subject: &mut Subject<'_, '_>, start: usize, v: &[f64], wanted: f64) -> f64 {
    let size = root_mean_square(subject.at(start..start + v.len()));
    let mut h = wanted * if size > 0.0 { size } else { 1.0 } / root_mean_square(v);
    // Twice: the response to the first guess may be far from linear.
    for _ in 0..2 {
        subject.along(start, v, h);
        let response = subject.response();
        if response > 0.0 && response.is_finite() {
            h *= wanted / response;
        }
    }
    const MANTISSA: u64 = (1 << 52) - 1;
    f64::from_bits(h.to_bits() & !MANTISSA)
}
