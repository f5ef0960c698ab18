//! Training steps, one at a time, with gradients that come from outside.

use chainrule::optim::{OptimizerState, Update};
use chainrule::{Error, MatRef, Model, ModelError, Scalar, Workspace};

use crate::convert::{converted, copied, room};
use crate::data::{Rows, check_flags, features};
use crate::held::{AnyModel, Held, copy};
use crate::options::Options;
use crate::predict::check;
use crate::status::{CHAINRULE_ERROR_DATA, Failure};
use crate::types::CHAINRULE_PREPARED;

/// A trainer in the element type of its model.
#[derive(Debug)]
pub(crate) enum AnyTrainer {
    Single(StepTrainer<f32>),
    Double(StepTrainer<f64>),
}

/// Calls `$body` with the trainer as `$trainer`.
macro_rules! each_trainer {
    ($any:expr, $trainer:ident => $body:expr) => {
        match $any {
            AnyTrainer::Single($trainer) => $body,
            AnyTrainer::Double($trainer) => $body,
        }
    };
}

/// A model that takes steps, and the buffers of a step.
#[derive(Debug)]
pub(crate) struct StepTrainer<T: Scalar> {
    model: Model<T>,
    update: Update,
    state: OptimizerState<T>,
    workspace: Workspace<T>,
    max_rows: usize,
    /// The rows of the forward pass, (rows, inputs).
    x: Vec<T>,
    /// None where a step has used the pass.
    rows: usize,
    gradients: Vec<T>,
}

impl AnyTrainer {
    /// A trainer that begins with a copy of the model.
    pub(crate) fn new(held: &Held, options: &Options<'_>, max_rows: usize) -> Result<Self, Failure> {
        chainrule::start_threads()?;
        Ok(match &held.model {
            AnyModel::Single(model) => AnyTrainer::Single(StepTrainer::new(model, options, max_rows)?),
            AnyModel::Double(model) => AnyTrainer::Double(StepTrainer::new(model, options, max_rows)?),
        })
    }

    /// The outputs of a training pass, (rows, outputs).
    pub(crate) fn forward<U: Scalar>(&mut self, flags: u32, x: &[U]) -> Result<Vec<U>, Failure> {
        each_trainer!(self, trainer => trainer.forward(flags, x))
    }

    /// Forgets the pass, whose outputs nobody got.
    pub(crate) fn forget_pass(&mut self) {
        each_trainer!(self, trainer => trainer.rows = 0);
    }

    /// A step against this gradient of the loss by each output of the pass, (rows, outputs).
    pub(crate) fn step<U: Scalar>(&mut self, dz: &[U]) -> Result<(), Failure> {
        each_trainer!(self, trainer => trainer.step(dz))
    }

    pub(crate) fn set_learning_rate(&mut self, rate: f64) -> Result<(), Failure> {
        each_trainer!(self, trainer => {
            trainer.update.optimizer = trainer.update.optimizer.with("lr", rate)?;
            Ok(())
        })
    }

    /// A model with the weights as they are now.
    pub(crate) fn model(&self) -> Result<Held, Failure> {
        Ok(match self {
            AnyTrainer::Single(trainer) => AnyModel::Single(copy(&trainer.model)?).into(),
            AnyTrainer::Double(trainer) => AnyModel::Double(copy(&trainer.model)?).into(),
        })
    }
}

impl<T: Scalar> StepTrainer<T> {
    fn new(model: &Model<T>, options: &Options<'_>, max_rows: usize) -> Result<Self, Failure> {
        if max_rows == 0 {
            return Err(Failure::argument("max_rows is 0; expected 1 or more"));
        }
        let update = options.update()?;
        let model = copy(model)?;
        let parameters = model.mlp.params().len();
        Ok(StepTrainer {
            update,
            state: OptimizerState::new(update.optimizer, parameters)?,
            workspace: Workspace::try_new(&model.mlp, max_rows)?,
            max_rows,
            x: Vec::new(),
            rows: 0,
            gradients: room(parameters)?,
            model,
        })
    }

