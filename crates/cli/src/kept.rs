//! `train --from`: the settings of the run that made the file, where the command line does not give others.

use chainrule::TrainConfig;
use chainrule::optim::Clip;

use crate::args::TrainArgs;
use crate::output::plural;
use crate::schedule_args;
use crate::weights::WeightsArgs;

impl TrainArgs {
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
        (args, kept.join(", "))
    }
}
