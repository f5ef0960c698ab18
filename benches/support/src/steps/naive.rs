//! The naive crate's triple loops, for plain SGD: they allocate, and are written to be read.

use chainrule_model::Optimizer;

use crate::steps::candidate::{Candidate, Stepper};
use crate::steps::data::Rows;
use crate::steps::jobs::{LOSS, StepJob, network};
use crate::{Case, Goal, Reference};

/// The naive network, for a job with SGD.
///
/// # Panics
/// With another optimiser.
pub fn stepper<'a>(job: &StepJob, rows: &'a Rows) -> Candidate<dyn Stepper + 'a> {
    let Optimizer::Sgd { lr } = job.optimizer else { panic!("{} wants more than SGD", job.name) };
    let (batch, x, goal) = (job.batch, vec![0.0; job.batch * job.widths[0]], Goal::Classes(vec![0; job.batch]));
    let reference = Reference::from(&Case { mlp: network(job.widths), loss: LOSS, batch, x, goal });
    Candidate::new("naive", Box::new(Steps { reference, rows, lr }))
}

struct Steps<'a> {
    reference: Reference<f32>,
    rows: &'a Rows,
    lr: f64,
}

impl Stepper for Steps<'_> {
    fn step(&mut self, rows: &[usize], _next: &[usize]) -> f64 {
        let Goal::Classes(labels) = &mut self.reference.goal else { unreachable!("made with labels") };
        self.rows.gather(rows, &mut self.reference.x, labels);
        f64::from(self.reference.step(self.lr))
    }

    fn params(&self) -> Vec<f32> {
        self.reference.params()
    }
}
