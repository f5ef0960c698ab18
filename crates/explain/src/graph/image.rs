//! Numbers as pixels of an image: signed ones in the colours of edges, others in greys. Few levels, so that an SVG stays short.

use crate::graph::picture::{Colour, Mark, Palette};

/// Levels on each side of zero, and of greys.
const LEVELS: f64 = 8.0;

/// Blue above zero, orange below, the ground at zero; the strongest is the largest of this image.
pub(crate) fn signed(values: &[f64], palette: &Palette) -> Vec<Colour> {
    let largest = values.iter().copied().map(f64::abs).fold(0.0, f64::max);
    let pixel = |&value: &f64| {
        let share = if largest > 0.0 { (LEVELS * value.abs() / largest).round() / LEVELS } else { 0.0 };
        mixed(palette.ground, if value > 0.0 { palette.positive } else { palette.negative }, share)
    };
    values.iter().map(pixel).collect()
}

/// From black at the least to white at the largest.
pub(crate) fn grey(values: &[f64]) -> Vec<Colour> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let level = |value: f64| {
        if high > low { (2.0 * LEVELS * (value - low) / (high - low)).round() / LEVELS / 2.0 } else { 0.5 }
    };
    values.iter().map(|&value| mixed([0; 3], [255; 3], level(value))).collect()
}

/// An image with this corner that is `side` wide.
pub(crate) fn mark(corner: (f64, f64), side: f64, width: usize, colours: Vec<Colour>) -> Mark {
    Mark::Image { corner, pixel: side / width as f64, width, colours }
}

fn mixed(from: Colour, to: Colour, share: f64) -> Colour {
    let channel = |at: usize| {
        let (from, to) = (f64::from(from[at]), f64::from(to[at]));
        (from + share.clamp(0.0, 1.0) * (to - from)).round() as u8
    };
    [channel(0), channel(1), channel(2)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::picture::Theme;

    #[test]
    fn a_pixel_has_the_colour_of_its_sign_and_the_strength_of_its_share() {
        let p = Theme::Light.palette();
        let got = signed(&[4.0, -2.0, 0.0, -4.0], &p);
        assert_eq!((got[0], got[2], got[3]), (p.positive, p.ground, p.negative));
        assert_eq!(got[1], [221, 165, 130], "half way from white to orange");
        assert_eq!(signed(&[0.0, 0.0], &p), [p.ground; 2]);
        assert_eq!(grey(&[-1.0, 3.0, 1.0]), [[0; 3], [255; 3], [128; 3]]);
        assert_eq!(grey(&[5.0, 5.0]), [[128; 3]; 2]);
    }
}
