//! The known name nearest to one that was mistyped.
//!
//! The distance is Levenshtein's with transpositions (optimal string alignment: `sdg` is one slip from `sgd`). It is not
//! a search engine: names are short and few.

/// The nearest of `known` to `name`, unless even that is too far off to be what was meant: more than half of the
/// longer one's letters changed.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    // No known name is half as long; a file may hold one of megabytes.
    if name.len() > 200 {
        return None;
    }
    let name = name.to_lowercase();
    known
        .iter()
        .map(|candidate| (distance(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(changes, candidate)| 2 * changes <= name.chars().count().max(candidate.chars().count()))
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate)
}

/// How many insertions, deletions, substitutions of a letter and exchanges of neighbours turn `a` into `b`, no letter
/// being touched twice.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Rows i - 2, i - 1 and i of the table of prefixes' distances.
    let mut before = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let substituted = above[j] + usize::from(a[i] != b[j]);
            let mut least = substituted.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins_with_transpositions() {
        for (a, b, d) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("relu", "relu", 0),
            ("sdg", "sgd", 1),
            ("ca", "abc", 3),
        ] {
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
        assert_eq!(nearest("sdg", &["sgd"]), Some("sgd"));
        assert_eq!(nearest("convolution", &known), None);
        assert_eq!(nearest("", &known), None);
    }
}
