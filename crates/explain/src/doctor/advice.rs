//! What to do about a finding in the run that it was found in: what fits the cause, and nothing that has been done.

use chainrule_model::{Activation, Layer, MatRef, Mlp, Scalar};

use crate::doctor::limits::RISE;
use crate::doctor::{Examination, Finding, Kind};

/// What of a run decides which advice fits.
struct Circumstances {
    /// Whether features, or targets, are badly scaled: that comes before anything about steps.
    features: bool,
    targets: bool,
    /// Whether hidden layers have activations that are flat far from 0, or ReLUs.
    saturates: bool,
    relu: bool,
    is_deep: bool,
    /// Whether all units of a hidden layer have the same weights, as initial weights of 0 leave them.
    are_units_alike: bool,
    has_norm: bool,
    has_dropout: bool,
    is_clipped: bool,
    keeps_best: bool,
    /// Whether steps are too long already: the loss rose or is no number, or they were found to be.
    steps_are_long: bool,
    /// The optimiser's name and rate.
    optimizer: Option<(&'static str, f64)>,
    epochs: usize,
}

impl Circumstances {
    fn of<T: Scalar>(case: &Examination<'_, T>, found: &[Finding]) -> Self {
        let mlp: &Mlp<T> = case.mlp;
        let has = |is: &dyn Fn(&Layer) -> bool| mlp.layers().iter().rev().skip(1).any(is);
        let is_flat = |layer: &Layer| {
            use Activation::{HardSigmoid, Sigmoid, Softsign, Tanh};
            matches!(layer, Layer::Activation(Sigmoid | Tanh | Softsign | HardSigmoid))
        };
        Circumstances {
            features: found
                .iter()
                .any(|f| matches!(f.kind, Kind::UnscaledFeatures { .. } | Kind::UnevenFeatures { .. })),
            targets: found.iter().any(|f| matches!(f.kind, Kind::UnscaledTargets { .. })),
            saturates: has(&is_flat),
            relu: has(&|layer| *layer == Layer::Activation(Activation::Relu)),
            is_deep: mlp.dense_layers().count() > 3,
            are_units_alike: are_units_alike(mlp),
            has_norm: has(&|layer| matches!(layer, Layer::LayerNorm { .. } | Layer::BatchNorm { .. })),
            has_dropout: has(&|layer| matches!(layer, Layer::Dropout { .. })),
            is_clipped: case.update.is_some_and(|update| update.clip.is_some()),
            keeps_best: case.keeps_best,
            steps_are_long: has_risen(case.losses) || found.iter().any(|finding| is_of_long_steps(&finding.kind)),
            optimizer: case.update.map(|update| (update.optimizer.name(), update.optimizer.lr())),
            epochs: case.losses.len(),
        }
    }

    /// What to do about steps that are too long: unscaled numbers first, the rate after them. Gradients are to be clipped where
    /// they may be large: clipping changes nothing where it is the rate that is.
    fn smaller_steps(&self, may_clip: bool) -> String {
        match (self.targets, self.features) {
            (true, _) => {
                return "scale the targets: leave out --raw-targets, so that they are standardised; the rate may then be right"
                    .to_owned();
            }
            (_, true) => {
                return "scale the features first (--preprocess standardize); the rate may then be right".to_owned();
            }
            _ => {}
        }
        let clip = if self.is_clipped || !may_clip { "" } else { ", or --clip-norm 1" };
        match self.optimizer {
            Some((_, lr)) => {
                format!("train again with a learning rate three to ten times smaller: --lr {}{clip}", typed(lr / 10.0))
            }
            None => format!("train again with a learning rate (--lr) three to ten times smaller{clip}"),
        }
    }

    fn larger_steps(&self) -> String {
        match self.optimizer {
            Some((_, lr)) => format!("--lr {}", typed(3.0 * lr)),
            None => "a higher --lr".to_owned(),
        }
    }

