//! The mean squared error, and half of it, forward and backward.
//!
//! The mean is over all elements, rows and columns alike, as PyTorch's `MSELoss` takes it. Half of it is the notebooks'
//! form, whose gradient has no factor 2. No elements have no mean: the loss is NaN, the gradient empty.

use crate::Float;
use crate::shape::check_pair;

/// The mean over all elements of (y - t)^2.
///
/// # Panics
/// If y and t differ in length.
pub fn mse_forward<T: Float>(
    y: &[T], // any shape
    t: &[T], // as y
) -> T {
    check_pair("t", t.len(), "y", y.len());
    let mut sum = T::rounded(0.0);
    for at in 0..y.len() {
        let error = y[at] - t[at];
        sum += error * error;
    }
    sum / T::rounded(y.len() as f64)
}

/// The gradient of [`mse_forward`] by y: 2 * (y - t) / elements.
///
/// # Panics
/// If y and t differ in length.
pub fn mse_backward<T: Float>(
    y: &[T], // any shape
    t: &[T], // as y
) -> Vec<T> {
    check_pair("t", t.len(), "y", y.len());
    let elements = T::rounded(y.len() as f64);
    y.iter().zip(t).map(|(&y, &t)| T::rounded(2.0) * (y - t) / elements).collect()
}

/// Half the mean over all elements of (y - t)^2.
///
/// # Panics
/// If y and t differ in length.
pub fn half_mse_forward<T: Float>(
    y: &[T], // any shape
    t: &[T], // as y
) -> T {
    T::rounded(0.5) * mse_forward(y, t)
}

/// The gradient of [`half_mse_forward`] by y: (y - t) / elements.
///
/// # Panics
/// If y and t differ in length.
pub fn half_mse_backward<T: Float>(
    y: &[T], // any shape
    t: &[T], // as y
) -> Vec<T> {
    check_pair("t", t.len(), "y", y.len());
    let elements = T::rounded(y.len() as f64);
    y.iter().zip(t).map(|(&y, &t)| (y - t) / elements).collect()
}
