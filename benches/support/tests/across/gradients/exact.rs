//! Exact: on small whole numbers nothing is rounded, so fast and naive gradients must be equal, to the last bit and in
//! either type.
//!
//! Linear, ReLU and leaky ReLU (slope 1/2) networks under a squared loss, over a number of elements that is a power of
//! two: every number on the way is then a whole number times a power of two. That none is too large to be held is not
//! hoped for but computed, from the sums of absolute values, which bound every partial sum in any order.

use std::cell::Cell;

use chainrule_bench_support::{Case, Goal, Recipe, Reference};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Activation, Loss, Scalar};
use chainrule_naive::{self as naive, Float};
use proptest::prelude::*;
use proptest::sample::select;

use super::recipes::check;

const HALF: f64 = 0.5;
const ACTIVATIONS: [Activation; 3] = [Activation::Identity, Activation::Relu, Activation::LeakyRelu(HALF)];

fn recipes() -> impl Strategy<Value = Recipe> {
    let powers = [1, 2, 4, 8, 16, 32].as_slice();
    let widths = prop::collection::vec(1..=40usize, 1..=4);
    let losses = [Loss::Mse, Loss::HalfMse].as_slice();
    let each = (prop::collection::vec(select(ACTIVATIONS.as_slice()), 4), select(losses));
    (select(powers), (widths, select(powers)), each, any::<bool>(), 0..3usize, any::<u64>()).prop_map(
        |(batch, (mut widths, outputs), (mut activations, loss), classes, kernel, seed)| {
            activations.truncate(widths.len());
            widths.push(outputs);
            Recipe { batch, widths, activations, softmax: false, loss, classes, kernel, seed }
        },
    )
}

/// The recipe's network and minibatch in whole numbers. Of the weights, a share `kept` is not 0.
fn whole_numbers<T: Scalar>(recipe: &Recipe, kept: f64) -> Case<T> {
    let mut case = recipe.case::<T>();
    let mut stream = Stream::new(recipe.seed, Purpose::Synthetic, 1);
    let mut up_to = |most: i64| T::from_f64(stream.below(2 * most as u64 + 1) as f64 - most as f64);
    case.x.iter_mut().for_each(|x| *x = up_to(3));
    if let Goal::Values(values) = &mut case.goal {
        values.iter_mut().for_each(|t| *t = up_to(3));
    }
    case.mlp.params_mut().iter_mut().for_each(|w| *w = up_to(2));
    let weights: Vec<_> =
        case.mlp.dense_layers().map(|layer| layer.params.start..layer.params.end - layer.b.len()).collect();
    for at in weights.into_iter().flatten() {
        if stream.unit() >= kept {
            case.mlp.params_mut()[at] = T::ZERO;
        }
    }
    case
}

/// The largest number that any sum of the pass can reach on its way, counted in the unit that divides them all.
fn largest_sum(case: &Case<f64>) -> f64 {
    let mut reference = Reference::from(case);
    let leaky =
        reference.network.layers.iter().filter(|layer| layer.activation == naive::Activation::LeakyRelu(HALF)).count();
    for layer in &mut reference.network.layers {
        layer.w.iter_mut().chain(&mut layer.b).for_each(|w| *w = w.abs());
        layer.activation = naive::Activation::Identity;
    }
    let x: Vec<f64> = reference.x.iter().map(|x| x.abs()).collect();
    let tape = reference.network.forward(reference.batch, &x);
    let y = tape.a.last().unwrap();
    // |y - t| / elements, twice that for Mse: whole numbers of 1 / elements.
    let elements = y.len() as f64;
    let dlast: Vec<f64> = y.iter().zip(reference.goal_rows()).map(|(y, t)| 2.0 * (y + t.abs()) / elements).collect();
    let back = reference.network.backward(&tape, &dlast);
    let gradients = back.iter().flat_map(|layer| layer.dw.iter().chain(&layer.db).chain(&layer.dx));
    let largest = |sums: &mut dyn Iterator<Item = &f64>| sums.fold(0.0f64, |top, sum| top.max(*sum));
    let forward = largest(&mut tape.z.iter().flatten());
    let backward = largest(&mut gradients.chain(&dlast));
    // Each leaky ReLU halves the unit once on the way there and once on the way back.
    (forward).max(backward * elements) * 4f64.powi(leaky as i32)
}

/// How many gradients were compared, and how many of them were not 0.
#[derive(Default)]
struct Seen {
    all: Cell<usize>,
    non_zero: Cell<usize>,
    dense: Cell<usize>,
    cases: Cell<usize>,
}

fn fast_equals_naive<T: Scalar + Float>(recipe: &Recipe, seen: &Seen) {
    // As many weights as the type can hold the sums of.
    let exact = 1.0 / T::ROUNDOFF;
    let shares = [1.0, 0.5, 0.25, 0.12, 0.06, 0.03, 0.0];
    let kept = shares.into_iter().find(|&kept| largest_sum(&whole_numbers(recipe, kept)) <= exact);
    let case = whole_numbers::<T>(recipe, kept.expect("without weights there is no large sum"));
    let reference = Reference::from(&case);
    let slow = reference.pass();
    let truth = Reference::from(&case.widen()).pass();
    let (loss, fast) = case.gradients();
    assert_eq!(loss, truth.loss, "{} loss", T::NAME);
    let (slow, truth) = (slow.gradients(), truth.gradients());
    for (at, ((fast, slow), truth)) in fast.iter().zip(&slow).zip(&truth).enumerate() {
        assert!(fast == slow, "{} gradient {at} is {fast}, naive {slow}", T::NAME);
        assert!(fast.to_f64() == *truth, "{} gradient {at} is {fast}, true {truth}: not exact", T::NAME);
    }
    assert_eq!((fast.len(), slow.len()), (truth.len(), truth.len()));
    seen.all.update(|n| n + fast.len());
    seen.non_zero.update(|n| n + fast.iter().filter(|g| **g != T::ZERO).count());
    seen.cases.update(|n| n + 1);
    seen.dense.update(|n| n + usize::from(kept == Some(1.0)));
}

fn whole_numbers_are_exact<T: Scalar + Float>() {
    let seen = Seen::default();
    check(200, &recipes(), |recipe| fast_equals_naive::<T>(&recipe, &seen));
    let share = seen.non_zero.get() as f64 / seen.all.get() as f64;
    let (cases, dense) = (seen.cases.get(), seen.dense.get());
    println!("{}: {cases} networks ({dense} with every weight), {:.0} % of gradients not 0", T::NAME, 100.0 * share);
    // Zeros agree too easily.
    assert!(share > 0.3, "only {:.1} % of the gradients were not 0", 100.0 * share);
}

#[test]
fn gradients_of_whole_numbers_equal_the_naive_ones_in_f32() {
    whole_numbers_are_exact::<f32>();
}

#[test]
fn gradients_of_whole_numbers_equal_the_naive_ones_in_f64() {
    whole_numbers_are_exact::<f64>();
}
