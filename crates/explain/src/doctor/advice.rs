//! What each finding means, and what to do.

use crate::doctor::Kind;

impl Kind {
    /// What it does to training.
    pub fn means(&self) -> &'static str {
        match self {
            Kind::UnscaledFeatures { rms } if *rms > 1.0 => {
                "initial weights are made for features of about 1; larger ones make the first steps so long that units die, \
                 saturate, or diverge"
            }
            Kind::UnscaledFeatures { .. } => {
                "the data hardly move the network: it learns its biases first and the rest late"
            }
            Kind::UnevenFeatures { .. } => {
                "the wide column drowns the others: a learning rate that suits it is far too small for them"
            }
            Kind::ConstantFeatures { .. } => {
                "such columns tell the rows apart by nothing and only act as further biases"
            }
            Kind::LabelImbalance { .. } => {
                "never answering with the rare class costs little, so it is learned last or not at all, and accuracy hides it"
            }
            Kind::NonFiniteParameters { .. } => "the network diverged; every answer of it is worthless",
            Kind::NonFiniteOutputs { .. } => "sums overflow: the numbers have grown beyond what the type holds",
            Kind::NonFiniteLoss { .. } => "the network has diverged; no step from here leads anywhere",
            Kind::DeadUnits { dead, units, .. } if dead == units => {
                "no gradient passes the layer: what stands before it has stopped learning for good, and what stands behind it \
                 sees the same input for every row"
            }
            Kind::DeadUnits { .. } => {
                "a unit that is 0 for every row gets no gradient and never comes back: the layer is smaller than it looks"
            }
            Kind::SaturatedUnits { .. } => {
                "where the activation is flat it multiplies gradients by almost 0: the layers before it hardly learn"
            }
            Kind::VanishingGradients { .. } => "the layer stands still while the last one learns",
            Kind::ExplodingGradients { .. } => "a step that suits the last layer throws this one far off",
            Kind::LargeUpdates { .. } => "a few steps overwrite what has been learned: the loss jumps, ReLUs die",
            Kind::LearningRateHigh { .. } => {
                "the step goes past the valley and up its other side: the learning rate is too high"
            }
            Kind::RisingLoss { .. } => {
                "training has lost what it had found, as it does when the learning rate is too high"
            }
            Kind::LossAtChance { .. } => {
                "the network has learned how often each answer occurs, at most, and nothing of the features"
            }
        }
    }

    /// What mends it.
    pub fn advice(&self) -> &'static str {
        match self {
            Kind::UnscaledFeatures { rms } if *rms > 1.0 => {
                "divide by the largest value (--preprocess scale:0.00392 for bytes) or --preprocess standardize, and train anew"
            }
            Kind::UnscaledFeatures { .. } | Kind::UnevenFeatures { .. } => "train anew with --preprocess standardize",
            Kind::ConstantFeatures { .. } => "leave them out, or look whether the file was read as it was meant",
            Kind::LabelImbalance { .. } => {
                "look at the confusion matrix (chainrule eval), and repeat rows of the rare class or gather more"
            }
            Kind::NonFiniteParameters { .. } | Kind::NonFiniteOutputs { .. } | Kind::NonFiniteLoss { .. } => {
                "train anew with a learning rate ten times smaller, or --clip-norm 1; look at the scale of the features first"
            }
            Kind::DeadUnits { .. } => {
                "train anew with scaled features and a learning rate ten times smaller; --activation leaky_relu cannot die"
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
                "mend what else is found first; if nothing is, train longer or with a higher learning rate, and look \
                 whether rows and labels belong together"
            }
        }
    }
}
