//! Features and their targets, checked once so that training need not check again. Reading files is done elsewhere,
//! and so is the order in which rows are served.

use crate::data::{Features, Fitted, Schema, Target, Targets, TargetsMut, check_class_names};
use crate::{Error, Place, Result, Task};
use chainrule_kernel::Scalar;
use chainrule_model::random::{Purpose, Stream};
use std::sync::Arc;

/// Rows with their targets: finite numbers, labels below the number of classes, one target a row.
///
/// ```
/// use chainrule::data::{Dataset, Features, Targets};
/// let xor = Features::new(4, 2, vec![0.0f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?;
/// let xor = Dataset::new(xor, Targets::Classes { labels: vec![0, 1, 1, 0], classes: 2 })?;
/// assert_eq!((xor.rows(), xor.cols(), xor.classes()), (4, 2, Some(2)));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dataset<T> {
    pub(super) features: Features<T>,
    targets: Targets<T>,
    class_names: Option<Vec<String>>,
    weights: Option<Vec<T>>, // (rows)
    /// How the columns of a table became the features.
    schema: Option<Arc<Schema>>,
    /// What the targets are called, and how values were scaled.
    target: Arc<Target>,
    task: Option<Task>,
    /// Whether the targets are known.
    is_labelled: bool,
}

impl<T: Scalar> PartialEq for Dataset<T> {
    fn eq(&self, other: &Self) -> bool {
        let described = |data: &Self| (data.schema.clone(), Arc::clone(&data.target), data.task, data.is_labelled);
        self.features == other.features
            && self.targets == other.targets
            && self.class_names == other.class_names
            && self.weights == other.weights
            && described(self) == described(other)
    }
}

impl<T: Scalar> Dataset<T> {
    /// Puts features and targets together.
    ///
    /// # Errors
    /// When they differ in rows, a label is not below the number of classes, there are more classes than a label can
    /// count (2^32), or a value is NaN or infinite.
    pub fn new(features: Features<T>, targets: Targets<T>) -> Result<Self> {
        let name = match targets {
            Targets::Classes { .. } => "labels",
            Targets::Values { .. } => "targets",
        };
        Self::from_origins(features, "features", targets, name)
    }

    /// As [`Dataset::new`]; errors name the origins.
    pub(crate) fn from_origins(
        features: Features<T>,
        features_origin: &str,
        targets: Targets<T>,
        targets_origin: &str,
    ) -> Result<Self> {
        targets.check(targets_origin)?;
        if features.rows() != targets.rows() {
            return Err(Error::RowsDiffer {
                features_origin: features_origin.to_string(),
                features: features.rows(),
                targets_origin: targets_origin.to_string(),
                targets: targets.rows(),
            });
        }
        let (schema, target, task) = (None, Arc::default(), None);
        Ok(Dataset { features, targets, class_names: None, weights: None, schema, target, task, is_labelled: true })
    }

    /// Names the classes, in the order of their numbers.
    ///
    /// # Errors
    /// When there are not as many names as classes, two are alike, one holds a control character, or the targets are
    /// values.
    pub fn with_class_names(mut self, names: Vec<String>) -> Result<Self> {
        let Some(classes) = self.classes() else {
            return Err(Error::Shape {
                origin: "class names".to_string(),
                found: format!("{} names", names.len()),
                expected: "none, as the targets are values".to_string(),
            });
        };
        check_class_names("class names", &names, classes)?;
        self.class_names = Some(names);
        Ok(self)
    }

    /// Names the columns of features that are numbers as they are, in their order. A model of them finds the columns of a
    /// table by these names.
    ///
    /// ```
    /// use chainrule::data::{Dataset, Features, Targets};
    /// let features = Features::new(1, 2, vec![3.0f32, 80.0])?;
    /// let data = Dataset::new(features, Targets::Classes { labels: vec![0], classes: 2 })?;
    /// let data = data.with_feature_names(vec!["rooms".into(), "area".into()])?;
    /// assert_eq!(data.schema().unwrap().feature_names(), ["rooms", "area"]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there are not as many names as columns, or two are alike; when they come from a table, whose columns they know.
    pub fn with_feature_names(self, names: Vec<String>) -> Result<Self> {
        let schema = Schema::of_named_numbers(names, self.schema.as_deref())?;
        schema.check(self.cols())?;
        Ok(Dataset { schema: Some(Arc::new(schema)), ..self })
    }

