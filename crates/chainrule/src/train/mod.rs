//! Training and evaluation: epochs of minibatches, what they report, and how they are stopped.

mod assess;
mod class_weights;
mod config;
mod course;
mod early_stopping;
mod evaluate;
mod learner;
mod minibatch;
mod observer;
mod report;
mod snapshot;
mod trainer;

pub use assess::{Assessment, assess};
pub use class_weights::ClassWeights;
pub use config::TrainConfig;
pub use early_stopping::{EarlyStopping, Monitor};
pub use evaluate::{Evaluation, evaluate};
pub(crate) use minibatch::Minibatch;
pub use observer::Observer;
pub use report::{Ending, EpochReport, TrainReport};
use snapshot::Snapshot;
pub use trainer::{StopHandle, Trainer};
