//! The options of training, as the library has them.

use chainrule::data::{Dataset, Order, Preprocess};
use chainrule::optim::{Clip, LbfgsSettings, Schedule, Update};
use chainrule::train::{ClassWeights, EarlyStopping};
use chainrule::{Loss, Optimizer, Scalar, TrainConfig};

use crate::status::{CHAINRULE_ERROR_UNSUPPORTED, Failure};

/// The options with their texts.
#[derive(Debug, Clone)]
pub(crate) struct Options<'a> {
    pub(crate) epochs: usize,
    pub(crate) batch: usize,
    pub(crate) accumulate: usize,
    pub(crate) threads: usize,
    pub(crate) seed: u64,
    pub(crate) optimizer: Option<&'a str>,
    pub(crate) schedule: Option<&'a str>,
    pub(crate) preprocess: Option<&'a str>,
    pub(crate) clip_norm: f64,
    pub(crate) label_smoothing: f64,
    pub(crate) balance_classes: bool,
    pub(crate) patience: usize,
}

impl Default for Options<'_> {
    fn default() -> Self {
        let usual = TrainConfig::default();
        Options {
            epochs: usual.epochs,
            batch: usual.batch,
            accumulate: usual.accumulate,
            threads: 0,
            seed: 0,
            optimizer: None,
            schedule: None,
            preprocess: None,
            clip_norm: 0.0,
            label_smoothing: 0.0,
            balance_classes: false,
            patience: 0,
        }
    }
}

