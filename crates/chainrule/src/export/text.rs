//! Pieces of source text: numbers, lists, identifiers, strings, and what may stand in a comment.

use std::collections::{HashMap, HashSet};

use super::blueprint::{Column, ColumnKind};

/// The longest line of a list.
const WIDE: usize = 110;

/// A number as both languages read it back to the same bits, without a type.
pub(super) fn number(value: f64, is_double: bool) -> String {
    if is_double { format!("{value:?}") } else { format!("{:?}", value as f32) }
}

/// Items with commas between, in lines of their own.
pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    let (mut text, mut line) = (String::new(), String::from("   "));
    for item in items {
        if line.len() + item.len() + 2 > WIDE {
            text.push_str(&line);
            text.push('\n');
            line = String::from("   ");
        }
        line.push(' ');
        line.push_str(&item);
        line.push(',');
    }
    text.push_str(&line);
    text.push('\n');
    text
}

/// Letters, digits and underscores of a text; never empty, and no digit first.
pub(super) fn identifier(text: &str) -> String {
    let mut name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert(0, 'x');
    }
    name
}

/// Identifiers of several texts, all different.
pub(super) fn identifiers<'a>(texts: impl IntoIterator<Item = &'a String>) -> Vec<String> {
    let (mut seen, mut counts) = (HashSet::new(), HashMap::new());
    let mut unique = |text: &String| {
        let name = identifier(text);
        let mut candidate = name.clone();
        // Names of another alphabet may all be the same here: each is counted on from the last.
        let count = counts.entry(name.to_lowercase()).or_insert(1);
        while !seen.insert(candidate.to_lowercase()) {
            *count += 1;
            candidate = format!("{name}_{count}");
        }
        candidate
    };
    texts.into_iter().map(&mut unique).collect()
}

/// What the codes of each column's categories are called: the column, the category and the code in capitals; none for other
/// columns. No two are the same in one file: the parts alone would not tell `a` and `b c` from `a b` and `c`.
pub(super) fn code_names(columns: &[Column]) -> Vec<Vec<String>> {
    let titles = identifiers(columns.iter().map(|column| &column.title));
    let mut names = Vec::new();
    for (column, title) in columns.iter().zip(titles) {
        let ColumnKind::Category { levels, .. } = &column.kind else { continue };
        let named = identifiers(levels).into_iter().enumerate();
        names.extend(named.map(|(code, level)| format!("{title}_{level}_{code}").to_uppercase()));
    }
    let mut unique = identifiers(&names).into_iter();
    let of = |column: &Column| match &column.kind {
        ColumnKind::Category { levels, .. } => unique.by_ref().take(levels.len()).collect(),
        _ => Vec::new(),
    };
    columns.iter().map(of).collect()
}

/// A text in a comment of either language: one line, nothing that ends or begins a comment.
pub(super) fn comment(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || " _-.,:;()[]{}=+<>%&'#@!\"|".contains(c);
    text.chars().take(200).map(|c| if is_plain(c) { c } else { '?' }).collect()
}

/// A C string: bytes beyond the plain ones in octal, so that no trigraph and no longer escape comes of them.
pub(super) fn c_string(text: &str) -> String {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b" _-.,:;()[]{}=+<>%&'#@!|/*".contains(&b);
    let byte = |b: u8| if is_plain(b) { char::from(b).to_string() } else { format!("\\{b:03o}") };
    format!("\"{}\"", text.bytes().map(byte).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_different_columns_have_different_names() {
        let category = |title: &str, levels: &[&str]| Column {
            title: title.to_owned(),
            index: None,
            kind: ColumnKind::Category {
                levels: levels.iter().map(|&level| level.to_owned()).collect(),
                fill: None,
                takes_unknown: false,
            },
            log1p: false,
            sign: None,
            na_is_text: false,
        };
        let number = Column { kind: ColumnKind::Number { fill: None, indicator: false }, ..category("a", &[]) };
        let columns = [category("Hue", &["dark blue", "red"]), number, category("hue dark", &["blue", "red"])];
        assert_eq!(
            code_names(&columns),
            [vec!["HUE_DARK_BLUE_0", "HUE_RED_1"], vec![], vec!["HUE_DARK_BLUE_0_2", "HUE_DARK_RED_1"]]
        );
    }

    #[test]
    fn texts_of_any_kind_stay_inside_their_place() {
        assert_eq!(identifiers(&["a b".to_owned(), "a-b".to_owned(), "7".to_owned()]), ["a_b", "a_b_2", "x7"]);
        assert_eq!(comment("a */ b\n\\"), "a ?? b??");
        assert_eq!(c_string("\"\\\n\u{20ac}??/1"), "\"\\042\\134\\012\\342\\202\\254\\077\\077/1\"");
        assert_eq!([1.0, -0.1, 1e-20].map(|x| number(x, false)), ["1.0", "-0.1", "1e-20"]);
    }
}
