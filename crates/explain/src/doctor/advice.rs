//! The explanation of each finding, and the advice.

use crate::doctor::Kind;

impl Kind {
    /// The effect on training.
    pub fn means(&self) -> &'static str {
        match self {
            Kind::UnscaledFeatures { rms } if *rms > 1.0 => {
                "initial weights are derived for features of about 1; larger ones make the first steps so long that units die, \
                 saturate, or diverge"
            }
            Kind::UnscaledFeatures { .. } => {
                "the features hardly affect the network: it learns its biases first and its weights late"
            }
            Kind::UnevenFeatures { .. } => {
                "the wide column dominates the others: a learning rate that suits it is far too small for them"
            }
            Kind::ConstantFeatures { .. } => {
                "such columns do not distinguish any rows; they only act as additional biases"
            }
            Kind::LabelImbalance { .. } => {
                "never predicting the rare class costs little, so it is learned last or not at all, and accuracy hides that"
            }
            Kind::NonFiniteParameters { .. } => "the network has diverged; its predictions are meaningless",
            Kind::NonFiniteOutputs { .. } => "sums overflow: the numbers exceed the range of the element type",
            Kind::NonFiniteLoss { .. } => "the network has diverged; further steps cannot recover it",
            Kind::DeadUnits { dead, units, .. } if dead == units => {
                "no gradient passes through the layer: the layers before it have stopped learning for good, and the layers after it \
                 get the same input for every row"
            }
            Kind::DeadUnits { .. } => {
                "a unit that is 0 for every row gets no gradient and never recovers: the layer is effectively smaller"
            }
            Kind::SaturatedUnits { .. } => {
                "where the activation is flat, it multiplies gradients by almost 0: the layers before it hardly learn"
            }
            Kind::VanishingGradients { .. } => "the layer hardly changes while the last one learns",
            Kind::ExplodingGradients { .. } => {
                "a learning rate that suits the last layer is far too large for this one"
            }
            Kind::LargeUpdates { .. } => "a few steps overwrite what has been learned: the loss jumps, ReLUs die",
            Kind::LearningRateHigh { .. } => "the step overshoots the minimum: the learning rate is too high",
            Kind::RisingLoss { .. } => {
                "training has moved away from a better solution, as it does when the learning rate is too high"
            }
            Kind::LossAtChance { .. } => {
                "the network has learned at most how often each target occurs, and nothing from the features"
            }
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Kind::UnscaledFeatures { rms } if *rms > 1.0 => {
                "divide by the largest value (--preprocess scale:0.00392 for bytes) or --preprocess standardize, and train again"
            }
            Kind::UnscaledFeatures { .. } | Kind::UnevenFeatures { .. } => "train again with --preprocess standardize",
            Kind::ConstantFeatures { .. } => "remove them, or check that the file was read as intended",
            Kind::LabelImbalance { .. } => {
                "look at the confusion matrix (chainrule eval), and repeat rows of the rare class or collect more"
            }
            Kind::NonFiniteParameters { .. } | Kind::NonFiniteOutputs { .. } | Kind::NonFiniteLoss { .. } => {
                "train again with a learning rate ten times smaller, or --clip-norm 1; check the scale of the features first"
            }
            Kind::DeadUnits { .. } => {
                "train again with scaled features and a learning rate ten times smaller; units with --activation leaky_relu cannot die"
            }
            Kind::SaturatedUnits { .. } => {
                "scale the features, lower the learning rate or the initial weights, or use --activation relu"
            }
            Kind::VanishingGradients { .. } => {
                "use --activation relu in hidden layers, fewer layers, or an optimizer that scales each step (adam)"
            }
            Kind::ExplodingGradients { .. } => "scale the features and the initial weights, or --clip-norm 1",
            Kind::LargeUpdates { .. } | Kind::LearningRateHigh { .. } | Kind::RisingLoss { .. } => {
                "use a learning rate three to ten times smaller, or --clip-norm 1"
            }
            Kind::LossAtChance { .. } => {
                "fix the other findings first; if there are none, train longer or with a higher learning rate, and check \
                 that rows and labels match"
            }
        }
    }
}
