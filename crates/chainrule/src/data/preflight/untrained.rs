//! Classes that no row is trained on.

use super::finding::{DataFinding, listed};
use super::target::{TargetProfile, labels};
use crate::data::examples::Examples;
use crate::data::split::Parts;

/// What is said of classes whose rows are all held out.
pub(super) fn untrained_classes(target: &TargetProfile, examples: &Examples, parts: &Parts) -> Option<DataFinding> {
    let mut is_trained = vec![false; target.classes.len()];
    for label in labels(examples, parts.train.iter().copied())? {
        *is_trained.get_mut(label as usize)? = true;
    }
    let lacking = target.classes.iter().zip(is_trained).filter(|((_, rows), is_trained)| *rows > 0 && !is_trained);
    let names: Vec<String> = lacking.map(|((class, _), _)| class.clone()).collect();
    let number = names.len();
    (number > 0).then(|| DataFinding {
        kind: "untrained-classes",
        columns: target.names.clone(),
        number: number as f64,
        seen: format!(
            "all rows of {}{} are held out: the network cannot learn {}",
            if number == 1 { "class ".to_owned() } else { format!("{number} classes, ") },
            listed(&names),
            if number == 1 { "it" } else { "them" }
        ),
        advice: "more rows of them, or another split (--holdout, --validation, --split-seed, --group)".to_owned(),
    })
}
