//! The thresholds of all checks, each with its source or arithmetic. `tests/suite/doctor` of `chainrule` tests them on
//! healthy and faulty runs, and prints how far each run was from each threshold.

/// With fewer rows, units and columns are not checked: a unit that is active for one row in ten is 0 for all of 64 rows
/// with probability 0.9^64 = 0.1 %.
pub const LEAST_ROWS: usize = 64;

/// The largest root mean square of features. He's and Glorot's initial weights are derived for inputs of mean square 1
/// (He et al. 2015, section 2.2): at 5 the first layer's outputs and gradients start 5 times too large, and the largest
/// stable learning rate, which is proportional to the inverse mean square (LeCun et al. 1998, "Efficient BackProp",
/// section 4.3), is 25 times too small. Bytes have about 80, the unscaled digits 7.7.
pub const FEATURE_RMS: f64 = 5.0;

/// The smallest root mean square of features. At 0.01 a first layer with He's weights has outputs of 0.014: the
/// features hardly affect the network.
pub const SMALL_FEATURE_RMS: f64 = 0.01;

/// The largest ratio of the widest column's standard deviation to the median one. The condition number of a linear
/// layer's problem grows with its square (LeCun et al. 1998, section 4.3): at 100 a step that suits one column is
/// 10,000 times too short for the others.
pub const FEATURE_SPREAD: f64 = 100.0;

/// The largest fraction of constant columns. Margins of images are constant: 67 of MNIST's 784 columns and 3 of the
/// digits' 64; in a thousand rows of MNIST, 166.
pub const CONSTANT_SHARE: f64 = 0.5;

/// The share of what the most frequent class gets wrong that a single column must get right to have been made from the
/// classes. What the best column of healthy tables gets right, by
/// [`tells_classes`](super::columns::tells_classes), over 200 orders of the rows (breast cancer 50), and of 1,000 made-up rows
/// over 20 seeds:
///
/// ```text
/// table, column                 median  95 %   largest
/// iris, petal width             0.940   0.980  0.981    0.98 would have named it in 8 orders of 200
/// wine, flavanoids              0.569   0.661  0.774
/// breast cancer, worst area     0.707   0.752  0.786
/// blobs                         0.782          0.839
/// moons                         0.625          0.710
/// circles                       0.460          0.528
/// spirals                       0.375          0.484
/// xor                           0.032          0.089
/// ```
///
/// A column that was made from the classes gets all right.
pub const TOLD: f64 = 0.99;

/// The correlation of a column with the values to be learned, or with the number of the row, above which one is made from the
/// other: what is left is 0.2 % of the variance. The best column of diabetes has 0.586, of Friedman's 0.605 in the largest of
/// 20 seeds.
pub const CORRELATION: f64 = 0.999;

/// The largest root mean square of values to be learned. The gradient of a squared loss grows with the target: at 10, the
/// first steps are ten times those that initial weights and learning rates are chosen for.
pub const TARGET_RMS: f64 = 10.0;

/// The smallest standard deviation of values to be learned: a squared loss of 0.0001 is all that there is to gain.
pub const SMALL_TARGET_DEVIATION: f64 = 0.01;

/// The largest share of rows held out that occur among those trained on. A few rows of small tables are alike by chance: one
/// of iris' 30 is 3 %.
pub const SHARED_ROWS: f64 = 0.05;

/// The largest ratio of rows of the most frequent class to rows of the rarest. At 10 to 1, never predicting the rare
/// class costs at most 1 row in 11.
pub const IMBALANCE: f64 = 10.0;

/// With fewer rows per class on average, balance is not checked: counts of 20 differ by
/// 1 / sqrt(20) = 22 % by chance alone.
pub const ROWS_OF_A_CLASS: usize = 20;

/// The largest fraction of a layer's ReLU units that are 0 for every row. In runs that reach 97 % and more on the
/// digits, up to a sixth are dead, with RMSprop a third.
pub const DEAD_SHARE: f64 = 0.5;

