//! `ln(1 + x)` and `e^x - 1`, the same bits on every platform: the standard library's are the platform's.

use std::f64::consts::{LN_2, SQRT_2};

/// `ln 2` in two parts, the first with zeros at its end, so that its products with small whole numbers are exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// `ln(1 + x)` for x above -1; NaN below, and negative infinity at -1.
///
/// 1 + x rounds; the factor `x / ((1 + x) - 1)` takes that back (Higham, "Accuracy and Stability of Numerical Algorithms",
/// 2002, problem 1.5).
pub(crate) fn ln_1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    match sum - 1.0 {
        0.0 => x,
        _ if sum.is_infinite() => sum,
        rounded => ln(sum) * (x / rounded),
    }
}

/// As [`ln_1p`], of a number that is not subnormal: `x = m 2^e`, m within a root of 2 of 1, and `ln m = 2 artanh s` with
/// `s = (m - 1) / (m + 1)`, by a series that is cut off below 1e-17.
fn ln(x: f64) -> f64 {
    match x {
        0.0 => return f64::NEG_INFINITY,
        _ if x.is_nan() || x < 0.0 => return f64::NAN,
        _ => {}
    }
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = x.to_bits();
    let (mut e, mut m) = ((bits >> 52) as f64 - 1023.0, f64::from_bits((bits & FRACTION) | (1023 << 52)));
    if m > SQRT_2 {
        (e, m) = (e + 1.0, m / 2.0);
    }
    let s = (m - 1.0) / (m + 1.0);
    let series = (0..12).rev().fold(0.0, |sum, k| 1.0 / f64::from(2 * k + 1) + s * s * sum);
    e * LN_2_HIGH + (e * LN_2_LOW + 2.0 * s * series)
}

/// `e^x - 1`: `x = k ln 2 + r`, |r| at most half of ln 2, Taylor's series for r, cut off below 1e-18.
pub(crate) fn exp_m1(x: f64) -> f64 {
    // ln 2^1024 = 709.78...
    if x.is_nan() || x > 709.8 {
        return if x.is_nan() { x } else { f64::INFINITY };
    }
    // Below this the one is all that is left.
    let x = x.max(-100.0);
    let k = (x / LN_2).round();
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let series = (1..=15).rev().fold(0.0, |sum, n| (1.0 + sum) * r / f64::from(n));
    // 2^1024 overflows, though half of it times what is left may not.
    let half = power_of_2(k - 1.0);
    (half * series + (half - 0.5)) * 2.0
}

/// `2^k`, for a whole k from -1022 to 1023.
fn power_of_2(k: f64) -> f64 {
    f64::from_bits(((k + 1023.0) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) -> bool {
        found == wanted || (found - wanted).abs() <= 4.0 * f64::EPSILON * wanted.abs()
    }

    #[test]
    fn both_agree_with_the_platforms() {
        for i in -999..20_000 {
            for scale in [1e-3, 1e-9, 1e-300, 1.0, 1e6, 1e300] {
                let x = f64::from(i) * scale;
                assert!(x <= -1.0 || near(ln_1p(x), x.ln_1p()), "{x}: {} {}", ln_1p(x), x.ln_1p());
                assert!(near(exp_m1(x), x.exp_m1()), "{x}: {} {}", exp_m1(x), x.exp_m1());
            }
        }
        assert!(near(exp_m1(709.7), 709.7f64.exp_m1()) && exp_m1(710.0) == f64::INFINITY && exp_m1(-1e9) == -1.0);
        assert_eq!((ln_1p(0.0), exp_m1(0.0), ln_1p(-1.0)), (0.0, 0.0, f64::NEG_INFINITY));
        assert!(ln_1p(-2.0).is_nan() && exp_m1(f64::NAN).is_nan() && ln_1p(f64::INFINITY).is_infinite());
    }

    #[test]
    fn one_undoes_the_other() {
        for x in [-0.999, -0.5, 1e-12, 0.3, 1.0, 12_345.678, 3.2e9] {
            assert!((exp_m1(ln_1p(x)) - x).abs() <= 1e-13 * (1.0 + x.abs()), "{x}");
        }
    }
}
