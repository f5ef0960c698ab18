//! Random networks and minibatches for property tests with proptest: with them and [`gradcheck`](crate::gradcheck) a loss
//! of one's own is checked on more networks than anyone would write down. Needs the feature `proptest`.
//!
//! ```
//! use chainrule::MatRef;
//! use chainrule::gradcheck::{Settings, gradcheck_with};
//! use chainrule::strategies::{batches, networks};
//! use proptest::prelude::*;
//!
//! let config = ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() };
//! proptest!(config, |(network in networks(), batch in batches())| {
//!     let (x, t) = (batch.x(network.inputs), batch.values(network.outputs()));
//!     // The sum of sqrt(1 + (y - t)^2), a smooth relative of the absolute error.
//!     let smooth_error = |y: MatRef<'_, f64>, dy: &mut [f64]| {
//!         let mut total = 0.0;
//!         for (at, t) in t.iter().enumerate() {
//!             let error = y.get(at / y.cols(), at % y.cols()) - t;
//!             let root = (1.0 + error * error).sqrt();
//!             dy[at] = error / root;
//!             total += root;
//!         }
//!         total
//!     };
//!     let x = MatRef::new(&x, batch.rows, network.inputs);
//!     let report = gradcheck_with(&network.build::<f64>(), x, smooth_error, &Settings::default()).unwrap();
//!     prop_assert!(report.passed(), "\n{report}");
//! });
//! ```
//!
//! A failure shrinks to fewer layers, narrower ones, the identity as activation, two rows and seeds near 0. The numbers
//! themselves come from seeds, so what is printed of a failure is short.

use std::ops::RangeInclusive;

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::gradcheck::{Report, Settings, gradcheck};
use chainrule_model::network::{ACTIVATION_NAMES, LOSS_NAMES, Objective, parse_activation};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Activation, Layer, Loss, Mlp, TargetsRef};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::Result;

/// The widest layer.
const WIDEST: usize = 24;
/// The rows of a minibatch: batch normalisation needs two.
const ROWS: RangeInclusive<usize> = 2..=17;
/// The most hidden layers.
const DEEPEST: usize = 4;

/// A network's modules and where its numbers come from.
///
/// ```
/// use chainrule::strategies::Network;
/// use chainrule::{Activation, Layer};
///
/// let layers = vec![Layer::Dense { inputs: 2, outputs: 3 }, Layer::Activation(Activation::Tanh)];
/// let network = Network { inputs: 2, layers, gain: 1.0, seed: 7 };
/// assert_eq!((network.outputs(), network.build::<f64>().params().len()), (3, 2 * 3 + 3));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Features in.
    pub inputs: usize,
    /// Its modules; the last dense one gives the outputs.
    pub layers: Vec<Layer>,
    /// What weights are multiplied by after they were initialised: with 3, sigmoids saturate.
    pub gain: f64,
    /// The seed of weights and biases.
    pub seed: u64,
}

/// A minibatch of any width: how many rows, and where their numbers come from.
///
/// ```
/// use chainrule::strategies::Batch;
///
/// let batch = Batch { rows: 4, seed: 7 };
/// assert_eq!((batch.x(3).len(), batch.labels(2).len()), (12, 4));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    /// How many rows; at least one.
    pub rows: usize,
    /// The seed of their numbers.
    pub seed: u64,
}

/// A network, a minibatch and one of the library's losses.
///
/// ```
/// use chainrule::gradcheck::Settings;
/// use chainrule::strategies::problems;
/// use proptest::prelude::*;
///
/// let config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
/// proptest!(config, |(problem in problems())| {
///     let report = problem.check(&Settings::default()).unwrap();
///     prop_assert!(report.passed(), "\n{report}");
/// });
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The network.
    pub network: Network,
    /// The rows.
    pub batch: Batch,
    /// What is made small.
    pub loss: Loss,
    /// Whether targets are classes, and not values.
    pub classes: bool,
    /// Whether rows, and with the cross-entropies outputs, count differently, and labels are smoothed.
    pub weighted: bool,
}

impl Network {
    /// Features out.
    pub fn outputs(&self) -> usize {
        let width = |layer: &Layer| if let Layer::Dense { outputs, .. } = layer { Some(*outputs) } else { None };
        self.layers.iter().rev().find_map(width).unwrap_or(self.inputs)
    }

