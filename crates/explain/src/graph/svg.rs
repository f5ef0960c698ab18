//! Writes a picture as SVG: plain shapes and text, no scripts and no style sheets, so that every viewer shows the same.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::graph::picture::{Anchor, Colour, Mark, Picture, Stroke};
use crate::graph::text::printable;

const FONTS: &str = "'DejaVu Sans', Verdana, Helvetica, Arial, sans-serif";

/// The document.
pub(crate) fn svg(picture: &Picture) -> String {
    let Picture { width, height, ground, title, marks } = picture;
    let mut out = String::new();
    let (w, h) = (width.ceil(), height.ceil());
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" font-family="{FONTS}">"#
    );
    let _ = writeln!(out, "<title>{}</title>", escaped(title));
    let _ = writeln!(out, r#"<rect width="{w}" height="{h}" rx="8" fill="{}"/>"#, hex(*ground));
    for mark in marks {
        let _ = writeln!(out, "{}", element(mark));
    }
    out.push_str("</svg>\n");
    out
}

fn element(mark: &Mark) -> String {
    match mark {
        Mark::Line { from, to, stroke } => {
            let (x1, y1, x2, y2) = (short(from.0), short(from.1), short(to.0), short(to.1));
            format!(r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"{}/>"#, attributes(stroke))
        }
        Mark::Path { points, stroke } => {
            format!(
                r#"<polyline points="{}" fill="none" stroke-linejoin="round"{}/>"#,
                joined(points),
                attributes(stroke)
            )
        }
        Mark::Polygon { points, fill } => format!(r#"<polygon points="{}" fill="{}"/>"#, joined(points), hex(*fill)),
        Mark::Rect { corner, size, radius, fill, outline } => format!(
            r#"<rect x="{}" y="{}" width="{}" height="{}" rx="{radius}" fill="{}" stroke="{}"/>"#,
            short(corner.0),
            short(corner.1),
            short(size.0),
            short(size.1),
            hex(*fill),
            hex(*outline)
        ),
        Mark::Circle { centre, radius, fill, outline } => format!(
            r#"<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}"/>"#,
            short(centre.0),
            short(centre.1),
            short(*radius),
            hex(*fill),
            hex(*outline)
        ),
        Mark::Image { corner, pixel, width, colours } => image(*corner, *pixel, *width, colours),
        Mark::Text { at, size, anchor, colour, text } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let (x, y, text) = (short(at.0), short(at.1), escaped(text));
            let (colour, size) = (hex(*colour), short(*size));
            format!(r#"<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{text}</text>"#)
        }
    }
}

fn joined(points: &[(f64, f64)]) -> String {
    points.iter().map(|p| format!("{},{}", short(p.0), short(p.1))).collect::<Vec<_>>().join(" ")
}

/// For each colour one path of the runs of pixels that have it: plain shapes, which every viewer draws.
fn image((x, y): (f64, f64), pixel: f64, width: usize, colours: &[Colour]) -> String {
    let mut paths: BTreeMap<Colour, String> = BTreeMap::new();
    for (y, row) in colours.chunks(width).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            let wide = run.len();
            let _ = write!(paths.entry(run[0]).or_default(), "M{x} {y}h{wide}v1h-{wide}z");
            x += wide;
        }
    }
    let place = format!("translate({} {}) scale({pixel:.5})", short(x), short(y));
    let paths: String = paths.iter().map(|(colour, d)| format!(r#"<path fill="{}" d="{d}"/>"#, hex(*colour))).collect();
    format!(r#"<g transform="{place}" shape-rendering="crispEdges">{paths}</g>"#)
}

fn attributes(stroke: &Stroke) -> String {
    let mut text = format!(r#" stroke="{}" stroke-width="{}""#, hex(stroke.colour), short(stroke.width));
    if stroke.opacity < 1.0 {
        let _ = write!(text, r#" stroke-opacity="{}""#, short(stroke.opacity));
    }
    if stroke.dashed {
        text.push_str(r#" stroke-dasharray="5 4""#);
    }
    text
}

/// At most two decimals, without trailing zeros.
fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// `#095cbe`.
pub(crate) fn hex([r, g, b]: Colour) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Escapes text between tags and in attributes.
pub(crate) fn escaped(text: &str) -> String {
    printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::picture::Theme;

    #[test]
    fn text_cannot_leave_its_element() {
        let ground = Theme::Light.palette().ground;
        let mut picture = Picture { width: 10.0, height: 10.0, ground, title: "a < b".to_owned(), marks: Vec::new() };
        picture.text((1.0, 2.5), 12.0, Anchor::Middle, [0, 0, 255], "Z > 0 & \"x\"");
        let text = svg(&picture);
        assert!(text.contains("<title>a &lt; b</title>"));
        assert!(text.contains(r##"<text x="1" y="2.5" font-size="12" text-anchor="middle" fill="#0000ff">Z &gt; 0 &amp; &quot;x&quot;</text>"##));
    }

    #[test]
    fn an_image_is_the_runs_of_its_colours() {
        let (a, b) = ([0, 0, 0], [255, 0, 0]);
        let text = element(&Mark::Image { corner: (3.0, 4.5), pixel: 2.0, width: 3, colours: vec![a, a, b, b, b, b] });
        let black = r##"<path fill="#000000" d="M0 0h2v1h-2z"/>"##;
        let red = r##"<path fill="#ff0000" d="M2 0h1v1h-1zM0 1h3v1h-3z"/>"##;
        let place = r#"transform="translate(3 4.5) scale(2.00000)" shape-rendering="crispEdges""#;
        assert_eq!(text, format!("<g {place}>{black}{red}</g>"));
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!([1.0, 0.126, -0.001, 120.5].map(short), ["1", "0.13", "0", "120.5"]);
    }
}
