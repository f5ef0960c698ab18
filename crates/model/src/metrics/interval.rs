//! How far a metric over so many rows may be from what it would be over all rows there could be.

/// The 0.975 quantile of the standard normal distribution: 2.5 % lie above it, and as many below its negative.
const Z: f64 = 1.959_963_984_540_054;

/// A 95 % confidence interval: of intervals made like this from rows drawn at random, 95 % hold the true value.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::Interval;
///
/// let accuracy = Interval::wilson(9, 10).unwrap();
/// assert!((accuracy.low - 0.595850).abs() < 1e-6 && (accuracy.high - 0.982124).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

impl Interval {
    /// The part of it that lies within the range of what it is of: no loss is below 0.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Interval { low: self.low.clamp(low, high), high: self.high.clamp(low, high) }
    }

    /// Of a share, `right` of `rows`, as accuracy is: with p the share, n the rows and z = 1.96,
    /// `(p + z^2 / 2n ± z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)`. Wilson, "Probable inference, the law of
    /// succession, and statistical inference", 1927. Never outside 0 to 1, and of some width even when all rows are right.
    /// `None` without rows.
    ///
    /// # Panics
    /// When more are right than there are rows.
    pub fn wilson(right: u64, rows: u64) -> Option<Self> {
        assert!(right <= rows, "{right} right of {rows} rows");
        if rows == 0 {
            return None;
        }
        let n = rows as f64;
        let (p, z2) = (right as f64 / n, Z * Z);
        let centre = p + z2 / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let of = |end: f64| end / (1.0 + z2 / n);
        let low = if right == 0 { 0.0 } else { of(centre - half) };
        let high = if right == rows { 1.0 } else { of(centre + half) };
        Some(Interval { low, high })
    }
}

/// A mean and its 95 % confidence interval, from one number for each row, in one pass: Welford, "Note on a method for
/// calculating corrected sums of squares and products", 1962.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::metrics::RunningMean;
///
/// let mut errors = RunningMean::default();
/// [1.0, 2.0, 3.0, 6.0].into_iter().for_each(|error| errors.add(error));
/// let interval = errors.interval().unwrap();
/// assert_eq!(errors.mean(), 3.0);
/// assert!((interval.low - 0.882996).abs() < 1e-6 && (interval.high - 5.117004).abs() < 1e-6);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RunningMean {
    rows: u64,
    mean: f64,
    /// The sum of squared deviations from the mean.
    squares: f64,
}

impl RunningMean {
    /// Takes one row's number in.
    pub fn add(&mut self, value: f64) {
        self.rows += 1;
        let deviation = value - self.mean;
        self.mean += deviation / self.rows as f64;
        self.squares += deviation * (value - self.mean);
    }

    /// The mean; NaN without rows.
    pub fn mean(&self) -> f64 {
        if self.rows == 0 { f64::NAN } else { self.mean }
    }

    /// `mean ± 1.96 s / sqrt(n)`, s the standard deviation over n - 1: the normal approximation that the central limit
    /// theorem allows, good from some tens of rows on (Wasserman, *All of Statistics*, 2004, theorem 6.16). With few rows the
    /// lower bound of errors may be below 0: see [`Interval::within`]. `None` with fewer than two rows, or where it is not finite.
    pub fn interval(&self) -> Option<Interval> {
        let n = self.rows as f64;
        let half = Z * (self.squares / (n - 1.0) / n).sqrt();
        let (low, high) = (self.mean - half, self.mean + half);
        (self.rows > 1 && low.is_finite() && high.is_finite()).then_some(Interval { low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_or_none_right_ends_at_the_border() {
        // z^2 / (n + z^2) of 20 rows.
        let width = Z * Z / (20.0 + Z * Z);
        let [none, all] = [0, 20].map(|right| Interval::wilson(right, 20).unwrap());
        assert!(none.low == 0.0 && (none.high - width).abs() < 1e-15, "{none:?}");
        assert!(all.high == 1.0 && (all.low - (1.0 - width)).abs() < 1e-15, "{all:?}");
        assert_eq!(Interval::wilson(0, 0), None);
    }

    #[test]
    fn a_mean_of_one_row_has_no_interval() {
        let mut one = RunningMean::default();
        assert!(one.mean().is_nan() && one.interval().is_none());
        one.add(4.0);
        assert_eq!((one.mean(), one.interval()), (4.0, None));
        one.add(4.0);
        assert_eq!(one.interval(), Some(Interval { low: 4.0, high: 4.0 }));
        one.add(f64::INFINITY);
        assert_eq!(one.interval(), None);
    }

    #[test]
    fn a_large_mean_does_not_hide_the_spread() {
        let mut far = RunningMean::default();
        [1e9, 1e9 + 1.0, 1e9 + 2.0].into_iter().for_each(|value| far.add(value));
        let interval = far.interval().unwrap();
        assert!((interval.high - interval.low - 2.0 * Z / 3f64.sqrt()).abs() < 1e-6, "{interval:?}");
    }
}
