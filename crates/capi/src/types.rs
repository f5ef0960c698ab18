//! The types of the header.

use std::ffi::{c_char, c_void};

use crate::border::ChainruleEpochCallback;

/// The version of this interface. A program may compare it with chainrule_abi_version(): structs and functions are those of the
/// header if both are equal.
pub const CHAINRULE_ABI_VERSION: u32 = 1;

/// Elements of a model: float.
pub const CHAINRULE_F32: u32 = 1;
/// Elements of a model: double.
pub const CHAINRULE_F64: u32 = 2;

/// Task: a file of another program does not say.
pub const CHAINRULE_TASK_UNKNOWN: u32 = 0;
/// Task: one of several classes, each with an output, of which the largest is the answer.
pub const CHAINRULE_TASK_CLASSIFICATION: u32 = 1;
/// Task: yes or no, one output.
pub const CHAINRULE_TASK_BINARY: u32 = 2;
/// Task: several questions of yes or no, an output each.
pub const CHAINRULE_TASK_MULTI_LABEL: u32 = 3;
/// Task: numbers, an output each.
pub const CHAINRULE_TASK_REGRESSION: u32 = 4;

/// Flag of predictions: logits of classes, and of yes or no; values in the unit of the targets that were learned. The default.
pub const CHAINRULE_VALUES: u32 = 0;
/// Flag of predictions: what the network computes, before values are brought back to their own unit.
pub const CHAINRULE_RAW: u32 = 1;
/// Flag of predictions: the probability of each class, or of yes at each output.
pub const CHAINRULE_PROBABILITIES: u32 = 2;
/// Flag of rows, to be added to others with |: the rows are the network's own inputs, as many as it has, and nothing is done to
/// them before. Without it rows have the columns of the model, as they come from their source.
pub const CHAINRULE_PREPARED: u32 = 256;

/// Why training ended: all epochs are done.
pub const CHAINRULE_STOP_FINISHED: u32 = 0;
/// Why training ended: no improvement on the validation rows for as many epochs as its patience.
pub const CHAINRULE_STOP_EARLY: u32 = 1;
/// Why training ended: L-BFGS found no lower loss.
pub const CHAINRULE_STOP_CONVERGED: u32 = 2;
/// Why training ended: the callback said so.
pub const CHAINRULE_STOP_CALLBACK: u32 = 3;

/// A network with all that its predictions need: preprocessing, columns, classes. It never changes: every function that takes one
/// may be called from any number of threads at once with the same handle.
///
/// A handle is no address, and nothing can be read through it. One that was freed is refused with CHAINRULE_ERROR_HANDLE by every
/// function, and so is a pointer that never was a handle.
pub struct ChainruleModel(());

/// A network that takes training steps, one at a time, with gradients of the caller's own. One thread at a time: a call that comes
/// while another one runs is refused with CHAINRULE_ERROR_BUSY.
pub struct ChainruleTrainer(());

/// What chainrule_model_info() says of a model. Set size to sizeof(ChainruleModelInfo) before.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChainruleModelInfo {
    /// sizeof(ChainruleModelInfo).
    pub size: usize,
    /// Numbers or texts in a row, as it comes from its source.
    pub columns: usize,
    /// Inputs of the network: more than columns where categories became several inputs each.
    pub inputs: usize,
    /// Outputs of the network, and numbers in a predicted row.
    pub outputs: usize,
    /// Classes that have names, for chainrule_model_class_name(); of a question of yes or no 2. 0 where there are none.
    pub classes: usize,
    /// Weights and biases, in all.
    pub parameters: usize,
    /// CHAINRULE_F32 or CHAINRULE_F64: what it computes with.
    pub element: u32,
    /// CHAINRULE_TASK_...: what is predicted.
    pub task: u32,
}

/// Rows with their targets, in float. Set all to 0 and size to sizeof(ChainruleDataF32), then what there is. Nothing of it is kept
/// after the call.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChainruleDataF32 {
    /// sizeof(ChainruleDataF32).
    pub size: usize,
    /// The rows, (rows, columns) row-major.
    pub x: *const f32,
    /// Numbers in x: rows * columns.
    pub x_len: usize,
    /// The class of each row, (rows), counted from 0; or NULL. Of a network with one output 1 is yes and 0 is no.
    pub classes: *const u32,
    /// Numbers in classes: rows; or 0.
    pub classes_len: usize,
    /// The values of each row, (rows, outputs) row-major, instead of classes; or NULL.
    pub values: *const f32,
    /// Numbers in values: rows * outputs; or 0.
    pub values_len: usize,
    /// How much each row counts, (rows), 0 or more; or NULL: all alike. Evaluation knows no weights.
    pub weights: *const f32,
    /// Numbers in weights: rows; or 0.
    pub weights_len: usize,
    /// 0 or CHAINRULE_PREPARED.
    pub flags: u32,
}

