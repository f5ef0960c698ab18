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

/// `1 - sum (y - t)^2 / sum (t - mean of t)^2` of each column, averaged over the columns: the share of the targets'
/// variance that y accounts for. 1 is perfect, 0 as good as the mean, less is worse. TargetsRef that are all the same have
/// no variance: then it is 1 if y is right, and 0 if not. NaN without rows, and when a number is NaN.
///
/// # Panics
/// As [`mse`], and when there are no columns or the last row is cut short.
pub fn r2(
    y: &[f64], // (rows, columns)
    t: &[f64], // as y
    columns: usize,
) -> f64 {
    check_lengths(y, t);
    assert!(columns > 0 && t.len().is_multiple_of(columns), "{} numbers in rows of {columns}", t.len());
    let rows = (t.len() / columns) as f64;
    if t.is_empty() {
        return f64::NAN;
    }
    let of_column = |column: usize| {
        let each = || y.iter().zip(t).skip(column).step_by(columns);
        let mean = each().map(|(_, t)| t).sum::<f64>() / rows;
        let residual: f64 = each().map(|(y, t)| (y - t) * (y - t)).sum();
        let total: f64 = each().map(|(_, t)| (t - mean) * (t - mean)).sum();
        match (residual == 0.0, total == 0.0) {
            _ if residual.is_nan() => f64::NAN,
            (_, false) => 1.0 - residual / total,
            (true, true) => 1.0,
            (false, true) => 0.0,
        }
    };
    (0..columns).map(of_column).sum::<f64>() / columns as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_without_variance_are_met_or_not() {
        assert_eq!((r2(&[2.0, 2.0], &[2.0, 2.0], 1), r2(&[2.0, 3.0], &[2.0, 2.0], 1)), (1.0, 0.0));
        assert!(r2(&[], &[], 1).is_nan() && mse(&[], &[]).is_nan());
        assert!(r2(&[2.0, f64::NAN], &[2.0, 2.0], 1).is_nan());
    }
}
