//! Steps of each optimiser, and clipped gradients, worked by hand in numbers that come out even.

use chainrule_naive::{
    AdaGrad, Adam, Momentum, RmsProp, adagrad_step, adam_step, adamw_step, clip_norm, clip_value, l1_gradient,
    momentum_step, rmsprop_step,
};

use crate::check::{Precision, assert_close, of};

const MOMENTUM: Momentum = Momentum { lr: 0.5, momentum: 0.5, nesterov: false, weight_decay: 0.0 };

fn momentum<T: Precision>(settings: Momentum, after: [[f64; 2]; 2]) {
    let (mut w, mut v) = (of::<T>(&[1.0, 2.0]), of::<T>(&[0.0, 0.0]));
    for (dw, after) in [[2.0, -4.0], [1.0, 0.0]].iter().zip(after) {
        momentum_step(&mut w, &of::<T>(dw), &mut v, settings);
        assert_close("w", &w, &after);
    }
}

#[test]
fn momentum_keeps_half_of_the_velocity() {
    // v = (2, -4), then (1 + 1, -2 + 0); w = (1, 2) - v/2, then again.
    let after = [[0.0, 4.0], [-1.0, 5.0]];
    momentum::<f32>(MOMENTUM, after);
    momentum::<f64>(MOMENTUM, after);
}

#[test]
fn nesterov_steps_by_the_gradient_and_half_of_the_velocity() {
    // The same v; the steps are (2 + 1, -4 - 2), then (1 + 1, 0 - 1), halved.
    let (settings, after) = (Momentum { nesterov: true, ..MOMENTUM }, [[-0.5, 5.0], [-1.5, 5.5]]);
    momentum::<f32>(settings, after);
    momentum::<f64>(settings, after);
}

#[test]
fn decay_adds_its_share_of_w_to_the_gradient() {
    // Without momentum. g = (2 + 1/4, -4 + 2/4); then w is (-0.125, 3.75), and g = (1 - 1/32, 15/16).
    let settings = Momentum { momentum: 0.0, weight_decay: 0.25, ..MOMENTUM };
    let after = [[-0.125, 3.75], [-0.125 - 31.0 / 64.0, 3.75 - 15.0 / 32.0]];
    momentum::<f32>(settings, after);
    momentum::<f64>(settings, after);
}

fn rmsprop<T: Precision>() {
    let settings = RmsProp { lr: 0.5, alpha: 0.75, eps: 2.0, weight_decay: 0.0 };
    let (mut w, mut s) = (of::<T>(&[1.0]), of::<T>(&[0.0]));
    // s = 16/4 = 4, so the step is 0.5 * 4 / (2 + 2).
    rmsprop_step(&mut w, &of::<T>(&[4.0]), &mut s, settings);
    assert_close("w", &w, &[0.5]);
    // s = 3 + 4/4 = 4 again, so the step is 0.5 * 2 / 4.
    rmsprop_step(&mut w, &of::<T>(&[2.0]), &mut s, settings);
    assert_close("w", &w, &[0.25]);
    // A gradient of 2 + 8/4 = 4.
    let (mut w, mut s) = (of::<T>(&[8.0]), of::<T>(&[0.0]));
    rmsprop_step(&mut w, &of::<T>(&[2.0]), &mut s, RmsProp { weight_decay: 0.25, ..settings });
    assert_close("w", &w, &[7.5]);
}

#[test]
fn rmsprop_divides_by_the_root_of_the_mean_square_and_eps() {
    rmsprop::<f32>();
    rmsprop::<f64>();
}

fn adagrad<T: Precision>() {
    let settings = AdaGrad { lr: 0.5, lr_decay: 1.0, eps: 1.0, weight_decay: 0.0 };
    let (mut w, mut s) = (of::<T>(&[1.0]), of::<T>(&[7.0]));
    // s = 7 + 9 = 16: a step of 0.5 * 3 / (4 + 1).
    adagrad_step(&mut w, &of::<T>(&[3.0]), &mut s, settings, 1);
    assert_close("w", &w, &[0.7]);
    // s = 16 + 9 = 25, and half the rate: a step of 0.25 * 3 / (5 + 1).
    adagrad_step(&mut w, &of::<T>(&[-3.0]), &mut s, settings, 2);
    assert_close("w", &w, &[0.825]);
    // A gradient of 1 + 8/4 = 3.
    let (mut w, mut s) = (of::<T>(&[8.0]), of::<T>(&[0.0]));
    adagrad_step(&mut w, &of::<T>(&[1.0]), &mut s, AdaGrad { weight_decay: 0.25, ..settings }, 1);
    assert_close("w", &w, &[8.0 - 1.5 / 4.0]);
}

