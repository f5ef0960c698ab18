//! Draws the graph of neurons: layers from left to right, the weights between them as lines.

use crate::graph::formulas::numbered;
use crate::graph::neurons::{Bundle, Column, Neurons, Shows};
use crate::graph::picture::{Anchor, Colour, Mark, Palette, Picture, Stroke, Theme};
use crate::graph::text::{brief, width};

const MARGIN: f64 = 24.0;
const RADIUS: f64 = 20.0; // holds `−0.123` at the size of NUMBER
const ROW: f64 = 47.0; // from one neuron to the next
const GAP: f64 = 70.0; // what the neurons that are not drawn take
const NEAREST: f64 = 130.0; // from one column to the next, at least
const HEAD: f64 = 118.0; // title, legend, and what stands above the edges
const CAPTION: f64 = 16.0; // a line below a column
const TEXT: f64 = 12.0;
const NUMBER: f64 = 9.5;
/// Edges show their numbers if one side is a single neuron and the other has at most this many: then none overlap.
const LABELLED: usize = 6;
/// With more edges between two columns, they cross so often that they are drawn thinner.
const MANY: usize = 40;

/// Draws it.
pub(crate) fn picture(graph: &Neurons, theme: Theme) -> Picture {
    let palette = theme.palette();
    let columns = &graph.columns;
    let captions: Vec<Vec<String>> = columns.iter().map(caption).collect();
    let labels: Vec<[String; 2]> = (0..graph.bundles.len()).map(|i| label(graph, i)).collect();
    let widest = |texts: &[String]| texts.iter().map(|text| width(text, TEXT)).fold(0.0, f64::max);
    let caption_width = captions.iter().map(|lines| widest(lines)).fold(2.0 * RADIUS, f64::max);
    let label_width = labels.iter().map(|lines| widest(lines)).fold(0.0, f64::max);
    let body = columns.iter().map(height).fold(0.0, f64::max);
    // Edges between tall columns need more room to be distinguishable.
    let apart = (0.3 * body).max(NEAREST).max(caption_width + 18.0).max(label_width + 18.0);
    let deepest = captions.iter().map(Vec::len).max().unwrap_or(0);

    let with_loss = graph.shows == Shows::Gradients && graph.loss.is_some();
    let steps = columns.len() - 1 + usize::from(with_loss);
    let [legend, signs] = legend(graph);
    let text = width(&legend, TEXT).max(width(&graph.title, 16.0)).max(width(&signs, TEXT) + 140.0);
    let drawn = steps as f64 * apart + caption_width;
    let whole = drawn.max(text) + 2.0 * MARGIN;
    let left = (whole - drawn) / 2.0 + caption_width / 2.0;
    let total = MARGIN + HEAD + body + 20.0 + deepest as f64 * CAPTION + MARGIN;
    let picture =
        Picture { width: whole, height: total, ground: palette.ground, title: graph.title.clone(), marks: Vec::new() };
    let mut drawing = Drawing { palette, top: MARGIN + HEAD, body, picture };

    drawing.picture.text((MARGIN, MARGIN + 14.0), 16.0, Anchor::Start, palette.ink, graph.title.clone());
    drawing.picture.text((MARGIN, MARGIN + 36.0), TEXT, Anchor::Start, palette.faint, legend);
    drawing.key((MARGIN, MARGIN + 56.0), &signs);
    let x = |place: usize| left + place as f64 * apart;
    for (place, bundle) in graph.bundles.iter().enumerate() {
        let standing = |place: usize| Standing { column: &columns[place], x: x(place) };
        drawing.bundle(bundle, standing(place), standing(place + 1));
        drawing.label(&labels[place], (x(place) + x(place + 1)) / 2.0, with_loss);
    }
    let last = columns.len() - 1;
    if let Some(loss) = graph.loss.filter(|_| with_loss) {
        drawing.loss(loss, Standing { column: &columns[last], x: x(last) }, x(last + 1));
    }
    for (place, column) in columns.iter().enumerate() {
        let fill = match place {
            0 => palette.given,
            _ if place == last => palette.value,
            _ => palette.operation,
        };
        drawing.neurons(column, x(place), fill);
        drawing.caption(&captions[place], x(place));
    }
    drawing.picture
}

