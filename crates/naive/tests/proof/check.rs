//! Comparisons and inputs of the tests, and differentiation without the chain rule.

use chainrule_naive::Float;

/// What a few dozen operations in the type may lose, relative to the largest number that took part.
pub(crate) trait Precision: Float {
    const TOLERANCE: f64;
}

impl Precision for f32 {
    const TOLERANCE: f64 = 1e-6;
}

impl Precision for f64 {
    const TOLERANCE: f64 = 1e-12;
}

/// The constants of a worked example, rounded to the type under test.
pub(crate) fn of<T: Float>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&v| T::rounded(v)).collect()
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
    assert_within(what, &got.iter().map(|v| v.widen()).collect::<Vec<_>>(), expected, T::TOLERANCE, scale);
}

/// Each element within `tolerance`, relative to the expected number or to `scale` if that is larger.
#[track_caller]
pub(crate) fn assert_within(what: &str, got: &[f64], expected: &[f64], tolerance: f64, scale: f64) {
    assert_eq!(got.len(), expected.len(), "{what}: number of elements");
    for (at, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        let allowed = tolerance * expected.abs().max(scale);
        let off = (got - expected).abs();
        // Not `off > allowed`, which NaN would pass.
        assert!(off <= allowed, "{what}[{at}] is {got:e}, expected {expected:e}: off by {off:e}, allowed {allowed:e}");
    }
}

/// The gradient of `f` at `x` by central differences: (f(x + h) - f(x - h)) / 2h, one coordinate at a time.
pub(crate) fn numeric_gradient(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> Vec<f64> {
    const H: f64 = 6e-6; // the cube root of 2^-52: truncation h^2 and rounding u/h are then both near 1e-11
    let mut moved = x.to_vec();
    let mut gradient = Vec::new();
    for at in 0..x.len() {
        moved[at] = x[at] + H;
        let above = f(&moved);
        moved[at] = x[at] - H;
        let below = f(&moved);
        moved[at] = x[at];
        gradient.push((above - below) / (2.0 * H));
    }
    gradient
}

/// The gradient by the chain rule agrees with the numeric one to eight digits, on the scale of 1.
#[track_caller]
pub(crate) fn assert_gradient(what: &str, got: &[f64], numeric: &[f64]) {
    assert_within(what, got, numeric, 1e-8, 1.0);
}

/// sum over i of u_i * v_i: makes a scalar of a function's output, so that its gradient by the output is `u`.
pub(crate) fn dot(u: &[f64], v: &[f64]) -> f64 {
    assert_eq!(u.len(), v.len(), "dot product");
    u.iter().zip(v).map(|(u, v)| u * v).sum()
}

/// `count` numbers between -2 and 2, the same for the same seed (SplitMix64: Steele, Lea, Flood 2014).
pub(crate) fn numbers(count: usize, seed: u64) -> Vec<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    // The top 53 bits as a fraction of 1.
    (0..count).map(|_| (next() >> 11) as f64 / (1u64 << 53) as f64 * 4.0 - 2.0).collect()
}
