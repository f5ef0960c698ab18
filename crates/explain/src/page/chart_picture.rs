//! Charts as pixels: the same drawing as `chart.rs` makes of SVG, as marks of a picture.

use super::axis::{Scale, label};
use super::chart::{BOTTOM, COLOURS, Chart, FEW, HEIGHT, LEFT, Mark, RIGHT, Series, TOP, WIDTH};
use crate::graph::{self, Anchor, Colour, Palette, Picture, Stroke, Theme, width};

/// The colours of series, as in `chart.css`.
const LIGHT: [Colour; COLOURS] = [
    [9, 92, 190],
    [186, 74, 4],
    [31, 122, 58],
    [138, 62, 168],
    [163, 18, 63],
    [0, 114, 122],
    [122, 92, 0],
    [87, 96, 106],
];
const DARK: [Colour; COLOURS] = [
    [96, 170, 255],
    [255, 150, 82],
    [95, 209, 132],
    [210, 160, 238],
    [255, 123, 150],
    [79, 208, 216],
    [224, 192, 80],
    [158, 167, 177],
];
const TEXT: f64 = 12.0;

/// Charts as a PNG file, two in a row.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::graph::Theme;
/// use chainrule::page::{Axis, Chart, Mark, Series, charts_to_png};
///
/// let loss = Series { name: "training".to_owned(), points: vec![[1.0, 0.9], [2.0, 0.4]], mark: Mark::Line };
/// let chart = Chart { title: "Loss".to_owned(), x: Axis::new("epoch"), y: Axis::new("loss"), series: vec![loss] };
/// assert!(charts_to_png(&[chart], Theme::Light)?.starts_with(b"\x89PNG"));
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// When the picture has more than 100 million pixels, as of hundreds of charts.
pub fn charts_to_png(charts: &[Chart], theme: Theme) -> Result<Vec<u8>, String> {
    graph::png(&picture(charts, theme))
}

fn picture(charts: &[Chart], theme: Theme) -> Picture {
    let (columns, rows) = (charts.len().clamp(1, 2), charts.len().div_ceil(2).max(1));
    let (width, height, palette) = (WIDTH * columns as f64, HEIGHT * rows as f64, theme.palette());
    let title = charts.iter().map(|chart| chart.title.as_str()).collect::<Vec<_>>().join(", ");
    let mut picture = Picture { width, height, ground: palette.ground, title, marks: Vec::new() };
    let colours = if theme == Theme::Dark { DARK } else { LIGHT };
    for (at, chart) in charts.iter().enumerate() {
        let corner = (WIDTH * (at % 2) as f64, HEIGHT * (at / 2) as f64);
        Drawing { picture: &mut picture, palette, colours, corner }.chart(chart);
    }
    picture
}

struct Drawing<'a> {
    picture: &'a mut Picture,
    palette: Palette,
    colours: [Colour; COLOURS],
    corner: (f64, f64),
}

