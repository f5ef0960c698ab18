//! Metrics of scores and probabilities rather than of decisions: top-k, the area under the ROC curve, log loss.
//!
//! What ranks is best a logit: a probability near 1 has lost what told it from its neighbours, in f32 from a logit of 17 on.
//! [`log_odds`] is the logit of a class against all others.

use std::collections::BTreeSet;

use chainrule_kernel::{Kernel, math};

use super::argmax::argmax;
use super::check::check_scores;

/// Replaces each row of logits by the log odds of each class, `z_j - ln sum_{i != j} e^z_i`: the logit of its softmax
/// probability, in the same order, but never saturated. Of two classes, `z_1 - z_0` exactly. By log-sum-exp over the others,
/// shifted by their largest; a logit of -inf is a probability of 0.
///
/// ```
/// # mod chainrule { pub use chainrule_model::*; pub mod kernel { pub use chainrule_model::Kernel; } }
/// use chainrule::metrics::log_odds;
/// use chainrule::kernel::Kernel;
///
/// let mut z = [0.0, 98.5, 0.0, 97.0]; // (2 rows, 2 classes); the softmax of both is 0, 1
/// log_odds(Kernel::selected()?, 2, &mut z);
/// assert_eq!(z, [-98.5, 98.5, -97.0, 97.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// When the last row is cut short.
pub fn log_odds(
    kernel: &Kernel<f64>,
    classes: usize,
    logits: &mut [f64], // (rows, classes)
) {
    assert!(logits.len().is_multiple_of(classes), "{} logits in rows of {classes}", logits.len());
    if classes == 2 {
        // Without a sum: equal differences stay equal.
        logits.chunks_exact_mut(2).for_each(|z| (z[0], z[1]) = (z[0] - z[1], z[1] - z[0]));
        return;
    }
    let mut powers = vec![0.0; classes];
    for row in logits.chunks_exact_mut(classes.max(1)) {
        let top = argmax(row);
        let (largest, others) = (row[top], log_sum_exp_without(kernel, row, top, &mut powers));
        powers.iter_mut().zip(&*row).for_each(|(power, z)| *power = z - largest);
        kernel.exp(&mut powers);
        // 1 or more without any class but the largest: nothing cancels.
        let sum: f64 = powers.iter().sum();
        for (class, (z, power)) in row.iter_mut().zip(&powers).enumerate() {
            *z -= if class == top { others } else { largest + math::ln(sum - power) };
        }
    }
}

/// `ln sum_{i != left_out} e^z_i`; -inf when there are no others.
fn log_sum_exp_without(
    kernel: &Kernel<f64>,
    row: &[f64], // (classes)
    left_out: usize,
    powers: &mut [f64], // (classes), overwritten
) -> f64 {
    let others = row.iter().enumerate().filter(|(class, _)| *class != left_out);
    let largest = others.map(|(_, &z)| z).fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    powers.iter_mut().zip(row).for_each(|(power, z)| *power = z - largest);
    powers[left_out] = f64::NEG_INFINITY;
    kernel.exp(powers);
    largest + math::ln(powers.iter().sum())
}

/// The share of rows whose label is among the `k` largest scores, best logits. Of equal scores the first counts as the larger, as in
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
    let (positives, negatives) = positives_and_negatives(scores, is_positive)?;
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

/// The mean of [`roc_auc`] over the classes, each against all others, by the scores of it: best the
/// [`log_odds`], which order as probabilities and never saturate. A class that all rows
/// have or none has does not count, nor one with a score of NaN; `None` when no class does. The cost is that of sorting
/// the rows once for each class that occurs.
///
/// # Panics
/// As [`top_k`].
pub fn roc_auc_one_vs_rest(
    scores: &[f64], // (rows, classes)
    classes: usize,
    labels: &[u32], // (rows)
) -> Option<f64> {
    check_scores(scores.len(), classes, labels);
    let area = |class: usize| {
        let scores: Vec<f64> = scores.iter().skip(class).step_by(classes).copied().collect();
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

/// How many rows are positive and negative, where there are some of each and every score is a number.
///
/// # Panics
/// When there are not as many scores as truths.
pub(super) fn positives_and_negatives(scores: &[f64], is_positive: &[bool]) -> Option<(usize, usize)> {
    assert!(scores.len() == is_positive.len(), "{} scores, for {} truths", scores.len(), is_positive.len());
    let positives = is_positive.iter().filter(|&&positive| positive).count();
    let negatives = scores.len() - positives;
    if positives == 0 || negatives == 0 || scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    Some((positives, negatives))
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

    #[track_caller]
    fn assert_log_odds<const N: usize>(mut z: [f64; N], want: [f64; N]) {
        log_odds(Kernel::selected().unwrap(), N, &mut z);
        let is_close = |(got, want): (&f64, &f64)| got == want || (got - want).abs() <= 1e-14 * want.abs().max(1.0);
        assert!(z.iter().zip(&want).all(is_close), "{z:?}, {want:?}");
    }

    #[test]
    fn log_odds_are_logits_against_the_others() {
        // Probabilities 1/6, 2/6 and 3/6: odds 1/5, 1/2, 1.
        assert_log_odds([0.0, 2f64.ln(), 3f64.ln()], [0.2f64.ln(), 0.5f64.ln(), 0.0]);
        // Far apart and far from 0: the largest is 1,000 above its next, and two are alike.
        assert_log_odds([3000.0, 2000.0, 2000.0], [1000.0 - 2f64.ln(), -1000.0, -1000.0]);
        assert_log_odds([-800.0, 0.0], [-800.0, 800.0]);
        // The differences are equal, whatever is added to both.
        for shift in [0.0, 0.5, 97.0] {
            assert_log_odds([0.25 + shift, shift], [0.25, -0.25]);
        }
        let no = f64::NEG_INFINITY;
        assert_log_odds([no, 0.0, no], [no, f64::INFINITY, no]);
        assert_log_odds([no, 0.0, 0.0], [no, 0.0, 0.0]);
        assert_log_odds([3.0], [f64::INFINITY]);
    }

    #[test]
    fn logits_beyond_any_probability_still_rank() {
        let kernel = Kernel::selected().unwrap();
        // The softmax of class 2 is 1 in each of the rows, in f64 too.
        let mut z = [0.0, 50.0, 100.0, 0.0, 50.0, 101.0, 0.0, 50.0, 102.0, 0.0, 50.0, 103.0];
        log_odds(kernel, 3, &mut z);
        let scores: Vec<f64> = z.iter().skip(2).step_by(3).copied().collect();
        assert_eq!(roc_auc(&scores, &[false, false, true, true]), Some(1.0));
        assert_eq!(roc_auc(&scores, &[false, true, false, true]), Some(0.75));
    }
}
