//! How rows are split and weighted, in words, where that is not what is usual: by groups, by time, by a column of weights.

use std::collections::HashSet;

use chainrule::Scalar;
use chainrule::data::{Dataset, Examples, Parts, Split, SplitBy};

use crate::args::TrainArgs;
use crate::output::{grouped, plural, short};

/// A line each.
pub(crate) fn lines<T: Scalar>(
    args: &TrainArgs,
    examples: &Examples,
    (parts, split): (&Parts, Option<&Split>),
    train: &Dataset<T>,
) -> Vec<String> {
    let by = split.map(|split| (split.request().by, split.group()));
    let split = match by {
        Some((SplitBy::Group, Some(column))) => by_group(examples, parts, column),
        Some((SplitBy::Last, _)) => by_time(examples, parts),
        _ => None,
    };
    let weighted = args.fitting.row_weights().zip(train.weights());
    split.into_iter().chain(weighted.map(|(column, weights)| by_weights(column, weights))).collect()
}

fn by_group(examples: &Examples, parts: &Parts, column: &str) -> Option<String> {
    let groups = examples.groups()?;
    let count = |rows: &[usize]| rows.iter().map(|&row| groups[row]).collect::<HashSet<u32>>().len();
    let others = [("to validate on", &parts.validation), ("to test on", &parts.test)];
    let others = others.iter().filter(|(_, rows)| !rows.is_empty());
    let others: String = others.map(|(is, rows)| format!(", {} {is}", grouped(count(rows)))).collect();
    let train = plural(count(&parts.train), "group");
    Some(format!("split by group: rows with the same {column} stay together; {train} to train on{others}"))
}

fn by_time(examples: &Examples, parts: &Parts) -> Option<String> {
    let (test, validation) = (parts.test.len(), parts.validation.len());
    let last = |rows: usize| if rows == 1 { "the last row".to_owned() } else { format!("the last {}", grouped(rows)) };
    let before = if validation == 1 { "the one".to_owned() } else { format!("the {}", grouped(validation)) };
    let said = match (test, validation) {
        (0, 0) => return None,
        (0, _) => format!("{} to validate on", last(validation)),
        (_, 0) => format!("{} to test on", last(test)),
        _ => format!("{} to test on, {before} before to validate on", last(test)),
    };
    Some(format!("split by time, as the {} stand in their order: {said}", plural(examples.rows(), "row")))
}

fn by_weights<T: Scalar>(column: &str, weights: &[T]) -> String {
    let each = || weights.iter().map(|weight| weight.to_f64());
    let (low, high) = each().fold((f64::INFINITY, 0.0_f64), |(low, high), weight| (low.min(weight), high.max(weight)));
    let none = each().filter(|weight| *weight == 0.0).count();
    let none = match none {
        0 => String::new(),
        rows => format!("; {} of weight 0, from which nothing is learned", plural(rows, "row")),
    };
    let [low, high, sum] = [low, high, each().sum()].map(short);
    let rows = plural(weights.len(), "row");
    format!("weighted by {column}: {rows} to train on count from {low} to {high}, {sum} in all{none}")
}
