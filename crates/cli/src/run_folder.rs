//! `train --run`: the folder of the run, made before its first step and filled while it trains.

use std::path::PathBuf;

use chainrule::runs::{MetricsLog, MetricsObserver, RunFolder};
use chainrule::train::Checkpoint;
use chainrule::{Error, Model, Scalar, TrainConfig};

use crate::args::TrainArgs;
use crate::failure::Failure;
use crate::files;
use crate::interrupt;
use crate::rows::Rows;
use crate::run_config;

/// Where runs with names are.
const RUNS: &str = "runs";

/// The file of a run's epochs, if it has a folder.
#[derive(Debug)]
pub(crate) struct RunLog {
    metrics: Option<MetricsLog>,
    /// Where the folder's model goes when --save names another file.
    copy: Option<PathBuf>,
}

/// Refuses a folder that is not new, before any data is read.
pub(crate) fn check(args: &TrainArgs) -> Result<(), Failure> {
    match &args.run.run {
        Some(path) if args.checkpoints.resume.is_none() => Ok(RunFolder::check(path)?),
        _ => Ok(()),
    }
}

impl RunLog {
    /// Makes the folder and writes its settings, or opens that of the run that goes on; and says where the run's files go.
    pub(crate) fn begin<T: Scalar>(
        args: &mut TrainArgs,
        model: &Model<T>,
        rows: &Rows<T>,
        config: &TrainConfig,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<Self, Failure> {
        let folder = match (&args.run.run, &args.run.run_name, checkpoint) {
            (None, None, _) => return Ok(RunLog { metrics: None, copy: None }),
            (Some(path), _, Some(_)) => RunFolder::find(path).ok_or_else(|| Error::NotFound {
                origin: "the folder of the run".to_owned(),
                looked_for: vec![path.join("config.toml").display().to_string()],
            })?,
            (Some(path), ..) => RunFolder::create(path)?,
            (None, Some(name), _) => RunFolder::create_numbered(RUNS, name)?,
        };
        let log = match checkpoint {
            Some(checkpoint) => {
                let epoch = checkpoint.position().map_or(1, |(epoch, _)| epoch);
                folder.metrics_from(epoch, checkpoint.steps() as usize)?
            }
            None => {
                folder.write_config(&run_config::text(args, model, rows, config)?)?;
                folder.metrics()?
            }
        };
        args.run.run = Some(folder.path().to_owned());
        let copy = args.save.is_some().then(|| folder.model_path());
        args.save.get_or_insert(folder.model_path());
        args.report.get_or_insert(folder.report_path());
        if config.lbfgs.is_none() {
            args.checkpoints.checkpoint = Some(folder.checkpoints_path());
        }
        interrupt::promise(args.save.as_deref().unwrap_or(&folder.model_path()));
        Ok(RunLog { metrics: Some(log), copy })
    }

    pub(crate) fn observer(&mut self) -> Option<MetricsObserver<'_>> {
        self.metrics.as_mut().map(MetricsLog::observer)
    }

    /// Keeps the model in the folder, too, and says why the file of epochs could not be written, if so.
    pub(crate) fn finish<T: Scalar>(self, model: &Model<T>) -> Result<(), Failure> {
        if let Some(path) = &self.copy {
            files::keep(path, || model.save(path))?;
        }
        Ok(self.metrics.map_or(Ok(()), MetricsLog::finish)?)
    }
}
