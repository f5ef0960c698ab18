//! Weights of rows and outputs, smoothed labels and sums, against naive and against what they stand for.

use chainrule_model::network::{Objective, Reduction};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Kernel, Loss, MatRef, TargetsRef};
use chainrule_naive::{self as naive, Cost, LossWeights, RowsShape};

use crate::check::{Precision, assert_close_at, numbers, of, widen};

/// The value and its gradient.
fn run<T: Precision>(
    objective: Objective<'_, T>,
    (batch, width): (usize, usize),
    output: &[T],
    targets: TargetsRef<'_, T>,
) -> (f64, Vec<T>) {
    let mut dy = vec![T::from_f64(f64::NAN); batch * width];
    let output = MatRef::new(output, batch, width);
    let value = objective.backward(Kernel::selected().unwrap(), output, targets, &mut dy).unwrap();
    (value, dy)
}

/// The truth, in f64, from the numbers that the type holds.
fn truth<T: Precision>(
    objective: Objective<'_, T>,
    (batch, classes): (usize, usize),
    y: &[T],
    targets: TargetsRef<'_, T>,
) -> (f64, Vec<f64>) {
    let shape = RowsShape { batch, classes };
    let (of_rows, of_outputs) = (objective.rows.map(widen), objective.outputs.map(widen));
    let weights = LossWeights {
        rows: of_rows.as_deref(),
        outputs: of_outputs.as_deref(),
        smoothing: objective.smoothing,
        sum: objective.reduction == Reduction::Sum,
    };
    let y = &widen(y);
    let is_one = |row: usize, class: usize, labels: &[u32]| f64::from(u8::from(labels[row] as usize == class));
    let t: Vec<f64> = (0..batch * classes)
        .map(|at| match targets {
            TargetsRef::Classes(labels) => is_one(at / classes, at % classes, labels),
            TargetsRef::Values(t) => t.get(at / classes, at % classes).to_f64(),
        })
        .collect();
    let of_errors = |cost: Cost, factor: f64| {
        let dy = naive::error_backward(shape, cost, y, &t, weights);
        (factor * naive::error_forward(shape, cost, y, &t, weights), dy.iter().map(|dy| factor * dy).collect())
    };
    match objective.loss {
        Loss::CrossEntropy => {
            let t = match targets {
                TargetsRef::Classes(labels) => naive::Targets::Labels(labels),
                TargetsRef::Values(_) => naive::Targets::Distributions(&t),
            };
            let value = naive::weighted_cross_entropy_forward(shape, y, t, weights);
            (value, naive::weighted_cross_entropy_backward(shape, y, t, weights))
        }
        Loss::BinaryCrossEntropy => {
            let value = naive::binary_cross_entropy_forward(shape, y, &t, weights);
            (value, naive::binary_cross_entropy_backward(shape, y, &t, weights))
        }
        Loss::Mse => of_errors(Cost::Squared, 1.0),
        Loss::HalfMse => of_errors(Cost::Squared, 0.5),
        Loss::Mae => of_errors(Cost::Absolute, 1.0),
        Loss::Huber(delta) => of_errors(Cost::Huber(delta), 1.0),
        other => panic!("{other} has no naive twin"),
    }
}

#[track_caller]
fn assert_agrees<T: Precision>(
    objective: Objective<'_, T>,
    shape: (usize, usize),
    output: &[T],
    targets: TargetsRef<'_, T>,
) {
    let (want, want_dy) = truth(objective, shape, output, targets);
    let (got, dy) = run(objective, shape, output, targets);
    let what = format!("{} {shape:?} {objective:?}", T::NAME);
    assert!((got - want).abs() <= 2.0 * T::TOLERANCE * want.abs(), "{what} is {got:e}, expected {want:e}");
    let largest = want_dy.iter().fold(0.0f64, |top, v| top.max(v.abs()));
    // A probability is as exact as 1 is.
    assert_close_at(&format!("{what} dy"), &dy, &want_dy, 2.0 * largest);
}

const LOSSES: [Loss; 6] =
    [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Mse, Loss::HalfMse, Loss::Mae, Loss::Huber(0.75)];

