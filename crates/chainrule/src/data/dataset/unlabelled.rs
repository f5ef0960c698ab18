//! Rows without targets, to ask a model about and not to measure it by.

use chainrule_kernel::Scalar;

use super::Dataset;
use crate::data::{Features, Targets};
use crate::{Error, Model, Result, Task};

impl<T: Scalar> Dataset<T> {
    /// Features that a model takes, of rows whose targets are not known. Answers to them can be explained and drawn; what needs
    /// targets, such as a loss, is refused.
    ///
    /// ```
    /// use chainrule::data::{Dataset, Features};
    /// use chainrule::explanation::{AttributionRequest, attribute};
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::builder(2).dense(3).build()?, Loss::CrossEntropy);
    /// let rows = Dataset::unlabelled(Features::new(1, 2, vec![0.5f32, 1.5])?, &model)?;
    /// assert_eq!(attribute(&model, &rows, 0, &AttributionRequest::default())?.target, None);
    /// assert!(!rows.is_labelled() && model.evaluate(&rows).is_err());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the network takes other features, or memory does not hold places for the targets.
    pub fn unlabelled(features: Features<T>, model: &Model<T>) -> Result<Self> {
        crate::compatibility::check_columns(&model.mlp, features.cols())?;
        let (rows, outputs) = (features.rows(), model.mlp.outputs());
        // Places for targets, which nobody reads.
        let targets = match model.is_classifier() {
            true => Targets::Classes { labels: vec![0; rows], classes: outputs },
            false => {
                let (mut values, count) = (Vec::new(), rows.checked_mul(outputs));
                if !matches!(count.map(|count| values.try_reserve_exact(count)), Some(Ok(()))) {
                    return Err(Error::no_memory("targets", rows));
                }
                values.resize(rows * outputs, T::ZERO);
                Targets::Values { values, cols: outputs }
            }
        };
        let task = model.task.unwrap_or(Task::of_loss(model.loss, outputs));
        let data = Dataset::new(features, targets)?.described(&model.fitted(), task);
        Ok(Dataset { is_labelled: false, ..data })
    }

    /// Whether the rows have targets.
    pub fn is_labelled(&self) -> bool {
        self.is_labelled
    }
}
