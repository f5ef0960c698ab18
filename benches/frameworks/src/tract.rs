//! tract: predictions alone, from a model that it has optimised beforehand.

use std::sync::Arc;

use chainrule_bench_support::steps::candidate::{Candidate, Predictor};
use chainrule_bench_support::steps::jobs::{PredictJob, network};
use tract_core::ops::einsum::EinSum;
use tract_core::ops::math;
use tract_core::prelude::*;

pub(crate) fn predictor(job: &PredictJob) -> Candidate<dyn Predictor> {
    let model = model(job).expect("tract knows products, sums and maxima");
    let plan = model.into_optimized().and_then(IntoRunnable::into_runnable).expect("tract optimises a dense network");
    Candidate::new("tract", Box::new(Answers { plan, shape: [job.rows, job.widths[0]] }))
}

fn model(job: &PredictJob) -> TractResult<TypedModel> {
    let mlp = network(job.widths);
    let mut model = TypedModel::default();
    let mut x = model.add_source("x", f32::fact([job.rows, job.widths[0]]))?;
    for (at, (layer, pair)) in mlp.dense_layers().zip(job.widths.windows(2)).enumerate() {
        let w = &mlp.params()[layer.params.start..][..pair[0] * pair[1]];
        let w = model.add_const(format!("w{at}"), Tensor::from_shape(&[pair[0], pair[1]], w)?)?;
        let b = model.add_const(format!("b{at}"), Tensor::from_shape(&[1, pair[1]], layer.b)?)?;
        let product = EinSum::new("mk,kn->mn".parse()?, f32::datum_type());
        let z = model.wire_node(format!("product{at}"), product, &[x, w])?;
        x = model.wire_node(format!("z{at}"), math::add(), &[z[0], b])?[0];
        if at + 2 < job.widths.len() {
            let zero = model.add_const(format!("zero{at}"), tensor2(&[[0.0f32]]))?;
            x = model.wire_node(format!("a{at}"), math::max(), &[x, zero])?[0];
        }
    }
    model.select_output_outlets(&[x])?;
    Ok(model)
}

struct Answers {
    plan: Arc<TypedRunnableModel>,
    shape: [usize; 2],
}

impl Predictor for Answers {
    fn predict(&mut self, x: &[f32], y: &mut [f32]) {
        let x = Tensor::from_shape(&self.shape, x).expect("x has the shape");
        let output = self.plan.run(tvec!(x.into())).expect("a plan runs");
        let output = output[0].to_plain_array_view::<f32>().expect("outputs in f32");
        y.copy_from_slice(output.as_slice().expect("row-major"));
    }
}
