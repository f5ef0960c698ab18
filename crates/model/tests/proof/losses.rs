//! Every loss against naive, value and gradient, and where floating point is hardest on it.

use chainrule_model::{Kernel, Loss, MatRef, TargetsRef};
use chainrule_naive::{self as naive, Cost, LossWeights, RowsShape};

use crate::check::{Precision, assert_close_at, numbers, of, widen};

/// One of every kind.
const LOSSES: [Loss; 6] =
    [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Mse, Loss::HalfMse, Loss::Mae, Loss::Huber(0.75)];

/// The loss of `output`, and its gradient.
fn run<T: Precision>(
    loss: Loss,
    (batch, width): (usize, usize),
    output: &[T],
    targets: TargetsRef<'_, T>,
) -> (f64, Vec<T>) {
    let mut dy = vec![T::from_f64(f64::NAN); batch * width];
    let output = MatRef::new(output, batch, width);
    let value = loss.backward(Kernel::selected().unwrap(), output, targets, &mut dy).unwrap();
    (value, dy)
}

/// The truth, in f64, from the numbers that the type holds.
fn truth(loss: Loss, (batch, classes): (usize, usize), y: &[f64], t: naive::Targets<'_, f64>) -> (f64, Vec<f64>) {
    let shape = RowsShape { batch, classes };
    let rows = match t {
        naive::Targets::Distributions(rows) => rows.to_vec(),
        naive::Targets::Labels(labels) => {
            (0..batch * classes).map(|at| f64::from(labels[at / classes] as usize == at % classes)).collect()
        }
    };
    match loss {
        Loss::CrossEntropy => (naive::cross_entropy_forward(shape, y, t), naive::cross_entropy_backward(shape, y, t)),
        Loss::Mse => (naive::mse_forward(y, &rows), naive::mse_backward(y, &rows)),
        Loss::HalfMse => (naive::half_mse_forward(y, &rows), naive::half_mse_backward(y, &rows)),
        Loss::BinaryCrossEntropy => {
            let none = LossWeights::default();
            let value = naive::binary_cross_entropy_forward(shape, y, &rows, none);
            (value, naive::binary_cross_entropy_backward(shape, y, &rows, none))
        }
        Loss::Mae => of_errors(shape, Cost::Absolute, y, &rows),
        Loss::Huber(delta) => of_errors(shape, Cost::Huber(delta), y, &rows),
        other => panic!("{other} has no naive twin"),
    }
}

fn of_errors(shape: RowsShape, cost: Cost, y: &[f64], t: &[f64]) -> (f64, Vec<f64>) {
    let none = LossWeights::default();
    (naive::error_forward(shape, cost, y, t, none), naive::error_backward(shape, cost, y, t, none))
}

#[track_caller]
fn assert_loss<T: Precision>(loss: Loss, shape: (usize, usize), output: &[T], targets: TargetsRef<'_, T>) {
    let values;
    let slow = match targets {
        TargetsRef::Classes(labels) => naive::Targets::Labels(labels),
        TargetsRef::Values(t) => {
            values = (0..t.rows()).flat_map(|i| widen(t.row(i))).collect::<Vec<_>>();
            naive::Targets::Distributions(&values)
        }
    };
    let (want, want_dy) = truth(loss, shape, &widen(output), slow);
    let (got, dy) = run(loss, shape, output, targets);
    // Probabilities are as exact as 1 is, and what is too small for the type beside them is 0.
    let least = match loss {
        Loss::CrossEntropy => 1.0 / shape.0 as f64,
        Loss::BinaryCrossEntropy => 1.0 / (shape.0 * shape.1) as f64,
        _ => 0.0,
    };
    let largest = want_dy.iter().fold(least, |top, v| top.max(v.abs()));
    assert_value::<T>(&format!("{loss} {shape:?}"), got, want);
    assert_close_at(&format!("{loss} {shape:?} dy"), &dy, &want_dy, largest);
}

/// A loss is an f64 whatever the type, as good as the type's arithmetic.
#[track_caller]
fn assert_value<T: Precision>(what: &str, got: f64, want: f64) {
    let (off, allowed) = ((got - want).abs(), T::TOLERANCE * want.abs());
    assert!(off <= allowed, "{} {what} is {got:e}, expected {want:e}: off by {off:e}, allowed {allowed:e}", T::NAME);
}

const SHAPES: [(usize, usize); 5] = [(1, 1), (1, 10), (3, 4), (33, 7), (64, 130)];

fn losses_agree_with_naive<T: Precision>() {
    for loss in LOSSES {
        for (batch, width) in SHAPES {
            let output = of::<T>(&numbers(batch * width, 1));
            let labels: Vec<u32> = (0..batch as u32).map(|row| (5 * row + 2) % width as u32).collect();
            assert_loss(loss, (batch, width), &output, TargetsRef::Classes(&labels));
            let values = numbers(batch * width, 2);
            // Negative ones would make terms of binary cross-entropy cancel.
            let is_binary = loss == Loss::BinaryCrossEntropy;
            let values: Vec<f64> = values.iter().map(|t| if is_binary { t.abs() / 2.0 } else { *t }).collect();
            let values = of::<T>(&values);
            assert_loss(loss, (batch, width), &output, TargetsRef::Values(MatRef::new(&values, batch, width)));
        }
    }
}

