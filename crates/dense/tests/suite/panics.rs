//! Every documented panic, with the found and the expected value in its message.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chainrule_dense::{
    Activation, Gradients, LayerShape, PackedLayer, Plan, PreviousLayer, Step, activation, sum, update,
};
use chainrule_kernel::{Kernel, MatMut, MatRef, Rule, Scratch};

/// A case: what is called, what its message must hold, and the call.
type Case = (&'static str, &'static [&'static str], fn());

#[track_caller]
fn each_panics_with_its_words(cases: &[Case]) {
    for (what, words, call) in cases {
        let thrown = catch_unwind(AssertUnwindSafe(call)).expect_err(what);
        let message = thrown.downcast_ref::<String>().expect("a message with numbers");
        assert!(words.iter().all(|words| message.contains(words)), "{what}: {message:?} lacks one of {words:?}");
    }
}

const SHAPE: LayerShape = LayerShape { inputs: 3, outputs: 2, activation: Activation::Relu };
const SGD: Rule<f64> = Rule::Sgd { lr: 0.1, decay: 0.0 };
const NUMBERS: [f64; 12] = [0.0; 12];

fn kernel() -> &'static Kernel<f64> {
    Kernel::selected().unwrap()
}

/// For minibatches of at most 2 rows.
fn plan() -> Plan<f64> {
    Plan::new(kernel(), SHAPE, 2)
}

fn matrix(rows: usize, cols: usize) -> MatRef<'static, f64> {
    MatRef::new(&NUMBERS[..rows * cols], rows, cols)
}

/// A forward pass of `x`, (rows, cols), with so many weights and biases, into (rows, cols).
fn forward(x: (usize, usize), w: usize, b: usize, a: (usize, usize)) {
    let mut to = NUMBERS;
    let to = MatMut::new(&mut to[..a.0 * a.1], a.0, a.1);
    plan().forward(matrix(x.0, x.1), &NUMBERS[..w], &NUMBERS[..b], to);
}

#[test]
fn a_forward_pass_of_what_does_not_fit_the_layer_panics_with_both_sizes() {
    each_panics_with_its_words(&[
        ("rows", &["3 rows", "a plan for 2"], || forward((3, 3), 6, 2, (3, 2))),
        ("columns", &["x has 2 columns", "3 inputs"], || forward((2, 2), 6, 2, (2, 2))),
        ("weights", &["7 weights", "3x2"], || forward((2, 3), 7, 2, (2, 2))),
        ("bias", &["a bias of 1", "2 outputs"], || forward((2, 3), 6, 1, (2, 2))),
        ("output", &["2x3", "2x2"], || forward((2, 3), 6, 2, (2, 3))),
        ("forward_keeping", &["1x2", "2x2"], || {
            let (mut z, mut a) = (NUMBERS, NUMBERS);
            let (z, a) = (MatMut::new(&mut z[..2], 1, 2), MatMut::new(&mut a[..4], 2, 2));
            plan().forward_keeping(matrix(2, 3), &NUMBERS[..6], &NUMBERS[..2], z, a);
        }),
    ]);
}

#[test]
fn a_backward_pass_of_what_does_not_fit_the_layer_panics_with_both_sizes() {
    each_panics_with_its_words(&[
        ("backward, x", &["x has 2 columns", "3 inputs"], || {
            let (mut da, mut dw, mut db) = (NUMBERS, NUMBERS, NUMBERS);
            let gradients = Gradients { dw: &mut dw[..6], db: &mut db[..2], dx: None };
            let da = MatMut::new(&mut da[..4], 2, 2);
            plan().backward(matrix(2, 2), &NUMBERS[..6], matrix(2, 2), da, gradients);
        }),
        ("weight_gradient", &["5 weights", "3x2"], || {
            plan().weight_gradient(matrix(2, 3), matrix(2, 2), &mut { NUMBERS }[..5]);
        }),
        ("input_gradient, dx", &["dx is 2x2"], || {
            let dx = &mut { NUMBERS }[..4];
            plan().input_gradient(matrix(2, 2), &NUMBERS[..6], MatMut::new(dx, 2, 2), None);
        }),
        ("input_gradient, the layer below", &["a bias of 2", "3 inputs"], || {
            let (mut dx, mut db) = (NUMBERS, [0.0; 2]);
            let previous = PreviousLayer { activation: Activation::Relu, of: matrix(2, 3), db: &mut db };
            plan().input_gradient(matrix(2, 2), &NUMBERS[..6], MatMut::new(&mut dx[..6], 2, 3), Some(previous));
        }),
    ]);
}

#[test]
fn a_step_that_the_plan_was_not_made_for_panics_with_the_step() {
    each_panics_with_its_words(&[
        ("backward_update, shape", &["x has 2 columns", "3 inputs"], || {
            let w = &mut { NUMBERS }[..6];
            plan().backward_update(matrix(2, 2), matrix(2, 2), w, SGD.into(), [&mut [], &mut []]);
        }),
        ("backward_update, no strips", &["without strips", "l1: 0.5"], || {
            let w = &mut { NUMBERS }[..6];
            let step = Step { l1: 0.5, ..Step::from(SGD) };
            plan().backward_update(matrix(2, 3), matrix(2, 2), w, step, [&mut [], &mut []]);
        }),
    ]);
}

#[test]
fn a_frozen_layer_of_other_sizes_panics_with_both() {
    each_panics_with_its_words(&[
        ("new, weights", &["3x2", "5 elements"], || {
            _ = PackedLayer::new(kernel(), SHAPE, &NUMBERS[..5]);
        }),
        ("forward, bias", &["a bias of 3", "2 outputs"], || {
            let (layer, a) = (PackedLayer::new(kernel(), SHAPE, &NUMBERS[..6]), &mut { NUMBERS }[..4]);
            let (w, b) = (&NUMBERS[..6], &NUMBERS[..3]);
            layer.forward(matrix(2, 3), w, b, MatMut::new(a, 2, 2), &mut Scratch::default());
        }),
        ("forward", &["2x2", "3x2"], || {
            let (layer, a) = (PackedLayer::new(kernel(), SHAPE, &NUMBERS[..6]), &mut { NUMBERS }[..4]);
            let (w, b) = (&NUMBERS[..6], &NUMBERS[..2]);
            layer.forward(matrix(2, 2), w, b, MatMut::new(a, 2, 2), &mut Scratch::default());
        }),
    ]);
}

#[test]
fn elements_that_are_walked_together_panic_with_both_numbers_when_they_differ() {
    each_panics_with_its_words(&[
        ("activate", &["2x3", "3x2"], || {
            let a = &mut { NUMBERS }[..6];
            activation::activate(kernel(), Activation::Tanh, matrix(2, 3), MatMut::new(a, 3, 2));
        }),
        ("derivative", &["2x3", "3x2"], || {
            let d = &mut { NUMBERS }[..6];
            activation::derivative(kernel(), Activation::Tanh, matrix(2, 3), MatMut::new(d, 3, 2));
        }),
        ("sum::add", &["3 gradients", "2 more"], || sum::add(&mut [0.0; 3], &NUMBERS[..2], 1.0)),
        ("update", &["3 parameters", "2 gradients"], || {
            update::update(kernel(), SGD, &mut [0.0; 3], &NUMBERS[..2], [&mut [], &mut []]);
        }),
        ("Step::apply", &["3 parameters", "2 gradients"], || {
            let step = Step { l1: 0.5, ..Step::from(SGD) };
            step.apply(kernel(), &mut [0.0; 3], &NUMBERS[..2], [&mut [], &mut []]);
        }),
    ]);
}
