//! Draws a picture as PNG with an embedded font, without programs or fonts of the machine, so that the same picture has
//! the same bytes everywhere.
//!
//! The font is the part of DejaVu Sans that pictures use, with the letters of European languages for names, 35 KB; see `data/README.md` beside it.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};
use ttf_parser::{Face, OutlineBuilder};

use crate::graph::picture::{self, Anchor, Colour, Mark, Picture};

const FONT: &[u8] = include_bytes!("../../data/sans.ttf");
/// Pixels per point: sharp on dense screens and in print.
const SCALE: f64 = 2.0;

/// The largest number of pixels: 400 MB while drawing, and more than any screen or page shows.
pub(crate) const PIXELS_MAX: u64 = 100_000_000;

/// The file's bytes.
pub(crate) fn png(picture: &Picture) -> Result<Vec<u8>, String> {
    let (width, height) = size(picture)?;
    let too_large = || format!("a picture of {width} x {height} pixels, which does not fit in memory");
    let mut canvas = Pixmap::new(width, height).ok_or_else(too_large)?;
    canvas.fill(colour(picture.ground, 1.0));
    let face = Face::parse(FONT, 0).map_err(|error| format!("the font inside the program is damaged: {error}"))?;
    for mark in &picture.marks {
        draw(&mut canvas, &face, mark);
    }
    Ok(encode(&canvas))
}

/// Width and height in pixels, if they are within the limit.
fn size(picture: &Picture) -> Result<(u32, u32), String> {
    // A side that does not fit 32 bits saturates, which exceeds the limit whatever the other is.
    let side = |points: f64| (points.ceil() * SCALE).clamp(1.0, f64::from(u32::MAX)) as u32;
    let (width, height) = (side(picture.width), side(picture.height));
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX {
        return Err(format!("a picture of {width} x {height} pixels, more than {PIXELS_MAX}"));
    }
    Ok((width, height))
}

/// PNG (ISO/IEC 15948): a signature and three chunks; each row of red, green and blue follows a byte for "no filter".
/// Drawings with few colours gain nothing from filters. Checksums and compression are flate2's, a dependency already
/// used for data files; the png crate, which tiny-skia offers, would add six crates to save the twenty lines below.
fn encode(canvas: &Pixmap) -> Vec<u8> {
    let mut header = [canvas.width().to_be_bytes(), canvas.height().to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]); // bits of a sample, colour without alpha, deflate, filters by row, not interlaced
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    let mut row = Vec::with_capacity(1 + 3 * canvas.width() as usize);
    // Row by row, so that the picture is in memory once, not twice. Writing to memory cannot fail.
    let rows = canvas.data().chunks_exact(4 * canvas.width() as usize).try_for_each(|pixels| {
        row.clear();
        row.push(0);
        row.extend(pixels.chunks_exact(4).flat_map(|rgba| &rgba[..3]));
        zlib.write_all(&row)
    });
    let data = rows.and_then(|()| zlib.finish()).unwrap_or_default();
    let chunk = |name: &[u8], data: &[u8]| {
        let mut crc = Crc::new();
        crc.update(name);
        crc.update(data);
        [&(data.len() as u32).to_be_bytes(), name, data, &crc.sum().to_be_bytes()].concat()
    };
    let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &data), chunk(b"IEND", &[])];
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

fn draw(canvas: &mut Pixmap, face: &Face<'_>, mark: &Mark) {
    match mark {
        Mark::Line { from, to, stroke } => line(canvas, &[*from, *to], stroke),
        Mark::Path { points, stroke } => line(canvas, points, stroke),
        Mark::Polygon { points, fill } => {
            let mut path = through(points);
            path.close();
            fill_path(canvas, path.finish(), *fill);
        }
        Mark::Rect { corner, size, radius, fill, outline } => {
            let path = rounded((corner.0 as f32, corner.1 as f32), (size.0 as f32, size.1 as f32), *radius as f32);
            shape(canvas, path, *fill, *outline);
        }
        Mark::Circle { centre, radius, fill, outline } => {
            let path = PathBuilder::from_circle(centre.0 as f32, centre.1 as f32, *radius as f32);
            shape(canvas, path, *fill, *outline);
        }
        Mark::Image { corner, pixel, width, colours } => image(canvas, *corner, *pixel, *width, colours),
        Mark::Text { at, size, anchor, colour, text } => {
            let left = match anchor {
                Anchor::Start => at.0,
                Anchor::Middle => at.0 - advance(face, text, *size) / 2.0,
                Anchor::End => at.0 - advance(face, text, *size),
            };
            fill_path(canvas, outlines(face, text, (left, at.1), *size), *colour);
        }
    }
}

