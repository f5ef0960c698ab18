//! Numbers of 16 bits, exactly, as f64. The crate `half` would bring four crates for these two functions.

/// IEEE 754's half precision: a sign, 5 bits of exponent, 10 of fraction.
pub(crate) fn f16(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24), // subnormal
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

/// bfloat16: the upper half of an f32.
pub(crate) fn bf16(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_the_numbers_that_numpy_and_pytorch_show() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333251953125),
            (0x7bff, 65504.0),
            (0x0400, 6.103515625e-5),
            (0x03ff, 6.097555160522461e-5),
            (0x0001, 5.960464477539063e-8),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(f16(bits), value, "{bits:04x}");
        }
        assert!(f16(0x7e00).is_nan() && f16(0x8000).is_sign_negative() && f16(0x8000) == 0.0);
        for (bits, value) in [(0x3f80, 1.0), (0xc000, -2.0), (0x3eab, 0.333984375), (0x0080, 2f64.powi(-126))] {
            assert_eq!(bf16(bits), value, "{bits:04x}");
        }
    }
}
