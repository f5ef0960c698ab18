//! Escapes text from files, paths and arguments before it reaches a terminal: characters that would move the cursor,
//! change colours or reverse the reading direction are shown as escapes, so that a class name cannot control the
//! terminal.
//!
//! Data keeps every character: CSV and NPY files, and strings in JSON, which have JSON's own escapes.

use std::borrow::Cow;
use std::fmt::{Display, Write};

/// Text on one line, with `\n`, `\t`, `\u{1b}` for characters that are not printable.
pub(crate) fn shown(text: impl Display) -> String {
    escaped(text.to_string(), |_| false).into_owned()
}

/// A cell of a table: what is longer than a line is cut.
pub(crate) fn in_cell(text: &str) -> String {
    const WIDEST: usize = 80;
    match text.char_indices().nth(WIDEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A word as a shell reads it back, on one line.
pub(crate) fn typed(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,=+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => shown(format!("'{}'", word.replace('\'', "'\\''"))),
    }
}

/// Text of several lines: keeps line breaks, and escapes everything else as [`shown`] does.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\n')
}

/// JSON without characters that control a terminal. serde_json escapes those below U+0020. DEL, the controls from
/// U+0080 (U+009B starts a command, as ESC `[` does) and the marks of reading direction occur only in strings, where
/// `\u` is an equivalent spelling.
pub(crate) fn json(text: String) -> String {
    if !text.chars().any(is_unsafe) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            // Two UTF-16 units above U+FFFF.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

fn escaped<'a>(text: impl Into<Cow<'a, str>>, keeps: impl Fn(char) -> bool) -> Cow<'a, str> {
    let text = text.into();
    let acts = |c: char| is_unsafe(c) && !keeps(c);
    if !text.chars().any(acts) {
        return text;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    safe.into()
}

/// Controls (C0, DEL, C1), line separators, and invisible characters that change how the rest is read: direction marks,
/// embeddings and isolates (<https://trojansource.codes>), interlinear annotations, tags. Joiners (U+200C, U+200D) are
/// kept: Persian words and emoji need them.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_as_an_escape() {
        assert_eq!(shown("a\nb\tc\rd\x1b[31m\x07"), r"a\nb\tc\rd\u{1b}[31m\u{7}");
        assert_eq!(shown("\u{9b}2J \u{202e}fdp.exe \u{7f}"), r"\u{9b}2J \u{202e}fdp.exe \u{7f}");
        assert_eq!(lines("a\nb\x1b[A"), "a\nb\\u{1b}[A");
    }

    #[test]
    fn words_of_every_language_stay_as_they_are() {
        for text in
            ["", "setosa", "C:\\x \"y\" 'z', 1", "Zürich", "e\u{301}", "می\u{200c}خواهم", "数字", "👩\u{200d}🔬"]
        {
            assert_eq!((shown(text).as_str(), &*lines(text), json(text.to_owned()).as_str()), (text, text, text));
        }
    }

    #[test]
    fn json_means_the_same_after_it_is_made_safe() {
        let name = "a\u{9b}31m \u{202e} \u{7f} \u{e0041} \n \"q\" \\";
        let safe = json(serde_json::to_string(name).unwrap());
        assert!(!safe.chars().any(is_unsafe), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), name);
    }
}
