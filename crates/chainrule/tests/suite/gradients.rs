//! Random networks through the gradient check, by the library's own strategies.
//!
//! `PROPTEST_CASES` says how many networks; 200 unless said:
//! `PROPTEST_CASES=10000 cargo test --release -p chainrule --features proptest --test suite gradients_of_random -- --nocapture`

use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

use chainrule::MatRef;
use chainrule::gradcheck::{Report, Settings, Verdict, gradcheck_with};
use chainrule::strategies::{Batch, Network, batches, networks, problems};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// Of all directions, those that may be discarded for kinks.
const MAX_DISCARDED: f64 = 0.02;

/// Tries `test` on `cases` values, or on as many as `PROPTEST_CASES` says, and fails with the smallest that fails it.
fn check<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value)) {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
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

#[test]
fn gradients_of_random_networks_are_the_slopes_of_their_losses() {
    let (networks, checked, discarded) = (Cell::new(0u32), Cell::new(0usize), Cell::new(0usize));
    let (lost, worst) = (Cell::new(0usize), Cell::new(0.0f64));
    check(200, &problems(), |problem| {
        let settings = Settings { seed: problem.batch.seed, ..Settings::default() };
        let report = problem.check(&settings).unwrap();
        assert!(report.passed(), "\n{report}");
        let counts = report.counts();
        networks.set(networks.get() + 1);
        checked.set(checked.get() + counts.0);
        discarded.set(discarded.get() + counts.1);
        lost.set(lost.get() + report.tensors.iter().filter(|tensor| tensor.verdict == Verdict::Lost).count());
        worst.set(worst.get().max(report.worst_ratio()));
    });
    let share = discarded.get() as f64 / (checked.get() + discarded.get()) as f64;
    println!(
        "{} networks, {} slopes: largest error {:.3} of its bound, {:.3} % discarded, {} tensors lost in rounding",
        networks.get(),
        checked.get(),
        worst.get(),
        100.0 * share,
        lost.get(),
    );
    assert!(share < MAX_DISCARDED, "{:.1} % of all directions discarded", 100.0 * share);
}

/// The mean of `(y - t)^2 + 0.3 y`, whose derivative `spoil` may change, element by element: it is given the row, the
/// column and the derivative's two terms.
fn own(network: &Network, batch: Batch, spoil: impl Fn(usize, usize, [f64; 2]) -> f64) -> Report {
    let (x, t) = (batch.x(network.inputs), batch.values(network.outputs()));
    let loss = |y: MatRef<'_, f64>, dy: &mut [f64]| {
        let n = t.len() as f64;
        let mut total = 0.0;
        for (at, t) in t.iter().enumerate() {
            let (row, column) = (at / y.cols(), at % y.cols());
            let y = y.get(row, column);
            total += ((y - t).powi(2) + 0.3 * y) / n;
            dy[at] = spoil(row, column, [2.0 * (y - t) / n, 0.3 / n]);
        }
        total
    };
    let x = MatRef::new(&x, batch.rows, network.inputs);
    gradcheck_with(&network.build::<f64>(), x, loss, &Settings::default()).unwrap()
}

#[test]
fn an_own_loss_passes_with_the_right_derivative() {
    check(50, &(networks(), batches()), |(network, batch)| {
        let report = own(&network, batch, |_, _, [square, linear]| square + linear);
        assert!(report.passed(), "\n{report}");
    });
}

#[test]
fn an_own_loss_with_a_wrong_derivative_fails_at_the_output() {
    type Spoil = fn(usize, usize, [f64; 2]) -> f64;
    let mistakes: [(&str, Spoil); 5] = [
        ("sign", |_, _, [square, linear]| -(square + linear)),
        ("factor", |_, _, [square, linear]| 0.5 * (square + linear)),
        ("missing term", |_, _, [square, _]| square),
        ("one element", |row, column, [square, linear]| square + if row + column == 0 { 0.0 } else { linear }),
        ("half a per mille", |_, _, [square, linear]| 1.0005 * (square + linear)),
    ];
    check(20, &(networks(), batches()), |(network, batch)| {
        for (mistake, spoil) in mistakes {
            let report = own(&network, batch, spoil);
            assert!(report.wrong().contains(&"output"), "{mistake}\n{report}");
            assert!(!report.passed(), "{mistake}\n{report}");
        }
    });
}

#[test]
fn targets_read_by_columns_instead_of_rows_fail_at_the_output() {
    check(20, &(networks(), batches()), |(network, batch)| {
        let (rows, cols) = (batch.rows, network.outputs());
        if rows == 1 || cols == 1 {
            return;
        }
        let (x, t) = (batch.x(network.inputs), batch.values(cols));
        let loss = |y: MatRef<'_, f64>, dy: &mut [f64]| {
            let at = |i: usize, j: usize| i * cols + j;
            let all = (0..rows).flat_map(|i| (0..cols).map(move |j| (i, j)));
            all.map(|(i, j)| {
                dy[at(i, j)] = y.get(i, j) - t[j * rows + i];
                0.5 * (y.get(i, j) - t[at(i, j)]).powi(2)
            })
            .sum()
        };
        let x = MatRef::new(&x, rows, network.inputs);
        let report = gradcheck_with(&network.build::<f64>(), x, loss, &Settings::default()).unwrap();
        assert!(report.wrong().contains(&"output"), "\n{report}");
    });
}

/// A loss with kinks, as the mean absolute error has: the check finds its way between them.
#[test]
fn the_mean_absolute_error_passes_with_few_directions_discarded() {
    let (checked, discarded) = (Cell::new(0usize), Cell::new(0usize));
    check(50, &(networks(), batches()), |(network, batch)| {
        let (x, t) = (batch.x(network.inputs), batch.values(network.outputs()));
        let loss = |y: MatRef<'_, f64>, dy: &mut [f64]| {
            let cols = y.cols();
            let mut total = 0.0;
            for (at, t) in t.iter().enumerate() {
                let error = y.get(at / cols, at % cols) - t;
                dy[at] = error.signum();
                total += error.abs();
            }
            total
        };
        let x = MatRef::new(&x, batch.rows, network.inputs);
        let report = gradcheck_with(&network.build::<f64>(), x, loss, &Settings::default()).unwrap();
        assert!(report.passed(), "\n{report}");
        checked.set(checked.get() + report.counts().0);
        discarded.set(discarded.get() + report.counts().1);
    });
    assert!((discarded.get() as f64) < MAX_DISCARDED * checked.get() as f64, "{} discarded", discarded.get());
}
