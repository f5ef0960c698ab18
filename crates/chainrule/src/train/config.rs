//! The settings of a training run.

use chainrule_model::optim::{Clip, Decays, LbfgsSettings, Rates, Schedule, Span, Update, WarmUp};
use chainrule_model::{Loss, ModelError, Optimizer};

use super::class_weights::ClassWeights;
use super::early_stopping::EarlyStopping;
use super::history::History;
use super::learner::as_argument;
use crate::data::Order;
use crate::error::{Error, Result};

/// More threads than any machine has: a larger number is a typing mistake, and each thread would take a stack.
const THREADS_MAX: usize = 4096;

/// The settings of a training run, with defaults for a first try. Each has a method of its name. A struct expression should
/// end in `..TrainConfig::default()`, since later versions may add settings.
///
/// ```
/// use chainrule::optim::Clip;
/// use chainrule::{Optimizer, TrainConfig};
///
/// let optimizer = Optimizer::by_name("adamw")?.with("lr", 0.002)?;
/// let config = TrainConfig::default().epochs(20).batch(128).optimizer(optimizer).clip(Clip::Norm(1.0));
/// config.check()?;
/// assert!(config.batch(0).check().is_err());
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TrainConfig {
    /// The number of passes over the training rows; 20.
    pub epochs: usize,
    /// Rows in a minibatch; 32. The last one of an epoch has the remaining rows.
    pub batch: usize,
    /// The loss; cross-entropy.
    pub loss: Loss,
    /// The weight of each class, with cross-entropy; equal weights.
    pub class_weights: ClassWeights,
    /// The weight of a 1 relative to a 0 at each output, with binary cross-entropy: PyTorch's `pos_weight`; 1.
    pub positive_weights: Option<Vec<f64>>,
    /// The share of each target that is spread evenly over all classes, with cross-entropy; 0.
    pub label_smoothing: f64,
    /// The optimiser; SGD with a learning rate of 0.1.
    pub optimizer: Optimizer,
    /// Gradient clipping; none.
    pub clip: Option<Clip>,
    /// Decay in addition to the optimiser's own weight decay; none.
    pub decay: Decays,
    /// The schedule of the learning rate; constant.
    pub schedule: Schedule,
    /// The warm-up of the learning rate; none.
    pub warm_up: Option<WarmUp>,
    /// The number of minibatches whose gradients are accumulated for one step; 1.
    pub accumulate: usize,
    /// Early stopping; none.
    pub early_stopping: Option<EarlyStopping>,
    /// L-BFGS instead of the optimiser: each epoch is one iteration over all rows, in their order, without minibatches,
    /// learning rate, clipping or decay; not used.
    pub lbfgs: Option<LbfgsSettings>,
    /// The order of the rows; shuffled with seed 0.
    pub order: Order,
    /// The epochs whose reports are kept; the last 1,000.
    pub history: History,
    /// Whether reports of epochs have the hash of the weights; yes. A small network on a small table spends more time on it
    /// than on its steps.
    pub epoch_hashes: bool,
    /// The number of threads; `None` uses the current rayon pool, by default one thread for each core.
    pub threads: Option<usize>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        TrainConfig {
            epochs: 20,
            batch: 32,
            loss: Loss::CrossEntropy,
            class_weights: ClassWeights::Equal,
            positive_weights: None,
            label_smoothing: 0.0,
            optimizer: Optimizer::Sgd { lr: 0.1 },
            clip: None,
            decay: Decays::default(),
            schedule: Schedule::Constant,
            warm_up: None,
            accumulate: 1,
            early_stopping: None,
            lbfgs: None,
            order: Order::Shuffled { seed: 0 },
            history: History::default(),
            epoch_hashes: true,
            threads: None,
        }
    }
}

impl TrainConfig {
    /// Checks the settings.
    ///
    /// # Errors
    /// When a count is 0, there are more than 4096 threads, a setting is out of range or not for this loss, or
    /// L-BFGS is combined with a setting that it does not have.
    pub fn check(&self) -> Result<()> {
        let counts = [
            ("epochs", Some(self.epochs)),
            ("batch", Some(self.batch)),
            ("accumulate", Some(self.accumulate)),
            ("threads", self.threads),
        ];
        for (name, count) in counts {
            if count == Some(0) {
                return Err(Error::Argument { name, found: "0".to_owned(), expected: "at least 1".to_owned() });
            }
        }
        if let Some(threads) = self.threads.filter(|threads| *threads > THREADS_MAX) {
            let expected = format!("at most {THREADS_MAX}");
            return Err(Error::Argument { name: "threads", found: threads.to_string(), expected });
        }
        self.check_weights()?;
        self.loss.check().map_err(as_argument)?;
        self.update().check().map_err(as_argument)?;
        self.schedule.check().map_err(as_argument)?;
        self.warm_up.map_or(Ok(()), WarmUp::check).map_err(as_argument)?;
        self.early_stopping.map_or(Ok(()), EarlyStopping::check)?;
        match self.lbfgs {
            Some(lbfgs) => lbfgs.check().map_err(as_argument).and_then(|()| self.check_lbfgs()),
            None => Ok(()),
        }
    }