/// A sigmoid, tanh, softsign or hard sigmoid counts as saturated where its slope is less than this fraction of its
/// maximum:
/// |tanh| above 0.975, a sigmoid below 0.013 or above 0.987, |softsign| above 0.776, a hard sigmoid of 0 or 1. A gradient
/// that passes is divided by 20 or more.
pub const SATURATED_SLOPE: f64 = 0.05;

/// The largest fraction of saturated outputs of a layer.
pub const SATURATED_SHARE: f64 = 0.5;

/// The largest ratio between the gradients of a layer and of the last layer, each relative to its weights: such a layer
/// needs a thousand steps for one of the last.
pub const SPREAD: f64 = 1000.0;

/// The largest norm of a gradient over the norm of its weights: at 100, a step with a learning rate of 0.01 is as large
/// as the weights.
pub const EXPLODING: f64 = 100.0;

/// The largest change of a layer's weights by one step, in norm over norm. About 0.001 is usual (Karpathy, CS231n,
/// "Ratio of weights:updates"); at 0.2 five steps replace what has been learned.
pub const LARGE_UPDATE: f64 = 0.2;

/// As [`LARGE_UPDATE`], for the first step of an optimiser that scales its steps. RMSprop's first step is 1 / sqrt(1 -
/// 0.99) = 10 times as long as its later ones, and with PyTorch's defaults it is 0.6 of the digits network's weights.
pub const LARGE_FIRST_UPDATE: f64 = 1.0;

/// The largest increase of the loss by one step on the rows that the step was computed from, as a fraction of that loss
/// or of the baseline loss. A gradient step with a rate below 2 / (largest curvature) cannot raise it at all.
pub const OVERSHOOT: f64 = 0.2;

/// The largest difference of the last epoch's loss and the best one, as a fraction of the baseline loss.
pub const RISE: f64 = 0.2;

/// A loss above this fraction of the baseline loss counts as chance level: less than a twentieth has been learned.
pub const AT_CHANCE: f64 = 0.95;

/// The largest distance between the loss of the rows held out and that of the rows trained on, as a fraction of the baseline
/// loss. As `chainrule train` trains by default (a fifth of the rows to validate on, the epoch that is best on them), and
/// for 60 epochs without stopping, over 20 seeds, 500 made-up rows; the last column says how far the loss of the rows held
/// out had risen above its best:
///
/// ```text
///                by default        60 epochs
/// table          median  largest   median  largest  risen, largest
/// iris           0.02    0.09      0.03    0.14     0.03
/// wine           0.03    0.10      0.03    0.20     0.08
/// breast cancer  0.03    0.13      0.23    0.84     0.56
/// diabetes       0.05    0.22      0.53    0.87     0.38
/// moons          0.00    0.02      0.00    0.02     0.00
/// circles        0.00    0.00      0.00    0.00     0.00
/// xor            0.02    0.07      0.03    0.08     0.02
/// blobs          0.00    0.05      0.00    0.12     0.05
/// spirals        0.00    0.06      0.00    0.05     0.00
/// friedman       0.10    0.13      0.12    0.15     0.01
/// digits         0.04    0.08      0.04    0.08     0.01
/// ```
///
/// What is above 0.5 has learned by heart: breast cancer and diabetes beyond their best epochs.
pub const OVERFITTING: f64 = 0.5;

/// The share of the balanced accuracy between chance and 1 from which a model has learned its classes, whatever its loss: that
/// of weighted classes may lie above chance.
pub const SCORES_WELL: f64 = 0.25;

/// A run whose epochs still lowered the loss by this fraction of the baseline loss each, and that has not come below
/// [`HALF_LEARNED`], was too short.
pub const FALLING_FAST: f64 = 0.01;

/// The fraction of the baseline loss above which a loss that falls fast has much of its way before it.
pub const HALF_LEARNED: f64 = 0.5;

/// A run whose last epoch lowered the loss by more than this fraction of the baseline loss has only been too short: at
/// a hundredth per epoch, the loss goes from the baseline to 0 in a hundred epochs. The second notebook's failed run
/// has 0.00001 per epoch.
pub const STILL_FALLING: f64 = 0.005;
