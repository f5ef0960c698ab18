//! Draws the graph of neurons: layers from left to right, the weights between them as lines. `neuron_marks.rs` draws the neurons
//! themselves.

use crate::graph::edge_numbers::{self, Edge};
use crate::graph::formulas::numbered;
use crate::graph::image;
use crate::graph::neuron_marks::{self, Standing, label_width, row_height};
use crate::graph::neurons::{Bundle, Column, Neurons, Shows};
use crate::graph::picture::{Anchor, Mark, Palette, Picture, Stroke, Theme};
use crate::graph::text::{brief, width};
use crate::graph::words::shortened;

const MARGIN: f64 = 24.0;
const NEAREST: f64 = 150.0; // from one column to the next, at least
const ABOVE: f64 = 62.0; // from the last line of the head to the neurons: what stands above the edges
const LINE: f64 = 20.0; // of the head
const CAPTION: f64 = 16.0; // a line below a column
const TEXT: f64 = 12.0;
const NUMBER: f64 = 10.5; // of edges
/// Edges between two columns show their numbers if there are at most this many, each where there is room for it.
const NUMBERED: usize = 12;
/// With more edges between two columns, they cross so often that they are drawn thinner.
const MANY: usize = 40;
/// The row as an image, and from it to the names of its pixels.
const ROW_IMAGE: f64 = 112.0;
const BESIDE: f64 = 16.0;
/// The loss is so far from the outputs and their names.
const TO_LOSS: f64 = 90.0;
/// Letters of a line of the head.
const LETTERS: usize = 140;

/// Draws it.
pub(crate) fn picture(graph: &Neurons, theme: Theme) -> Picture {
    let palette = theme.palette();
    let Frame { left, right, apart, body, below } = Frame::of(graph);
    let columns = &graph.columns;
    let last = columns.len() - 1;
    let with_loss = graph.loss.filter(|_| graph.shows == Shows::Gradients);
    let head = Head::of(graph);
    let loss = with_loss.map_or(0.0, |_| TO_LOSS + width("L = −0.1234", TEXT) / 2.0);
    let drawn = left + last as f64 * apart + right + loss;
    let whole = drawn.max(head.width()) + 2.0 * MARGIN;
    let start = (whole - drawn) / 2.0 + left;
    let top = MARGIN + head.height() + ABOVE;
    let height = top + body + 20.0 + below + MARGIN;
    let title = graph.title.clone();
    let picture = Picture { width: whole, height, ground: palette.ground, title, marks: Vec::new() };
    let mut drawing = Drawing { palette, top, body, picture };

    head.draw(&mut drawing.picture, &palette);
    let standing = |place: usize| {
        let (column, x) = (&columns[place], start + place as f64 * apart);
        let fill = match place {
            0 => palette.given,
            _ if place == last => palette.value,
            _ => palette.operation,
        };
        Standing { column, x, top: top + (body - column_height(column)) / 2.0, fill }
    };
    for (place, bundle) in graph.bundles.iter().enumerate() {
        let (from, to) = (standing(place), standing(place + 1));
        drawing.bundle(bundle, from, to);
        drawing.label(&label(graph, place), (from.x + to.x) / 2.0, with_loss.is_some());
    }
    if let Some(loss) = with_loss {
        drawing.loss(loss, standing(last), right);
    }
    for place in 0..=last {
        let standing = standing(place);
        neuron_marks::draw(&mut drawing.picture, &palette, standing, graph.image_width);
        neuron_marks::labels(&mut drawing.picture, &palette, standing, place == 0);
        drawing.caption(&caption(graph, place), standing.x);
    }
    if let (Some(width), false) = (graph.image_width, graph.image.is_empty()) {
        drawing.row_image(&graph.image, width, start - left);
    }
    drawing.picture
}

/// The sizes of what is drawn below the head.
struct Frame {
    /// From the left end to the middle of the first column.
    left: f64,
    /// From the middle of the last column to its right end.
    right: f64,
    /// From one column to the next.
    apart: f64,
    /// The height of the tallest column.
    body: f64,
    /// The height of the captions.
    below: f64,
}