/// Whether a loss has a use for weights of outputs, and for smoothing.
fn takes(loss: Loss) -> (bool, bool) {
    (matches!(loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy), loss == Loss::CrossEntropy)
}

/// Every combination of weights, smoothing and reduction that a loss takes.
fn each_objective<T: Precision>(loss: Loss, rows: &[T], outputs: &[T], mut test: impl FnMut(Objective<'_, T>)) {
    let (weighs, smooths) = takes(loss);
    for reduction in [Reduction::Mean, Reduction::Sum] {
        for rows in [None, Some(rows)] {
            for outputs in [None, Some(outputs).filter(|_| weighs)] {
                for smoothing in [0.0, if smooths { 0.1 } else { 0.0 }] {
                    test(Objective { loss, reduction, rows, outputs, smoothing });
                }
            }
        }
    }
}

fn agree_with_naive<T: Precision>() {
    for (batch, width) in [(1, 1), (1, 10), (3, 4), (33, 7), (64, 130)] {
        let output = of::<T>(&numbers(batch * width, 1));
        let labels: Vec<u32> = (0..batch as u32).map(|row| (5 * row + 2) % width as u32).collect();
        // Each row of values adds up to about 1, none of them below 0.
        let shares: Vec<f64> = numbers(batch * width, 2).iter().map(|v| v.abs() / width as f64).collect();
        let values = of::<T>(&shares);
        // Among the weights are 0 and 1; no row but the first is sure to count.
        let mut stream = Stream::new(3, Purpose::Synthetic, batch as u64);
        let mut weights = |count: usize| (0..count).map(|_| T::from_f64(stream.below(9) as f64 / 4.0)).collect();
        let (mut rows, outputs): (Vec<T>, Vec<T>) = (weights(batch), weights(width));
        rows[0] = T::from_f64(0.75);
        let outputs: Vec<T> = outputs.iter().map(|w| *w + T::from_f64(0.25)).collect();
        for loss in LOSSES {
            each_objective(loss, &rows, &outputs, |objective| {
                assert_agrees(objective, (batch, width), &output, TargetsRef::Classes(&labels));
                let values = TargetsRef::Values(MatRef::new(&values, batch, width));
                assert_agrees(objective, (batch, width), &output, values);
            });
        }
    }
}

#[test]
fn every_loss_with_weights_and_smoothing_agrees_with_naive() {
    agree_with_naive::<f32>();
    agree_with_naive::<f64>();
}

/// (L(y + h) - L(y - h)) / 2h at every element, in f64.
#[test]
fn every_gradient_is_the_slope_of_its_loss() {
    let (shape, h) = ((4, 3), 1e-6);
    let (output, t) = (numbers(12, 10), numbers(12, 11));
    let t: Vec<f64> = t.iter().map(|t| t.abs() / 2.0).collect();
    let (rows, outputs) = ([1.0, 0.0, 2.5, 0.5], [0.5, 2.0, 1.0]);
    for loss in LOSSES {
        each_objective(loss, &rows, &outputs, |objective| {
            for targets in [TargetsRef::Classes(&[0, 2, 1, 1]), TargetsRef::Values(MatRef::new(&t, 4, 3))] {
                let (_, dy) = run(objective, shape, &output, targets);
                for at in 0..output.len() {
                    let side = |h: f64| {
                        let mut output = output.clone();
                        output[at] += h;
                        run(objective, shape, &output, targets).0
                    };
                    let slope = (side(h) - side(-h)) / (2.0 * h);
                    assert!((slope - dy[at]).abs() < 1e-8, "{objective:?} [{at}]: {slope}, {}", dy[at]);
                }
            }
        });
    }
}

#[test]
fn a_row_of_weight_2_counts_as_that_row_twice_and_one_of_weight_0_not_at_all() {
    let (output, t) = (numbers(9, 20), numbers(9, 21).iter().map(|t| t.abs() / 2.0).collect::<Vec<f64>>());
    let counts = [2.0, 0.0, 3.0];
    let repeat = |values: &[f64]| {
        let rows = values.chunks(3).zip(counts);
        rows.flat_map(|(row, count)| row.repeat(count as usize)).collect::<Vec<f64>>()
    };
    let (many, many_t) = (repeat(&output), repeat(&t));
    let outputs = [0.5, 2.0, 1.0];
    for loss in LOSSES {
        each_objective(loss, &counts, &outputs, |objective| {
            let Some(_) = objective.rows else { return };
            let repeated = Objective { rows: None, ..objective };
            for is_label in [false, true] {
                let (few, labels) = (TargetsRef::Values(MatRef::new(&t, 3, 3)), TargetsRef::Classes(&[0, 1, 2]));
                let (all, all_labels) =
                    (TargetsRef::Values(MatRef::new(&many_t, 5, 3)), TargetsRef::Classes(&[0, 0, 2, 2, 2]));
                let (value, dy) = run(objective, (3, 3), &output, if is_label { labels } else { few });
                let (want, each_dy) = run(repeated, (5, 3), &many, if is_label { all_labels } else { all });
                assert!((value - want).abs() < 1e-14 * want.abs().max(1.0), "{objective:?}: {value}, {want}");
                // The gradient of a row is that of its copies together.
                let want_dy: Vec<f64> = (0..9)
                    .map(|at| match at / 3 {
                        0 => 2.0 * each_dy[at],
                        1 => 0.0,
                        _ => 3.0 * each_dy[at],
                    })
                    .collect();
                assert_close_at(&format!("{objective:?}"), &dy, &want_dy, 1.0);
            }
        });
    }
}

#[test]
fn a_sum_is_the_mean_times_what_the_rows_count() {
    let (output, labels) = (numbers(12, 30), [0, 2, 1, 1]);
    let (rows, outputs) = ([1.0, 0.0, 2.5, 0.5], [0.5, 2.0, 1.0]);
    for loss in LOSSES {
        each_objective(loss, &rows, &outputs, |objective| {
            let run =
                |reduction| run(Objective { reduction, ..objective }, (4, 3), &output, TargetsRef::Classes(&labels));
            let ((mean, _), (sum, _)) = (run(Reduction::Mean), run(Reduction::Sum));
            let per_row = if loss == Loss::CrossEntropy { 1.0 } else { 3.0 };
            let want = mean * objective.mass(TargetsRef::Classes(&labels)) * per_row;
            assert!((sum - want).abs() < 1e-13 * want, "{objective:?}: {sum}, {want}");
        });
    }
}

#[test]
fn a_row_that_does_not_count_may_hold_anything() {
    for loss in LOSSES {
        let output = [0.5, 1.0, f64::NAN, f64::INFINITY];
        let objective = Objective { rows: Some(&[1.0, 0.0]), ..loss.into() };
        let (value, dy) = run(objective, (2, 2), &output, TargetsRef::Classes(&[1, 1]));
        let (want, want_dy) = run(loss.into(), (1, 2), &output[..2], TargetsRef::Classes(&[1]));
        assert!((value - want).abs() < 1e-15, "{loss}: {value}, {want}");
        assert_eq!((&dy[..2], &dy[2..]), (want_dy.as_slice(), [0.0, 0.0].as_slice()), "{loss}");
    }
}

#[test]
fn smoothed_labels_are_the_probabilities_that_they_stand_for() {
    let logits = numbers(12, 40);
    let smoothed = Objective { smoothing: 0.2, ..Loss::CrossEntropy.into() };
    let t: Vec<f64> =
        [0, 3, 2].iter().flat_map(|&label| (0..4).map(move |j| if j == label { 0.85 } else { 0.05 })).collect();
    let (value, dy) = run(smoothed, (3, 4), &logits, TargetsRef::Classes(&[0, 3, 2]));
    let (want, want_dy) = run(Loss::CrossEntropy.into(), (3, 4), &logits, TargetsRef::Values(MatRef::new(&t, 3, 4)));
    assert!((value - want).abs() < 1e-14, "{value}, {want}");
    assert_close_at("dy", &dy, &want_dy, 1.0);
}
