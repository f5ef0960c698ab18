//! The errors of this crate.

use chainrule_kernel::{KernelError, NarrowError};

use crate::layer::kind::Layer;
use crate::loss::kind::Loss;

/// Why a network cannot be built, or an input, target, setting or workspace does not fit it.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{Mlp, ModelError};
///
/// let error = Mlp::builder(4).dense(0).build().unwrap_err();
/// assert!(matches!(error, ModelError::ZeroWidth { .. }));
/// println!("{error}");
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A layer, or the input, of no features.
    #[error("{what} of width 0: every layer needs at least one feature")]
    ZeroWidth {
        /// Which: `the input`, `dense layer 2`.
        what: String,
    },
    /// A network without a dense layer.
    #[error("a network without a dense layer has nothing to train")]
    NoLayers,
    /// A setting outside its range.
    #[error("{what} is {}; expected {expected}", brief(*.found))]
    Setting {
        /// Which setting.
        what: &'static str,
        /// Its value.
        found: f64,
        /// The values that it may have.
        expected: &'static str,
    },
    /// A name that is not known.
    #[error("there is no {what} `{found}`; known are {known}")]
    UnknownName {
        /// What kind of thing was named.
        what: &'static str,
        /// The name.
        found: String,
        /// The names that are known, with commas.
        known: String,
    },
    /// A setting whose text is not a number of the expected kind.
    #[error("{what} is `{found}`; expected {expected}")]
    SettingText {
        /// Which setting, and whose.
        what: String,
        /// The text.
        found: String,
        /// The values that it may have.
        expected: &'static str,
    },
    /// Weights that cannot be rounded to a precision.
    #[error("dense layer {layer} cannot have weights of {precision}: {problem}")]
    Precision {
        /// The name of the precision.
        precision: String,
        /// Which dense layer, from 1.
        layer: usize,
        /// What is in the way, and where in the weights, (inputs, outputs).
        problem: NarrowError,
    },
    /// A setting that the optimiser or schedule does not have.
    #[error("{optimizer} has no setting `{found}`; it has {known}")]
    NoSetting {
        /// The name of the optimiser or schedule.
        optimizer: &'static str,
        /// The setting.
        found: String,
        /// The settings that it has, with commas.
        known: String,
    },
    /// A step with the state of another optimiser, or of another network.
    #[error(
        "a step of {optimizer} needs a state of {needed} numbers; this one has {found}, made for {made_for} \
         (see Workspace::for_training)"
    )]
    OptimizerState {
        /// The optimiser of the step.
        optimizer: &'static str,
        /// Numbers in its state for these parameters.
        needed: usize,
        /// The optimiser that the state was made for.
        made_for: &'static str,
        /// Numbers in the state that was given.
        found: usize,
    },
    /// More memory than the address space or the machine has.
    #[error("{what} would need more memory than there is")]
    TooLarge {
        /// What needs the memory.
        what: String,
    },
    /// A matrix of another shape than the operation takes.
    #[error("{operation}: {what} is {}x{}, expected {}x{}", .found.0, .found.1, .expected.0, .expected.1)]
    Shape {
        /// The operation that was called.
        operation: &'static str,
        /// Which of its matrices.
        what: &'static str,
        /// Rows and columns it has.
        found: (usize, usize),
        /// Rows and columns it should have.
        expected: (usize, usize),
    },
    /// More rows than the workspace was made for.
    #[error("a minibatch of {found} rows in a workspace made for {made_for}")]
    Batch {
        /// Rows given.
        found: usize,
        /// Rows the workspace holds.
        made_for: usize,
    },
    /// A workspace, or a sum of gradients, of another network.
    #[error(
        "{operation}: {what} was made for a network with {found}, this one has {expected}: make one for this network, or for \
         another of the same layers and kernel"
    )]
    OtherNetwork {
        /// The operation that was called.
        operation: &'static str,
        /// What was made for another network: `the workspace`.
        what: &'static str,
        /// What that network has: `relu as module 1`.
        found: String,
        /// What this one has instead.
        expected: String,
    },
    /// An operation that needs a forward pass, with a workspace that holds none.
    #[error(
        "{operation}: the workspace holds no forward pass: call forward or forward_training first (a pass that failed leaves \
         none, and a step uses its own up)"
    )]
    NoPass {
        /// The operation that was called.
        operation: &'static str,
    },
    /// A backward pass of another x than the forward pass's.
    #[error(
        "backward: x is not the matrix of the forward pass that the workspace holds, but one at another place in memory or \
         with other strides: pass that one, or run forward again"
    )]
    OtherInput,
    /// An x whose rows are not contiguous, before a first module that needs contiguous rows.
    #[error(
        "{operation}: neighbours in a row of x are {found} elements apart; {layer} as the first module needs rows that are \
         contiguous: copy x"
    )]
    Strides {
        /// The operation that was called.
        operation: &'static str,
        /// The column stride of x, in elements.
        found: usize,
        /// The first module.
        layer: Layer,
    },
    /// A loss whose gradient is infinite or NaN although its value is not.
    #[error(
        "the loss is {loss}, but its gradient by output {} of row {} of the minibatch is {found}: no parameter has moved. A \
         loss must write finite gradients; one of this library's overflows where outputs or targets are too large",
        .output + 1, .row + 1
    )]
    LossGradient {
        /// The loss.
        loss: f64,
        /// The row of the minibatch, counted from 0.
        row: usize,
        /// The output, counted from 0.
        output: usize,
        /// NaN or infinity.
        found: f64,
    },
    /// A network that holds numbers that are infinite or NaN.
    #[error("module {module}, {layer}, has {what} that is {found}; expected a finite number: the network has diverged")]
    NotFinite {
        /// The module's number.
        module: usize,
        /// The module.
        layer: Layer,
        /// What was found: `a parameter`, `a running statistic`.
        what: &'static str,
        /// The number.
        found: f64,
    },
    /// A minibatch with too few rows for batch normalisation to have a variance.
    #[error("module {module}, batch_norm, needs at least 2 rows to train on, the minibatch has {found}")]
    BatchNormRows {
        /// Its number among the network's modules.
        module: usize,
        /// Rows given.
        found: usize,
    },
    /// A minibatch of no rows, whose mean loss would not be a number.
    #[error("a minibatch of no rows has no mean loss")]
    EmptyBatch,
    /// A class beyond the outputs of the network.
    #[error("row {row} of the minibatch has label {label}; the network has {classes} outputs, labels are 0 to {}", .classes - 1)]
    Label {
        /// Its row, counted from 0.
        row: usize,
        /// The label.
        label: u32,
        /// How many outputs there are.
        classes: usize,
    },
    /// A gradient check of a loss that is infinite or NaN.
    #[error("the loss is {loss}: it has no slope to compare gradients with")]
    LossNotFinite {
        /// NaN or infinity.
        loss: f64,
    },
    /// Cross-entropy on probabilities instead of logits.
    #[error("cross-entropy takes logits and applies softmax itself: leave the softmax layer out")]
    SoftmaxTwice,
    /// Cross-entropy on logarithms of probabilities instead of logits.
    #[error("cross-entropy takes logits and applies log-softmax itself: leave the log_softmax layer out")]
    LogSoftmaxTwice,
    /// Binary cross-entropy on probabilities instead of logits.
    #[error("binary cross-entropy takes logits and applies the sigmoid itself: leave the last sigmoid layer out")]
    SigmoidTwice,
    /// A minibatch whose rows all have weight 0, whose mean loss would not be a number.
    #[error("the rows of the minibatch have weight 0 together: there is no mean loss")]
    NoWeight,
    /// A setting that the loss does not take.
    #[error("{loss} takes no {what}")]
    NotForLoss {
        /// The loss.
        loss: Loss,
        /// What it was given: `label smoothing`, `weights of outputs`.
        what: &'static str,
    },
    /// The kernel is unknown, or the CPU does not support it.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

/// A number in decimal notation, with an exponent if it would be long.
fn brief(number: f64) -> String {
    if number.abs() < 1e16 { number.to_string() } else { format!("{number:e}") }
}

/// Refuses a number of gradients other than the number of parameters.
pub(crate) fn check_gradients(found: usize, parameters: usize) -> Result<(), ModelError> {
    if found == parameters {
        return Ok(());
    }
    let (found, expected) = ((1, found), (1, parameters));
    Err(ModelError::Shape { operation: "update", what: "the gradient", found, expected })
}