    /// What to do about a finding of this kind, which is of a column or a class of this name.
    fn advice(&self, kind: &Kind, column: Option<&str>, class: Option<&str>) -> String {
        // A column without a name is called by its number, which an option takes alone.
        let typed = |name: &str| {
            let number = name.strip_prefix("column ").filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
            number.unwrap_or(name).to_owned()
        };
        let named = |number: usize| column.map_or_else(|| (number + 1).to_string(), typed);
        match kind {
            Kind::UnscaledFeatures { rms } if *rms > 1.0 => {
                "divide by the largest value (--preprocess scale:0.00392 for bytes) or --preprocess standardize, and train again"
                    .to_owned()
            }
            Kind::UnscaledFeatures { .. } | Kind::UnevenFeatures { .. } => {
                "train again with --preprocess standardize".to_owned()
            }
            Kind::ConstantFeatures { .. } => "remove them (--drop), or check that the file was read as intended".to_owned(),
            Kind::ColumnTellsTarget { column: at, .. } => {
                format!("leave it out unless it is known before the target is: --drop {}", named(*at))
            }
            Kind::IndexColumn { column: at } => format!(
                "--drop {}; if it is a time, hold out the last rows instead of some from between: --holdout last",
                named(*at)
            ),
            Kind::UnscaledTargets { .. } => {
                "train again without --raw-targets: targets are standardised, and predictions come in their own unit".to_owned()
            }
            Kind::ConstantTargets { .. } | Kind::SingleClass { .. } => {
                "check that --target or --labels names the right column, and that all rows were read".to_owned()
            }
            Kind::EmptyClasses { empty: 1, first: 0, .. } if class.is_none_or(|name| name == "0") => {
                "if labels count from 1, leave out --classes: the labels that occur become the classes".to_owned()
            }
            Kind::EmptyClasses { .. } => {
                "add rows of the classes that have none, or hold out others; or leave out --classes, if it was given".to_owned()
            },
            Kind::ShiftedLabels { .. } => {
                "check where rows and labels begin: a header that was read as a row (--header yes|no, of a CSV file), or a line that \
                 one of the files lacks"
                    .to_owned()
            }
            Kind::SharedRows { .. } => {
                "remove copies from the file, or keep them in one part by a column that they share: --group COLUMN".to_owned()
            }
            Kind::LabelImbalance { .. } => {
                "--class-weights balanced, or more rows of the rare class; judge by the confusion matrix and the balanced accuracy \
                 (chainrule eval)"
                    .to_owned()
            }
            _ => self.about_the_network(kind),
        }
    }

    fn about_the_network(&self, kind: &Kind) -> String {
        if self.are_units_alike
            && matches!(kind, Kind::DeadUnits { .. } | Kind::VanishingGradients { .. } | Kind::LossAtChance { .. })
        {
            return "all units of a layer have the same weights, because the initial ones were 0 or all alike, and steps change them \
                    alike: train again from random initial weights, with --init-weights he or glorot"
                .to_owned();
        }
        let scaled = if self.features { "scale the features (--preprocess standardize), " } else { "" };
        match kind {
            Kind::DeadUnits { .. } => {
                format!("{}; units with --activation leaky_relu cannot die", self.smaller_steps(false))
            }
            Kind::SaturatedUnits { .. } => {
                format!("{scaled}lower the learning rate or the initial weights, or use --activation relu")
            }
            Kind::VanishingGradients { .. } => {
                let mut ways = Vec::new();
                ways.extend(self.saturates.then_some("--activation relu in hidden layers"));
                ways.extend(self.is_deep.then_some("fewer layers"));
                ways.extend((!self.has_norm).then_some("--norm batch"));
                let adapts = self.optimizer.is_some_and(|(name, _)| matches!(name, "adam" | "adamw" | "rmsprop" | "adagrad"));
                ways.extend((!adapts).then_some("an optimizer that scales each step (--optimizer adam)"));
                match ways.is_empty() {
                    true => "larger initial weights, or other seeds".to_owned(),
                    false => ways.join(", or "),
                }
            }
            Kind::ExplodingGradients { .. } => {
                let clip = if self.is_clipped { "" } else { ", or --clip-norm 1" };
                let targets = if self.targets { "scale the targets (leave out --raw-targets), " } else { "" };
                format!("{targets}{scaled}use smaller initial weights{clip}")
            }
            Kind::NarrowLayer { .. } => "give the layer more units: --hidden 32 for example".to_owned(),
            Kind::NoisyTargets { .. } => {
                "check that rows and targets belong together (sorted or joined apart?), and that the features can tell the target; \
                 training longer does not help"
                    .to_owned()
            }
            Kind::Overfitting { .. } => {
                let mut ways = Vec::new();
                ways.extend((!self.keeps_best).then_some("--patience 10, which keeps the best epoch"));
                ways.extend((!self.has_dropout).then_some("--dropout 0.3"));
                ways.extend(["--weight-decay 0.001", "a smaller network", "more rows"]);
                ways.join(", or ")
            }
            Kind::Underfitting { .. } if self.steps_are_long => format!("train longer (--epochs {})", 3 * self.epochs),
            Kind::Underfitting { .. } => {
                format!("train longer (--epochs {}), or with {}", 3 * self.epochs, self.larger_steps())
            }
            Kind::LossAtChance { .. } if self.features || self.targets => "fix the scale first, as said above".to_owned(),
            Kind::LossAtChance { loss, baseline_loss } => {
                let is_above = loss.is_nan() || *loss > (1.0 + RISE) * baseline_loss;
                let units = if self.relu { " or wider layers" } else { "" };
                let then = match self.steps_are_long || is_above {
                    true => self.smaller_steps(true),
                    false => format!("train longer or with {}{units}", self.larger_steps()),
                };
                format!(
                    "fix the other findings first; if there are none, check that rows and targets match, then {then}"
                )
            }
            Kind::LargeUpdates { .. } | Kind::LearningRateHigh { .. } => self.smaller_steps(false),
            _ => self.smaller_steps(true),
        }
    }
}

/// Whether the units of a hidden layer are copies of each other: random weights never are.
fn are_units_alike<T: Scalar>(mlp: &Mlp<T>) -> bool {
    let layers: Vec<_> = mlp.dense_layers().collect();
    let hidden = layers.split_last().map_or(&[][..], |(_, hidden)| hidden);
    let is_one = |values: &[T]| values.iter().all(|value| *value == values[0]);
    let alike = |w: MatRef<'_, T>, b: &[T]| w.cols() > 1 && is_one(b) && (0..w.rows()).all(|row| is_one(w.row(row)));
    hidden.iter().any(|layer| alike(layer.w, layer.b))
}

/// Whether the loss of the last epoch is above that of the first, or no number.
fn has_risen(losses: &[f64]) -> bool {
    match losses {
        [first, .., last] => last > first || !last.is_finite(),
        [only] => !only.is_finite(),
        [] => false,
    }
}

fn is_of_long_steps(kind: &Kind) -> bool {
    use Kind::{DeadUnits, LargeUpdates, LearningRateHigh, NonFiniteLoss, RisingLoss};
    let is_of_the_loss = matches!(kind, NonFiniteLoss { .. } | RisingLoss { .. });
    is_of_the_loss || matches!(kind, DeadUnits { .. } | LargeUpdates { .. } | LearningRateHigh { .. })
}

/// A rate of two digits, as it can be typed.
fn typed(rate: f64) -> String {
    format!("{rate:.1e}").parse().map_or_else(|_| rate.to_string(), |rate: f64| rate.to_string())
}

/// Names what was found, and says what to do about it.
pub(super) fn advise<T: Scalar>(case: &Examination<'_, T>, found: &mut [Finding]) {
    let circumstances = Circumstances::of(case, found);
    for finding in found {
        let feature = finding.kind.feature().and_then(|at| case.columns.get(at));
        let target = finding.kind.target().and_then(|at| case.targets.get(at));
        finding.column = feature.or(target).cloned();
        let classes = finding.kind.classes();
        let named: Option<Vec<String>> = classes.iter().map(|&class| case.classes.get(class).cloned()).collect();
        finding.classes = named.unwrap_or_default();
        let class = finding.classes.first().map(String::as_str);
        finding.advice = circumstances.advice(&finding.kind, finding.column.as_deref(), class);
    }
}

#[cfg(test)]
mod tests {
    use super::{Circumstances, has_risen, typed};
    use crate::doctor::Kind;