impl Drawing<'_> {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.corner.0 + x, self.corner.1 + y)
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: Colour) {
        let (from, to) = (self.at(from.0, from.1), self.at(to.0, to.1));
        self.picture.line(from, to, Stroke::plain(colour, 1.0));
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, colour: Colour, text: &str) {
        let at = self.at(x, y);
        self.picture.text(at, TEXT, anchor, colour, text.replace('-', "−"));
    }

    fn chart(&mut self, chart: &Chart) {
        let finite = chart.finite();
        let x = chart.x.scale(finite.iter().flatten().map(|point| point[0]), [LEFT, RIGHT]);
        let y = chart.y.scale(finite.iter().flatten().map(|point| point[1]), [BOTTOM, TOP]);
        let (ink, faint) = (self.palette.ink, self.palette.faint);
        let (title, unit) = (self.at(LEFT, 16.0), (LEFT, TOP - 4.0));
        self.picture.text(title, 14.0, Anchor::Start, ink, chart.title.clone());
        self.text(unit, Anchor::Start, faint, &chart.y.label);
        self.axes(&x, &y);
        self.text(((LEFT + RIGHT) / 2.0, HEIGHT - 8.0), Anchor::Middle, faint, &chart.x.label);
        for (at, (series, points)) in chart.series.iter().zip(&finite).enumerate() {
            let places: Vec<_> = points.iter().map(|[a, b]| self.at(x.place(*a), y.place(*b))).collect();
            self.series(series, places, self.colours[at % COLOURS]);
        }
        self.names(chart);
    }

    fn axes(&mut self, x: &Scale, y: &Scale) {
        let (grid, faint) = (self.palette.zero, self.palette.faint);
        for tick in x.ticks() {
            let at = x.place(tick);
            self.line((at, TOP), (at, BOTTOM), grid);
            self.text((at, BOTTOM + 16.0), Anchor::Middle, faint, &label(tick));
        }
        for tick in y.ticks() {
            let at = y.place(tick);
            self.line((LEFT, at), (RIGHT, at), grid);
            self.text((LEFT - 6.0, at + 4.0), Anchor::End, faint, &label(tick));
        }
        self.line((LEFT, TOP), (LEFT, BOTTOM), faint);
        self.line((LEFT, BOTTOM), (RIGHT, BOTTOM), faint);
    }

    fn series(&mut self, series: &Series, points: Vec<(f64, f64)>, colour: Colour) {
        let dashed = series.mark == Mark::Dashes;
        let (colour, width) = if dashed { (self.palette.faint, 1.0) } else { (colour, 2.0) };
        if series.mark == Mark::Dots || (series.mark == Mark::Line && points.len() <= FEW) {
            let dot = |centre: &(f64, f64)| graph::Mark::Circle {
                centre: *centre,
                radius: 2.5,
                fill: colour,
                outline: colour,
            };
            self.picture.marks.extend(points.iter().map(dot));
        }
        if series.mark != Mark::Dots {
            self.picture
                .marks
                .push(graph::Mark::Path { points, stroke: Stroke { dashed, ..Stroke::plain(colour, width) } });
        }
    }

    /// The names of series in their colours, at the right of the title.
    fn names(&mut self, chart: &Chart) {
        let named = chart.series.iter().enumerate().filter(|(_, series)| !series.name.is_empty());
        let named: Vec<(usize, &str)> = named.map(|(at, series)| (at, series.name.as_str())).collect();
        let mut right = RIGHT;
        for (at, name) in named.into_iter().rev() {
            self.text((right, 16.0), Anchor::End, self.colours[at % COLOURS], name);
            right -= width(name, TEXT) + 12.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chart::Axis;
    use super::*;

    fn charts() -> Vec<Chart> {
        let series = |name: &str, mark| Series {
            name: name.to_owned(),
            points: vec![[1.0, 0.9], [2.0, f64::NAN], [3.0, 0.4]],
            mark,
        };
        let chart = |title: &str| Chart {
            title: title.to_owned(),
            x: Axis::new("epoch"),
            y: Axis::new("loss"),
            series: vec![series("training", Mark::Line), series("validation", Mark::Dots), series("", Mark::Dashes)],
        };
        ["one", "two", "three"].map(chart).to_vec()
    }

    #[test]
    fn every_line_lies_where_its_numbers_are() {
        let picture = picture(&charts(), Theme::Light);
        assert_eq!((picture.width, picture.height), (2.0 * WIDTH, 2.0 * HEIGHT));
        let paths = picture.marks.iter().filter_map(|mark| match mark {
            graph::Mark::Path { points, .. } => Some(points.clone()),
            _ => None,
        });
        let paths: Vec<Vec<(f64, f64)>> = paths.collect();
        assert_eq!(paths.len(), 3 * 2, "a line and dashes of each");
        assert_eq!(paths[0], [(LEFT, TOP), (RIGHT, BOTTOM)]);
        assert_eq!(paths[5], [(LEFT, HEIGHT + TOP), (RIGHT, HEIGHT + BOTTOM)]);
        assert!(charts_to_png(&charts(), Theme::Dark).unwrap().starts_with(b"\x89PNG"));
    }

    #[test]
    fn colours_are_those_of_the_style_sheet() {
        let style = include_str!("chart.css");
        let (light, dark) = style.split_once("@media").unwrap();
        for (colours, style) in [(LIGHT, light), (DARK, dark)] {
            for (at, [r, g, b]) in colours.into_iter().enumerate() {
                let rule = format!(".c{at} {{ stroke: #{r:02x}{g:02x}{b:02x}; }}");
                assert!(style.contains(&rule), "{rule}");
            }
        }
    }
}
