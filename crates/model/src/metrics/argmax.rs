//! The predicted class of a row of scores.

use chainrule_kernel::Scalar;

/// The index of the largest element, the first of equals; 0 when all are NaN.
///
/// # Panics
/// When there are no elements.
pub fn argmax<T: Scalar>(row: &[T]) -> usize {
    assert!(!row.is_empty(), "the largest of 0 elements");
    let mut best = 0;
    for (i, x) in row.iter().enumerate() {
        // A NaN in first place gives way to any number.
        if *x > row[best] || (row[best].partial_cmp(&row[best]).is_none() && x.partial_cmp(x).is_some()) {
            best = i;
        }
    }
    best
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
}
