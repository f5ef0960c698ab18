//! The kinds of problems that the doctor knows, their names and numbers.

/// A kind of problem, with the numbers that show it. Columns and classes are counted from 0.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::doctor::{Examination, Kind, examine};
/// use chainrule::graph::Rows;
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mut mlp = Mlp::builder(1).dense(2).build()?;
/// mlp.params_mut()[0] = f32::NAN;
/// let rows = Rows { x: MatRef::new(&[0.5, 1.0], 2, 1), targets: TargetsRef::Classes(&[0, 1]) };
/// let findings = examine(&Examination::new(&mlp, rows, Loss::CrossEntropy))?;
/// assert!(findings.iter().any(|finding| matches!(finding.kind, Kind::NonFiniteParameters { .. })));
/// assert_eq!(findings[0].kind.name(), "non-finite-parameters");
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// The root mean square of all features is far from 1.
    UnscaledFeatures {
        /// That root mean square.
        rms: f64,
    },
    /// Columns of features differ in scale.
    UnevenFeatures {
        /// The widest column.
        column: usize,
        /// Its standard deviation.
        deviation: f64,
        /// The median standard deviation of the columns.
        usual: f64,
    },
    /// Columns with the same value in every row.
    ConstantFeatures {
        /// How many.
        constant: usize,
        /// Of how many.
        columns: usize,
        /// The first of them.
        first: usize,
    },
    /// One column of the features tells the targets alone: it was made from them.
    ColumnTellsTarget {
        /// The column.
        column: usize,
        /// The share of rows whose class it tells, or the size of its correlation with the values.
        share: f64,
    },
    /// A column that counts the rows.
    IndexColumn {
        /// The column.
        column: usize,
    },
    /// Values to be learned that are far from 1 in size, or hardly differ.
    UnscaledTargets {
        /// The column of the targets.
        column: usize,
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        deviation: f64,
    },
    /// Values to be learned that are all the same.
    ConstantTargets {
        /// The column of the targets.
        column: usize,
        /// The value.
        value: f64,
    },
    /// All rows have the same class.
    SingleClass {
        /// The class.
        class: usize,
        /// The rows.
        rows: usize,
    },
    /// Classes without a row.
    EmptyClasses {
        /// How many.
        empty: usize,
        /// Of how many.
        classes: usize,
        /// The first of them.
        first: usize,
    },
    /// Labels fit the rows better when they are moved by a row.
    ShiftedLabels {
        /// By how many rows they stand too low.
        by: i64,
        /// The share of rows that lie nearest to the mean of their class.
        stands: f64,
        /// The same with the labels moved.
        moved: f64,
    },
    /// Rows that are held out and trained on.
    SharedRows {
        /// How many.
        shared: usize,
        /// Of how many held out.
        rows: usize,
    },
    /// Some classes have far more rows than others.
    LabelImbalance {
        /// The commonest class and its rows.
        most: (usize, usize),
        /// The rarest class and its rows.
        least: (usize, usize),
    },
    /// Parameters that are NaN or infinite; the layer is the first that has any.
    NonFiniteParameters {
        /// How many, in all layers.
        count: usize,
    },
    /// Outputs of a layer that are NaN or infinite, although its parameters are finite.
    NonFiniteOutputs {
        /// How many, over all rows and units.
        count: usize,
    },
    /// The loss is NaN or infinite, although all outputs are finite.
    NonFiniteLoss {
        /// Which of them.
        loss: f64,
    },
    /// ReLU units that are 0 for every row.
    DeadUnits {
        /// How many.
        dead: usize,
        /// Of how many in the layer.
        units: usize,
        /// For how many rows.
        rows: usize,
    },
    /// Sigmoid or tanh units where the activation is flat.
    SaturatedUnits {
        /// The fraction of outputs, over rows and units.
        share: f64,
        /// How many rows.
        rows: usize,
    },
    /// A layer's gradient is far weaker than the last layer's. Both in norm over the norm of the weights.
    VanishingGradients {
        /// The layer's.
        here: f64,
        /// The last layer's.
        last: f64,
    },
    /// A layer's gradient is far stronger than the last layer's, or than its weights. In norm over the norm of the
    /// weights.
    ExplodingGradients {
        /// The layer's.
        here: f64,
        /// The last layer's.
        last: f64,
    },
    /// One step changes a layer's weights too much.
    LargeUpdates {
        /// The norm of the change over the norm of the weights.
        ratio: f64,
    },
    /// One step raises the loss on the rows that it learned from.
    LearningRateHigh {
        /// The loss before the step.
        before: f64,
        /// After it.
        after: f64,
    },
    /// The last epoch's loss lies far above an earlier one.
    RisingLoss {
        /// The best epoch's loss.
        best: f64,
        /// The last epoch's.
        last: f64,
    },
    /// A hidden layer of one unit.
    NarrowLayer {
        /// The units of the layer before it, or the features.
        inputs: usize,
    },
    /// The loss of rows held out never came below that of a constant prediction, while that of the rows trained on fell.
    NoisyTargets {
        /// The last epoch's loss of the rows trained on.
        training: f64,
        /// The best of the rows held out.
        validation: f64,
        /// The loss of the best constant prediction.
        baseline_loss: f64,
    },
    /// The loss of rows held out is far above that of the rows trained on, or above its own best.
    Overfitting {
        /// The loss of the rows trained on.
        training: f64,
        /// That of the rows held out, by the same weights.
        validation: f64,
        /// The best of the rows held out in any epoch.
        best: f64,
    },
    /// The run ended while the loss was high and still fell.
    Underfitting {
        /// The loss.
        loss: f64,
        /// The loss of the best constant prediction.
        baseline_loss: f64,
        /// By how much the last epochs lowered it, each.
        fall: f64,
    },
    /// The network is no better than a constant prediction.
    LossAtChance {
        /// Its loss.
        loss: f64,
        /// The loss of the best constant prediction.
        baseline_loss: f64,
    },
}

