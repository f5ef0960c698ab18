//! Predictions: a network with the activation of its output, rows in blocks, over the threads of the pool.

use std::sync::{Arc, OnceLock};

use chainrule::network::PredictorWorkspace;
use chainrule::{MatRef, Mlp, Predictor, Scalar};
use rayon::prelude::*;

use crate::failure::Failure;
use crate::rows::{Order, Rows};
use crate::shape::{Head, Norm, Shape, build};

/// Rows at a time: their activations stay in the second-level cache.
pub(crate) const BLOCK: usize = 256;

/// A network that no longer changes. Threads may share it.
pub(crate) struct Forward<T: Scalar> {
    head: Head,
    norm: Option<Norm>,
    mlp: Arc<Mlp<T>>,
    /// With packed weights, made for the first call with many rows.
    packed: OnceLock<Predictor<T>>,
}

impl<T: Scalar> Forward<T> {
    /// Of parameters laid out as [`Mlp::params`], and statistics as [`Mlp::running`].
    pub(crate) fn new(shape: &Shape, params: &[T], running: &[T]) -> Result<Self, Failure> {
        let mut mlp = build(shape, shape.head.layer())?;
        mlp.params_mut().copy_from_slice(params);
        mlp.running_mut().copy_from_slice(running);
        Ok(Forward { head: shape.head, norm: shape.norm, mlp: Arc::new(mlp), packed: OnceLock::new() })
    }

    pub(crate) fn mlp(&self) -> &Mlp<T> {
        &self.mlp
    }

    pub(crate) fn norm(&self) -> Option<Norm> {
        self.norm
    }

    /// The multiply-adds of predicting this many rows.
    pub(crate) fn work(&self, rows: usize) -> usize {
        self.mlp.params().len().saturating_mul(rows)
    }

    /// The output of the network for the rows in this order, (rows, outputs).
    ///
    /// # Errors
    /// When X is not as wide as the network's input, the order names a row that is not there, or memory is short.
    pub(crate) fn predict(&self, rows: Rows<'_, T>, order: Option<&[i64]>) -> Result<Vec<T>, Failure> {
        let (expected, found) = (self.mlp.inputs(), rows.width());
        if found != expected {
            return Err(Failure::input(format!("X has {found} features; expected {expected}")));
        }
        let order = Order::new(order, rows.len());
        let outputs = self.mlp.outputs();
        let mut output = vec![T::ZERO; order.len() * outputs];
        let source = Source { rows, order, outputs };
        if order.len() <= BLOCK {
            let mut workspace = PredictorWorkspace::try_new(&self.mlp, order.len())?;
            source.block(0, &mut output, |x, y| Ok(self.mlp.infer_into(x, y, &mut workspace)?))?;
        } else {
            let packed = self.packed()?;
            let workspace = || packed.try_workspace(BLOCK);
            let blocks = output.par_chunks_mut(BLOCK * outputs).enumerate();
            blocks.try_for_each_init(workspace, |workspace, (block, y)| {
                let workspace = workspace.as_mut().map_err(|error| error.clone())?;
                source.block(block * BLOCK, y, |x, y| Ok(packed.predict_into(x, y, workspace)?))
            })?;
        }
        if self.head == Head::Exp {
            self.mlp.kernel().exp(&mut output);
        }
        Ok(output)
    }

    fn packed(&self) -> Result<&Predictor<T>, Failure> {
        if let Some(packed) = self.packed.get() {
            return Ok(packed);
        }
        let packed = Predictor::try_new(Arc::clone(&self.mlp))?;
        Ok(self.packed.get_or_init(|| packed))
    }
}

/// Where the rows of a block come from.
struct Source<'a, T> {
    rows: Rows<'a, T>,
    order: Order<'a>,
    outputs: usize,
}

impl<T: Scalar> Source<'_, T> {
    /// Predicts the rows from `start` that `y` has place for; those of a dense X in its own order are not copied.
    fn block(
        &self,
        start: usize,
        y: &mut [T], // (rows, outputs)
        predict: impl FnOnce(MatRef<'_, T>, &mut [T]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (n, width) = (y.len() / self.outputs, self.rows.width());
        if let Some(matrix) = self.rows.matrix().filter(|_| self.order.is_all()) {
            return predict(matrix.rows_in(start..start + n), y);
        }
        let mut x = vec![T::ZERO; n * width];
        for (i, row) in x.chunks_exact_mut(width).enumerate() {
            self.rows.copy(self.order.row(start + i)?, row)?;
        }
        predict(MatRef::new(&x, n, width), y)
    }
}
