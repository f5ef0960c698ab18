//! Predictions of a model: preprocesses features, runs the network, and names classes.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::metrics::argmax;
use chainrule_model::network::PredictorWorkspace;
use chainrule_model::{Layer, Loss, ModelError, Predictor, softmax};
use rayon::prelude::*;

use crate::compatibility::check_columns;
use crate::data::Features;
use crate::forked;
use crate::{Error, Model, Result, Task};

/// Rows that are predicted at once.
const BATCH: usize = 256;
/// Packing the weights once costs about as much as a few rows gain.
const WORTH_PACKING: usize = 32;
/// Multiply-adds that a thread must have to itself before another one is called in: as in a training step.
const WORTH_A_THREAD: usize = 1 << 21;

impl<T: Scalar> Model<T> {
    /// What the model predicts for features as they come from their source, (rows, outputs), row-major: logits of classes,
    /// and values in the targets' own unit. Features that have been preprocessed as this model does it are taken
    /// as they are. Threads share the rows; an application that has threads of its own
    /// calls a [`Predictor`] from each. Values in f32 have seven digits, whatever their mean: [`Model::predict_values`] has more.
    ///
    /// # Errors
    /// When the features have another number of columns than the network has inputs or have been preprocessed in another way,
    /// preprocessing overflows, or an output is infinite or NaN: then with the first such row. Where there is enough to do for several
    /// threads, those of [`start_threads`](crate::start_threads).
    pub fn predict(&self, features: &Features<T>) -> Result<Vec<T>> {
        let mut output = self.predict_raw(features)?;
        if self.target.scaling.is_some() {
            self.unscale(&mut output)?;
        }
        Ok(output)
    }

