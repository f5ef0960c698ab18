//! From examples and their parts to a model: what `chainrule train` does to a table, for one split or for several.

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;
use chainrule_model::optim::Schedule;

use super::{Assessment, Refit, StopReason, Trained, Trainer};
use crate::data::{Examples, Parts, Scaling, SplitRequest};
use crate::{Error, Model, Result};

/// How examples become a model: fitted, scaled, trained, and trained anew on the rows that chose the number of epochs.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{Request, Source, SplitRequest};
/// use chainrule::train::{Recipe, Usual};
/// use chainrule::{Mlp, Trainer};
///
/// let examples = Request::new(Source::parse("iris")?).read()?;
/// let usual = Usual::for_table(examples.rows());
/// let trainer = Trainer::new(usual.config(examples.task().usual_loss())?)?;
/// let parts = examples.split(&SplitRequest { validation: usual.validation, ..SplitRequest::default() })?;
/// let network = |inputs, outputs| Ok(Mlp::builder(inputs).dense(32).relu().dense(outputs).init(usual.init).build()?);
/// let recipe = Recipe::of(&examples, &usual);
/// let model = recipe.run::<f32>(&trainer, &examples, &parts, network)?.model;
/// let test = examples.dataset_for(&parts.test, &model)?;
/// assert!(model.evaluate(&test)?.accuracy > Some(0.8));
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// How features are scaled, by the rows that are learned from.
    pub scaling: Scaling,
    /// Whether the targets of a regression are learned as they are, not standardised.
    pub raw_targets: bool,
    /// How the network is trained anew on training and validation rows, if it is: [`Trainer::refit`].
    pub refit: Option<Refit>,
}

/// The figures of one fold of a cross-validation, by name.
///
/// ```
/// let fold = chainrule::train::Fold { rows: 30, scores: vec![("accuracy", 0.9)], best_epoch: None };
/// assert_eq!(fold.scores[0].1, 0.9);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// Rows that were tested on, and not trained on.
    pub rows: usize,
    /// Loss, and the metrics that fit the task.
    pub scores: Vec<(&'static str, f64)>,
    /// The epoch that was best on the validation rows, if there were any.
    pub best_epoch: Option<usize>,
}

/// The mean and the standard deviation over folds (of K - 1 degrees of freedom) of each figure that all folds have.
///
/// ```
/// use chainrule::train::{Fold, spread};
/// let fold = |accuracy| Fold { rows: 30, scores: vec![("accuracy", accuracy)], best_epoch: None };
/// let spread = spread(&[fold(0.5), fold(1.0)]);
/// assert_eq!(spread, [("accuracy", 0.75, 0.125_f64.sqrt())]);
/// ```
pub fn spread(folds: &[Fold]) -> Vec<(&'static str, f64, f64)> {
    let Some(first) = folds.first() else { return Vec::new() };
    let of = |name: &str| -> Option<Vec<f64>> {
        let score = |fold: &Fold| fold.scores.iter().find(|score| score.0 == name).map(|score| score.1);
        folds.iter().map(score).collect()
    };
    let names = first.scores.iter().filter_map(|(name, _)| Some((*name, of(name)?)));
    names
        .map(|(name, values)| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
            (name, mean, (squares / (values.len() as f64 - 1.0).max(1.0)).sqrt())
        })
        .collect()
}

impl Recipe {
    /// What suits these examples.
    pub fn of(examples: &Examples, usual: &super::Usual) -> Self {
        Recipe { scaling: examples.usual_scaling(), raw_targets: false, refit: usual.refit }
    }

    /// Trains a network, made for this number of inputs and outputs, on the parts. With early stopping and
    /// [`Recipe::refit`], the report is that of the run which chose the number of epochs; its model stays where the second run
    /// diverges, or leaves a last minibatch of one row to batch normalisation.
    ///
    /// # Errors
    /// Those of [`Examples::fit`], [`Examples::dataset`] and [`Trainer::resume`].
    pub fn run<T: Scalar>(
        &self,
        trainer: &Trainer,
        examples: &Examples,
        parts: &Parts,
        network: impl FnOnce(usize, usize) -> Result<Mlp<T>>,
    ) -> Result<Trained<T>> {
        let is_plateau = matches!(trainer.config().schedule, Schedule::Plateau { .. });
        let how = self.refit.filter(|_| !parts.validation.is_empty() && !is_plateau);
        let mut learned = parts.train.clone();
        if how.is_some() {
            learned.extend(&parts.validation);
            learned.sort_unstable();
        }
        let fitted = examples.fit(&learned, self.scaling)?;
        let fitted = if self.raw_targets { fitted.with_targets_as_they_are() } else { fitted };
        let train = examples.dataset::<T>(&parts.train, &fitted)?;
        let validation = match parts.validation.as_slice() {
            [] => None,
            rows => Some(examples.dataset::<T>(rows, &fitted)?),
        };
        let network = network(train.cols(), train.targets().width())?;
        let start = Model::new(network, trainer.config().loss).described_by(&train);
        let mut model = start.clone();
        let report = trainer.resume(&mut model, &train, validation.as_ref(), ())?;
        if let (Some(how), Some(best), false) = (how, report.best, report.stop_reason == StopReason::Stopped) {
            let whole = examples.dataset::<T>(&learned, &fitted)?;
            let mut again = start;
            match trainer.refit(&mut again, &whole, best, how, ()) {
                Ok(refit) if refit.stop_reason != StopReason::Stopped => model = again,
                // The model of the first run is one, too. A last minibatch of one row is too short for batch normalisation.
                Ok(_) | Err(Error::Diverged { .. } | Error::Argument { name: "batch", .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Trained { model, report })
    }

    /// Cross-validation: trains a network on each of `folds` parts of the rows but one, and tests it on that one, so that each
    /// row is tested on once. `network` is called with inputs and outputs for each fold.
    ///
    /// # Errors
    /// Those of [`Examples::folds`] and [`Recipe::run`].
    pub fn cross_validate<T: Scalar>(
        &self,
        trainer: &Trainer,
        examples: &Examples,
        folds: (usize, SplitRequest),
        mut network: impl FnMut(usize, usize) -> Result<Mlp<T>>,
    ) -> Result<Vec<Fold>> {
        let (folds, request) = folds;
        let fold = |parts: Parts| {
            let Trained { model, report, .. } = self.run(trainer, examples, &parts, &mut network)?;
            let test = examples.dataset_for(&parts.test, &model)?;
            let found = trainer.install(|| model.assess(&test))?;
            Ok(Fold { rows: parts.test.len(), scores: scores(&found), best_epoch: report.best })
        };
        examples.folds(&request, folds)?.into_iter().map(fold).collect()
    }
}

fn scores(found: &Assessment) -> Vec<(&'static str, f64)> {
    let first =
        [Some(("loss", found.evaluation.loss)), found.evaluation.accuracy.map(|accuracy| ("accuracy", accuracy))];
    first.into_iter().flatten().chain(found.metrics.iter().map(|(name, value)| (*name, *value))).collect()
}
