//! A trace as Markdown, formulas and matrices in LaTeX between `$$`: what GitHub, Jupyter and pandoc show.

use super::grid::{self, Detail, Grid};
use super::number::{latex, significant};
use super::summary::listed;
use super::{Matrix, Quantity, RowWords, Section, Term, Trace, words};

/// How the Markdown looks.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, MarkdownStyle, to_markdown, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// let style = MarkdownStyle { digits: 3, ..MarkdownStyle::default() };
/// assert!(to_markdown(&trace, &style).contains("Z_{1}"));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkdownStyle {
    /// Significant digits of every number.
    pub digits: usize,
    /// Of matrices with more rows or columns, so many are shown.
    pub limit: usize,
}

impl Default for MarkdownStyle {
    fn default() -> Self {
        MarkdownStyle { digits: 6, limit: 10 }
    }
}

/// Columns of numbers that stand side by side; with more, the operands of a formula are left to its names.
const COLUMNS: usize = 12;

/// The trace as Markdown.
pub fn to_markdown(trace: &Trace, style: &MarkdownStyle) -> String {
    let detail = Detail::new(style.digits, style.limit);
    let title = if trace.title.is_empty() { "Trace" } else { &trace.title };
    let mut blocks = vec![format!("# {title}"), words::summary(trace)];
    if !trace.notes.trim().is_empty() {
        blocks.push(trace.notes.trim().to_owned());
    }
    summary(&mut blocks, trace, detail);
    section(&mut blocks, 2, "given", &trace.given, detail);
    for step in &trace.steps {
        let mut level = 2;
        if trace.steps_taken() > 1 {
            blocks.push(format!("## Step {} of {}", step.number, trace.steps_taken()));
            level = 3;
        }
        for Section { title, quantities } in &step.sections {
            section(&mut blocks, level, title, quantities, detail);
        }
    }
    if trace.losses.len() > 1 {
        blocks.push(losses(&trace.losses, detail));
    }
    blocks.join("\n\n") + "\n"
}

/// The loss, and a table of the rows.
fn summary(blocks: &mut Vec<String>, trace: &Trace, detail: Detail) {
    let summary = trace.summary();
    blocks.push("## Summary".to_owned());
    blocks.extend(summary.loss_words(detail.digits).map(|loss| loss + "."));
    let numbers = summary.rows.first().map(|row| row.numbers(&summary.output)).unwrap_or_default();
    let names: Vec<&str> =
        ["row", "target", "answer"].into_iter().chain(numbers.iter().map(|(name, _)| *name)).collect();
    let mut lines = vec![format!("| {} |", names.join(" | ")), format!("|{}", "--:|".repeat(names.len()))];
    for row in grid::shown(summary.rows.len(), detail.rows) {
        let Some(at) = row else {
            lines.push(format!("|{}", " .. |".repeat(names.len())));
            continue;
        };
        let row = &summary.rows[at];
        let RowWords { target, answer } = row.words(detail);
        let numbers = row.numbers(&summary.output);
        let mut cells = vec![(trace.first_row + at).to_string(), cell(&target.unwrap_or_default()), cell(&answer)];
        cells.extend(numbers.iter().map(|(_, values)| listed(values, detail, ", ")));
        lines.push(format!("| {} |", cells.join(" | ")));
    }
    blocks.push(lines.join("\n"));
}

/// A text in a cell. Markdown would pass its tags on as HTML, and take some signs for emphasis, links or mathematics.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            // Not by a backslash, which does not stand for itself within mathematics.
            '$' => cell.push_str("&#36;"),
            '\n' => cell.push(' '),
            '\\' | '|' | '*' | '_' | '`' | '~' | '[' | ']' => cell.extend(['\\', letter]),
            _ => cell.push(letter),
        }
    }
    cell
}

fn section(blocks: &mut Vec<String>, level: usize, title: &str, quantities: &[Quantity], detail: Detail) {
    let (first, rest) = title.split_at(1);
    blocks.push(format!("{} {}{rest}", "#".repeat(level), first.to_uppercase()));
    for quantity in quantities {
        let words = words(quantity);
        if !words.is_empty() {
            blocks.push(words);
        }
        blocks.push(format!("$$\n{}\n$$", equation(quantity, detail)));
        blocks.extend(Grid::of(&quantity.value, detail).note);
    }
}

/// `Weights of layer 1, 3 x 2:`.
fn words(quantity: &Quantity) -> String {
    let mut words = quantity.meaning.clone();
    if let Some(first) = words.get(..1) {
        words = format!("{}{}", first.to_uppercase(), &words[1..]);
    }
    let (rows, cols) = (quantity.value.rows(), quantity.value.cols());
    match (words.as_str(), quantity.value.is_scalar()) {
        ("", _) => words,
        (_, true) => format!("{words}:"),
        (_, false) => format!("{words}, {rows} x {cols}:"),
    }
}

/// The formula, the formula with its numbers, and what came out.
fn equation(quantity: &Quantity, detail: Detail) -> String {
    let mut parts = vec![quantity.latex()];
    parts.extend(operands(quantity, detail));
    parts.push(matrix(&quantity.value, detail));
    parts.join("\n= ")
}

/// The right side with its numbers, where every matrix is whole and they are not too many to stand in a line.
fn operands(quantity: &Quantity, detail: Detail) -> Option<String> {
    let mut columns = quantity.value.cols();
    let term = |term: &Term| match term {
        Term::Sign(sign) => Some(sign.latex.clone()),
        Term::Value { value, .. } if Grid::of(value, detail).note.is_some() => None,
        Term::Value { value, transposed, .. } => {
            let value = if *transposed { &value.transposed() } else { &**value };
            columns += value.cols();
            Some(matrix(value, detail))
        }
    };
    let text = quantity.formula.0.iter().map(term).collect::<Option<String>>()?;
    (!text.is_empty() && columns <= COLUMNS).then_some(text)
}

fn matrix(value: &Matrix, detail: Detail) -> String {
    let cells = Grid::of(value, detail).cells;
    let cell = |cell: &String| if Grid::is_gap(cell) { "\\cdots".to_owned() } else { latex(cell) };
    if value.is_scalar() {
        return cells.concat().iter().map(cell).collect();
    }
    let row = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(" & ");
    let rows = cells.iter().map(row).collect::<Vec<_>>().join(" \\\\ ");
    format!("\\begin{{bmatrix}} {rows} \\end{{bmatrix}}")
}

fn losses(losses: &[f64], detail: Detail) -> String {
    let show = |loss: f64| significant(loss, detail.digits);
    let mut lines = vec!["| step | L before it |".to_owned(), "|--:|--:|".to_owned()];
    let steps = losses.len() - 1;
    lines.extend(words::losses_shown(steps, detail.rows).into_iter().map(|step| match step {
        Some(at) => format!("| {} | {} |", at + 1, show(losses[at])),
        None => "| .. | .. |".to_owned(),
    }));
    lines.push(format!("| after it | {} |", show(losses[steps])));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_a_cell_is_nothing_but_text() {
        assert_eq!(cell("**b** _i_ `c`"), r"\*\*b\*\* \_i\_ \`c\`");
        assert_eq!(cell(r"a\|b"), r"a\\\|b");
        assert_eq!(cell("$50-$100 <b>\n"), "&#36;50-&#36;100 &lt;b&gt; ");
        assert_eq!(cell("[x](y) ~z~"), r"\[x\](y) \~z\~");
    }
}