/// The modules of a column, one per line.
fn caption(column: &Column) -> Vec<String> {
    let name = column.name.replace(") ", ")\n");
    let mut lines: Vec<String> = name.split('\n').map(str::to_owned).collect();
    if column.name == "input" {
        lines.push(column.width.to_string());
    }
    lines
}

/// The text above the edges of a bundle.
fn label(graph: &Neurons, place: usize) -> [String; 2] {
    let name = numbered(if graph.shows == Shows::Weights { "W" } else { "dW" }, place + 1);
    let shape = format!("({}, {})", graph.columns[place].width, graph.columns[place + 1].width);
    [format!("{name} {shape}"), format!("‖{name}‖ = {}", brief(graph.bundles[place].norm))]
}

fn legend(graph: &Neurons) -> [String; 2] {
    let rows = match graph.rows {
        Some(1) => "; in the circles what each neuron gives for the row".to_owned(),
        Some(rows) => format!(" over {rows} rows"),
        None => String::new(),
    };
    let what = match graph.shows {
        Shows::Weights => format!("edges: weights{}", if graph.rows == Some(1) { &rows } else { "" }),
        Shows::Gradients => format!("edges: gradients dW = ∂L/∂W, flowing from the loss back{rows}"),
    };
    [what, "above 0\tbelow 0\texactly 0; width: share of the largest drawn between the two layers".to_owned()]
}

fn height(column: &Column) -> f64 {
    let gap = if column.elided() > 0 { GAP - ROW } else { 0.0 };
    column.drawn.len() as f64 * ROW + gap
}

struct Drawing {
    palette: Palette,
    top: f64,
    body: f64,
    picture: Picture,
}

/// A column and its position.
#[derive(Clone, Copy)]
struct Standing<'a> {
    column: &'a Column,
    x: f64,
}

impl Drawing {
    /// The vertical position of a drawn neuron.
    fn y(&self, column: &Column, place: usize) -> f64 {
        let gap = if column.elided() > 0 && place >= column.drawn.len() / 2 { GAP - ROW } else { 0.0 };
        self.top + (self.body - height(column)) / 2.0 + (place as f64 + 0.5) * ROW + gap
    }

    /// Three sample lines, in the room that the legend leaves for them.
    fn key(&mut self, (x, y): (f64, f64), text: &str) {
        let mut at = x;
        let colours = [self.palette.positive, self.palette.negative, self.palette.zero];
        for (word, colour) in text.split('\t').zip(colours) {
            self.picture.line((at, y - 4.0), (at + 22.0, y - 4.0), Stroke::plain(colour, 3.0));
            self.picture.text((at + 28.0, y), TEXT, Anchor::Start, self.palette.faint, word);
            at += 28.0 + width(word, TEXT) + 14.0;
        }
    }

    fn bundle(&mut self, bundle: &Bundle, from: Standing<'_>, to: Standing<'_>) {
        let (Standing { column: from, x: x0 }, Standing { column: to, x: x1 }) = (from, to);
        let share = |edge: f64| if bundle.largest > 0.0 { edge.abs() / bundle.largest } else { 0.0 };
        let mut order: Vec<usize> = (0..bundle.edges.len()).collect();
        // The strongest last, on top.
        order.sort_by(|&a, &b| share(bundle.edges[a]).total_cmp(&share(bundle.edges[b])));
        let outputs = to.drawn.len();
        for &edge in &order {
            let value = bundle.edges[edge];
            let (y0, y1) = (self.y(from, edge / outputs), self.y(to, edge % outputs));
            let stroke = self.stroke(value, share(value), order.len());
            self.picture.line((x0, y0), (x1, y1), stroke);
        }
        let (m, n) = (from.drawn.len(), outputs);
        if m.min(n) == 1 && m.max(n) <= LABELLED && from.elided() + to.elided() == 0 {
            for (edge, &value) in bundle.edges.iter().enumerate() {
                // Near the side where the edges are apart.
                let t = if m > n { 0.36 } else { 0.64 };
                let (y0, y1) = (self.y(from, edge / outputs), self.y(to, edge % outputs));
                self.plate((x0 + t * (x1 - x0), y0 + t * (y1 - y0)), NUMBER + 1.0, self.palette.ink, &brief(value));
            }
        }
    }

