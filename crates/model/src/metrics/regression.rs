//! Metrics of values: the mean squared error, the mean absolute error, and R2.

/// The mean of `(y - t)^2` over all elements; NaN when there are none, or one is NaN.
///
/// # Panics
/// When y and t differ in length; so for the others.
pub fn mse(
    y: &[f64], // any shape
    t: &[f64], // as y
) -> f64 {
    mean_of_errors(y, t, |error| error * error)
}

/// The mean of `|y - t|` over all elements; NaN when there are none, or one is NaN.
///
/// # Panics
/// As [`mse`].
pub fn mae(
    y: &[f64], // any shape
    t: &[f64], // as y
) -> f64 {
    mean_of_errors(y, t, f64::abs)
}

fn mean_of_errors(y: &[f64], t: &[f64], cost: fn(f64) -> f64) -> f64 {
    check_lengths(y, t);
    y.iter().zip(t).map(|(y, t)| cost(y - t)).sum::<f64>() / y.len() as f64
}

fn check_lengths(y: &[f64], t: &[f64]) {
    assert!(y.len() == t.len(), "{} numbers of y, and {} of t", y.len(), t.len());
}

/// Refuses no columns, and a last row that is cut short.
pub(super) fn check_columns(numbers: usize, columns: usize) {
    assert!(columns > 0 && numbers.is_multiple_of(columns), "{numbers} numbers in rows of {columns}");
}

/// The mean, as the first number and the mean of what the others differ from it by: of equal numbers it is that number, to
/// the bit. NaN of none.
pub(super) fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (mut first, mut sum, mut count) = (f64::NAN, 0.0, 0.0);
    for number in numbers {
        first = if count == 0.0 { number } else { first };
        sum += number - first;
        count += 1.0;
    }
    first + sum / count
}

/// `1 - sum (y - t)^2 / sum (t - mean of t)^2` of each column, averaged over the columns: the share of the targets'
/// variance that y accounts for. 1 is perfect, 0 as good as the mean, less is worse.
///
/// The targets of a column that are all the same have no variance, and the quotient would be one by 0: then it is 1 if y is
/// right in every row, and 0 if not, as in scikit-learn's `r2_score` (`force_finite`). So it is with a single row. The
/// sums are taken in units of the targets' range, so that neither huge nor tiny ones end at 0 or infinity; -inf where y is
/// further off than that can say. NaN without rows, and when a number is NaN.
///
/// # Panics
/// As [`mse`], and when there are no columns or the last row is cut short.
pub fn r2(
    y: &[f64], // (rows, columns)
    t: &[f64], // as y
    columns: usize,
) -> f64 {
    check_lengths(y, t);
    check_columns(t.len(), columns);
    if t.is_empty() {
        return f64::NAN;
    }
    (0..columns).map(|column| r2_of_column(y, t, column, columns)).sum::<f64>() / columns as f64
}

fn r2_of_column(
    y: &[f64], // (rows, columns)
    t: &[f64], // as y
    column: usize,
    columns: usize,
) -> f64 {
    let each = || y.iter().zip(t).skip(column).step_by(columns);
    if each().any(|(y, t)| y.is_nan() || t.is_nan()) {
        return f64::NAN;
    }
    let first = t[column];
    let range = each().map(|(_, t)| (t - first).abs()).fold(0.0, f64::max);
    let mean = mean(each().map(|(_, t)| *t));
    let squared = |difference: f64| (difference / range) * (difference / range);
    match range == 0.0 {
        true if each().all(|(y, t)| y == t) => 1.0,
        true => 0.0,
        false => {
            let residual: f64 = each().map(|(y, t)| squared(y - t)).sum();
            1.0 - residual / each().map(|(_, t)| squared(t - mean)).sum::<f64>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_without_variance_are_met_or_not() {
        assert_eq!((r2(&[2.0, 2.0], &[2.0, 2.0], 1), r2(&[2.0, 3.0], &[2.0, 2.0], 1)), (1.0, 0.0));
        assert!(r2(&[], &[], 1).is_nan() && mse(&[], &[]).is_nan());
        assert!(r2(&[2.0, f64::NAN], &[2.0, 2.0], 1).is_nan());
        // Ten times 0.1 is not 1: a mean that is off by a rounding is no variance to be measured by.
        assert_eq!((r2(&[0.2; 10], &[0.1; 10], 1), r2(&[0.1; 10], &[0.1; 10], 1)), (0.0, 1.0));
        // One column is constant and missed, the other is met.
        assert_eq!(r2(&[0.3, 1.0, 0.5, 2.0], &[0.5, 1.0, 0.5, 2.0], 2), 0.5);
        assert_eq!((r2(&[3.0], &[3.0], 1), r2(&[3.5], &[3.0], 1)), (1.0, 0.0));
    }
    #[test]
    fn r2_knows_no_unit() {
        let (y, t) = ([1.0, 2.5, 2.0, 5.0], [1.0, 2.0, 3.0, 4.0]);
        let want = 1.0 - (0.25 + 1.0 + 1.0) / 5.0;
        for unit in [1.0, 2f64.powi(-600), 2f64.powi(600)] {
            let [y, t] = [y, t].map(|numbers| numbers.map(|number| number * unit));
            assert!((r2(&y, &t, 1) - want).abs() < 1e-15, "{unit:e}: {}", r2(&y, &t, 1));
        }
    }
}
