//! The ROC curve, which `roc_auc` is the area under.

use super::ranking::positives_and_negatives;

/// A point of the ROC curve: what calling every score from some threshold on positive gets right and wrong.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::roc_curve;
///
/// let curve = roc_curve(&[0.9, 0.8, 0.1], &[true, false, false]).expect("there are both");
/// let points: Vec<_> = curve.iter().map(|point| (point.false_positive_rate, point.true_positive_rate)).collect();
/// assert_eq!(points, [(0.0, 0.0), (0.0, 1.0), (0.5, 1.0), (1.0, 1.0)]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocPoint {
    /// The share of the negatives that are called positive.
    pub false_positive_rate: f64,
    /// The share of the positives that are called positive.
    pub true_positive_rate: f64,
}

/// The ROC curve from (0, 0) to (1, 1), a point after each distinct score, by falling scores. The area under its straight lines is
/// [`roc_auc`](super::roc_auc) (Fawcett, "An introduction to ROC analysis", 2006, algorithm 1). `None` unless there are
/// positives and negatives, and none of the scores is NaN.
///
/// # Panics
/// When there are not as many of each.
pub fn roc_curve(
    scores: &[f64],       // (rows)
    is_positive: &[bool], // (rows)
) -> Option<Vec<RocPoint>> {
    let (positives, negatives) = positives_and_negatives(scores, is_positive)?;
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut curve = vec![RocPoint { false_positive_rate: 0.0, true_positive_rate: 0.0 }];
    let (mut right, mut wrong) = (0usize, 0usize);
    for same in order.chunk_by(|&a, &b| scores[a] == scores[b]) {
        let here = same.iter().filter(|&&row| is_positive[row]).count();
        (right, wrong) = (right + here, wrong + same.len() - here);
        curve.push(RocPoint {
            false_positive_rate: wrong as f64 / negatives as f64,
            true_positive_rate: right as f64 / positives as f64,
        });
    }
    Some(curve)
}

#[cfg(test)]
mod tests {
    use super::super::roc_auc;
    use super::*;

    #[test]
    fn the_area_under_its_lines_is_that_of_the_ranks() {
        let scores: Vec<f64> = (0..200).map(|row| f64::from(row * 37 % 101 / 7)).collect();
        let truth: Vec<bool> = (0..200).map(|row| row * 53 % 97 < 40).collect();
        let curve = roc_curve(&scores, &truth).unwrap();
        let trapezium = |pair: &[RocPoint]| {
            (pair[1].false_positive_rate - pair[0].false_positive_rate)
                * (pair[1].true_positive_rate + pair[0].true_positive_rate)
                / 2.0
        };
        let area: f64 = curve.windows(2).map(trapezium).sum();
        assert!((area - roc_auc(&scores, &truth).unwrap()).abs() < 1e-12);
        assert_eq!(curve.len(), 1 + 15, "a point after each of the 15 scores");
    }

    #[test]
    fn one_kind_alone_has_no_curve() {
        assert!(roc_curve(&[0.5; 3], &[true; 3]).is_none() && roc_curve(&[], &[]).is_none());
        assert!(roc_curve(&[f64::NAN, 0.0], &[true, false]).is_none());
    }
}
