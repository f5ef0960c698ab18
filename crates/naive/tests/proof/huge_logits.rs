//! Logits far beyond the range of `exp`: softmax and cross-entropy stay finite, and right.

use chainrule_naive::{
    RowsShape, Targets, cross_entropy_backward, cross_entropy_forward, log_softmax, softmax_backward, softmax_forward,
};

use crate::check::{Precision, assert_close, of};

const SHAPE: RowsShape = RowsShape { batch: 3, classes: 2 };
const LOGITS: [f64; 6] = [1e4, 1e4, 1e4, -1e4, -1e4, -1e4];

fn softmax_holds<T: Precision>() {
    let a = softmax_forward(SHAPE, &of::<T>(&LOGITS));
    assert_close("a", &a, &[0.5, 0.5, 1.0, 0.0, 0.5, 0.5]);
    let dz = softmax_backward(SHAPE, &of::<T>(&LOGITS), &of::<T>(&[1.0, 0.0, 1.0, 0.0, 0.0, 1.0]));
    assert_close("dz", &dz, &[0.25, -0.25, 0.0, 0.0, -0.25, 0.25]);
}

#[test]
fn softmax_of_huge_logits_is_finite_and_right() {
    softmax_holds::<f32>();
    softmax_holds::<f64>();
}

fn cross_entropy_holds<T: Precision>() {
    let logits = of::<T>(&LOGITS);
    let ln_2 = std::f64::consts::LN_2;
    // In f32 the numbers next to 1e4 are 0.001 apart: adding ln 2 to the maximum would lose it.
    assert_close("log-softmax", &log_softmax(SHAPE, &logits), &[-ln_2, -ln_2, 0.0, -2e4, -ln_2, -ln_2]);

    let wrong = Targets::Labels(&[0, 1, 1]);
    assert_close("loss", &[cross_entropy_forward(SHAPE, &logits, wrong)], &[(2e4 + 2.0 * ln_2) / 3.0]);
    let sixth = 0.5 / 3.0;
    let expected = [-sixth, sixth, 1.0 / 3.0, -1.0 / 3.0, sixth, -sixth];
    assert_close("gradient", &cross_entropy_backward(SHAPE, &logits, wrong), &expected);
}

#[test]
fn cross_entropy_of_huge_logits_is_finite_and_right() {
    cross_entropy_holds::<f32>();
    cross_entropy_holds::<f64>();
}

#[test]
fn sigmoid_and_tanh_saturate_without_nan() {
    use chainrule_naive::Activation::{Sigmoid, Tanh};
    let z = [-1e4f32, 1e4];
    assert_eq!(Sigmoid.forward(&z), [0.0, 1.0]);
    assert_eq!(Sigmoid.backward(&z, &[1.0, 1.0]), [0.0, 0.0]);
    assert_eq!(Tanh.forward(&z), [-1.0, 1.0]);
    assert_eq!(Tanh.backward(&z, &[1.0, 1.0]), [0.0, 0.0]);
}
