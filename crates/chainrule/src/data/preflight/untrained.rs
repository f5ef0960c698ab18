//! Classes that no row is trained on.

use super::finding::{DataFinding, listed};
use super::target::{TargetProfile, marked_classes};
use crate::data::examples::Examples;
use crate::data::split::Parts;

/// What is said of classes whose rows are all held out, or only validated on.
pub(super) fn untrained_classes(target: &TargetProfile, examples: &Examples, parts: &Parts) -> Option<DataFinding> {
    let count = target.classes.len();
    let is_trained = marked_classes(examples, count, &parts.train)?;
    let lacks = |at: &usize| target.classes[*at].1 > 0 && !is_trained[*at];
    let lacking: Vec<usize> = (0..count).filter(lacks).collect();
    if lacking.is_empty() {
        return None;
    }
    let is_validated = marked_classes(examples, count, &parts.validation)?;
    let names: Vec<String> = lacking.iter().map(|&at| target.classes[at].0.clone()).collect();
    let (classes, them) = match names.len() {
        1 => ("class ".to_owned(), "it"),
        number => (format!("{number} classes, "), "them"),
    };
    let why = match lacking.iter().any(|&at| is_validated[at]) {
        true => format!("validated on or held out: the network learns {them} at most where it is trained anew"),
        false => format!("held out: the network cannot learn {them}"),
    };
    Some(DataFinding {
        kind: "untrained-classes",
        columns: target.names.clone(),
        number: names.len() as f64,
        seen: format!("all rows of {classes}{} are {why}", listed(&names)),
        advice: "more rows of them, or another split (--holdout, --validation, --split-seed, --group)".to_owned(),
    })
}
