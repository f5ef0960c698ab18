//! Draws the graph of operations. A network is a sequence, so the layout is fixed and needs no layout crate: values and
//! operations alternate down the page, parameters are to the left of their operation, and what does not fit on a page
//! continues in a second column, which starts with the last value of the first one.

use crate::graph::operations::{Node, Operations, Role};
use crate::graph::picture::{Anchor, Mark, Palette, Picture, Stroke, Theme};
use crate::graph::text::width;
use crate::graph::words::{counts, lines};

const MARGIN: f64 = 24.0;
const LINE: f64 = 18.0; // from one baseline to the next
const PAD: f64 = 12.0; // between a box and its text
const SIZE: f64 = 13.0; // of text
const ARROW: f64 = 30.0; // length of the way down
const SIDE: f64 = 46.0; // length of the way from a parameter
const APART: f64 = 7.0; // half the distance between an arrow and the one back
const HEAD: f64 = 82.0; // title, counts and legend
/// A taller column is split in two: this is about the height of a screen.
const COLUMN: f64 = 1250.0;

/// An operation, its output, and the nodes at its side; the first block has only a value.
struct Block {
    operation: Option<usize>,
    value: usize,
    side: Vec<usize>,
}

/// Draws it.
pub(crate) fn picture(graph: &Operations, theme: Theme) -> Picture {
    let palette = theme.palette();
    let blocks = blocks(graph);
    let side = widest(graph, |role| role == Role::Parameter || role == Role::Given);
    let main = widest(graph, |role| role == Role::Operation || role == Role::Value);
    let column_width = side + SIDE + main;
    let columns = columns(graph, &blocks);
    let count = columns.len() as f64;
    let legend = legend(graph);
    let counts = counts(graph);
    let head = width(&graph.title, 16.0).max(width(&legend, 12.0)).max(width(&counts, 12.0));
    let row = (count * column_width + (count - 1.0) * 2.0 * MARGIN).max(head);
    let (width, title) = (row + 2.0 * MARGIN, graph.title.clone());
    let mut drawing = Drawing {
        graph,
        palette,
        side,
        main,
        picture: Picture { width, height: 0.0, ground: palette.ground, title, marks: Vec::new() },
    };
    drawing.picture.text((MARGIN, MARGIN + 14.0), 16.0, Anchor::Start, palette.ink, graph.title.clone());
    drawing.picture.text((MARGIN, MARGIN + 36.0), 12.0, Anchor::Start, palette.ink, counts);
    drawing.picture.text((MARGIN, MARGIN + 56.0), 12.0, Anchor::Start, palette.faint, legend);
    let mut bottom = 0.0f64;
    for (place, column) in columns.iter().enumerate() {
        let left = MARGIN + place as f64 * (column_width + 2.0 * MARGIN);
        bottom = bottom.max(drawing.column(left, &blocks, column.clone()));
    }
    drawing.picture.height = bottom + MARGIN;
    drawing.picture
}

fn legend(graph: &Operations) -> String {
    let rows = match graph.rows {
        None => "n rows".to_owned(),
        Some(1) => "‖V‖: norm over 1 row".to_owned(),
        Some(rows) => format!("‖V‖: norm over {rows} rows"),
    };
    format!("down: forward; dashed: gradients; dV = ∂L/∂V; {rows}")
}

fn blocks(graph: &Operations) -> Vec<Block> {
    let mut blocks = vec![Block { operation: None, value: 0, side: Vec::new() }];
    for (operation, node) in graph.nodes.iter().enumerate() {
        if node.role == Role::Operation {
            let into: Vec<usize> = graph.edges.iter().filter(|edge| edge.1 == operation).map(|edge| edge.0).collect();
            let value = graph.edges.iter().find(|edge| edge.0 == operation).map_or(operation, |edge| edge.1);
            blocks.push(Block { operation: Some(operation), value, side: into[1..].to_vec() });
        }
    }
    blocks
}

/// The ranges of blocks of the columns: as few columns as possible, of nearly equal height.
fn columns(graph: &Operations, blocks: &[Block]) -> Vec<std::ops::Range<usize>> {
    let heights: Vec<f64> = blocks.iter().map(|block| block_height(graph, block)).collect();
    let total: f64 = heights.iter().sum();
    let share = total / (total / COLUMN).ceil().max(1.0);
    let (mut columns, mut begin, mut height) = (Vec::new(), 0, 0.0);
    for (i, block) in heights.iter().enumerate() {
        if height + block / 2.0 > share && i > begin {
            columns.push(begin..i);
            (begin, height) = (i, 0.0);
        }
        height += block;
    }
    columns.push(begin..blocks.len());
    columns
}

fn block_height(graph: &Operations, block: &Block) -> f64 {
    let value = box_height(&graph.nodes[block.value]);
    block.operation.map_or(value, |op| value + 2.0 * ARROW + operation_height(graph, op, &block.side))
}

/// The height, including the nodes beside it.
fn operation_height(graph: &Operations, operation: usize, side: &[usize]) -> f64 {
    let beside: f64 = side.iter().map(|&node| box_height(&graph.nodes[node]) + 6.0).sum();
    box_height(&graph.nodes[operation]).max(beside - 6.0)
}

