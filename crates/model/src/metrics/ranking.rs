//! Metrics of scores and probabilities rather than of decisions: top-k, the area under the ROC curve, log loss.

use std::collections::BTreeSet;

use chainrule_kernel::math;

/// The share of rows whose label is among the `k` largest scores. Of equal scores the first counts as the larger, as in
/// [`argmax`](super::argmax()): with k = 1 this is accuracy. NaN without rows, and a score of NaN is the smallest.
///
/// # Panics
/// When `scores` does not have `classes` for each label, or a label is not below `classes`.
pub fn top_k(
    scores: &[f64], // (rows, classes)
    classes: usize,
    labels: &[u32], // (rows)
    k: usize,
) -> f64 {
    check_scores(scores.len(), classes, labels);
    let is_found = |(row, label): (&[f64], &u32)| {
        let (label, own) = (*label as usize, row[*label as usize]);
        let beats = |(class, &score): (usize, &f64)| {
            score > own || (score == own && class < label) || (own.is_nan() && (!score.is_nan() || class < label))
        };
        row.iter().enumerate().filter(|&at| beats(at)).count() < k
    };
    let found = scores.chunks_exact(classes.max(1)).zip(labels).filter(|&at| is_found(at)).count();
    found as f64 / labels.len() as f64
}

/// The area under the ROC curve: how often a random positive scores above a random negative, equal scores counting half.
/// By ranks, equal scores sharing their mean rank: `(R - p (p + 1) / 2) / (p n)`, with R the sum of the positives' ranks, p
/// positives and n negatives (Hanley and McNeil, "The meaning and use of the area under a receiver operating
/// characteristic curve", 1982). `None` unless there are both, and none of the scores is NaN.
///
/// # Panics
/// When there are not as many of each.
pub fn roc_auc(
    scores: &[f64],       // (rows)
    is_positive: &[bool], // (rows)
) -> Option<f64> {
    assert!(scores.len() == is_positive.len(), "{} scores, for {} truths", scores.len(), is_positive.len());
    let positives = is_positive.iter().filter(|&&positive| positive).count();
    let negatives = scores.len() - positives;
    if positives == 0 || negatives == 0 || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    // Twice the ranks, which are whole numbers: two positives that share ranks 3 and 4 have 7 each.
    let (mut twice_ranks, mut start) = (0u128, 0);
    for same in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let twice_rank = (2 * start + same.len() + 1) as u128;
        let here = same.iter().filter(|&&row| is_positive[row]).count() as u128;
        twice_ranks += here * twice_rank;
        start += same.len();
    }
    let (p, n) = (positives as u128, negatives as u128);
    Some((twice_ranks - p * (p + 1)) as f64 / (2 * p * n) as f64)
}

/// The mean of [`roc_auc`] over the classes, each against all others, by the probabilities of it. A class that all rows
/// have or none has does not count, nor one with a probability of NaN; `None` when no class does. The cost is that of
/// sorting the rows once for each class that occurs.
///
/// # Panics
/// As [`top_k`].
pub fn roc_auc_one_vs_rest(
    probabilities: &[f64], // (rows, classes)
    classes: usize,
    labels: &[u32], // (rows)
) -> Option<f64> {
    check_scores(probabilities.len(), classes, labels);
    let area = |class: usize| {
        let scores: Vec<f64> = probabilities.iter().skip(class).step_by(classes).copied().collect();
        let is_positive: Vec<bool> = labels.iter().map(|&label| label as usize == class).collect();
        roc_auc(&scores, &is_positive)
    };
    let occurring: BTreeSet<u32> = labels.iter().copied().collect();
    let areas: Vec<f64> = occurring.into_iter().filter_map(|class| area(class as usize)).collect();
    (!areas.is_empty()).then(|| areas.iter().sum::<f64>() / areas.len() as f64)
}

/// The mean of `-ln p` over the rows, p the probability of the row's label, clamped to 2^-52 .. 1 - 2^-52 as in
/// scikit-learn. NaN without rows, and when the probability of a label is NaN. From logits,
/// [`Loss::CrossEntropy`](crate::Loss::CrossEntropy) computes the same without that limit.
///
/// # Panics
/// As [`top_k`].
pub fn log_loss(
    probabilities: &[f64], // (rows, classes)
    classes: usize,
    labels: &[u32], // (rows)
) -> f64 {
    check_scores(probabilities.len(), classes, labels);
    let of_row = |(row, &label): (&[f64], &u32)| -math::ln(row[label as usize].clamp(f64::EPSILON, 1.0 - f64::EPSILON));
    probabilities.chunks_exact(classes.max(1)).zip(labels).map(of_row).sum::<f64>() / labels.len() as f64
}

/// Panics unless there are `classes` scores for each label, and every label is below `classes`.
fn check_scores(scores: usize, classes: usize, labels: &[u32]) {
    let rows = labels.len();
    assert!(rows.checked_mul(classes) == Some(scores), "{scores} scores, for {rows} labels and {classes} classes");
    if let Some(row) = labels.iter().position(|&label| label as usize >= classes) {
        panic!("row {row} has label {}, of {classes} classes", labels[row]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_scores_the_first_is_the_larger() {
        let scores = [0.5, 0.5, 0.1, 0.2, 0.3, 0.3];
        assert_eq!([1, 2, 3].map(|k| top_k(&scores, 3, &[1, 2], k)), [0.0, 1.0, 1.0]);
        assert_eq!([1, 2, 3].map(|k| top_k(&scores, 3, &[0, 0], k)), [0.5, 0.5, 1.0]);
        assert_eq!(top_k(&[f64::NAN, 0.0], 2, &[0], 1), 0.0);
    }

    #[test]
    fn equal_scores_count_half() {
        let truth = [false, false, true, true];
        assert_eq!(roc_auc(&[0.1, 0.4, 0.35, 0.8], &truth), Some(0.75));
        assert_eq!(roc_auc(&[0.5; 4], &truth), Some(0.5));
        assert_eq!(roc_auc(&[0.9, 0.8, 0.2, 0.1], &truth), Some(0.0));
        assert_eq!(roc_auc(&[-0.0, 0.0, 0.0, 1.0], &truth), Some(0.75));
        assert_eq!(roc_auc(&[0.5; 4], &[true; 4]), None);
        assert_eq!(roc_auc(&[f64::NAN, 0.0, 1.0, 2.0], &truth), None);
    }
}
