//! Training and evaluation: epochs of minibatches, what they report, and how they are stopped.

mod assess;
mod class_weights;
mod config;
mod evaluate;
mod minibatch;
mod observer;
mod report;
mod trainer;

pub use assess::{Assessment, assess};
pub use class_weights::ClassWeights;
pub use config::TrainConfig;
pub use evaluate::{Evaluation, evaluate};
pub(crate) use minibatch::Minibatch;
pub use observer::Observer;
pub use report::{Ending, EpochReport, TrainReport};
pub use trainer::{StopHandle, Trainer};
