//! Sines and cosines of small angles, the same bits on every platform: the standard library's are the platform's.

use std::f64::consts::FRAC_PI_2;

/// The sine and the cosine of `x`, for |x| up to some hundreds, to 1e-15 for |x| up to 16.
///
/// The angle is brought within pi/4 of 0 by quarter turns; there Taylor's series, cut off below 1e-17, gives both.
pub(super) fn sin_cos(x: f64) -> (f64, f64) {
    let quarters = (x / FRAC_PI_2).round();
    let r = x - quarters * FRAC_PI_2;
    let square = r * r;
    // From the last term inwards: 1 - r^2 / (n - 1) n * (...).
    let series = |from: f64| {
        (0..9).rev().fold(1.0, |sum, k| {
            let n = from + 2.0 * f64::from(k);
            1.0 - square / ((n - 1.0) * n) * sum
        })
    };
    let (sin, cos) = (r * series(3.0), series(2.0));
    match quarters.rem_euclid(4.0) as u8 {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sines_and_cosines_agree_with_the_platforms() {
        for i in -16_000..=16_000 {
            let x = f64::from(i) / 1000.0;
            let (sin, cos) = sin_cos(x);
            assert!((sin - x.sin()).abs() <= 2e-15 && (cos - x.cos()).abs() <= 2e-15, "{x}: {sin}, {cos}");
        }
        assert_eq!(sin_cos(0.0), (0.0, 1.0));
    }
}