    fn run(steps_are_long: bool) -> Circumstances {
        Circumstances {
            features: false,
            targets: false,
            saturates: false,
            relu: false,
            is_deep: false,
            are_units_alike: false,
            has_norm: false,
            has_dropout: false,
            is_clipped: true,
            keeps_best: false,
            steps_are_long,
            optimizer: Some(("sgd", 10.0)),
            epochs: 3,
        }
    }

    #[test]
    fn a_higher_rate_is_not_advised_where_the_loss_rose() {
        let advice = |long, loss: f64| run(long).advice(&Kind::LossAtChance { loss, baseline_loss: 1.0 }, None, None);
        assert!(advice(false, 0.99).ends_with("train longer or with --lr 30"), "{}", advice(false, 0.99));
        for (long, loss) in [(true, 0.99), (false, 1.5), (false, f64::NAN)] {
            assert!(advice(long, loss).ends_with("three to ten times smaller: --lr 1"), "{}", advice(long, loss));
        }
        assert!(has_risen(&[1.0, 0.5, 1.1]) && has_risen(&[1.0, f64::NAN]) && has_risen(&[f64::INFINITY]));
        assert!(!has_risen(&[1.0, 2.0, 0.5]) && !has_risen(&[1.0]) && !has_risen(&[]));
    }

    #[test]
    fn clipping_is_advised_where_gradients_may_be_large() {
        let run = run(false);
        let run = Circumstances { is_clipped: false, ..run };
        let advice = |kind: Kind| run.advice(&kind, None, None);
        assert!(!advice(Kind::LargeUpdates { ratio: 1.6 }).contains("--clip-norm"));
        assert!(advice(Kind::NonFiniteLoss { loss: f64::NAN }).contains("--clip-norm 1"));
    }

    #[test]
    fn labels_that_count_from_one_are_numbers() {
        let advice = |class| run(false).advice(&Kind::EmptyClasses { empty: 1, classes: 3, first: 0 }, None, class);
        assert!([None, Some("0")].into_iter().all(|class| advice(class).contains("count from 1")));
        assert!(advice(Some("apple")).contains("hold out others"));
    }

    #[test]
    fn a_rate_is_written_as_it_is_typed() {
        assert_eq!([0.1 / 10.0, 3.0 * 0.003, 5.0, 1e-6].map(typed), ["0.01", "0.009", "5", "0.000001"]);
    }
}
