//! The networks, minibatches and optimisers that are timed. Between the layers stands ReLU, behind the last one softmax
//! with cross-entropy.

use chainrule_model::{Loss, Mlp, Optimizer, Precision};

/// The loss of every job.
pub const LOSS: Loss = Loss::CrossEntropy;

/// Small rates, so that thousands of steps on made-up labels change neither the kind of numbers nor the time of a step.
const SGD: Optimizer = Optimizer::Sgd { lr: 1e-3 };
const RMSPROP: Optimizer = Optimizer::RmsProp { lr: 1e-5, alpha: 0.99, eps: 1e-8, weight_decay: 0.0 };
const ADAM: Optimizer = Optimizer::Adam { lr: 1e-5, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };

/// A step of training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepJob {
    /// Its letter in tables.
    pub row: &'static str,
    /// `784-128-10 b64 sgd`.
    pub name: &'static str,
    /// Features in, then the outputs of each layer.
    pub widths: &'static [usize],
    /// Rows of the minibatch.
    pub batch: usize,
    /// What moves the parameters.
    pub optimizer: Optimizer,
}

/// A forward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PredictJob {
    /// The letter of the network.
    pub row: &'static str,
    /// `784-128-10 b1 predict`.
    pub name: &'static str,
    /// Features in, then the outputs of each layer.
    pub widths: &'static [usize],
    /// Rows in a call.
    pub rows: usize,
    /// What our weights are rounded to; everyone else's are of f32.
    pub precision: Precision,
}

const fn step(
    row: &'static str,
    name: &'static str,
    widths: &'static [usize],
    batch: usize,
    optimizer: Optimizer,
) -> StepJob {
    StepJob { row, name, widths, batch, optimizer }
}

/// From the notebooks' network on MNIST to one that fills two cores, and one of a thousand parameters.
pub const STEPS: &[StepJob] = &[
    step("A", "784-16-16-10 b32 sgd", &[784, 16, 16, 10], 32, SGD),
    step("B", "784-128-10 b64 sgd", &[784, 128, 10], 64, SGD),
    step("K", "784-64-10 b64 rmsprop", &[784, 64, 10], 64, RMSPROP),
    step("C", "784-512-512-10 b128 adam", &[784, 512, 512, 10], 128, ADAM),
    step("D", "784-2048-2048-10 b512 adam", &[784, 2048, 2048, 10], 512, ADAM),
    step("S", "6-64-8-4 b1 sgd", &[6, 64, 8, 4], 1, SGD),
    step("S", "6-64-8-4 b32 sgd", &[6, 64, 8, 4], 32, SGD),
];

const fn predict(
    row: &'static str,
    name: &'static str,
    widths: &'static [usize],
    rows: usize,
    precision: Precision,
) -> PredictJob {
    PredictJob { row, name, widths, rows, precision }
}

/// A row at a time, of the largest also with narrow weights, and as many as MNIST has to test on.
pub const PREDICTIONS: &[PredictJob] = &[
    predict("A", "784-16-16-10 b1 predict", &[784, 16, 16, 10], 1, Precision::F32),
    predict("B", "784-128-10 b1 predict", &[784, 128, 10], 1, Precision::F32),
    predict("C", "784-512-512-10 b1 predict", &[784, 512, 512, 10], 1, Precision::F32),
    predict("C", "784-512-512-10 b1 predict bf16", &[784, 512, 512, 10], 1, Precision::Bf16),
    predict("C", "784-512-512-10 b1 predict f16", &[784, 512, 512, 10], 1, Precision::F16),
    predict("C", "784-512-512-10 b1 predict int8", &[784, 512, 512, 10], 1, Precision::Int8),
    predict("C", "784-512-512-10 b10000 predict", &[784, 512, 512, 10], 10_000, Precision::F32),
];

/// Weights of all layers, biases not counted.
fn weights(widths: &[usize]) -> usize {
    widths.windows(2).map(|pair| pair[0] * pair[1]).sum()
}

/// The network with its first weights, which every candidate begins with.
pub fn network(widths: &[usize]) -> Mlp<f32> {
    let (last, hidden) = widths[1..].split_last().expect("a network has layers");
    let builder = Mlp::builder(widths[0]).seed(3);
    let builder = hidden.iter().fold(builder, |builder, &width| builder.dense(width).relu());
    builder.dense(*last).build().expect("widths above 0")
}

impl StepJob {
    /// Multiplications and additions of the products: three products a layer, two in the first, whose input has no
    /// gradient.
    pub fn flops(&self) -> u64 {
        ((6 * weights(self.widths) - 2 * self.widths[0] * self.widths[1]) * self.batch) as u64
    }

    /// Whether loops without a matrix product are timed on it: where they stand a chance.
    pub fn suits_loops(&self) -> bool {
        matches!(self.optimizer, Optimizer::Sgd { .. }) && weights(self.widths) * self.batch < 1 << 20
    }
}

impl PredictJob {
    /// Multiplications and additions of the products.
    pub fn flops(&self) -> u64 {
        (2 * weights(self.widths) * self.rows) as u64
    }

    /// As [`StepJob::suits_loops`].
    pub fn suits_loops(&self) -> bool {
        weights(self.widths) * self.rows < 1 << 20
    }

    /// Whether our weights are narrow.
    pub fn is_narrow(&self) -> bool {
        self.precision != Precision::F32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_layer_has_two_products_and_the_others_three() {
        let job = StepJob { widths: &[5, 3, 2], batch: 7, ..STEPS[0] };
        assert_eq!(job.flops(), 2 * 7 * (2 * 5 * 3 + 3 * 3 * 2));
    }

    #[test]
    fn the_smallest_network_has_a_thousand_parameters() {
        let small = STEPS.iter().find(|job| job.row == "S").unwrap();
        assert_eq!(network(small.widths).params().len(), 1004);
    }
}
