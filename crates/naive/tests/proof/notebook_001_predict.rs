//! Notebook 001: predictions of an untrained 2-4-2 classifier for six rows: five right, one wrong.

use chainrule_naive::Activation::Relu;
use chainrule_naive::{DenseShape, RowsShape, dense_forward, softmax_forward};

use crate::check::{Precision, assert_close, of};

const X: [f64; 12] = [5.0, 9.0, 3.0, 6.0, 4.0, 7.0, 3.0, 2.0, 6.0, 1.0, 7.0, 9.0]; // (6, 2)
#[rustfmt::skip]
const W1: [f64; 8] = [ // (2, 4)
    -0.00426105449146234, 0.0008955347803654834, 0.01465362807463054, 0.012134110776432401,
    0.0061937486017092595, -0.012150449794797066, -0.0040951138560780375, -0.004666139615031988,
];
const B1: [f64; 4] = [0.0, 0.0, 0.0, 0.0]; // (1, 4)
#[rustfmt::skip]
const W2: [f64; 8] = [ // (4, 2)
    -0.017411052970294067, -0.007275312307149879,
    0.012650219931714014, -0.020755205926145028,
    -0.01112683471958392, -0.012647413590313484,
    -0.01749976247897471, 0.004500004040008106,
];
const B2: [f64; 2] = [0.0, 0.0]; // (1, 2)
#[rustfmt::skip]
const PROBABILITIES: [f64; 12] = [ // (6, 2)
    0.499823863997978, 0.5001761360020219,
    0.49989936571711113, 0.5001006342828889,
    0.4998574087559736, 0.5001425912440264,
    0.4998647143174625, 0.5001352856825376,
    0.49965710840322125, 0.5003428915967787,
    0.499723125687247, 0.5002768743127529,
];
const PREDICTIONS: [u32; 6] = [1, 1, 1, 1, 1, 1];
const LABELS: [u32; 6] = [1, 1, 1, 1, 1, 0];
const ACCURACY: f64 = 0.8333333333333334;

fn predictions<T: Precision>() {
    let z1 = dense_forward(DenseShape { batch: 6, inputs: 2, outputs: 4 }, &of::<T>(&X), &of(&W1), &of(&B1));
    let a1 = Relu.forward(&z1);
    let z2 = dense_forward(DenseShape { batch: 6, inputs: 4, outputs: 2 }, &a1, &of(&W2), &of(&B2));
    let a2 = softmax_forward(RowsShape { batch: 6, classes: 2 }, &z2);
    assert_close("probabilities", &a2, &PROBABILITIES);

    let predicted: Vec<u32> = a2.chunks(2).map(|row| u32::from(row[1] > row[0])).collect();
    assert_eq!(predicted, PREDICTIONS);
    let right = predicted.iter().zip(&LABELS).filter(|(predicted, label)| predicted == label).count();
    assert_eq!(right as f64 / 6.0, ACCURACY);
}

#[test]
fn the_untrained_classifier_has_the_notebooks_probabilities_and_accuracy() {
    predictions::<f64>();
    predictions::<f32>();
}
