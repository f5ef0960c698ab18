//! A chain of dense layers, each followed by an activation: all of it forward, all of it backward.
//!
//! Everything on the way is stored and can be looked at. The loss stays outside: `backward` takes the gradient by the
//! last output. Softmax and cross-entropy follow an [`Identity`](Activation::Identity) layer that gives logits.

use crate::{Activation, DenseGradients, DenseShape, Float, dense_backward, dense_forward};

/// A dense layer and the activation after it: a = f(x*w + b).
///
/// ```
/// use chainrule_naive::{Activation, Layer, Network};
///
/// let layer = Layer { inputs: 1, outputs: 2, w: vec![1.0, -1.0], b: vec![0.0; 2], activation: Activation::Relu };
/// assert_eq!(Network { layers: vec![layer] }.forward(1, &[5.0]).a[0], [5.0, 0.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Layer<T> {
    /// Features that come in.
    pub inputs: usize,
    /// Neurons.
    pub outputs: usize,
    /// Weights: (inputs, outputs).
    pub w: Vec<T>,
    /// Biases: (outputs).
    pub b: Vec<T>,
    /// f.
    pub activation: Activation,
}

/// Layers in the order in which the data passes them.
///
/// ```
/// use chainrule_naive::{Activation, Layer, Network};
///
/// let layer = |w| Layer { inputs: 1, outputs: 1, w: vec![w], b: vec![0.0], activation: Activation::Identity };
/// let network = Network { layers: vec![layer(2.0), layer(3.0)] };
/// let tape = network.forward(1, &[1.0]);
/// assert_eq!(network.backward(&tape, &[1.0])[0].dx, [6.0]); // by the chain rule 3 * 2
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Network<T> {
    /// The first takes x, the last gives the output.
    pub layers: Vec<Layer<T>>,
}

/// What a forward pass left behind.
///
/// ```
/// use chainrule_naive::{Activation, Layer, Network};
///
/// let layer = Layer { inputs: 1, outputs: 1, w: vec![2.0], b: vec![-5.0], activation: Activation::Relu };
/// let tape = Network { layers: vec![layer] }.forward(2, &[1.0, 3.0]);
/// assert_eq!((&tape.z[0][..], &tape.a[0][..]), (&[-3.0, 1.0][..], &[0.0, 1.0][..]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tape<T> {
    /// Rows of everything below.
    pub batch: usize,
    /// The input: (batch, inputs of the first layer).
    pub x: Vec<T>,
    /// Per layer, z = x*w + b: (batch, outputs).
    pub z: Vec<Vec<T>>,
    /// Per layer, a = f(z): (batch, outputs). The last is the network's output.
    pub a: Vec<Vec<T>>,
}

impl<T> Tape<T> {
    /// What layer `index` was given: the x of the pass, or the output of the layer before.
    fn input_of(&self, index: usize) -> &[T] {
        if index == 0 { &self.x } else { &self.a[index - 1] }
    }
}

/// The gradients of one layer.
///
/// ```
/// use chainrule_naive::{Activation, Layer, Network};
///
/// let layer = Layer { inputs: 1, outputs: 1, w: vec![2.0], b: vec![0.0], activation: Activation::Relu };
/// let network = Network { layers: vec![layer] };
/// let gradients = network.backward(&network.forward(1, &[3.0]), &[10.0]).remove(0);
/// assert_eq!((gradients.dz, gradients.dw, gradients.db), (vec![10.0], vec![30.0], vec![10.0]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LayerGradients<T> {
    /// By z: (batch, outputs).
    pub dz: Vec<T>,
    /// By the weights: (inputs, outputs).
    pub dw: Vec<T>,
    /// By the biases: (outputs).
    pub db: Vec<T>,
    /// By the layer's input, which is the da of the layer before: (batch, inputs).
    pub dx: Vec<T>,
}

impl<T: Float> Network<T> {
    /// Runs the batch through every layer.
    ///
    /// # Panics
    /// If x, or a layer's w or b, does not have the number of elements that its shape says; so also if a layer's inputs
    /// are not the outputs of the one before.
    pub fn forward(
        &self,
        batch: usize,
        x: &[T], // (batch, inputs of the first layer)
    ) -> Tape<T> {
        let mut tape = Tape { batch, x: x.to_vec(), z: Vec::new(), a: Vec::new() };
        for (index, layer) in self.layers.iter().enumerate() {
            let shape = DenseShape { batch, inputs: layer.inputs, outputs: layer.outputs };
            let z = dense_forward(shape, tape.input_of(index), &layer.w, &layer.b);
            let a = layer.activation.forward(&z);
            tape.z.push(z);
            tape.a.push(a);
        }
        tape
    }

    /// Runs the gradient back through every layer. The result is in the order of the layers, first to last.
    ///
    /// # Panics
    /// If the tape is not of this network, or dlast not of its last layer's shape.
    pub fn backward(
        &self,
        tape: &Tape<T>,
        dlast: &[T], // (batch, outputs of the last layer), by the last a
    ) -> Vec<LayerGradients<T>> {
        let mut gradients = Vec::new();
        let mut da = dlast.to_vec();
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let shape = DenseShape { batch: tape.batch, inputs: layer.inputs, outputs: layer.outputs };
            let dz = layer.activation.backward(&tape.z[index], &da);
            let DenseGradients { dx, dw, db } = dense_backward(shape, tape.input_of(index), &layer.w, &dz);
            da = dx.clone();
            gradients.push(LayerGradients { dz, dw, db, dx });
        }
        gradients.reverse();
        gradients
    }
}
