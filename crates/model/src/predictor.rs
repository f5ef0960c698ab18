//! A network whose parameters no longer change, ready for predictions from many threads at once.

use chainrule_dense::Frozen;
use chainrule_kernel::{Aligned, MatMut, MatRef, Scalar, Scratch};

use crate::mlp::{Mlp, Norm, Op};
use crate::statistics::Statistics;
use crate::{ModelError, batch_norm, layer_norm, softmax};

/// A network for inference: its weights packed once, every call by `&self`.
///
/// A thread that predicts brings a [`PredictorWorkspace`]: no locks, no allocation, no forks. The numbers are the bits
/// of [`Mlp::forward`], whatever the number of rows.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{MatRef, Mlp, Predictor};
///
/// let mlp = Mlp::builder(3).dense(16).relu().dense(2).seed(1).build()?;
/// let predictor = Predictor::new(&mlp);
/// std::thread::scope(|scope| {
///     for thread in 0..4 {
///         let predictor = &predictor;
///         scope.spawn(move || {
///             let mut workspace = predictor.workspace(1);
///             let mut output = [0.0; 2];
///             let x = [thread as f32, 1.0, 2.0];
///             predictor.predict_into(MatRef::new(&x, 1, 3), &mut output, &mut workspace).unwrap();
///         });
///     }
/// });
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Predictor<'m, T: Scalar> {
    mlp: &'m Mlp<T>,
    /// One for each of the network's operations.
    ready: Vec<Ready<'m, T>>,
    widest: usize,
}

/// What is prepared once for an operation.
#[derive(Debug)]
enum Ready<'m, T: Scalar> {
    /// A dense layer's weights, packed.
    Dense(Frozen<'m, T>),
    /// What a batch normalisation goes by.
    BatchNorm(Statistics),
    Nothing,
}

/// What a thread that predicts has to itself.
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
    /// An operation's input and its output, (max_rows, widest) each.
    activations: [Aligned<T>; 2],
    scratch: Scratch<T>,
}

impl<'m, T: Scalar> Predictor<'m, T> {
    /// Packs the network's weights.
    pub fn new(mlp: &'m Mlp<T>) -> Self {
        let mut widest = mlp.inputs();
        let ready = mlp.ops.iter().map(|op| match *op {
            Op::Dense { shape, offset } => {
                widest = widest.max(shape.outputs);
                let (w, b) = Op::ranges(shape, offset);
                Ready::Dense(Frozen::new(mlp.kernel(), shape, &mlp.params()[w], &mlp.params()[b]))
            }
            Op::BatchNorm { norm, running, .. } => {
                let mut statistics = Statistics::new(norm.width, 0);
                batch_norm::recall(norm.eps, &mlp.running[running..running + 2 * norm.width], &mut statistics);
                Ready::BatchNorm(statistics)
            }
            _ => Ready::Nothing,
        });
        Predictor { ready: ready.collect(), widest, mlp }
    }

    /// The network.
    pub fn mlp(&self) -> &'m Mlp<T> {
        self.mlp
    }

    /// Bytes held beside the network itself.
    pub fn bytes(&self) -> usize {
        let bytes = |ready: &Ready<'_, T>| match ready {
            Ready::Dense(layer) => layer.bytes(),
            Ready::BatchNorm(statistics) => statistics.bytes(),
            Ready::Nothing => 0,
        };
        self.ready.iter().map(bytes).sum()
    }

    /// Room for predictions of up to `max_rows` rows at a time.
    pub fn workspace(&self, max_rows: usize) -> PredictorWorkspace<T> {
        let mut scratch = Scratch::default();
        for ready in &self.ready {
            if let Ready::Dense(layer) = ready {
                scratch.reserve(max_rows, layer.shape().outputs, layer.shape().inputs);
            }
        }
        let room = || Aligned::zeros(max_rows * self.widest);
        PredictorWorkspace { max_rows, activations: [room(), room()], scratch }
    }

    /// The network's output, written row-major into `output`, for any number of rows, a workspace's worth at a time.
    ///
    /// # Errors
    /// When x is not as wide as the network's input or `output` does not have `x.rows() * outputs` elements.
    ///
    /// # Panics
    /// When the workspace is another predictor's.
    pub fn predict_into(
        &self,
        x: MatRef<'_, T>, // (rows, inputs)
        output: &mut [T], // (rows, outputs)
        workspace: &mut PredictorWorkspace<T>,
    ) -> Result<(), ModelError> {
        let (rows, inputs, outputs) = (x.rows(), self.mlp.inputs(), self.mlp.outputs());
        let shape = |what, found, expected| Err(ModelError::Shape { operation: "predict", what, found, expected });
        if x.cols() != inputs {
            return shape("x", (rows, x.cols()), (rows, inputs));
        }
        if output.len() != rows * outputs {
            return shape("the output", (output.len() / outputs.max(1), outputs), (rows, outputs));
        }
        let most = workspace.max_rows;
        if rows > 0 && most == 0 {
            return Err(ModelError::Batch { found: rows, made_for: 0 });
        }
        for start in (0..rows).step_by(most.max(1)) {
            let end = rows.min(start + most);
            self.some_rows(x.rows_in(start..end), &mut output[start * outputs..end * outputs], workspace);
        }
        Ok(())
    }

    /// As many rows as fit the workspace.
    fn some_rows(&self, x: MatRef<'_, T>, output: &mut [T], workspace: &mut PredictorWorkspace<T>) {
        let (rows, kernel) = (x.rows(), self.mlp.kernel());
        let PredictorWorkspace { activations: [before, after], scratch, .. } = workspace;
        let last = self.mlp.ops.len() - 1;
        let mut width = self.mlp.inputs();
        for (i, op) in self.mlp.ops.iter().enumerate() {
            let x = if i == 0 { x } else { MatRef::new(&before[..rows * width], rows, width) };
            if let Op::Dense { shape, .. } = op {
                width = shape.outputs;
            }
            let a = if i == last { &mut *output } else { &mut after[..rows * width] };
            match (*op, &self.ready[i]) {
                (_, Ready::Dense(layer)) => layer.forward(x, MatMut::new(a, rows, width), scratch),
                (Op::Activation(activation), _) => {
                    copy(x, a);
                    kernel.activate(activation, MatMut::new(a, rows, width));
                }
                (Op::Softmax, _) => {
                    copy(x, a);
                    softmax::forward(kernel, width, a);
                }
                (Op::LogSoftmax, _) => {
                    copy(x, a);
                    softmax::log_forward(kernel, width, a);
                }
                (Op::Dropout { .. }, _) => copy(x, a),
                (Op::LayerNorm(norm), _) => layer_norm::forward(norm.eps, x, self.learned(norm), a, None),
                (Op::BatchNorm { norm, .. }, Ready::BatchNorm(statistics)) => {
                    batch_norm::forward(x, self.learned(norm), a, statistics);
                }
                (Op::Dense { .. } | Op::BatchNorm { .. }, _) => unreachable!("made ready in Predictor::new"),
            }
            std::mem::swap(before, after);
        }
    }

    /// gamma and beta.
    fn learned(&self, norm: Norm) -> (&'m [T], &'m [T]) {
        let (gamma, beta) = norm.ranges();
        (&self.mlp.params()[gamma], &self.mlp.params()[beta])
    }
}

fn copy<T: Scalar>(from: MatRef<'_, T>, to: &mut [T]) {
    let width = from.cols().max(1);
    to.chunks_exact_mut(width).enumerate().for_each(|(i, row)| row.copy_from_slice(from.row(i)));
}
