//! Dropout inside a network: against naive with the mask that was drawn, in both modes, and where the mask comes from.

use chainrule_model::network::Intermediates;
use chainrule_model::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};
use chainrule_naive::{self as naive, DenseShape};

use crate::check::{Precision, assert_close_at, numbers, of, tensors, widen};

const BATCH: usize = 9;
const P: f64 = 0.4;

fn network<T: Precision>() -> Mlp<T> {
    let mut mlp = Mlp::builder(5).dense(6).tanh().dropout(P).dense(3).seed(3).build_as::<T>().unwrap();
    let values = of(&numbers(mlp.params().len(), 7));
    mlp.params_mut().copy_from_slice(&values);
    mlp
}

fn as_naive<T: Precision>(is_training: bool) {
    let mlp = network::<T>();
    let (x, t) = (numbers(BATCH * 5, 8), numbers(BATCH * 3, 9));
    let (x_here, t_here) = (of::<T>(&x), of::<T>(&t));
    let (x_here, t_here) = (MatRef::new(&x_here, BATCH, 5), MatRef::new(&t_here, BATCH, 3));
    let mut parts = Intermediates::new(&mlp, BATCH);
    parts.forward_training(x_here).unwrap();
    let mask: Vec<bool> = match is_training {
        true => parts.mask(2).unwrap().iter().map(|&kept| kept == 1).collect(),
        false => vec![true; BATCH * 6],
    };
    let p = if is_training { P } else { 0.0 };

    let w: Vec<Vec<f64>> = tensors(&mlp, mlp.params()).iter().map(|part| widen(part)).collect();
    let first = DenseShape { batch: BATCH, inputs: 5, outputs: 6 };
    let last = DenseShape { batch: BATCH, inputs: 6, outputs: 3 };
    let z = naive::dense_forward(first, &x, &w[0], &w[1]);
    let a = naive::dropout_forward(p, &mask, &naive::Activation::Tanh.forward(&z));
    let y = naive::dense_forward(last, &a, &w[2], &w[3]);
    let back = naive::dense_backward(last, &a, &w[2], &naive::half_mse_backward(&y, &t));
    let dz = naive::Activation::Tanh.backward(&z, &naive::dropout_backward(p, &mask, &back.dx));
    let front = naive::dense_backward(first, &x, &w[0], &dz);

    let mut workspace = Workspace::new(&mlp, BATCH);
    let output = match is_training {
        true => mlp.forward_training(x_here, &mut workspace),
        false => mlp.forward(x_here, &mut workspace),
    };
    let output: Vec<T> = (0..BATCH).flat_map(|i| output.as_ref().unwrap().row(i).to_vec()).collect();
    mlp.backward(x_here, TargetsRef::Values(t_here), Loss::HalfMse, &mut workspace).unwrap();
    let gradients = tensors(&mlp, workspace.gradients());
    assert_close_at("y", &output, &y, 20.0);
    for (i, (got, want)) in gradients.iter().zip([&front.dw, &front.db, &back.dw, &back.db]).enumerate() {
        assert_close_at(&format!("gradient {i}, training {is_training}"), got, want, 20.0);
    }
}

#[test]
fn a_network_with_dropout_agrees_with_naive_in_both_modes() {
    for is_training in [true, false] {
        as_naive::<f32>(is_training);
        as_naive::<f64>(is_training);
    }
}

/// The mask of the next pass.
fn mask(mlp: &Mlp<f64>, rows: usize) -> Vec<u8> {
    let x = numbers(rows * 5, 8);
    let mut parts = Intermediates::new(mlp, rows);
    parts.forward_training(MatRef::new(&x, rows, 5)).unwrap();
    parts.mask(2).unwrap().to_vec()
}

#[test]
fn a_mask_is_drawn_anew_for_each_step_and_not_before() {
    let mut mlp = network::<f64>();
    let (x, t) = (numbers(BATCH * 5, 8), numbers(BATCH * 3, 9));
    let (x, t) = (MatRef::new(&x, BATCH, 5), TargetsRef::Values(MatRef::new(&t, BATCH, 3)));
    let mut workspace = Workspace::new(&mlp, BATCH);
    let mut seen = vec![mask(&mlp, BATCH)];
    for _ in 0..3 {
        mlp.forward_training(x, &mut workspace).unwrap();
        mlp.forward(x, &mut workspace).unwrap();
        mlp.commit_pass(&workspace).unwrap(); // of an evaluation: nothing to commit
        assert_eq!(mask(&mlp, BATCH), *seen.last().unwrap());
        mlp.step(x, t, Loss::Mse, Optimizer::Sgd { lr: 0.0 }, &mut workspace).unwrap();
        let next = mask(&mlp, BATCH);
        assert!(!seen.contains(&next));
        seen.push(next);
    }
    // Fewer rows have the first rows' mask, and a seed begins anew.
    assert_eq!(mask(&mlp, 4), seen[3][..4 * 6]);
    mlp.reseed(3);
    assert_eq!(mask(&mlp, BATCH), seen[0]);
    mlp.reseed(4);
    assert!(!seen.contains(&mask(&mlp, BATCH)));
}

#[test]
fn two_dropout_layers_leave_out_different_units() {
    let mlp = Mlp::builder(50).dropout(0.5).dropout(0.5).dense(1).build_as::<f64>().unwrap();
    let x = [1.0; 50];
    let mut parts = Intermediates::new(&mlp, 1);
    parts.forward_training(MatRef::new(&x, 1, 50)).unwrap();
    assert_ne!(parts.mask(0), parts.mask(1));
    let left = (0..50).filter(|&i| parts.output(1).get(0, i) == 4.0).count();
    let kept = |module: usize, i: usize| parts.mask(module).unwrap()[i] == 1;
    assert_eq!(left, (0..50).filter(|&i| kept(0, i) && kept(1, i)).count());
    parts.forward(MatRef::new(&x, 1, 50)).unwrap();
    assert_eq!((parts.mask(0), parts.output(1).row(0)), (None, x.as_slice()));
}