fn box_height(node: &Node) -> f64 {
    lines(node).len() as f64 * LINE + PAD
}

fn widest(graph: &Operations, of: impl Fn(Role) -> bool) -> f64 {
    let nodes = graph.nodes.iter().filter(|node| of(node.role));
    let text = nodes.flat_map(lines).map(|line| width(&line.text, SIZE)).fold(0.0, f64::max);
    text + 2.0 * PAD
}

struct Drawing<'a> {
    graph: &'a Operations,
    palette: Palette,
    side: f64,
    main: f64,
    picture: Picture,
}

/// The position of an operation.
#[derive(Clone, Copy)]
struct OperationPlace {
    /// The left edge of the nodes beside it.
    left: f64,
    /// Its own upper left corner.
    x: f64,
    y: f64,
}

impl Drawing<'_> {
    /// Draws these blocks from the top of a column; returns where they end.
    fn column(&mut self, left: f64, blocks: &[Block], range: std::ops::Range<usize>) -> f64 {
        let (graph, x) = (self.graph, left + self.side + SIDE);
        let mut y = MARGIN + HEAD;
        if range.start > 0 {
            // The last value of the previous column.
            let node = &graph.nodes[blocks[range.start - 1].value];
            let middle = (left + self.side / 2.0, y + box_height(node) / 2.0 + 4.0);
            self.picture.text(middle, 12.0, Anchor::Middle, self.palette.faint, "continued");
            y = self.node(node, (x, y), self.main);
        }
        for block in &blocks[range] {
            if let Some(operation) = block.operation {
                let input = graph.edges.iter().find(|edge| edge.1 == operation).map_or(0, |edge| edge.0);
                y = self.way_down(x + self.main / 2.0, y, graph.nodes[input].role == Role::Value);
                y = self.operation(OperationPlace { left, x, y }, operation, &block.side);
                y = self.way_down(x + self.main / 2.0, y, graph.nodes[block.value].name != "L");
            }
            y = self.node(&graph.nodes[block.value], (x, y), self.main);
        }
        y
    }

    /// Forward and, if it flows here, the gradient.
    fn way_down(&mut self, x: f64, y: f64, back: bool) -> f64 {
        let (ink, gradient) = (Stroke::plain(self.palette.ink, 1.5), self.gradient());
        let apart = if back { APART } else { 0.0 };
        self.picture.arrow((x - apart, y + 2.0), (x - apart, y + ARROW - 2.0), ink);
        if back {
            self.picture.arrow((x + apart, y + ARROW - 2.0), (x + apart, y + 2.0), gradient);
        }
        y + ARROW
    }

    fn gradient(&self) -> Stroke {
        Stroke { dashed: true, ..Stroke::plain(self.palette.gradient, 1.5) }
    }

    fn operation(&mut self, place: OperationPlace, operation: usize, side: &[usize]) -> f64 {
        let OperationPlace { left, x, y } = place;
        let graph = self.graph;
        let height = operation_height(graph, operation, side);
        let heights: Vec<f64> = side.iter().map(|&node| box_height(&graph.nodes[node])).collect();
        let mut top = y + (height - heights.iter().map(|h| h + 6.0).sum::<f64>() + 6.0) / 2.0;
        for (&node, h) in side.iter().zip(heights) {
            let node = &graph.nodes[node];
            self.node(node, (left, top), self.side);
            let (from, to, middle) = (left + self.side + 3.0, x - 3.0, top + h / 2.0);
            let apart = if node.role == Role::Parameter { APART } else { 0.0 };
            self.picture.arrow((from, middle - apart), (to, middle - apart), Stroke::plain(self.palette.ink, 1.5));
            if node.role == Role::Parameter {
                let back = self.gradient();
                self.picture.arrow((to, middle + apart), (from, middle + apart), back);
            }
            top += h + 6.0;
        }
        self.boxed(&graph.nodes[operation], (x, y), (self.main, height));
        y + height
    }

    fn node(&mut self, node: &Node, at: (f64, f64), width: f64) -> f64 {
        let height = box_height(node);
        self.boxed(node, at, (width, height));
        at.1 + height
    }

    fn boxed(&mut self, node: &Node, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let palette = self.palette;
        let (fill, radius) = match node.role {
            Role::Parameter => (palette.parameter, 4.0),
            Role::Operation => (palette.operation, 4.0),
            Role::Given => (palette.given, 14.0),
            Role::Value => (palette.value, 14.0),
        };
        self.picture.marks.push(Mark::Rect {
            corner: (x, y),
            size: (width, height),
            radius,
            fill,
            outline: palette.faint,
        });
        let lines = lines(node);
        let first = y + (height - lines.len() as f64 * LINE) / 2.0 + 0.74 * LINE;
        for (i, line) in lines.into_iter().enumerate() {
            let colour = if line.gradient { palette.gradient } else { palette.ink };
            self.picture.text((x + width / 2.0, first + i as f64 * LINE), SIZE, Anchor::Middle, colour, line.text);
        }
    }
}
