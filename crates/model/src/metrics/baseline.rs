//! What can be scored without looking at a single feature: any model should do better.

use std::collections::BTreeMap;

use chainrule_kernel::math;

/// How the rows are shared among the classes: what is known of a row before its features are seen. It takes memory for the
/// classes that occur.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::ClassShares;
///
/// let shares = ClassShares::of([0, 2, 2, 2]);
/// assert_eq!((shares.majority(), shares.largest(1)), (Some(2), 0.75));
/// assert!((shares.entropy() - 0.562335).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassShares {
    /// By class.
    counts: BTreeMap<usize, u64>,
    rows: u64,
}

impl ClassShares {
    /// Of the class of each row.
    pub fn of(classes: impl IntoIterator<Item = usize>) -> Self {
        let mut shares = ClassShares { counts: BTreeMap::new(), rows: 0 };
        for class in classes {
            *shares.counts.entry(class).or_default() += 1;
            shares.rows += 1;
        }
        shares
    }

    /// The class of most rows, the first of equals; `None` without rows.
    pub fn majority(&self) -> Option<usize> {
        let most = self.counts.values().max()?;
        self.counts.iter().find(|(_, count)| *count == most).map(|(&class, _)| class)
    }

    /// The share of rows in the `k` most frequent classes: the accuracy of the majority class with k = 1, the top-k accuracy of
    /// a constant answer otherwise. NaN without rows.
    pub fn largest(&self, k: usize) -> f64 {
        let mut counts: Vec<u64> = self.counts.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        counts.iter().take(k).sum::<u64>() as f64 / self.rows as f64
    }

    /// `-sum_c s_c ln s_c` with s the shares, in nats: the cross-entropy of answering them for every row, below which no
    /// constant answer comes (Shannon, "A mathematical theory of communication", 1948). NaN without rows.
    pub fn entropy(&self) -> f64 {
        if self.rows == 0 { f64::NAN } else { -self.shares().map(|share| share * math::ln(share)).sum::<f64>() + 0.0 }
    }

    /// `1 - sum_c s_c^2`: the mean over the rows of `sum_c (s_c - t_c)^2`, the [`brier_score`](super::brier_score) of answering
    /// the shares for every row, before it is halved for two classes. NaN without rows.
    pub fn gini_impurity(&self) -> f64 {
        if self.rows == 0 { f64::NAN } else { 1.0 - self.shares().map(|share| share * share).sum::<f64>() }
    }

    /// The shares of the classes that occur, in the order of the classes.
    pub fn shares(&self) -> impl Iterator<Item = f64> {
        self.counts.values().map(|&count| count as f64 / self.rows as f64)
    }
}

/// The binary cross-entropy of answering `share` where that is the mean of the targets, in nats:
/// `-s ln s - (1 - s) ln(1 - s)`, 0 at 0 and 1.
pub fn binary_entropy(share: f64) -> f64 {
    let term = |share: f64| if share == 0.0 { 0.0 } else { -share * math::ln(share) };
    term(share) + term(1.0 - share) + 0.0
}

/// How a column of targets is met by answering its mean for every row.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::MeanBaseline;
///
/// let columns = MeanBaseline::of(&[1.0, 5.0, 3.0, 5.0], 2); // (2 rows, 2 columns)
/// assert_eq!(columns[0], MeanBaseline { mean: 2.0, mse: 1.0, mae: 1.0 });
/// assert_eq!(columns[1], MeanBaseline { mean: 5.0, mse: 0.0, mae: 0.0 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanBaseline {
    /// The mean of the column.
    pub mean: f64,
    /// `mean of (t - mean)^2`, the variance over n.
    pub mse: f64,
    /// `mean of |t - mean|`.
    pub mae: f64,
}

impl MeanBaseline {
    /// Of each column. All are NaN without rows.
    ///
    /// # Panics
    /// When there are no columns or the last row is cut short.
    pub fn of(
        t: &[f64], // (rows, columns)
        columns: usize,
    ) -> Vec<Self> {
        super::regression::check_columns(t.len(), columns);
        let rows = (t.len() / columns) as f64;
        let of_column = |column: usize| {
            let each = || t.iter().skip(column).step_by(columns).copied();
            let mean = super::regression::mean(each());
            let mse = each().map(|t| (t - mean) * (t - mean)).sum::<f64>() / rows;
            MeanBaseline { mean, mse, mae: each().map(|t| (t - mean).abs()).sum::<f64>() / rows }
        };
        (0..columns).map(of_column).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_those_of_the_rows() {
        let shares = ClassShares::of([7, 3, 7, 3, 9, 1]);
        assert_eq!(shares.majority(), Some(3));
        assert_eq!([1, 2, 5].map(|k| shares.largest(k)), [2.0 / 6.0, 4.0 / 6.0, 1.0]);
        // Two thirds are halves of a third: (2/3) ln 3 + (1/3) ln 6.
        let want = 2.0 / 3.0 * 3f64.ln() + 6f64.ln() / 3.0;
        assert!((shares.entropy() - want).abs() < 1e-15);
        assert!((shares.gini_impurity() - (1.0 - (4.0 + 4.0 + 1.0 + 1.0) / 36.0)).abs() < 1e-15);
        let none = ClassShares::of([]);
        assert!(none.majority().is_none() && none.largest(1).is_nan() && none.entropy().is_nan());
    }

    #[test]
    fn one_class_is_no_surprise() {
        let shares = ClassShares::of([4; 10]);
        assert_eq!((shares.entropy(), shares.largest(1), shares.gini_impurity()), (0.0, 1.0, 0.0));
        assert_eq!([0.0, 1.0].map(binary_entropy), [0.0, 0.0]);
        assert!((binary_entropy(0.5) - 2f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn the_mean_of_equal_targets_is_that_target() {
        // 0.1 added up ten times is not 1.
        assert_eq!(MeanBaseline::of(&[0.1; 10], 1), [MeanBaseline { mean: 0.1, mse: 0.0, mae: 0.0 }]);
    }
}
