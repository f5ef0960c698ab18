//! Bitwise: loss, output and every gradient are the same at any number of threads, and a row is the same in any batch.

use chainrule_bench_support::{Case, Recipe};
use chainrule_model::{Activation, Loss, MatRef, Scalar, Workspace};
use proptest::prelude::*;

use super::recipes::{ACTIVATIONS, check, recipes};

/// Everything that a pass leaves.
#[derive(Debug, PartialEq)]
struct Results<T> {
    output: Vec<T>,
    loss: f64,
    gradients: Vec<T>,
}

/// Ragged on every side, and of more than 8 M multiply-adds in each large product: enough for eight threads, since
/// each gets 1 M to itself (`MACS_PER_THREAD` in the dense crate).
fn large(activation: Activation, loss: Loss, kernel: usize) -> Recipe {
    let (widths, softmax) = (vec![211, 405, 203, 10], loss == Loss::Mse);
    let activations = vec![activation, activation, Activation::Identity];
    Recipe { batch: 301, widths, activations, softmax, loss, classes: true, kernel, seed: 9 }
}

/// With enough rows for activations and bias gradients, which only stream over memory, to be shared by three threads:
/// 1300 * 310 elements, each thread with 2^17 to itself (`ELEMENTS_PER_THREAD` there).
fn tall(activation: Activation, loss: Loss) -> Recipe {
    Recipe {
        batch: 1300,
        widths: vec![20, 310, 10],
        activations: vec![activation, Activation::Identity],
        ..large(activation, loss, 0)
    }
}

fn on_threads<T: Scalar>(case: &Case<T>, threads: usize) -> Results<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut workspace = Workspace::new(&case.mlp, case.batch);
        case.mlp.forward(case.x(), &mut workspace).unwrap();
        let output = rows(workspace.output());
        let loss = case.mlp.backward(case.x(), case.targets(), case.loss, &mut workspace).unwrap();
        Results { output, loss, gradients: workspace.gradients().to_vec() }
    })
}

fn rows<T: Scalar>(matrix: MatRef<'_, T>) -> Vec<T> {
    (0..matrix.rows()).flat_map(|i| matrix.row(i).to_vec()).collect()
}

fn same_at_any_number_of_threads<T: Scalar>() {
    for (activation, loss) in [
        (Activation::Relu, Loss::CrossEntropy),
        (Activation::Tanh, Loss::HalfMse),
        (Activation::Sigmoid, Loss::Mse),
        (Activation::LeakyRelu(0.1), Loss::CrossEntropy),
        (Activation::Gelu, Loss::CrossEntropy),
    ] {
        for recipe in [large(activation, loss, 0), tall(activation, loss)] {
            let case = recipe.case::<T>();
            let one = on_threads(&case, 1);
            let not_zero = one.gradients.iter().filter(|g| **g != T::ZERO).count();
            assert!(2 * not_zero > one.gradients.len(), "{recipe:?}: only {not_zero} gradients are not 0");
            for threads in [2, 3, 8] {
                assert!(on_threads(&case, threads) == one, "{}: {threads} threads differ: {recipe:?}", T::NAME);
            }
        }
    }
}

#[test]
fn forward_and_backward_have_the_same_bits_on_1_2_3_and_8_threads_in_f32() {
    same_at_any_number_of_threads::<f32>();
}

#[test]
fn forward_and_backward_have_the_same_bits_on_1_2_3_and_8_threads_in_f64() {
    same_at_any_number_of_threads::<f64>();
}

#[test]
fn every_kernel_has_the_same_bits_on_1_and_3_threads() {
    for kernel in 0..3 {
        let case = large(Activation::Relu, Loss::CrossEntropy, kernel).case::<f32>();
        assert!(on_threads(&case, 3) == on_threads(&case, 1), "{}", case.mlp.kernel_name());
    }
}

/// `case`'s output for the rows from `start`, `room` at a time.
fn in_parts<T: Scalar>(case: &Case<T>, room: usize) -> Vec<T> {
    let mut output = vec![T::from_f64(f64::NAN); case.batch * case.mlp.outputs()];
    case.mlp.predict_into(case.x(), &mut output, &mut Workspace::new(&case.mlp, room)).unwrap();
    output
}

fn a_row_is_the_same_in_any_batch<T: Scalar>(recipe: &Recipe, room: usize) {
    let case = recipe.case::<T>();
    assert!(in_parts(&case, room) == in_parts(&case, case.batch), "{} in parts of {room}", T::NAME);
}

#[test]
fn a_batch_in_parts_has_the_bits_of_the_whole() {
    check(100, &(recipes(&ACTIVATIONS), 1..=33usize), |(recipe, room)| {
        a_row_is_the_same_in_any_batch::<f32>(&recipe, room);
        a_row_is_the_same_in_any_batch::<f64>(&recipe, room);
    });
    let recipe = large(Activation::Tanh, Loss::Mse, 0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    for room in [1, 100, 257] {
        pool.install(|| a_row_is_the_same_in_any_batch::<f32>(&recipe, room));
    }
}

#[test]
fn layers_of_any_size_have_the_same_bits_on_any_number_of_threads() {
    // Up to 31 M multiply-adds; half of them are more than one thread's worth.
    let sizes = (prop::collection::vec(1..400usize, 2..4), 1..200usize, 2..9usize, any::<u64>());
    check(20, &sizes, |(widths, batch, threads, seed)| {
        let activations = vec![Activation::Relu; widths.len() - 1];
        let (softmax, loss, classes, kernel) = (false, Loss::HalfMse, false, 0);
        let case = Recipe { batch, widths, activations, softmax, loss, classes, kernel, seed }.case::<f32>();
        assert!(on_threads(&case, threads) == on_threads(&case, 1), "{threads} threads differ from one");
    });
}
