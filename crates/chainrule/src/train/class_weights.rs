//! How much each class counts while a network learns.

use chainrule_kernel::Scalar;
use chainrule_model::{Loss, ModelError};

use super::TrainConfig;
use crate::data::{Dataset, Targets};
use crate::{Error, Result};

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

/// What the loss is told of each output, if anything.
pub(super) fn loss_weights<T: Scalar>(
    config: &TrainConfig,
    data: &Dataset<T>,
    outputs: usize,
) -> Result<Option<Vec<T>>> {
    let (weights, name) = match &config.class_weights {
        ClassWeights::Equal => (config.positive_weights.clone(), "positive weights"),
        ClassWeights::Given(weights) => (Some(weights.clone()), "class weights"),
        ClassWeights::Balanced => (Some(balanced(data, outputs)?), "class weights"),
    };
    let Some(weights) = weights else { return Ok(None) };
    if weights.len() != outputs {
        let expected = format!("{outputs}, one for each output of the network");
        return Err(Error::Argument { name, found: format!("{} numbers", weights.len()), expected });
    }
    Ok(Some(weights.into_iter().map(T::from_f64).collect()))
}

fn balanced<T: Scalar>(data: &Dataset<T>, outputs: usize) -> Result<Vec<f64>> {
    let Targets::Classes { labels, classes } = data.targets() else {
        return Err(Error::Argument {
            name: "class weights",
            found: "balanced, and targets that are values".to_owned(),
            expected: "labels, or a weight for each class".to_owned(),
        });
    };
    let classes = outputs.max(*classes);
    let mut counts = Vec::new();
    counts.try_reserve_exact(classes).map_err(|_| Error::no_memory("classes", classes))?;
    counts.resize(classes, 0usize);
    let is_seen = |row: usize| data.weights().is_none_or(|weights| weights[row] > T::ZERO);
    let seen = labels.iter().enumerate().filter(|&(row, _)| is_seen(row));
    seen.for_each(|(_, &label)| counts[label as usize] += 1);
    let (rows, occurring) = (counts.iter().sum::<usize>(), counts.iter().filter(|&&count| count > 0).count());
    let weight = |&count: &usize| if count == 0 { 1.0 } else { rows as f64 / (occurring * count) as f64 };
    Ok(counts.iter().map(weight).collect())
}

/// Refuses weights and smoothing that mean nothing, or that the loss has no use for.
pub(super) fn check(config: &TrainConfig) -> Result<()> {
    let not_for = |what| Err(ModelError::NotForLoss { loss: config.loss, what }.into());
    if config.class_weights != ClassWeights::Equal && config.loss != Loss::CrossEntropy {
        return not_for("class weights");
    }
    if config.positive_weights.is_some() && config.loss != Loss::BinaryCrossEntropy {
        return not_for("positive weights");
    }
    if config.label_smoothing != 0.0 && config.loss != Loss::CrossEntropy {
        return not_for("label smoothing");
    }
    let refuse = |name, found: f64, expected: &str| {
        Err(Error::Argument { name, found: found.to_string(), expected: expected.to_owned() })
    };
    if !(0.0..1.0).contains(&config.label_smoothing) {
        return refuse("label smoothing", config.label_smoothing, "a number from 0 to below 1");
    }
    let given = match &config.class_weights {
        ClassWeights::Given(weights) => weights.as_slice(),
        _ => config.positive_weights.as_deref().unwrap_or_default(),
    };
    // A minibatch of a single class of weight 0 would have no mean loss.
    match given.iter().find(|weight| !(weight.is_finite() && **weight > 0.0)) {
        Some(&weight) => refuse("a weight of the loss", weight, "a finite number above 0"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Features;

    #[test]
    fn balanced_classes_count_alike_together() {
        let labels = vec![0, 0, 0, 0, 0, 0, 2, 2, 1];
        let features = Features::new(9, 1, vec![0.0f64; 9]).unwrap();
        let data = Dataset::new(features, Targets::Classes { labels, classes: 3 }).unwrap();
        // 9 / (3 * 6), 9 / (3 * 1), 9 / (3 * 2): scikit-learn's compute_class_weight.
        assert_eq!(balanced(&data, 3).unwrap(), [0.5, 3.0, 1.5]);
        // An output whose class never occurs takes no part in the count of classes.
        assert_eq!(balanced(&data, 4).unwrap(), [0.5, 3.0, 1.5, 1.0]);
    }

    #[test]
    fn weights_go_with_their_loss_and_have_ranges() {
        let config = |loss| TrainConfig { loss, ..TrainConfig::default() };
        let message = |config: TrainConfig| config.check().unwrap_err().to_string();
        let balanced = ClassWeights::Balanced;
        let wrong = TrainConfig { class_weights: balanced.clone(), ..config(Loss::Mse) };
        assert_eq!(message(wrong), "mse takes no class weights");
        let wrong = TrainConfig { positive_weights: Some(vec![2.0]), ..config(Loss::CrossEntropy) };
        assert_eq!(message(wrong), "cross-entropy takes no positive weights");
        let wrong = TrainConfig { label_smoothing: 0.1, ..config(Loss::BinaryCrossEntropy) };
        assert_eq!(message(wrong), "binary-cross-entropy takes no label smoothing");
        for label_smoothing in [-0.1, 1.0, f64::NAN] {
            let wrong = TrainConfig { label_smoothing, ..config(Loss::CrossEntropy) };
            assert!(message(wrong).ends_with("expected a number from 0 to below 1"));
        }
        for weight in [0.0, -1.0, f64::INFINITY] {
            let class_weights = ClassWeights::Given(vec![1.0, weight]);
            let wrong = TrainConfig { class_weights, ..config(Loss::CrossEntropy) };
            assert!(message(wrong).ends_with("expected a finite number above 0"));
        }
        assert!(
            TrainConfig { class_weights: balanced, label_smoothing: 0.1, ..config(Loss::CrossEntropy) }.check().is_ok()
        );
    }
}
