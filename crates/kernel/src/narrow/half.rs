//! Numbers rounded to sixteen bits, to the nearest and of two as near to the even one (IEEE 754).

/// The bf16 nearest to a finite number: infinite where that is past the largest.
pub(crate) fn to_bf16(x: f32) -> u16 {
    let bits = x.to_bits();
    // Half of the last place, less one unless the place is odd; a carry goes on into the exponent.
    ((bits + 0x7fff + (bits >> 16 & 1)) >> 16) as u16
}

/// The f16 nearest to a finite number: infinite where that is past the largest.
pub(crate) fn to_f16(x: f32) -> u16 {
    /// The last place of f32 numbers from 0.5 on is 2^-24, as that of f16 numbers below 2^-14: the sum of 0.5 and such a number
    /// has the number, in that unit, in its lowest bits.
    const SUBNORMAL: f32 = 0.5;
    let sign = (x.to_bits() >> 16 & 0x8000) as u16;
    let magnitude = x.abs();
    let bits = if magnitude < f32::from_bits((127 - 14) << 23) {
        // The addition rounds.
        (magnitude + SUBNORMAL).to_bits() - SUBNORMAL.to_bits()
    } else {
        let bits = magnitude.to_bits();
        let rounded = bits + 0xfff + (bits >> 13 & 1);
        // 127 and 15 are the biases of the exponents; 0x7c00 is infinite.
        ((rounded - ((127 - 15) << 23)) >> 13).min(0x7c00)
    };
    sign | bits as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::widen::{from_bf16, from_f16};

    /// Between each two neighbours: the middle goes to the even one, what is next to it to the nearer.
    fn rounds_to_nearest(to: fn(f32) -> u16, from: fn(u16) -> f32, infinite: u16) {
        for low in 0..infinite {
            for sign in [0, 0x8000] {
                assert_eq!(to(from(low | sign)), low | sign, "{low:04x} itself");
                if low + 1 == infinite {
                    continue;
                }
                let (a, b) = (f64::from(from(low)), f64::from(from(low + 1)));
                let middle = ((a + b) / 2.0) as f32; // exact, but next to 0 in bf16
                let even = if low % 2 == 0 { low } else { low + 1 };
                if f64::from(middle) == (a + b) / 2.0 {
                    let towards = |x: f32| if sign == 0 { x } else { -x };
                    assert_eq!(to(towards(middle)), even | sign, "between {low:04x} and the next");
                    assert_eq!(to(towards(middle.next_down())), low | sign, "below the middle above {low:04x}");
                    assert_eq!(to(towards(middle.next_up())), (low + 1) | sign, "above the middle above {low:04x}");
                }
            }
        }
    }

    #[test]
    fn every_bf16_and_what_lies_between_two_is_rounded_to_the_nearest() {
        rounds_to_nearest(to_bf16, from_bf16, 0x7f80);
    }

    #[test]
    fn every_f16_and_what_lies_between_two_is_rounded_to_the_nearest() {
        rounds_to_nearest(to_f16, from_f16, 0x7c00);
    }

    #[test]
    fn past_the_largest_is_infinite() {
        assert_eq!([65519.0, 65520.0, 1e30, -1e5].map(to_f16), [0x7bff, 0x7c00, 0x7c00, 0xfc00]);
        assert_eq!([3.389e38, f32::MAX, -f32::MAX].map(to_bf16), [0x7f7f, 0x7f80, 0xff80]);
        assert_eq!([from_f16(0x3c00), from_f16(0xc000), from_f16(1)], [1.0, -2.0, 2.0f32.powi(-24)]);
    }
}