#[test]
fn every_loss_and_its_gradient_agree_with_naive() {
    losses_agree_with_naive::<f32>();
    losses_agree_with_naive::<f64>();
}

fn probabilities_agree_with_naive<T: Precision>() {
    for (batch, width) in SHAPES {
        let logits = of::<T>(&numbers(batch * width, 3));
        let weights: Vec<f64> = numbers(batch * width, 4).iter().map(|v| v.abs()).collect();
        let probabilities: Vec<f64> = weights
            .chunks(width)
            .flat_map(|row| row.iter().map(|w| w / row.iter().sum::<f64>()).collect::<Vec<_>>())
            .collect();
        let values = of::<T>(&probabilities);
        assert_loss(
            Loss::CrossEntropy,
            (batch, width),
            &logits,
            TargetsRef::Values(MatRef::new(&values, batch, width)),
        );
    }
}

#[test]
fn cross_entropy_of_probabilities_agrees_with_naive() {
    probabilities_agree_with_naive::<f32>();
    probabilities_agree_with_naive::<f64>();
}

fn classes_are_one_hot_rows<T: Precision>() {
    let (output, labels) = (of::<T>(&numbers(12, 5)), [3, 0, 2]);
    let one_hot = of::<T>(&[0., 0., 0., 1., 1., 0., 0., 0., 0., 0., 1., 0.]);
    for loss in LOSSES {
        let (value, dy) = run(loss, (3, 4), &output, TargetsRef::Classes(&labels));
        let (same, same_dy) = run(loss, (3, 4), &output, TargetsRef::Values(MatRef::new(&one_hot, 3, 4)));
        assert_value::<T>(&format!("{loss}"), value, same);
        assert_close_at(&format!("{loss} dy"), &dy, &widen(&same_dy), 1.0 / 3.0);
    }
}

#[test]
fn class_labels_stand_for_one_hot_rows() {
    classes_are_one_hot_rows::<f32>();
    classes_are_one_hot_rows::<f64>();
}

fn huge_logits<T: Precision>() {
    let rows = [[1e4, -1e4, 0.0], [-3e38, 3e38, 1.0], [1e30, 1e30, 1e30], [-90.0, 88.0, 700.0], [-1e5, -1e5, -1e5]];
    for row in rows {
        let logits = of::<T>(&row);
        for label in 0..3 {
            assert_loss(Loss::CrossEntropy, (1, 3), &logits, TargetsRef::Classes(&[label]));
        }
        let t = of::<T>(&[0.25, 0.25, 0.5]);
        assert_loss(Loss::CrossEntropy, (1, 3), &logits, TargetsRef::Values(MatRef::new(&t, 1, 3)));
    }
}

#[test]
fn huge_logits_overflow_neither_the_loss_nor_its_gradient() {
    huge_logits::<f32>();
    huge_logits::<f64>();
}

fn sure_logits<T: Precision>() {
    // One of each sign: neither the larger exponential nor 1 minus a probability may be taken.
    for size in [0.0, 1e-3, 30.0, 88.0, 100.0, 1e4, 3e38] {
        let logits = of::<T>(&[size, -size, size, -size]);
        let t = of::<T>(&[1.0, 1.0, 0.0, 0.0]);
        assert_loss(Loss::BinaryCrossEntropy, (2, 2), &logits, TargetsRef::Values(MatRef::new(&t, 2, 2)));
        // Alone, the small loss of a right answer is not hidden behind the others': naive's logarithm would lose it.
        let (value, dy) = run(Loss::BinaryCrossEntropy, (1, 1), &logits[..1], TargetsRef::Classes(&[0]));
        let power = (-logits[0].to_f64()).exp();
        // Below the smallest normal f32, e^-z has few digits.
        let (slope, least) = (-power / (1.0 + power), f64::from(f32::MIN_POSITIVE));
        assert!((value - power.ln_1p()).abs() <= T::TOLERANCE * power + least, "{size}: {value:e}");
        assert!((dy[0].to_f64() - slope).abs() <= T::TOLERANCE * power + least, "{size}: {}", dy[0]);
    }
}

#[test]
fn sure_logits_overflow_neither_binary_cross_entropy_nor_its_gradient() {
    sure_logits::<f32>();
    sure_logits::<f64>();
}

/// ln(1 + e^-z) is e^-z here, and 1 minus a sigmoid would be 0.
#[test]
fn a_right_and_sure_answer_still_has_a_loss_and_a_gradient() {
    let (value, dy) = run(Loss::BinaryCrossEntropy, (1, 1), &[60.0], TargetsRef::Classes(&[0]));
    let want = (-60f64).exp();
    assert_value::<f64>("loss", value, want);
    assert_close_at("dy", &dy, &[-want], 0.0);
}

