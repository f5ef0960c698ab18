//! The program; everything is in `lib.rs`, which says why.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    chainrule_cli::run()
}
