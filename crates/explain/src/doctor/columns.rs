//! What a single column says about the targets, and whether labels belong to their rows. For the doctor, which sees a
//! sample, and for a look at data before training.

use crate::doctor::limits::{CORRELATION, LEAST_ROWS, TOLD};

/// How the values of a column are compared.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::doctor::columns::{Scale, tells_classes};
///
/// let labels: Vec<u32> = (0..200).map(|row| row % 2).collect();
/// let made_of_them: Vec<f64> = labels.iter().map(|&label| f64::from(label) * 5.0).collect();
/// assert_eq!(tells_classes(&made_of_them, &labels, Scale::Ordered), Some(1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Numbers: near ones are alike.
    Ordered,
    /// Names of categories: only equal ones are alike.
    Nominal,
}

/// The share of rows whose class this column alone tells, if it is so large that the column must have been made from the
/// classes; both `(rows)`.
///
/// A rule that gives each value the most frequent class of the nearest value is made from one half of the rows and counted on
/// the other, so that a column in which every value is different tells nothing by that. At least 99 of 100 rows that the most
/// frequent class gets wrong must be right.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::doctor::columns::{Scale, tells_classes};
/// let labels: Vec<u32> = (0..200).map(|row| row * 7 % 5 % 2).collect();
/// let leak: Vec<f64> = labels.iter().map(|&label| f64::from(label) + 3.0).collect();
/// let numbers: Vec<f64> = (0..200).map(f64::from).collect();
/// assert_eq!(tells_classes(&leak, &labels, Scale::Ordered), Some(1.0));
/// assert_eq!(tells_classes(&numbers, &labels, Scale::Nominal), None);
/// ```
pub fn tells_classes(values: &[f64], labels: &[u32], scale: Scale) -> Option<f64> {
    let rows = values.len().min(labels.len());
    if rows < LEAST_ROWS {
        return None;
    }
    let (known, asked): (Vec<usize>, Vec<usize>) = (0..rows).partition(|&row| is_known(row));
    let majority = most_frequent(known.iter().map(|&row| labels[row]).collect()).0;
    let wrong_by_majority = asked.iter().filter(|&&row| majority != labels[row]).count();
    let most_wrong = (1.0 - TOLD) * wrong_by_majority as f64;
    // Rows of one value are given one class: of nearly every column of images they are too many already.
    let common = common_value(asked.iter().map(|&row| values[row]));
    let alike: Vec<u32> = asked.iter().filter(|&&row| values[row] == common).map(|&row| labels[row]).collect();
    let (rows_alike, (_, of_one_class)) = (alike.len(), most_frequent(alike));
    if wrong_by_majority < 5 || (rows_alike - of_one_class) as f64 > most_wrong {
        return None;
    }
    let mut order = known;
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let rule: Vec<(f64, u32)> = order
        .chunk_by(|&a, &b| values[a].total_cmp(&values[b]).is_eq())
        .map(|rows| (values[rows[0]], most_frequent(rows.iter().map(|&row| labels[row]).collect()).0))
        .collect();
    let class = |value: f64| {
        let at = rule.partition_point(|(known, _)| known.total_cmp(&value).is_lt());
        let here = rule.get(at).filter(|(known, _)| known.total_cmp(&value).is_eq());
        match (here, scale) {
            (Some((_, class)), _) => *class,
            (None, Scale::Nominal) => majority,
            (None, Scale::Ordered) => match (at.checked_sub(1).map(|at| rule[at]), rule.get(at)) {
                (Some(low), Some(high)) if value - low.0 <= high.0 - value => low.1,
                (_, Some(high)) => high.1,
                (Some(low), None) => low.1,
                (None, None) => majority,
            },
        }
    };
    let mut wrong = 0;
    for &row in &asked {
        wrong += usize::from(class(values[row]) != labels[row]);
        // Nearly every column ends here after some rows.
        if wrong as f64 > most_wrong {
            return None;
        }
    }
    Some(1.0 - wrong as f64 / asked.len() as f64)
}

/// The size of the correlation with a column of values, if it is so large that one must have been made from the other; both
/// `(rows)`.
pub fn tells_values(values: &[f64], targets: &[f64]) -> Option<f64> {
    let rows = values.len().min(targets.len());
    if rows < LEAST_ROWS {
        return None;
    }
    correlation(&values[..rows], &targets[..rows]).map(f64::abs).filter(|r| *r > CORRELATION)
}

