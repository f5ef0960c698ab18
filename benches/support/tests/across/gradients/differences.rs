//! Differences: the gradient is the slope of the loss that the same network computes, by nothing but evaluating it.
//!
//! In f64, by central differences (L(p + h u) - L(p - h u)) / 2h. Along a random unit direction u every parameter takes
//! part at once; but one wrong entry among thousands hides in the projection, so single coordinates are tried too, the
//! first and last of every tensor among them. Where a ReLU switches within the step, the slope is not one number: such a
//! sample is discarded, and more than one in twenty may not be.

use std::cell::Cell;

use chainrule_bench_support::{Case, Recipe, Reference};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Activation, Loss, Workspace};

use super::recipes::{ACTIVATIONS, check, recipes};

/// The cube root of 2^-52: truncation, h^2, and rounding, u / h, are then both near 1e-11.
const H: f64 = 6e-6;
/// Of the loss and 1: five times the worst that truncation and rounding left in 90,000 samples.
const TOLERANCE: f64 = 2e-9;

/// The loss as a function of the parameters.
struct Landscape {
    case: Case<f64>,
    workspace: Workspace<f64>,
    at: Vec<f64>,
}

impl Landscape {
    fn new(case: Case<f64>) -> Self {
        let (workspace, at) = (Workspace::new(&case.mlp, case.batch), case.mlp.params().to_vec());
        Landscape { case, workspace, at }
    }

    /// Moves to p + h u.
    fn go(&mut self, h: f64, u: &[f64]) {
        let params = self.case.mlp.params_mut();
        (0..params.len()).for_each(|i| params[i] = self.at[i] + h * u[i]);
    }

    /// The slope along `u`, or nothing if an activation with a kink crosses it on the way.
    fn slope(&mut self, h: f64, u: &[f64]) -> Option<f64> {
        let mut side = |h: f64| {
            self.go(h, u);
            (self.case.loss(&mut self.workspace), kinks(&self.case))
        };
        let ((above, right), (below, left)) = (side(h), side(-h));
        (right == left).then_some((above - below) / (2.0 * h))
    }
}

/// On which side of its activation's kinks each z lies, and each error where the loss has one.
fn kinks(case: &Case<f64>) -> Vec<usize> {
    let mut sides = of_activations(case);
    let reference = Reference::from(case);
    let edge = match case.loss {
        Loss::Mae => 0.0,
        Loss::Huber(delta) => delta,
        _ => return sides,
    };
    let (output, t) = (reference.pass().output, reference.goal_rows());
    sides.extend(output.iter().zip(&t).flat_map(|(y, t)| [y - t > edge, y - t > -edge]).map(usize::from));
    sides
}

fn of_activations(case: &Case<f64>) -> Vec<usize> {
    use chainrule_naive::Activation::{Elu, HardSigmoid, LeakyRelu, Relu, Selu};
    let kinks_of = |activation| -> &[f64] {
        match activation {
            Relu | LeakyRelu(_) | Elu(_) | Selu => &[0.0],
            HardSigmoid => &[-3.0, 3.0],
            _ => &[],
        }
    };
    let reference = Reference::from(case);
    if reference.network.layers.iter().all(|layer| kinks_of(layer.activation).is_empty()) {
        return Vec::new();
    }
    let tape = reference.network.forward(reference.batch, &reference.x);
    let bent = reference.network.layers.iter().map(|layer| kinks_of(layer.activation)).zip(&tape.z);
    let side = |kinks: &[f64], z: f64| kinks.iter().filter(|kink| z > **kink).count();
    bent.filter(|(kinks, _)| !kinks.is_empty()).flat_map(|(kinks, z)| z.iter().map(|z| side(kinks, *z))).collect()
}

