//! Bounded: every gradient within rounding of the true one, element by element, whatever the activations and the loss.
//!
//! The truth is the naive gradient in f64, derived and not differenced. What rounding may do is computed beside it, see
//! `gradient_bounds`; the worst element is reported as a share of its own bound, never an average.

use std::cell::Cell;

use chainrule_bench_support::{Case, Recipe, Reference, Roundoff, gradient_bounds};
use chainrule_model::{Activation, Loss, Scalar};
use chainrule_naive::Float;

use super::recipes::{ACTIVATIONS, check, recipes};

/// The truth, the bound and what was computed, for every gradient of one case.
struct Compared {
    truth: Vec<f64>,
    bound: Vec<f64>,
    got: Vec<f64>,
}

impl Compared {
    fn new<T: Scalar + Float>(case: &Case<T>, roundoff: Roundoff) -> Self {
        let reference = Reference::from(&case.widen());
        let pass = reference.pass();
        let got = case.gradients().1.iter().map(|g| g.to_f64()).collect();
        Compared { truth: pass.gradients(), bound: gradient_bounds(&reference, &pass, roundoff), got }
    }

    /// The worst error as a share of its bound, which must not pass `allowed`.
    fn worst(&self, allowed: f64) -> f64 {
        let mut worst = 0.0f64;
        assert_eq!((self.got.len(), self.bound.len()), (self.truth.len(), self.truth.len()));
        for (at, (&got, &truth)) in self.got.iter().zip(&self.truth).enumerate() {
            let ratio = (got - truth).abs() / self.bound[at];
            assert!(ratio <= allowed, "gradient {at} is {got:e}, true {truth:e}: {ratio} of {:e}", self.bound[at]);
            worst = worst.max(ratio);
        }
        worst
    }

    /// Whether the bound would catch the largest gradient if it were off by a thousandth.
    fn bites(&self) -> bool {
        let by_size = |a: &usize, b: &usize| self.truth[*a].abs().total_cmp(&self.truth[*b].abs());
        let largest = (0..self.truth.len()).max_by(by_size).expect("there is a gradient");
        self.bound[largest] < 1e-3 * self.truth[largest].abs()
    }
}

#[test]
fn gradients_in_f32_stay_within_the_bound_of_the_true_ones() {
    let (worst, bitten, cases) = (Cell::new(0.0f64), Cell::new(0), Cell::new(0));
    check(300, &recipes(&ACTIVATIONS), |recipe| {
        let compared = Compared::new(&recipe.case::<f32>(), Roundoff::F32);
        worst.set(worst.get().max(compared.worst(1.0)));
        bitten.set(bitten.get() + usize::from(compared.bites()));
        cases.set(cases.get() + 1);
    });
    let (bitten, cases) = (bitten.get(), cases.get());
    println!("f32: worst error {:.3} of the bound; a thousandth off is caught in {bitten} of {cases}", worst.get());
    assert!(10 * bitten >= 8 * cases, "the bound is too loose: a thousandth is caught in {bitten} of {cases} networks");
}

#[test]
fn gradients_in_f64_agree_with_naive_ones_to_twelve_digits() {
    let (worst, worst_scaled) = (Cell::new(0.0f64), Cell::new(0.0f64));
    check(300, &recipes(&ACTIVATIONS), |recipe| {
        let compared = Compared::new(&recipe.case::<f64>(), Roundoff::F64);
        // The naive one is rounded as well.
        worst.set(worst.get().max(compared.worst(2.0)));
        let scale = compared.truth.iter().fold(0.0f64, |top, g| top.max(g.abs()));
        for (at, (got, truth)) in compared.got.iter().zip(&compared.truth).enumerate() {
            let off = (got - truth).abs() / scale.max(1e-3);
            assert!(off <= 1e-12, "gradient {at} is {got:e}, naive {truth:e}: {off:e} of the largest");
            worst_scaled.set(worst_scaled.get().max(off));
        }
    });
    println!("f64: worst error {:.3} of the bound, {:e} of the largest gradient", worst.get(), worst_scaled.get());
}

/// Layers as wide as a tile and one more, k past a block of 1024 steps (the kernel's KC), and the last partial tile in both
/// directions.
#[test]
fn gradients_of_wide_layers_stay_within_the_bound() {
    for (widths, batch) in [(vec![1049, 33, 17], 65), (vec![30, 450, 65, 10], 40), (vec![5, 129, 401, 3], 7)] {
        for (first, loss) in [
            (Activation::Relu, Loss::CrossEntropy),
            (Activation::Tanh, Loss::HalfMse),
            (Activation::Sigmoid, Loss::Mse),
            (Activation::LeakyRelu(0.1), Loss::CrossEntropy),
            (Activation::Gelu, Loss::CrossEntropy),
        ] {
            for kernel in 0..3 {
                let mut activations = vec![first; widths.len() - 1];
                *activations.last_mut().unwrap() = Activation::Identity;
                let softmax = loss == Loss::Mse;
                let (classes, seed, widths) = (true, kernel as u64, widths.clone());
                let recipe = Recipe { batch, widths, activations, softmax, loss, classes, kernel, seed };
                Compared::new(&recipe.case::<f32>(), Roundoff::F32).worst(1.0);
                Compared::new(&recipe.case::<f64>(), Roundoff::F64).worst(2.0);
            }
        }
    }
}
