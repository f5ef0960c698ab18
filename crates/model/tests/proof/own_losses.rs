//! A loss of the caller's own: what it is given, and that what it writes goes the way of any other loss's gradient.

use chainrule_model::optim::{Clip, Update};
use chainrule_model::{Loss, MatRef, Mlp, ModelError, Optimizer, TargetsRef, Workspace};

use crate::check::numbers;

const INPUTS: usize = 4;
const OUTPUTS: usize = 3;
const ROWS: usize = 7;

fn network() -> Mlp<f64> {
    Mlp::builder(INPUTS).dense(6).tanh().dense(OUTPUTS).seed(9).build_as().unwrap()
}

/// Half the mean squared error to `t`, in the order of operations of [`Loss::HalfMse`].
fn half_mse(t: &[f64]) -> impl Fn(MatRef<'_, f64>, &mut [f64]) -> f64 + Copy {
    move |y, dy| {
        assert_eq!((y.rows(), y.cols(), dy.len()), (ROWS, OUTPUTS, ROWS * OUTPUTS));
        let elements = (ROWS * OUTPUTS) as f64;
        let mut total = 0.0;
        for (at, (dy, t)) in dy.iter_mut().zip(t).enumerate() {
            let error = y.get(at / OUTPUTS, at % OUTPUTS) - t;
            total += error * error;
            *dy = 1.0 / elements * error;
        }
        0.5 * (total / elements)
    }
}

#[test]
fn a_step_down_an_own_loss_has_the_bits_of_one_down_the_same_loss_of_ours() {
    let (x, t) = (numbers(ROWS * INPUTS, 1), numbers(ROWS * OUTPUTS, 2));
    let (x, targets) = (MatRef::new(&x, ROWS, INPUTS), TargetsRef::Values(MatRef::new(&t, ROWS, OUTPUTS)));
    for clip in [None, Some(Clip::Norm(0.1))] {
        let update = Update { clip, ..Optimizer::Sgd { lr: 0.3 }.into() };
        let (mut ours, mut own) = (network(), network());
        let (mut one, mut other) = (Workspace::new(&ours, ROWS), Workspace::new(&own, ROWS));
        for _ in 0..3 {
            ours.forward(x, &mut one).unwrap();
            own.forward(x, &mut other).unwrap();
            let value = ours.backward(x, targets, Loss::HalfMse, &mut one).unwrap();
            assert_eq!(own.backward_with(x, half_mse(&t), &mut other), Ok(value));
            assert_eq!(one.gradients(), other.gradients());
            assert_eq!(ours.step(x, targets, Loss::HalfMse, update, &mut one), Ok(value));
            assert_eq!(own.step_with(x, half_mse(&t), update, &mut other), Ok(value));
            assert_eq!(ours.params(), own.params());
        }
    }
}

#[test]
fn what_an_own_loss_leaves_unwritten_is_0() {
    let (mlp, x) = (network(), numbers(ROWS * INPUTS, 1));
    let (x, mut workspace) = (MatRef::new(&x, ROWS, INPUTS), Workspace::new(&network(), ROWS));
    mlp.forward(x, &mut workspace).unwrap();
    mlp.backward(x, TargetsRef::Classes(&[0; ROWS]), Loss::CrossEntropy, &mut workspace).unwrap();
    assert!(workspace.gradients().iter().any(|g| *g != 0.0));
    assert_eq!(mlp.backward_with(x, |_, _| 1.0, &mut workspace), Ok(1.0));
    assert!(workspace.gradients().iter().all(|g| *g == 0.0));
}

#[test]
fn an_own_loss_that_is_not_finite_moves_nothing() {
    let x = numbers(ROWS * INPUTS, 1);
    for value in [f64::NAN, f64::INFINITY] {
        let (mut mlp, mut workspace) = (network(), Workspace::new(&network(), ROWS));
        let loss = |_: MatRef<'_, f64>, dy: &mut [f64]| {
            dy.fill(1.0);
            value
        };
        let sgd = Optimizer::Sgd { lr: 0.3 };
        let got = mlp.step_with(MatRef::new(&x, ROWS, INPUTS), loss, sgd, &mut workspace).unwrap();
        assert_eq!((got.to_bits(), mlp.params()), (value.to_bits(), network().params()));
    }
}

#[test]
fn an_own_loss_of_no_rows_or_of_other_rows_is_refused() {
    let (mlp, mut workspace) = (network(), Workspace::new(&network(), 2));
    let none = MatRef::new(&[], 0, INPUTS);
    mlp.forward(none, &mut workspace).unwrap();
    assert_eq!(mlp.backward_with(none, |_, _| 0.0, &mut workspace), Err(ModelError::EmptyBatch));
    let x = [0.0; 2 * INPUTS];
    mlp.forward(MatRef::new(&x, 2, INPUTS), &mut workspace).unwrap();
    let refused = mlp.backward_with(MatRef::new(&x[..INPUTS], 1, INPUTS), |_, _| 0.0, &mut workspace);
    assert_eq!(refused.unwrap_err().to_string(), "backward: x is 1x4, expected 2x4");
}
