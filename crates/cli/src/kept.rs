//! `train --from`: the settings of the run that made the file, where the command line does not give others.

use std::path::Path;

use chainrule::data::{Missing, Order, Preprocess, Scaling, Split};
use chainrule::optim::Clip;
use chainrule::{Model, Scalar, TrainConfig};

use crate::args::TrainArgs;
use crate::escape::shown;
use crate::failure::Failure;
use crate::output::plural;
use crate::schedule_args;
use crate::values::Preprocessing;
use crate::weights::WeightsArgs;

impl TrainArgs {
    /// The options as they are, and without a model that training goes on with nothing to say; else those of its run where
    /// none are given, and a line about it.
    pub(crate) fn going_on<T: Scalar>(
        &self,
        model: Option<&Model<T>>,
        is_described: bool,
    ) -> Result<(Self, Option<String>), Failure> {
        let (Some(model), Some(path)) = (model, &self.init) else { return Ok((self.clone(), None)) };
        let loss = self.loss.unwrap_or(model.loss);
        match model.facts.as_ref().and_then(|facts| facts.settings.as_ref()).filter(|_| is_described) {
            Some(settings) => {
                let earlier = settings.config(loss)?;
                let (mut args, mut kept) = self.keeping(&earlier);
                args.optimizer.lbfgs()?;
                let asked =
                    model.facts.as_ref().is_some_and(|facts| facts.command.iter().any(|word| word == "--no-refit"));
                if asked && !args.no_refit && earlier.early_stopping.is_some() && args.schedule.has_patience() {
                    args.no_refit = true;
                    kept += if kept.is_empty() { "no refit" } else { ", no refit" };
                }
                let line = match kept.is_empty() {
                    true => None,
                    false => Some(format!(
                        "keeps {kept} of {}; --optimizer, --batch, --epochs and the like change them",
                        path.display()
                    )),
                };
                Ok((args, line))
            }
            None => Ok((
                self.clone(),
                Some(format!(
                    "{} does not say how it was trained: settings are those of a new network",
                    path.display()
                )),
            )),
        }
    }

    /// That the rows of the model's run counted by a column, and count alike now.
    pub(crate) fn drops_row_weights<T: Scalar>(&self, model: &Model<T>) -> Option<String> {
        let weights = model.facts.as_ref()?.row_weights.as_ref().filter(|_| self.fitting.row_weights().is_none())?;
        let (path, weights) = (self.init.as_deref()?.display(), shown(weights));
        Some(format!(
            "warning: the rows of {} counted by {weights}; now they count alike, unless --row-weights {weights}",
            shown(path)
        ))
    }

    /// The same options, with those of an earlier run where none are given, and what was kept of it in words. `--optimizer`
    /// starts anew with all that belongs to steps: settings, decay, clipping, schedule and accumulation.
    pub(crate) fn keeping(&self, earlier: &TrainConfig) -> (Self, String) {
        let mut args = self.clone();
        let mut kept = Vec::new();
        if self.loss.is_none() {
            kept.push(earlier.loss.to_string());
        }
        if !self.weights.is_given() && self.loss.is_none_or(|loss| loss == earlier.loss) {
            args.weights = WeightsArgs::of(earlier);
            kept.extend(args.weights.words().trim_start_matches(", ").split(", ").map(str::to_owned));
            kept.retain(|words| !words.is_empty());
        }
        if !self.optimizer.is_named() {
            args.optimizer = self.optimizer.over(earlier);
            args.schedule = self.schedule.over(earlier, &self.optimizer);
            if self.clip_norm.is_none() && self.clip_value.is_none() {
                match earlier.clip {
                    Some(Clip::Norm(limit)) => args.clip_norm = Some(limit),
                    Some(Clip::Value(limit)) => args.clip_value = Some(limit),
                    _ => {}
                }
            }
            kept.push(if earlier.lbfgs.is_some() { "lbfgs".to_owned() } else { earlier.optimizer.to_string() });
            kept.extend(earlier.clip.filter(|_| self.clip_norm.or(self.clip_value).is_none()).map(|c| c.to_string()));
            let steps = TrainConfig { early_stopping: None, ..earlier.clone() };
            kept.extend(schedule_args::words(&steps).split(", ").filter(|word| !word.is_empty()).map(str::to_owned));
        }
        if self.batch.is_none() && earlier.lbfgs.is_none() {
            args.batch = Some(earlier.batch);
            kept.push(format!("batches of {}", earlier.batch));
        }
        if self.epochs.is_none() {
            args.epochs = Some(earlier.epochs);
            kept.push(plural(earlier.epochs, "epoch"));
        }
        // Rows to stop by are not wanted where the number of epochs is given, as in a first run.
        if let (Some(stopping), false, None) = (earlier.early_stopping, self.schedule.has_patience(), self.epochs)
            && self.validation != Some(0.0)
        {
            args.schedule.stop_as(stopping);
            kept.push(format!("patience {}", stopping.patience));
        }
        if earlier.order == Order::Sequential && !self.no_shuffle && !self.shuffle {
            args.no_shuffle = true;
            kept.push("rows in their order".to_owned());
        }
        (args, kept.join(", "))
    }

