//! Features and their targets, checked once so that training need not check again. Reading files is done elsewhere,
//! and so is the order in which rows are served.

use crate::data::{Features, Fitted, Schema, Target, Targets, TargetsMut, check_class_names};
use crate::{Error, Place, Result, Task};
use chainrule_kernel::Scalar;
use chainrule_model::random::{Purpose, Stream};
use std::sync::Arc;

/// Rows asked for before they are copied, in the order that a minibatch has. 32 rows of MNIST at random, from memory: as
/// bytes 7.7 us without, 4.0 with one ahead, 3.2 with 2, 3.0 with 3 or 4, 4.0 with 8; as f32 10.6 without, 7.7 with 4.
const AHEAD: usize = 4;

/// Rows with their targets: finite numbers, labels below the number of classes, one target a row.
///
/// ```
/// use chainrule::data::{Dataset, Features, Targets};
/// let xor = Features::new(4, 2, vec![0.0f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0])?;
/// let xor = Dataset::new(xor, Targets::Classes { labels: vec![0, 1, 1, 0], classes: 2 })?;
/// assert_eq!((xor.rows(), xor.cols(), xor.classes()), (4, 2, Some(2)));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
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
        Ok(Dataset { features, targets, class_names: None, weights: None, schema, target, task })
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
        for (i, place) in x.chunks_exact_mut(self.cols()).enumerate() {
            if let Some(&soon) = rows.get(i + AHEAD) {
                self.features.prefetch_row(soon);
            }
            self.features.copy_row(rows[i], place);
        }
        self.targets.gather(rows, targets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(rows: usize) -> Dataset<f64> {
        let features = Features::new(rows, 2, (0..2 * rows).map(|x| x as f64).collect()).unwrap();
        let labels = (0..rows as u32).map(|row| row % 3).collect();
        Dataset::new(features, Targets::Classes { labels, classes: 3 }).unwrap()
    }

    #[test]
    fn a_label_that_is_no_class_is_named_by_its_row() {
        let features = || Features::new(3, 1, vec![0.0f32; 3]).unwrap();
        let new = |labels, classes| Dataset::new(features(), Targets::Classes { labels, classes });
        assert!(new(vec![0, 1, 2], 3).is_ok());
        let message = new(vec![0, 3, 2], 3).unwrap_err().to_string();
        assert_eq!(message, "labels, row 2: found label 3, expected 0 to 2 for 3 classes");
        assert!(new(vec![0, 0, 0], 0).unwrap_err().to_string().contains("at least one class"));
    }

    #[test]
    fn rows_and_targets_that_differ_in_number_are_refused() {
        let features = || Features::new(3, 1, vec![0.0f32; 3]).unwrap();
        for targets in [
            Targets::Classes { labels: vec![0; 2], classes: 1 },
            Targets::Classes { labels: vec![0; 4], classes: 1 },
            Targets::Values { values: vec![0.0; 4], cols: 2 },
        ] {
            let rows = targets.rows();
            let message = Dataset::new(features(), targets).unwrap_err().to_string();
            assert!(message.contains("features has 3 rows") && message.contains(&format!("has {rows};")), "{message}");
        }
    }

    #[test]
    fn target_values_must_be_finite_and_fill_their_rows() {
        let features = || Features::new(2, 1, vec![0.0f32; 2]).unwrap();
        let new = |values: Vec<f32>, cols| Dataset::new(features(), Targets::Values { values, cols });
        assert!(new(vec![0.5; 4], 2).is_ok());
        let message = new(vec![0.0, 0.0, 0.0, f32::NAN], 2).unwrap_err().to_string();
        assert!(message.starts_with("targets, row 2, column 2: found NaN"), "{message}");
        assert!(new(vec![0.0; 5], 2).unwrap_err().to_string().contains("whole rows of 2"));
        assert!(new(vec![], 0).unwrap_err().to_string().contains("no columns"));
    }

    #[test]
    fn a_split_keeps_every_row_once_in_order_and_depends_on_the_seed_alone() {
        let data = counting(100);
        let (train, test) = data.split(0.2, 7).unwrap();
        assert_eq!((train.rows(), test.rows(), test.classes()), (80, 20, Some(3)));
        let firsts = |part: &Dataset<f64>| (0..part.rows()).map(|row| part.features().row(row)[0]).collect::<Vec<_>>();
        assert!(firsts(&train).is_sorted() && firsts(&test).is_sorted());
        let mut all = [firsts(&train), firsts(&test)].concat();
        all.sort_by(f64::total_cmp);
        assert_eq!(all, firsts(&data));
        assert_ne!(firsts(&test), (80..100).map(|row| 2.0 * row as f64).collect::<Vec<_>>());
        assert_eq!(data.split(0.2, 7).unwrap().1, test);
        assert_ne!(data.split(0.2, 8).unwrap().1, test);
        for part in [&train, &test] {
            let Targets::Classes { labels, .. } = part.targets() else { panic!() };
            for (first, label) in firsts(part).iter().zip(labels) {
                assert_eq!((first / 2.0) as u32 % 3, *label, "a row and its label stay together");
            }
        }
    }

    #[test]
    fn a_split_that_would_leave_a_part_empty_says_so() {
        let message = |rows, holdout| counting(rows).split(holdout, 0).unwrap_err().to_string();
        for holdout in [0.0, 1.0, -0.5, 1.5, f64::NAN, f64::INFINITY] {
            assert!(message(10, holdout).contains("above 0 and below 1"), "{holdout}");
        }
        assert!(message(10, 0.01).contains("10 rows would split into 10 and 0"));
        assert!(message(10, 0.99).contains("10 rows would split into 0 and 10"));
        assert!(message(1, 0.5).contains("1 rows would split into 0 and 1"));
    }

    #[test]
    fn rows_asked_for_ahead_may_be_any() {
        let bytes = Features::<f64>::from_bytes(1000, 300, vec![1; 300_000]).unwrap();
        let numbers = Features::new(1000, 300, vec![1.0; 300_000]).unwrap();
        for features in [bytes, numbers, counting(3).into_features()] {
            let labels = vec![0; features.rows()];
            let data = Dataset::new(features, Targets::Classes { labels, classes: 1 }).unwrap();
            let before = data.clone();
            data.prefetch(&[]);
            data.prefetch(&[2, 999, 1000, usize::MAX, 0]);
            data.prefetch(&(0..5000).collect::<Vec<_>>());
            assert_eq!(data, before);
        }
    }

    #[test]
    fn a_minibatch_is_gathered_as_labels_or_one_hot_or_values() {
        let data = counting(5);
        let (mut x, mut labels, mut one_hot) = ([-1.0; 6], [9; 3], [-1.0; 9]);
        data.gather(&[4, 0, 2], &mut x, TargetsMut::Classes(&mut labels));
        assert_eq!((x, labels), ([8.0, 9.0, 0.0, 1.0, 4.0, 5.0], [1, 0, 2]));
        data.gather(&[4, 0, 2], &mut x, TargetsMut::Values(&mut one_hot));
        assert_eq!(one_hot, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);

        let values = Targets::Values { values: vec![1.0, 2.0, 3.0, 4.0], cols: 2 };
        let data = Dataset::new(Features::new(2, 1, vec![0.5, 0.25]).unwrap(), values).unwrap();
        let (mut x, mut values) = ([0.0], [0.0; 2]);
        data.gather(&[1], &mut x, TargetsMut::Values(&mut values));
        assert_eq!((x, values), ([0.25], [3.0, 4.0]));
    }

    #[test]
    fn class_names_must_be_as_many_as_classes_and_survive_a_selection() {
        let names = |n: usize| (0..n).map(|class| format!("class {class}")).collect::<Vec<_>>();
        assert!(counting(4).with_class_names(names(2)).is_err());
        let data = counting(4).with_class_names(names(3)).unwrap();
        assert_eq!(data.select(&[3]).unwrap().class_names().unwrap()[2], "class 2");
        assert_eq!(data.class_counts().unwrap(), [2, 1, 1]);
        assert_eq!(data.select(&[0]).unwrap().class_counts().unwrap(), [1, 0, 0]);
    }
}
