//! What each pixel of an image adds to an answer, beside the image: a picture that stands alone.

use crate::graph::{Anchor, Colour, Mark, Palette, Picture, Theme, brief, image, width};

const MARGIN: f64 = 24.0;
const SIDE: f64 = 280.0; // of each of the two images
const GAP: f64 = 32.0;
const LINE: f64 = 20.0;
const TITLE: f64 = 16.0;
const TEXT: f64 = 12.0;
/// Steps of the scale of colours, as many as an image has levels.
const STEPS: usize = 17;
/// As wide as the image above it.
const SCALE: (f64, f64) = (SIDE, SIDE / STEPS as f64);
/// Letters of a line.
const LETTERS: usize = 96;

/// Numbers above and below zero, one for each pixel of an image.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::graph::Theme;
/// use chainrule::page::SignedImage;
///
/// let image = SignedImage {
///     title: "what raises the 3".to_owned(),
///     lines: vec!["target 3, answer 3".to_owned()],
///     width: 2,
///     pixels: vec![0.0, 1.0, 0.5, 0.0],
///     values: vec![0.2, -0.4, 0.0, 0.1],
/// };
/// assert!(image.to_svg(Theme::Light).contains("what raises the 3"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SignedImage {
    /// What it shows.
    pub title: String,
    /// What is said below the title.
    pub lines: Vec<String>,
    /// The pixels of a row of the image.
    pub width: usize,
    /// The image, (pixels).
    pub pixels: Vec<f64>,
    /// The number of each pixel, (pixels).
    pub values: Vec<f64>,
}

impl SignedImage {
    /// The picture as SVG.
    pub fn to_svg(&self, theme: Theme) -> String {
        crate::graph::svg(&self.picture(theme))
    }

    /// The picture as PNG.
    ///
    /// # Errors
    /// When the picture has more than 100 million pixels.
    #[cfg(feature = "png")]
    pub fn to_png(&self, theme: Theme) -> Result<Vec<u8>, String> {
        crate::graph::png(&self.picture(theme))
    }

    fn picture(&self, theme: Theme) -> Picture {
        let p = theme.palette();
        let short = |text: &String| crate::graph::shortened(text, LETTERS);
        let (title, lines): (String, Vec<String>) = (short(&self.title), self.lines.iter().map(short).collect());
        let text = lines.iter().map(|line| width(line, TEXT)).fold(width(&title, TITLE), f64::max);
        let whole = (2.0 * SIDE + GAP).max(text) + 2.0 * MARGIN;
        let mut picture =
            Picture { width: whole, height: 0.0, ground: p.ground, title: title.clone(), marks: Vec::new() };
        let mut y = MARGIN + 14.0;
        picture.text((MARGIN, y), TITLE, Anchor::Start, p.ink, title);
        for line in lines {
            y += LINE;
            picture.text((MARGIN, y), TEXT, Anchor::Start, p.ink, line);
        }
        y += LINE;
        let right = MARGIN + SIDE + GAP;
        self.framed(&mut picture, (MARGIN, y), image::grey(&self.pixels), p.faint);
        self.framed(&mut picture, (right, y), image::signed(&self.values, &p), p.faint);
        let side = self.values.len() as f64 / self.width.max(1) as f64 * SIDE / self.width.max(1) as f64;
        y += side + LINE;
        picture.text((MARGIN, y), TEXT, Anchor::Start, p.faint, "the row");
        self.scale(&mut picture, &p, (right, y));
        picture.height = y + 2.0 * LINE + MARGIN;
        picture
    }

    fn framed(&self, picture: &mut Picture, corner: (f64, f64), colours: Vec<Colour>, outline: Colour) {
        let height = (colours.len() / self.width.max(1)) as f64 * SIDE / self.width.max(1) as f64;
        let frame = ((corner.0 - 1.0, corner.1 - 1.0), (SIDE + 2.0, height + 2.0));
        picture.marks.push(Mark::Rect { corner: frame.0, size: frame.1, radius: 0.0, fill: outline, outline });
        picture.marks.push(image::mark(corner, SIDE, self.width.max(1), colours));
    }

    /// The colours from the least to the largest possible number.
    fn scale(&self, picture: &mut Picture, p: &Palette, (x, y): (f64, f64)) {
        let largest = self.values.iter().copied().map(f64::abs).fold(0.0, f64::max);
        let steps: Vec<f64> = (0..STEPS).map(|step| step as f64 - (STEPS / 2) as f64).collect();
        let middle = x + SIDE / 2.0;
        let corner = (middle - SCALE.0 / 2.0, y - 12.0);
        let bar = Mark::Image { corner, pixel: SCALE.1, width: STEPS, colours: image::signed(&steps, p) };
        let outline = Mark::Rect {
            corner: (corner.0 - 1.0, corner.1 - 1.0),
            size: (SCALE.0 + 2.0, SCALE.1 + 2.0),
            radius: 0.0,
            fill: p.faint,
            outline: p.faint,
        };
        picture.marks.extend([outline, bar]);
        let below = y + LINE + 2.0;
        let ends = [(-largest, middle - SCALE.0 / 2.0, Anchor::Start), (largest, middle + SCALE.0 / 2.0, Anchor::End)];
        for (value, x, anchor) in ends {
            picture.text((x, below), TEXT, anchor, p.faint, brief(value));
        }
        picture.text((middle, below), TEXT, Anchor::Middle, p.faint, "0");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> SignedImage {
        let values = vec![0.5, -0.25, 0.0, 0.0, 0.0, 0.0];
        let lines = vec!["target <3>".to_owned()];
        SignedImage {
            title: "what raises 3".to_owned(),
            lines,
            width: 3,
            pixels: vec![0.0, 1.0, 0.5, 0.0, 0.0, 0.0],
            values,
        }
    }

    #[test]
    fn it_has_the_row_the_signs_and_a_legend_in_words() {
        let svg = image().to_svg(Theme::Light);
        for part in ["what raises 3", "target &lt;3&gt;", "the row", ">0.500<", ">−0.500<", ">0<"] {
            assert!(svg.contains(part), "{part} in {svg}");
        }
        assert_eq!(svg.matches("crispEdges").count(), 3);
        // The largest in the full colour of its sign, half of it half as strong.
        let p = Theme::Light.palette();
        let colours = crate::graph::image::signed(&image().values, &p);
        assert_eq!((colours[0], colours[2]), (p.positive, p.ground));
        assert!(svg.contains("fill=\"#095cbe\" d=\"M0 0h1v1h-1z\""), "{svg}");
        assert_ne!(svg, image().to_svg(Theme::Dark));
    }

    #[test]
    fn nothing_added_is_a_blank_image() {
        let svg = SignedImage { values: vec![0.0; 6], ..image() }.to_svg(Theme::Light);
        assert!(svg.contains(">0<") && !svg.contains("NaN"), "{svg}");
    }
}