    /// As [`Model::predict`], of values that were scaled before they were learned: in their own unit, in f64. Of
    /// values around 1,000,000,000, f32 keeps multiples of 64, however close to one another they lie.
    ///
    /// ```
    /// use chainrule::data::Features;
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::<f32>::builder(2).dense(1).seed(1).build()?, Loss::Mse);
    /// let features = Features::new(1, 2, vec![0.5_f32, 1.5])?;
    /// assert_eq!(model.predict_values(&features)?[0], f64::from(model.predict(&features)?[0])); // not scaled
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn predict_values(&self, features: &Features<T>) -> Result<Vec<f64>> {
        let outputs = self.predict_raw(features)?;
        let columns = self.mlp.outputs();
        let mut values: Vec<f64> = room(features.rows(), columns)?;
        for (at, (value, y)) in values.iter_mut().zip(&outputs).enumerate() {
            *value = match &self.target.scaling {
                Some(scaling) => scaling.undo(at % columns, y.to_f64()),
                None => y.to_f64(),
            };
        }
        check_outputs(&values, columns)?;
        Ok(values)
    }

    /// What [`Model::predict`] makes of [`Model::predict_raw`]'s outputs, (rows, outputs), in place: values in the targets' own
    /// unit. For an application that runs the network itself, as by a [`Predictor`].
    ///
    /// ```
    /// use chainrule::data::Features;
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::builder(2).dense(1).seed(1).build()?, Loss::Mse);
    /// let features = Features::new(1, 2, vec![0.5_f32, 1.5])?;
    /// let mut outputs = model.predict_raw(&features)?;
    /// model.unscale(&mut outputs)?;
    /// assert_eq!(outputs, model.predict(&features)?);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When these are no whole rows, or an output is infinite or NaN: then with the first such row.
    pub fn unscale(&self, outputs: &mut [T]) -> Result<()> {
        self.check_whole_rows(outputs)?;
        if let Some(scaling) = &self.target.scaling {
            let columns = scaling.columns();
            for (at, y) in outputs.iter_mut().enumerate() {
                *y = T::from_f64(scaling.undo(at % columns, y.to_f64()));
            }
        }
        check_outputs(outputs, self.mlp.outputs())
    }

    /// The network's outputs as they are, (rows, outputs), row-major: as [`Model::predict`], but of values that were scaled
    /// before they were learned not in their own unit.
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn predict_raw(&self, features: &Features<T>) -> Result<Vec<T>> {
        self.predict_by(features, |features, output| match features.rows() < WORTH_PACKING {
            true => self.predict_few(&features.data(), features.rows(), output),
            false => self.predict_many(features, output),
        })
    }

    /// As [`Model::predict`], to the same bits, on the calling thread alone: no others are started, and none is waited for. For a few
    /// rows.
    pub(crate) fn predict_alone(&self, features: &Features<T>) -> Result<Vec<T>> {
        let mut output =
            self.predict_by(features, |features, output| Ok(self.infer_alone(&features.data(), output)?))?;
        if self.target.scaling.is_some() {
            self.unscale(&mut output)?;
        }
        Ok(output)
    }

    /// The outputs of `predict`, which is given the features as the network takes them.
    fn predict_by(
        &self,
        features: &Features<T>,
        predict: impl FnOnce(&Features<T>, &mut [T]) -> Result<()>,
    ) -> Result<Vec<T>> {
        check_columns(&self.mlp, features.cols())?;
        let features = self.prepared_features(features)?;
        let mut output = room(features.rows(), self.mlp.outputs())?;
        predict(&features, &mut output)?;
        features.check_read()?;
        check_outputs(&output, self.mlp.outputs())?;
        Ok(output)
    }

    /// With the weights as they lie, on this thread.
    fn infer_alone(
        &self,
        x: &[T],          // (rows, inputs)
        output: &mut [T], // (rows, outputs)
    ) -> std::result::Result<(), ModelError> {
        let rows = output.len() / self.mlp.outputs();
        let mut workspace = PredictorWorkspace::try_new(&self.mlp, rows.min(BATCH))?;
        self.mlp.infer_into(MatRef::new(x, rows, self.mlp.inputs()), output, &mut workspace)
    }

    /// With the weights as they lie, on another thread only where both have enough to do.
    fn predict_few(
        &self,
        x: &[T], // (rows, inputs)
        rows: usize,
        output: &mut [T], // (rows, outputs)
    ) -> Result<()> {
        let (inputs, outputs) = (self.mlp.inputs(), self.mlp.outputs());
        let work = rows.saturating_mul(self.mlp.params().len());
        let most = (work / WORTH_A_THREAD).min(rows);
        // A single row of a small network starts no threads.
        if most <= 1 {
            return Ok(self.infer_alone(x, output)?);
        }
        match forked::check() {
            // A forked process has none of its parent's threads, and of one it needs none.
            Err(Error::Forked { .. }) if rayon::current_num_threads() == 1 => return Ok(self.infer_alone(x, output)?),
            checked => checked?,
        }
        let threads = most.min(rayon::current_num_threads());
        if threads == 1 {
            return Ok(self.infer_alone(x, output)?);
        }
        let each = rows.div_ceil(threads);
        let parts = output.par_chunks_mut(each * outputs).zip(x.par_chunks(each * inputs));
        Ok(parts.try_for_each(|(output, x)| self.infer_alone(x, output))?)
    }

    /// With weights that are packed first.
    fn predict_many(
        &self,
        features: &Features<T>,
        output: &mut [T], // (rows, outputs)
    ) -> Result<()> {
        forked::check()?;
        let (cols, outputs) = (features.cols(), self.mlp.outputs());
        let predictor = Predictor::try_new(self.mlp.try_clone()?)?;
        let batch = BATCH.min(features.rows());
        let room = || Ok::<_, ModelError>((minibatch(batch, cols)?, predictor.try_workspace(batch)?));
        output.par_chunks_mut(batch * outputs).enumerate().try_for_each_init(room, |room, (i, output)| {
            let (x, workspace) = room.as_mut().map_err(|error| error.clone())?;
            let rows = output.len() / outputs;
            let x = &mut x[..rows * cols];
            x.chunks_exact_mut(cols).enumerate().for_each(|(row, x)| features.copy_row(i * batch + row, x));
            predictor.predict_into(MatRef::new(x, rows, cols), output, workspace)
        })?;
        Ok(())
    }

    /// The probability of each class, (rows, outputs), row-major; after training with binary cross-entropy that of a 1
    /// at each output.
    ///
    /// # Errors
    /// As [`Model::predict`], and when the outputs are not logits or probabilities.
    pub fn predict_proba(&self, features: &Features<T>) -> Result<Vec<T>> {
        let link = self.link()?;
        let mut outputs = self.predict(features)?;
        self.apply_link(link, &mut outputs);
        Ok(outputs)
    }

    /// The probabilities of outputs that are at hand, (rows, outputs): what [`Model::predict_proba`] makes of those of
    /// [`Model::predict`].
    ///
    /// ```
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::builder(2).dense(2).build()?, Loss::CrossEntropy);
    /// assert_eq!(model.probabilities_of(vec![0.0_f32, 0.0])?, [0.5, 0.5]);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the outputs are not logits or probabilities, are no whole rows, or one is infinite or NaN: then with the first such row.
    pub fn probabilities_of(&self, mut outputs: Vec<T>) -> Result<Vec<T>> {
        let link = self.link()?;
        self.check_whole_rows(&outputs)?;
        check_outputs(&outputs, self.mlp.outputs())?;
        self.apply_link(link, &mut outputs);
        Ok(outputs)
    }

    fn check_whole_rows(&self, outputs: &[T]) -> Result<()> {
        let columns = self.mlp.outputs();
        match outputs.len().is_multiple_of(columns) {
            true => Ok(()),
            false => Err(Error::Shape {
                origin: "outputs".to_owned(),
                found: format!("{} numbers", outputs.len()),
                expected: format!("rows of {columns}, the outputs of the network"),
            }),
        }
    }

    fn link(&self) -> Result<Link> {
        let last = self.mlp.layers().last();
        if matches!(self.task, Some(Task::Binary | Task::MultiLabel)) || self.loss == Loss::BinaryCrossEntropy {
            Ok(Link::Sigmoid)
        } else if last == Some(&Layer::Softmax) {
            Ok(Link::Identity)
        } else if last == Some(&Layer::LogSoftmax) || self.loss == Loss::CrossEntropy {
            // Of logarithms of probabilities, softmax gives the probabilities.
            Ok(Link::Softmax)
        } else {
            Err(Error::Argument {
                name: "probabilities",
                found: format!("a model trained with {}", self.loss),
                expected: "one trained with a cross-entropy, or that ends in softmax".to_owned(),
            })
        }
    }

    fn apply_link(&self, link: Link, outputs: &mut [T]) {
        match link {
            Link::Sigmoid => self.mlp.kernel().sigmoid(outputs),
            Link::Softmax => softmax::forward(self.mlp.kernel(), self.mlp.outputs(), outputs),
            Link::Identity => {}
        }
    }

    /// The class with the largest output, (rows). Where there is a single question of yes or no, [`Task::Binary`], 1 if yes is
    /// the likelier answer, else 0.
    ///
    /// # Errors
    /// As [`Model::predict`], and when the model predicts values, or answers several questions at once.
    pub fn predict_classes(&self, features: &Features<T>) -> Result<Vec<u32>> {
        if let (Some(task @ (Task::Regression | Task::MultiLabel)), false) = (self.task, self.is_classifier()) {
            return Err(Error::Argument {
                name: "classes",
                found: format!("a model of {task}"),
                expected: "one of classes, or of one question; Model::predict gives its outputs".to_owned(),
            });
        }
        let output = self.predict(features)?;
        if self.task == Some(Task::Binary) && self.mlp.outputs() == 1 {
            return Ok(output.iter().map(|logit| u32::from(*logit > T::ZERO)).collect());
        }
        Ok(output.chunks_exact(self.mlp.outputs()).map(|row| argmax(row) as u32).collect())
    }
}

