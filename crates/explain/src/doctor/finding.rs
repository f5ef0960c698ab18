//! A finding of the doctor: its data, and the text made from them.

use std::fmt;

use crate::doctor::LayerDiagnostics;
use crate::graph::brief;

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
    /// The network is no better than a constant prediction.
    LossAtChance {
        /// Its loss.
        loss: f64,
        /// The loss of the best constant prediction.
        baseline_loss: f64,
    },
}

/// One problem. `Display` prints three sentences: what was seen, what it means, and what to do.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::doctor::{Examination, examine};
/// use chainrule::graph::Rows;
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mut mlp = Mlp::builder(1).dense(2).build()?;
/// mlp.params_mut()[0] = f32::NAN;
/// let rows = Rows { x: MatRef::new(&[0.5, 1.0], 2, 1), targets: TargetsRef::Classes(&[0, 1]) };
/// for finding in examine(&Examination::new(&mlp, rows, Loss::CrossEntropy))? {
///     println!("{finding}"); // what was seen, what it means, what to do
/// }
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The kind of problem.
    pub kind: Kind,
    /// The layer: the index of a dense layer among the network's modules, and its name with the modules that follow it.
    pub layer: Option<(usize, String)>,
}

impl Finding {
    pub(super) fn of_data(kind: Kind) -> Self {
        Finding { kind, layer: None }
    }

    pub(super) fn of_layer(kind: Kind, layer: &LayerDiagnostics) -> Self {
        Finding { kind, layer: Some((layer.module, layer.name.clone())) }
    }

    /// What was seen, with its numbers.
    pub fn seen(&self) -> String {
        let place = self.layer.as_ref().map(|(module, name)| format!("module {module}, {name}: ")).unwrap_or_default();
        place + &self.kind.seen()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  means: {}\n  do:    {}", self.seen(), self.kind.means(), self.kind.advice())
    }
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.0} %", 100.0 * part as f64 / whole as f64)
}

impl Kind {
    /// A name for programs: `dead-units`.
    pub fn name(&self) -> &'static str {
        match self {
            Kind::UnscaledFeatures { .. } => "unscaled-features",
            Kind::UnevenFeatures { .. } => "uneven-features",
            Kind::ConstantFeatures { .. } => "constant-features",
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
            Kind::LossAtChance { loss, baseline_loss } => vec![("loss", *loss), ("chance", *baseline_loss)],
        }
    }

    fn seen(&self) -> String {
        match self {
            Kind::UnscaledFeatures { rms } => {
                format!("features have a root mean square of {}; about 1 is usual", brief(*rms))
            }
            Kind::UnevenFeatures { column, deviation, usual } => format!(
                "column {} of the features has a standard deviation of {}, the median column {}",
                column + 1,
                brief(*deviation),
                brief(*usual)
            ),
            Kind::ConstantFeatures { constant, columns, first } => format!(
                "{constant} of {columns} columns of the features have the same value in every row, first column {}",
                first + 1
            ),
            Kind::LabelImbalance { most, least } => {
                format!("class {} has {} rows, class {} has {}", most.0, most.1, least.0, least.1)
            }
            Kind::NonFiniteParameters { count } => format!("{count} parameters from here on are NaN or infinite"),
            Kind::NonFiniteOutputs { count } => format!("{count} outputs are NaN or infinite"),
            Kind::NonFiniteLoss { loss } => format!("the loss is {loss}"),
            Kind::DeadUnits { dead, units, rows } => {
                format!("{dead} of {units} units ({}) are 0 for all of {rows} rows", percent(*dead, *units))
            }
            Kind::SaturatedUnits { share, rows } => {
                format!("{:.0} % of the outputs over {rows} rows lie where the activation is flat", 100.0 * share)
            }
            Kind::VanishingGradients { here, last } => format!(
                "the norm of the gradient is {} of that of the weights, in the last layer {}: {} times more",
                brief(*here),
                brief(*last),
                brief(last / here)
            ),
            Kind::ExplodingGradients { here, last } => {
                let than = if here == last { String::new() } else { format!(", in the last layer {}", brief(*last)) };
                format!("the norm of the gradient is {} times that of the weights{than}", brief(*here))
            }
            Kind::LargeUpdates { ratio } => {
                format!("one step changes the weights by {} of their norm; about 0.001 is usual", brief(*ratio))
            }
            Kind::LearningRateHigh { before, after } => format!(
                "one step raises the loss from {} to {} on the rows that it was computed from",
                brief(*before),
                brief(*after)
            ),
            Kind::RisingLoss { best, last } => {
                format!("the loss was {} in an earlier epoch and is {} in the last epoch", brief(*best), brief(*last))
            }
            Kind::LossAtChance { loss, baseline_loss } => format!(
                "the loss is {loss:.4}; the best constant prediction has {baseline_loss:.4}{}",
                if *loss > 2.0 * baseline_loss { ": the network is worse than no network" } else { "" }
            ),
        }
    }
}
