//! A network written plainly on a rival's matrix product, as an expert with a good BLAS would write it:
//! the same layout as ours, all buffers made before, one product for each of z, dw and dx, loops around them. The loops
//! are compiled for the CPU's vectors (`vectors.rs`). With SGD the step is part of dw's product: w <- w - lr * x^T dz.

use chainrule_model::Optimizer;

use crate::steps::candidate::{Candidate, Predictor, Stepper};
use crate::steps::data::Rows;
use crate::steps::jobs::{PredictJob, StepJob, network};
use crate::steps::vectors::Arch;

/// C (m, n) <- keep * C + scale * A (m, k) * B (k, n); C row-major.
#[derive(Debug)]
pub struct Product<'a> {
    /// Rows and columns of C, columns of A.
    pub dims: (usize, usize, usize),
    /// (m, k), or (k, m) where it is transposed.
    pub a: &'a [f32],
    /// Whether A is the transpose of the given matrix.
    pub a_transposed: bool,
    /// (k, n), or (n, k) where it is transposed.
    pub b: &'a [f32],
    /// Whether B is the transpose of the given matrix.
    pub b_transposed: bool,
    /// The factor of what C holds; at 0 C is not read.
    pub keep: f32,
    /// The factor of the product.
    pub scale: f32,
    /// (m, n)
    pub c: &'a mut [f32],
    /// How many may take part.
    pub threads: usize,
}

/// The matrix product of a rival.
pub type Multiply = fn(Product<'_>);

/// A candidate on a rival's matrix product, under the rival's name.
pub fn stepper<'a>(
    name: &str,
    multiply: Multiply,
    job: &StepJob,
    rows: &'a Rows,
    threads: usize,
) -> Candidate<dyn Stepper + 'a> {
    let net = Net::new(multiply, job.widths, job.batch, threads);
    let moments = match job.optimizer {
        Optimizer::Sgd { .. } => 0,
        Optimizer::RmsProp { .. } => 1,
        _ => 2,
    };
    let grads = vec![0.0; if moments == 0 { 0 } else { net.params.len() }];
    let moments = vec![vec![0.0; net.params.len()]; moments];
    let labels = vec![0; job.batch];
    Candidate::new(name, Box::new(Steps { net, rows, labels, optimizer: job.optimizer, grads, moments, steps: 0 }))
}

/// A candidate on a rival's matrix product, under the rival's name.
pub fn predictor(name: &str, multiply: Multiply, job: &PredictJob, threads: usize) -> Candidate<dyn Predictor> {
    Candidate::new(name, Box::new(Net::new(multiply, job.widths, job.rows, threads)))
}

struct Net {
    multiply: Multiply,
    threads: usize,
    arch: Arch,
    widths: Vec<usize>,
    params: Vec<f32>,
    /// Of each layer, where its weights begin, its biases begin, and it ends.
    places: Vec<[usize; 3]>,
    /// x, then the a of each layer: (batch, width).
    a: Vec<Vec<f32>>,
    /// The gradient by each of `a`.
    da: Vec<Vec<f32>>,
}

impl Net {
    fn new(multiply: Multiply, widths: &[usize], batch: usize, threads: usize) -> Net {
        let mut at = 0;
        let place = |pair: &[usize]| {
            let (w, b) = (at, at + pair[0] * pair[1]);
            at = b + pair[1];
            [w, b, at]
        };
        let places = widths.windows(2).map(place).collect();
        let room: Vec<Vec<f32>> = widths.iter().map(|width| vec![0.0; batch * width]).collect();
        let (params, widths) = (network(widths).params().to_vec(), widths.to_vec());
        Net { multiply, threads, arch: Arch::new(), widths, params, places, da: room.clone(), a: room }
    }

    /// From `a[0]` to the logits.
    fn forward(&mut self, batch: usize) {
        let layers = self.places.len();
        for (layer, &[w, b, end]) in self.places.iter().enumerate() {
            let (inputs, outputs) = (self.widths[layer], self.widths[layer + 1]);
            let (before, after) = self.a.split_at_mut(layer + 1);
            let z = &mut after[0][..batch * outputs];
            (self.multiply)(Product {
                dims: (batch, outputs, inputs),
                a: &before[layer][..batch * inputs],
                a_transposed: false,
                b: &self.params[w..b],
                b_transposed: false,
                keep: 0.0,
                scale: 1.0,
                c: z,
                threads: self.threads,
            });
            let bias = &self.params[b..end];
            let least = if layer + 1 < layers { 0.0 } else { f32::NEG_INFINITY };
            self.arch.dispatch(|| {
                for row in z.chunks_exact_mut(outputs) {
                    row.iter_mut().zip(bias).for_each(|(z, b)| *z = (*z + b).max(least));
                }
            });
        }
    }

