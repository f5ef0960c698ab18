//! The options of `chainrule bench`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  chainrule bench
  chainrule bench --out record.json
  CHAINRULE_KERNEL=f32_6x16_avx2 chainrule bench --quick

Shares are of the peak: multiply-adds in registers, with the kernel that is used. Everything is the best of several samples.";

/// Measure this machine: the peak of its multiply-adds, how fast memory is read, and what products and training steps reach
/// of it on one thread
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    /// Write the record as JSON: processor, caches, kernel, date, version and every number
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Take a thirtieth of the time for each number: about a second in all, less exact
    #[arg(long)]
    pub(crate) quick: bool,
    /// Print the record as one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}