impl Kind {
    /// A name for programs: `dead-units`.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::UnscaledFeatures { .. } => "unscaled-features",
            Kind::UnevenFeatures { .. } => "uneven-features",
            Kind::ConstantFeatures { .. } => "constant-features",
            Kind::ColumnTellsTarget { .. } => "column-tells-target",
            Kind::IndexColumn { .. } => "index-column",
            Kind::UnscaledTargets { .. } => "unscaled-targets",
            Kind::ConstantTargets { .. } => "constant-targets",
            Kind::SingleClass { .. } => "single-class",
            Kind::EmptyClasses { .. } => "empty-classes",
            Kind::ShiftedLabels { .. } => "shifted-labels",
            Kind::SharedRows { .. } => "shared-rows",
            Kind::LabelImbalance { .. } => "label-imbalance",
            Kind::NonFiniteParameters { .. } => "non-finite-parameters",
            Kind::NonFiniteOutputs { .. } => "non-finite-outputs",
            Kind::NonFiniteLoss { .. } => "non-finite-loss",
            Kind::DeadUnits { .. } => "dead-units",
            Kind::SaturatedUnits { .. } => "saturated-units",
            Kind::VanishingGradients { .. } => "vanishing-gradients",
            Kind::ExplodingGradients { .. } => "exploding-gradients",
            Kind::LargeUpdates { .. } => "large-updates",
            Kind::LearningRateHigh { .. } => "learning-rate-high",
            Kind::RisingLoss { .. } => "rising-loss",
            Kind::NarrowLayer { .. } => "narrow-layer",
            Kind::NoisyTargets { .. } => "noisy-targets",
            Kind::Overfitting { .. } => "overfitting",
            Kind::Underfitting { .. } => "underfitting",
            Kind::LossAtChance { .. } => "loss-at-chance",
        }
    }

    /// Its numbers by name.
    pub fn numbers(&self) -> Vec<(&'static str, f64)> {
        let n = |count: &usize| *count as f64;
        match self {
            Kind::UnscaledFeatures { rms } => vec![("rms", *rms)],
            Kind::UnevenFeatures { column, deviation, usual } => {
                vec![("column", n(column)), ("deviation", *deviation), ("usual_deviation", *usual)]
            }
            Kind::ConstantFeatures { constant, columns, first } => {
                vec![("constant", n(constant)), ("columns", n(columns)), ("first", n(first))]
            }
            Kind::ColumnTellsTarget { column, share } => vec![("column", n(column)), ("share", *share)],
            Kind::IndexColumn { column } => vec![("column", n(column))],
            Kind::UnscaledTargets { column, mean, deviation } => {
                vec![("column", n(column)), ("mean", *mean), ("deviation", *deviation)]
            }
            Kind::ConstantTargets { column, value } => vec![("column", n(column)), ("value", *value)],
            Kind::SingleClass { class, rows } => vec![("class", n(class)), ("rows", n(rows))],
            Kind::EmptyClasses { empty, classes, first } => {
                vec![("empty", n(empty)), ("classes", n(classes)), ("first", n(first))]
            }
            Kind::ShiftedLabels { by, stands, moved } => {
                vec![("by", *by as f64), ("nearest_as_they_stand", *stands), ("nearest_moved", *moved)]
            }
            Kind::SharedRows { shared, rows } => vec![("shared", n(shared)), ("rows", n(rows))],
            Kind::LabelImbalance { most, least } => vec![
                ("most_class", n(&most.0)),
                ("most_rows", n(&most.1)),
                ("least_class", n(&least.0)),
                ("least_rows", n(&least.1)),
            ],
            Kind::NonFiniteParameters { count } | Kind::NonFiniteOutputs { count } => vec![("count", n(count))],
            Kind::NonFiniteLoss { loss } => vec![("loss", *loss)],
            Kind::DeadUnits { dead, units, rows } => vec![("dead", n(dead)), ("units", n(units)), ("rows", n(rows))],
            Kind::SaturatedUnits { share, rows } => vec![("share", *share), ("rows", n(rows))],
            Kind::VanishingGradients { here, last } | Kind::ExplodingGradients { here, last } => {
                vec![("gradient_over_weights", *here), ("last_layer", *last)]
            }
            Kind::LargeUpdates { ratio } => vec![("update_over_weights", *ratio)],
            Kind::LearningRateHigh { before, after } => vec![("loss_before", *before), ("loss_after", *after)],
            Kind::RisingLoss { best, last } => vec![("best_loss", *best), ("last_loss", *last)],
            Kind::NarrowLayer { inputs } => vec![("inputs", n(inputs))],
            Kind::NoisyTargets { training, validation, baseline_loss } => {
                vec![("training_loss", *training), ("validation_loss", *validation), ("chance", *baseline_loss)]
            }
            Kind::Overfitting { training, validation, best } => {
                vec![("training_loss", *training), ("validation_loss", *validation), ("best_loss", *best)]
            }
            Kind::Underfitting { loss, baseline_loss, fall } => {
                vec![("loss", *loss), ("chance", *baseline_loss), ("fall_an_epoch", *fall)]
            }
            Kind::LossAtChance { loss, baseline_loss } => vec![("loss", *loss), ("chance", *baseline_loss)],
        }
    }

    /// The column of the features that it speaks of.
    pub(super) fn feature(&self) -> Option<usize> {
        match self {
            Kind::UnevenFeatures { column, .. }
            | Kind::ConstantFeatures { first: column, .. }
            | Kind::ColumnTellsTarget { column, .. }
            | Kind::IndexColumn { column } => Some(*column),
            _ => None,
        }
    }

    /// The column of the targets that it speaks of.
    pub(super) fn target(&self) -> Option<usize> {
        match self {
            Kind::UnscaledTargets { column, .. } | Kind::ConstantTargets { column, .. } => Some(*column),
            _ => None,
        }
    }

    /// The classes that it speaks of.
    pub(super) fn classes(&self) -> Vec<usize> {
        match self {
            Kind::LabelImbalance { most, least } => vec![most.0, least.0],
            Kind::SingleClass { class, .. } | Kind::EmptyClasses { first: class, .. } => vec![*class],
            _ => Vec::new(),
        }
    }
}