    /// Says how much each row counts while a network learns from them: in a minibatch's mean loss a row of weight 2 as that
    /// row twice. A row of weight 0 is left out; no minibatch holds it. Weights of classes multiply these. Evaluation knows
    /// neither: there rows count alike.
    ///
    /// ```
    /// use chainrule::data::{Dataset, Features, Targets};
    /// let features = Features::new(3, 1, vec![0.0f32, 1.0, 2.0])?;
    /// let data = Dataset::new(features, Targets::Classes { labels: vec![0, 1, 1], classes: 2 })?;
    /// let data = data.with_weights(vec![1.0, 0.5, 0.0])?;
    /// assert_eq!(data.select(&[1, 0])?.weights(), Some(&[0.5, 1.0][..]));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is not one for each row, one is negative, infinite or NaN, all are 0, or together they overflow.
    pub fn with_weights(mut self, weights: Vec<T>) -> Result<Self> {
        let origin = || "weights of rows".to_string();
        if weights.len() != self.rows() {
            let (found, expected) = (format!("{} weights", weights.len()), format!("{}, one a row", self.rows()));
            return Err(Error::Shape { origin: origin(), found, expected });
        }
        if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= T::ZERO)) {
            let found = weights[row].to_string();
            return Err(Error::format(&origin(), Place::row(row), found, "a finite number, 0 or more"));
        }
        let sum: f64 = weights.iter().map(|weight| weight.to_f64()).sum();
        if !(sum.is_finite() && sum > 0.0) {
            let expected = "one above 0 at least, and a finite sum".to_string();
            return Err(Error::Argument { name: "weights of rows", found: format!("a sum of {sum}"), expected });
        }
        self.weights = Some(weights);
        Ok(self)
    }

    /// How much each row counts while a network learns, (rows), if that was said.
    pub fn weights(&self) -> Option<&[T]> {
        self.weights.as_deref()
    }

    /// The same rows, which know how they were made.
    pub(crate) fn described(self, fitted: &Fitted, task: Task) -> Self {
        Dataset { schema: fitted.schema.clone(), target: Arc::clone(&fitted.target), task: Some(task), ..self }
    }

    /// The same rows, whose targets are places for some and not known: see [`Model::unlabelled`](crate::Model::unlabelled).
    pub(crate) fn without_targets(self) -> Self {
        Dataset { is_labelled: false, ..self }
    }

    /// Whether the targets are known.
    pub fn is_labelled(&self) -> bool {
        self.is_labelled
    }

    /// The same rows, their values scaled as this target says.
    pub(crate) fn with_targets_scaled(self, target: &Arc<Target>) -> Result<Self> {
        let targets = match (&target.scaling, self.targets) {
            (Some(scaling), Targets::Values { values, cols }) if scaling.columns() == cols => {
                let scaled = values.iter().enumerate().map(|(at, t)| T::from_f64(scaling.apply(at % cols, t.to_f64())));
                Targets::Values { values: scaled.collect(), cols }
            }
            (_, targets) => targets,
        };
        targets.check("scaled targets")?;
        Ok(Dataset { targets, target: Arc::clone(target), ..self })
    }

    /// The same rows, whose loss is that of their values as they are scaled, not in the values' own unit.
    pub(crate) fn measured_as_learned(self) -> Self {
        let target = Target { scaling: None, ..Target::clone(&self.target) };
        Dataset { target: Arc::new(target), ..self }
    }

    /// The same rows with other features, prepared alike.
    pub(crate) fn with_features(self, features: Features<T>) -> Self {
        debug_assert_eq!((features.rows(), features.cols()), (self.rows(), self.cols()));
        Dataset { features, ..self }
    }

    /// How the columns of a table became these features, if they come from one.
    pub fn schema(&self) -> Option<&Arc<Schema>> {
        self.schema.as_ref()
    }

    /// What the targets are called, and how values were scaled before they became these.
    pub fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// What is learned from these rows, where it is known.
    pub fn task(&self) -> Option<Task> {
        self.task
    }

    /// How many rows; at least one.
    pub fn rows(&self) -> usize {
        self.features.rows()
    }

    /// How many columns the features have; at least one.
    pub fn cols(&self) -> usize {
        self.features.cols()
    }

    /// How many classes there are, or `None` when the targets are values.
    pub fn classes(&self) -> Option<usize> {
        match self.targets {
            Targets::Classes { classes, .. } => Some(classes),
            Targets::Values { .. } => None,
        }
    }

    /// The features.
    pub fn features(&self) -> &Features<T> {
        &self.features
    }

    /// The features alone, without their targets.
    pub fn into_features(self) -> Features<T> {
        self.features
    }

    /// The targets.
    pub fn targets(&self) -> &Targets<T> {
        &self.targets
    }

    /// The names of the classes, in the order of their numbers.
    pub fn class_names(&self) -> Option<&[String]> {
        self.class_names.as_deref()
    }

    /// How many rows each class has, `(classes)`; `None` when the targets are values, and where memory does not hold a
    /// number for each class: [`try_class_counts`](Self::try_class_counts) tells the two apart.
    pub fn class_counts(&self) -> Option<Vec<usize>> {
        self.try_class_counts().ok().flatten()
    }

    /// How many rows each class has, `(classes)`, or `None` when the targets are values.
    ///
    /// # Errors
    /// When memory does not hold a number for each class.
    pub fn try_class_counts(&self) -> Result<Option<Vec<usize>>> {
        let Targets::Classes { labels, classes } = &self.targets else { return Ok(None) };
        let mut counts = Vec::new();
        counts.try_reserve_exact(*classes).map_err(|_| Error::no_memory("classes to count", *classes))?;
        counts.resize(*classes, 0);
        for &label in labels {
            counts[label as usize] += 1;
        }
        Ok(Some(counts))
    }

    /// The rows with these indices, in their order, as a dataset of its own. The number of classes stays, even when
    /// some no longer occur.
    ///
    /// # Errors
    /// When there are none, one is not below [`rows`](Self::rows), or memory does not hold them.
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        Ok(Dataset {
            features: self.features.select(rows)?,
            targets: self.targets.select(rows)?,
            class_names: self.class_names.clone(),
            weights: self.weights.as_ref().map(|weights| rows.iter().map(|&row| weights[row]).collect()),
            schema: self.schema.clone(),
            target: Arc::clone(&self.target),
            task: self.task,
            is_labelled: self.is_labelled,
        })
    }

    /// Splits into a part to train on and one to test on, drawn at random by `seed`: `holdout` of the rows, rounded,
    /// are tested on. Both keep the order that the rows had.
    ///
    /// # Errors
    /// When `holdout` is not between 0 and 1, or so close to either that a part would be empty.
    pub fn split(&self, holdout: f64, seed: u64) -> Result<(Self, Self)> {
        let refuse = |expected: String| Error::Argument { name: "holdout", found: holdout.to_string(), expected };
        if !(holdout > 0.0 && holdout < 1.0) {
            return Err(refuse("a fraction above 0 and below 1".to_string()));
        }
        let held_out = (self.rows() as f64 * holdout).round() as usize;
        if held_out == 0 || held_out == self.rows() {
            let trained_on = self.rows() - held_out;
            let parts = format!("{} rows would split into {trained_on} and {held_out}", self.rows());
            return Err(refuse(format!("a fraction that leaves rows in both parts ({parts})")));
        }
        let mut order = Vec::new();
        order.try_reserve_exact(self.rows()).map_err(|_| Error::no_memory("rows to split", self.rows()))?;
        order.extend(0..self.rows());
        Stream::new(seed, Purpose::Split, 0).shuffle(&mut order);
        let (test, train) = order.split_at_mut(held_out);
        test.sort_unstable();
        train.sort_unstable();
        Ok((self.select(train)?, self.select(test)?))
    }

    /// That all rows that were gathered so far could be read, where they lie in a scratch file.
    pub(crate) fn check_read(&self) -> Result<()> {
        self.features.check_read()
    }

    /// Asks for these rows to be brought to the caches while other work goes on: those of the minibatch that comes after the
    /// one just gathered. Nothing changes but the time that gathering them takes; rows that do not exist are passed over,
    /// and so are those beyond what a cache has room for.
    pub fn prefetch(&self, rows: &[usize]) {
        self.features.prefetch(rows);
    }

    /// Copies a minibatch to buffers that the caller owns; nothing is allocated. Labels asked for as values become
    /// one-hot rows.
    ///
    /// # Panics
    /// When a buffer does not fit, when a row does not exist, or when classes are asked of values.
    pub fn gather(
        &self,
        rows: &[usize],
        x: &mut [T], // (rows.len(), cols)
        targets: TargetsMut<'_, T>,
    ) {
        assert_eq!(x.len(), rows.len() * self.cols(), "places for features, and rows x columns");
        self.features.copy_rows(rows, x);
        self.targets.gather(rows, targets);
    }
}

#[cfg(test)]
mod tests;
