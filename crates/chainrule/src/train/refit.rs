//! Training once more on more rows, for as long as early stopping found best.

use std::ops::ControlFlow;

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;
use chainrule_model::optim::Schedule;

use super::trainer::NetworkRun;
use super::{EpochReport, Observer, StopReason, TrainConfig, TrainReport, Trainer};
use crate::compatibility::check_compatible;
use crate::data::Dataset;
use crate::{Error, Model, Result};

/// How long a network is trained anew, and at which rates.
///
/// ```
/// use chainrule::train::{Refit, Usual};
/// assert_eq!(Usual::for_table(150).refit, Some(Refit::Annealed));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refit {
    /// For as many epochs as were best, at the rates that they had.
    Same,
    /// For three times as many, while the rate falls to 0 along a half cosine (Loshchilov and Hutter 2017, equation 5, without
    /// restarts), so that the last steps average out what single minibatches want. As [`Refit::Same`] where the trainer has a
    /// schedule of its own.
    Annealed,
}

/// How many times the epochs of the best: a rate that falls along half a cosine is half of the first on average, and the steps
/// that are small cost no more than others. `usual.rs` has what 2 and 4 gave.
const ANNEALED_TIMES: usize = 3;

impl Trainer {
    /// Trains `model` anew on `whole`, the training and validation rows together, for the number of epochs that was best on
    /// the validation rows: `best` of the report of a run that started from the same weights. The validation rows, which are learned from now, choose nothing any more.
    ///
    /// A small table loses more by rows that are set aside than by an epoch that is not quite the best.
    /// [`Usual::refit`](super::Usual) says where that was measured.
    ///
    /// ```
    /// use chainrule::data::digits;
    /// use chainrule::train::{EarlyStopping, Refit};
    /// use chainrule::{Loss, Mlp, Model, TrainConfig, Trainer};
    ///
    /// let whole = digits::<f32>().scaled(1.0 / 16.0)?;
    /// let (train, validation) = whole.clone().split(0.1, 42)?;
    /// let trainer = Trainer::new(TrainConfig::default().epochs(9).early_stopping(EarlyStopping::new(2)))?;
    /// let start = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy).described_by(&whole);
    /// let report = trainer.resume(&mut start.clone(), &train, Some(&validation), ())?;
    /// let mut model = start;
    /// let refit = trainer.refit(&mut model, &whole, report.best.expect("an epoch was the best"), Refit::Same, ())?;
    /// assert_eq!(refit.epochs_run, report.best.unwrap());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Trainer::resume`]; when `best` is 0 or more than the trainer's; and with a plateau schedule, which needs
    /// validation rows.
    pub fn refit<T: Scalar>(
        &self,
        model: &mut Model<T>,
        whole: &Dataset<T>,
        best: usize,
        how: Refit,
        observer: impl Observer<T> + Send,
    ) -> Result<TrainReport> {
        let given = self.config();
        if !(1..=given.epochs).contains(&best) {
            let expected = format!("from 1 to {}, the epochs of the trainer", given.epochs);
            return Err(Error::Argument { name: "epochs of the refit", found: best.to_string(), expected });
        }
        if matches!(given.schedule, Schedule::Plateau { .. }) {
            let expected = "a schedule that needs no validation rows".to_owned();
            return Err(Error::Argument { name: "schedule of the refit", found: given.schedule.to_string(), expected });
        }
        let mut config = TrainConfig { early_stopping: None, ..given.clone() };
        let mut epochs = best;
        if how == Refit::Annealed && given.schedule == Schedule::Constant && given.lbfgs.is_none() {
            epochs = best.saturating_mul(ANNEALED_TIMES);
            config = config.epochs(epochs).schedule(Schedule::Cosine { min_lr: 0.0 });
        }
        let whole = model.prepared(whole)?;
        check_compatible(&model.mlp, &whole, config.loss)?;
        model.learns_by(config.loss, &whole);
        let setup = NetworkRun { config: &config, checkpoints: None, from: None };
        let mut until = Until { epochs, observer };
        let mut report = self.fit_network_by(setup, &mut model.mlp, &whole, None, &mut until)?;
        if report.stop_reason == StopReason::ByObserver && report.epochs_run == epochs {
            report.stop_reason = StopReason::Finished;
        }
        Ok(report)
    }
}

