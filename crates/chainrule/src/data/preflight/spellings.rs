//! Names that are written in two ways.

use std::collections::HashMap;

/// Names that are compared: of more, nobody reads which are alike.
const COMPARED: usize = 1000;

/// Two names that differ in capitals or blanks alone, the first such.
pub(super) fn alike<'a>(names: impl Iterator<Item = &'a str>) -> Option<(&'a str, &'a str)> {
    let mut seen = HashMap::<String, &str>::new();
    for name in names.take(COMPARED) {
        let plain = name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if let Some(first) = seen.insert(plain, name) {
            return Some((first, name));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn capitals_and_blanks_alone_make_no_other_name() {
        let of = |names: [&'static str; 3]| alike(names.into_iter());
        assert_eq!(of(["good", "bad", "Good"]), Some(("good", "Good")));
        assert_eq!(of(["very  good", "bad", "very good"]), Some(("very  good", "very good")));
        assert_eq!(of(["a", "b", "ab"]), None);
    }
}
