//! Where healthy ends: every threshold, with its source or its arithmetic. `tests/suite/doctor` of `chainrule` holds them
//! against healthy and sick runs, and prints how far each run was from each.

/// With fewer rows nothing is said of units and columns: of 64 rows, a unit that fires for one in ten is silent for all
/// with probability 0.9^64 = 0.1 %.
pub const LEAST_ROWS: usize = 64;

/// The largest root mean square of features. He's and Glorot's initial weights are derived for inputs of mean square 1
/// (He et al. 2015, section 2.2): at 5 the first layer's outputs and gradients begin 5 times too large, and the largest
/// stable learning rate, which goes with the inverse mean square (LeCun et al. 1998, "Efficient BackProp", section 4.3), is
/// 25 times too small. Bytes have about 80, the digits as they come 7.7.
pub const FEATURE_RMS: f64 = 5.0;

/// The smallest. At 0.01 a first layer of He's weights gives outputs of 0.014: the data hardly move the network.
pub const SMALL_FEATURE_RMS: f64 = 0.01;

/// How many times wider than the middle column the widest may be. The condition number of a linear layer's problem goes
/// with the square (LeCun et al. 1998, section 4.3): at 100 a step that suits one column is 10,000 times too short for
/// the others.
pub const FEATURE_SPREAD: f64 = 100.0;

/// The share of columns that may be the same in all rows. Margins of images are: 67 of MNIST's 784 columns are constant,
/// 3 of the digits' 64; among a thousand rows of MNIST 166 are.
pub const CONSTANT_SHARE: f64 = 0.5;

/// How many rows of the commonest class there may be for one of the rarest. At 10 to 1, never answering with the rare one
/// costs at most 1 row in 11.
pub const IMBALANCE: f64 = 10.0;

/// With fewer rows for each class than this on average nothing is said of balance: counts of 20 differ by
/// 1 / sqrt(20) = 22 % by chance alone.
pub const ROWS_OF_A_CLASS: usize = 20;

/// The share of a layer's ReLUs that may give 0 for every row. Runs that learn the digits to 97 % and more have up to a
/// sixth of them dead, with RMSprop a third.
pub const DEAD_SHARE: f64 = 0.5;

/// A sigmoid, tanh, softsign or hard sigmoid counts as saturated where its slope is less than this share of its steepest:
/// |tanh| above 0.975, a sigmoid below 0.013 or above 0.987, |softsign| above 0.776, a hard sigmoid of 0 or 1. A gradient
/// that passes is divided by 20 or more.
pub const SATURATED_SLOPE: f64 = 0.05;

/// The share of outputs of a layer that may be saturated.
pub const SATURATED_SHARE: f64 = 0.5;

/// How many times weaker or stronger than the last layer's, relative to its weights, a layer's gradient may be: such a
/// layer needs a thousand steps for one of the last.
pub const SPREAD: f64 = 1000.0;

/// The largest norm of a gradient over the norm of its weights: at 100 a learning rate of 0.01 replaces the weights by
/// the step.
pub const EXPLODING: f64 = 100.0;

/// The largest change of a layer's weights by one step, in norm over norm. About 0.001 is usual (Karpathy, CS231n, "Ratio
/// of weights:updates"); at 0.2 five steps replace what has been learned.
pub const LARGE_UPDATE: f64 = 0.2;

/// As [`LARGE_UPDATE`], of the first step of an optimiser that scales its steps. RMSprop's first is 1 / sqrt(1 - 0.99) =
/// 10 times as long as its later ones, and with PyTorch's defaults 0.6 of the digits network's weights.
pub const LARGE_FIRST_UPDATE: f64 = 1.0;

/// How far one step may raise the loss on the very rows that it learned from, as a share of that loss or of the baseline loss. A
/// gradient step of rate below 2 / (largest curvature) cannot raise it at all.
pub const OVERSHOOT: f64 = 0.2;

/// How far the last epoch's loss may lie above the best one, as a share of the baseline loss.
pub const RISE: f64 = 0.2;

/// A loss above this share of the baseline loss is no better than guessing: less than a twentieth is learned.
pub const AT_CHANCE: f64 = 0.95;

/// A run whose last epoch lowered the loss by more than this share of the baseline loss is only short: at a hundredth of
/// it, the baseline loss becomes 0 after a hundred epochs. The second notebook's failed run has 0.00001 an epoch.
pub const STILL_FALLING: f64 = 0.005;
