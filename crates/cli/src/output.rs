//! Standard output: text, JSON lines only, or nothing. And standard error, through [`tell`] only.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use chainrule::Task;
use serde::Serialize;

use crate::escape;
use crate::failure::Failure;

/// Writes a line to standard error; nothing else writes there. A write error is ignored: it could not be reported.
pub(crate) fn tell(line: impl Display) {
    let line = escape::lines(&line.to_string()).into_owned();
    let color = match line.split(':').next() {
        Some("error") => Some("31"),
        Some("warning") => Some("33"),
        _ => None,
    };
    let line = color.map_or_else(|| line.clone(), |code| colored(&line, code, io::stderr().is_terminal())) + "\n";
    let _ = io::stderr().lock().write_all(line.as_bytes());
}

/// Whether terminals are shown colours.
static COLORS: OnceLock<bool> = OnceLock::new();

/// Allows colours on terminals, unless the environment forbids them: <https://no-color.org>.
pub(crate) fn set_colors(allowed: bool) {
    let is_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    COLORS.get_or_init(|| allowed && !is_forbidden);
}

/// Text in a colour of the terminal's, if this stream is one and has colours.
fn colored(text: &str, code: &str, is_terminal: bool) -> String {
    let is_colored = is_terminal && COLORS.get().copied().unwrap_or(false);
    if is_colored { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Words,
    Json,
    Quiet,
}

/// Prints until a write fails, and reports that error at the end, so that a full disk or a closed pipe does not prevent
/// saving a model.
#[derive(Debug)]
pub(crate) struct Output {
    mode: Mode,
    error: Option<io::Error>,
}

impl Output {
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        let mode = match (json, quiet) {
            (true, _) => Mode::Json,
            (false, true) => Mode::Quiet,
            (false, false) => Mode::Words,
        };
        Output { mode, error: None }
    }

    /// Prints a line of text, in text mode.
    pub(crate) fn say(&mut self, line: impl Display) {
        if self.mode == Mode::Words {
            self.write(|out| writeln!(out, "{}", escape::lines(&line.to_string())));
        }
    }

    /// Prints a line of text that stands out: the best epoch so far.
    pub(crate) fn say_best(&mut self, line: impl Display) {
        if self.mode == Mode::Words {
            let line = escape::lines(&line.to_string()).into_owned();
            let line = colored(&line, "32", io::stdout().is_terminal());
            self.write(|out| writeln!(out, "{line}"));
        }
    }

    /// Prints a line of JSON, in JSON mode.
    pub(crate) fn json(&mut self, event: &impl Serialize) {
        if self.mode == Mode::Json {
            self.write(|out| writeln!(out, "{}", escape::json(serde_json::to_string(event)?)));
        }
    }

    /// Writes in every mode: predictions.
    pub(crate) fn write(&mut self, work: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if self.error.is_none() {
            let mut out = io::BufWriter::new(io::stdout().lock());
            self.error = work(&mut out).and_then(|()| out.flush()).err();
        }
    }

    /// Whether only predictions are printed.
    pub(crate) fn is_quiet(&self) -> bool {
        self.mode == Mode::Quiet
    }

    /// Whether text is printed.
    pub(crate) fn is_words(&self) -> bool {
        self.mode == Mode::Words
    }

    /// Whether a write has failed.
    pub(crate) fn is_broken(&self) -> bool {
        self.error.is_some()
    }

    /// The write error, if any. A closed pipe (`| head`) is not a failure.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self.error {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Output(error)),
            _ => Ok(()),
        }
    }
}

/// `0.9750` as `97.50 %`.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// `1437` as `1,437`.
pub(crate) fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a loss in JSON is of, of a regression: the targets in their own unit, or as they are standardised to be learned. `None` of
/// other tasks, which have no unit.
pub(crate) fn loss_of(task: Option<Task>, is_standardised: bool) -> Option<&'static str> {
    let what = if is_standardised { "standardised targets" } else { "targets" };
    (task == Some(Task::Regression)).then_some(what)
}

/// `3 columns become 5 features`; of images, which have no columns, `64 features`.
pub(crate) fn become_features(columns: usize, features: usize) -> String {
    let count = plural(features, "feature");
    match columns {
        0 => count,
        1 => format!("1 column becomes {count}"),
        _ => format!("{} become {count}", plural(columns, "column")),
    }
}

/// `1 row`, `2 rows`, `10 classes`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    let ending = match noun {
        _ if n == 1 => "",
        _ if noun.ends_with('s') => "es",
        _ => "s",
    };
    format!("{} {noun}{ending}", grouped(n))
}

/// A number with five decimals below 10, up to 10^7 with six digits that count, or all before the point; below 0.001 and from 10^7 on with
/// five and a power of ten.
pub(crate) fn brief(value: f64) -> String {
    // Without the sign of -0.
    let value = value + 0.0;
    match value.abs() {
        size if size == 0.0 || (1e-3..10.0).contains(&size) => format!("{value:.5}"),
        size if (10.0..1e7).contains(&size) => {
            let decimals = 5_usize.saturating_sub(size.log10() as usize);
            format!("{value:.decimals$}")
        }
        _ => format!("{value:.4e}"),
    }
}

/// A whole number as it is, others by [`brief`].
pub(crate) fn short(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e7 { value.to_string() } else { brief(value) }
}

/// A duration with a readable number of digits.
pub(crate) fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", 1e3 * s),
        s if s < 10.0 => format!("{s:.2} s"),
        s if s < 120.0 => format!("{s:.1} s"),
        s => format!("{} min {:02.0} s", (s / 60.0) as u64, s % 60.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        assert_eq!([0.0042, 1.5, 12.34, 125.0].map(seconds), ["4 ms", "1.50 s", "12.3 s", "2 min 05 s"]);
        assert_eq!([1, 2].map(|n| plural(n, "class")), ["1 class", "2 classes"]);
        assert_eq!([1, 1437].map(|n| plural(n, "row")), ["1 row", "1,437 rows"]);
        assert_eq!(percent(0.975), "97.50 %");
        let numbers = [0.0, -0.5, 9.99999, 12.345678, -8643.88265, 123_456.7, 9_999_999.4, 58_802_441_789.0, 0.000_123];
        let said = "0.00000 -0.50000 9.99999 12.3457 -8643.88 123457 9999999 5.8802e10 1.2300e-4";
        assert_eq!(numbers.map(brief).join(" "), said);
    }
}
