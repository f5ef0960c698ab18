//! The naive reference of a network: the same parameters in triple loops.

use chainrule_model::{Activation, Layer, Loss, Scalar};
use chainrule_naive::{self as naive, Cost, Float, LayerGradients, LossWeights, Network, RowsShape, Tape};

use crate::{Case, Goal};

/// A [`Case`] as the naive crate holds it.
#[derive(Debug, Clone)]
pub struct Reference<T> {
    /// Dense layers and activations.
    pub network: Network<T>,
    /// Whether a softmax layer follows them.
    pub softmax: bool,
    /// The loss.
    pub loss: Loss,
    /// Rows of the minibatch.
    pub batch: usize,
    /// (batch, inputs).
    pub x: Vec<T>,
    /// The targets.
    pub goal: Goal<T>,
}

/// Everything that one pass computed.
#[derive(Debug, Clone)]
pub struct Pass<T> {
    /// Every z and a of the dense layers.
    pub tape: Tape<T>,
    /// The network's output, behind the softmax layer if there is one: (batch, outputs).
    pub output: Vec<T>,
    /// The mean loss.
    pub loss: T,
    /// The loss by the output: (batch, outputs).
    pub dy: Vec<T>,
    /// The loss by the last dense layer's a, which is `dy` unless there is a softmax layer: (batch, outputs).
    pub dlast: Vec<T>,
    /// The gradients of each dense layer.
    pub layers: Vec<LayerGradients<T>>,
}

impl<T: Scalar + Float> From<&Case<T>> for Reference<T> {
    /// # Panics
    /// When the network is not a chain of dense layers with at most one activation each, and softmax at most at the
    /// end.
    fn from(case: &Case<T>) -> Self {
        let mut layers: Vec<naive::Layer<T>> = Vec::new();
        let mut dense = case.mlp.dense_layers();
        let mut softmax = false;
        for layer in case.mlp.layers() {
            assert!(!softmax, "{layer} behind a softmax layer");
            match *layer {
                Layer::Dense { inputs, outputs } => {
                    let layer = dense.next().expect("as many dense layers as there are");
                    let w = case.mlp.params()[layer.params.start..][..inputs * outputs].to_vec();
                    let activation = naive::Activation::Identity;
                    layers.push(naive::Layer { inputs, outputs, w, b: layer.b.to_vec(), activation });
                }
                Layer::Activation(activation) => {
                    let last = layers.last_mut().expect("a dense layer comes first");
                    assert!(last.activation == naive::Activation::Identity, "two activations in a row");
                    last.activation = naive_activation(activation);
                }
                Layer::Softmax => softmax = true,
                other => panic!("{other} has no naive reference"),
            }
        }
        let (x, goal) = (case.x.clone(), case.goal.clone());
        Reference { network: Network { layers }, softmax, loss: case.loss, batch: case.batch, x, goal }
    }
}

fn naive_activation(activation: Activation) -> naive::Activation {
    match activation {
        Activation::Identity => naive::Activation::Identity,
        Activation::Relu => naive::Activation::Relu,
        Activation::LeakyRelu(alpha) => naive::Activation::LeakyRelu(alpha),
        Activation::Sigmoid => naive::Activation::Sigmoid,
        Activation::Tanh => naive::Activation::Tanh,
        Activation::Elu(alpha) => naive::Activation::Elu(alpha),
        Activation::Selu => naive::Activation::Selu,
        Activation::Gelu => naive::Activation::Gelu,
        Activation::GeluTanh => naive::Activation::GeluTanh,
        Activation::Silu => naive::Activation::Silu,
        Activation::Softplus => naive::Activation::Softplus,
        Activation::Softsign => naive::Activation::Softsign,
        Activation::HardSigmoid => naive::Activation::HardSigmoid,
        other => panic!("{other:?} has no naive reference"),
    }
}

fn of_errors<T: Float>(rows: RowsShape, cost: Cost, y: &[T], t: &[T]) -> (T, Vec<T>) {
    let none = LossWeights::default();
    (naive::error_forward(rows, cost, y, t, none), naive::error_backward(rows, cost, y, t, none))
}

impl<T: Scalar + Float> Reference<T> {
    /// Rows and classes of the output.
    pub fn rows(&self) -> RowsShape {
        let classes = self.network.layers.last().map_or(0, |layer| layer.outputs);
        RowsShape { batch: self.batch, classes }
    }

    /// The targets as rows of numbers, labels as one-hot rows: (batch, outputs).
    pub fn goal_rows(&self) -> Vec<T> {
        let RowsShape { batch, classes } = self.rows();
        match &self.goal {
            Goal::Values(values) => values.clone(),
            Goal::Classes(labels) => {
                let mut rows = vec![T::ZERO; batch * classes];
                (0..batch).for_each(|row| rows[row * classes + labels[row] as usize] = T::ONE);
                rows
            }
        }
    }

    /// Forward, loss and backward.
    pub fn pass(&self) -> Pass<T> {
        let rows = self.rows();
        let tape = self.network.forward(self.batch, &self.x);
        let a = tape.a.last().expect("a network has layers");
        let output = if self.softmax { naive::softmax_forward(rows, a) } else { a.clone() };
        let t = self.goal_rows();
        let (loss, dy) = match self.loss {
            Loss::CrossEntropy => {
                let t = naive::Targets::Distributions(&t);
                (naive::cross_entropy_forward(rows, &output, t), naive::cross_entropy_backward(rows, &output, t))
            }
            Loss::Mse => (naive::mse_forward(&output, &t), naive::mse_backward(&output, &t)),
            Loss::HalfMse => (naive::half_mse_forward(&output, &t), naive::half_mse_backward(&output, &t)),
            Loss::BinaryCrossEntropy => {
                let none = LossWeights::default();
                let value = naive::binary_cross_entropy_forward(rows, &output, &t, none);
                (value, naive::binary_cross_entropy_backward(rows, &output, &t, none))
            }
            Loss::Mae => of_errors(rows, Cost::Absolute, &output, &t),
            Loss::Huber(delta) => of_errors(rows, Cost::Huber(delta), &output, &t),
            other => panic!("{other} has no naive reference"),
        };
        let dlast = if self.softmax { naive::softmax_backward(rows, a, &dy) } else { dy.clone() };
        let layers = self.network.backward(&tape, &dlast);
        Pass { tape, output, loss, dy, dlast, layers }
    }

    /// One pass and one step of SGD. Returns the loss before the step.
    pub fn step(&mut self, learning_rate: f64) -> T {
        let pass = self.pass();
        let learning_rate = T::from_f64(learning_rate);
        for (layer, gradients) in self.network.layers.iter_mut().zip(&pass.layers) {
            naive::sgd_step(&mut layer.w, &gradients.dw, learning_rate);
            naive::sgd_step(&mut layer.b, &gradients.db, learning_rate);
        }
        pass.loss
    }

    /// The parameters, laid out as those of the fast network.
    pub fn params(&self) -> Vec<T> {
        self.network.layers.iter().flat_map(|layer| [layer.w.as_slice(), &layer.b].concat()).collect()
    }
}

impl<T: Copy> Pass<T> {
    /// The gradients, laid out as the parameters of the fast network.
    pub fn gradients(&self) -> Vec<T> {
        self.layers.iter().flat_map(|layer| [layer.dw.as_slice(), &layer.db].concat()).collect()
    }
}