impl Frame {
    fn of(graph: &Neurons) -> Self {
        let columns = &graph.columns;
        let captions: Vec<Vec<String>> = (0..columns.len()).map(|place| caption(graph, place)).collect();
        let widest = |texts: &[String]| texts.iter().map(|text| width(text, TEXT)).fold(0.0, f64::max);
        let half = |place: usize| widest(&captions[place]).max(2.0 * neuron_marks::half(&columns[place]).0) / 2.0;
        let labels = (0..graph.bundles.len()).map(|place| widest(&label(graph, place))).fold(0.0, f64::max);
        let image = if graph.image.is_empty() { 0.0 } else { ROW_IMAGE + BESIDE };
        let body = columns.iter().map(column_height).fold(0.0, f64::max);
        let between = (1..columns.len()).map(|place| half(place - 1) + half(place)).fold(labels, f64::max);
        let last = columns.len() - 1;
        Frame {
            left: half(0).max(label_width(&columns[0]) + image),
            right: half(last).max(label_width(&columns[last])),
            // Edges between tall columns need more room to be distinguishable.
            apart: (0.3 * body).max(NEAREST).max(between + 18.0),
            body: if graph.image.is_empty() { body } else { body.max(ROW_IMAGE) },
            below: captions.iter().map(Vec::len).max().unwrap_or(0) as f64 * CAPTION,
        }
    }
}

fn column_height(column: &Column) -> f64 {
    column.drawn.len() as f64 * row_height(column)
}

/// The modules of a column, one per line, and how many of its neurons are not drawn.
fn caption(graph: &Neurons, place: usize) -> Vec<String> {
    let column = &graph.columns[place];
    let name = column.name.replace(") ", ")\n");
    let mut lines: Vec<String> = name.split('\n').map(str::to_owned).collect();
    if column.name == "input" {
        lines.push(column.width.to_string());
    }
    if place == 0 && graph.image_width.is_some() && !column.labels.is_empty() {
        lines.push("pixels: row,column".to_owned());
    }
    if column.elided() > 0 {
        lines.push(format!("{} strongest", column.drawn.len()));
        lines.push(format!("… {} more", column.elided()));
    }
    lines
}

/// The text above the edges of a bundle.
fn label(graph: &Neurons, place: usize) -> [String; 2] {
    let name = numbered(if graph.shows == Shows::Weights { "W" } else { "dW" }, place + 1);
    let shape = format!("({}, {})", graph.columns[place].width, graph.columns[place + 1].width);
    [format!("{name} {shape}"), format!("‖{name}‖ = {}", brief(graph.bundles[place].norm))]
}

/// What stands above the drawing: the title, what is known of the row, and the legend.
struct Head {
    title: String,
    facts: Vec<String>,
    legend: Vec<String>,
}

/// What the three kinds of lines mean.
const SIGNS: [&str; 3] = ["above 0", "below 0", "exactly 0; width: share of the largest drawn between the two layers"];

impl Head {
    fn of(graph: &Neurons) -> Self {
        let what = match (graph.shows, graph.rows) {
            (Shows::Weights, Some(1)) => "edges: weights; in the neurons what each gives for the row".to_owned(),
            (Shows::Weights, _) => "edges: weights".to_owned(),
            (Shows::Gradients, Some(1)) => {
                let flow = "edges: gradients dW = ∂L/∂W, flowing from the loss back";
                format!("{flow}; in the neurons what each gives for the row")
            }
            (Shows::Gradients, rows) => {
                let rows = rows.map_or_else(String::new, |rows| format!(" over {rows} rows"));
                format!("edges: gradients dW = ∂L/∂W, flowing from the loss back{rows}")
            }
        };
        let chosen = graph.chosen();
        let images = (!graph.columns[1].images.is_empty())
            .then(|| "images: the weights from each pixel to the neuron, each on a scale of its own".to_owned());
        let facts = graph.facts.iter().map(|fact| shortened(fact, LETTERS)).collect();
        Head { title: graph.title.clone(), facts, legend: [Some(what), chosen, images].into_iter().flatten().collect() }
    }

    fn width(&self) -> f64 {
        let lines = self.facts.iter().chain(&self.legend).map(|line| width(line, TEXT));
        let signs = SIGNS.map(|word| width(word, TEXT) + 42.0).iter().sum();
        lines.fold(width(&self.title, 16.0).max(signs), f64::max)
    }

    fn height(&self) -> f64 {
        16.0 + LINE * (self.facts.len() + self.legend.len() + 1) as f64
    }

    fn draw(&self, picture: &mut Picture, palette: &Palette) {
        let mut y = MARGIN + 14.0;
        picture.text((MARGIN, y), 16.0, Anchor::Start, palette.ink, self.title.clone());
        let facts = self.facts.iter().map(|line| (line, palette.ink));
        for (line, colour) in facts.chain(self.legend.iter().map(|line| (line, palette.faint))) {
            y += LINE;
            picture.text((MARGIN, y + 2.0), TEXT, Anchor::Start, colour, line.clone());
        }
        y += LINE + 2.0;
        let mut at = MARGIN;
        for (word, colour) in SIGNS.iter().zip([palette.positive, palette.negative, palette.zero]) {
            picture.line((at, y - 4.0), (at + 22.0, y - 4.0), Stroke::plain(colour, 3.0));
            picture.text((at + 28.0, y), TEXT, Anchor::Start, palette.faint, *word);
            at += 28.0 + width(word, TEXT) + 14.0;
        }
    }
}

