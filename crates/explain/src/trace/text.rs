//! A trace as text for a terminal: every formula, also with its numbers if they fit.

use super::equation::{self, Equation};
use super::grid::{self, Detail};
use super::number::significant;
use super::summary::listed;
use super::{Quantity, RowWords, Section, Trace, words};

/// How the text looks.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, TextStyle, to_text, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// let style = TextStyle { digits: 3, ..TextStyle::default() };
/// assert!(to_text(&trace, &style).contains("Z1 = X W1 + b1"));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextStyle {
    /// Significant digits of every number.
    pub digits: usize,
    /// The largest number of rows and columns that are shown of a matrix.
    pub limit: usize,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to use ANSI escapes for emphasis.
    pub color: bool,
}

impl Default for TextStyle {
    fn default() -> Self {
        TextStyle { digits: 6, limit: 10, width: 100, color: false }
    }
}

const BOLD: &str = "1";
const DIM: &str = "2";
const HEADING: &str = "1;36"; // bold cyan

/// The trace as text. Lines end with a newline, the last one too.
pub fn to_text(trace: &Trace, style: &TextStyle) -> String {
    let mut text = Text { style, out: String::new() };
    text.head(trace);
    text.summary(trace);
    text.section("given", &trace.given);
    for step in &trace.steps {
        if trace.steps_taken() > 1 {
            text.line(HEADING, &format!("==== step {} of {} ====", step.number, trace.steps_taken()));
            text.line("", "");
        }
        for Section { title, quantities } in &step.sections {
            text.section(title, quantities);
        }
    }
    text.losses(&trace.losses);
    text.out
}

struct Text<'a> {
    style: &'a TextStyle,
    out: String,
}

impl Text<'_> {
    fn line(&mut self, ansi: &str, line: &str) {
        self.emphasised(ansi, line.trim_end());
        self.out.push('\n');
    }

    fn emphasised(&mut self, ansi: &str, words: &str) {
        if self.style.color && !ansi.is_empty() {
            self.out.push_str(&format!("\x1b[{ansi}m{words}\x1b[0m"));
        } else {
            self.out.push_str(words);
        }
    }

    fn head(&mut self, trace: &Trace) {
        if !trace.title.is_empty() {
            self.line(BOLD, &trace.title);
        }
        self.line("", &words::summary(trace));
        for line in trace.notes.trim_end().lines() {
            self.line("", line);
        }
        self.line("", "");
        self.line(DIM, words::READING);
        self.line("", "");
    }

    fn summary(&mut self, trace: &Trace) {
        let TextStyle { digits, limit, width, .. } = *self.style;
        let (summary, detail) = (trace.summary(), Detail::new(digits, limit));
        self.line(HEADING, "-- summary --");
        self.line("", "");
        if let Some(loss) = summary.loss_words(digits) {
            self.line("", &loss);
        }
        for row in grid::shown(summary.rows.len(), limit) {
            let Some(at) = row else {
                self.line("", "..");
                continue;
            };
            let row = &summary.rows[at];
            let RowWords { target, answer } = row.words(detail);
            let target = target.map_or_else(String::new, |target| format!("target {target}, "));
            self.line("", &format!("row {}: {target}answer {answer}", trace.first_row + at));
            for (name, values) in row.numbers(&summary.output) {
                let of = |columns| listed(values, Detail { columns, ..detail }, "  ");
                let line = |columns| format!("{INDENT}{name} = [ {} ]", of(columns));
                let fits = (1..=limit).rev().map(line).find(|line| line.len() <= width);
                self.line("", &fits.unwrap_or_else(|| line(1)));
            }
        }
        self.line("", "");
    }

    fn section(&mut self, title: &str, quantities: &[Quantity]) {
        self.line(HEADING, &format!("-- {title} --"));
        self.line("", "");
        quantities.iter().for_each(|quantity| self.quantity(quantity));
    }

    fn quantity(&mut self, quantity: &Quantity) {
        let TextStyle { digits, limit, width, .. } = *self.style;
        let equation = quantity.equation();
        self.emphasised(BOLD, &equation);
        // From here on for all, so that formulas stand on the left and words on the right.
        let gap = 40usize.saturating_sub(equation.len()).max(2);
        self.out.push_str(&" ".repeat(gap));
        self.line(DIM, &words(quantity));
        let width = width.saturating_sub(INDENT.len());
        let Equation { lines, note } = equation::equation(quantity, Detail::new(digits, limit), width);
        lines.iter().for_each(|line| self.line("", &format!("{INDENT}{line}")));
        if let Some(note) = note {
            self.line(DIM, &format!("{INDENT}{note}"));
        }
        self.line("", "");
    }

    fn losses(&mut self, losses: &[f64]) {
        let show = |loss: f64| significant(loss, self.style.digits);
        let lines = match losses {
            [] | [_] => return,
            [before, after] => vec![format!("L is {} before the step and {} after it.", show(*before), show(*after))],
            [all @ .., after] => {
                let rows = words::losses_shown(all.len(), self.style.limit);
                let row = |step: Option<usize>| match step {
                    Some(at) => format!("{:>8}  {}", at + 1, show(all[at])),
                    None => format!("{:>8}", ".."),
                };
                let head = vec!["    step  L before it".to_owned()];
                let last = format!("after it  {}", show(*after));
                head.into_iter().chain(rows.into_iter().map(row)).chain([last]).collect()
            }
        };
        lines.iter().for_each(|line| self.line("", line));
    }
}

const INDENT: &str = "    ";

/// `weights of layer 1, (3, 2)`.
fn words(quantity: &Quantity) -> String {
    let (rows, cols) = (quantity.value.rows(), quantity.value.cols());
    let shape = if quantity.value.is_scalar() { String::new() } else { format!("({rows}, {cols})") };
    match (quantity.meaning.as_str(), shape.as_str()) {
        ("", shape) => shape.to_owned(),
        (meaning, "") => meaning.to_owned(),
        (meaning, shape) => format!("{meaning}, {shape}"),
    }
}