impl Options<'_> {
    /// The settings of a run with this loss.
    pub(crate) fn config(&self, loss: Loss) -> Result<TrainConfig, Failure> {
        let schedule = self.schedule.map_or(Ok(Schedule::Constant), str::parse)?;
        let config = TrainConfig {
            epochs: self.epochs,
            batch: self.batch,
            accumulate: self.accumulate,
            threads: Some(self.threads).filter(|threads| *threads > 0),
            loss,
            lbfgs: self.is_lbfgs().then(LbfgsSettings::default),
            schedule,
            label_smoothing: self.label_smoothing,
            class_weights: if self.balance_classes { ClassWeights::Balanced } else { ClassWeights::Equal },
            early_stopping: Some(self.patience).filter(|patience| *patience > 0).map(EarlyStopping::new),
            order: Order::Shuffled { seed: self.seed },
            epoch_hashes: false,
            ..self.of_a_step()?
        };
        config.check()?;
        Ok(config)
    }

    /// What a step of a trainer's own does: the optimizer and clipping. The other options do not count; those are refused that a
    /// caller would expect to change the steps.
    pub(crate) fn update(&self) -> Result<Update, Failure> {
        let unsupported = |text: &str| Err(Failure::new(CHAINRULE_ERROR_UNSUPPORTED, text));
        if self.preprocess.is_some() {
            return unsupported("preprocess is given; expected NULL: steps have no rows to fit it to");
        }
        if self.is_lbfgs() {
            return unsupported("lbfgs takes no steps of minibatches; expected another optimizer");
        }
        if self.schedule.is_some() {
            return unsupported(
                "schedule is given; expected NULL: chainrule_trainer_set_learning_rate() sets the rate of steps",
            );
        }
        if self.accumulate > 1 {
            return unsupported("accumulate is above 1; expected 1: each step updates the weights");
        }
        let config = self.of_a_step()?;
        config.check()?;
        Ok(config.update())
    }

    /// The usual settings with this optimizer and this clipping.
    fn of_a_step(&self) -> Result<TrainConfig, Failure> {
        let usual = TrainConfig::default();
        let optimizer = match self.optimizer.filter(|_| !self.is_lbfgs()) {
            Some(text) => text.parse::<Optimizer>()?,
            None => usual.optimizer,
        };
        let clip = Some(Clip::Norm(self.clip_norm)).filter(|_| self.clip_norm != 0.0);
        Ok(TrainConfig { optimizer, clip, ..usual })
    }

    fn is_lbfgs(&self) -> bool {
        self.optimizer.map(str::trim) == Some("lbfgs")
    }

    /// What is done to the rows first, fitted to them; `None` where that is the model's affair.
    pub(crate) fn preprocess<T: Scalar>(&self, rows: &Dataset<T>) -> Result<Option<Preprocess>, Failure> {
        let Some(text) = self.preprocess else { return Ok(None) };
        Ok(Some(match text {
            "none" => Preprocess::None,
            "standardize" => Preprocess::standardize(rows.features())?,
            _ => {
                let factor = text.strip_prefix("scale:").and_then(|factor| factor.parse().ok());
                let factor = factor.filter(|factor: &f64| factor.is_finite() && *factor != 0.0).ok_or_else(|| {
                    let expected = "expected \"standardize\", \"none\" or \"scale:FACTOR\"";
                    Failure::argument(format!("preprocess is {text:?}; {expected}"))
                })?;
                Preprocess::Scale { factor }
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_mean_what_the_header_says() {
        let usual = Options::default().config(Loss::CrossEntropy).unwrap();
        assert_eq!(usual, TrainConfig { epoch_hashes: false, ..TrainConfig::default() });
        let options = Options {
            optimizer: Some("adam:lr=0.5"),
            schedule: Some("step:10:0.5"),
            clip_norm: 2.0,
            patience: 3,
            threads: 2,
            seed: 9,
            balance_classes: true,
            label_smoothing: 0.1,
            ..Options::default()
        };
        let config = options.config(Loss::CrossEntropy).unwrap();
        assert_eq!(config.optimizer, Optimizer::by_name("adam").unwrap().with("lr", 0.5).unwrap());
        assert_eq!((config.clip, config.threads), (Some(Clip::Norm(2.0)), Some(2)));
        assert_eq!((config.early_stopping, config.label_smoothing), (Some(EarlyStopping::new(3)), 0.1));
        assert_eq!((config.order, config.class_weights), (Order::Shuffled { seed: 9 }, ClassWeights::Balanced));
        assert!(Options { optimizer: Some("lbfgs"), ..Options::default() }.config(Loss::Mse).unwrap().lbfgs.is_some());
        for wrong in [
            Options { epochs: 0, ..Options::default() },
            Options { batch: 0, ..Options::default() },
            Options { optimizer: Some("sdg"), ..Options::default() },
            Options { schedule: Some("cosinus"), ..Options::default() },
            Options { clip_norm: -1.0, ..Options::default() },
            Options { clip_norm: f64::NAN, ..Options::default() },
            Options { label_smoothing: 1.0, ..Options::default() },
            Options { threads: usize::MAX, ..Options::default() },
        ] {
            assert!(wrong.config(Loss::CrossEntropy).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn steps_check_the_options_that_count_and_refuse_those_that_would_be_missed() {
        let unused =
            Options { epochs: 0, batch: 0, accumulate: 0, threads: usize::MAX, patience: 9, ..Options::default() };
        let unused = Options { label_smoothing: 7.0, balance_classes: true, clip_norm: 2.0, ..unused };
        assert_eq!(unused.update().unwrap().clip, Some(Clip::Norm(2.0)));
        for missed in [
            Options { schedule: Some("cosine"), ..Options::default() },
            Options { accumulate: 2, ..Options::default() },
            Options { optimizer: Some("lbfgs"), ..Options::default() },
            Options { preprocess: Some("standardize"), ..Options::default() },
        ] {
            assert_eq!(missed.update().unwrap_err().status, CHAINRULE_ERROR_UNSUPPORTED, "{missed:?}");
        }
        assert!(Options { clip_norm: -1.0, ..Options::default() }.update().is_err());
        assert!(Options { optimizer: Some("sdg"), ..Options::default() }.update().is_err());
    }
}
