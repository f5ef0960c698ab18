//! The settings of a run as a model's file keeps them, so that a later run goes on with the same.

use std::collections::BTreeMap;

use chainrule_model::optim::{Clip, Decay, Decays, LbfgsSettings, WarmUp};
use chainrule_model::{Loss, Optimizer};
use serde::{Deserialize, Serialize};

use super::class_weights::ClassWeights;
use super::config::TrainConfig;
use super::early_stopping::{EarlyStopping, Monitor};
use crate::Result;
use crate::data::Order;

/// What a network was trained with, but for the loss, which its model has, and what does not change the result. It
/// serialises, so a model file can carry it.
///
/// ```
/// use chainrule::train::Settings;
/// use chainrule::{Loss, Optimizer, TrainConfig};
///
/// let config = TrainConfig::default().optimizer(Optimizer::by_name("adam")?).batch(64);
/// let settings = Settings::of(&config);
/// assert_eq!(settings.config(Loss::CrossEntropy)?, config);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    optimizer: String,
    /// Those of the optimiser, by name.
    with: BTreeMap<String, f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lbfgs: Option<Lbfgs>,
    epochs: usize,
    batch: usize,
    accumulate: usize,
    schedule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warm_up: Option<Warm>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clip: Option<Limit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decay: Option<Groups>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    early_stopping: Option<Stopping>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    class_weights: Option<Weights>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    positive_weights: Option<Vec<f64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label_smoothing: Option<f64>,
    /// Whether rows stayed in their order in every epoch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    keeps_order: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lbfgs {
    memory: usize,
    evaluations: usize,
    gradient_tolerance: f64,
    change_tolerance: f64,
    sufficient_decrease: f64,
    curvature: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Warm {
    epochs: u64,
    start: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    Value(f64),
    Norm(f64),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Groups {
    weights: Factors,
    biases: Factors,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Factors {
    l1: f64,
    l2: f64,
    decoupled: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stopping {
    patience: usize,
    min_delta: f64,
    monitor: Watched,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Watched {
    Loss,
    Accuracy,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Weights {
    Balanced,
    Given(Vec<f64>),
}

impl Settings {
    /// Those of this configuration.
    pub fn of(config: &TrainConfig) -> Self {
        let warm_up = config.warm_up.map(|WarmUp { epochs, start }| Warm { epochs, start });
        let settings = config.optimizer.settings().into_iter();
        Settings {
            optimizer: config.optimizer.name().to_owned(),
            with: settings.map(|(setting, value)| (setting.name.to_owned(), value)).collect(),
            lbfgs: config.lbfgs.map(Lbfgs::of),
            epochs: config.epochs,
            batch: config.batch,
            accumulate: config.accumulate,
            schedule: config.schedule.to_string(),
            warm_up,
            clip: config.clip.and_then(Limit::of),
            decay: (config.decay != Decays::default()).then(|| Groups {
                weights: Factors::of(config.decay.weights),
                biases: Factors::of(config.decay.biases),
            }),
            early_stopping: config.early_stopping.map(|stopping| Stopping {
                patience: stopping.patience,
                min_delta: stopping.min_delta,
                monitor: if stopping.monitor == Monitor::Accuracy { Watched::Accuracy } else { Watched::Loss },
            }),
            class_weights: match &config.class_weights {
                ClassWeights::Equal => None,
                ClassWeights::Balanced => Some(Weights::Balanced),
                ClassWeights::Given(weights) => Some(Weights::Given(weights.clone())),
            },
            positive_weights: config.positive_weights.clone(),
            label_smoothing: Some(config.label_smoothing).filter(|share| *share != 0.0),
            keeps_order: config.order == Order::Sequential,
        }
    }

    /// The configuration of a run with these settings and this loss. Weights and smoothing that the loss does not take are
    /// left out.
    ///
    /// # Errors
    /// When a setting has no meaning or is out of its range, as in a file that was changed.
    pub fn config(&self, loss: Loss) -> Result<TrainConfig> {
        let mut optimizer = Optimizer::by_name(&self.optimizer)?;
        // Momentum before Nesterov's, which needs some: both are one optimiser.
        for (name, value) in &self.with {
            optimizer = optimizer.with(name, *value)?;
        }
        let (of_classes, of_answers) = (loss == Loss::CrossEntropy, loss == Loss::BinaryCrossEntropy);
        let config = TrainConfig {
            epochs: self.epochs,
            batch: self.batch,
            loss,
            class_weights: match self.class_weights.as_ref().filter(|_| of_classes) {
                None => ClassWeights::Equal,
                Some(Weights::Balanced) => ClassWeights::Balanced,
                Some(Weights::Given(weights)) => ClassWeights::Given(weights.clone()),
            },
            positive_weights: self.positive_weights.clone().filter(|_| of_answers),
            label_smoothing: self.label_smoothing.filter(|_| of_classes).unwrap_or(0.0),
            optimizer,
            clip: self.clip.as_ref().map(|limit| match *limit {
                Limit::Value(limit) => Clip::Value(limit),
                Limit::Norm(limit) => Clip::Norm(limit),
            }),
            decay: self.decay.as_ref().map_or_else(Decays::default, |Groups { weights, biases }| Decays {
                weights: weights.decay(),
                biases: biases.decay(),
            }),
            schedule: self.schedule.parse()?,
            warm_up: self.warm_up.as_ref().map(|&Warm { epochs, start }| WarmUp { epochs, start }),
            accumulate: self.accumulate,
            early_stopping: self.early_stopping.as_ref().map(|stopping| EarlyStopping {
                patience: stopping.patience,
                min_delta: stopping.min_delta,
                monitor: if stopping.monitor == Watched::Accuracy { Monitor::Accuracy } else { Monitor::Loss },
            }),
            lbfgs: self.lbfgs.as_ref().map(Lbfgs::settings),
            order: if self.keeps_order { Order::Sequential } else { TrainConfig::default().order },
            ..TrainConfig::default()
        };
        config.check()?;
        Ok(config)
    }
}

impl Lbfgs {
    fn of(settings: LbfgsSettings) -> Self {
        let LbfgsSettings { memory, evaluations, gradient_tolerance, change_tolerance, sufficient_decrease, curvature } =
            settings;
        Lbfgs { memory, evaluations, gradient_tolerance, change_tolerance, sufficient_decrease, curvature }
    }

    fn settings(&self) -> LbfgsSettings {
        let &Lbfgs { memory, evaluations, gradient_tolerance, change_tolerance, sufficient_decrease, curvature } = self;
        LbfgsSettings { memory, evaluations, gradient_tolerance, change_tolerance, sufficient_decrease, curvature }
    }
}

impl Limit {
    fn of(clip: Clip) -> Option<Self> {
        match clip {
            Clip::Value(limit) => Some(Limit::Value(limit)),
            Clip::Norm(limit) => Some(Limit::Norm(limit)),
            _ => None,
        }
    }
}

impl Factors {
    fn of(Decay { l1, l2, decoupled }: Decay) -> Self {
        Factors { l1, l2, decoupled }
    }

    fn decay(&self) -> Decay {
        let &Factors { l1, l2, decoupled } = self;
        Decay { l1, l2, decoupled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule_model::optim::{Group, OPTIMIZER_NAMES, SCHEDULE_NAMES, Schedule};

    fn again(config: &TrainConfig) -> TrainConfig {
        let text = serde_json::to_string(&Settings::of(config)).unwrap();
        serde_json::from_str::<Settings>(&text).unwrap().config(config.loss).unwrap()
    }

    #[test]
    fn every_setting_comes_back() {
        for name in OPTIMIZER_NAMES {
            let optimizer = Optimizer::by_name(name).unwrap().with("lr", 0.1 / 3.0).unwrap();
            let config = TrainConfig::default().optimizer(optimizer);
            assert_eq!(again(&config), config);
        }
        for name in SCHEDULE_NAMES {
            let config = TrainConfig::default().schedule(Schedule::by_name(name).unwrap());
            assert_eq!(again(&config), config);
        }
        let nesterov = Optimizer::Momentum { lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 1e-3 };
        let (optimizer, decay) = Group::Weights.decay_only(nesterov, 1e-4);
        let config = TrainConfig {
            epochs: 7,
            batch: 5,
            accumulate: 3,
            optimizer,
            decay,
            clip: Some(Clip::Norm(0.3)),
            warm_up: Some(WarmUp { epochs: 2, start: 0.1 }),
            early_stopping: Some(EarlyStopping { patience: 4, min_delta: 0.01, monitor: Monitor::Accuracy }),
            class_weights: ClassWeights::Given(vec![1.0, 2.0 / 3.0]),
            label_smoothing: 0.1,
            ..TrainConfig::default()
        };
        assert_eq!(again(&config), config);
        let config = TrainConfig {
            loss: Loss::BinaryCrossEntropy,
            positive_weights: Some(vec![3.0]),
            lbfgs: Some(LbfgsSettings { memory: 3, ..LbfgsSettings::default() }),
            ..TrainConfig::default()
        };
        assert_eq!(again(&config), config);
    }

    #[test]
    fn what_has_no_meaning_is_refused() {
        let text = serde_json::to_string(&Settings::of(&TrainConfig::default())).unwrap();
        for (old, new) in [
            ("\"sgd\"", "\"sgdd\""),
            ("\"lr\":0.1", "\"lr\":-0.1"),
            ("\"lr\":0.1", "\"rate\":0.1"),
            ("\"constant\"", "\"cosine:-1\""),
            ("\"batch\":32", "\"batch\":0"),
        ] {
            let changed = text.replace(old, new);
            assert_ne!(changed, text);
            let settings: Settings = serde_json::from_str(&changed).unwrap();
            assert!(settings.config(Loss::CrossEntropy).is_err(), "{changed}");
        }
        assert!(serde_json::from_str::<Settings>(&text.replace("\"batch\"", "\"batches\"")).is_err());
    }
}
