//! burn on its CPU backend, flex, with its own layers, loss and optimisers.

use burn::module::{Module, Param};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor, TensorData};
use chainrule_bench_support::steps::candidate::{Candidate, Predictor, Stepper};
use chainrule_bench_support::steps::data::Rows;
use chainrule_bench_support::steps::jobs::{PredictJob, StepJob, network};
use chainrule_model::Optimizer;

pub(crate) fn stepper<'a>(job: &StepJob, rows: &'a Rows) -> Option<Candidate<dyn Stepper + 'a>> {
    let device = Device::flex().autodiff();
    let (optimizer, lr) = match job.optimizer {
        Optimizer::Sgd { lr } => (SgdConfig::new().init(), lr),
        Optimizer::RmsProp { lr, alpha, eps, .. } => {
            let config = RmsPropConfig::new().with_alpha(alpha as f32).with_momentum(0.0).with_epsilon(eps as f32);
            (config.init(), lr)
        }
        Optimizer::Adam { lr, beta1, beta2, eps, .. } => {
            let config = AdamConfig::new().with_beta_1(beta1 as f32).with_beta_2(beta2 as f32);
            (config.with_epsilon(eps as f32).init(), lr)
        }
        _ => return None,
    };
    let x = Tensor::from_data(TensorData::new(rows.x.clone(), [rows.data.rows(), job.widths[0]]), &device);
    let labels: Vec<i64> = rows.labels().iter().map(|&label| i64::from(label)).collect();
    let labels = Tensor::from_data(TensorData::new(labels, [rows.data.rows()]), &device);
    let net = Some(Net::new(job.widths, &device));
    Some(Candidate::new("burn", Box::new(Steps { net, optimizer, lr, x, labels, device })))
}

pub(crate) fn predictor(job: &PredictJob) -> Candidate<dyn Predictor> {
    let device = Device::flex();
    Candidate::new("burn", Box::new(Answers { net: Net::new(job.widths, &device), inputs: job.widths[0], device }))
}

#[derive(Module, Debug)]
struct Net {
    layers: Vec<Linear>,
}

impl Net {
    fn new(widths: &[usize], device: &Device) -> Net {
        let mlp = network(widths);
        let layers = mlp.dense_layers().zip(widths.windows(2)).map(|(layer, pair)| {
            let w = mlp.params()[layer.params.start..][..pair[0] * pair[1]].to_vec();
            let weight = Param::from_data(TensorData::new(w, [pair[0], pair[1]]), device);
            let bias = Some(Param::from_data(TensorData::new(layer.b.to_vec(), [pair[1]]), device));
            Linear { weight, bias, ..LinearConfig::new(pair[0], pair[1]).init(device) }
        });
        Net { layers: layers.collect() }
    }

    fn forward(&self, mut x: Tensor<2>) -> Tensor<2> {
        for (at, layer) in self.layers.iter().enumerate() {
            let z = layer.forward(x);
            x = if at + 1 < self.layers.len() { relu(z) } else { z };
        }
        x
    }
}

struct Steps {
    /// Taken out while the optimiser has it.
    net: Option<Net>,
    optimizer: ModuleOptimizer,
    lr: f64,
    x: Tensor<2>,           // (rows, inputs)
    labels: Tensor<1, Int>, // (rows)
    device: Device,
}

impl Stepper for Steps {
    fn step(&mut self, rows: &[usize], _next: &[usize]) -> f64 {
        let net = self.net.take().expect("put back after each step");
        let indices: Vec<i64> = rows.iter().map(|&row| row as i64).collect();
        let rows = Tensor::<1, Int>::from_data(TensorData::new(indices, [rows.len()]), &self.device);
        let (x, labels) = (self.x.clone().select(0, rows.clone()), self.labels.clone().select(0, rows));
        let loss = CrossEntropyLossConfig::new().init(&self.device).forward(net.forward(x), labels);
        let grads = GradientsParams::from_grads(loss.backward(), &net);
        self.net = Some(self.optimizer.step(self.lr, net, grads));
        loss.into_data().try_to_vec::<f32>().expect("a loss in f32")[0].into()
    }

    fn params(&self) -> Vec<f32> {
        let net = self.net.as_ref().expect("put back after each step");
        let values = |layer: &Linear| {
            let w = layer.weight.val().into_data().try_to_vec::<f32>().expect("weights in f32");
            let bias = layer.bias.as_ref().expect("made with one").val();
            [w, bias.into_data().try_to_vec().expect("biases in f32")].concat()
        };
        net.layers.iter().flat_map(values).collect()
    }
}

struct Answers {
    net: Net,
    inputs: usize,
    device: Device,
}

impl Predictor for Answers {
    fn predict(&mut self, x: &[f32], y: &mut [f32]) {
        let shape = [x.len() / self.inputs, self.inputs];
        let x = Tensor::<2>::from_data(TensorData::new(x.to_vec(), shape), &self.device);
        y.copy_from_slice(&self.net.forward(x).into_data().try_to_vec::<f32>().expect("outputs in f32"));
    }
}
