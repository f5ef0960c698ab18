//! Rows and workspaces: a row's numbers depend neither on the rows beside it nor on the room there is for others.

use chainrule_model::{Activation, Loss, MatRef, Mlp, Optimizer, Scalar, TargetsRef, Workspace};

use crate::check::{Precision, numbers, of};

const INPUTS: usize = 13;
const OUTPUTS: usize = 5;

/// One module of every kind.
fn network<T: Scalar>() -> Mlp<T> {
    let layers = Mlp::builder(INPUTS).dense(37).relu().dense(21).tanh().dense(18).sigmoid();
    let layers = layers.dense(16).leaky_relu(0.1).dense(12).activation(Activation::Gelu).log_softmax();
    layers.dense(OUTPUTS).softmax().seed(3).build_as().unwrap()
}

fn forward<T: Scalar>(mlp: &Mlp<T>, x: &[T], workspace: &mut Workspace<T>) -> Vec<T> {
    let output = mlp.forward(MatRef::new(x, x.len() / INPUTS, INPUTS), workspace).unwrap();
    (0..output.rows()).flat_map(|i| output.row(i).to_vec()).collect()
}

fn predictions_are_forward<T: Precision>() {
    let mlp = network::<T>();
    let rows = 23;
    let x = of::<T>(&numbers(rows * INPUTS, 1));
    let whole = forward(&mlp, &x, &mut Workspace::new(&mlp, rows));
    // In one go with room to spare, in three and a rest, row by row.
    for room in [100, rows, 7, 6, 1] {
        let mut got = vec![T::from_f64(f64::NAN); rows * OUTPUTS];
        mlp.predict_into(MatRef::new(&x, rows, INPUTS), &mut got, &mut Workspace::new(&mlp, room)).unwrap();
        assert!(got == whole, "{} with room for {room} rows", T::NAME);
    }
}

#[test]
fn predictions_in_several_workspace_fuls_have_the_bits_of_one_forward_pass() {
    predictions_are_forward::<f32>();
    predictions_are_forward::<f64>();
}

#[test]
fn no_rows_predict_nothing() {
    let mlp = network::<f32>();
    mlp.predict_into(MatRef::new(&[], 0, INPUTS), &mut [], &mut Workspace::new(&mlp, 4)).unwrap();
}

fn partial_batches<T: Precision>() {
    let mlp = network::<T>();
    let (rows, room) = (5, 32);
    let x = of::<T>(&numbers(rows * INPUTS, 2));
    let labels = [0, 1, 2, 3, 4];
    let pass = |workspace: &mut Workspace<T>| {
        let output = forward(&mlp, &x, workspace);
        let matrix = MatRef::new(&x, rows, INPUTS);
        let loss = mlp.backward(matrix, TargetsRef::Classes(&labels), Loss::Mse, workspace).unwrap();
        (output, loss, workspace.gradients().to_vec())
    };
    let fresh = pass(&mut Workspace::new(&mlp, rows));
    // A larger one, in which a full minibatch of NaN has been before.
    let mut used = Workspace::new(&mlp, room);
    let nan = vec![T::from_f64(f64::NAN); room * INPUTS];
    forward(&mlp, &nan, &mut used);
    let full = MatRef::new(&nan, room, INPUTS);
    let loss = mlp.backward(full, TargetsRef::Classes(&[0; 32]), Loss::Mse, &mut used).unwrap();
    assert!(loss.is_nan() && used.gradients().iter().any(|g| !g.is_finite()));
    assert!(pass(&mut used) == fresh, "{}", T::NAME);
}

#[test]
fn a_partial_minibatch_in_a_used_workspace_has_the_bits_of_one_made_for_it() {
    partial_batches::<f32>();
    partial_batches::<f64>();
}

#[test]
fn a_workspace_serves_another_network_of_the_same_layers() {
    let (one, two) = (network::<f32>(), Mlp::clone(&network()));
    let x = of(&numbers(2 * INPUTS, 4));
    let mut workspace = Workspace::new(&one, 2);
    assert_eq!(forward(&one, &x, &mut workspace), forward(&two, &x, &mut workspace));
}

#[test]
fn a_step_is_forward_backward_and_update() {
    let mut stepped = network::<f64>();
    let by_hand = network::<f64>();
    let x = numbers(6 * INPUTS, 5);
    let (x, targets) = (MatRef::new(&x, 6, INPUTS), TargetsRef::Classes(&[0, 1, 2, 3, 4, 0]));
    let mut workspace = Workspace::new(&by_hand, 6);
    by_hand.forward(x, &mut workspace).unwrap();
    let loss = by_hand.backward(x, targets, Loss::HalfMse, &mut workspace).unwrap();
    let after: Vec<f64> = by_hand.params().iter().zip(workspace.gradients()).map(|(w, dw)| w - 0.3 * dw).collect();

    let mut workspace = Workspace::new(&stepped, 6);
    let step = stepped.step(x, targets, Loss::HalfMse, Optimizer::Sgd { lr: 0.3 }, &mut workspace).unwrap();
    assert_eq!((step, stepped.params()), (loss, after.as_slice()));
}

#[test]
fn steps_lower_the_loss_of_every_kind() {
    let x = numbers(40 * INPUTS, 6);
    let labels: Vec<u32> = x.chunks(INPUTS).map(|row| u32::from(row[0] + row[1] > 0.0)).collect();
    let all = [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Mse, Loss::HalfMse, Loss::Mae, Loss::Huber(0.5)];
    for loss in all {
        let mut mlp = Mlp::builder(INPUTS).dense(16).tanh().dense(2).seed(1).build_as::<f64>().unwrap();
        let mut workspace = Workspace::new(&mlp, 40);
        let mut step = || {
            let (x, sgd) = (MatRef::new(&x, 40, INPUTS), Optimizer::Sgd { lr: 0.2 });
            mlp.step(x, TargetsRef::Classes(&labels), loss, sgd, &mut workspace).unwrap()
        };
        let first = step();
        let last = (0..200).map(|_| step()).last().unwrap();
        assert!(last < 0.2 * first, "{loss} went from {first} to {last}");
    }
}
