//! Directions through a tensor, the slope along each, and what they say of its gradient.

use std::collections::BTreeSet;

use super::noise::{POINTS, deviation};
use super::report::{Position, TensorReport, Worst};
use super::settings::Settings;
use super::slope::{Expected, slope};
use super::subject::{Subject, Tensor, root_mean_square};
use crate::random::{Purpose, Stream};

/// What moves most moves by this much at the longest step: about `u^(1/5)`, where the truncation of fourth-order differences,
/// h^4, is about their rounding, u/h.
const STEP: f64 = 1.0 / 512.0;
/// The same for the points that the noise is measured on. Fourth differences of a smooth function are then 2^-80 and its
/// roundings 2^-53, while 2^-20 is millions of roundings away: each point is rounded anew.
const NOISE_STEP: f64 = 1.0 / (1 << 20) as f64;
const NOISE_LINES: u64 = 5;
/// Where nothing changes on them, the points are drawn apart by this, so often: to 2^-4 at most.
const NOISE_LONGER: f64 = 16.0;
const NOISE_STEPS: usize = 5;
/// Of the streams: those before it are the noise's, and the whole network's.
pub(super) const FIRST_KEY: u64 = NOISE_LINES + 1;
/// How many standard deviations of the noise a value is off by at most.
const DEVIATIONS: f64 = 8.0;
/// Roundings, of its largest terms, that a gradient may hold beyond those that the loss has too.
const GRADIENT_ROUNDINGS: f64 = 32.0;
const UNIT_ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// A direction through the point: `v` from `start` on, 0 elsewhere.
struct Direction {
    place: Position,
    start: usize,
    v: Vec<f64>,
}

/// How far the loss's values are off by rounding: as measured on lines through everything, and at least the rounding of
/// the value itself.
pub(super) fn noise(subject: &mut Subject<'_, '_>, seed: u64) -> f64 {
    let whole = subject.whole();
    let mut found = Vec::new();
    for line in 0..NOISE_LINES {
        let mut stream = Stream::new(seed, Purpose::GradientCheck, line);
        let v: Vec<f64> = whole.range.clone().map(|_| stream.normal()).collect();
        let mut h = step(subject, whole.range.start, &v, NOISE_STEP);
        // A value that does not change at all may be one that is rounded to a coarse grid: cross-entropy near 0 is the
        // logarithm of a number near 1. Then the grid is the noise, and is seen from farther away, or not at all: that of
        // numbers near 1 is taken then.
        let mut deviation = deviation_along(subject, whole.range.start, &v, h);
        for _ in 1..NOISE_STEPS {
            if deviation == Some(0.0) {
                h *= NOISE_LONGER;
                deviation = deviation_along(subject, whole.range.start, &v, h);
            }
        }
        found.extend(deviation.map(|deviation| if deviation > 0.0 { deviation } else { UNIT_ROUNDOFF }));
    }
    // The median: on a line over a kink of the loss itself it is far too large.
    found.sort_by(f64::total_cmp);
    let deviation = found.get(found.len() / 2).copied().unwrap_or(0.0);
    DEVIATIONS * deviation + UNIT_ROUNDOFF * subject.value.abs()
}

/// The noise on one line, unless something there has a kink or is no number.
fn deviation_along(subject: &mut Subject<'_, '_>, start: usize, v: &[f64], h: f64) -> Option<f64> {
    let mut values = [0.0; POINTS];
    for (i, value) in values.iter_mut().enumerate() {
        let (there, same_pieces) = subject.along(start, v, h * (i as f64 - (POINTS / 2) as f64));
        *value = (same_pieces && there.is_finite()).then_some(there)?;
    }
    Some(deviation(&values))
}

/// How a tensor is measured.
#[derive(Clone, Copy)]
pub(super) struct Measure<'s> {
    /// How far the loss's values are off.
    pub(super) noise: f64,
    /// Of the stream that chooses directions.
    pub(super) key: u64,
    pub(super) settings: &'s Settings,
}

/// A tensor's gradient against the slopes along random directions and coordinates of it.
pub(super) fn tensor(
    subject: &mut Subject<'_, '_>,
    tensor: &Tensor,
    gradient: &[f64], // as the tensor
    measure: Measure<'_>,
) -> TensorReport {
    let Measure { noise, key, settings } = measure;
    let mut report = TensorReport::new(tensor);
    let largest = gradient.iter().fold(0.0f64, |most, g| most.max(g.abs()));
    let mut is_lost = largest > 0.0;
    for Direction { place, start, v } in directions(tensor, key, settings) {
        let terms = || gradient[start - tensor.range.start..].iter().zip(&v).map(|(g, v)| g * v);
        let (analytic, size) = (terms().sum::<f64>(), terms().map(f64::abs).sum::<f64>());
        let typical = size.max(root_mean_square(gradient) * root_mean_square(&v));
        let h = step(subject, start, &v, STEP);
        let centre = subject.value;
        let f = |t: f64| {
            let (value, same_pieces) = subject.along(start, &v, t);
            (same_pieces && value.is_finite()).then_some(value)
        };
        match slope(f, centre, Expected { step: h, noise, typical }) {
            Some(found) => {
                let bound = found.bound() + GRADIENT_ROUNDINGS * UNIT_ROUNDOFF * typical;
                is_lost &= analytic.abs() <= bound && found.value.abs() <= bound;
                report.add(Worst { place, analytic, numeric: found.value, bound });
            }
            None => report.discarded += 1,
        }
    }
    report.judge(is_lost, settings.max_discarded);
    report
}

/// Random coordinates, or all where there are no more, and random directions with normal components.
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

/// The step along a direction at which what responds most has moved by `wanted`: a power of two, which adds no rounding
/// of its own.
fn step(subject: &mut Subject<'_, '_>, start: usize, v: &[f64], wanted: f64) -> f64 {
    let size = root_mean_square(subject.at(start..start + v.len()));
    let mut h = wanted * if size > 0.0 { size } else { 1.0 } / root_mean_square(v);
    // Twice: the first guess may be so far off that the response is nowhere near to linear.
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
