//! What names tell of the order of layers: numbers, and words for the ends of a network.

use std::collections::{BTreeSet, HashMap};

use super::search::{Chain, Item};

/// Words of layers at a network's beginning.
const FIRST: [&str; 6] = ["input", "in", "encoder", "embed", "embedding", "stem"];
/// Words of layers at a network's end.
const LAST: [&str; 6] = ["output", "out", "head", "classifier", "decoder", "policy"];

/// The name with each run of digits replaced, or `None` where it has no digits: `net.#` of `net.10`.
fn pattern(name: &str) -> Option<String> {
    let mut pattern = String::new();
    for c in name.chars() {
        match c {
            '0'..='9' if pattern.ends_with('#') => {}
            '0'..='9' => pattern.push('#'),
            '#' => return None,
            c => pattern.push(c),
        }
    }
    pattern.contains('#').then_some(pattern)
}

/// Whether all names are the same but for their numbers.
pub(super) fn is_one_series(items: &[Item<'_>]) -> bool {
    let first = items.first().and_then(|item| pattern(item.name));
    items.len() == 1 || (first.is_some() && items.iter().all(|item| pattern(item.name) == first))
}

/// For each set of names that are the same but for their numbers, those in the order of the numbers. `items` stand in the
/// natural order of their names.
pub(super) fn series(items: &[Item<'_>]) -> Vec<Chain> {
    let mut series: HashMap<String, usize> = HashMap::new();
    let mut chains: Vec<Chain> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let Some(pattern) = pattern(item.name) else { continue };
        let chain = *series.entry(pattern).or_insert(chains.len());
        if chain == chains.len() {
            chains.push(Chain(Vec::new()));
        }
        let level = chains[chain].0.len();
        chains[chain].0.push((index, level));
    }
    chains.retain(|chain| chain.0.len() > 1);
    chains
}

/// 0 at the beginning, 2 at the end, 1 between, by the first word that tells.
fn role(name: &str) -> usize {
    let words = name.split(|c: char| !c.is_alphabetic());
    words
        .map(str::to_lowercase)
        .find_map(|word| match &*word {
            word if FIRST.contains(&word) => Some(0),
            word if LAST.contains(&word) => Some(2),
            _ => None,
        })
        .unwrap_or(1)
}

/// Beginning, middle and end of the network, by words in the names; empty where all say the same.
pub(super) fn roles(items: &[Item<'_>]) -> Vec<Chain> {
    let levels: Vec<(usize, usize)> = items.iter().map(|item| role(item.name)).enumerate().collect();
    let tell = levels.windows(2).any(|pair| pair[0].1 != pair[1].1);
    if tell { vec![Chain(levels)] } else { Vec::new() }
}

/// In each of the three parts, the names with numbers by the first of them: `fc1` and `bn1` before `fc2`.
pub(super) fn numbers(items: &[Item<'_>]) -> Vec<Chain> {
    let number = |name: &str| -> Option<u64> {
        let digits = name.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?;
        digits.parse().ok()
    };
    let of_role = |wanted: usize| {
        let numbered = items.iter().enumerate().filter(|(_, item)| role(item.name) == wanted);
        let numbered: Vec<(usize, u64)> =
            numbered.filter_map(|(index, item)| Some((index, number(item.name)?))).collect();
        let distinct: BTreeSet<u64> = numbered.iter().map(|(_, number)| *number).collect();
        let level: HashMap<u64, usize> = distinct.into_iter().zip(0..).collect();
        Chain(numbered.iter().map(|(index, number)| (*index, level[number])).collect())
    };
    (0..3).map(of_role).filter(|chain| chain.0.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_between_what_separates_them() {
        for (name, at) in [
            ("encoder.0", 0),
            ("fc_in", 0),
            ("In", 0),
            ("inner", 1),
            ("fc1", 1),
            ("hidden", 1),
            ("layer_norm", 1),
            ("fc_out", 2),
            ("net.head1", 2),
            ("outer", 1),
            ("encoder.out", 0),
        ] {
            assert_eq!(role(name), at, "{name}");
        }
    }

    #[test]
    fn names_of_one_series_differ_by_their_numbers() {
        assert_eq!(pattern("net.10"), Some("net.#".to_owned()));
        assert_eq!(pattern("block2.fc13"), Some("block#.fc#".to_owned()));
        assert_eq!((pattern("head"), pattern("a#1")), (None, None));
    }
}
