//! A model: a network with everything that its predictions need. Training gives one back; it is what is saved, loaded,
//! evaluated and asked. Rows are given to it as they come from their source: preprocessing is its own affair.

use std::borrow::Cow;
use std::sync::Arc;

use chainrule_kernel::Scalar;
use chainrule_model::{Layer, Loss, Mlp};

use crate::data::{Dataset, Features, Fitted, Preprocess, Schema, Split, Target, check_class_names};
use crate::described::{Described, is_due};
use crate::doctor::Examination;
use crate::facts::Facts;
use crate::stored_rows::stored_rows;
use crate::train::{assess_network, evaluate_network};
use crate::{Assessment, Evaluation, Result, Sample, Task};

/// A network with all that it needs to predict alone: what is done to features first, what it was trained to make small,
/// and what its classes are called.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Mlp, Model, TrainConfig, Trainer};
///
/// let (train, test) = digits::<f32>().scaled(1.0 / 16.0)?.split(0.2, 42)?;
/// let network = Mlp::builder(64).dense(32).relu().dense(10).seed(42).build()?;
/// let model = Trainer::new(TrainConfig::default().epochs(5))?.fit(network, &train, Some(&test), ())?.model;
/// assert!(model.evaluate(&test)?.accuracy > Some(0.85));
///
/// let path = std::env::temp_dir().join(format!("model-{}.safetensors", std::process::id()));
/// model.save(&path)?;
/// let again = Model::<f32>::load(&path)?;
/// std::fs::remove_file(&path).expect("the file that was just saved");
/// let image = digits().into_features().select(&[0])?; // as it comes, 0 to 16: the model scales it
/// assert_eq!(again.predict(&image)?, model.predict(&image)?);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Model<T: Scalar> {
    /// The network.
    pub mlp: Mlp<T>,
    /// What is done to features before the network sees them.
    pub preprocess: Preprocess,
    /// What it was trained to make small.
    pub loss: Loss,
    /// What its outputs mean; `None` where a file of another program does not say.
    pub task: Option<Task>,
    /// The names of the classes, in the order of the outputs.
    pub class_names: Option<Vec<String>>,
    /// How the columns of a table become the features, where it was trained on one.
    pub schema: Option<Arc<Schema>>,
    /// What the targets are called, and how values were scaled before they were learned: undone in every prediction.
    pub target: Arc<Target>,
    /// How the rows were split into those that it was trained on and others.
    pub split: Option<Split>,
    /// What it was trained with, and what came of it.
    pub facts: Option<Facts>,
    /// Up to three rows as they come from their source. [`Model::save`] stores them with what the model makes of them, and a file
    /// that makes something else of them is not loaded. Training mixes them from the columns' values; they are no rows of the data.
    pub stored_rows: Option<Arc<Features<T>>>,
}

impl<T: Scalar> Model<T> {
    /// A model of a network that comes from elsewhere, takes features as they are and is to be asked as if it had been
    /// trained with this loss. [`Trainer::fit`](crate::Trainer::fit) makes models that know what they were trained on.
    pub fn new(mlp: Mlp<T>, loss: Loss) -> Self {
        let task = Some(Task::of_loss(loss, mlp.outputs()));
        let target = Arc::default();
        let preprocess = Preprocess::None;
        Model {
            mlp,
            preprocess,
            loss,
            task,
            class_names: None,
            schema: None,
            target,
            split: None,
            facts: None,
            stored_rows: None,
        }
    }

    /// The same, which learns and predicts as these rows were made: their schema, preprocessing, targets and task.
    #[must_use]
    pub fn described_by(self, data: &Dataset<T>) -> Self {
        Model {
            preprocess: data.preprocessing().clone(),
            task: data.task().or(self.task),
            schema: data.schema().cloned(),
            target: Arc::clone(data.target()),
            stored_rows: stored_rows(data.features()).map(Arc::new),
            ..self
        }
    }

    /// How other rows are made ready as those that it was trained on.
    pub fn fitted(&self) -> Fitted {
        let (schema, target) = (self.schema.clone(), Arc::clone(&self.target));
        Fitted { schema, preprocess: self.preprocess.clone(), target }
    }

    /// The same, with this done to features first.
    pub fn with_preprocess(self, preprocess: Preprocess) -> Self {
        Model { preprocess, ..self }
    }

    /// The same, with these names of classes, in the order of the outputs.
    pub fn with_class_names(self, names: Vec<String>) -> Self {
        Model { class_names: Some(names), ..self }
    }

