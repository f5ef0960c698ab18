//! `cos(pi * x)` by multiplications and additions alone: the same bits on every platform, unlike the C library's.

use std::f64::consts::PI;

/// `cos(pi * x)` for x from 0 to 1, within 4e-16.
///
/// Folded into an eighth of a turn, |t| <= pi / 4, and summed as a Taylor series there: of the cosine to t^16 / 16!, of the
/// sine to t^17 / 17!, after which the next term is at most 0.7854^18 / 18! = 2e-18. The rest is rounding.
pub(super) fn cos_pi(x: f64) -> f64 {
    // cos(pi - a) = -cos(a); cos(pi / 2 - a) = sin(a).
    if x > 0.5 {
        -cos_pi(1.0 - x)
    } else if x > 0.25 {
        let t = PI * (0.5 - x);
        t * series(t * t, 17)
    } else {
        let t = PI * x;
        series(t * t, 16)
    }
}

/// `1 - z / (a b) (1 - z / (c d) (1 - ...))`, the Taylor series of the cosine (with an even last power) or of the sine over
/// t (with an odd one), where z = t^2.
fn series(z: f64, last_power: u32) -> f64 {
    let mut sum = 1.0;
    let mut power = last_power;
    while power > 1 {
        sum = 1.0 - z * sum / f64::from(power * (power - 1));
        power -= 2;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_cosine() {
        for i in 0..=20_000 {
            let x = f64::from(i) / 20_000.0;
            let (got, want) = (cos_pi(x), (PI * x).cos());
            assert!((got - want).abs() <= 4e-16, "cos({x} pi) = {got}, not {want}");
        }
        assert_eq!((cos_pi(0.0), cos_pi(0.5), cos_pi(1.0)), (1.0, 0.0, -1.0));
    }
}