/// By how much of a step the length of several may miss a whole number.
const WHOLE: f64 = 0.05;
/// The share of rows that follow the one before by a single step: training leaves a fifth or so of the rows out.
const FOLLOWING: f64 = 0.6;

/// Whether the column goes up or down from each row to the next by one step, or by several where rows were left out: it counts
/// the rows, or is their time. Most rows have to follow one another; a running sum has steps of other lengths.
pub fn counts_rows(values: &[f64]) -> bool {
    if values.len() < LEAST_ROWS {
        return false;
    }
    let goes = |up: bool| values.windows(2).all(|pair| if up { pair[0] < pair[1] } else { pair[0] > pair[1] });
    if !goes(true) && !goes(false) {
        return false;
    }
    let steps: Vec<f64> = values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let step = steps.iter().copied().fold(f64::INFINITY, f64::min);
    let is_whole = |length: &f64| (length / step - (length / step).round()).abs() < WHOLE;
    let single = steps.iter().filter(|length| **length < 1.5 * step).count();
    steps.iter().all(is_whole) && single as f64 > FOLLOWING * steps.len() as f64
}

/// The number of rows to give to [`label_shift`], so that it takes at most 2^23 products, some 20 ms. For MNIST: 356. Its threshold is a quarter of the rows, which a few hundred tell from chance.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; }
/// use chainrule::doctor::columns::rows_for_label_shift;
/// assert_eq!(rows_for_label_shift(784, 10), 356);
/// ```
pub fn rows_for_label_shift(cols: usize, classes: usize) -> usize {
    const PRODUCTS: usize = 1 << 23;
    const MOVES: usize = 3; // as they stand, up and down
    PRODUCTS / MOVES.saturating_mul(cols).saturating_mul(classes).max(1)
}

/// By how many rows the labels stand after the rows that they belong to: 1 if each row has the label of the one before it,
/// -1 if that of the one after it, `None` if they stand right or it cannot be told. With it, the shares of rows that lie
/// nearest to the mean of their class: as the labels stand, and moved.
///
/// `row` gives the features of a row; rows and labels follow each other as they do in the file.
pub fn label_shift<'a>(row: impl Fn(usize) -> &'a [f64], labels: &[u32]) -> Option<(i64, f64, f64)> {
    let rows = labels.len();
    let classes = labels.iter().max().map_or(0, |most| *most as usize + 1);
    // A class needs some rows for its mean to say anything.
    if rows < LEAST_ROWS || classes < 2 || rows < 8 * classes {
        return None;
    }
    let width = row(0).len();
    if width == 0 {
        return None;
    }
    let inner = 1..rows - 1;
    let agreement = |by: i64| {
        let label = |at: usize| labels[at.wrapping_add_signed(by as isize)] as usize;
        let (mut means, mut counts) = (vec![0.0; classes * width], vec![0.0_f64; classes]);
        for at in inner.clone() {
            counts[label(at)] += 1.0;
            means[label(at) * width..][..width].iter_mut().zip(row(at)).for_each(|(mean, x)| *mean += x);
        }
        for (class, mean) in means.chunks_exact_mut(width).enumerate() {
            mean.iter_mut().for_each(|mean| *mean /= counts[class].max(1.0));
        }
        let nearest = |at: usize| {
            let near = means.chunks_exact(width).enumerate().filter(|(class, _)| counts[*class] > 0.0);
            let apart = |mean: &[f64]| mean.iter().zip(row(at)).map(|(mean, x)| (x - mean).powi(2)).sum::<f64>();
            let near = near.map(|(class, mean)| (class, apart(mean)));
            near.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(class, _)| class)
        };
        let right = inner.clone().filter(|&at| nearest(at) == Some(label(at))).count();
        right as f64 / inner.len() as f64
    };
    let stands = agreement(0);
    let (by, moved) = [(1, agreement(1)), (-1, agreement(-1))].into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    // A quarter of all rows is far more than chance moves.
    (moved > stands + 0.25 && moved > 0.5).then_some((by, stands, moved))
}

