//! Notebook 001 through a network: a training step of a 2-4-2 classifier, ReLU and cross-entropy, on a batch of six; and
//! what another one predicts before it is trained.

use chainrule_model::metrics::ConfusionMatrix;
use chainrule_model::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace, metrics, softmax};

use crate::check::{Precision, assert_close, assert_close_at, of, tensors, with_params};

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
const DW2: [f64; 8] = [ // (4, 2)
    -0.00018959811456993792, 0.00018959811456993792,
    0.0, 0.0,
    0.0, 0.0,
    0.0, 0.0,
];
const DB2: [f64; 2] = [0.16666476942348843, -0.1666647694234884]; // (1, 2)
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
const Z1_TERMS: f64 = 0.2; // x * w, up to 10 * 0.019
const DB1_TERMS: f64 = 1.1e-3; // the two gradients that db1 adds

fn one_step<T: Precision>() {
    let builder = Mlp::builder(2).dense(4).relu().dense(2);
    let mut mlp = with_params(builder.build_as::<T>().unwrap(), &[&W1, &B1, &W2, &B2]);
    let mut workspace = Workspace::new(&mlp, 6);
    let x = of::<T>(&X);
    let (x, targets) = (MatRef::new(&x, 6, 2), TargetsRef::Classes(&LABELS));

    let z2 = mlp.forward(x, &mut workspace).unwrap();
    let mut a2: Vec<T> = (0..6).flat_map(|i| z2.row(i).to_vec()).collect();
    assert_close_at("Z2", &a2, &Z2, Z1_TERMS * 0.01); // A1 * W2
    softmax::forward(mlp.kernel(), 2, &mut a2);
    assert_close("A2", &a2, &A2);

    let loss = mlp.backward(x, targets, Loss::CrossEntropy, &mut workspace).unwrap();
    assert_close("loss", &[T::from_f64(loss)], &[LOSS]);
    let mut fresh = Workspace::new(&mlp, x.rows());
    assert_eq!(mlp.step(x, targets, Loss::CrossEntropy, Optimizer::Sgd { lr: LR }, &mut fresh), Ok(loss));
    let gradients = tensors(&mlp, workspace.gradients());
    assert_close_at("dW1", &gradients[0], &DW1, 8.0 * DB1_TERMS); // x * dZ1
    assert_close_at("db1", &gradients[1], &DB1, DB1_TERMS);
    assert_close_at("dW2", &gradients[2], &DW2, Z1_TERMS / 12.0); // A1 * dZ2
    assert_close("db2", &gradients[3], &DB2);
    let after = tensors(&mlp, mlp.params());
    assert_close("W1 after", &after[0], &W1_AFTER);
    assert_close_at("b1 after", &after[1], &B1_AFTER, LR * DB1_TERMS);
    assert_close("W2 after", &after[2], &W2_AFTER);
    assert_close("b2 after", &after[3], &B2_AFTER);
}

#[test]
fn a_step_of_the_2_4_2_classifier_has_the_notebooks_numbers() {
    one_step::<f64>();
    one_step::<f32>();
}

mod untrained {
    pub(super) const X: [f64; 12] = [5.0, 9.0, 3.0, 6.0, 4.0, 7.0, 3.0, 2.0, 6.0, 1.0, 7.0, 9.0]; // (6, 2)
    #[rustfmt::skip]
    pub(super) const W1: [f64; 8] = [ // (2, 4)
        -0.00426105449146234, 0.0008955347803654834, 0.01465362807463054, 0.012134110776432401,
        0.0061937486017092595, -0.012150449794797066, -0.0040951138560780375, -0.004666139615031988,
    ];
    #[rustfmt::skip]
    pub(super) const W2: [f64; 8] = [ // (4, 2)
        -0.017411052970294067, -0.007275312307149879,
        0.012650219931714014, -0.020755205926145028,
        -0.01112683471958392, -0.012647413590313484,
        -0.01749976247897471, 0.004500004040008106,
    ];
    #[rustfmt::skip]
    pub(super) const PROBABILITIES: [f64; 12] = [ // (6, 2)
        0.499823863997978, 0.5001761360020219,
        0.49989936571711113, 0.5001006342828889,
        0.4998574087559736, 0.5001425912440264,
        0.4998647143174625, 0.5001352856825376,
        0.49965710840322125, 0.5003428915967787,
        0.499723125687247, 0.5002768743127529,
    ];
    pub(super) const PREDICTIONS: [u32; 6] = [1, 1, 1, 1, 1, 1];
    pub(super) const LABELS: [u32; 6] = [1, 1, 1, 1, 1, 0];
    pub(super) const ACCURACY: f64 = 0.8333333333333334;
}

fn predictions<T: Precision>() {
    let builder = Mlp::builder(2).dense(4).relu().dense(2).softmax();
    let mlp = with_params(builder.build_as::<T>().unwrap(), &[&untrained::W1, &[0.0; 4], &untrained::W2, &[0.0; 2]]);
    let x = of::<T>(&untrained::X);
    let mut probabilities = vec![T::ZERO; 12];
    // Four rows, then two.
    mlp.predict_into(MatRef::new(&x, 6, 2), &mut probabilities, &mut Workspace::new(&mlp, 4)).unwrap();
    assert_close("probabilities", &probabilities, &untrained::PROBABILITIES);

    let mut confusion = ConfusionMatrix::new(2);
    for (row, (label, prediction)) in untrained::LABELS.iter().zip(untrained::PREDICTIONS).enumerate() {
        let predicted = metrics::argmax(&probabilities[2 * row..2 * row + 2]);
        assert_eq!(predicted, prediction as usize, "row {row}");
        confusion.add(*label as usize, predicted);
    }
    assert_eq!(confusion.accuracy(), untrained::ACCURACY);
}

#[test]
fn the_untrained_classifier_has_the_notebooks_probabilities_and_accuracy() {
    predictions::<f64>();
    predictions::<f32>();
}
