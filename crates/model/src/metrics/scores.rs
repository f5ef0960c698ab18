//! Precision, recall and F1 of each class of a confusion matrix, and their averages.

use super::ConfusionMatrix;
use super::confusion::Tally;

/// How one class fared against all others. With tp rows of the class that were given it, fp of others that were, and fn of
/// the class that were not: van Rijsbergen, *Information Retrieval*, 1979, chapter 7.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::ConfusionMatrix;
///
/// let mut matrix = ConfusionMatrix::new(2);
/// for (truth, predicted) in [(0, 0), (0, 1), (1, 1)] {
///     matrix.add(truth, predicted);
/// }
/// let scores = matrix.scores(1);
/// assert_eq!((scores.precision, scores.recall, scores.support), (0.5, 1.0, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassScores {
    /// `tp / (tp + fp)`: of those given the class, how many are of it. 0 when none was given it.
    pub precision: f64,
    /// `tp / (tp + fn)`: of those of the class, how many were given it. 0 when there are none.
    pub recall: f64,
    /// `2 tp / (2 tp + fp + fn)`, the harmonic mean of the two. 0 when the class occurs neither way.
    pub f1: f64,
    /// `tp + fn`, the rows of the class.
    pub support: u64,
}

/// How the scores of classes become one.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::{Average, ConfusionMatrix};
///
/// let mut matrix = ConfusionMatrix::new(2);
/// for (truth, predicted) in [(0, 0), (0, 0), (1, 0), (1, 1)] {
///     matrix.add(truth, predicted);
/// }
/// assert_eq!(matrix.average(Average::Macro).recall, 0.75); // of the classes' 1 and 0.5
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Average {
    /// Their mean: rare classes have the weight of common ones. A class that occurs in neither labels nor predictions is
    /// left out.
    Macro,
    /// From tp, fp and fn of all classes together. Where every row has one class and one answer, all three scores are the
    /// accuracy.
    Micro,
    /// Their mean, each weighted by its support.
    Weighted,
}

impl ConfusionMatrix {
    /// The scores of a class.
    ///
    /// # Panics
    /// When there is no such class.
    pub fn scores(&self, class: usize) -> ClassScores {
        of_tally(self.tally(class))
    }

    /// The scores of all classes as one, at the cost of those that occur.
    pub fn average(&self, average: Average) -> ClassScores {
        if average == Average::Micro {
            let right = self.correct();
            return from_counts(right, self.total(), self.total());
        }
        let weight = |tally: Tally| match average {
            Average::Macro => 1.0,
            _ => tally.truths as f64,
        };
        ClassScores::mean(self.occurring().map(|tally| (of_tally(tally), weight(tally))))
    }

    /// The mean recall of the classes that occur: the accuracy if every class had the same number of rows. Brodersen et
    /// al., "The balanced accuracy and its posterior distribution", 2010. NaN when there are no rows.
    pub fn balanced_accuracy(&self) -> f64 {
        let there = || self.occurring().filter(|tally| tally.truths > 0);
        there().map(|tally| of_tally(tally).recall).sum::<f64>() / there().count() as f64
    }
}

impl ClassScores {
    /// The averaged scores of binary labels, given as confusion matrices of the classes 0 and 1: the scores are those of
    /// class
    /// 1. All are 0 when there are no labels.
    ///
    /// # Panics
    /// When one of them has fewer than two classes.
    pub fn of_labels(labels: &[ConfusionMatrix], average: Average) -> Self {
        if average == Average::Micro {
            let sum = |count: fn(&ConfusionMatrix) -> u64| labels.iter().map(count).sum();
            return from_counts(sum(|m| m.count(1, 1)), sum(|m| m.predictions(1)), sum(|m| m.truths(1)));
        }
        let weight = |matrix: &ConfusionMatrix| match average {
            Average::Macro => 1.0,
            _ => matrix.truths(1) as f64,
        };
        Self::mean(labels.iter().map(|matrix| (matrix.scores(1), weight(matrix))))
    }

    /// The mean by these weights; 0 when they add up to 0.
    fn mean(scores: impl Iterator<Item = (ClassScores, f64)>) -> Self {
        let (mut sum, mut weights) = (ClassScores { precision: 0.0, recall: 0.0, f1: 0.0, support: 0 }, 0.0);
        for (scores, weight) in scores {
            sum.precision += weight * scores.precision;
            sum.recall += weight * scores.recall;
            sum.f1 += weight * scores.f1;
            sum.support += scores.support;
            weights += weight;
        }
        let share = |sum: f64| if weights == 0.0 { 0.0 } else { sum / weights };
        ClassScores { precision: share(sum.precision), recall: share(sum.recall), f1: share(sum.f1), ..sum }
    }
}

fn of_tally(Tally { right, predictions, truths }: Tally) -> ClassScores {
    from_counts(right, predictions, truths)
}

/// From tp, tp + fp and tp + fn.
fn from_counts(right: u64, given: u64, support: u64) -> ClassScores {
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    ClassScores {
        precision: share(right, given),
        recall: share(right, support),
        f1: share(2 * right, given + support),
        support,
    }
}
