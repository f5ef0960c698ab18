//! What a file says, as messages show it.

/// The longest quotation of what a file says, in characters.
const QUOTED_MAX: usize = 400;

/// What a file says may hold anything: control characters come escaped, as Rust writes them, and length has an end.
pub(crate) fn printable(found: String) -> String {
    if found.len() <= QUOTED_MAX && !found.chars().any(char::is_control) {
        return found;
    }
    let mut shown = String::new();
    for c in found.chars().take(QUOTED_MAX) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    if found.chars().nth(QUOTED_MAX).is_some() {
        shown.push_str("...");
    }
    shown
}

#[cfg(test)]
mod tests {
    use crate::{Error, Place};

    #[test]
    fn what_a_file_says_comes_escaped_and_cut_short() {
        let error = Error::format("m", Place::Header, "tensor `\u{1b}[2J\n`", "another");
        assert_eq!(error.to_string(), "m, header: found tensor `\\u{1b}[2J\\n`, expected another");
        let long = Error::format("m", Place::Header, "é".repeat(100_000), "another").to_string();
        assert!(long.contains("é...") && long.len() < 1000, "{}", long.len());
    }
}