#[test]
fn adagrad_divides_by_the_root_of_all_squares_and_eps() {
    adagrad::<f32>();
    adagrad::<f64>();
}

#[test]
fn l1_adds_its_share_of_the_sign() {
    let mut dw = [1.0, 1.0, 1.0];
    l1_gradient(&[3.0, -3.0, 0.0], &mut dw, 0.25);
    assert_close("dw", &dw, &[1.25, 0.75, 1.0]);
}

/// 1 - 0.96 = 0.2^2 and 1 - 0.96^2 = 0.28^2: both roots come out even.
const ADAM: Adam = Adam { lr: 0.5, beta1: 0.5, beta2: 0.96, eps: 5.0, weight_decay: 0.0 };

fn adam<T: Precision>() {
    let (mut w, mut m, mut s) = (of::<T>(&[1.0]), of::<T>(&[0.0]), of::<T>(&[0.0]));
    // m = 2.5 and s = 0.04 * 25 = 1, corrected 5 and 25: a step of 0.5 * 5 / (5 + 5).
    adam_step(&mut w, &of::<T>(&[5.0]), &mut m, &mut s, ADAM, 1);
    assert_close("w", &w, &[0.75]);
    // m = 1.75 and s = 0.96 + 0.04 = 1, corrected 1.75 / 0.75 = 7/3 and (1 / 0.28)^2 = (25/7)^2: a step of
    // 7/6 / (25/7 + 5) = 49/360.
    adam_step(&mut w, &of::<T>(&[1.0]), &mut m, &mut s, ADAM, 2);
    assert_close("w", &w, &[221.0 / 360.0]);
    assert_close("m", &m, &[1.75]);
    assert_close("s", &s, &[1.0]);
}

#[test]
fn adam_corrects_both_means_for_their_beginning_at_0() {
    adam::<f32>();
    adam::<f64>();
}

fn decay<T: Precision>() {
    let zero = || (of::<T>(&[0.0]), of::<T>(&[0.0]));
    // Through the gradient: 4 + 1 * 1 = 5, and the step of above.
    let (mut w, (mut m, mut s)) = (of::<T>(&[1.0]), zero());
    adam_step(&mut w, &of::<T>(&[4.0]), &mut m, &mut s, Adam { weight_decay: 1.0, ..ADAM }, 1);
    assert_close("Adam's w", &w, &[0.75]);
    // By itself: w * (1 - 0.5 * 0.5) = 0.75, and then the step of above, 0.25.
    let (mut w, (mut m, mut s)) = (of::<T>(&[1.0]), zero());
    adamw_step(&mut w, &of::<T>(&[5.0]), &mut m, &mut s, Adam { weight_decay: 0.5, ..ADAM }, 1);
    assert_close("AdamW's w", &w, &[0.5]);
    assert_close("AdamW's m", &m, &[2.5]);
}

#[test]
fn adams_decay_goes_through_the_gradient_and_adamws_does_not() {
    decay::<f32>();
    decay::<f64>();
}

fn clipped<T: Precision>() {
    // |(3, -4, 12)| = 13; the 1e-6 in the denominator counts.
    let mut dw = of::<T>(&[3.0, -4.0, 12.0]);
    clip_norm(&mut dw, 13.1);
    assert_close("dw", &dw, &[3.0, -4.0, 12.0]);
    clip_norm(&mut dw, 6.5);
    let factor = 6.5 / 13.000001;
    assert_close("dw", &dw, &[3.0 * factor, -4.0 * factor, 12.0 * factor]);
    let mut dw = of::<T>(&[3.0, -4.0, 0.5, -0.5]);
    clip_value(&mut dw, 1.0);
    assert_close("dw", &dw, &[1.0, -1.0, 0.5, -0.5]);
}

#[test]
fn gradients_are_clipped_together_by_norm_and_one_by_one_by_value() {
    clipped::<f32>();
    clipped::<f64>();
    // A millionth of a norm of one is what PyTorch leaves out.
    let mut dw = [1e-6];
    clip_norm(&mut dw, 1e-6);
    assert_close("dw", &dw, &[0.5e-6]);
}
