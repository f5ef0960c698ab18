//! Prediction: the operations in order on the caller's thread, with packed weights or with unpacked ones. Both give the
//! bits of [`Mlp::forward`].

use std::sync::Arc;

use chainrule_kernel::{Aligned, MatRef, Scalar, Scratch};

use crate::layer::each;
use crate::layer::layer_op::{LayerOp, Prepared};
use crate::layout::Layout;
use crate::memory::{NoMemory, probe, product, zeros};
use crate::pass::check_predictions;
use crate::workspace::WORKSPACE;
use crate::{Mlp, ModelError};

/// The buffers of one predicting thread. They fit the network or predictor that they were made for, and others of the same
/// layers and kernel.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{MatRef, Mlp, Predictor};
///
/// let mlp = Mlp::builder(2).dense(3).relu().dense(1).build()?;
/// let predictor = Predictor::new(&mlp);
/// let mut workspace = predictor.workspace(64); // each thread has its own, and allocates nothing from here on
/// let mut y = [0.0; 2];
/// predictor.predict_into(MatRef::new(&[0.0, 1.0, 1.0, 0.0], 2, 2), &mut y, &mut workspace)?;
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct PredictorWorkspace<T: Scalar> {
    max_rows: usize,
    layout: Arc<Layout<T>>,
    /// An operation's input and its output, (max_rows, widest) each.
    activations: [Aligned<T>; 2],
    scratch: Scratch<T>,
}

impl<T: Scalar> PredictorWorkspace<T> {
    /// Buffers for [`Mlp::infer_into`] of up to `max_rows` rows at a time. The buffers of products are allocated when first
    /// needed; [`crate::Predictor::workspace`] allocates them at once.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_new(mlp: &Mlp<T>, max_rows: usize) -> Result<Self, ModelError> {
        Self::with_scratch(&mlp.layout, max_rows, Scratch::default()).map_err(|memory| too_large(memory, max_rows))
    }

    /// With the buffers of all products with what was prepared for each operation.
    pub(crate) fn whole(
        layout: &Arc<Layout<T>>,
        prepared: &[Prepared<T>],
        max_rows: usize,
    ) -> Result<Self, ModelError> {
        let allocate = || -> Result<Self, NoMemory> {
            let mut scratch = Scratch::default();
            prepared.iter().try_for_each(|prepared| prepared.reserve(max_rows, &mut scratch))?;
            Self::with_scratch(layout, max_rows, scratch)
        };
        allocate().map_err(|memory| too_large(memory, max_rows))
    }

    fn with_scratch(layout: &Arc<Layout<T>>, max_rows: usize, scratch: Scratch<T>) -> Result<Self, NoMemory> {
        let widest = layout.ops.iter().fold(layout.inputs, |widest, op| op.width(0).max(widest));
        let elements = product(max_rows, widest)?;
        probe(product(elements, 2 * size_of::<T>())?)?;
        let activations = [zeros(elements)?, zeros(elements)?];
        Ok(PredictorWorkspace { max_rows, layout: Arc::clone(layout), activations, scratch })
    }
}

fn too_large(memory: NoMemory, max_rows: usize) -> ModelError {
    memory.of(format!("a workspace for predictions of {max_rows} rows at a time"))
}

impl<T: Scalar> Mlp<T> {
    /// The network's output, written row-major into `output`, on this thread and without packing weights: for a few
    /// rows of a network that still changes, or for a single call. For many rows a [`crate::Predictor`] is faster.
    ///
    /// ```
    /// # use chainrule_model as chainrule;
    /// use chainrule::network::PredictorWorkspace;
    /// use chainrule::{MatRef, Mlp};
    ///
    /// let mlp = Mlp::builder(3).dense(16).relu().dense(2).seed(1).build()?;
    /// let mut workspace = PredictorWorkspace::try_new(&mlp, 1)?;
    /// let mut output = [0.0; 2];
    /// mlp.infer_into(MatRef::new(&[0.5, 1.0, 2.0], 1, 3), &mut output, &mut workspace)?;
    /// # Ok::<(), chainrule_model::ModelError>(())
    /// ```
    ///
    /// # Errors
    /// As [`crate::Predictor::predict_into`].
    pub fn infer_into(
        &self,
        x: MatRef<'_, T>, // (rows, inputs)
        output: &mut [T], // (rows, outputs)
        workspace: &mut PredictorWorkspace<T>,
    ) -> Result<(), ModelError> {
        infer(self, &[], x, output, workspace)
    }
}

/// Predicts all rows, as many at a time as the workspace holds. `prepared` has an entry for each operation, or none.
pub(crate) fn infer<T: Scalar>(
    mlp: &Mlp<T>,
    prepared: &[Prepared<T>],
    x: MatRef<'_, T>, // (rows, inputs)
    output: &mut [T], // (rows, outputs)
    workspace: &mut PredictorWorkspace<T>,
) -> Result<(), ModelError> {
    let (rows, outputs, most) = (x.rows(), mlp.outputs(), workspace.max_rows);
    mlp.layout.check("predict", WORKSPACE, &workspace.layout)?;
    mlp.check_input("predict", x)?;
    check_predictions(output.len(), rows, outputs)?;
    if rows > 0 && most == 0 {
        return Err(ModelError::Batch { found: rows, made_for: 0 });
    }
    for start in (0..rows).step_by(most.max(1)) {
        let end = rows.min(start.saturating_add(most));
        some_rows(mlp, prepared, x.rows_in(start..end), &mut output[start * outputs..end * outputs], workspace)
            .map_err(|memory| too_large(memory, most))?;
    }
    Ok(())
}

/// Predicts up to as many rows as the workspace holds.
fn some_rows<T: Scalar>(
    mlp: &Mlp<T>,
    prepared: &[Prepared<T>],
    x: MatRef<'_, T>, // (rows, inputs)
    output: &mut [T], // (rows, outputs)
    workspace: &mut PredictorWorkspace<T>,
) -> Result<(), NoMemory> {
    let (rows, ops) = (x.rows(), &mlp.layout.ops);
    let PredictorWorkspace { activations: [before, after], scratch, .. } = workspace;
    let mut width = mlp.inputs();
    for (i, op) in ops.iter().enumerate() {
        let x = if i == 0 { x } else { MatRef::new(&before[..rows * width], rows, width) };
        width = op.width(width);
        let a = if i == ops.len() - 1 { &mut *output } else { &mut after[..rows * width] };
        each!(op, layer => layer.infer(mlp.numbers(), prepared.get(i), x, a, scratch)?);
        std::mem::swap(before, after);
    }
    Ok(())
}
