//! How well classes are told apart, whatever the loss says.

use chainrule_model::{Activation, Layer, Loss, MatRef, ModelError, Scalar, TargetsRef, Workspace};

use crate::doctor::Examination;

/// The balanced accuracy, from 0 (as by chance) to 1 (all rows right); `None` of values. The loss of a network that was trained
/// with weights of classes may lie above chance while it tells them well.
pub(super) fn skill<T: Scalar>(case: &Examination<'_, T>) -> Result<Option<f64>, ModelError> {
    let binary = case.loss == Loss::BinaryCrossEntropy;
    if matches!(case.rows.targets, TargetsRef::Values(_)) && !binary {
        return Ok(None);
    }
    let mut workspace = Workspace::try_new(case.mlp, case.rows.count())?;
    let y = case.mlp.forward(case.rows.x, &mut workspace)?;
    Ok(match case.rows.targets {
        TargetsRef::Classes(labels) if !binary => {
            balanced(y.cols(), labels.iter().enumerate().map(|(row, &label)| (label as usize, largest(y, row))))
        }
        TargetsRef::Classes(_) => None,
        TargetsRef::Values(t) => {
            // Behind a sigmoid stands a probability, else its logit.
            let is_probability = matches!(case.mlp.layers().last(), Some(Layer::Activation(Activation::Sigmoid)));
            let limit = if is_probability { 0.5 } else { 0.0 };
            let of_output = |column: usize| {
                let row = |row: usize| {
                    let (t, y) = (t.get(row, column).to_f64() > 0.5, y.get(row, column).to_f64() > limit);
                    (usize::from(t), usize::from(y))
                };
                balanced(2, (0..y.rows()).map(row))
            };
            let skills: Option<Vec<f64>> = (0..y.cols()).map(of_output).collect();
            skills.filter(|skills| !skills.is_empty()).map(|skills| skills.iter().sum::<f64>() / skills.len() as f64)
        }
    })
}

fn largest<T: Scalar>(y: MatRef<'_, T>, row: usize) -> usize {
    let row = y.row(row);
    (0..row.len()).rev().max_by(|&a, &b| row[a].to_f64().total_cmp(&row[b].to_f64())).unwrap_or(0)
}

/// The mean recall of the classes that occur, less chance, over what is above chance; `None` of fewer than two.
fn balanced(classes: usize, rows: impl Iterator<Item = (usize, usize)>) -> Option<f64> {
    let (mut counts, mut right) = (vec![0.0; classes], vec![0.0; classes]);
    for (label, predicted) in rows {
        counts[label] += 1.0;
        right[label] += f64::from(u8::from(label == predicted));
    }
    let recalls: Vec<f64> = counts.iter().zip(&right).filter(|(n, _)| **n > 0.0).map(|(n, right)| right / n).collect();
    let chance = 1.0 / recalls.len() as f64;
    let mean = recalls.iter().sum::<f64>() / recalls.len() as f64;
    (recalls.len() > 1).then_some((mean - chance) / (1.0 - chance))
}

#[cfg(test)]
mod tests {
    use super::balanced;

    #[test]
    fn the_majority_alone_has_no_skill() {
        assert_eq!(balanced(3, [(0, 0), (0, 0), (0, 0), (1, 0)].into_iter()), Some(0.0));
        assert_eq!(balanced(2, [(0, 0), (1, 1)].into_iter()), Some(1.0));
        assert_eq!(balanced(2, [(0, 0), (1, 1), (1, 0)].into_iter()), Some(0.5));
        assert_eq!(balanced(2, [(1, 1), (1, 0)].into_iter()), None);
    }
}
