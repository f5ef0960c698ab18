//! The weights of outputs in the training loss.

use chainrule_kernel::Scalar;

use super::class_weights::ClassWeights;
use super::config::TrainConfig;
use crate::data::{Dataset, Targets};
use crate::error::{Error, Result};

/// The weight of each output, (outputs), from the class or positive weights of the settings; `None` for equal weights.
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
    let short = |weight: f64| {
        let weight_as_used = T::from_f64(weight);
        match weight_as_used.is_finite() && weight_as_used > T::ZERO {
            true => Ok(weight_as_used),
            false => Err(Error::Argument {
                name: "a weight of the loss",
                found: format!("{weight:e}, which is {weight_as_used} in {}", T::NAME),
                expected: "a finite number above 0 in the type that is computed in".to_owned(),
            }),
        }
    };
    weights.into_iter().map(short).collect::<Result<_>>().map(Some)
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
    let mut totals = Vec::new();
    totals.try_reserve_exact(classes).map_err(|_| Error::no_memory("classes", classes))?;
    totals.resize(classes, 0.0);
    let weight = |row: usize| data.weights().map_or(1.0, |weights| weights[row].to_f64());
    labels.iter().enumerate().for_each(|(row, &label)| totals[label as usize] += weight(row));
    let (all, occurring) = (totals.iter().sum::<f64>(), totals.iter().filter(|&&total| total > 0.0).count());
    let weight = |&total: &f64| if total == 0.0 { 1.0 } else { all / (occurring as f64 * total) };
    Ok(totals.iter().map(weight).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Features;

    #[test]
    fn a_weight_is_refused_that_the_type_does_not_hold() {
        let labels = vec![0, 1];
        fn weights<T: Scalar>(labels: &[u32], weight: f64) -> Result<Option<Vec<T>>> {
            let features = Features::new(2, 1, vec![T::ZERO; 2]).unwrap();
            let data = Dataset::new(features, Targets::Classes { labels: labels.to_vec(), classes: 2 }).unwrap();
            let class_weights = ClassWeights::Given(vec![1.0, weight]);
            loss_weights(&TrainConfig { class_weights, ..TrainConfig::default() }, &data, 2)
        }
        for weight in [1e-46, 1e39] {
            let refused = weights::<f32>(&labels, weight).unwrap_err().to_string();
            assert!(refused.contains("a weight of the loss") && refused.contains("in f32"), "{refused}");
            assert_eq!(weights::<f64>(&labels, weight).unwrap(), Some(vec![1.0, weight]));
        }
    }

    #[test]
    fn balanced_classes_count_alike_together() {
        let labels = vec![0, 0, 0, 0, 0, 0, 2, 2, 1];
        let features = Features::new(9, 1, vec![0.0f64; 9]).unwrap();
        let data = Dataset::new(features, Targets::Classes { labels, classes: 3 }).unwrap();
        // 9 / (3 * 6), 9 / (3 * 1), 9 / (3 * 2): scikit-learn's compute_class_weight.
        assert_eq!(balanced(&data, 3).unwrap(), [0.5, 3.0, 1.5]);
        // By the weights of rows, where they have some: 6 of class 0, 3 of class 1, 1 of class 2.
        let weights = vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 3.0];
        let weighted = data.clone().with_weights(weights).unwrap();
        assert_eq!(balanced(&weighted, 3).unwrap(), [10.0 / 18.0, 10.0 / 9.0, 10.0 / 3.0]);
        // An output whose class never occurs takes no part in the count of classes.
        assert_eq!(balanced(&data, 4).unwrap(), [0.5, 3.0, 1.5, 1.0]);
    }
}
