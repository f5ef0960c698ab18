//! What was seen, in words.

use crate::doctor::Kind;
use crate::graph::brief;

fn percent(part: usize, whole: usize) -> String {
    format!("{:.0} %", 100.0 * part as f64 / whole as f64)
}

/// A column of the features by its name, or its number from 1.
fn feature(name: Option<&str>, column: usize) -> String {
    name.map_or_else(|| format!("column {} of the features", column + 1), |name| format!("column {name:?}"))
}

/// A column of the targets by its name, or its number from 1.
fn target(name: Option<&str>, column: usize) -> String {
    name.map_or_else(|| format!("column {} of the targets", column + 1), |name| format!("target {name:?}"))
}

impl Kind {
    /// What was seen; columns and classes by their names where they have some.
    pub(super) fn seen(&self, column: Option<&str>, classes: &[String]) -> String {
        let class = |at: usize, number: &usize| classes.get(at).cloned().unwrap_or_else(|| number.to_string());
        match self {
            Kind::UnscaledFeatures { rms } => {
                format!("features have a root mean square of {}; about 1 is usual", brief(*rms))
            }
            Kind::UnevenFeatures { column: at, deviation, usual } => format!(
                "{} has a standard deviation of {}, the median column {}",
                feature(column, *at),
                brief(*deviation),
                brief(*usual)
            ),
            Kind::ConstantFeatures { constant, columns, first } => format!(
                "{constant} of {columns} columns of the features have the same value in every row, first {}",
                column.map_or_else(|| format!("column {}", first + 1), str::to_owned)
            ),
            Kind::ColumnTellsTarget { column: at, share } => format!(
                "{} alone tells the target: {:.2} % of its rows or of its variation",
                feature(column, *at),
                100.0 * share
            ),
            Kind::IndexColumn { column: at } => format!("{} counts the rows", feature(column, *at)),
            Kind::UnscaledTargets { column: at, mean, deviation } => format!(
                "{} has a mean of {} and a standard deviation of {}; about 0 and 1 are usual",
                target(column, *at),
                brief(*mean),
                brief(*deviation)
            ),
            Kind::ConstantTargets { column: at, value } => {
                format!("{} is {} in every row", target(column, *at), brief(*value))
            }
            Kind::SingleClass { class: number, rows } => {
                format!("all {rows} rows have the same class: {}", class(0, number))
            }
            Kind::EmptyClasses { empty, classes, first } => {
                format!("{empty} of {classes} classes have no row, first class {}", class(0, first))
            }
            Kind::ShiftedLabels { by, stands, moved } => format!(
                "labels seem to stand a row too {}: {:.0} % of the rows lie nearest to the mean of their class, moved back \
                 {:.0} %",
                if *by > 0 { "low" } else { "high" },
                100.0 * stands,
                100.0 * moved
            ),
            Kind::SharedRows { shared, rows } => {
                format!("{shared} of {rows} rows held out ({}) are trained on too", percent(*shared, *rows))
            }
            Kind::LabelImbalance { most, least } => {
                format!("class {} has {} rows, class {} has {}", class(0, &most.0), most.1, class(1, &least.0), least.1)
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
            Kind::NarrowLayer { inputs } => {
                format!("a hidden layer of one unit: all that {inputs} inputs say passes through one number")
            }
            Kind::NoisyTargets { training, validation, baseline_loss } => format!(
                "the loss of the rows trained on fell to {}, that of the rows held out never below {}; the best constant \
                 prediction has {}",
                brief(*training),
                brief(*validation),
                brief(*baseline_loss)
            ),
            Kind::Overfitting { training, validation, best } => {
                let best = if best < validation { format!(", at best {}", brief(*best)) } else { String::new() };
                format!(
                    "the loss of the rows trained on is {}, that of the rows held out {}{best}",
                    brief(*training),
                    brief(*validation)
                )
            }
            Kind::Underfitting { loss, baseline_loss, fall } => format!(
                "the loss is {}, of {} by the best constant prediction, and the last epochs still lowered it by {} each",
                brief(*loss),
                brief(*baseline_loss),
                brief(*fall)
            ),
            Kind::LossAtChance { loss, baseline_loss } => format!(
                "the loss is {loss:.4}; the best constant prediction has {baseline_loss:.4}{}",
                if *loss > 2.0 * baseline_loss { ": the network is worse than no network" } else { "" }
            ),
        }
    }
}
