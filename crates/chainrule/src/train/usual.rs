//! Settings that suit a first try, by what is learned from.
//!
//! Those of tables were chosen over 50 real tables of 20 to 10,000 rows, five splits each, against scikit-learn's MLP with the
//! same network (128, 64) and its own defaults on all training rows (`scripts/compare-tables`). z: the mean over tables of the
//! difference from its accuracy or R2, in its standard deviations; worse: tables below by more than half of one; 36 tables of up
//! to 1,500 rows, the first three 34 of them.
//!
//! ```text
//! initial weights   rows learned from          patience   z      worse  better  times sooner
//! he                90 %, epoch by 10 %        20         -0.41  16     11
//! lecun             the same                   20         -0.03  11     15
//! glorot            the same                   20         +0.28  7      20
//! torch             the same                   20         +0.25  8      18
//! glorot            then a refit on all        20         +0.31  3      24      12
//! torch             then a refit on all        20         +0.40  2      22      13
//! torch             then a refit on all        10         +0.41  3      22      17
//!   improvements below 0.001 not counted                  +0.30  5      24      18, at least 5.6 (before: 2.1)
//!   rate 0.002                                            +0.30  7      22      23
//!   rate 0.002, batches of 64                             +0.30  9      21      22
//!   epoch by 15 %                                         +0.38  6      21      19
//!   epoch by accuracy, patience 20                        -0.01  9      18      17
//! torch             all, 500 steps, constant              +0.15  4      19
//! torch             all, 500 steps, cosine                +0.17  4      23      vowel at -17 z
//! torch             all, until the loss stays             -0.15  7      12
//! ```
//!
//! Then the rate and the refit, over all 52 tables of up to 10,000 rows; least: of the times sooner. "x 3" are the epochs of the
//! annealed refit as a multiple of the best epoch.
//!
//! ```text
//! rate    refit                                least improvement  z      worse  better  times sooner (least)
//! 0.001   same below 800 rows, annealed x 2    0.001              +0.42  5      31      10.0 (3.1)
//! 0.003   annealed x 3                         0.003              +0.63  1      39      11.2 (3.8)
//! 0.003   annealed x 4                         0.003              +0.61  2      35       9.6 (3.6)
//! ```
//!
//! The last three rates on eight of them that 0.001 found hardest (banana, letter, phoneme, satimage, segment, sonar, vowel,
//! concrete), annealed x 2 from 800 rows: 0.001 5 worse, 0.002 6, 0.003 2, 0.005 2. Without noise (friedman, spirals, a
//! product of sines, a linear function; 300 to 6,000 rows) 0.003 with x 3 is above scikit-learn on 11 of 12, on the last alike,
//! 3.0 to 9.5 times as soon; with a least improvement of 0.001 12 of 12, from 2.6 times on.
//!
//! Tables of 150 rows: of tae (151 rows, whole numbers, three classes; 30 splits), the one of the 52 that is worse by more than
//! half a deviation, 40 rows occur twice. Who learns rows by heart is right where a copy is tested, and early stopping ends before
//! that. Twelve tables made alike (150 rows, five columns of whole numbers, noise; six splits), the mean difference in accuracy:
//!
//! ```text
//!                                          tae      six, a quarter of the rows twice   six without copies
//! as it is                                 -0.034   -0.031                             +0.002
//! 100 epochs, no stop                      -0.004   +0.046                             -0.029
//! 200 epochs, no stop                      +0.016   +0.062                             -0.033
//! epoch by 25 %                            -0.025
//! patience of 60 epochs                    -0.027
//! epoch by accuracy, patience 60           -0.015
//! ```
//!
//! With each row of tae once (110 rows, 20 splits) it is at +0.061 as it is, and at -0.043 with 200 epochs. Where rows are new, which
//! is what is learned for, stopping is right: it stays. The preflight tells copies across the split.

use chainrule_model::{Init, Loss, Optimizer};

use super::{EarlyStopping, Refit, TrainConfig};
use crate::Result;

