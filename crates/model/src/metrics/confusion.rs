//! The confusion matrix, stored sparsely: pairs of classes and classes that do not occur take no memory, so the number of
//! classes is not limited. Classes are numbers; it stores no names.

use std::collections::BTreeMap;

/// Counts of rows by true and predicted class.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::ConfusionMatrix;
///
/// let mut matrix = ConfusionMatrix::new(1_000_000);
/// [(7, 7), (7, 999_999), (3, 3)].into_iter().for_each(|(truth, predicted)| matrix.add(truth, predicted));
/// assert_eq!((matrix.count(7, 999_999), matrix.correct(), matrix.total()), (1, 2, 3));
/// let entries: Vec<_> = matrix.entries().collect();
/// assert_eq!(entries, [(3, 3, 1), (7, 7, 1), (7, 999_999, 1)]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// By (true class, predicted class).
    counts: BTreeMap<(usize, usize), u64>,
    /// By class.
    tallies: BTreeMap<usize, Tally>,
}

/// How often a class occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    /// Rows of the class.
    pub(super) truths: u64,
    /// Rows predicted as the class.
    pub(super) predictions: u64,
    /// Rows of the class that were predicted as it.
    pub(super) right: u64,
}

impl ConfusionMatrix {
    /// An empty matrix of `classes` classes. It takes memory for the entries that occur, not for classes.
    pub fn new(classes: usize) -> Self {
        ConfusionMatrix { classes, counts: BTreeMap::new(), tallies: BTreeMap::new() }
    }

    /// Counts one row.
    ///
    /// # Panics
    /// When either is not below the number of classes.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        self.check(truth, predicted);
        let is_right = u64::from(truth == predicted);
        *self.counts.entry((truth, predicted)).or_default() += 1;
        let tally = self.tallies.entry(truth).or_default();
        (tally.truths, tally.right) = (tally.truths + 1, tally.right + is_right);
        self.tallies.entry(predicted).or_default().predictions += 1;
    }

    /// How many classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Rows of class `truth` that were predicted as `predicted`.
    ///
    /// # Panics
    /// When either is not below the number of classes.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.check(truth, predicted);
        self.counts.get(&(truth, predicted)).copied().unwrap_or(0)
    }

    /// The entries that are not 0, as (true class, predicted class, rows), in the order of the classes: at most as many as
    /// rows.
    pub fn entries(&self) -> impl Iterator<Item = (usize, usize, u64)> {
        self.counts.iter().map(|(&(truth, predicted), &rows)| (truth, predicted, rows))
    }

    /// Rows counted.
    pub fn total(&self) -> u64 {
        self.tallies.values().map(|tally| tally.truths).sum()
    }

    /// Rows on the diagonal.
    pub fn correct(&self) -> u64 {
        self.tallies.values().map(|tally| tally.right).sum()
    }

    /// Rows of class `class`: its support.
    ///
    /// # Panics
    /// When there is no such class, as [`ConfusionMatrix::predictions`] does.
    pub fn truths(&self, class: usize) -> u64 {
        self.tally(class).truths
    }

    /// Rows predicted as `class`.
    pub fn predictions(&self, class: usize) -> u64 {
        self.tally(class).predictions
    }

    /// The share of rows that were predicted right; NaN when there are no rows.
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.total() as f64
    }

    /// The counts of a class, which are 0 if it does not occur.
    pub(super) fn tally(&self, class: usize) -> Tally {
        assert!(class < self.classes, "class {class} of a confusion matrix of {} classes", self.classes);
        self.tallies.get(&class).copied().unwrap_or_default()
    }

    /// The counts of the classes that occur, as truth or as prediction, in their order.
    pub(super) fn occurring(&self) -> impl Iterator<Item = Tally> {
        self.tallies.values().copied()
    }

    fn check(&self, truth: usize, predicted: usize) {
        let classes = self.classes;
        assert!(
            truth < classes && predicted < classes,
            "true class {truth} and predicted class {predicted} in a confusion matrix of {classes} classes"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confusion_matrix_counts_by_truth_and_prediction() {
        let mut matrix = ConfusionMatrix::new(3);
        for (truth, predicted) in [(0, 0), (0, 1), (2, 2), (2, 2)] {
            matrix.add(truth, predicted);
        }
        assert_eq!((matrix.count(0, 1), matrix.count(1, 0), matrix.count(2, 2)), (1, 0, 2));
        assert_eq!((matrix.total(), matrix.correct(), matrix.accuracy()), (4, 3, 0.75));
        assert_eq!(matrix.entries().collect::<Vec<_>>(), [(0, 0, 1), (0, 1, 1), (2, 2, 2)]);
    }

    #[test]
    fn rows_are_counted_by_truth_and_columns_by_prediction() {
        let mut matrix = ConfusionMatrix::new(2);
        [(0, 1), (0, 1), (1, 1)].into_iter().for_each(|(truth, predicted)| matrix.add(truth, predicted));
        assert_eq!([matrix.truths(0), matrix.truths(1), matrix.predictions(0), matrix.predictions(1)], [2, 1, 0, 3]);
    }
}
