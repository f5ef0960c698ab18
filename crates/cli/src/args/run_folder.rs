//! The options of `train` about the folder of a run and its file of settings.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Run folder")]
pub(crate) struct RunArgs {
    /// Keep the run in this new folder: config.toml (every setting, to run again by --config), metrics.csv (a line for each epoch,
    /// as it goes), model.safetensors, checkpoints (--resume FOLDER goes on) and report.html. `chainrule runs` compares such
    /// folders
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["run_name", "save", "report", "checkpoint"])]
    pub(crate) run: Option<PathBuf>,
    /// The same in a folder runs/NAME-001, or the next number that is free
    #[arg(long, value_name = "NAME", conflicts_with_all = ["save", "report", "checkpoint"])]
    pub(crate) run_name: Option<String>,
    /// Take the settings of this file, a config.toml of a run. Options given beside it win, and are told. Paths in it are
    /// relative to where the command is run
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    pub(crate) config: Option<PathBuf>,
}

impl RunArgs {
    /// Whether the run is kept in a folder.
    pub(crate) fn is_given(&self) -> bool {
        self.run.is_some() || self.run_name.is_some()
    }
}