/// As ChainruleDataF32, in double.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChainruleDataF64 {
    /// sizeof(ChainruleDataF64).
    pub size: usize,
    /// The rows, (rows, columns) row-major.
    pub x: *const f64,
    /// Numbers in x: rows * columns.
    pub x_len: usize,
    /// The class of each row, (rows), counted from 0; or NULL. Of a network with one output 1 is yes and 0 is no.
    pub classes: *const u32,
    /// Numbers in classes: rows; or 0.
    pub classes_len: usize,
    /// The values of each row, (rows, outputs) row-major, instead of classes; or NULL.
    pub values: *const f64,
    /// Numbers in values: rows * outputs; or 0.
    pub values_len: usize,
    /// How much each row counts, (rows), 0 or more; or NULL: all alike. Evaluation knows no weights.
    pub weights: *const f64,
    /// Numbers in weights: rows; or 0.
    pub weights_len: usize,
    /// 0 or CHAINRULE_PREPARED.
    pub flags: u32,
}

/// How a network is trained: begin with chainrule_train_options_init(), which sets the defaults. Texts are read during the call
/// alone.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChainruleTrainOptions {
    /// sizeof(ChainruleTrainOptions).
    pub size: usize,
    /// Passes over the rows; 20.
    pub epochs: usize,
    /// Rows in a minibatch; 32.
    pub batch: usize,
    /// Minibatches whose gradients are accumulated for one step; 1.
    pub accumulate: usize,
    /// Threads; 0 shares those of the process, one for each core. No bit of the result depends on it.
    pub threads: usize,
    /// The seed of the order of the rows; 0.
    pub seed: u64,
    /// The optimiser and its settings: "sgd", "adam", "adamw:lr=0.002:weight-decay=0.05", "sgd:lr=0.1:momentum=0.9:nesterov=1",
    /// "rmsprop", "adagrad", or "lbfgs", which takes all rows at once; NULL: "sgd", with a learning rate of 0.1.
    pub optimizer: *const c_char,
    /// How the learning rate changes: "constant", "cosine", "step:every=10:factor=0.5", "plateau:patience=3" and others; NULL:
    /// constant.
    pub schedule: *const c_char,
    /// What is done to each column first, fitted on the rows that are trained on, and kept in the model: "standardize", "none" or
    /// "scale:0.00392"; NULL: what the model does.
    pub preprocess: *const c_char,
    /// The largest norm of a step's gradient, to which longer ones are clipped; 0: none is.
    pub clip_norm: f64,
    /// The share of each target that is spread over all classes, with cross-entropy; 0.
    pub label_smoothing: f64,
    /// Not 0: with cross-entropy each class counts alike, however many rows it has; 0.
    pub balance_classes: u32,
    /// Epochs without an improvement of the validation loss after which training ends, with the weights of the best epoch; needs
    /// validation rows. 0: never.
    pub patience: usize,
    /// Called after each epoch; NULL: nothing is.
    pub on_epoch: ChainruleEpochCallback,
    /// What on_epoch is given.
    pub user: *mut c_void,
}

/// What came of training. Set size to sizeof(ChainruleTrainReport) before.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChainruleTrainReport {
    /// sizeof(ChainruleTrainReport).
    pub size: usize,
    /// Whole epochs.
    pub epochs: usize,
    /// Steps.
    pub steps: usize,
    /// With patience the best epoch, counted from 1, whose weights the model has; else 0.
    pub best_epoch: usize,
    /// The loss of the last epoch; with patience that of the best.
    pub loss: f64,
    /// The validation loss of that epoch; NaN where there are no validation rows.
    pub validation_loss: f64,
    /// The validation accuracy of that epoch; NaN without classes.
    pub validation_accuracy: f64,
    /// Wall time in seconds.
    pub seconds: f64,
    /// CHAINRULE_STOP_...: why it ended.
    pub stop_reason: u32,
}

/// How good a model is on rows whose targets are known. Set size to sizeof(ChainruleEvaluation) before.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct ChainruleEvaluation {
    /// sizeof(ChainruleEvaluation).
    pub size: usize,
    /// Rows.
    pub rows: usize,
    /// The mean loss, by the loss that the model was trained with.
    pub loss: f64,
    /// The share of rows whose class is right; NaN without classes.
    pub accuracy: f64,
    /// The mean absolute error, in the unit of the targets; NaN with classes.
    pub mean_absolute_error: f64,
    /// The share of the targets' variance that is explained (R squared), the mean over the outputs; NaN with classes.
    pub r2: f64,
}
