//! Values to be learned beside a few that are so large that f32 hardly tells the others apart.

use super::finding::DataFinding;
use super::target::TargetProfile;
use crate::Task;
use crate::data::coarse::{Coarse, brief};
use crate::data::examples::Examples;
use crate::data::target_columns::TargetData;

/// One for each column of such values, but for those whose logarithms are learned.
pub(super) fn coarse_targets(target: &TargetProfile, examples: &Examples) -> Vec<DataFinding> {
    let TargetData::Values(values) = examples.target_data() else { return Vec::new() };
    if examples.task() != Task::Regression {
        return Vec::new();
    }
    let is_logarithm = |column: usize| examples.log1p.get(column).copied().unwrap_or(false);
    let finding = |(column, scale): (usize, &super::target::ValueScale)| {
        let coarse = Coarse::of(values, column, scale.mean).filter(|_| !is_logarithm(column))?;
        let title = target.names.get(column).cloned().unwrap_or_else(|| (column + 1).to_string());
        let (low, high, step) = (brief(scale.min), brief(scale.max), brief(coarse.step));
        let extreme = if scale.max.abs() >= scale.min.abs() { high } else { low };
        let logarithms = if scale.min > -1.0 {
            format!("--log1p {title} where values differ by factors; or ")
        } else {
            String::new()
        };
        Some(DataFinding {
            kind: "coarse-targets",
            columns: vec![title.clone()],
            number: coarse.step,
            seen: format!(
                "{}, and a few reach {extreme}: standardised, f32 tells the former apart by steps of {step}, so that they are \
                 hardly learned and their figures are rounded",
                coarse.half(&title)
            ),
            advice: format!(
                "take the rows of the largest out of the file, if they are mistakes; or {logarithms}--dtype f64"
            ),
        })
    };
    target.values.iter().enumerate().filter_map(finding).collect()
}
