//! What a training run is told beforehand.

use chainrule_model::{Clip, Loss, ModelError, Optimizer};

use super::ClassWeights;
use crate::data::Order;
use crate::{Error, Result};

/// More than any machine has; beyond it lies a mistyped number, and a stack for each thread of it.
const THREADS_MAX: usize = 4096;

/// The settings of a training run, with defaults that suit a first try.
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
    /// The order of the rows; shuffled with seed 0.
    pub order: Order,
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
            order: Order::Shuffled { seed: 0 },
            threads: None,
        }
    }
}

impl TrainConfig {
    /// Refuses settings that cannot be run.
    ///
    /// # Errors
    /// When epochs, batch or threads are 0, there are more than 4096 threads, a setting of the loss, the optimiser or
    /// the clipping is out of its range, or is not for this loss.
    pub fn check(&self) -> Result<()> {
        let counts = [("epochs", Some(self.epochs)), ("batch", Some(self.batch)), ("threads", self.threads)];
        for (name, count) in counts {
            if count == Some(0) {
                return Err(Error::Argument { name, found: "0".to_owned(), expected: "at least 1".to_owned() });
            }
        }
        if let Some(threads) = self.threads.filter(|threads| *threads > THREADS_MAX) {
            let expected = format!("at most {THREADS_MAX}");
            return Err(Error::Argument { name: "threads", found: threads.to_string(), expected });
        }
        super::class_weights::check(self)?;
        let clip = self.clip.map_or(Ok(()), Clip::check);
        self.loss.check().and(self.optimizer.check()).and(clip).map_err(|error| match error {
            ModelError::Setting { what, found, expected } => {
                Error::Argument { name: what, found: found.to_string(), expected: expected.to_owned() }
            }
            other => other.into(),
        })
    }
}
