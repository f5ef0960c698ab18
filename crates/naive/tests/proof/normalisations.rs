//! Dropout, layer and batch normalisation: worked numbers, and gradients against central differences, in `f64`.

use chainrule_naive::{
    NormShape, batch_norm_backward, batch_norm_backward_given, batch_norm_forward, column_moments, dropout_backward,
    dropout_forward, layer_norm_backward, layer_norm_forward, running_step,
};

use crate::check::{assert_gradient, assert_within, dot, numbers, numeric_gradient};

const EPS: f64 = 1e-2; // large enough to matter
const SHAPES: [NormShape; 4] = [
    NormShape { batch: 2, width: 3 },
    NormShape { batch: 5, width: 4 },
    NormShape { batch: 7, width: 1 },
    NormShape { batch: 3, width: 8 },
];

#[test]
fn dropout_keeps_the_expectation_and_has_its_gradient() {
    let mask = [true, false, true, false];
    assert_eq!(dropout_forward(0.75, &mask, &[1.0, 2.0, -3.0, f64::NAN]), [4.0, 0.0, -12.0, 0.0]);
    let (x, dy) = (numbers(4, 60), numbers(4, 61));
    let numeric = numeric_gradient(|x| dot(&dy, &dropout_forward(0.3, &mask, x)), &x);
    assert_gradient("dx", &dropout_backward(0.3, &mask, &dy), &numeric);
}

#[test]
fn normalised_numbers_have_mean_0_and_variance_1() {
    // 1, 3: mean 2, variance 1. 0, 4: mean 2, variance 4.
    let shape = NormShape { batch: 2, width: 2 };
    let (x, gamma, beta) = ([1.0, 3.0, 0.0, 4.0], [1.0, 2.0], [0.0, 10.0]);
    assert_eq!(layer_norm_forward(shape, 0.0, &x, &gamma, &beta), [-1.0, 12.0, -1.0, 12.0]);
    // Columns 1, 0 and 3, 4: means 0.5 and 3.5, variances 0.25.
    let (mean, variance) = column_moments(shape, &x);
    assert_eq!((mean.as_slice(), variance.as_slice()), ([0.5, 3.5].as_slice(), [0.25, 0.25].as_slice()));
    let y = batch_norm_forward(shape, 0.0, (&mean, &variance), &x, &gamma, &beta);
    assert_eq!(y, [1.0, 8.0, -1.0, 12.0]);
}

#[test]
fn running_statistics_move_by_their_share() {
    let (mut mean, mut variance) = ([0.0, 10.0], [1.0, 2.0]);
    // Of 4 rows, so a variance of 3 counts as 4.
    running_step(0.25, 4, (&[8.0, 2.0], &[3.0, 3.0]), &mut mean, &mut variance);
    assert_eq!((mean, variance), ([2.0, 8.0], [1.75, 2.5]));
}

#[test]
fn layer_norm_backward_is_the_gradient_by_input_gamma_and_beta() {
    for (seed, shape) in (70..).step_by(10).zip(SHAPES) {
        let (n, width) = (shape.batch * shape.width, shape.width);
        let (x, dy) = (numbers(n, seed), numbers(n, seed + 1));
        let (gamma, beta) = (numbers(width, seed + 2), numbers(width, seed + 3));
        let got = layer_norm_backward(shape, EPS, &x, &gamma, &dy);
        let by_x = numeric_gradient(|x| dot(&dy, &layer_norm_forward(shape, EPS, x, &gamma, &beta)), &x);
        let by_gamma = numeric_gradient(|gamma| dot(&dy, &layer_norm_forward(shape, EPS, &x, gamma, &beta)), &gamma);
        let by_beta = numeric_gradient(|beta| dot(&dy, &layer_norm_forward(shape, EPS, &x, &gamma, beta)), &beta);
        assert_within(&format!("{shape:?} dx"), &got.dx, &by_x, 1e-7, 1.0);
        assert_gradient(&format!("{shape:?} dgamma"), &got.dgamma, &by_gamma);
        assert_gradient(&format!("{shape:?} dbeta"), &got.dbeta, &by_beta);
    }
}

#[test]
fn batch_norm_backward_is_the_gradient_in_training_and_in_evaluation() {
    for (seed, shape) in (120..).step_by(10).zip(SHAPES) {
        let (n, width) = (shape.batch * shape.width, shape.width);
        let (x, dy) = (numbers(n, seed), numbers(n, seed + 1));
        let (gamma, beta) = (numbers(width, seed + 2), numbers(width, seed + 3));
        let given = (numbers(width, seed + 4), numbers(width, seed + 5).iter().map(|v| v * v).collect::<Vec<_>>());
        for is_training in [true, false] {
            let forward = |x: &[f64], gamma: &[f64], beta: &[f64]| {
                let (mean, variance) = if is_training { column_moments(shape, x) } else { given.clone() };
                dot(&dy, &batch_norm_forward(shape, EPS, (&mean, &variance), x, gamma, beta))
            };
            let got = match is_training {
                true => batch_norm_backward(shape, EPS, &x, &gamma, &dy),
                false => batch_norm_backward_given(shape, EPS, (&given.0, &given.1), &x, &gamma, &dy),
            };
            let what = |name: &str| format!("{shape:?} {name}, training {is_training}");
            let by_x = numeric_gradient(|x| forward(x, &gamma, &beta), &x);
            assert_within(&what("dx"), &got.dx, &by_x, 1e-7, 1.0);
            assert_gradient(&what("dgamma"), &got.dgamma, &numeric_gradient(|g| forward(&x, g, &beta), &gamma));
            assert_gradient(&what("dbeta"), &got.dbeta, &numeric_gradient(|b| forward(&x, &gamma, b), &beta));
        }
    }
}
