//! Ours, by the functions that an application would call.

use chainrule::data::TargetsMut;
use chainrule::network::PredictorWorkspace;
use chainrule::{MatRef, Mlp, TargetsRef, Workspace};

use crate::steps::candidate::{Candidate, Predictor, Stepper, verify_predictions};
use crate::steps::data::Rows;
use crate::steps::jobs::{LOSS, PredictJob, StepJob, network};

/// Rows that a prediction goes through at a time: as many as the trainer's evaluation takes.
const AT_ONCE: usize = 256;

/// Ours on the threads of the current rayon pool, under its kernel's name.
pub fn stepper<'a>(job: &StepJob, rows: &'a Rows) -> Candidate<dyn Stepper + 'a> {
    let mlp = network(job.widths);
    let workspace = Workspace::for_training(&mlp, job.batch, job.optimizer).expect("memory for a workspace");
    let (x, labels) = (vec![0.0; job.batch * mlp.inputs()], vec![0; job.batch]);
    Candidate::new(mlp.kernel_name(), Box::new(Steps { mlp, workspace, job: *job, rows, x, labels }))
}

struct Steps<'a> {
    mlp: Mlp<f32>,
    workspace: Workspace<f32>,
    job: StepJob,
    rows: &'a Rows,
    x: Vec<f32>,      // (batch, inputs)
    labels: Vec<u32>, // (batch)
}

impl Stepper for Steps<'_> {
    fn step(&mut self, rows: &[usize], next: &[usize]) -> f64 {
        self.rows.data.gather(rows, &mut self.x, TargetsMut::Classes(&mut self.labels));
        self.rows.data.prefetch(next);
        let x = MatRef::new(&self.x, rows.len(), self.mlp.inputs());
        let targets = TargetsRef::Classes(&self.labels);
        let loss = self.mlp.step(x, targets, LOSS, self.job.optimizer, &mut self.workspace);
        loss.expect("the rows fit the network")
    }

    fn params(&self) -> Vec<f32> {
        self.mlp.params().to_vec()
    }
}

/// Ours with weights of f32 under its kernel's name: one row at a time with packed weights, more of them on the threads of the
/// current rayon pool.
pub fn predictor<'a>(job: &PredictJob, mlp: &'a Mlp<f32>) -> Candidate<dyn Predictor + 'a> {
    let work: Box<dyn Predictor + 'a> = if job.rows == 1 {
        let packed = chainrule::Predictor::new(mlp);
        Box::new(Single { workspace: packed.workspace(1), packed })
    } else {
        Box::new(Many { mlp, workspace: Workspace::new(mlp, job.rows.min(AT_ONCE)) })
    };
    Candidate::new(mlp.kernel_name(), work)
}

/// Ours with the job's narrow weights, one row at a time, under its kernel's name, once it was found to give what the network of
/// rounded weights gives for the first row of x.
///
/// # Errors
/// Where it gives something else.
pub fn narrow_predictor<'a>(
    job: &PredictJob,
    mlp: &Mlp<f32>,
    x: &[f32], // (rows, inputs)
) -> Result<Candidate<dyn Predictor + 'a>, String> {
    let packed = chainrule::Predictor::with_precision(mlp, job.precision).expect("finite weights");
    let rounded = chainrule::Predictor::new(mlp.rounded(job.precision).expect("finite weights"));
    let single = |packed: chainrule::Predictor<f32>| -> Candidate<dyn Predictor + 'a> {
        Candidate::new(mlp.kernel_name(), Box::new(Single { workspace: packed.workspace(1), packed }))
    };
    let mut both = [single(rounded), single(packed)];
    verify_predictions(&mut both, &x[..mlp.inputs()], mlp.outputs())?;
    let [_, narrow] = both;
    Ok(narrow)
}

struct Single {
    packed: chainrule::Predictor<f32>,
    workspace: PredictorWorkspace<f32>,
}

impl Predictor for Single {
    fn predict(&mut self, x: &[f32], y: &mut [f32]) {
        let done = self.packed.predict_into(MatRef::new(x, 1, x.len()), y, &mut self.workspace);
        done.expect("the row fits the network");
    }
}

struct Many<'a> {
    mlp: &'a Mlp<f32>,
    workspace: Workspace<f32>,
}

impl Predictor for Many<'_> {
    fn predict(&mut self, x: &[f32], y: &mut [f32]) {
        let inputs = self.mlp.inputs();
        let x = MatRef::new(x, x.len() / inputs, inputs);
        self.mlp.predict_into(x, y, &mut self.workspace).expect("the rows fit the network");
    }
}
