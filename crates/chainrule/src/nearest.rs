//! The known name nearest to one that was mistyped.
//!
//! The distance is Levenshtein's, by the two-row recurrence. It is not a search engine: names are short and few.

/// The nearest of `known` to `name`, unless even that is too far off to be what was meant: more than half of the
/// longer one's letters changed.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .iter()
        .map(|candidate| (distance(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(changes, candidate)| 2 * changes <= name.chars().count().max(candidate.chars().count()))
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate)
}

/// How many insertions, deletions and substitutions of a letter turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, d) in
            [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("relu", "relu", 0)]
        {
            assert_eq!(distance(a, b), d, "{a} {b}");
            assert_eq!(distance(b, a), d, "{b} {a}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not_forced() {
        let known = ["relu", "leaky-relu", "sigmoid", "tanh"];
        assert_eq!(nearest("rleu", &known), Some("relu"));
        assert_eq!(nearest("rel", &known), Some("relu"));
        assert_eq!(nearest("Sigmoyd", &known), Some("sigmoid"));
        assert_eq!(nearest("convolution", &known), None);
        assert_eq!(nearest("", &known), None);
    }
}
