//! A network, its loss and a minibatch, from a few numbers that can be printed; everything else follows from the seed.

use chainrule_kernel::{Kernel, MatRef, Scalar};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Activation, Layer, Loss, Mlp, TargetsRef, Workspace};

/// What to make. `Debug` prints it as it can be written into a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Rows of the minibatch.
    pub batch: usize,
    /// Features in, then the outputs of each dense layer.
    pub widths: Vec<usize>,
    /// After each dense layer: one less than `widths`.
    pub activations: Vec<Activation>,
    /// Whether a softmax layer ends the network. Not with [`Loss::CrossEntropy`], and [`Loss::BinaryCrossEntropy`] not
    /// behind a sigmoid.
    pub softmax: bool,
    /// The loss.
    pub loss: Loss,
    /// Whether targets are class labels, rather than values (for cross-entropy: probabilities).
    pub classes: bool,
    /// Which of the kernels that the CPU has, counted round.
    pub kernel: usize,
    /// Of parameters, inputs and targets.
    pub seed: u64,
}

/// The targets of a [`Case`].
#[derive(Debug, Clone, PartialEq)]
pub enum Goal<T> {
    /// A label for each row: (batch).
    Classes(Vec<u32>),
    /// Values or probabilities: (batch, outputs).
    Values(Vec<T>),
}

/// A recipe with its numbers.
#[derive(Debug, Clone)]
pub struct Case<T: Scalar> {
    /// The network, biases not 0.
    pub mlp: Mlp<T>,
    /// The loss.
    pub loss: Loss,
    /// Rows of the minibatch.
    pub batch: usize,
    /// (batch, inputs).
    pub x: Vec<T>,
    /// The targets.
    pub goal: Goal<T>,
}

impl Recipe {
    /// The numbers: x in [-1, 1), weights within Glorot's limits, biases and values in [-0.5, 0.5), labels and
    /// probabilities of any class.
    ///
    /// # Panics
    /// When the recipe is not one of a network: see its fields.
    pub fn case<T: Scalar>(&self) -> Case<T> {
        let Recipe { batch, ref widths, ref activations, softmax, loss, classes, kernel, seed } = *self;
        assert!(activations.len() + 1 == widths.len(), "{} activations in {widths:?}", activations.len());
        let kernels: Vec<_> = Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()).collect();
        let mut builder = Mlp::builder(widths[0]).kernel(kernels[kernel % kernels.len()].name()).seed(seed);
        for (&width, &activation) in widths[1..].iter().zip(activations) {
            builder = builder.dense(width).activation(activation);
        }
        builder = builder.init(chainrule_model::Init::GlorotUniform);
        let mut mlp = if softmax { builder.softmax() } else { builder }.build_as::<T>().expect("a valid recipe");
        let outputs = mlp.outputs();

        let mut stream = Stream::new(seed, Purpose::Synthetic, 0);
        let biases: Vec<_> =
            mlp.dense_layers().map(|layer| layer.params.end - layer.b.len()..layer.params.end).collect();
        for at in biases.into_iter().flatten() {
            mlp.params_mut()[at] = T::from_f64(stream.uniform(-0.5, 0.5));
        }
        let x = (0..batch * widths[0]).map(|_| T::from_f64(stream.uniform(-1.0, 1.0))).collect();
        let goal = if classes {
            Goal::Classes((0..batch).map(|_| stream.below(outputs as u64) as u32).collect())
        } else if loss == Loss::CrossEntropy {
            let weights: Vec<f64> = (0..batch * outputs).map(|_| stream.unit()).collect();
            let row = |row: &[f64]| row.iter().map(|w| T::from_f64(w / row.iter().sum::<f64>())).collect::<Vec<T>>();
            Goal::Values(weights.chunks(outputs).flat_map(row).collect())
        } else {
            let low = if loss == Loss::BinaryCrossEntropy { 0.0 } else { -0.5 };
            Goal::Values((0..batch * outputs).map(|_| T::from_f64(stream.uniform(low, low + 1.0))).collect())
        };
        Case { mlp, loss, batch, x, goal }
    }
}

impl<T: Scalar> Case<T> {
    /// The input, (batch, inputs).
    pub fn x(&self) -> MatRef<'_, T> {
        MatRef::new(&self.x, self.batch, self.mlp.inputs())
    }

    /// The targets as the network takes them.
    pub fn targets(&self) -> TargetsRef<'_, T> {
        match &self.goal {
            Goal::Classes(labels) => TargetsRef::Classes(labels),
            Goal::Values(values) => TargetsRef::Values(MatRef::new(values, self.batch, self.mlp.outputs())),
        }
    }

    /// The loss.
    ///
    /// # Panics
    /// When network, data and workspace do not fit; so for [`Case::gradients`].
    pub fn loss(&self, workspace: &mut Workspace<T>) -> f64 {
        self.mlp.forward(self.x(), workspace).expect("x fits the network");
        self.mlp.loss(self.targets(), self.loss, workspace).expect("the targets fit the network")
    }

    /// The loss and its gradients, laid out as [`Mlp::params`], from a workspace of their own.
    pub fn gradients(&self) -> (f64, Vec<T>) {
        let mut workspace = Workspace::new(&self.mlp, self.batch);
        self.mlp.forward(self.x(), &mut workspace).expect("x fits the network");
        let backward = self.mlp.backward(self.x(), self.targets(), self.loss, &mut workspace);
        (backward.expect("the targets fit the network"), workspace.gradients().to_vec())
    }

    /// The same numbers in f64, exactly.
    pub fn widen(&self) -> Case<f64> {
        let wide = |values: &[T]| values.iter().map(|v| v.to_f64()).collect::<Vec<f64>>();
        let add = |builder: chainrule_model::MlpBuilder, layer: &Layer| builder.layer(*layer);
        let builder = self.mlp.layers().iter().fold(Mlp::builder(self.mlp.inputs()), add);
        let mut mlp = builder.build_as::<f64>().expect("what was built in one type can be in the other");
        mlp.params_mut().copy_from_slice(&wide(self.mlp.params()));
        let goal = match &self.goal {
            Goal::Classes(labels) => Goal::Classes(labels.clone()),
            Goal::Values(values) => Goal::Values(wide(values)),
        };
        Case { mlp, loss: self.loss, batch: self.batch, x: wide(&self.x), goal }
    }
}