/// What makes probabilities of outputs.
#[derive(Clone, Copy)]
enum Link {
    Sigmoid,
    Softmax,
    Identity,
}

/// A buffer for the outputs of this many rows.
fn room<T: Scalar>(rows: usize, outputs: usize) -> Result<Vec<T>> {
    Ok(zeros(rows, outputs, || format!("the predictions of {rows} rows, {outputs} numbers each,"))?)
}

/// A buffer for the inputs of this many rows.
fn minibatch<T: Scalar>(rows: usize, inputs: usize) -> std::result::Result<Vec<T>, ModelError> {
    zeros(rows, inputs, || format!("a minibatch of {rows} rows, {inputs} numbers each,"))
}

/// (rows, cols)
fn zeros<T: Scalar>(rows: usize, cols: usize, what: impl Fn() -> String) -> std::result::Result<Vec<T>, ModelError> {
    let too_large = || ModelError::TooLarge { what: what() };
    let (mut zeros, count) = (Vec::new(), rows.checked_mul(cols).ok_or_else(too_large)?);
    zeros.try_reserve_exact(count).map_err(|_| too_large())?;
    zeros.resize(count, T::ZERO);
    Ok(zeros)
}

/// Refuses predictions that are infinite or NaN.
pub(crate) fn check_outputs<T: Scalar>(
    output: &[T], // (rows, outputs)
    outputs: usize,
) -> Result<()> {
    match output.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(at) => {
            let (row, value) = (at / outputs + 1, output[at].to_f64());
            Err(Error::OutputNotFinite { row, output: at % outputs + 1, value })
        }
    }
}
