//! Notebook 003: the forward pass of a 5-3-2-1 network, ReLU after every layer. It prints 30.37543.

use chainrule_naive::Activation::Relu;
use chainrule_naive::{Layer, Network};

use crate::check::{Precision, assert_close, of};

const X: [f64; 5] = [1.0, 2.0, 3.0, 4.0, 5.0]; // (1, 5)
#[rustfmt::skip]
const W1: [f64; 15] = [ // (5, 3)
    0.3, 0.8, 0.32,
    0.2, 0.232, 0.27,
    0.5, 0.9, 0.655,
    0.23, 0.53, 0.23,
    0.6, 0.66, 0.46,
];
const B1: [f64; 3] = [3.0, 1.0, 5.0]; // (1, 3)
const W2: [f64; 6] = [0.3, 0.8, 0.2, 0.232, 0.5, 0.9]; // (3, 2)
const B2: [f64; 2] = [1.0, 2.0]; // (1, 2)
const W3: [f64; 2] = [0.63, 0.75]; // (2, 1)
const B3: [f64; 1] = [7.0]; // (1, 1)
const A1: [f64; 3] = [9.120000000000001, 10.384, 11.045]; // (1, 3)
const A2: [f64; 2] = [11.3353, 21.645588000000004]; // (1, 2)
const A3: [f64; 1] = [30.37543]; // (1, 1)
const PRINTED: f64 = 30.37543;

fn forward<T: Precision>() {
    let network = Network {
        layers: vec![
            Layer { inputs: 5, outputs: 3, w: of::<T>(&W1), b: of(&B1), activation: Relu },
            Layer { inputs: 3, outputs: 2, w: of(&W2), b: of(&B2), activation: Relu },
            Layer { inputs: 2, outputs: 1, w: of(&W3), b: of(&B3), activation: Relu },
        ],
    };
    let tape = network.forward(1, &of(&X));
    assert_close("A1", &tape.a[0], &A1);
    assert_close("A2", &tape.a[1], &A2);
    assert_close("A3", &tape.a[2], &A3);
    assert_close("the printed output", &tape.a[2], &[PRINTED]);
}

#[test]
fn the_5_3_2_1_network_has_the_notebooks_output() {
    forward::<f64>();
    forward::<f32>();
}
