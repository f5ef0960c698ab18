//! Rows without targets, to ask a model about and not to measure it by.

use chainrule_kernel::Scalar;

use crate::compatibility::check_columns;
use crate::data::{Dataset, Features, Targets};
use crate::{Error, Model, Result, Task};

impl<T: Scalar> Model<T> {
    /// Features that the model takes, of rows whose targets are not known. Answers to them can be explained and drawn; what needs
    /// targets, such as a loss, is refused.
    ///
    /// ```
    /// use chainrule::data::Features;
    /// use chainrule::explanation::{AttributionRequest, attribute};
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::builder(2).dense(3).build()?, Loss::CrossEntropy);
    /// let rows = model.unlabelled(Features::new(1, 2, vec![0.5f32, 1.5])?)?;
    /// assert_eq!(attribute(&model, &rows, 0, &AttributionRequest::default())?.target, None);
    /// assert!(!rows.is_labelled() && model.evaluate(&rows).is_err());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the network takes other features, or memory does not hold places for the targets.
    pub fn unlabelled(&self, features: Features<T>) -> Result<Dataset<T>> {
        check_columns(&self.mlp, features.cols())?;
        let (rows, outputs) = (features.rows(), self.mlp.outputs());
        // Places for targets, which nobody reads.
        let targets = match self.is_classifier() {
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
        let task = self.task.unwrap_or(Task::of_loss(self.loss, outputs));
        Ok(Dataset::new(features, targets)?.described(&self.fitted(), task).without_targets())
    }
}
