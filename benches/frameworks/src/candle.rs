//! candle: tensors on the CPU, its own autodiff, loss and optimisers. It has no RMSprop, and asks RAYON_NUM_THREADS how
//! many threads it may use.

use candle_core::{Device, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer as _, ParamsAdamW, SGD, loss};
use chainrule_bench_support::steps::candidate::{Candidate, Predictor, Stepper};
use chainrule_bench_support::steps::data::Rows;
use chainrule_bench_support::steps::jobs::{PredictJob, StepJob, network};
use chainrule_model::Optimizer;

const MEMORY: &str = "candle computes what it has memory for";

pub(crate) fn stepper<'a>(job: &StepJob, rows: &'a Rows) -> Option<Candidate<dyn Stepper + 'a>> {
    let net = Net::new(job.widths).expect(MEMORY);
    let optimizer = match job.optimizer {
        Optimizer::Sgd { lr } => Rule::Sgd(SGD::new(net.vars(), lr).expect(MEMORY)),
        Optimizer::Adam { lr, beta1, beta2, eps, weight_decay } => {
            let settings = ParamsAdamW { lr, beta1, beta2, eps, weight_decay }; // with decay 0 it is Adam
            Rule::Adam(AdamW::new(net.vars(), settings).expect(MEMORY))
        }
        _ => return None,
    };
    let x = Tensor::from_slice(&rows.x, (rows.data.rows(), job.widths[0]), &Device::Cpu).expect(MEMORY);
    let labels = Tensor::from_slice(rows.labels(), rows.data.rows(), &Device::Cpu).expect(MEMORY);
    Some(Candidate::new("candle", Box::new(Steps { net, optimizer, x, labels })))
}

pub(crate) fn predictor(job: &PredictJob) -> Candidate<dyn Predictor> {
    Candidate::new("candle", Box::new(Net::new(job.widths).expect(MEMORY)))
}

/// (inputs, outputs) and (outputs) of each layer.
struct Net(Vec<(Var, Var)>);

impl Net {
    fn new(widths: &[usize]) -> Result<Net> {
        let mlp = network(widths);
        let layers = mlp.dense_layers().zip(widths.windows(2)).map(|(layer, pair)| {
            let w = &mlp.params()[layer.params.start..][..pair[0] * pair[1]];
            let w = Tensor::from_slice(w, (pair[0], pair[1]), &Device::Cpu)?;
            let b = Tensor::from_slice(layer.b, pair[1], &Device::Cpu)?;
            Ok((Var::from_tensor(&w)?, Var::from_tensor(&b)?))
        });
        Ok(Net(layers.collect::<Result<_>>()?))
    }

    fn vars(&self) -> Vec<Var> {
        self.0.iter().flat_map(|(w, b)| [w.clone(), b.clone()]).collect()
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut x = x.clone();
        for (at, (w, b)) in self.0.iter().enumerate() {
            let z = x.matmul(w)?.broadcast_add(b)?;
            x = if at + 1 < self.0.len() { z.relu()? } else { z };
        }
        Ok(x)
    }
}

enum Rule {
    Sgd(SGD),
    Adam(AdamW),
}

struct Steps {
    net: Net,
    optimizer: Rule,
    x: Tensor,      // (rows, inputs)
    labels: Tensor, // (rows)
}

impl Stepper for Steps {
    fn step(&mut self, rows: &[usize], _next: &[usize]) -> f64 {
        let mut step = || -> Result<f64> {
            let rows: Vec<u32> = rows.iter().map(|&row| row as u32).collect();
            let rows = Tensor::new(rows, &Device::Cpu)?;
            let (x, labels) = (self.x.index_select(&rows, 0)?, self.labels.index_select(&rows, 0)?);
            let loss = loss::cross_entropy(&self.net.forward(&x)?, &labels)?;
            match &mut self.optimizer {
                Rule::Sgd(sgd) => sgd.backward_step(&loss)?,
                Rule::Adam(adam) => adam.backward_step(&loss)?,
            }
            Ok(f64::from(loss.to_scalar::<f32>()?))
        };
        step().expect(MEMORY)
    }

    fn params(&self) -> Vec<f32> {
        let flat = |var: Var| var.flatten_all().and_then(|var| var.to_vec1::<f32>()).expect(MEMORY);
        self.net.vars().into_iter().flat_map(flat).collect()
    }
}

impl Predictor for Net {
    fn predict(&mut self, x: &[f32], y: &mut [f32]) {
        let inputs = self.0[0].0.dims()[0];
        let predict = || -> Result<Vec<f32>> {
            let x = Tensor::from_slice(x, (x.len() / inputs, inputs), &Device::Cpu)?;
            self.forward(&x)?.flatten_all()?.to_vec1()
        };
        y.copy_from_slice(&predict().expect(MEMORY));
    }
}
