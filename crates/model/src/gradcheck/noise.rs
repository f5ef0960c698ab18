//! Estimates the rounding noise of a function from its values.
//!
//! Between close points a smooth function is nearly a straight line, whose fourth differences are 0; the fourth differences
//! that remain are rounding noise. With values disturbed independently by a standard deviation of s, the mean square of the
//! k-th differences is `(2k)! / (k!)^2 s^2` (Hamming, "Numerical Methods for Scientists and Engineers", chapter on
//! difference tables; More and Wild, "Estimating computational noise", SIAM Journal on Scientific Computing 33, 2011,
//! equation 1.1).

/// The number of values that an estimate is made from.
pub(super) const POINTS: usize = 9;

/// The standard deviation of the noise in values at evenly spaced points.
pub(super) fn deviation(values: &[f64; POINTS]) -> f64 {
    const ORDER: usize = 4;
    const GAIN: f64 = 70.0; // 8! / (4!)^2
    let mut differences = *values;
    for order in 1..=ORDER {
        for i in 0..POINTS - order {
            differences[i] = differences[i + 1] - differences[i];
        }
    }
    let count = POINTS - ORDER;
    (differences[..count].iter().map(|d| d * d).sum::<f64>() / (count as f64 * GAIN)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    #[test]
    fn a_cubic_has_no_noise_and_what_is_added_to_it_is_found() {
        let cubic = |i: usize| 7.0 + i as f64 * (1.0 - i as f64 * (2.0 + i as f64));
        assert_eq!(deviation(&std::array::from_fn(cubic)), 0.0);
        let mut stream = Stream::new(1, Purpose::Synthetic, 0);
        let lines = 2000;
        let found: f64 =
            (0..lines).map(|_| deviation(&std::array::from_fn(|i| cubic(i) + 0.01 * stream.normal())).powi(2)).sum();
        // A mean of 2000 estimates, each of 5 squares that are not independent: 2 % off at most.
        let found = (found / f64::from(lines)).sqrt();
        assert!((found / 0.01 - 1.0).abs() < 0.05, "{found}");
    }
}