    /// The network, its biases random too.
    ///
    /// # Panics
    /// When its layers are none that [`networks`] makes, and cannot be built.
    pub fn build<T: Scalar>(&self) -> Mlp<T> {
        let builder = self.layers.iter().fold(Mlp::builder(self.inputs), |builder, layer| builder.layer(*layer));
        let mut mlp: Mlp<T> = builder.seed(self.seed).build_as().expect("layers that can be built");
        let biases: Vec<_> =
            mlp.dense_layers().map(|dense| dense.params.end - dense.b.len()..dense.params.end).collect();
        let gain = T::from_f64(self.gain);
        mlp.params_mut().iter_mut().for_each(|w| *w *= gain);
        let mut stream = Stream::new(self.seed, Purpose::Synthetic, 0);
        for b in biases.into_iter().flatten() {
            mlp.params_mut()[b] = T::from_f64(stream.uniform(-0.5, 0.5));
        }
        mlp
    }
}

impl Batch {
    /// Features, (rows, inputs), from -2 to 2.
    pub fn x(&self, inputs: usize) -> Vec<f64> {
        self.numbers(1, inputs)
    }

    /// Targets that are values, (rows, outputs), from -2 to 2.
    pub fn values(&self, outputs: usize) -> Vec<f64> {
        self.numbers(2, outputs)
    }

    /// Targets that are probabilities, (rows, outputs): no row has a 0, all add up to 1.
    pub fn probabilities(&self, outputs: usize) -> Vec<f64> {
        let mut t = self.numbers(3, outputs);
        for row in t.chunks_exact_mut(outputs) {
            row.iter_mut().for_each(|t| *t += 2.1);
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|t| *t /= sum);
        }
        t
    }

    /// Targets that are classes, (rows), below `outputs`.
    pub fn labels(&self, outputs: usize) -> Vec<u32> {
        let mut stream = Stream::new(self.seed, Purpose::Synthetic, 4);
        (0..self.rows).map(|_| stream.below(outputs as u64) as u32).collect()
    }

    /// What rows or outputs count, (count), from 0.5 to 2.
    pub fn weights(&self, count: usize) -> Vec<f64> {
        let mut stream = Stream::new(self.seed, Purpose::Synthetic, 5);
        (0..count).map(|_| stream.uniform(0.5, 2.0)).collect()
    }

    fn numbers(&self, key: u64, width: usize) -> Vec<f64> {
        let mut stream = Stream::new(self.seed, Purpose::Synthetic, key);
        (0..self.rows * width).map(|_| stream.uniform(-2.0, 2.0)).collect()
    }
}

impl Problem {
    /// Checks the network's gradients.
    ///
    /// # Errors
    /// As [`gradcheck`].
    pub fn check(&self, settings: &Settings) -> Result<Report> {
        let Problem { network, batch, loss, classes, weighted } = self;
        let (outputs, x) = (network.outputs(), batch.x(network.inputs));
        let labels = batch.labels(outputs);
        let values = match loss {
            Loss::CrossEntropy | Loss::BinaryCrossEntropy => batch.probabilities(outputs),
            _ => batch.values(outputs),
        };
        let targets = match classes {
            true => TargetsRef::Classes(&labels),
            false => TargetsRef::Values(MatRef::new(&values, batch.rows, outputs)),
        };
        let (row_weights, output_weights) = (batch.weights(batch.rows), batch.weights(outputs));
        let mut objective = Objective::from(*loss);
        if *weighted {
            objective.rows = Some(&row_weights);
            let of_outputs = matches!(loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy);
            objective.outputs = of_outputs.then_some(&output_weights[..]);
            objective.smoothing = if *loss == Loss::CrossEntropy { 0.1 } else { 0.0 };
        }
        let x = MatRef::new(&x, batch.rows, network.inputs);
        Ok(gradcheck(&network.build::<f64>(), x, targets, objective, settings)?)
    }
}

/// Networks of up to four hidden layers, each of 1 to 24 features, with none, one or two of the library's activations
/// behind it, and now and then softmax, a normalisation or dropout.
pub fn networks() -> impl Strategy<Value = Network> {
    let hidden = (1..=WIDEST, vec(activations(), 0..=2), modules());
    let last = (1..=WIDEST, vec(activations(), 0..=1));
    let numbers = (select(vec![1.0, 0.3, 3.0]), any::<u64>());
    (1..=WIDEST, vec(hidden, 0..=DEEPEST), last, numbers).prop_map(|(inputs, hidden, last, (gain, seed))| {
        let mut layers = Vec::new();
        let mut width = inputs;
        let last = (last.0, last.1, None);
        for (outputs, activations, after) in hidden.into_iter().chain([last]) {
            layers.push(Layer::Dense { inputs: width, outputs });
            layers.extend(activations.into_iter().map(Layer::Activation));
            layers.extend(after.map(|module| module(outputs)));
            width = outputs;
        }
        Network { inputs, layers, gain, seed }
    })
}

