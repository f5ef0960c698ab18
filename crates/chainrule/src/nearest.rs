//! The known name nearest to one that was mistyped.
//!
//! The distance is Levenshtein's with transpositions (`sdg` is one slip from `sgd`). It is not a search engine: names are
//! short and few.

use strsim::osa_distance;

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
        .map(|candidate| (osa_distance(&name, &candidate.to_lowercase()), *candidate))
        .filter(|(changes, candidate)| 2 * changes <= name.chars().count().max(candidate.chars().count()))
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

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
