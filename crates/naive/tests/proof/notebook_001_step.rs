//! Notebook 001: one training step of a 2-4-2 classifier, ReLU and softmax under cross-entropy, on a batch of six.
//!
//! The notebook divides by the batch where it forms dW and db, so its own dZ2 and dZ1 are six times those below; the
//! weight gradients that it prints, and its loss of 0.6931, are these.

use chainrule_naive::Activation::{Identity, Relu};
use chainrule_naive::{
    Layer, Network, RowsShape, Targets, cross_entropy_backward, cross_entropy_forward, sgd_step, softmax_forward,
};

use crate::check::{Precision, assert_close, assert_close_at, of};

const SHAPE: RowsShape = RowsShape { batch: 6, classes: 2 };
const X: [f64; 12] = [7.0, 4.0, 8.0, 5.0, 7.0, 10.0, 3.0, 7.0, 8.0, 5.0, 4.0, 8.0]; // (6, 2)
const LABELS: [u32; 6] = [1, 0, 1, 0, 1, 1];
#[rustfmt::skip]
const W1: [f64; 8] = [ // (2, 4)
    -0.004694743859349522, 0.005425600435859647, -0.0046341769281246226, -0.004657297535702569,
    0.002419622715660341, -0.01913280244657798, -0.01724917832513033, -0.005622875292409727,
];
const B1: [f64; 4] = [0.0, 0.0, 0.0, 0.0]; // (1, 4)
#[rustfmt::skip]
const W2: [f64; 8] = [ // (4, 2)
    -0.010128311203344238, 0.003142473325952739,
    -0.00908024075521211, -0.014123037013352916,
    0.014656487689215542, -0.0022577630048653567,
    0.0006752820468792384, -0.014247481862134568,
];
const B2: [f64; 2] = [0.0, 0.0]; // (1, 2)
#[rustfmt::skip]
const Z1: [f64; 24] = [ // (6, 4)
    -0.023184716152805283, -0.038552006735294395, -0.10143595179739368, -0.05509258391955689,
    -0.025459837296494467, -0.052259208746012725, -0.12331930705064863, -0.06537275674766918,
    -0.008666979858843238, -0.15334882141476228, -0.20493102174817565, -0.08882983567401524,
    0.0028531274315738227, -0.11765281581846693, -0.13464677906028616, -0.05333201965397579,
    -0.025459837296494467, -0.052259208746012725, -0.12331930705064863, -0.06537275674766918,
    0.0005780062878846422, -0.13136001782918524, -0.15653013431354112, -0.06361219248208809,
];
#[rustfmt::skip]
const A1: [f64; 24] = [ // (6, 4)
    0.0, 0.0, 0.0, 0.0,
    0.0, 0.0, 0.0, 0.0,
    0.0, 0.0, 0.0, 0.0,
    0.0028531274315738227, 0.0, 0.0, 0.0,
    0.0, 0.0, 0.0, 0.0,
    0.0005780062878846422, 0.0, 0.0, 0.0,
];
#[rustfmt::skip]
const Z2: [f64; 12] = [ // (6, 2)
    0.0, 0.0,
    0.0, 0.0,
    0.0, 0.0,
    -2.889736252977792e-05, 8.965876849264787e-06,
    0.0, 0.0,
    -5.854227561185436e-06, 1.816369341910448e-06,
];
#[rustfmt::skip]
const A2: [f64; 12] = [ // (6, 2)
    0.5, 0.5,
    0.5, 0.5,
    0.5, 0.5,
    0.4999905341901564, 0.5000094658098436,
    0.5, 0.5,
    0.49999808235077425, 0.5000019176492259,
];
const LOSS: f64 = 0.6931496966445779;
#[rustfmt::skip]
const DZ2: [f64; 12] = [ // (6, 2)
    0.08333333333333333, -0.08333333333333333,
    -0.08333333333333333, 0.08333333333333333,
    0.08333333333333333, -0.08333333333333333,
    -0.08333491096830727, 0.08333491096830727,
    0.08333333333333333, -0.08333333333333333,
    0.08333301372512904, -0.08333301372512902,
];
#[rustfmt::skip]
const DW2: [f64; 8] = [ // (4, 2)
    -0.00018959811456993792, 0.00018959811456993792,
    0.0, 0.0,
    0.0, 0.0,
    0.0, 0.0,
];
const DB2: [f64; 2] = [0.16666476942348843, -0.1666647694234884]; // (1, 2)
#[rustfmt::skip]
const DZ1: [f64; 24] = [ // (6, 4)
    -0.0, 0.0, 0.0, 0.0,
    0.0, -0.0, -0.0, -0.0,
    -0.0, 0.0, 0.0, 0.0,
    0.001105919647228553, -0.0, -0.0, -0.0,
    -0.0, 0.0, 0.0, 0.0,
    -0.001105894469323135, 0.0, 0.0, 0.0,
];
#[rustfmt::skip]
const DW1: [f64; 8] = [ // (2, 4)
    -0.0011058189356068816, 0.0, 0.0, 0.0,
    -0.00110571822398521, 0.0, 0.0, 0.0,
];
const DB1: [f64; 4] = [2.51779054178964e-08, 0.0, 0.0, 0.0]; // (1, 4)
const LR: f64 = 0.01;
#[rustfmt::skip]
const W1_AFTER: [f64; 8] = [ // (2, 4)
    -0.004683685669993453, 0.005425600435859647, -0.0046341769281246226, -0.004657297535702569,
    0.0024306798979001933, -0.01913280244657798, -0.01724917832513033, -0.005622875292409727,
];
const B1_AFTER: [f64; 4] = [-2.51779054178964e-10, 0.0, 0.0, 0.0]; // (1, 4)
#[rustfmt::skip]
const W2_AFTER: [f64; 8] = [ // (4, 2)
    -0.010126415222198539, 0.0031405773448070396,
    -0.00908024075521211, -0.014123037013352916,
    0.014656487689215542, -0.0022577630048653567,
    0.0006752820468792384, -0.014247481862134568,
];
const B2_AFTER: [f64; 2] = [-0.0016666476942348843, 0.001666647694234884]; // (1, 2)

