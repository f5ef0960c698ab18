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
}
