//! Inputs of the tests, and comparisons of numbers.

use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Mlp, Scalar};
use chainrule_naive::Float;

/// What a few dozen operations in the type may lose, relative to the largest number that took part.
pub(crate) trait Precision: Scalar + Float {
    const TOLERANCE: f64;
}

impl Precision for f32 {
    const TOLERANCE: f64 = 1e-6;
}

impl Precision for f64 {
    const TOLERANCE: f64 = 1e-14;
}

/// The constants of a worked example, rounded to the type under test.
pub(crate) fn of<T: Scalar>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&v| T::from_f64(v)).collect()
}

/// The same numbers in f64, exactly.
pub(crate) fn widen<T: Scalar>(values: &[T]) -> Vec<f64> {
    values.iter().map(|v| v.to_f64()).collect()
}

/// `count` numbers between -2 and 2, the same for the same seed, and such as f32 can hold.
pub(crate) fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut stream = Stream::new(seed, Purpose::Synthetic, 0);
    (0..count).map(|_| f64::from(stream.uniform(-2.0, 2.0) as f32)).collect()
}

/// Each element within the type's tolerance, relative to the expected number itself.
#[track_caller]
pub(crate) fn assert_close<T: Precision>(what: &str, got: &[T], expected: &[f64]) {
    assert_close_at(what, got, expected, 0.0);
}

/// Each element within the type's tolerance, relative to the expected number or to `scale` if that is larger: the size
/// of what was added up where the sum nearly cancels.
#[track_caller]
pub(crate) fn assert_close_at<T: Precision>(what: &str, got: &[T], expected: &[f64], scale: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: number of elements");
    for (at, (got, &expected)) in got.iter().zip(expected).enumerate() {
        let off = (got.to_f64() - expected).abs();
        let allowed = T::TOLERANCE * expected.abs().max(scale);
        // Not `off > allowed`, which NaN would pass.
        let what = || format!("{} {what}[{at}]", T::NAME);
        assert!(off <= allowed, "{} is {got}, expected {expected:e}: off by {off:e}, allowed {allowed:e}", what());
    }
}

/// The network with these parameters: w, (inputs, outputs) row-major, and b of each dense layer in turn.
pub(crate) fn with_params<T: Scalar>(mut mlp: Mlp<T>, tensors: &[&[f64]]) -> Mlp<T> {
    mlp.params_mut().copy_from_slice(&of::<T>(&tensors.concat()));
    mlp
}

/// Cuts what is laid out as the parameters into w and b of each dense layer in turn.
pub(crate) fn tensors<T: Scalar>(mlp: &Mlp<T>, laid_out: &[T]) -> Vec<Vec<T>> {
    let cut = |layer: chainrule_model::network::DenseLayer<'_, T>| {
        let (w, b) = laid_out[layer.params].split_at(layer.w.rows() * layer.w.cols());
        [w.to_vec(), b.to_vec()]
    };
    mlp.dense_layers().flat_map(cut).collect()
}