    /// The mean loss, and its gradient by the logits.
    fn loss(&mut self, labels: &[u32]) -> f64 {
        let classes = *self.widths.last().expect("a network has layers");
        let (a, da) = (self.a.last().expect("logits"), self.da.last_mut().expect("their gradient"));
        let (mut total, share) = (0.0, 1.0 / labels.len() as f32);
        for ((z, dz), &label) in a.chunks_exact(classes).zip(da.chunks_exact_mut(classes)).zip(labels) {
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

    /// The gradient by a layer's input from that by its output, and ReLU's derivative on it.
    fn dx(&mut self, layer: usize, batch: usize) {
        let (inputs, outputs, [w, b, _]) = (self.widths[layer], self.widths[layer + 1], self.places[layer]);
        let (before, after) = self.da.split_at_mut(layer + 1);
        let dx = &mut before[layer][..batch * inputs];
        (self.multiply)(Product {
            dims: (batch, inputs, outputs),
            a: &after[0][..batch * outputs],
            a_transposed: false,
            b: &self.params[w..b],
            b_transposed: true,
            keep: 0.0,
            scale: 1.0,
            c: dx,
            threads: self.threads,
        });
        let x = &self.a[layer];
        self.arch.dispatch(|| dx.iter_mut().zip(x).for_each(|(dx, &x)| *dx = if x > 0.0 { *dx } else { 0.0 }));
    }
}

impl Predictor for Net {
    fn predict(&mut self, x: &[f32], y: &mut [f32]) {
        self.a[0][..x.len()].copy_from_slice(x);
        self.forward(x.len() / self.widths[0]);
        y.copy_from_slice(&self.a.last().expect("logits")[..y.len()]);
    }
}

struct Steps<'a> {
    net: Net,
    rows: &'a Rows,
    labels: Vec<u32>, // (batch)
    optimizer: Optimizer,
    grads: Vec<f32>, // as the parameters; nothing with SGD
    moments: Vec<Vec<f32>>,
    steps: i32,
}

impl Stepper for Steps<'_> {
    fn step(&mut self, rows: &[usize], _next: &[usize]) -> f64 {
        let (net, batch) = (&mut self.net, rows.len());
        self.rows.gather(rows, &mut net.a[0], &mut self.labels);
        net.forward(batch);
        let loss = net.loss(&self.labels);
        for layer in (0..net.places.len()).rev() {
            if layer > 0 {
                net.dx(layer, batch);
            }
            // dw and db, or with SGD at once the parameters behind the step.
            let (inputs, outputs, [w, b, end]) = (net.widths[layer], net.widths[layer + 1], net.places[layer]);
            let dz = &net.da[layer + 1][..batch * outputs];
            let (keep, scale, target) = match self.optimizer {
                Optimizer::Sgd { lr } => (1.0, -lr as f32, &mut net.params),
                _ => (0.0, 1.0, &mut self.grads),
            };
            let (weights, biases) = target[w..end].split_at_mut(b - w);
            (net.multiply)(Product {
                dims: (inputs, outputs, batch),
                a: &net.a[layer][..batch * inputs],
                a_transposed: true,
                b: dz,
                b_transposed: false,
                keep,
                scale,
                c: weights,
                threads: net.threads,
            });
            net.arch.dispatch(|| {
                biases.iter_mut().for_each(|bias| *bias *= keep);
                for row in dz.chunks_exact(outputs) {
                    biases.iter_mut().zip(row).for_each(|(bias, dz)| *bias += scale * dz);
                }
            });
        }
        self.steps += 1;
        self.update();
        loss
    }

    fn params(&self) -> Vec<f32> {
        self.net.params.clone()
    }
}

impl Steps<'_> {
    fn update(&mut self) {
        let (params, grads) = (&mut self.net.params, &self.grads);
        match (self.optimizer, &mut self.moments[..]) {
            (Optimizer::Sgd { .. }, _) => {} // done
            (Optimizer::RmsProp { lr, alpha, eps, weight_decay: 0.0 }, [s]) => {
                let (lr, alpha, rest, eps) = (lr as f32, alpha as f32, (1.0 - alpha) as f32, eps as f32);
                self.net.arch.dispatch(|| {
                    for ((w, s), g) in params.iter_mut().zip(s).zip(grads) {
                        *s = alpha * *s + rest * g * g;
                        *w -= lr * g / (s.sqrt() + eps);
                    }
                });
            }
            (Optimizer::Adam { lr, beta1, beta2, eps, weight_decay: 0.0 }, [m, s]) => {
                let step = (lr / (1.0 - beta1.powi(self.steps))) as f32;
                let root = 1.0 / (1.0 - beta2.powi(self.steps)).sqrt() as f32;
                let (rest1, beta2, rest2, eps) = ((1.0 - beta1) as f32, beta2 as f32, (1.0 - beta2) as f32, eps as f32);
                self.net.arch.dispatch(|| {
                    for (((w, m), s), g) in params.iter_mut().zip(m).zip(s).zip(grads) {
                        *m += rest1 * (g - *m);
                        *s = beta2 * *s + rest2 * g * g;
                        *w -= step * *m / (s.sqrt() * root + eps);
                    }
                });
            }
            (other, _) => panic!("{other} is no job's"),
        }
    }
}
