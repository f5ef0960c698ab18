//! Notebook 002: a 2-4-3-1 network worked by hand, ReLU, ReLU and sigmoid under half the mean squared error.
//!
//! The hand-worked cells start from dA3 = A3 - y, which is right. The notebook's class `MSELoss` returns y - A3 from
//! its `backward`, the opposite sign: stepping against that raises the loss. The true sign is tested here.

use chainrule_naive::Activation::{Relu, Sigmoid};
use chainrule_naive::{Layer, Network, half_mse_backward, half_mse_forward};

use crate::check::{Precision, assert_close, assert_close_at, of};

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
const Z1: [f64; 4] = [-1.6268452, -0.47459330999999993, -1.3036776799999998, 1.66202155]; // (1, 4)
const A1: [f64; 4] = [0.0, 0.0, 0.0, 1.66202155]; // (1, 4)
const Z2: [f64; 3] = [0.076187067852, -0.209436886667477, -0.642485210791606]; // (1, 3)
const A2: [f64; 3] = [0.076187067852, 0.0, 0.0]; // (1, 3)
const Z3: [f64; 1] = [0.020873924841501947]; // (1, 1)
const A3: [f64; 1] = [0.5052182917352575]; // (1, 1)
const LOSS: f64 = 0.12240446941668841;
const DA3: [f64; 1] = [-0.49478170826474255]; // (1, 1)
const DZ3: [f64; 1] = [-0.12368195387891975]; // (1, 1)
const DW3: [f64; 3] = [-0.009422965412241193, 0.0, 0.0]; // (3, 1)
const DB3: [f64; 1] = [-0.12368195387891975]; // (1, 1)
const DA2: [f64; 3] = [-0.03388669340227021, 0.1092181025958792, 0.06297137434103396]; // (1, 3)
const DZ2: [f64; 3] = [-0.03388669340227021, 0.0, 0.0]; // (1, 3)
#[rustfmt::skip]
const DW2: [f64; 12] = [ // (4, 3)
    0.0, 0.0, 0.0,
    0.0, 0.0, 0.0,
    0.0, 0.0, 0.0,
    -0.05632041469281591, 0.0, 0.0,
];
const DB2: [f64; 3] = [-0.03388669340227021, 0.0, 0.0]; // (1, 3)
#[rustfmt::skip]
const DA1: [f64; 4] = [ // (1, 4)
    -0.006344558842070157, -0.029484946459488116, 0.019964199027432, -0.0015533660255600665,
];
const DZ1: [f64; 4] = [-0.0, -0.0, 0.0, -0.0015533660255600665]; // (1, 4)
#[rustfmt::skip]
const DW1: [f64; 8] = [ // (2, 4)
    0.0, 0.0, 0.0, -0.0015533660255600665,
    0.0, 0.0, 0.0, -0.003106732051120133,
];
const DB1: [f64; 4] = [-0.0, -0.0, 0.0, -0.0015533660255600665]; // (1, 4)

fn network<T: Precision>() -> Network<T> {
    Network {
        layers: vec![
            Layer { inputs: 2, outputs: 4, w: of(&W1), b: of(&B1), activation: Relu },
            Layer { inputs: 4, outputs: 3, w: of(&W2), b: of(&B2), activation: Relu },
            Layer { inputs: 3, outputs: 1, w: of(&W3), b: of(&B3), activation: Sigmoid },
        ],
    }
}

fn forward_and_backward<T: Precision>() {
    let network = network::<T>();
    let tape = network.forward(1, &of(&X));
    assert_close_at("Z1", &tape.z[0], &Z1, 1.4); // x * w, up to 2 * 0.69
    assert_close_at("A1", &tape.a[0], &A1, 1.4);
    assert_close("Z2", &tape.z[1], &Z2);
    assert_close("A2", &tape.a[1], &A2);
    assert_close("Z3", &tape.z[2], &Z3);
    assert_close("A3", &tape.a[2], &A3);
    assert_close("loss", &[half_mse_forward(&tape.a[2], &of(&Y))], &[LOSS]);

    let da3 = half_mse_backward(&tape.a[2], &of(&Y));
    assert_close("dA3", &da3, &DA3);
    let gradients = network.backward(&tape, &da3);
    assert_close("dZ3", &gradients[2].dz, &DZ3);
    assert_close("dW3", &gradients[2].dw, &DW3);
    assert_close("db3", &gradients[2].db, &DB3);
    assert_close("dA2", &gradients[2].dx, &DA2);
    assert_close("dZ2", &gradients[1].dz, &DZ2);
    assert_close("dW2", &gradients[1].dw, &DW2);
    assert_close("db2", &gradients[1].db, &DB2);
    assert_close("dA1", &gradients[1].dx, &DA1);
    assert_close("dZ1", &gradients[0].dz, &DZ1);
    assert_close("dW1", &gradients[0].dw, &DW1);
    assert_close("db1", &gradients[0].db, &DB1);
}

#[test]
fn the_2_4_3_1_network_has_the_notebooks_numbers() {
    forward_and_backward::<f64>();
    forward_and_backward::<f32>();
}

#[test]
fn the_gradient_points_uphill_unlike_that_of_the_notebooks_class() {
    // The class computes (y - predicted) / rows.
    let from_the_class = (Y[0] - A3[0]) / 1.0;
    assert_close("dA3", &half_mse_backward(&A3, &Y), &[-from_the_class]);

    let uphill = half_mse_forward(&[A3[0] + 1e-3 * DA3[0]], &Y);
    let along_the_class = half_mse_forward(&[A3[0] + 1e-3 * from_the_class], &Y);
    assert!(along_the_class < LOSS && LOSS < uphill);
}
