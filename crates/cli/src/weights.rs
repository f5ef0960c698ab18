//! `--class-weights`, `--label-smoothing` and `--pos-weight`: weights and smoothing of the targets in the loss.

use std::str::FromStr;

use chainrule::train::ClassWeights;
use chainrule::{Loss, TrainConfig};
use clap::Args;

use crate::failure::Failure;
use crate::known;

#[derive(Debug, Clone, Args)]
pub(crate) struct WeightsArgs {
    /// The weight of each class in cross-entropy: balanced, or one number per class, separated by commas
    #[arg(long, value_name = "WEIGHTS", value_parser = known::hinted(class_weights, &["balanced"]), hide_possible_values = true, allow_hyphen_values = true, help_heading = "Training")]
    class_weights: Option<ClassWeights>,
    /// The fraction of each target that cross-entropy spreads evenly over all classes
    #[arg(long, value_name = "SHARE", value_parser = share, allow_negative_numbers = true, help_heading = "Training")]
    label_smoothing: Option<f64>,
    /// The weight of a 1 relative to a 0 in binary cross-entropy: one number per output, separated by commas
    #[arg(long, value_name = "WEIGHTS", value_parser = weights, allow_hyphen_values = true, help_heading = "Training")]
    pos_weight: Option<Weights>,
}

/// A type of its own, as clap would take a `Vec` for an option that is given several times.
#[derive(Debug, Clone)]
struct Weights(Vec<f64>);

impl WeightsArgs {
    /// Refuses options that the loss does not use.
    pub(crate) fn check(&self, loss: Loss) -> Result<(), Failure> {
        let needs = |option: &str, needed: &str| {
            Err(Failure::Usage(format!("{option} is for --loss {needed}, and the loss is {loss}")))
        };
        match loss {
            Loss::CrossEntropy => {}
            Loss::BinaryCrossEntropy if self.class_weights.is_some() => {
                return Err(Failure::Usage(format!(
                    "--class-weights is for --loss cross-entropy, and the loss is {loss}: --pos-weight weighs yes against no"
                )));
            }
            _ if self.class_weights.is_some() => return needs("--class-weights", "cross-entropy"),
            _ if self.label_smoothing.is_some() => return needs("--label-smoothing", "cross-entropy"),
            _ => {}
        }
        match self.pos_weight {
            Some(_) if loss != Loss::BinaryCrossEntropy => needs("--pos-weight", "binary-cross-entropy"),
            _ => Ok(()),
        }
    }

    /// Whether any of these options is given.
    pub(crate) fn is_given(&self) -> bool {
        self.class_weights.is_some() || self.label_smoothing.is_some() || self.pos_weight.is_some()
    }

    /// Those of an earlier run.
    pub(crate) fn of(earlier: &TrainConfig) -> Self {
        WeightsArgs {
            class_weights: Some(earlier.class_weights.clone()).filter(|weights| *weights != ClassWeights::Equal),
            label_smoothing: Some(earlier.label_smoothing).filter(|share| *share != 0.0),
            pos_weight: earlier.positive_weights.clone().map(Weights),
        }
    }

    /// Whether classes or answers weigh differently.
    pub(crate) fn is_weighted(&self) -> bool {
        self.class_weights.is_some() || self.pos_weight.is_some()
    }

    /// The configuration with these options applied.
    pub(crate) fn apply(&self, config: TrainConfig) -> TrainConfig {
        TrainConfig {
            class_weights: self.class_weights.clone().unwrap_or_default(),
            label_smoothing: self.label_smoothing.unwrap_or(0.0),
            positive_weights: self.pos_weight.clone().map(|Weights(weights)| weights),
            ..config
        }
    }

    /// `, balanced classes, labels smoothed by 0.1`, as printed after the loss.
    pub(crate) fn words(&self) -> String {
        let list = |weights: &[f64]| weights.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
        let mut words = match &self.class_weights {
            Some(ClassWeights::Balanced) => ", balanced classes".to_owned(),
            Some(ClassWeights::Given(weights)) => format!(", class weights {}", list(weights)),
            _ => String::new(),
        };
        words += &self.label_smoothing.map(|share| format!(", labels smoothed by {share}")).unwrap_or_default();
        words += &self.pos_weight.as_ref().map(|w| format!(", positive weights {}", list(&w.0))).unwrap_or_default();
        words
    }
}

fn class_weights(text: &str) -> Result<ClassWeights, String> {
    if text == "balanced" {
        return Ok(ClassWeights::Balanced);
    }
    match weights(text) {
        Ok(Weights(weights)) => Ok(ClassWeights::Given(weights)),
        Err(_) => Err("expected balanced, or finite numbers above 0, separated by commas, one per class".to_owned()),
    }
}

fn weights(text: &str) -> Result<Weights, String> {
    let weight = |text: &str| f64::from_str(text.trim()).ok().filter(|weight| weight.is_finite() && *weight > 0.0);
    let weights: Option<Vec<f64>> = text.split(',').map(weight).collect();
    weights
        .map(Weights)
        .ok_or_else(|| "expected finite numbers above 0, separated by commas, one per output".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    match f64::from_str(text) {
        Ok(share) if (0.0..1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to below 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_balanced_or_numbers_above_0() {
        assert_eq!(class_weights("balanced"), Ok(ClassWeights::Balanced));
        assert_eq!(class_weights("1, 2.5"), Ok(ClassWeights::Given(vec![1.0, 2.5])));
        for bad in ["", "1,", "0,1", "-1", "nan", "inf", "Balanced"] {
            assert!(class_weights(bad).unwrap_err().starts_with("expected balanced, or finite"), "{bad:?}");
            assert!(weights(bad).is_err(), "{bad:?}");
        }
        assert!(share("0").is_ok() && share("0.99").is_ok() && share("1").is_err() && share("-0.1").is_err());
    }
}