/// What is trained with where nothing else is asked for.
///
/// ```
/// use chainrule::train::Usual;
/// assert_eq!(Usual::for_table(1000).optimizer, "adam");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Usual {
    /// The initial weights of a new network.
    pub init: Init,
    /// The name of the optimiser.
    pub optimizer: &'static str,
    /// Its learning rate; its own by default if `None`.
    pub lr: Option<f64>,
    /// Passes over the rows, at most.
    pub epochs: usize,
    /// Rows in a minibatch.
    pub batch: usize,
    /// Epochs without a better one after which training ends; it never ends early.
    pub patience: Option<usize>,
    /// How much better an epoch must be to count.
    pub min_delta: f64,
    /// The share of the rows, other than those to test on, that training is stopped by.
    pub validation: f64,
    /// How the network is trained anew on these rows too: [`Trainer::refit`](crate::Trainer::refit).
    pub refit: Option<Refit>,
}

impl Usual {
    /// The optimiser with its rate.
    ///
    /// # Errors
    /// When there is no optimiser of that name.
    pub fn optimizer(&self) -> Result<Optimizer> {
        let optimizer = Optimizer::by_name(self.optimizer)?;
        Ok(self.lr.map_or(Ok(optimizer), |lr| optimizer.with("lr", lr))?)
    }

    /// The settings of a run by these, with this loss.
    ///
    /// # Errors
    /// When there is no optimiser of that name.
    pub fn config(&self, loss: Loss) -> Result<TrainConfig> {
        let stop = |patience| EarlyStopping { min_delta: self.min_delta, ..EarlyStopping::new(patience) };
        Ok(TrainConfig {
            epochs: self.epochs,
            batch: self.batch,
            loss,
            optimizer: self.optimizer()?,
            early_stopping: self.patience.map(stop),
            ..TrainConfig::default()
        })
    }
}

/// With more rows than this, a tenth of them more teaches little, and a second run takes long.
const REFIT_ROWS: usize = 50_000;

/// Of Adam, where the refit lets it fall to 0: three times as much as is usual.
const ANNEALED_RATE: f64 = 3e-3;

/// Epochs of a table, at most, and epochs without a better one after which training ends.
const EPOCHS: usize = 200;
const PATIENCE: usize = 10;
/// An epoch of a short table is a few steps, and ten of them say little: it may go on for so many steps, at least. z, and how
/// much sooner than scikit-learn, five splits each:
///
/// ```text
/// patient steps   iris 150      hitters 263    zoo 101        wine 178
/// 0               +0.00  7.6x   -0.43  17.1x   -0.45  4.7x    -0.45  5.4x
/// 100             +0.40  5.5x   -0.43  16.1x   -0.45  3.3x    -0.45  3.9x
/// 300             +0.40  3.4x   -0.18   6.2x   -0.45  2.1x    -0.45  2.4x
/// ```
const LEAST_STEPS: usize = 600;
const PATIENT_STEPS: usize = 100;

impl Usual {
    /// For images in which every feature is of one kind.
    pub fn for_images() -> Self {
        Usual {
            init: Init::Auto,
            optimizer: "sgd",
            lr: None,
            epochs: 60,
            batch: 32,
            patience: None,
            min_delta: 0.0,
            validation: 0.1,
            refit: None,
        }
    }

    /// For tables, whose columns have been standardised, with this number of rows.
    pub fn for_table(rows: usize) -> Self {
        let batch = match rows {
            0..5_000 => 32,
            5_000..50_000 => 64,
            _ => 256,
        };
        let steps = rows.div_ceil(batch).max(1);
        let refit = (rows < REFIT_ROWS).then_some(Refit::Annealed);
        Usual {
            init: Init::Torch,
            optimizer: "adam",
            lr: refit.map(|_| ANNEALED_RATE),
            epochs: EPOCHS.max(LEAST_STEPS.div_ceil(steps)),
            batch,
            patience: Some(PATIENCE.max(PATIENT_STEPS.div_ceil(steps))),
            min_delta: 3e-3,
            validation: 0.1,
            refit,
        }
    }
}
