//! Training and evaluation: epochs of minibatches, what they report, and how they are stopped.

mod assess;
mod checkpoint;
mod class_weights;
mod config;
mod criterion;
mod decision;
mod early_stopping;
mod epoch_loop;
mod epoch_stats;
mod evaluate;
mod finite;
mod going_on;
mod history;
mod learner;
mod loss_weights;
mod minibatch;
mod observer;
mod prepare;
mod recipe;
mod refit;
mod report;
mod setters;
mod settings;
mod snapshot;
mod stop;
mod tensorboard;
mod trainer;
mod tune;
mod usual;
mod value_errors;

pub(crate) use assess::Meaning;
#[doc(hidden)]
pub use assess::assess_network;
pub use assess::{Assessment, Baseline, Calibration, OutputErrors};
pub use checkpoint::{Checkpoint, Checkpoints, Every, Newest};
pub use class_weights::ClassWeights;
pub use config::TrainConfig;
pub use criterion::LossBatch;
pub use early_stopping::{EarlyStopping, Monitor};
pub use evaluate::Evaluation;
#[doc(hidden)]
pub use evaluate::evaluate_network;
pub use history::History;
pub(crate) use minibatch::Minibatch;
pub use observer::Observer;
pub use recipe::{Fold, Recipe, spread};
pub use refit::Refit;
pub use report::{EpochReport, StopReason, TrainReport};
pub use settings::Settings;
use snapshot::Snapshot;
pub use stop::StopHandle;
pub use tensorboard::TensorBoard;
pub use trainer::{Trained, Trainer};
pub use tune::{Candidate, Tune, Tuned};
pub use usual::Usual;
