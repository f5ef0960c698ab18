//! The options of `chainrule man`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  chainrule man | man -l -
  chainrule man ~/.local/share/man/man1 && man chainrule-train";

/// Write the manual: a page for the program and one for each command
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ManArgs {
    /// Write chainrule.1, chainrule-train.1 and so on to this folder, which is created if need be [default: all pages to
    /// standard output]
    #[arg(value_name = "DIR")]
    pub(crate) folder: Option<PathBuf>,
}