    fn forward<U: Scalar>(&mut self, flags: u32, x: &[U]) -> Result<Vec<U>, Failure> {
        check_flags(flags, CHAINRULE_PREPARED)?;
        chainrule::start_threads()?;
        self.rows = 0;
        let is_prepared = flags & CHAINRULE_PREPARED != 0;
        let found = x.len() / if is_prepared { self.model.mlp.inputs() } else { self.model.columns() };
        if found > self.max_rows {
            return Err(ModelError::Batch { found, made_for: self.max_rows }.into());
        }
        let mut features = features(&self.model, Rows::Numbers(x), flags)?;
        if features.preprocessing() != &self.model.preprocess {
            self.model.preprocess.apply(&mut features)?;
        }
        let rows = features.rows();
        self.x = copied(&features.data())?;
        let x = MatRef::new(&self.x, rows, self.model.mlp.inputs());
        let output = self.model.mlp.forward_training(x, &mut self.workspace)?;
        let outputs = numbers(output)?;
        self.rows = rows;
        Ok(outputs)
    }

    fn step<U: Scalar>(&mut self, dz: &[U]) -> Result<(), Failure> {
        chainrule::start_threads()?;
        if self.rows == 0 {
            return Err(Failure::argument(
                "there is no pass: chainrule_trainer_forward_f32 or _f64 comes before each step",
            ));
        }
        let expected = self.rows * self.model.mlp.outputs();
        if dz.len() != expected {
            return Err(Failure::argument(format!("dz_len is {}; expected {expected}, rows * outputs", dz.len())));
        }
        let dz: Vec<T> = converted(dz)?;
        if let Some(at) = dz.iter().position(|dz| !dz.is_finite()) {
            let text = format!("dz has {} at index {at}; expected finite numbers", dz[at]);
            return Err(Failure::new(CHAINRULE_ERROR_DATA, text));
        }
        let x = MatRef::new(&self.x, self.rows, self.model.mlp.inputs());
        // The value of the loss is the caller's affair.
        let given = |_: MatRef<'_, T>, to: &mut [T]| {
            to.copy_from_slice(&dz);
            0.0
        };
        self.model.mlp.backward_with(x, given, &mut self.workspace)?;
        self.gradients.clear();
        self.gradients.extend_from_slice(self.workspace.gradients());
        self.model.mlp.update(self.update, &mut self.gradients, &mut self.state)?;
        self.model.mlp.commit_pass(&self.workspace)?;
        self.rows = 0;
        Ok(())
    }
}