fn unit_direction(length: usize, stream: &mut Stream) -> Vec<f64> {
    let u: Vec<f64> = (0..length).map(|_| stream.normal()).collect();
    let norm = u.iter().map(|u| u * u).sum::<f64>().sqrt();
    u.into_iter().map(|u| u / norm).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The numbers of samples tried and of those discarded because of a kink, and the worst ratio of error to bound.
#[derive(Default)]
struct Tally {
    tried: Cell<usize>,
    discarded: Cell<usize>,
    worst: Cell<f64>,
}

impl Tally {
    fn compare(&self, what: impl Fn() -> String, slope: Option<f64>, gradient: f64, loss: f64) {
        self.tried.update(|n| n + 1);
        let Some(slope) = slope else {
            return self.discarded.update(|n| n + 1);
        };
        let off = (slope - gradient).abs() / (TOLERANCE * (1.0 + loss.abs()));
        assert!(
            off <= 1.0,
            "{}: the slope is {slope:e}, the gradient says {gradient:e}: {off} of what is allowed",
            what()
        );
        self.worst.update(|worst| worst.max(off));
    }

    fn finish(&self, what: &str) {
        let (tried, discarded, worst) = (self.tried.get(), self.discarded.get(), self.worst.get());
        println!("{what}: {tried} slopes, {discarded} discarded at a kink, worst error {worst:.3} of {TOLERANCE:e}");
        assert!(20 * discarded <= tried, "{discarded} of {tried} samples were discarded");
    }
}

#[test]
fn gradients_are_the_slope_of_the_loss_along_random_directions() {
    let tally = Tally::default();
    check(150, &recipes(&ACTIVATIONS), |recipe| {
        let case = recipe.case::<f64>();
        let (loss, gradients) = case.gradients();
        let mut stream = Stream::new(recipe.seed, Purpose::Synthetic, 2);
        let mut landscape = Landscape::new(case);
        for direction in 0..3 {
            let u = unit_direction(gradients.len(), &mut stream);
            let slope = landscape.slope(H, &u);
            tally.compare(|| format!("direction {direction}"), slope, dot(&gradients, &u), loss);
        }
    });
    tally.finish("directions");
}

#[test]
fn gradients_are_the_slope_of_the_loss_at_coordinates_of_every_tensor() {
    let tally = Tally::default();
    check(60, &recipes(&ACTIVATIONS), |recipe| {
        let case = recipe.case::<f64>();
        let (loss, gradients) = case.gradients();
        let mut stream = Stream::new(recipe.seed, Purpose::Synthetic, 3);
        let tensors: Vec<_> = case
            .mlp
            .dense_layers()
            .flat_map(|layer| {
                let (start, end) = (layer.params.start, layer.params.end);
                [start..end - layer.b.len(), end - layer.b.len()..end]
            })
            .collect();
        let mut landscape = Landscape::new(case);
        for (index, tensor) in tensors.into_iter().enumerate() {
            let inside = [(); 2].map(|()| tensor.start + stream.below(tensor.len() as u64) as usize);
            for at in [tensor.start, tensor.end - 1, inside[0], inside[1]] {
                let mut u = vec![0.0; gradients.len()];
                u[at] = 1.0;
                let slope = landscape.slope(H, &u);
                tally.compare(|| format!("tensor {index}, parameter {at}"), slope, gradients[at], loss);
            }
        }
    });
    tally.finish("coordinates");
}

/// In the truncation range the error is h^2 / 6 times the third derivative: half the step, a quarter of the error. A
/// gradient that is wrong leaves an error that does not shrink. Over many directions, for along one the third
/// derivative may happen to be small.
#[test]
fn the_error_of_a_difference_falls_fourfold_when_its_step_halves() {
    let tanh = Activation::Tanh;
    for (seed, last, softmax, loss, classes) in [
        (1, Activation::Identity, false, Loss::CrossEntropy, true),
        (2, Activation::Identity, false, Loss::CrossEntropy, false),
        (3, Activation::Sigmoid, false, Loss::Mse, true),
        (4, Activation::Tanh, false, Loss::HalfMse, false),
        (6, Activation::Gelu, false, Loss::Mse, false),
        (7, Activation::Silu, false, Loss::HalfMse, false),
        (5, Activation::Identity, true, Loss::HalfMse, true),
        (6, Activation::Identity, false, Loss::BinaryCrossEntropy, false),
    ] {
        let (widths, activations) = (vec![7, 13, 9, 5], vec![tanh, Activation::Sigmoid, last]);
        let recipe = Recipe { batch: 11, widths, activations, softmax, loss, classes, kernel: 0, seed };
        let case = recipe.case::<f64>();
        let gradients = case.gradients().1;
        let mut stream = Stream::new(seed, Purpose::Synthetic, 4);
        let mut landscape = Landscape::new(case);
        let directions: Vec<Vec<f64>> = (0..32).map(|_| unit_direction(gradients.len(), &mut stream)).collect();
        let mut error = |h: f64| {
            let off = |u: &Vec<f64>| (landscape.slope(h, u).unwrap() - dot(&gradients, u)).powi(2);
            (directions.iter().map(off).sum::<f64>() / directions.len() as f64).sqrt()
        };
        let errors = [0.08, 0.04, 0.02].map(&mut error);
        let ratios = [errors[0] / errors[1], errors[1] / errors[2]];
        println!("{loss}: errors {errors:?}, ratios {ratios:.3?}");
        assert!(errors[2] > 1e-11, "{recipe:?}: {errors:?} is rounding, not truncation");
        assert!(ratios.iter().all(|ratio| (3.6..4.4).contains(ratio)), "{recipe:?}: {errors:?}, {ratios:?}");
    }
}

/// The derivative at the kink itself is a choice, PyTorch's: 0, or the slope on the left.
#[test]
fn at_a_kink_the_gradient_is_the_one_from_the_left() {
    for (activation, left) in
        [(Activation::Relu, 0.0), (Activation::LeakyRelu(0.25), 0.25), (Activation::Elu(0.25), 0.25)]
    {
        let recipe = Recipe {
            batch: 1,
            widths: vec![1, 1],
            activations: vec![activation],
            softmax: false,
            loss: Loss::HalfMse,
            classes: false,
            kernel: 0,
            seed: 0,
        };
        let mut case = recipe.case::<f64>();
        case.mlp.params_mut().copy_from_slice(&[3.0, -6.0]);
        case.x[0] = 2.0;
        case.goal = chainrule_bench_support::Goal::Values(vec![-1.0]);
        assert_eq!(case.gradients(), (0.5, vec![2.0 * left, left]));
        let mut landscape = Landscape::new(case);
        assert_eq!(landscape.slope(H, &[0.0, 1.0]), None, "a kink was stepped over and not seen");
    }
}
