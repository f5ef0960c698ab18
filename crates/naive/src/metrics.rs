//! Metrics from their definitions, by looking at every row or every pair of rows.

/// How many pairs of a positive and a negative have the positive's score above, equal ones counting half, over all
/// pairs. `None` without pairs.
///
/// # Panics
/// If there are not as many scores as truths.
pub fn roc_auc(
    scores: &[f64],       // (rows)
    is_positive: &[bool], // (rows)
) -> Option<f64> {
    assert!(scores.len() == is_positive.len(), "{} scores, {} truths", scores.len(), is_positive.len());
    let (mut halves, mut pairs) = (0u64, 0u64);
    for p in 0..scores.len() {
        for n in 0..scores.len() {
            if is_positive[p] && !is_positive[n] {
                pairs += 1;
                if scores[p] > scores[n] {
                    halves += 2;
                } else if scores[p] == scores[n] {
                    halves += 1;
                }
            }
        }
    }
    if pairs == 0 { None } else { Some(halves as f64 / (2 * pairs) as f64) }
}

/// Precision, recall and F1 of a class, from the true and the predicted class of each row; 0 where one would divide by
/// 0.
pub fn precision_recall_f1(
    rows: &[(usize, usize)], // true class, predicted class
    class: usize,
) -> [f64; 3] {
    let count = |is_truth: bool, is_answer: bool| {
        rows.iter().filter(|row| (row.0 == class, row.1 == class) == (is_truth, is_answer)).count() as f64
    };
    let (tp, fp, missed) = (count(true, true), count(false, true), count(true, false));
    let share = |part: f64, whole: f64| if whole == 0.0 { 0.0 } else { part / whole };
    [share(tp, tp + fp), share(tp, tp + missed), share(2.0 * tp, 2.0 * tp + fp + missed)]
}