/// The outputs of a pass, (rows, outputs), refused where one is NaN, infinite, or more than the other element type holds.
fn numbers<T: Scalar, U: Scalar>(outputs: MatRef<'_, T>) -> Result<Vec<U>, Failure> {
    let (rows, width) = (outputs.rows(), outputs.cols());
    let mut numbers = room(rows * width)?;
    for at in 0..rows * width {
        let value = outputs.get(at / width, at % width).to_f64();
        if !value.is_finite() {
            return Err(Error::OutputNotFinite { row: at / width + 1, output: at % width + 1, value }.into());
        }
        numbers.push(U::from_f64(value));
    }
    check(&numbers, width)?;
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::CHAINRULE_ERROR_NOT_FINITE;
    use chainrule::{Mlp, Optimizer};

    /// Half the squared error's gradient, by hand.
    fn gradient(output: &[f64], targets: &[f64], rows: usize) -> Vec<f64> {
        output.iter().zip(targets).map(|(y, t)| (y - t) / rows as f64).collect()
    }

    #[test]
    fn steps_have_the_bits_of_the_library_s_own() {
        let text = "3-8-2 batch_norm tanh dropout(0.25)";
        for (optimizer, clip_norm) in [("sgd:lr=0.05:momentum=0.9", 0.0), ("adam:lr=0.01", 0.5)] {
            let held = Held::new(text, "half-mse", crate::types::CHAINRULE_F64, 5).unwrap();
            let options = Options { optimizer: Some(optimizer), clip_norm, ..Options::default() };
            let mut trainer = AnyTrainer::new(&held, &options, 6).unwrap();
            let update = options.config(chainrule::Loss::HalfMse).unwrap().update();
            assert_eq!(update.optimizer, optimizer.parse::<Optimizer>().unwrap());
            let mut mlp: Mlp<f64> = text.parse::<chainrule::MlpBuilder>().unwrap().seed(5).build_as().unwrap();
            let mut workspace = Workspace::for_training(&mlp, 6, update).unwrap();
            for step in 0..5 {
                let x: Vec<f64> = (0..18).map(|i| ((i * 7 + step) % 11) as f64 / 5.0 - 1.0).collect();
                let targets: Vec<f64> = (0..12).map(|i| ((i * 5 + step) % 7) as f64 / 3.0).collect();
                let z = trainer.forward(0, &x).unwrap();
                trainer.step(&gradient(&z, &targets, 6)).unwrap();
                let loss = |output: MatRef<'_, f64>, dy: &mut [f64]| {
                    let output: Vec<f64> = (0..12).map(|at| output.get(at / 2, at % 2)).collect();
                    dy.copy_from_slice(&gradient(&output, &targets, 6));
                    0.0
                };
                mlp.step_with(MatRef::new(&x, 6, 3), loss, update, &mut workspace).unwrap();
            }
            let AnyModel::Double(model) = trainer.model().unwrap().model else { panic!() };
            assert!(model.mlp.params() == mlp.params(), "{optimizer}");
        }
    }

    #[test]
    fn a_pass_is_used_once() {
        let held = Held::new("1-1", "mse", crate::types::CHAINRULE_F32, 1).unwrap();
        let mut trainer = AnyTrainer::new(&held, &Options::default(), 4).unwrap();
        let said = |result: Result<(), Failure>| result.unwrap_err().text;
        assert!(said(trainer.step(&[1.0_f32, 0.0])).contains("there is no pass"));
        trainer.forward(0, &[1.0_f32, 2.0]).unwrap();
        assert!(said(trainer.step(&[f32::NAN, 0.0])).contains("NaN at index 0"));
        assert!(said(trainer.step(&[1.0_f32])).contains("dz_len is 1; expected 2"));
        trainer.step(&[1.0_f32, 0.0]).unwrap();
        assert!(said(trainer.step(&[1.0_f32, 0.0])).contains("there is no pass"));
        trainer.forward(0, &[1.0_f32, 2.0]).unwrap();
        assert!(trainer.forward(0, &[0.0_f32; 5]).is_err(), "more rows than it was made for");
        // Looked at before any row is.
        assert!(trainer.forward(0, &[f32::NAN; 5]).unwrap_err().text.contains("5 rows in a workspace made for 4"));
        assert!(said(trainer.step(&[1.0_f32, 0.0])).contains("there is no pass"));
    }

    #[test]
    fn outputs_that_are_no_numbers_are_no_pass() {
        let held = |scale: f64| {
            let held = Held::new("1-1", "mse", crate::types::CHAINRULE_F64, 1).unwrap();
            held.with_parameters(&[scale, 0.0]).unwrap()
        };
        let mut trainer = AnyTrainer::new(&held(1e300), &Options::default(), 2).unwrap();
        let status = |result: Result<(), Failure>| result.unwrap_err().status;
        assert_eq!(status(trainer.forward(0, &[1.0, 1e30]).map(drop)), CHAINRULE_ERROR_NOT_FINITE);
        assert_eq!(status(trainer.step(&[0.0, 0.0])), crate::status::CHAINRULE_ERROR_ARGUMENT);
        // A float does not hold what a double does.
        assert_eq!(status(trainer.forward(0, &[1.0_f32, 1.0]).map(drop)), CHAINRULE_ERROR_NOT_FINITE);
        assert_eq!(trainer.forward(0, &[1.0_f64, 2.0]).unwrap(), [1e300, 2e300]);
        trainer.step(&[0.0, 0.0]).unwrap();
    }
}
