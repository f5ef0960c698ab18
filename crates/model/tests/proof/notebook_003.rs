//! Notebook 003 through a network: one step of a 3-3-2-1 network, and the forward pass of a 5-3-2-1 network.
//!
//! The step is the true one: the printed hidden biases are not, see the same notebook among the tests of the naive crate.

use chainrule_model::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};

use crate::check::{Precision, assert_close, assert_close_at, of, tensors, with_params};

const X: [f64; 3] = [1.0, 2.0, 3.0]; // (1, 3)
const Y: [f64; 1] = [1.0]; // (1, 1)
const W1: [f64; 9] = [0.3, 0.2, 0.4, 0.34, 0.23, 0.43, 0.67, 0.21, 0.11]; // (3, 3)
const B1: [f64; 3] = [1.0, 2.0, 1.0]; // (1, 3)
const W2: [f64; 6] = [0.3, 0.2, 0.34, 0.23, 0.44, 0.75]; // (3, 2)
const B2: [f64; 2] = [2.0, 3.0]; // (1, 2)
const W3: [f64; 2] = [0.33, 0.66]; // (2, 1)
const B3: [f64; 1] = [1.1]; // (1, 1)
const Z3: [f64; 1] = [7.1883680000000005]; // (1, 1)
const LOSS: f64 = 19.147949251712003;
const DW3: [f64; 2] = [33.7587851136, 40.2070645696]; // (2, 1)
const DB3: [f64; 1] = [6.1883680000000005]; // (1, 1)
#[rustfmt::skip]
const DW2: [f64; 6] = [ // (3, 2)
    8.1482241456, 16.2964482912,
    6.718711137600001, 13.437422275200001,
    5.2891981296, 10.5783962592,
];
const DB2: [f64; 2] = [2.04216144, 4.08432288]; // (1, 2)
#[rustfmt::skip]
const DW1: [f64; 9] = [ // (3, 3)
    1.429513008, 1.6337291520000001, 3.9617931936,
    2.859026016, 3.2674583040000003, 7.9235863872,
    4.288539024, 4.901187456000001, 11.8853795808,
];
const DB1: [f64; 3] = [1.429513008, 1.6337291520000001, 3.9617931936]; // (1, 3)
const LR: f64 = 0.1;
#[rustfmt::skip]
const W1_AFTER: [f64; 9] = [ // (3, 3)
    0.15704869919999997, 0.03662708479999999, 0.0038206806399999627,
    0.054097398399999996, -0.09674583040000004, -0.3623586387200001,
    0.2411460976, -0.28011874560000005, -1.07853795808,
];
const B1_AFTER: [f64; 3] = [0.8570486991999999, 1.8366270848, 0.6038206806399999]; // (1, 3)
#[rustfmt::skip]
const W2_AFTER: [f64; 6] = [ // (3, 2)
    -0.51482241456, -1.4296448291200001,
    -0.33187111376000006, -1.1137422275200002,
    -0.08891981296000001, -0.30783962592,
];
const B2_AFTER: [f64; 2] = [1.795783856, 2.591567712]; // (1, 2)
const W3_AFTER: [f64; 2] = [-3.0458785113599998, -3.36070645696]; // (2, 1)
const B3_AFTER: [f64; 1] = [0.4811632]; // (1, 1)

fn one_step<T: Precision>() {
    let builder = Mlp::builder(3).dense(3).relu().dense(2).relu().dense(1);
    let mut mlp = with_params(builder.build_as::<T>().unwrap(), &[&W1, &B1, &W2, &B2, &W3, &B3]);
    let mut workspace = Workspace::new(&mlp, 1);
    let (x, y) = (of::<T>(&X), of::<T>(&Y));
    let (x, targets) = (MatRef::new(&x, 1, 3), TargetsRef::Values(MatRef::new(&y, 1, 1)));
    assert_close("Z3", mlp.forward(x, &mut workspace).unwrap().row(0), &Z3);
    let loss = mlp.backward(x, targets, Loss::HalfMse, &mut workspace).unwrap();
    assert_close("loss", &[T::from_f64(loss)], &[LOSS]);
    let mut fresh = Workspace::new(&mlp, x.rows());
    assert_eq!(mlp.step(x, targets, Loss::HalfMse, Optimizer::Sgd { lr: LR }, &mut fresh), Ok(loss));
    let gradients = tensors(&mlp, workspace.gradients());
    assert_close("dW1", &gradients[0], &DW1);
    assert_close("db1", &gradients[1], &DB1);
    assert_close("dW2", &gradients[2], &DW2);
    assert_close("db2", &gradients[3], &DB2);
    assert_close("dW3", &gradients[4], &DW3);
    assert_close("db3", &gradients[5], &DB3);
    // Relative to what is subtracted: w and lr * dw nearly cancel in places.
    let after = tensors(&mlp, mlp.params());
    assert_close_at("W1 after", &after[0], &W1_AFTER, 0.4);
    assert_close_at("b1 after", &after[1], &B1_AFTER, 1.0);
    assert_close_at("W2 after", &after[2], &W2_AFTER, 1.0);
    assert_close_at("b2 after", &after[3], &B2_AFTER, 1.0);
    assert_close_at("W3 after", &after[4], &W3_AFTER, 1.0);
    assert_close_at("b3 after", &after[5], &B3_AFTER, 1.0);
}

#[test]
fn a_step_of_the_3_3_2_1_network_has_the_true_numbers() {
    one_step::<f64>();
    one_step::<f32>();
}

mod wider {
    pub(super) const X: [f64; 5] = [1.0, 2.0, 3.0, 4.0, 5.0]; // (1, 5)
    #[rustfmt::skip]
    pub(super) const W1: [f64; 15] = [ // (5, 3)
        0.3, 0.8, 0.32,
        0.2, 0.232, 0.27,
        0.5, 0.9, 0.655,
        0.23, 0.53, 0.23,
        0.6, 0.66, 0.46,
    ];
    pub(super) const B1: [f64; 3] = [3.0, 1.0, 5.0]; // (1, 3)
    pub(super) const W2: [f64; 6] = [0.3, 0.8, 0.2, 0.232, 0.5, 0.9]; // (3, 2)
    pub(super) const B2: [f64; 2] = [1.0, 2.0]; // (1, 2)
    pub(super) const W3: [f64; 2] = [0.63, 0.75]; // (2, 1)
    pub(super) const B3: [f64; 1] = [7.0]; // (1, 1)
    pub(super) const PRINTED: f64 = 30.37543;
}

fn forward<T: Precision>() {
    let builder = Mlp::builder(5).dense(3).relu().dense(2).relu().dense(1).relu();
    let tensors: [&[f64]; 6] = [&wider::W1, &wider::B1, &wider::W2, &wider::B2, &wider::W3, &wider::B3];
    let mlp = with_params(builder.build_as::<T>().unwrap(), &tensors);
    let x = of::<T>(&wider::X);
    let mut workspace = Workspace::new(&mlp, 1);
    assert_close("A3", mlp.forward(MatRef::new(&x, 1, 5), &mut workspace).unwrap().row(0), &[wider::PRINTED]);
}

#[test]
fn the_5_3_2_1_network_has_the_notebooks_output() {
    forward::<f64>();
    forward::<f32>();
}