#[test]
fn an_infinite_logit_on_the_right_side_costs_nothing() {
    let t = MatRef::new(&[1.0, 0.0], 1, 2);
    let (value, dy) = run(Loss::BinaryCrossEntropy, (1, 2), &[f64::INFINITY, f64::NEG_INFINITY], TargetsRef::Values(t));
    assert_eq!((value, dy), (0.0, vec![0.0, 0.0]));
    let (value, dy) = run(Loss::BinaryCrossEntropy, (1, 2), &[f64::NEG_INFINITY, f64::INFINITY], TargetsRef::Values(t));
    assert_eq!((value, dy), (f64::INFINITY, vec![-0.5, 0.5]));
}

/// Errors of whole numbers and halves: every operation is exact, so the fast loss and the plain one agree to the bit.
#[test]
fn losses_of_small_whole_errors_are_exact() {
    let (batch, width) = (8, 4);
    let y: Vec<f32> = (0..32u32).map(|at| (at * 7 % 11) as f32 - 5.0).collect();
    let t: Vec<f32> = (0..32u32).map(|at| (at * 5 % 7) as f32 - 3.0).collect();
    let shape = RowsShape { batch, classes: width };
    for (loss, cost) in [(Loss::Mse, Cost::Squared), (Loss::Mae, Cost::Absolute), (Loss::Huber(2.0), Cost::Huber(2.0))]
    {
        let (value, dy) = run(loss, (batch, width), &y, TargetsRef::Values(MatRef::new(&t, batch, width)));
        let none = LossWeights::default();
        assert_eq!(value, f64::from(naive::error_forward(shape, cost, &y, &t, none)), "{loss}");
        assert_eq!(dy, naive::error_backward(shape, cost, &y, &t, none), "{loss}");
    }
}

#[test]
fn the_absolute_error_has_no_slope_at_0_and_huber_s_meets_itself_at_delta() {
    let t = [0.0f64; 3];
    let targets = || TargetsRef::Values(MatRef::new(&t, 1, 3));
    let (value, dy) = run(Loss::Mae, (1, 3), &[0.0, -0.0, 3.0], targets());
    assert_eq!((value, dy[0], dy[1], dy[2]), (1.0, 0.0, 0.0, 1.0 / 3.0));
    // e^2 / 2 inside, delta (|e| - delta / 2) outside: 2 and 2 at e = 2, slopes 2.
    let (value, dy) = run(Loss::Huber(2.0), (1, 3), &[2.0, -2.0, 4.0], targets());
    assert_eq!((value, dy), ((2.0 + 2.0 + 6.0) / 3.0, [2.0, -2.0, 2.0].map(|slope| slope * (1.0 / 3.0)).to_vec()));
}

fn equal_logits<T: Precision>() {
    for size in [1.0, 1e7, -1e12, 1e20, 1e37] {
        let (value, dy) = run(Loss::CrossEntropy, (1, 8), &of::<T>(&[size; 8]), TargetsRef::Classes(&[2]));
        assert_value::<T>(&format!("loss at logits of {size:e}"), value, 8f64.ln());
        let eighth = 0.125;
        let want = [eighth, eighth, -0.875, eighth, eighth, eighth, eighth, eighth];
        assert_close_at(&format!("dy at logits of {size:e}"), &dy, &want, 0.0);
    }
}

#[test]
fn equal_logits_lose_ln_of_their_number_however_large_they_are() {
    equal_logits::<f32>();
    equal_logits::<f64>();
}

#[test]
fn a_class_of_target_0_may_have_a_logit_of_minus_infinity() {
    let t = MatRef::new(&[0.0, 0.5, 0.5], 1, 3);
    let (value, dy) = run(Loss::CrossEntropy, (1, 3), &[f64::NEG_INFINITY, 1.0, 1.0], TargetsRef::Values(t));
    assert_value::<f64>("loss", value, 2f64.ln());
    assert_eq!(dy, [0.0, 0.0, 0.0]);
}

#[test]
fn nan_in_the_output_is_nan_in_the_loss() {
    for loss in LOSSES {
        let (value, _) = run(loss, (2, 2), &[0.0f32, 1.0, f32::NAN, 1.0], TargetsRef::Classes(&[0, 0]));
        assert!(value.is_nan(), "{loss} is {value}");
    }
}

#[test]
fn the_gradient_of_cross_entropy_sums_to_0_in_every_row() {
    let logits = numbers(40, 6);
    let (_, dz) = run(Loss::CrossEntropy, (8, 5), &logits, TargetsRef::Classes(&[0, 1, 2, 3, 4, 0, 1, 2]));
    for row in dz.chunks(5) {
        assert!(row.iter().sum::<f64>().abs() < 1e-15 && row.iter().all(|d| *d != 0.0), "{row:?}");
    }
}
