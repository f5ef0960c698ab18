//! Integer powers, with the same bits on every platform.

/// `base^exponent` by squaring: multiplications only, so the same bits on every platform, unlike the platform's
/// `pow`.
pub(crate) fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut product = 1.0;
    while exponent > 0 {
        if exponent % 2 == 1 {
            product *= base;
        }
        base *= base;
        exponent /= 2;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_is_what_repeated_multiplication_gives() {
        for base in [0.0, 0.5, 0.9, 0.999] {
            let mut want = 1.0;
            for exponent in 0..2000 {
                let got = power(base, exponent);
                assert!((got - want).abs() <= 1e-12 * want, "{base}^{exponent}: {got}, not {want}");
                want *= base;
            }
        }
        assert_eq!((power(0.5, 10), power(0.0, 0), power(0.9, u64::MAX)), (1.0 / 1024.0, 1.0, 0.0));
    }
}
