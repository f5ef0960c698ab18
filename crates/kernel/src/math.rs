//! Elementary functions that give the same bits on every platform.

/// The natural logarithm in f64, within 2 ulp.
///
/// `x = 2^e * m` with m in [sqrt(1/2), sqrt(2)), then `ln m = 2 atanh(s)` with `s = (m - 1) / (m + 1)`, as its Taylor
/// series: |s| <= 0.1716, so eleven terms leave less than 2^-57 of the result.
pub fn ln(x: f64) -> f64 {
    if !x.is_finite() || x <= 0.0 {
        return if x == 0.0 {
            f64::NEG_INFINITY
        } else if x == f64::INFINITY {
            x
        } else {
            f64::NAN
        };
    }
    // A subnormal is scaled up by 2^54 first.
    let (x, scale) = if x < f64::MIN_POSITIVE { (x * 18_014_398_509_481_984.0, -54) } else { (x, 0) };
    let bits = x.to_bits();
    // Adding 0x3fff... - sqrt(1/2) to the exponent field rounds m into [sqrt(1/2), sqrt(2)).
    let shifted = bits.wrapping_sub(std::f64::consts::FRAC_1_SQRT_2.to_bits());
    let exponent = (shifted as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((exponent as u64) << 52));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut tail = 0.0;
    for odd in [23.0, 21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        tail = tail * z + 1.0 / odd;
    }
    let e = (exponent + scale) as f64;
    // ln 2 in two pieces: e * LN2_HIGH is exact.
    const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    e * LN2_HIGH + (2.0 * s + (2.0 * s * z * tail + e * LN2_LOW))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_agrees_with_the_platform_over_the_whole_range() {
        let mut x = f64::from_bits(1);
        while x < f64::MAX / 1.01 {
            let (got, want) = (ln(x), x.ln());
            // Near 1 the result is small and the error is relative to it all the same.
            assert!((got - want).abs() <= 4.0 * f64::EPSILON * want.abs(), "ln({x:e}) = {got:e}, not {want:e}");
            x *= 1.01;
            if x.is_subnormal() {
                x += f64::from_bits(7);
            }
        }
        for x in [0.9, 0.99, 0.999_999, 1.000_001, 1.01, 1.1] {
            let (got, want) = (ln(x), f64::ln(x));
            assert!((got - want).abs() <= 4.0 * f64::EPSILON * want.abs(), "ln({x}) = {got:e}, not {want:e}");
        }
    }

    #[test]
    fn ln_of_the_specials() {
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert_eq!(ln(f64::INFINITY), f64::INFINITY);
        assert!(ln(-1.0).is_nan());
        assert!(ln(f64::NAN).is_nan());
    }
}