struct Drawing {
    palette: Palette,
    top: f64,
    body: f64,
    picture: Picture,
}

impl Drawing {
    fn bundle(&mut self, bundle: &Bundle, from: Standing<'_>, to: Standing<'_>) {
        let share = |edge: f64| if bundle.largest > 0.0 { edge.abs() / bundle.largest } else { 0.0 };
        let mut order: Vec<usize> = (0..bundle.edges.len()).collect();
        // The strongest last, on top.
        order.sort_by(|&a, &b| share(bundle.edges[a]).total_cmp(&share(bundle.edges[b])));
        let outputs = to.column.drawn.len();
        // From side to side: no line runs under the neuron above or below its own.
        let ends = |edge: usize| (from.side(edge / outputs, 1.0), to.side(edge % outputs, -1.0));
        for &edge in &order {
            let (value, (start, end)) = (bundle.edges[edge], ends(edge));
            let stroke = self.stroke(value, share(value), order.len());
            self.picture.line(start, end, stroke);
        }
        if bundle.edges.len() > NUMBERED {
            return;
        }
        // The strongest first; that an edge is 0 its colour says.
        order.reverse();
        let text = |edge: usize| Some(bundle.edges[edge]).filter(|value| *value != 0.0).map(brief).unwrap_or_default();
        let edge = |&edge: &usize| {
            let (from, to) = ends(edge);
            Edge { from, to, size: (width(&text(edge), NUMBER), NUMBER) }
        };
        let edges: Vec<Edge> = order.iter().map(edge).collect();
        let taken = [neuron_marks::boxes(from), neuron_marks::boxes(to)].concat();
        for (place, &edge) in edge_numbers::places(&edges, &taken).into_iter().zip(&order) {
            let Some((x, y)) = place else { continue };
            // In the colour of its line.
            let colour = if bundle.edges[edge] > 0.0 { self.palette.positive } else { self.palette.negative };
            self.picture.text((x, y + 0.36 * NUMBER), NUMBER, Anchor::Middle, colour, text(edge));
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

    fn label(&mut self, lines: &[String; 2], x: f64, flows_back: bool) {
        let y = self.top - 36.0;
        self.picture.text((x, y), TEXT, Anchor::Middle, self.palette.ink, lines[0].clone());
        self.picture.text((x, y + 16.0), TEXT, Anchor::Middle, self.palette.faint, lines[1].clone());
        if flows_back {
            let stroke = Stroke { dashed: true, ..Stroke::plain(self.palette.gradient, 1.5) };
            self.picture.arrow((x + 36.0, y + 26.0), (x - 36.0, y + 26.0), stroke);
        }
    }

    /// The loss, from which gradients flow back to the outputs: to the right end of their names.
    fn loss(&mut self, loss: f64, outputs: Standing<'_>, right: f64) {
        let (x, y) = (outputs.x + right + TO_LOSS, self.top + self.body / 2.0);
        let end = label_width(outputs.column).max(neuron_marks::RADIUS);
        for place in 0..outputs.column.drawn.len() {
            let to = (outputs.x + end + 3.0, outputs.centre(place).1);
            let stroke = Stroke { dashed: true, ..Stroke::plain(self.palette.gradient, 1.2) };
            self.picture.arrow((x, y), to, stroke);
        }
        let (fill, outline) = (self.palette.parameter, self.palette.gradient);
        self.picture.marks.push(Mark::Circle { centre: (x, y), radius: neuron_marks::RADIUS, fill, outline });
        self.picture.text((x, y + 4.5), 13.0, Anchor::Middle, self.palette.ink, "L");
        self.caption(&["loss".to_owned(), format!("L = {}", brief(loss))], x);
    }

    fn row_image(&mut self, pixels: &[f64], width: usize, left: f64) {
        let y = self.top + (self.body - ROW_IMAGE) / 2.0;
        self.picture.marks.push(image::mark((left, y), ROW_IMAGE, width, image::grey(pixels)));
    }

    fn caption(&mut self, lines: &[String], x: f64) {
        let y = self.top + self.body + 20.0;
        for (i, line) in lines.iter().enumerate() {
            self.picture.text((x, y + i as f64 * CAPTION), TEXT, Anchor::Middle, self.palette.ink, line.clone());
        }
    }
}