    /// Many edges are drawn thinner, and weak ones paler, so that the strong ones stand out.
    fn stroke(&self, value: f64, share: f64, edges: usize) -> Stroke {
        if value == 0.0 {
            return Stroke::plain(self.palette.zero, 0.8);
        }
        let colour = if value > 0.0 { self.palette.positive } else { self.palette.negative };
        let (widest, palest) = if edges > MANY { (2.5, 0.08) } else { (3.5, 0.3) };
        Stroke { colour, width: 0.5 + widest * share, opacity: palest + (1.0 - palest) * share * share, dashed: false }
    }

    /// Text that is legible on top of lines.
    fn plate(&mut self, (x, y): (f64, f64), size: f64, colour: Colour, text: &str) {
        let (w, h) = (width(text, size) + 6.0, size + 5.0);
        let (corner, ground) = ((x - w / 2.0, y - h / 2.0), self.palette.ground);
        self.picture.marks.push(Mark::Rect { corner, size: (w, h), radius: 3.0, fill: ground, outline: ground });
        self.picture.text((x, y + 0.36 * size), size, Anchor::Middle, colour, text);
    }

    fn label(&mut self, lines: &[String; 2], x: f64, flows_back: bool) {
        let y = self.top - 36.0;
        self.picture.text((x, y), TEXT, Anchor::Middle, self.palette.ink, lines[0].clone());
        self.picture.text((x, y + 16.0), TEXT, Anchor::Middle, self.palette.faint, lines[1].clone());
        if flows_back {
            let stroke = Stroke { dashed: true, ..Stroke::plain(self.palette.gradient, 1.5) };
            self.picture.arrow((x + 36.0, y + 26.0), (x - 36.0, y + 26.0), stroke);
        }
    }

    /// The loss, from which gradients flow back to the outputs.
    fn loss(&mut self, loss: f64, outputs: Standing<'_>, x: f64) {
        let Standing { column: outputs, x: x0 } = outputs;
        let y = self.top + self.body / 2.0;
        for place in 0..outputs.drawn.len() {
            let to = (x0 + RADIUS + 3.0, self.y(outputs, place));
            let stroke = Stroke { dashed: true, ..Stroke::plain(self.palette.gradient, 1.2) };
            self.picture.arrow((x, y), to, stroke);
        }
        let (fill, outline) = (self.palette.parameter, self.palette.gradient);
        self.picture.marks.push(Mark::Circle { centre: (x, y), radius: RADIUS, fill, outline });
        self.picture.text((x, y + 4.5), 13.0, Anchor::Middle, self.palette.ink, "L");
        self.caption(&["loss".to_owned(), format!("L = {}", brief(loss))], x);
    }

    fn neurons(&mut self, column: &Column, x: f64, fill: Colour) {
        if column.elided() > 0 {
            let middle = column.drawn.len() / 2;
            let y = (self.y(column, middle - 1) + self.y(column, middle)) / 2.0;
            self.plate((x, y), TEXT, self.palette.ink, &format!("… {} more", column.elided()));
        }
        for (place, unit) in column.drawn.iter().enumerate() {
            let centre = (x, self.y(column, place));
            let value = column.values.get(place);
            // A neuron with output 0 is hollow.
            let fill = if value == Some(&0.0) { self.palette.ground } else { fill };
            self.picture.marks.push(Mark::Circle { centre, radius: RADIUS, fill, outline: self.palette.faint });
            let text = value.map_or_else(|| (unit + 1).to_string(), |value| brief(*value));
            // A long number is written smaller, so that it stays inside the circle.
            let size = NUMBER.min(NUMBER * (2.0 * RADIUS - 3.0) / width(&text, NUMBER));
            let at = (centre.0, centre.1 + 0.36 * size);
            self.picture.text(at, size, Anchor::Middle, self.palette.ink, text);
        }
    }

    fn caption(&mut self, lines: &[String], x: f64) {
        let y = self.top + self.body + 20.0;
        for (i, line) in lines.iter().enumerate() {
            self.picture.text((x, y + i as f64 * CAPTION), TEXT, Anchor::Middle, self.palette.ink, line.clone());
        }
    }
}
