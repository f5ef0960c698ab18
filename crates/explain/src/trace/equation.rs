//! A formula with its numbers, as lines of text: matrices side by side, operators at half their height.

use super::grid::{Detail, Grid};
use super::{Matrix, Quantity, Term};

/// Lines of one width.
struct Block(Vec<String>);

impl Block {
    fn of(matrix: &Matrix, detail: Detail) -> Self {
        let grid = Grid::of(matrix, detail);
        if matrix.is_scalar() { Block(vec![grid.cells.concat().concat()]) } else { Block(grid.lines()) }
    }

    fn width(&self) -> usize {
        self.0.first().map_or(0, String::len)
    }

    /// Side by side, each at half the height of the tallest.
    fn beside(blocks: &[Block]) -> Vec<String> {
        let height = blocks.iter().map(|block| block.0.len()).max().unwrap_or(0);
        let mut lines = vec![String::new(); height];
        for block in blocks {
            // Rounded down for both, so that a single line stands on the middle one.
            let above = (height - 1) / 2 - (block.0.len() - 1) / 2;
            for (at, line) in lines.iter_mut().enumerate() {
                match at.checked_sub(above).and_then(|at| block.0.get(at)) {
                    Some(text) => line.push_str(text),
                    None => line.extend(std::iter::repeat_n(' ', block.width())),
                }
            }
        }
        lines
    }
}

/// The number of columns that are shown even in a narrow terminal.
const FEWEST: usize = 2;

/// The lines of a formula with its numbers.
pub(super) struct Equation {
    pub(super) lines: Vec<String>,
    /// Which rows and columns of the result are shown, unless all are.
    pub(super) note: Option<String>,
}

/// `[ 1  2 ] [ 0.5 ] + [ 0 ]  =  [ 2 ]` and the like, in `width` columns. A result
/// that does not fit beside the operands stands below; one that does not fit at all loses columns. Operands are left
/// out where they do not fit or are not whole.
pub(super) fn equation(quantity: &Quantity, detail: Detail, width: usize) -> Equation {
    let shown = fitted(&quantity.value, detail, width);
    let (result, note) = (Block::of(&quantity.value, shown), Grid::of(&quantity.value, shown).note);
    let operands = operands(quantity, detail).unwrap_or_default();
    let operands_width: usize = operands.iter().map(Block::width).sum();
    if operands.is_empty() || operands_width > width {
        return Equation { lines: result.0, note };
    }
    let equals = Block(vec!["  =  ".to_owned()]);
    let mut blocks = operands;
    if operands_width + equals.width() + result.width() <= width {
        blocks.extend([equals, result]);
        return Equation { lines: Block::beside(&blocks), note };
    }
    let mut lines = Block::beside(&blocks);
    if result.0.len() > 1 {
        lines.push(String::new());
    }
    lines.extend(Block::beside(&[equals, result]));
    Equation { lines, note }
}

/// Shows as many columns as fit.
fn fitted(matrix: &Matrix, detail: Detail, width: usize) -> Detail {
    let fits = |detail: &Detail| Block::of(matrix, *detail).width() <= width;
    // A column takes three places at least.
    let most = detail.columns.min(width / 3 + 1);
    let narrower = (FEWEST..most).rev().map(|columns| Detail { columns, ..detail });
    let narrowest = Detail { columns: FEWEST.min(detail.columns), ..detail };
    [detail].into_iter().chain(narrower).find(fits).unwrap_or(narrowest)
}

/// The right side with its numbers, or `None` where a matrix would not be whole.
fn operands(quantity: &Quantity, detail: Detail) -> Option<Vec<Block>> {
    let block = |term: &Term| match term {
        Term::Sign(sign) => Some(Block(vec![sign.text.clone()])),
        Term::Value { value, .. } if Grid::of(value, detail).note.is_some() => None,
        Term::Value { value, transposed: true, .. } => Some(Block::of(&value.transposed(), detail)),
        Term::Value { value, .. } => Some(Block::of(value, detail)),
    };
    quantity.formula.0.iter().map(block).collect()
}
