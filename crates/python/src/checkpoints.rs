//! Checkpoints of a run, and the model file of its best epoch.

use std::ops::ControlFlow;
use std::path::PathBuf;

use chainrule::train::{Checkpoint, Checkpoints, Newest, Observer};
use chainrule::{EpochReport, Error, Mlp, Model, Scalar};
use pyo3::prelude::*;

use crate::failure::Failure;

/// Where a run keeps checkpoints and what it goes on from, from a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Kept {
    folder: PathBuf,
    every: String,
    keep: usize,
    /// Whether the model of the best epoch is kept, too.
    best: bool,
    /// The file of the checkpoint that the run goes on from.
    from: Option<PathBuf>,
}

impl Kept {
    pub(crate) fn settings(&self) -> Result<Checkpoints, Failure> {
        let wrong = |found: String| Failure::Input(format!("every: found {found}"));
        Ok(Checkpoints::in_folder(&self.folder).every(self.every.parse().map_err(wrong)?).keep(self.keep))
    }

    pub(crate) fn start(&self) -> Result<Option<Checkpoint>, Failure> {
        Ok(self.from.as_ref().map(Checkpoint::open).transpose()?)
    }
}

/// Refuses settings by which no checkpoint would be written, or none would stay.
#[pyfunction]
pub(crate) fn check_checkpoints(kept: Kept) -> PyResult<()> {
    Ok(kept.settings()?.check().map_err(Failure::from)?)
}

/// The newest checkpoint of a folder that can be read: its file, the kernel that computed it, and why newer ones were not
/// taken. None where there is no checkpoint at all.
#[pyfunction]
pub(crate) fn newest_checkpoint(folder: PathBuf) -> PyResult<Option<(PathBuf, String, Vec<String>)>> {
    if !folder.exists() {
        return Ok(None);
    }
    match Checkpoint::newest(&folder) {
        Ok(Newest { checkpoint, unreadable, .. }) => {
            let unreadable = unreadable.iter().map(Error::to_string).collect();
            Ok(Some((checkpoint.path().to_owned(), checkpoint.kernel().to_owned(), unreadable)))
        }
        Err(Error::NoCheckpoint { unreadable, .. }) if unreadable.is_empty() => Ok(None),
        Err(error) => Err(Failure::from(error).into()),
    }
}

/// Writes the model of each epoch whose loss on the validation rows is less than that of all before it.
pub(crate) struct Best<'a, T: Scalar> {
    path: PathBuf,
    /// Its network becomes that of the epoch.
    model: Model<T>,
    loss: f64,
    /// Why the file could not be written; the run ends then.
    failed: &'a mut Option<Error>,
}

impl<'a, T: Scalar> Best<'a, T> {
    /// Of a run of this model; none where none is asked for.
    ///
    /// # Errors
    /// When the run goes on and the file of the best epoch so far is not there.
    pub(crate) fn new(
        kept: &Kept,
        model: Model<T>,
        from: Option<&Checkpoint>,
        failed: &'a mut Option<Error>,
    ) -> Result<Option<Self>, Failure> {
        if !kept.best {
            return Ok(None);
        }
        let path = kept.folder.join("best.safetensors");
        let before = from.map(Checkpoint::epochs).unwrap_or_default();
        let losses = before.iter().filter_map(|epoch| epoch.validation.as_ref()).map(|found| found.loss);
        let loss = losses.fold(f64::INFINITY, f64::min);
        if loss.is_finite() && !path.is_file() {
            let (path, epochs) = (path.display(), before.len());
            return Err(Failure::Input(format!(
                "{path} is not there, and the best of the {epochs} epochs so far with it; expected best=False"
            )));
        }
        Ok(Some(Best { path, model, loss, failed }))
    }
}

impl<T: Scalar> Observer<T> for Best<'_, T> {
    fn epoch(&mut self, _: &EpochReport) -> ControlFlow<()> {
        if self.failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn network(&mut self, report: &EpochReport, mlp: &Mlp<T>) {
        let loss = report.validation.as_ref().map(|found| found.loss);
        let Some(loss) = loss.filter(|&loss| loss < self.loss && self.failed.is_none()) else { return };
        self.loss = loss;
        self.model.mlp.copy_from(mlp);
        if let Some(facts) = &mut self.model.facts {
            (facts.epochs, facts.best_epoch) = (report.epoch, Some(report.epoch));
        }
        *self.failed = self.model.save(&self.path).err();
    }
}
