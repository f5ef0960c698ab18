//! The one way of a prediction: operation after operation on the caller's thread, with weights that were packed before or
//! with weights as they lie. The numbers are the bits of [`Mlp::forward`] either way.

use std::sync::Arc;

use chainrule_dense::Frozen;
use chainrule_kernel::{Aligned, MatMut, MatRef, Scalar, Scratch};

use crate::layout::{Layout, Norm, Op};
use crate::memory::{NoMemory, probe, product, zeros};
use crate::pass::{check_predictions, copy_rows};
use crate::statistics::Statistics;
use crate::workspace::WORKSPACE;
use crate::workspace::width_after;
use crate::{Mlp, ModelError, batch_norm, layer_norm, softmax};

/// What is prepared once for an operation.
#[derive(Debug)]
pub(crate) enum Ready<T: Scalar> {
    /// A dense layer's weights, packed.
    Dense(Frozen<T>),
    /// What a batch normalisation goes by.
    BatchNorm(Statistics),
    Nothing,
}

impl<T: Scalar> Ready<T> {
    /// Packs an operation's weights.
    pub(crate) fn new(op: &Op, mlp: &Mlp<T>) -> Result<Self, NoMemory> {
        Ok(match *op {
            Op::Dense { shape, offset } => {
                Ready::Dense(Frozen::try_new(mlp.kernel(), shape, &mlp.params[Op::ranges(shape, offset).0])?)
            }
            Op::BatchNorm { norm, running, .. } => Ready::BatchNorm(recalled(mlp, norm, running)?),
            _ => Ready::Nothing,
        })
    }
}

/// A batch normalisation's running statistics.
fn recalled<T: Scalar>(mlp: &Mlp<T>, norm: Norm, running: usize) -> Result<Statistics, NoMemory> {
    let mut statistics = Statistics::new(norm.width, 0)?;
    batch_norm::recall(norm.eps, &mlp.running[running..running + 2 * norm.width], &mut statistics);
    Ok(statistics)
}

/// What a thread that predicts has to itself: of the network or predictor that it was made for, or of another of the same
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
    /// Room for [`Mlp::infer_into`] of up to `max_rows` rows at a time. What a product needs beside it takes its memory
    /// when it is first computed; [`crate::Predictor::workspace`] takes that at once.
    ///
    /// # Errors
    /// When there is not so much memory.
    pub fn try_new(mlp: &Mlp<T>, max_rows: usize) -> Result<Self, ModelError> {
        Self::with_scratch(&mlp.layout, max_rows, Scratch::default()).map_err(|memory| too_large(memory, max_rows))
    }

    /// With all room that products need.
    pub(crate) fn whole(layout: &Arc<Layout<T>>, max_rows: usize) -> Result<Self, ModelError> {
        let room = || {
            let mut scratch = Scratch::default();
            for op in &layout.ops {
                if let Op::Dense { shape, .. } = op {
                    scratch.try_reserve(max_rows, shape.outputs, shape.inputs)?;
                }
            }
            Self::with_scratch(layout, max_rows, scratch)
        };
        room().map_err(|memory| too_large(memory, max_rows))
    }

    fn with_scratch(layout: &Arc<Layout<T>>, max_rows: usize, scratch: Scratch<T>) -> Result<Self, NoMemory> {
        let widest = layout.ops.iter().fold(layout.inputs, |widest, op| width_after(op, 0).max(widest));
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
    /// The network's output, written row-major into `output`, on this thread and without packing any weights: for a few
    /// rows of a network that still changes, or is asked once. Many rows are faster by a [`crate::Predictor`].
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

/// All rows, a workspace's worth at a time. `ready` is of every operation, or empty.
pub(crate) fn infer<T: Scalar>(
    mlp: &Mlp<T>,
    ready: &[Ready<T>],
    x: MatRef<'_, T>, // (rows, inputs)
    output: &mut [T], // (rows, outputs)
    workspace: &mut PredictorWorkspace<T>,
) -> Result<(), ModelError> {
    let (rows, outputs, most) = (x.rows(), mlp.outputs(), workspace.max_rows);
    mlp.layout.check("predict", WORKSPACE, &workspace.layout)?;
    mlp.check_input("predict", x)?;
    check_predictions(output.len(), (rows, outputs))?;
    if rows > 0 && most == 0 {
        return Err(ModelError::Batch { found: rows, made_for: 0 });
    }
    for start in (0..rows).step_by(most.max(1)) {
        let end = rows.min(start.saturating_add(most));
        some_rows(mlp, ready, x.rows_in(start..end), &mut output[start * outputs..end * outputs], workspace)
            .map_err(|memory| too_large(memory, most))?;
    }
    Ok(())
}

/// As many rows as fit the workspace.
fn some_rows<T: Scalar>(
    mlp: &Mlp<T>,
    ready: &[Ready<T>],
    x: MatRef<'_, T>, // (rows, inputs)
    output: &mut [T], // (rows, outputs)
    workspace: &mut PredictorWorkspace<T>,
) -> Result<(), NoMemory> {
    let (rows, kernel, ops) = (x.rows(), mlp.kernel(), &mlp.layout.ops);
    let PredictorWorkspace { activations: [before, after], scratch, .. } = workspace;
    let learned = |norm: Norm| (&mlp.params[norm.ranges().0], &mlp.params[norm.ranges().1]);
    let mut width = mlp.inputs();
    for (i, op) in ops.iter().enumerate() {
        let x = if i == 0 { x } else { MatRef::new(&before[..rows * width], rows, width) };
        width = width_after(op, width);
        let a = if i == ops.len() - 1 { &mut *output } else { &mut after[..rows * width] };
        match (*op, ready.get(i)) {
            (Op::Dense { shape, offset }, ready) => {
                let (w, b) = Op::ranges(shape, offset);
                let (learned, a) = ((&mlp.params[w], &mlp.params[b]), MatMut::new(a, rows, width));
                match ready {
                    Some(Ready::Dense(layer)) => layer.forward(x, learned, a, scratch),
                    _ => Frozen::unpacked(kernel, shape).forward(x, learned, a, scratch),
                }
            }
            (Op::Activation(activation), _) => {
                copy_rows(x, a);
                kernel.activate(activation, MatMut::new(a, rows, width));
            }
            (Op::Softmax, _) => {
                copy_rows(x, a);
                softmax::forward(kernel, width, a);
            }
            (Op::LogSoftmax, _) => {
                copy_rows(x, a);
                softmax::log_forward(kernel, width, a);
            }
            (Op::Dropout { .. }, _) => copy_rows(x, a),
            (Op::LayerNorm(norm), _) => layer_norm::forward(norm.eps, x, learned(norm), a, None),
            (Op::BatchNorm { norm, .. }, Some(Ready::BatchNorm(statistics))) => {
                batch_norm::forward(x, learned(norm), a, statistics);
            }
            (Op::BatchNorm { norm, running, .. }, _) => {
                batch_norm::forward(x, learned(norm), a, &recalled(mlp, norm, running)?);
            }
        }
        std::mem::swap(before, after);
    }
    Ok(())
}
