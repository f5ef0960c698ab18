//! What each finding means.

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
            Kind::ColumnTellsTarget { .. } => {
                "such a column was made from the target, or is known only together with it: the score says nothing about rows \
                 whose target is not known"
            }
            Kind::IndexColumn { .. } => {
                "where rows stand in the file is learned as if it meant something; new rows come after all of them"
            }
            Kind::UnscaledTargets { .. } => {
                "the gradient of the loss grows with the target: large ones make the first steps so long that the run diverges or \
                 units die, small ones leave nothing to be seen in the loss"
            }
            Kind::ConstantTargets { .. } => "there is nothing to learn: the constant itself is the best prediction",
            Kind::SingleClass { .. } => {
                "there is nothing to learn and no gradient: predicting that class is always right, whatever the features are"
            }
            Kind::EmptyClasses { .. } => "the network has outputs that it can only learn never to choose",
            Kind::ShiftedLabels { .. } => {
                "each row has the target of its neighbour: the network learns noise, and its score stays near chance"
            }
            Kind::SharedRows { .. } => {
                "the score on the rows held out is too good: the network has seen some of the answers"
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
            Kind::NarrowLayer { .. } => {
                "one number can tell two classes apart, or order values; more outputs than that cannot be told by it"
            }
            Kind::NoisyTargets { .. } => {
                "the network learns its rows by heart, and what it learns does not hold for other rows: targets are noise, were \
                 shuffled, or depend on something that is not among the features"
            }
            Kind::Overfitting { .. } => "the network learns its rows by heart beyond what holds for other rows",
            Kind::Underfitting { .. } => "the run was too short, or its steps too small",
            Kind::LossAtChance { .. } => {
                "the network has learned at most how often each target occurs, and nothing from the features"
            }
        }
    }
}
