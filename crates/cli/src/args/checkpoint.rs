//! The options of `train` about checkpoints.

use std::path::PathBuf;

use chainrule::train::Every;
use clap::Args;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Checkpoints")]
pub(crate) struct CheckpointArgs {
    /// Write checkpoints to this folder, from which --resume goes on to the bits of a run that was not interrupted
    #[arg(long, value_name = "FOLDER")]
    pub(crate) checkpoint: Option<PathBuf>,
    /// How often: 30s, 5m, 1h, a number of steps (500) or of epochs (2epochs) [default: 30s]
    #[arg(long, value_name = "WHEN")]
    pub(crate) every: Option<Every>,
    /// How many stay, the last ones [default: 2]
    #[arg(long, value_name = "N", value_parser = crate::values::count, allow_negative_numbers = true)]
    pub(crate) keep: Option<usize>,
    /// Go on with the run of this folder, one of --checkpoint or --run, from its newest checkpoint. The other options are those of the
    /// run, or given as they were; --threads, --memory, --save, --json, --quiet, --verbose, --every and --keep may be new
    #[arg(long, value_name = "FOLDER")]
    pub(crate) resume: Option<PathBuf>,
}
