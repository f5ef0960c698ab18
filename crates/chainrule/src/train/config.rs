//! What a training run is told beforehand.

use chainrule_model::optim::{Clip, Decays, LbfgsSettings, Rates, Schedule, Span, Update, WarmUp};
use chainrule_model::{Loss, ModelError, Optimizer};

use super::class_weights::ClassWeights;
use super::early_stopping::EarlyStopping;
use super::history::History;
use super::learner::as_argument;
use crate::data::Order;
use crate::error::{Error, Result};

/// More than any machine has; beyond it lies a mistyped number, and a stack for each thread of it.
const THREADS_MAX: usize = 4096;

/// The settings of a training run, with defaults that suit a first try. Each is said by a method of its name; written as a
/// struct it ends in `..TrainConfig::default()`, for there will be more settings.
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
    /// How often every row is seen; 20.
    pub epochs: usize,
    /// Rows in a minibatch; 32. The last of an epoch holds what is left.
    pub batch: usize,
    /// What is made small; cross-entropy.
    pub loss: Loss,
    /// How much each class counts, with cross-entropy; all alike.
    pub class_weights: ClassWeights,
    /// How much a 1 counts beside a 0 at each output, with binary cross-entropy: PyTorch's `pos_weight`; alike.
    pub positive_weights: Option<Vec<f64>>,
    /// The share of each target that is spread evenly over all classes, with cross-entropy; 0.
    pub label_smoothing: f64,
    /// How; SGD with a learning rate of 0.1.
    pub optimizer: Optimizer,
    /// What is done to gradients that are too large; nothing.
    pub clip: Option<Clip>,
    /// What draws parameters to 0 beside the optimiser's own weight decay; nothing.
    pub decay: Decays,
    /// How the optimiser's learning rate changes; not at all.
    pub schedule: Schedule,
    /// How the rate grows at the beginning; it is there at once.
    pub warm_up: Option<WarmUp>,
    /// Minibatches whose gradients are brought together for one step, as if they were one; 1.
    pub accumulate: usize,
    /// When to end a run that no longer gets better; never.
    pub early_stopping: Option<EarlyStopping>,
    /// L-BFGS instead of the optimiser: each epoch is an iteration over all rows, in their order. It has no minibatches,
    /// learning rate, clipping or decay. Not used.
    pub lbfgs: Option<LbfgsSettings>,
    /// The order of the rows; shuffled with seed 0.
    pub order: Order,
    /// How many epochs the report keeps; the last 1,000.
    pub history: History,
    /// How many threads; `None` is the rayon pool that the caller stands in, by default one thread for each core.
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
            threads: None,
        }
    }
}

impl TrainConfig {
    /// Refuses settings that cannot be run.
    ///
    /// # Errors
    /// When a count is 0, there are more than 4096 threads, a setting of the loss, of the optimiser or of what stands
    /// beside them is out of its range or not for this loss, or L-BFGS is to be combined with what it does not have.
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

    /// What is done with the gradients of a step, before a schedule changes its learning rate.
    pub fn update(&self) -> Update {
        Update { clip: self.clip, optimizer: self.optimizer, decay: self.decay }
    }

    /// The learning rate of the first step over so many rows, which a warm-up or a schedule may have made small.
    pub fn first_rate(&self, rows: usize) -> f64 {
        self.rates(rows).at(0)
    }

    /// The learning rates of a run over so many rows.
    pub(super) fn rates(&self, rows: usize) -> Rates {
        let steps = rows.div_ceil(self.batch.saturating_mul(self.accumulate).max(1)).max(1);
        let span = Span { epochs: self.epochs as u64, steps: steps as u64 };
        Rates::new(self.schedule, self.warm_up, self.optimizer.lr(), span)
    }

    /// Refuses weights and smoothing that mean nothing, or that the loss has no use for.
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

    /// L-BFGS goes down the loss itself, as far as a line search says.
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
                let expected = "none with lbfgs, which takes all rows at once and as long a step as is good".to_owned();
                Err(Error::Argument { name, found: "one".to_owned(), expected })
            }
            None => Ok(()),
        }
    }

    /// Refuses settings that only make sense with validation.
    pub(super) fn check_without_validation(&self) -> Result<()> {
        let name = match (self.early_stopping, self.schedule) {
            (Some(_), _) => "early stopping",
            (None, Schedule::Plateau { .. }) => "the plateau schedule",
            (None, _) => return Ok(()),
        };
        let (found, expected) = ("no validation rows".to_owned(), "some, to tell better from worse by".to_owned());
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