/// What may stand behind a layer's activations, for its width: most often nothing.
fn modules() -> impl Strategy<Value = Option<fn(usize) -> Layer>> {
    let rare: [fn(usize) -> Layer; 4] = [
        |_| Layer::Softmax,
        |_| Layer::Dropout { p: 0.3 },
        |width| Layer::LayerNorm { width, eps: 1e-5 },
        |width| Layer::BatchNorm { width, eps: 1e-5, momentum: 0.1 },
    ];
    prop::option::weighted(0.3, select(rare.to_vec()))
}

/// Every activation that the library names, the identity first.
pub fn activations() -> impl Strategy<Value = Activation> {
    select(ACTIVATION_NAMES.iter().map(|name| parse_activation(name).expect("its own name")).collect::<Vec<_>>())
}

/// Every loss that the library names.
pub fn losses() -> impl Strategy<Value = Loss> {
    select(LOSS_NAMES.iter().map(|name| name.parse().expect("its own name")).collect::<Vec<Loss>>())
}

/// Minibatches of 2 to 17 rows.
pub fn batches() -> impl Strategy<Value = Batch> {
    (ROWS, any::<u64>()).prop_map(|(rows, seed)| Batch { rows, seed })
}

/// A network, a minibatch, a loss, and targets that suit it.
pub fn problems() -> impl Strategy<Value = Problem> {
    (networks(), batches(), losses(), any::<(bool, bool)>()).prop_map(|(network, batch, loss, (classes, weighted))| {
        // A loss of logits does not stand behind what makes probabilities of them.
        let fits = loss.check_after(network.layers.last()).is_ok();
        let loss = if fits { loss } else { Loss::Mse };
        // A ReLU that gives 0 where a class says 0 stands on the kink of the absolute error, which has no slope.
        let classes = classes && loss != Loss::Mae;
        Problem { network, batch, loss, classes, weighted }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    /// The simplest value that `test` still fails on, as proptest finds it.
    fn shrunk<V: std::fmt::Debug>(strategy: impl Strategy<Value = V>, fails: impl Fn(&V) -> bool) -> V {
        let mut runner = TestRunner::deterministic();
        let mut tree = loop {
            let tree = strategy.new_tree(&mut runner).unwrap();
            if fails(&tree.current()) {
                break tree;
            }
        };
        loop {
            if !tree.simplify() {
                break;
            }
            while !fails(&tree.current()) && tree.complicate() {}
        }
        tree.current()
    }

    #[test]
    fn a_failure_shrinks_to_one_layer_one_feature_and_two_rows() {
        let found = shrunk(problems(), |_| true);
        let (inputs, outputs) = (1, 1);
        let layers = vec![Layer::Dense { inputs, outputs }];
        assert_eq!(found.network, Network { inputs, layers, gain: 1.0, seed: 0 });
        assert_eq!((found.batch, found.loss, found.classes), (Batch { rows: 2, seed: 0 }, Loss::CrossEntropy, false));
    }

    #[test]
    fn what_a_failure_needs_is_kept() {
        let is_tanh = |layer: &Layer| *layer == Layer::Activation(Activation::Tanh);
        let found = shrunk(networks(), |network| network.layers.iter().any(is_tanh) && network.outputs() > 3);
        assert!(found.layers.len() <= 3 && found.layers.iter().any(is_tanh), "{found:?}");
        assert_eq!((found.inputs, found.outputs()), (1, 4));
    }

    #[test]
    fn a_network_is_the_same_numbers_every_time_and_no_bias_is_0() {
        let mut runner = TestRunner::deterministic();
        for _ in 0..50 {
            let network = networks().new_tree(&mut runner).unwrap().current();
            let mlp = network.build::<f64>();
            assert_eq!(mlp.params(), network.build::<f64>().params());
            assert!(mlp.dense_layers().all(|layer| layer.b.iter().all(|b| *b != 0.0)));
            assert_eq!((mlp.inputs(), mlp.outputs()), (network.inputs, network.outputs()));
        }
        let batch = Batch { rows: 3, seed: 1 };
        assert!(batch.probabilities(4).chunks(4).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
        assert!(batch.labels(2).iter().all(|label| *label < 2));
    }
}