/// Half of all row numbers, in no order that data could have.
fn is_known(row: usize) -> bool {
    (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 63 == 0
}

/// The class with most rows and their number; of equals the first.
fn most_frequent(mut labels: Vec<u32>) -> (u32, usize) {
    labels.sort_unstable();
    let runs = labels.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
    runs.reduce(|best, run| if run.1 > best.1 { run } else { best }).unwrap_or((0, 0))
}

/// The value of more than half of the rows, if there is one, else any; by Boyer and Moore's vote.
fn common_value(values: impl Iterator<Item = f64>) -> f64 {
    let vote = |(value, votes): (f64, usize), next: f64| match votes {
        0 => (next, 1),
        _ if value == next => (value, votes + 1),
        _ => (value, votes - 1),
    };
    values.fold((0.0, 0), vote).0
}

/// Pearson's; `None` where either is constant.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let n = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        (ab, aa, bb) = (ab + a * b, aa + a * a, bb + b * b);
    }
    let r = ab / (aa.sqrt() * bb.sqrt());
    r.is_finite().then_some(r)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in no order.
    fn noise(row: usize) -> f64 {
        // SplitMix64.
        let mut z = (row as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }

    #[test]
    fn a_threshold_of_a_number_tells_its_class_and_noise_does_not() {
        let values: Vec<f64> = (0..600).map(noise).collect();
        let labels: Vec<u32> = values.iter().map(|&x| u32::from(x > 0.4)).collect();
        assert!(tells_classes(&values, &labels, Scale::Ordered).unwrap() > 0.98);
        let other: Vec<f64> = (0..600).map(|row| noise(row + 3000)).collect();
        assert_eq!(tells_classes(&other, &labels, Scale::Ordered), None);
        // One row in ten is told wrong.
        let rough: Vec<u32> = labels.iter().enumerate().map(|(row, label)| label ^ u32::from(row % 10 == 3)).collect();
        assert_eq!(tells_classes(&values, &rough, Scale::Ordered), None);
        assert_eq!(tells_classes(&values[..60], &labels[..60], Scale::Ordered), None);
    }

    #[test]
    fn names_that_occur_once_tell_nothing() {
        let names: Vec<f64> = (0..600).map(|row| row as f64).collect();
        let labels: Vec<u32> = (0..600).map(|row| u32::from(row < 300)).collect();
        assert_eq!(tells_classes(&names, &labels, Scale::Nominal), None);
        assert!(tells_classes(&names, &labels, Scale::Ordered).is_some(), "an index of rows sorted by their class");
    }

    #[test]
    fn values_are_told_by_a_straight_line_of_them() {
        let targets: Vec<f64> = (0..100).map(noise).collect();
        let line: Vec<f64> = targets.iter().map(|t| 3.0 - 1e6 * t).collect();
        assert!(tells_values(&line, &targets).unwrap() > 0.9999);
        let blurred: Vec<f64> = targets.iter().enumerate().map(|(row, t)| t + 0.1 * noise(row + 5000)).collect();
        assert_eq!(tells_values(&blurred, &targets), None);
        assert_eq!(tells_values(&[1.0; 100], &targets), None);
    }

    #[test]
    fn an_index_goes_up_evenly() {
        let index: Vec<f64> = (0..200).filter(|row| row % 5 != 3).map(f64::from).collect();
        assert!(counts_rows(&index));
        // A running sum of steps of 1 to 3.
        let sum = |row: usize| (0..row).map(|at| 1.0 + (3.0 * noise(at)).floor()).sum::<f64>();
        assert!(!counts_rows(&(0..200).map(sum).collect::<Vec<_>>()));
        assert!(!counts_rows(&index.iter().map(|x| x * x).collect::<Vec<_>>()));
        assert!(!counts_rows(&(0..200).map(noise).collect::<Vec<_>>()));
    }

    #[test]
    fn labels_that_stand_a_row_too_low_are_seen() {
        let x: Vec<f64> = (0..300).flat_map(|row| [noise(row), noise(row + 7000)]).collect();
        let right: Vec<u32> = (0..300).map(|row| u32::from(noise(row) > 0.5)).collect();
        let row = |at: usize| &x[2 * at..][..2];
        assert_eq!(label_shift(row, &right), None);
        let mut moved = right.clone();
        moved.rotate_right(1);
        assert!(matches!(label_shift(row, &moved), Some((1, stands, better)) if better > 0.9 && stands < 0.7));
        moved.rotate_left(2);
        assert!(matches!(label_shift(row, &moved), Some((-1, ..))));
        // Sorted by their class, they agree moved or not.
        let sorted: Vec<u32> = (0..300).map(|row| u32::from(row >= 150)).collect();
        assert_eq!(label_shift(row, &sorted), None);
    }
}
