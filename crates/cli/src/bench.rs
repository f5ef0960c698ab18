//! `chainrule bench`: this machine's limits, and what products and training steps reach of them.

use std::time::Duration;

use chainrule::bench::measure;

use crate::args::BenchArgs;
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::output::Output;

/// How long each of some thirty numbers is measured.
const EFFORT: Duration = Duration::from_millis(150);
const QUICK_EFFORT: Duration = Duration::from_millis(5);

pub(crate) fn run(args: &BenchArgs) -> Result<(), Failure> {
    Files::default().output("--out", args.out.as_deref()).check()?;
    let record = measure(if args.quick { QUICK_EFFORT } else { EFFORT })?;
    if let Some(out) = &args.out {
        files::write(out, |file| Ok(writeln!(file, "{}", serde_json::to_string_pretty(&record)?)?))?;
    }
    let mut output = Output::new(args.json, false);
    output.say(&record);
    output.json(&record);
    if let Some(out) = &args.out {
        output.say(format_args!("wrote {}", out.display()));
    }
    output.finish()
}
