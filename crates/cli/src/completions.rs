//! `chainrule completions`: the script by which a shell completes the command line.

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "chainrule", &mut script);
    let mut output = Output::new(false, false);
    output.write(|out| out.write_all(&script));
    output.finish()
}
