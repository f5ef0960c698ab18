//! Weights of classes in training.

/// The weight of each class in the loss.
///
/// ```
/// use chainrule::train::ClassWeights;
/// use chainrule::{Loss, TrainConfig};
///
/// let balanced = TrainConfig::default().class_weights(ClassWeights::Balanced);
/// balanced.check()?;
/// assert!(balanced.loss(Loss::Mse).check().is_err()); // values have no classes
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum ClassWeights {
    /// Every row has weight 1.
    #[default]
    Equal,
    /// A weight for each class, in the order of the classes.
    Given(Vec<f64>),
    /// `rows / (classes * rows of the class)` over the training rows, of rows with weights the sums of these: each class has the same
    /// total weight. scikit-learn's `class_weight="balanced"`, whose classes are those that occur; King and Zeng, "Logistic
    /// regression in rare events data", 2001. A class without rows has weight 1.
    Balanced,
}
