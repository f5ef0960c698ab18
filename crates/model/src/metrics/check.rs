//! What every metric of scores and labels asks of its arguments.

/// Refuses another number of scores than `classes` for each label, and labels that are no class.
pub(super) fn check_scores(scores: usize, classes: usize, labels: &[u32]) {
    let rows = labels.len();
    assert!(rows.checked_mul(classes) == Some(scores), "{scores} scores, for {rows} labels and {classes} classes");
    if let Some(row) = labels.iter().position(|&label| label as usize >= classes) {
        panic!("row {row} has label {}, of {classes} classes", labels[row]);
    }
}
