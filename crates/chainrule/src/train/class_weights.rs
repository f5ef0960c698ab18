//! How much each class counts while a network learns.

/// What the rows of a class count in the loss.
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
    /// Every row counts 1.
    #[default]
    Equal,
    /// So much for each class, in the order of the classes.
    Given(Vec<f64>),
    /// `rows / (classes * rows of the class)` over the rows that are trained on: together all classes count alike.
    /// scikit-learn's `class_weight="balanced"`, whose classes are those that occur; King and Zeng, "Logistic regression in
    /// rare events data", 2001. A class without rows has weight 1.
    Balanced,
}