    /// Refuses options about rows that were settled when the model was trained, unless they say the same: what it has learned
    /// does not change with them.
    pub(crate) fn refuse_settled<T: Scalar>(&self, model: &Model<T>) -> Result<(), Failure> {
        let logarithms = self.fitting.takes_logarithms().then_some("--log1p");
        if let (true, Some(option)) = (model.schema.is_some(), self.columns.chosen_features().or(logarithms)) {
            return Err(Failure::Usage(format!(
                "{option} is for a new network: the one in --init's file has its columns"
            )));
        }
        if !self.preprocess.is_of(&model.preprocess) {
            // Of a network that was made elsewhere and takes features as they are, all of that is settled anew.
            return match model.schema.is_none() && model.preprocess == Preprocess::None {
                true => Ok(()),
                false => Err(self.settled("--preprocess".to_owned(), format!("has its own: {}", model.preprocess))),
            };
        }
        let stored = model.schema.as_ref().map(|schema| schema.missing());
        if let (Some(wanted), Some(stored)) = (self.columns.missing(), stored)
            && wanted != Missing::Drop
            && stored != Some(wanted)
        {
            return Err(self.settled(
                format!("--missing {wanted}"),
                match stored {
                    Some(stored) => format!("fills missing values by {stored}"),
                    None => {
                        "was trained on rows that lacked nothing; --missing drop leaves out those that do".to_owned()
                    }
                },
            ));
        }
        if self.raw_targets && model.target.scaling().is_some() {
            return Err(self.settled("--raw-targets".to_owned(), "has learned standardised targets".to_owned()));
        }
        let outputs = model.mlp.outputs();
        match self.classes {
            Some(classes) if classes != outputs => {
                Err(self.settled(format!("--classes {classes}"), format!("has {}", plural(outputs, "output"))))
            }
            _ => Ok(()),
        }
    }

    /// Refuses another group than that by which rows were split, where they are split as before.
    pub(crate) fn refuse_other_group(&self, split: &Split) -> Result<(), Failure> {
        let then = split.group();
        match self.fitting.group() {
            Some(group) if then != Some(group) => {
                let how = then.map_or("without groups".to_owned(), |then| format!("by {then}"));
                Err(self.settled(
                    format!("--group {group}"),
                    format!("was trained on rows that were split {how}, and is tested on those that it has never seen"),
                ))
            }
            _ => Ok(()),
        }
    }

    fn settled(&self, option: String, why: String) -> Failure {
        let init = self.init.as_deref().unwrap_or(Path::new("--init's file")).display();
        Failure::Usage(format!("{option} is for a new network: the one in {init} {why}"))
    }
}

impl Preprocessing {
    /// Whether it asks for the preprocessing that a model has, which then stays as it was fitted.
    pub(crate) fn is_of(&self, preprocess: &Preprocess) -> bool {
        match (self, preprocess) {
            (Preprocessing::Auto, _) => true,
            (Preprocessing::As(Scaling::None), Preprocess::None) => true,
            (Preprocessing::As(Scaling::Scale(wanted)), Preprocess::Scale { factor }) => wanted == factor,
            (Preprocessing::As(Scaling::Standardize), Preprocess::Standardize { .. }) => true,
            (Preprocessing::As(Scaling::Minmax | Scaling::Robust), Preprocess::Shift { .. }) => true,
            _ => false,
        }
    }
}
