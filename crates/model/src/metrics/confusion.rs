//! Who was taken for whom.

/// How often each true class was given each predicted class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfusionMatrix {
    classes: usize,
    /// (true class, predicted class), row-major.
    counts: Vec<u64>,
}

impl ConfusionMatrix {
    /// An empty one for `classes` classes.
    pub fn new(classes: usize) -> Self {
        ConfusionMatrix { classes, counts: vec![0; classes * classes] }
    }

    /// Counts one row.
    ///
    /// # Panics
    /// When either is not below the number of classes.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        assert!(truth < self.classes && predicted < self.classes, "({truth}, {predicted}) of {}", self.classes);
        self.counts[truth * self.classes + predicted] += 1;
    }

    /// How many classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Rows of class `truth` that were given `predicted`.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        self.counts[truth * self.classes + predicted]
    }

    /// Rows counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Rows on the diagonal.
    pub fn correct(&self) -> u64 {
        (0..self.classes).map(|c| self.count(c, c)).sum()
    }

    /// Rows of class `class`: its support.
    pub fn truths(&self, class: usize) -> u64 {
        (0..self.classes).map(|predicted| self.count(class, predicted)).sum()
    }

    /// Rows that were given `class`.
    pub fn predictions(&self, class: usize) -> u64 {
        (0..self.classes).map(|truth| self.count(truth, class)).sum()
    }

    /// The share of rows that were right; NaN when there are none.
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.total() as f64
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
    }

    #[test]
    fn rows_are_counted_by_truth_and_columns_by_prediction() {
        let mut matrix = ConfusionMatrix::new(2);
        [(0, 1), (0, 1), (1, 1)].into_iter().for_each(|(truth, predicted)| matrix.add(truth, predicted));
        assert_eq!([matrix.truths(0), matrix.truths(1), matrix.predictions(0), matrix.predictions(1)], [2, 1, 0, 3]);
    }
}