    /// The update of a step: clipping, optimiser and decay, without the schedule.
    pub fn update(&self) -> Update {
        Update { clip: self.clip, optimizer: self.optimizer, decay: self.decay }
    }

    /// The learning rate of the first step of a run over `rows` rows, with warm-up and schedule.
    pub fn first_rate(&self, rows: usize) -> f64 {
        self.rates(rows).at(0)
    }

    /// The learning rates of a run over `rows` rows.
    pub(super) fn rates(&self, rows: usize) -> Rates {
        let steps = rows.div_ceil(self.batch.saturating_mul(self.accumulate).max(1)).max(1);
        let span = Span { epochs: self.epochs as u64, steps: steps as u64 };
        Rates::new(self.schedule, self.warm_up, self.optimizer.lr(), span)
    }

    /// Checks weights and smoothing: their ranges, and that the loss takes them.
    fn check_weights(&self) -> Result<()> {
        let not_for = |what| Err(ModelError::NotForLoss { loss: self.loss, what }.into());
        if self.class_weights != ClassWeights::Equal && self.loss != Loss::CrossEntropy {
            return not_for("class weights");
        }
        if self.positive_weights.is_some() && self.loss != Loss::BinaryCrossEntropy {
            return not_for("positive weights");
        }
        if self.label_smoothing != 0.0 && self.loss != Loss::CrossEntropy {
            return not_for("label smoothing");
        }
        let refuse = |name, found: f64, expected: &str| {
            Err(Error::Argument { name, found: found.to_string(), expected: expected.to_owned() })
        };
        if !(0.0..1.0).contains(&self.label_smoothing) {
            return refuse("label smoothing", self.label_smoothing, "a number from 0 to below 1");
        }
        let given = match &self.class_weights {
            ClassWeights::Given(weights) => weights.as_slice(),
            _ => self.positive_weights.as_deref().unwrap_or_default(),
        };
        // A minibatch of a single class of weight 0 would have no mean loss.
        match given.iter().find(|weight| !(weight.is_finite() && **weight > 0.0)) {
            Some(&weight) => refuse("a weight of the loss", weight, "a finite number above 0"),
            None => Ok(()),
        }
    }

    /// Refuses settings that L-BFGS does not have.
    fn check_lbfgs(&self) -> Result<()> {
        let asked = [
            ("clip", self.clip.is_some()),
            ("decay", self.decay != Decays::default()),
            ("schedule", self.schedule != Schedule::Constant),
            ("warm-up", self.warm_up.is_some()),
            ("accumulate", self.accumulate > 1),
        ];
        match asked.into_iter().find(|(_, is_asked)| *is_asked) {
            Some((name, _)) => {
                let expected =
                    "none with lbfgs, which takes all rows at once and finds its step lengths by line search"
                        .to_owned();
                Err(Error::Argument { name, found: "one".to_owned(), expected })
            }
            None => Ok(()),
        }
    }

    /// Refuses settings that need validation data.
    pub(super) fn check_without_validation(&self) -> Result<()> {
        let name = match (self.early_stopping, self.schedule) {
            (Some(_), _) => "early stopping",
            (None, Schedule::Plateau { .. }) => "the plateau schedule",
            (None, _) => return Ok(()),
        };
        let (found, expected) =
            ("no validation rows".to_owned(), "validation rows, whose loss or accuracy it depends on".to_owned());
        Err(Error::Argument { name, found, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_go_with_their_loss_and_have_ranges() {
        let config = |loss| TrainConfig { loss, ..TrainConfig::default() };
        let message = |config: TrainConfig| config.check().unwrap_err().to_string();
        let balanced = ClassWeights::Balanced;
        let wrong = TrainConfig { class_weights: balanced.clone(), ..config(Loss::Mse) };
        assert_eq!(message(wrong), "mse takes no class weights");
        let wrong = TrainConfig { positive_weights: Some(vec![2.0]), ..config(Loss::CrossEntropy) };
        assert_eq!(message(wrong), "cross-entropy takes no positive weights");
        let wrong = TrainConfig { label_smoothing: 0.1, ..config(Loss::BinaryCrossEntropy) };
        assert_eq!(message(wrong), "binary-cross-entropy takes no label smoothing");
        for label_smoothing in [-0.1, 1.0, f64::NAN] {
            let wrong = TrainConfig { label_smoothing, ..config(Loss::CrossEntropy) };
            assert!(message(wrong).ends_with("expected a number from 0 to below 1"));
        }
        for weight in [0.0, -1.0, f64::INFINITY] {
            let class_weights = ClassWeights::Given(vec![1.0, weight]);
            let wrong = TrainConfig { class_weights, ..config(Loss::CrossEntropy) };
            assert!(message(wrong).ends_with("expected a finite number above 0"));
        }
        assert!(
            TrainConfig { class_weights: balanced, label_smoothing: 0.1, ..config(Loss::CrossEntropy) }.check().is_ok()
        );
    }
}