/// Ends a run after so many epochs, so that its schedule is that of the longer run.
struct Until<O> {
    epochs: usize,
    observer: O,
}

impl<T: Scalar, O: Observer<T>> Observer<T> for Until<O> {
    fn step(&mut self, done: usize, total: usize) {
        self.observer.step(done, total);
    }

    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let goes_on = self.observer.epoch(report);
        if report.epoch >= self.epochs { ControlFlow::Break(()) } else { goes_on }
    }

    fn checkpoint(&mut self, write: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        self.observer.checkpoint(write)
    }

    fn network(&mut self, report: &EpochReport, mlp: &Mlp<T>) {
        self.observer.network(report, mlp);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::digits;
    use crate::train::EarlyStopping;
    use chainrule_model::Loss;

    fn start() -> Model<f32> {
        Model::new(Mlp::builder(64).dense(12).relu().dense(10).seed(3).build().unwrap(), Loss::CrossEntropy)
    }

    #[test]
    fn a_refit_is_the_run_that_knew_its_length() {
        let (train, _) = digits::<f32>().scaled(0.0625).unwrap().split(0.5, 1).unwrap();
        let config = TrainConfig::default().epochs(6).schedule(Schedule::by_name("cosine").unwrap());
        let mut refit = start().described_by(&train);
        let report = Trainer::new(config.clone()).unwrap().refit(&mut refit, &train, 4, Refit::Same, ()).unwrap();
        assert_eq!((report.epochs_run, report.stop_reason), (4, StopReason::Finished));
        let mut by_hand = start().described_by(&train);
        let stop = |report: &EpochReport| match report.epoch {
            4 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        };
        Trainer::new(config).unwrap().resume(&mut by_hand, &train, None, stop).unwrap();
        assert!(refit.mlp == by_hand.mlp, "the rates are those of six epochs");
    }

    #[test]
    fn an_annealed_refit_is_a_run_of_three_times_the_length_by_a_cosine() {
        let (train, _) = digits::<f32>().scaled(0.0625).unwrap().split(0.5, 1).unwrap();
        let config = TrainConfig::default().epochs(6);
        let mut refit = start().described_by(&train);
        let trainer = Trainer::new(config.clone().early_stopping(EarlyStopping::new(2))).unwrap();
        let report = trainer.refit(&mut refit, &train, 2, Refit::Annealed, ()).unwrap();
        assert_eq!((report.epochs_run, report.stop_reason), (6, StopReason::Finished));
        let mut by_hand = start().described_by(&train);
        let config = config.epochs(6).schedule(Schedule::Cosine { min_lr: 0.0 });
        Trainer::new(config).unwrap().resume(&mut by_hand, &train, None, ()).unwrap();
        assert!(refit.mlp == by_hand.mlp);
    }

    #[test]
    fn what_a_refit_cannot_do_is_refused() {
        let data = digits::<f32>().scaled(0.0625).unwrap();
        let refuse = |config: TrainConfig, epochs: usize| {
            let mut model = start().described_by(&data);
            Trainer::new(config).unwrap().refit(&mut model, &data, epochs, Refit::Same, ()).unwrap_err().to_string()
        };
        let stops = TrainConfig::default().epochs(5).early_stopping(EarlyStopping::new(2));
        assert!(refuse(stops.clone(), 0).contains("from 1 to 5"));
        assert!(refuse(stops.clone(), 6).contains("from 1 to 5"));
        let plateau = stops.schedule(Schedule::by_name("plateau").unwrap());
        assert!(refuse(plateau, 2).contains("plateau"));
    }
}
