//! What the names of classes may be: as many as the classes, no two alike, and of characters that can be shown. A
//! dataset, a model that is saved and a file that is read ask the same.

use std::collections::HashSet;

use crate::{Error, Result};

/// Refuses names that are not one for each of `classes`, that occur twice, or that hold a character which moves the
/// cursor of a terminal or turns the direction of text. Commas, quotes and every letter are allowed.
pub(crate) fn check_class_names(origin: &str, names: &[String], classes: usize) -> Result<()> {
    let refuse = |found, expected| Err(Error::Shape { origin: origin.to_string(), found, expected });
    if names.len() != classes {
        let count = format!("{} class names", names.len());
        return refuse(count, format!("{classes}, one for each class"));
    }
    let mut seen = HashSet::with_capacity(names.len());
    for (class, name) in names.iter().enumerate() {
        let found = || format!("class name {} of class {class}", quoted(name));
        if let Some(c) = name.chars().find(|c| is_unprintable(*c)) {
            return refuse(found(), format!("a name without {c:?}: no control characters"));
        }
        if !seen.insert(name.as_str()) {
            let first = names.iter().position(|other| other == name).unwrap_or(class);
            return refuse(found(), format!("another name, as class {first} has it"));
        }
    }
    Ok(())
}

/// Control characters (C0, DEL, C1), line separators, and what overrides the direction of text.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// In quotes, escaped, and cut short.
fn quoted(name: &str) -> String {
    match name.char_indices().nth(40) {
        None => format!("{name:?}"),
        Some((end, _)) => format!("{:?}...", &name[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str]) -> std::result::Result<(), String> {
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        check_class_names("m", &names, 2).map_err(|error| error.to_string())
    }

    #[test]
    fn names_that_a_table_can_quote_are_allowed() {
        check(&["a,b", "\"a\" b"]).unwrap();
        check(&["", "Ärger 犬"]).unwrap();
    }

    #[test]
    fn names_that_are_too_many_alike_or_unprintable_are_refused_escaped() {
        assert_eq!(check(&["a"]).unwrap_err(), "m: found 1 class names, expected 2, one for each class");
        assert_eq!(
            check(&["cat", "cat"]).unwrap_err(),
            "m: found class name \"cat\" of class 1, expected another name, as class 0 has it"
        );
        for (name, shown) in
            [("a\nb", "\\n"), ("\u{1b}[2J", "\\u{1b}"), ("x\u{9b}", "\\u{9b}"), ("\u{202e}a", "\\u{202e}")]
        {
            let message = check(&["a", name]).unwrap_err();
            assert!(message.contains(shown) && message.contains("class 1"), "{message}");
            assert!(!message.contains(name), "{message}");
        }
        assert!(check(&["a", &"\n".repeat(1 << 20)]).unwrap_err().len() < 300);
    }
}
