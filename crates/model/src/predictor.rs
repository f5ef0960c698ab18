//! A network with packed weights, for predictions from many threads at once.

use std::sync::Arc;

use chainrule_kernel::{MatRef, Scalar};

use crate::inference::{PredictorWorkspace, infer};
use crate::layer::each;
use crate::layer::layer_op::{LayerOp, Prepared};
use crate::precision::Precision;
use crate::{Mlp, ModelError};

/// A network for inference: its weights are packed once, and every call takes `&self`. It owns its data, so it can be moved
/// to any thread; clones share the network and the packed weights.
///
/// Each predicting thread has a [`PredictorWorkspace`]; a prediction takes no lock, allocates nothing and starts no
/// threads. The results are the bits of [`Mlp::forward`], for any number of rows; with narrow weights
/// ([`Predictor::with_precision`]) those of the network with rounded weights.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{MatRef, Mlp, Predictor};
///
/// let predictor = Predictor::new(Mlp::builder(3).dense(16).relu().dense(2).seed(1).build()?);
/// let threads: Vec<_> = (0..4).map(|thread| {
///     let predictor = predictor.clone();
///     std::thread::spawn(move || {
///         let mut workspace = predictor.workspace(1);
///         let mut output = [0.0; 2];
///         let x = [thread as f32, 1.0, 2.0];
///         predictor.predict_into(MatRef::new(&x, 1, 3), &mut output, &mut workspace).map(|()| output)
///     })
/// }).collect();
/// for thread in threads {
///     thread.join().expect("no prediction panics")?;
/// }
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Predictor<T: Scalar> {
    mlp: Arc<Mlp<T>>,
    /// The prepared data of each operation.
    prepared: Arc<[Prepared<T>]>,
    precision: Precision,
}

impl<T: Scalar> Clone for Predictor<T> {
    fn clone(&self) -> Self {
        Predictor { mlp: Arc::clone(&self.mlp), prepared: Arc::clone(&self.prepared), precision: self.precision }
    }
}

/// A copy of the network, so that a [`Predictor`] owns its network.
impl<T: Scalar> From<&Mlp<T>> for Arc<Mlp<T>> {
    fn from(mlp: &Mlp<T>) -> Self {
        Arc::new(mlp.clone())
    }
}

impl<T: Scalar> Predictor<T> {
    /// Packs the network's weights. Takes the network, an `Arc` of it, or a reference, which is copied.
    ///
    /// # Panics
    /// When there is not enough memory; [`Predictor::try_new`] returns an error instead.
    pub fn new(mlp: impl Into<Arc<Mlp<T>>>) -> Self {
        Predictor::try_new(mlp).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Predictor::new`].
    ///
    /// # Errors
    /// When there is not enough memory for the packed weights.
    pub fn try_new(mlp: impl Into<Arc<Mlp<T>>>) -> Result<Self, ModelError> {
        Predictor::with_precision(mlp, Precision::F32)
    }

    /// A predictor whose weights are rounded and stored in narrow numbers, half or a quarter of the bytes, which a single row reads
    /// in so much less time. Its outputs are those of [`Mlp::rounded`]: bit for bit with bf16 and f16, and within the rounding of
    /// sums with integers, whose scale multiplies the sum. They do not depend on how many rows are predicted at once. One or
    /// two rows at once are faster than with f32, up to eight take 1.0 to 1.25 of its time, more 1.1 to 1.4; with the portable kernel
    /// f32 is always the faster one. With [`Precision::F32`] as
    /// [`Predictor::try_new`].
    ///
    /// ```
    /// # use chainrule_model as chainrule;
    /// use chainrule::{MatRef, Mlp, Precision, Predictor};
    ///
    /// let mlp = Mlp::builder(784).dense(512).relu().dense(10).build()?;
    /// let (whole, narrow) = (Predictor::new(&mlp), Predictor::with_precision(&mlp, Precision::Int8)?);
    /// assert!(3 * narrow.bytes() < whole.bytes());
    /// let mut output = [0.0; 10];
    /// narrow.predict_into(MatRef::new(&[0.5; 784], 1, 784), &mut output, &mut narrow.workspace(1))?;
    /// # Ok::<(), chainrule::ModelError>(())
    /// ```
    ///
    /// # Errors
    /// [`ModelError::Precision`] when a weight is infinite, NaN or too large for the precision, or the network is one of f64;
    /// when there is not enough memory.
    pub fn with_precision(mlp: impl Into<Arc<Mlp<T>>>, precision: Precision) -> Result<Self, ModelError> {
        let mlp = mlp.into();
        mlp.check_precision(precision)?;
        let prepared: Result<_, _> =
            mlp.layout.ops.iter().map(|op| each!(op, layer => layer.prepare(mlp.numbers(), precision))).collect();
        let prepared =
            prepared.map_err(|memory| memory.of(format!("a predictor of {} parameters", mlp.params.len())))?;
        Ok(Predictor { mlp, prepared, precision })
    }

    /// What its weights are rounded to.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The network, its weights as they were before rounding.
    pub fn mlp(&self) -> &Mlp<T> {
        &self.mlp
    }

    /// Bytes of the packed weights.
    pub fn bytes(&self) -> usize {
        self.prepared.iter().map(Prepared::bytes).sum()
    }

    /// Buffers for predictions of up to `max_rows` rows at a time.
    ///
    /// # Panics
    /// When there is not enough memory; [`Predictor::try_workspace`] returns an error instead.
    pub fn workspace(&self, max_rows: usize) -> PredictorWorkspace<T> {
        self.try_workspace(max_rows).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Predictor::workspace`].
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_workspace(&self, max_rows: usize) -> Result<PredictorWorkspace<T>, ModelError> {
        PredictorWorkspace::whole(&self.mlp.layout, &self.prepared, max_rows)
    }

    /// The network's output, written row-major into `output`, for any number of rows, as many at a time as the workspace
    /// holds.
    ///
    /// # Errors
    /// When x is not as wide as the network's input, `output` does not have `x.rows() * outputs` elements, the workspace
    /// was made for a network of other layers or for no rows, or x's rows are not contiguous and the first module is not a
    /// dense one.
    pub fn predict_into(
        &self,
        x: MatRef<'_, T>, // (rows, inputs)
        output: &mut [T], // (rows, outputs)
        workspace: &mut PredictorWorkspace<T>,
    ) -> Result<(), ModelError> {
        infer(&self.mlp, &self.prepared, x, output, workspace)
    }
}