// Where numbers nearly cancel, errors are relative to what was added.
const Z1_TERMS: f64 = 0.02; // x * w, up to 10 * 0.019
const DB1_TERMS: f64 = 1.1e-3; // the two entries of dZ1 that db1 adds

fn one_step<T: Precision>() {
    let mut network = Network {
        layers: vec![
            Layer { inputs: 2, outputs: 4, w: of::<T>(&W1), b: of(&B1), activation: Relu },
            Layer { inputs: 4, outputs: 2, w: of(&W2), b: of(&B2), activation: Identity },
        ],
    };
    let tape = network.forward(6, &of(&X));
    assert_close_at("Z1", &tape.z[0], &Z1, Z1_TERMS);
    assert_close_at("A1", &tape.a[0], &A1, Z1_TERMS);
    assert_close_at("Z2", &tape.z[1], &Z2, Z1_TERMS * 0.01); // A1 * W2
    let logits = &tape.a[1];
    assert_close("A2", &softmax_forward(SHAPE, logits), &A2);

    let labels = Targets::Labels(&LABELS);
    assert_close("loss", &[cross_entropy_forward(SHAPE, logits, labels)], &[LOSS]);
    let dlogits = cross_entropy_backward(SHAPE, logits, labels);
    let gradients = network.backward(&tape, &dlogits);
    assert_close("dZ2", &gradients[1].dz, &DZ2);
    assert_close_at("dW2", &gradients[1].dw, &DW2, Z1_TERMS / 12.0); // A1 * dZ2
    assert_close("db2", &gradients[1].db, &DB2);
    assert_close("dZ1", &gradients[0].dz, &DZ1);
    assert_close_at("dW1", &gradients[0].dw, &DW1, 8.0 * DB1_TERMS); // x * dZ1
    assert_close_at("db1", &gradients[0].db, &DB1, DB1_TERMS);

    for (layer, gradient) in network.layers.iter_mut().zip(&gradients) {
        sgd_step(&mut layer.w, &gradient.dw, T::rounded(LR));
        sgd_step(&mut layer.b, &gradient.db, T::rounded(LR));
    }
    assert_close("W1 after", &network.layers[0].w, &W1_AFTER);
    assert_close_at("b1 after", &network.layers[0].b, &B1_AFTER, LR * DB1_TERMS);
    assert_close("W2 after", &network.layers[1].w, &W2_AFTER);
    assert_close("b2 after", &network.layers[1].b, &B2_AFTER);
}

#[test]
fn a_step_of_the_2_4_2_classifier_has_the_notebooks_numbers() {
    one_step::<f64>();
    one_step::<f32>();
}

#[test]
fn one_hot_targets_give_the_same_loss_and_gradient() {
    let one_hot: Vec<f64> = LABELS.iter().flat_map(|&label| if label == 0 { [1., 0.] } else { [0., 1.] }).collect();
    let targets = Targets::Distributions(&one_hot);
    assert_close("loss", &[cross_entropy_forward(SHAPE, &Z2, targets)], &[LOSS]);
    assert_close("dZ2", &cross_entropy_backward(SHAPE, &Z2, targets), &DZ2);
}
