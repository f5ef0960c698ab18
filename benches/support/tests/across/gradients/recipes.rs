//! Random recipes, and how they are tried.

use std::hash::{BuildHasher, RandomState};

use chainrule_bench_support::Recipe;
use chainrule_model::{Activation, Loss};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// Every activation, leaky ReLU and ELU with numbers that no type holds exactly.
pub(crate) const ACTIVATIONS: [Activation; 13] = [
    Activation::Identity,
    Activation::Relu,
    Activation::LeakyRelu(0.1),
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Elu(0.7),
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Softplus,
    Activation::Softsign,
    Activation::HardSigmoid,
];

/// One to four layers of 1 to 40 features, 1 to 33 rows, every activation, loss, kind of target and kernel.
pub(crate) fn recipes(activations: &'static [Activation]) -> impl Strategy<Value = Recipe> {
    let losses = [Loss::CrossEntropy, Loss::BinaryCrossEntropy, Loss::Mse, Loss::HalfMse, Loss::Mae, Loss::Huber(0.3)]
        .as_slice();
    let widths = prop::collection::vec(1..=40usize, 2..=5);
    let each = (prop::collection::vec(select(activations), 4), select(losses));
    (1..=33usize, widths, each, any::<(bool, bool)>(), 0..3usize, any::<u64>()).prop_map(
        |(batch, widths, (mut activations, loss), (softmax, classes), kernel, seed)| {
            activations.truncate(widths.len() - 1);
            let softmax = softmax && loss != Loss::CrossEntropy;
            if let (Loss::BinaryCrossEntropy, false, Some(last)) = (loss, softmax, activations.last_mut()) {
                *last = if *last == Activation::Sigmoid { Activation::Identity } else { *last };
            }
            Recipe { batch, widths, activations, softmax, loss, classes, kernel, seed }
        },
    )
}

/// Tries `test` on `cases` values, or on as many as `PROPTEST_CASES` says, and fails with the smallest that fails it.
pub(crate) fn check<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value)) {
    let mut config = Config::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    // A failure is to become a test with a name, not a file of seeds.
    config.failure_persistence = None;
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(0u8),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let result = TestRunner::new(config).run(strategy, |value| {
        test(value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}\nthe same cases again: PROPTEST_RNG_SEED={seed}");
    }
}
