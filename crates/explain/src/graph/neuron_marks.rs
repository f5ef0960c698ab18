//! The marks of a column of neurons: a circle, or a card with the image of its weights; in it its number or name and what it
//! gives, and beside it a longer name.

use crate::graph::image;
use crate::graph::neurons::Column;
use crate::graph::picture::{Anchor, Colour, Mark, Palette, Picture};
use crate::graph::text::{brief, width};
use crate::graph::words::{LABEL, number, shortened, shortened_note};

pub(crate) const RADIUS: f64 = 20.0; // holds `−0.123` at the size of NUMBER
const ROW: f64 = 47.0; // from one circle to the next
const NUMBER: f64 = 9.5;
const SMALL: f64 = 8.0; // the number of a neuron above what it gives
const LINE: f64 = 11.0; // of a card
const IMAGE: f64 = 36.0; // the side of an image
const CARD: f64 = 44.0; // the width of a card
const TEXT: f64 = 12.0; // of names
const NOTE: f64 = 10.5; // of what is said below them
const BESIDE: f64 = 7.0; // from a neuron to its name

/// A column and its place.
#[derive(Clone, Copy)]
pub(crate) struct Standing<'a> {
    pub(crate) column: &'a Column,
    /// Of its middle.
    pub(crate) x: f64,
    pub(crate) top: f64,
    pub(crate) fill: Colour,
}

impl Standing<'_> {
    /// The middle of a drawn neuron.
    pub(crate) fn centre(&self, place: usize) -> (f64, f64) {
        (self.x, self.top + (place as f64 + 0.5) * row_height(self.column))
    }

    /// The middle of a drawn neuron's right side, or with -1 of its left one.
    pub(crate) fn side(&self, place: usize, sign: f64) -> (f64, f64) {
        let (x, y) = self.centre(place);
        (x + sign * half(self.column).0, y)
    }
}

/// Half the width and height of a neuron.
pub(crate) fn half(column: &Column) -> (f64, f64) {
    if column.images.is_empty() {
        return (RADIUS, RADIUS);
    }
    let lines = if column.values.is_empty() { 1.0 } else { 2.0 };
    (CARD / 2.0, (IMAGE + 4.0 + lines * LINE + 4.0) / 2.0)
}

/// From one neuron to the next.
pub(crate) fn row_height(column: &Column) -> f64 {
    if column.images.is_empty() { ROW } else { 2.0 * half(column).1 + 8.0 }
}

/// What the neurons cover.
pub(crate) fn boxes(standing: Standing<'_>) -> Vec<[f64; 4]> {
    (0..standing.column.drawn.len()).map(|place| box_of(standing, place)).collect()
}

/// What a neuron covers: left, top, right, bottom.
fn box_of(standing: Standing<'_>, place: usize) -> [f64; 4] {
    let ((x, y), (w, h)) = (standing.centre(place), half(standing.column));
    [x - w, y - h, x + w, y + h]
}

/// From the middle of a column to the end of its names; 0 where they stand in the neurons.
pub(crate) fn label_width(column: &Column) -> f64 {
    if !are_beside(column) {
        return 0.0;
    }
    let notes = column.notes.iter().map(|text| width(&shortened_note(text), NOTE));
    let names = column.labels.iter().map(|text| width(&shortened(text, LABEL), TEXT));
    half(column).0 + BESIDE + names.chain(notes).fold(0.0, f64::max)
}

/// Short names stand in the neurons where nothing else does.
fn are_beside(column: &Column) -> bool {
    let is_short = |text: &String| width(text, NUMBER) <= 2.0 * RADIUS - 4.0;
    let is_free = column.values.is_empty() && column.notes.iter().all(String::is_empty);
    let fit = is_free && column.labels.iter().all(is_short);
    !fit && !column.labels.is_empty()
}

/// The neurons, with what stands in them.
pub(crate) fn draw(picture: &mut Picture, palette: &Palette, standing: Standing<'_>, image_width: Option<usize>) {
    let Standing { column, fill, .. } = standing;
    for place in 0..column.drawn.len() {
        let (x, y) = standing.centre(place);
        let value = column.values.get(place);
        // A neuron with output 0 is hollow.
        let fill = if value == Some(&0.0) { palette.ground } else { fill };
        let [left, top, right, bottom] = box_of(standing, place);
        let lines = inside(column, place);
        let pitch = if column.images.is_empty() { 10.0 } else { LINE };
        let mut middle = y - pitch * (lines.len() - 1) as f64 / 2.0;
        match (column.images.get(place), image_width) {
            (Some(weights), Some(width)) => {
                let (corner, size) = ((left, top), (right - left, bottom - top));
                picture.marks.push(Mark::Rect { corner, size, radius: 4.0, fill, outline: palette.faint });
                let corner = (x - IMAGE / 2.0, top + 4.0);
                picture.marks.push(image::mark(corner, IMAGE, width, image::signed(weights, palette)));
                middle = top + 4.0 + IMAGE + 2.0 + LINE / 2.0;
            }
            _ => picture.marks.push(Mark::Circle { centre: (x, y), radius: RADIUS, fill, outline: palette.faint }),
        }
        for (at, (text, is_number)) in lines.iter().enumerate() {
            let (size, colour) = if *is_number { (SMALL, palette.faint) } else { (NUMBER, palette.ink) };
            // A long number is written smaller, so that it stays inside.
            let room = 2.0 * RADIUS - if lines.len() == 1 { 3.0 } else { 5.0 };
            let size = size.min(size * room / width(text, size));
            let baseline = middle + at as f64 * pitch + 0.36 * size;
            picture.text((x, baseline), size, Anchor::Middle, colour, text.clone());
        }
    }
}

/// What stands in a neuron, and whether it is its number above something else: number and value, or a short name.
fn inside(column: &Column, place: usize) -> Vec<(String, bool)> {
    let value = column.values.get(place).copied().map(brief);
    let name = column.labels.get(place).filter(|_| !are_beside(column));
    match (value, name) {
        (Some(value), _) if !column.labels.is_empty() => vec![(value, false)],
        (Some(value), _) => vec![(number(column, place), true), (value, false)],
        (None, Some(name)) => vec![(name.clone(), false)],
        (None, None) => vec![(number(column, place), false)],
    }
}

/// Names and what is said of each neuron, beside it.
pub(crate) fn labels(picture: &mut Picture, palette: &Palette, standing: Standing<'_>, is_left: bool) {
    let column = standing.column;
    if !are_beside(column) {
        return;
    }
    let away = half(column).0 + BESIDE;
    let (x, anchor) = if is_left { (standing.x - away, Anchor::End) } else { (standing.x + away, Anchor::Start) };
    for (place, name) in column.labels.iter().enumerate() {
        let y = standing.centre(place).1;
        let note = column.notes.get(place).filter(|note| !note.is_empty());
        let lift = if note.is_some() { 3.0 } else { -4.0 };
        picture.text((x, y - lift), TEXT, anchor, palette.ink, shortened(name, LABEL));
        if let Some(note) = note {
            picture.text((x, y + 11.0), NOTE, anchor, palette.faint, shortened_note(note));
        }
    }
}