fn through(points: &[(f64, f64)]) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (i, point) in points.iter().enumerate() {
        let (x, y) = (point.0 as f32, point.1 as f32);
        if i == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    path
}

fn line(canvas: &mut Pixmap, points: &[(f64, f64)], stroke: &picture::Stroke) {
    let dash = if stroke.dashed { StrokeDash::new(vec![5.0, 4.0], 0.0) } else { None };
    let (line_cap, line_join) = (LineCap::Butt, LineJoin::Round);
    let pen = Stroke { width: stroke.width as f32, line_cap, line_join, dash, ..Stroke::default() };
    if let Some(path) = through(points).finish() {
        canvas.stroke_path(&path, &paint(stroke.colour, stroke.opacity), &pen, scale(), None);
    }
}

/// Without smoothing: pixels have sharp sides and no seams.
fn image(canvas: &mut Pixmap, (x, y): (f64, f64), pixel: f64, width: usize, colours: &[Colour]) {
    for (row, colours) in colours.chunks(width).enumerate() {
        for (column, &fill) in colours.iter().enumerate() {
            let edge = |start: f64, at: usize| (start + at as f64 * pixel) as f32;
            let (left, top) = (edge(x, column), edge(y, row));
            let Some(rect) = Rect::from_ltrb(left, top, edge(x, column + 1), edge(y, row + 1)) else { continue };
            let paint = Paint { anti_alias: false, ..paint(fill, 1.0) };
            canvas.fill_rect(rect, &paint, scale(), None);
        }
    }
}

fn scale() -> Transform {
    Transform::from_scale(SCALE as f32, SCALE as f32)
}

fn colour([r, g, b]: Colour, opacity: f64) -> Color {
    Color::from_rgba8(r, g, b, (255.0 * opacity).round() as u8)
}

fn paint(fill: Colour, opacity: f64) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour(fill, opacity));
    paint
}

fn fill_path(canvas: &mut Pixmap, path: Option<Path>, fill: Colour) {
    if let Some(path) = path {
        canvas.fill_path(&path, &paint(fill, 1.0), FillRule::Winding, scale(), None);
    }
}

fn shape(canvas: &mut Pixmap, path: Option<Path>, fill: Colour, outline: Colour) {
    if let Some(path) = path {
        canvas.fill_path(&path, &paint(fill, 1.0), FillRule::Winding, scale(), None);
        canvas.stroke_path(&path, &paint(outline, 1.0), &Stroke::default(), scale(), None);
    }
}

/// A rectangle with round corners; a quarter of a circle as a quadratic curve is off by less than a pixel here.
fn rounded((x, y): (f32, f32), (w, h): (f32, f32), radius: f32) -> Option<Path> {
    let r = radius.min(w / 2.0).min(h / 2.0);
    let mut path = PathBuilder::new();
    if r <= 0.0 {
        path.push_rect(Rect::from_xywh(x, y, w, h)?);
        return path.finish();
    }
    path.move_to(x + r, y);
    path.line_to(x + w - r, y);
    path.quad_to(x + w, y, x + w, y + r);
    path.line_to(x + w, y + h - r);
    path.quad_to(x + w, y + h, x + w - r, y + h);
    path.line_to(x + r, y + h);
    path.quad_to(x, y + h, x, y + h - r);
    path.line_to(x, y + r);
    path.quad_to(x, y, x + r, y);
    path.close();
    path.finish()
}

/// The width of a text.
fn advance(face: &Face<'_>, text: &str, size: f64) -> f64 {
    let of = |c: char| face.glyph_hor_advance(face.glyph_index(c).unwrap_or_default()).unwrap_or(0);
    text.chars().map(|c| f64::from(of(c))).sum::<f64>() * size / f64::from(face.units_per_em())
}

