//! The arithmetic of metrics: which class an output names, how many were right, and who was taken for whom.

use chainrule_kernel::Scalar;

/// The index of the largest element, the first of equals; 0 when all are NaN.
pub fn argmax<T: Scalar>(row: &[T]) -> usize {
    let mut best = 0;
    for (i, x) in row.iter().enumerate() {
        // A NaN in first place gives way to any number.
        if *x > row[best] || (row[best].partial_cmp(&row[best]).is_none() && x.partial_cmp(x).is_some()) {
            best = i;
        }
    }
    best
}

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

    /// The share of rows that were right; NaN when there are none.
    pub fn accuracy(&self) -> f64 {
        self.correct() as f64 / self.total() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argmax_takes_the_first_of_equals_and_passes_over_nan() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(argmax(&[f32::NAN, -1.0, f32::NAN]), 1);
        assert_eq!(argmax(&[f64::NAN]), 0);
        assert_eq!(argmax(&[-1.0, f64::NAN, 2.0]), 2);
    }

    #[test]
    fn a_confusion_matrix_counts_by_truth_and_prediction() {
        let mut matrix = ConfusionMatrix::new(3);
        for (truth, predicted) in [(0, 0), (0, 1), (2, 2), (2, 2)] {
            matrix.add(truth, predicted);
        }
        assert_eq!((matrix.count(0, 1), matrix.count(1, 0), matrix.count(2, 2)), (1, 0, 2));
        assert_eq!((matrix.total(), matrix.correct(), matrix.accuracy()), (4, 3, 0.75));
    }
}
