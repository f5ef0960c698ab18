//! A network of loops over the arrays that we have as well, for plain SGD: what one writes for a network of a thousand
//! parameters. Multiply-adds along the rows of the weights, which vectors like; the step is part of the loop over dw.
//! All of it is compiled for the CPU's vectors: [`Arch::dispatch`] compiles what is inlined into it for each
//! instruction set, and only that, hence the functions that must be inlined.

use chainrule_model::Optimizer;
use pulp::{Arch, NullaryFnOnce};

use crate::steps::candidate::{Candidate, Predictor, Stepper};
use crate::steps::data::Rows;
use crate::steps::jobs::{PredictJob, StepJob, network};

/// Loops, for a job with SGD.
///
/// # Panics
/// With another optimiser.
pub fn stepper<'a>(job: &StepJob, rows: &'a Rows) -> Candidate<dyn Stepper + 'a> {
    let Optimizer::Sgd { lr } = job.optimizer else { panic!("{} wants more than SGD", job.name) };
    let (net, labels) = (Net::new(job.widths, job.batch), vec![0; job.batch]);
    Candidate::new("loops", Box::new(Steps { net, rows, labels, lr: lr as f32, arch: Arch::new() }))
}

/// Loops.
pub fn predictor(job: &PredictJob) -> Candidate<dyn Predictor> {
    Candidate::new("loops", Box::new(Predictions { net: Net::new(job.widths, job.rows), arch: Arch::new() }))
}

struct Net {
    layers: Vec<Layer>,
    x: Vec<f32>, // (batch, inputs of the first)
}

struct Layer {
    inputs: usize,
    outputs: usize,
    w: Vec<f32>,  // (inputs, outputs)
    b: Vec<f32>,  // (outputs)
    a: Vec<f32>,  // (batch, outputs)
    dz: Vec<f32>, // (batch, outputs)
}

/// y <- y + factor * x
#[inline(always)]
fn multiply_add(factor: f32, x: &[f32], y: &mut [f32]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = factor.mul_add(x, *y);
    }
}

impl Net {
    fn new(widths: &[usize], batch: usize) -> Net {
        let layer = |layer: chainrule_model::network::DenseLayer<'_, f32>, pair: &[usize]| {
            let (inputs, outputs) = (pair[0], pair[1]);
            let room = vec![0.0; batch * outputs];
            let w = network(widths).params()[layer.params.start..][..inputs * outputs].to_vec();
            Layer { inputs, outputs, w, b: layer.b.to_vec(), dz: room.clone(), a: room }
        };
        let mlp = network(widths);
        let layers = mlp.dense_layers().zip(widths.windows(2)).map(|(dense, pair)| layer(dense, pair)).collect();
        Net { layers, x: vec![0.0; batch * widths[0]] }
    }

    #[inline(always)]
    fn forward(&mut self, batch: usize) {
        let last = self.layers.len() - 1;
        for at in 0..=last {
            let (before, here) = self.layers.split_at_mut(at);
            let x = before.last().map_or(&self.x, |layer| &layer.a);
            let Layer { inputs, outputs, w, b, a, .. } = &mut here[0];
            for (x, a) in x.chunks_exact(*inputs).zip(a.chunks_exact_mut(*outputs)).take(batch) {
                a.copy_from_slice(b);
                for (&x, w) in x.iter().zip(w.chunks_exact(*outputs)) {
                    multiply_add(x, w, a);
                }
                if at < last {
                    for a in a {
                        *a = if *a > 0.0 { *a } else { 0.0 };
                    }
                }
            }
        }
    }

    /// The mean loss, and its gradient by the logits.
    #[inline(always)]
    fn loss(&mut self, labels: &[u32]) -> f64 {
        let Layer { outputs, a, dz, .. } = self.layers.last_mut().expect("a network has layers");
        let (mut total, share) = (0.0, 1.0 / labels.len() as f32);
        for ((z, dz), &label) in a.chunks_exact(*outputs).zip(dz.chunks_exact_mut(*outputs)).zip(labels) {
            let top = z.iter().fold(f32::NEG_INFINITY, |top, &z| top.max(z));
            let mut sum = 0.0;
            for (dz, &z) in dz.iter_mut().zip(z) {
                *dz = (z - top).exp();
                sum += *dz;
            }
            total += f64::from(sum.ln() + top - z[label as usize]);
            dz.iter_mut().for_each(|dz| *dz *= share / sum);
            dz[label as usize] -= share;
        }
        total / labels.len() as f64
    }

    /// From the gradient by the logits: of each layer first the gradient by its input, then its step.
    #[inline(always)]
    fn backward(&mut self, batch: usize, lr: f32) {
        for at in (0..self.layers.len()).rev() {
            let (before, here) = self.layers.split_at_mut(at);
            let Layer { inputs, outputs, w, b, dz, .. } = &mut here[0];
            if let Some(Layer { a, dz: dx, .. }) = before.last_mut() {
                let rows = a.chunks_exact(*inputs).zip(dx.chunks_exact_mut(*inputs)).zip(dz.chunks_exact(*outputs));
                for ((a, dx), dz) in rows.take(batch) {
                    for ((dx, &a), w) in dx.iter_mut().zip(a).zip(w.chunks_exact(*outputs)) {
                        let mut dot = 0.0;
                        for (&dz, &w) in dz.iter().zip(w) {
                            dot = dz.mul_add(w, dot);
                        }
                        *dx = if a > 0.0 { dot } else { 0.0 };
                    }
                }
            }
            let x = before.last().map_or(&self.x, |layer| &layer.a);
            for (x, dz) in x.chunks_exact(*inputs).zip(dz.chunks_exact(*outputs)).take(batch) {
                for (&x, w) in x.iter().zip(w.chunks_exact_mut(*outputs)) {
                    multiply_add(-lr * x, dz, w);
                }
                multiply_add(-lr, dz, b);
            }
        }
    }
}

struct Steps<'a> {
    net: Net,
    rows: &'a Rows,
    labels: Vec<u32>, // (batch)
    lr: f32,
    arch: Arch,
}

impl Stepper for Steps<'_> {
    fn step(&mut self, rows: &[usize], _next: &[usize]) -> f64 {
        let Steps { net, labels, lr, .. } = self;
        self.rows.gather(rows, &mut net.x, labels);
        self.arch.dispatch(Step { net, labels, lr: *lr })
    }

    fn params(&self) -> Vec<f32> {
        self.net.layers.iter().flat_map(|layer| [layer.w.as_slice(), &layer.b].concat()).collect()
    }
}

struct Step<'a> {
    net: &'a mut Net,
    labels: &'a [u32],
    lr: f32,
}

impl NullaryFnOnce for Step<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let batch = self.labels.len();
        self.net.forward(batch);
        let loss = self.net.loss(self.labels);
        self.net.backward(batch, self.lr);
        loss
    }
}

struct Predictions {
    net: Net,
    arch: Arch,
}

impl Predictor for Predictions {
    fn predict(&mut self, x: &[f32], y: &mut [f32]) {
        let Predictions { net, arch } = self;
        net.x.copy_from_slice(x);
        let batch = x.len() / net.layers[0].inputs;
        arch.dispatch(Forward { net, batch });
        y.copy_from_slice(&net.layers.last().expect("a network has layers").a);
    }
}

struct Forward<'a> {
    net: &'a mut Net,
    batch: usize,
}

impl NullaryFnOnce for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        self.net.forward(self.batch);
    }
}