/// The glyphs of a text as one path, from the left end of its baseline.
fn outlines(face: &Face<'_>, text: &str, at: (f64, f64), size: f64) -> Option<Path> {
    let unit = size / f64::from(face.units_per_em());
    let mut pen = Pen { path: PathBuilder::new(), x: at.0, y: at.1, unit };
    for c in text.chars() {
        // What the font does not have is a box, as everywhere.
        let glyph = face.glyph_index(c).unwrap_or_default();
        face.outline_glyph(glyph, &mut pen);
        pen.x += f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * unit;
    }
    pen.path.finish()
}

/// Font units, y upwards, to points, y downwards.
struct Pen {
    path: PathBuilder,
    x: f64,
    y: f64,
    unit: f64,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        ((self.x + f64::from(x) * self.unit) as f32, (self.y - f64::from(y) * self.unit) as f32)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }
    fn close(&mut self) {
        self.path.close();
    }
}

/// The letters of a text that the font does not have.
#[cfg(test)]
pub(crate) fn missing(text: &str) -> String {
    let face = Face::parse(FONT, 0).unwrap();
    text.chars().filter(|c| face.glyph_index(*c).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::picture::Theme;
    use crate::graph::text;
    use std::io::Read;

    #[test]
    fn the_file_holds_the_pixels_that_were_drawn() {
        let ground = Theme::Dark.palette().ground;
        let fill = [1, 2, 3];
        let marks = vec![Mark::Polygon { points: vec![(0.0, 0.0), (2.0, 0.0), (2.0, 3.0), (0.0, 3.0)], fill }];
        let file = png(&Picture { width: 4.0, height: 3.0, ground, title: String::new(), marks }).unwrap();
        assert_eq!(&file[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&file[16..26], [0, 0, 0, 8, 0, 0, 0, 6, 8, 2]);
        let data = file.windows(4).position(|name| name == b"IDAT").unwrap() + 4;
        let mut pixels = Vec::new();
        flate2::read::ZlibDecoder::new(&file[data..]).read_to_end(&mut pixels).unwrap();
        let row = [&[0][..], &fill.repeat(4), &ground.repeat(4)].concat();
        assert_eq!(pixels, row.repeat(6));
    }

    #[test]
    fn a_picture_of_too_many_pixels_is_refused_before_any_is_held() {
        let sized = |width, height| {
            let ground = Theme::Dark.palette().ground;
            size(&Picture { width, height, ground, title: String::new(), marks: Vec::new() })
        };
        assert_eq!(sized(5000.0, 5000.0), Ok((10_000, 10_000)));
        assert_eq!(sized(5000.0, 5000.5).unwrap_err(), "a picture of 10000 x 10002 pixels, more than 100000000");
        for (width, height) in [(3e9, 1.0), (1.0, 1e300), (f64::INFINITY, f64::INFINITY), (65_536.0, 65_536.0)] {
            assert!(sized(width, height).unwrap_err().contains("more than 100000000"), "{width} x {height}");
        }
    }

    #[test]
    fn names_in_european_languages_have_their_letters_and_fit() {
        let face = Face::parse(FONT, 0).unwrap();
        for name in ["größe", "Łódź", "Île d’Orléans", "şehir", "Ő", "Œuvre", "μήκος", "Площадь", "Ґанок", "€"]
        {
            assert_eq!(missing(name), "");
            let (got, drawn) = (text::width(name, 12.0), advance(&face, name, 12.0));
            assert!(got >= drawn - 0.1 && got < 1.8 * drawn, "{name}: {got} for {drawn}");
        }
        // What is missing is a box that is as wide as it is drawn.
        assert!(advance(&face, "中", 12.0) > 5.0);
    }

    #[test]
    fn the_widths_that_pictures_count_on_are_the_font_s() {
        let face = Face::parse(FONT, 0).unwrap();
        for c in (' '..='~').chain("₀₁₉ᵀ²·′Σ∂‖→←−⊙×".chars()) {
            let advance = f64::from(face.glyph_hor_advance(face.glyph_index(c).unwrap()).unwrap());
            let (want, got) = (1000.0 * advance / f64::from(face.units_per_em()), text::width(&c.to_string(), 1000.0));
            assert!(got - want >= -0.5 && got - want < 30.0, "{c:?}: {got} for {want}");
        }
    }
}
