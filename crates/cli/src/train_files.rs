//! The files of `train`, all of them: an output that would replace another one is refused before anything is read.

use chainrule::runs::RunFolder;

use crate::args::TrainArgs;
use crate::failure::Failure;
use crate::files::{self, Files};

/// Refuses what could not be written after the run, or would replace what the run reads or writes.
///
/// # Errors
/// Bad usage; or a failed run, if a file cannot be written.
pub(crate) fn check(args: &TrainArgs) -> Result<(), Failure> {
    if let Some(folder) = args.tensorboard.as_ref().filter(|folder| folder.exists() && !folder.is_dir()) {
        let folder = folder.display();
        return Err(Failure::Usage(format!("--tensorboard {folder} is a file; event files go to a folder")));
    }
    if let Some(folder) = args.checkpoints.checkpoint.as_ref().filter(|folder| folder.exists() && !folder.is_dir()) {
        let folder = folder.display();
        return Err(Failure::Usage(format!("--checkpoint {folder} is a file; checkpoints go to a folder")));
    }
    if let Some(path) = &args.curves {
        files::check_picture("--curves", path)?;
    }
    of(args).check()?;
    files::check_page("--report", args.report.as_deref())?;
    args.save.as_deref().map_or(Ok(()), |path| files::check_model(path, args.force))
}

/// Whether the run writes something besides standard output, for which it goes on when nobody reads that any more.
pub(crate) fn are_written(args: &TrainArgs) -> bool {
    let files = [&args.save, &args.report, &args.curves, &args.tensorboard];
    files.into_iter().any(Option::is_some) || args.checkpoints.folder().is_some() || args.run.is_given()
}

fn of(args: &TrainArgs) -> Files {
    let files = Files::default().source("--data", Some(&args.data)).file("--labels", args.columns.labels.as_deref());
    let files = files.source("--test-data", args.test_data.as_ref()).file("--test-labels", args.test_labels.as_deref());
    let files = files.file("--init", args.init.as_deref()).file("--config", args.run.config.as_deref());
    let checkpoints = &args.checkpoints;
    let files = match &args.run.run {
        Some(path) => {
            let own = RunFolder::at(path);
            let files = own.own_files().iter().fold(files, |files, file| files.inner("--run", file));
            files.checkpoints("--run", Some(&own.checkpoints_path()))
        }
        None if checkpoints.checkpoint.is_some() => files.checkpoints("--checkpoint", checkpoints.folder()),
        None => files.checkpoints("--resume", checkpoints.folder()),
    };
    let files = files.folder("--tensorboard", args.tensorboard.as_deref());
    let files = files.output("--save", args.save.as_deref()).output("--report", args.report.as_deref());
    files.output("--curves", args.curves.as_deref())
}
