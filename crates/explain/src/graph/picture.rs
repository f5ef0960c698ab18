//! A drawing as a list of marks in points, y downwards, which SVG and PNG share. Both have a background of their own,
//! so a picture is equally legible on a dark and on a light page.

/// The colours of a picture.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::{Operations, Theme};
/// use chainrule::{Loss, Mlp};
///
/// let graph = Operations::new(&Mlp::builder(2).dense(1).build()?, Loss::Mse);
/// assert_ne!(graph.to_svg(Theme::Light), graph.to_svg(Theme::Dark));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Theme {
    /// On white.
    #[default]
    Light,
    /// On near-black.
    Dark,
}

/// Red, green, blue.
pub(crate) type Colour = [u8; 3];

/// The colours of all parts of a picture. Colour-blind readers can distinguish blue and orange; every text colour has a
/// contrast of at least 4.5 to 1 with its background (WCAG 2.1, criterion 1.4.3), which a test measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Palette {
    pub(crate) ground: Colour,
    pub(crate) ink: Colour,
    pub(crate) faint: Colour,
    /// Fill of parameters, operations, values, what is given.
    pub(crate) parameter: Colour,
    pub(crate) operation: Colour,
    pub(crate) value: Colour,
    pub(crate) given: Colour,
    pub(crate) positive: Colour,
    pub(crate) negative: Colour,
    /// Edges of a number that is exactly 0.
    pub(crate) zero: Colour,
    /// Edges that carry gradients.
    pub(crate) gradient: Colour,
}

impl Theme {
    pub(crate) fn palette(self) -> Palette {
        match self {
            Theme::Light => Palette {
                ground: [255, 255, 255],
                ink: [27, 31, 36],
                faint: [87, 96, 106],
                parameter: [255, 241, 206],
                operation: [221, 236, 255],
                value: [226, 243, 228],
                given: [238, 240, 243],
                positive: [9, 92, 190],
                negative: [186, 74, 4],
                zero: [214, 218, 223],
                gradient: [170, 38, 60],
            },
            Theme::Dark => Palette {
                ground: [13, 17, 23],
                ink: [230, 237, 243],
                faint: [158, 167, 177],
                parameter: [66, 51, 14],
                operation: [19, 46, 84],
                value: [18, 58, 32],
                given: [38, 44, 52],
                positive: [96, 170, 255],
                negative: [255, 150, 82],
                zero: [48, 54, 61],
                gradient: [255, 123, 136],
            },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stroke {
    pub(crate) colour: Colour,
    pub(crate) width: f64,
    pub(crate) opacity: f64,
    pub(crate) dashed: bool,
}

impl Stroke {
    pub(crate) fn plain(colour: Colour, width: f64) -> Self {
        Stroke { colour, width, opacity: 1.0, dashed: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Mark {
    Line {
        from: (f64, f64),
        to: (f64, f64),
        stroke: Stroke,
    },
    /// Lines from point to point, with round corners.
    #[cfg_attr(not(feature = "png"), allow(dead_code, reason = "charts are drawn as pixels alone"))]
    Path {
        points: Vec<(f64, f64)>,
        stroke: Stroke,
    },
    /// Filled, without an outline.
    Polygon {
        points: Vec<(f64, f64)>,
        fill: Colour,
    },
    Rect {
        corner: (f64, f64),
        size: (f64, f64),
        radius: f64,
        fill: Colour,
        outline: Colour,
    },
    Circle {
        centre: (f64, f64),
        radius: f64,
        fill: Colour,
        outline: Colour,
    },
    /// Square pixels, row by row.
    Image {
        corner: (f64, f64),
        pixel: f64,
        width: usize,
        colours: Vec<Colour>,
    },
    /// `at` is on the baseline.
    Text {
        at: (f64, f64),
        size: f64,
        anchor: Anchor,
        colour: Colour,
        text: String,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Picture {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) ground: Colour,
    /// A description, for readers who cannot see it.
    pub(crate) title: String,
    pub(crate) marks: Vec<Mark>,
}

impl Picture {
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.marks.push(Mark::Line { from, to, stroke });
    }

    /// A line that ends in an arrowhead at `to`.
    pub(crate) fn arrow(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        const HEAD: (f64, f64) = (7.0, 3.5); // length, half its width
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy).max(1e-9);
        let (ux, uy) = (dx / length, dy / length);
        let neck = (to.0 - HEAD.0 * ux, to.1 - HEAD.0 * uy);
        self.line(from, neck, stroke);
        let side = |sign: f64| (neck.0 - sign * HEAD.1 * uy, neck.1 + sign * HEAD.1 * ux);
        self.marks.push(Mark::Polygon { points: vec![to, side(1.0), side(-1.0)], fill: stroke.colour });
    }

    pub(crate) fn text(&mut self, at: (f64, f64), size: f64, anchor: Anchor, colour: Colour, text: impl Into<String>) {
        self.marks.push(Mark::Text { at, size, anchor, colour, text: text.into() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.1, relative luminance.
    fn luminance(colour: Colour) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(colour[0]) + 0.7152 * linear(colour[1]) + 0.0722 * linear(colour[2])
    }

    #[test]
    fn every_text_can_be_read_on_its_ground() {
        for theme in [Theme::Light, Theme::Dark] {
            let p = theme.palette();
            let (shapes, of_edges) = ([p.parameter, p.operation, p.value, p.given], [p.positive, p.negative]);
            let on_shapes = shapes.into_iter().flat_map(|shape| [p.ink, p.faint, p.gradient].map(|text| (shape, text)));
            let on_ground = [p.ink, p.faint, p.gradient].into_iter().chain(of_edges).map(|text| (p.ground, text));
            for (ground, text) in on_shapes.chain(on_ground) {
                let (a, b) = (luminance(text), luminance(ground));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 4.5, "{theme:?}: {text:?} on {ground:?} has {contrast:.2}");
            }
        }
    }
}
