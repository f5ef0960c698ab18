//! Notebook 002 through a network: 2-4-3-1 worked by hand, ReLU, ReLU and sigmoid under half the mean squared error.

use chainrule_model::{Loss, MatRef, Mlp, TargetsRef, Workspace};

use crate::check::{Precision, assert_close, of, tensors, with_params};

const X: [f64; 2] = [1.0, 2.0]; // (1, 2)
const Y: [f64; 1] = [1.0]; // (1, 1)
#[rustfmt::skip]
const W1: [f64; 8] = [ // (2, 4)
    -0.25091976, 0.90142861, 0.46398788, 0.19731697,
    -0.68796272, -0.68801096, -0.88383278, 0.73235229,
];
const B1: [f64; 4] = [0.0, 0.0, 0.0, 0.0]; // (1, 4)
#[rustfmt::skip]
const W2: [f64; 12] = [ // (4, 3)
    0.18722862, 0.38527555, -0.88770502,
    0.87010397, 0.61556416, -0.53264447,
    -0.58914568, -0.58622094, -0.36247293,
    0.04584, -0.12601334, -0.38656852,
];
const B2: [f64; 3] = [0.0, 0.0, 0.0]; // (1, 3)
const W3: [f64; 3] = [0.27398252, -0.88305609, -0.50913955]; // (3, 1)
const B3: [f64; 1] = [0.0]; // (1, 1)
const A3: [f64; 1] = [0.5052182917352575]; // (1, 1)
const LOSS: f64 = 0.12240446941668841;
const DW3: [f64; 3] = [-0.009422965412241193, 0.0, 0.0]; // (3, 1)
const DB3: [f64; 1] = [-0.12368195387891975]; // (1, 1)
#[rustfmt::skip]
const DW2: [f64; 12] = [ // (4, 3)
    0.0, 0.0, 0.0,
    0.0, 0.0, 0.0,
    0.0, 0.0, 0.0,
    -0.05632041469281591, 0.0, 0.0,
];
const DB2: [f64; 3] = [-0.03388669340227021, 0.0, 0.0]; // (1, 3)
#[rustfmt::skip]
const DW1: [f64; 8] = [ // (2, 4)
    0.0, 0.0, 0.0, -0.0015533660255600665,
    0.0, 0.0, 0.0, -0.003106732051120133,
];
const DB1: [f64; 4] = [-0.0, -0.0, 0.0, -0.0015533660255600665]; // (1, 4)

fn forward_and_backward<T: Precision>() {
    let builder = Mlp::builder(2).dense(4).relu().dense(3).relu().dense(1).sigmoid();
    let mlp = with_params(builder.build_as::<T>().unwrap(), &[&W1, &B1, &W2, &B2, &W3, &B3]);
    let mut workspace = Workspace::new(&mlp, 1);
    let (x, y) = (of::<T>(&X), of::<T>(&Y));
    let (x, targets) = (MatRef::new(&x, 1, 2), TargetsRef::Values(MatRef::new(&y, 1, 1)));
    assert_close("A3", mlp.forward(x, &mut workspace).unwrap().row(0), &A3);
    let loss = mlp.backward(x, targets, Loss::HalfMse, &mut workspace).unwrap();
    assert_close("loss", &[T::from_f64(loss)], &[LOSS]);
    let gradients = tensors(&mlp, workspace.gradients());
    assert_close("dW1", &gradients[0], &DW1);
    assert_close("db1", &gradients[1], &DB1);
    assert_close("dW2", &gradients[2], &DW2);
    assert_close("db2", &gradients[3], &DB2);
    assert_close("dW3", &gradients[4], &DW3);
    assert_close("db3", &gradients[5], &DB3);
}

#[test]
fn the_2_4_3_1_network_has_the_notebooks_numbers() {
    forward_and_backward::<f64>();
    forward_and_backward::<f32>();
}