    /// Checks names of classes for [`Model::with_class_names`], as [`Model::save`] does.
    ///
    /// ```
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::<f32>::builder(4).dense(2).build()?, Loss::CrossEntropy);
    /// assert!(model.check_class_names(&["yes".into(), "no".into()]).is_ok());
    /// assert!(model.check_class_names(&["yes".into(), "yes".into()]).is_err());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When they are not as many as outputs, two are alike, or one holds a control character, a line separator or a character that
    /// turns the direction of text.
    pub fn check_class_names(&self, names: &[String]) -> Result<()> {
        check_class_names("class names", names, self.mlp.outputs())
    }

    /// The same, whose columns are numbers as they are with these names: it finds the columns of a table by them.
    ///
    /// # Errors
    /// When there are not as many names as inputs, or two are alike; when it was trained on a table, whose columns it knows.
    pub fn with_feature_names(self, names: Vec<String>) -> Result<Self> {
        let schema = Schema::of_named_numbers(names, self.schema.as_deref())?;
        schema.check(self.mlp.inputs())?;
        Ok(Model { schema: Some(Arc::new(schema)), ..self })
    }

    /// Loss and accuracy over rows whose answers are known, as they come from their source or preprocessed as this model
    /// does it. Weights and smoothing are for training: here the loss is the plain one, and rows count alike.
    ///
    /// ```
    /// use chainrule::data::digits;
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy);
    /// let found = model.evaluate(&digits::<f32>())?;
    /// println!("loss {:.3}, accuracy {:.1} %", found.loss, 100.0 * found.accuracy.unwrap());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the rows do not fit the network or the loss, or are preprocessed in another way; when an output or the loss is
    /// infinite or NaN.
    pub fn evaluate(&self, data: &Dataset<T>) -> Result<Evaluation> {
        evaluate_network(&self.mlp, &*self.prepared(data)?, self.loss)
    }

    /// As [`Model::evaluate`], with all metrics that fit. The outputs of all rows are kept meanwhile, in f64, where a metric
    /// has to see them together: at most 1 GiB of them, or as many as there are targets.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn assess(&self, data: &Dataset<T>) -> Result<Assessment> {
        assess_network(&self.mlp, &*self.prepared(data)?, self.loss)
    }

    /// At most so many rows to look at the network with, preprocessed and spread evenly over the dataset.
    ///
    /// # Errors
    /// As [`Model::evaluate`], but for the outputs and the loss.
    pub fn sample(&self, data: &Dataset<T>, most: usize) -> Result<Sample<T>> {
        Sample::spread(&self.mlp, &*self.prepared(data)?, self.loss, most)
    }

    /// One row to look at the network with, preprocessed; counted from 0.
    ///
    /// # Errors
    /// As [`Model::sample`], and when there is no such row.
    pub fn sample_row(&self, data: &Dataset<T>, row: usize) -> Result<Sample<T>> {
        Sample::row(&self.mlp, &*self.prepared(data)?, self.loss, row)
    }

    /// What [`doctor`](crate::doctor) looks at: this model on a sample of rows.
    pub fn examination<'a>(&'a self, sample: &'a Sample<T>) -> Examination<'a, T> {
        Examination::new(&self.mlp, sample.rows(), self.loss)
    }

    /// Whether the outputs stand for classes: by its task, or where that is not known when they have names of classes, were
    /// trained with cross-entropy, or stand behind a softmax.
    pub fn is_classifier(&self) -> bool {
        self.task == Some(Task::Classification)
            || self.class_names.is_some()
            || self.loss == Loss::CrossEntropy
            || matches!(self.mlp.layers().last(), Some(Layer::Softmax | Layer::LogSoftmax))
    }

    /// The rows as the network takes them: as they are where they have been preprocessed like this, a copy where they come
    /// from their source.
    ///
    /// # Errors
    /// When they have been preprocessed in another way, or have other columns or classes, or in another order.
    pub(crate) fn prepared<'d>(&self, data: &'d Dataset<T>) -> Result<Cow<'d, Dataset<T>>> {
        let classes = self.class_names.as_deref();
        Described { preprocess: &self.preprocess, target: &self.target, classes, schema: self.schema.as_deref() }
            .prepared(data)
    }

    /// As [`Model::prepared`], of features.
    pub(crate) fn prepared_features<'d>(&self, features: &'d Features<T>) -> Result<Cow<'d, Features<T>>> {
        if !is_due(&self.preprocess, features.preprocessing())? {
            // What a file holds may not fit its network.
            self.preprocess.check(features.cols())?;
            return Ok(Cow::Borrowed(features));
        }
        let mut features = features.clone();
        self.preprocess.apply(&mut features)?;
        Ok(Cow::Owned(features))
    }

    /// Takes over the loss that it is trained with now, and where that is another one the task; names the classes.
    pub(crate) fn learns_by(&mut self, loss: Loss, data: &Dataset<T>) {
        if self.loss != loss {
            self.task = data.task().or(Some(Task::of_loss(loss, self.mlp.outputs())));
            self.loss = loss;
        }
        self.name_classes(data);
    }

    /// Names the classes after the rows that were learned from, or else by number, so that the model's file tells that its
    /// outputs stand for classes. Names that it has stay where these rows have none; which other ones they may have,
    /// [`Model::prepared`] has checked.
    pub(crate) fn name_classes(&mut self, data: &Dataset<T>) {
        let Some(classes) = data.classes() else { return };
        let outputs = self.mlp.outputs();
        match data.class_names() {
            Some(names) if classes == outputs => self.class_names = Some(names.to_vec()),
            _ => {
                self.class_names.get_or_insert_with(|| (0..outputs).map(|class| class.to_string()).collect());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::digits;
    use crate::{TrainConfig, Trained, Trainer};

    fn network() -> Mlp<f32> {
        Mlp::builder(64).dense(12).relu().dense(10).seed(3).build().unwrap()
    }

    fn trainer() -> Trainer {
        Trainer::new(TrainConfig::default().epochs(2)).unwrap()
    }

    #[test]
    fn a_trained_model_takes_rows_as_they_come_and_rows_that_are_ready() {
        let (train, test) = digits::<f32>().split(0.2, 42).unwrap();
        let train = train.standardized().unwrap();
        let model = trainer().fit(network(), &train, Some(&test), ()).unwrap().model;
        assert_eq!(model.preprocess, *train.preprocessing());
        assert_eq!(model.class_names.as_deref().map(|names| (names.len(), names[9].as_str())), Some((10, "9")));
        let mut ready = test.clone();
        ready.preprocess(&model.preprocess).unwrap();
        assert_eq!(model.evaluate(&test).unwrap(), model.evaluate(&ready).unwrap());
        assert_eq!(model.assess(&test).unwrap(), model.assess(&ready).unwrap());
        assert_eq!(model.predict(test.features()).unwrap(), model.predict(ready.features()).unwrap());
        let rows = |data| model.sample(data, 7).unwrap().rows().x.row(3).to_vec();
        assert_eq!(rows(&test), rows(&ready));
    }

    #[test]
    fn validation_rows_are_preprocessed_as_the_rows_that_are_learned_from() {
        let (train, test) = digits::<f32>().split(0.2, 42).unwrap();
        let (train, ready) = (train.scaled(0.0625).unwrap(), test.clone().scaled(0.0625).unwrap());
        let losses = |validation: &Dataset<f32>| {
            let Trained { report, .. } = trainer().fit(network(), &train, Some(validation), ()).unwrap();
            report.epochs.into_iter().map(|epoch| epoch.validation.unwrap().loss).collect::<Vec<_>>()
        };
        assert_eq!(losses(&test), losses(&ready));
    }

    #[test]
    fn rows_that_are_preprocessed_in_another_way_are_refused() {
        let (train, test) = digits::<f32>().split(0.2, 42).unwrap();
        let (train, other) = (train.scaled(0.0625).unwrap(), test.scaled(0.5).unwrap());
        let says = |result: Result<()>| {
            let message = result.unwrap_err().to_string();
            assert!(message.contains("rows after x * 0.5") && message.contains("x * 0.0625 as"), "{message}");
        };
        says(trainer().fit(network(), &train, Some(&other), ()).map(drop));
        let mut model = trainer().fit(network(), &train, None, ()).unwrap().model;
        says(model.evaluate(&other).map(drop));
        says(model.assess(&other).map(drop));
        says(model.predict(other.features()).map(drop));
        says(model.sample_row(&other, 0).map(drop));
        says(trainer().resume(&mut model, &other, None, ()).map(drop));
        let raw = Model::new(network(), Loss::CrossEntropy);
        let message = raw.evaluate(&other).unwrap_err().to_string();
        assert!(message.contains("rows as they come from their source"), "{message}");
    }

    #[test]
    fn a_model_goes_on_where_it_stopped() {
        let (train, _) = digits::<f32>().split(0.2, 42).unwrap();
        let ready = train.clone().scaled(0.0625).unwrap();
        let mut bare = network();
        trainer().fit_network(&mut bare, &ready, None, ()).unwrap();
        trainer().fit_network(&mut bare, &ready, None, ()).unwrap();
        let mut model = trainer().fit(network(), &ready, None, ()).unwrap().model;
        trainer().resume(&mut model, &train, None, ()).unwrap();
        assert!(model.mlp == bare, "rows as they come are preprocessed first");
    }
}
