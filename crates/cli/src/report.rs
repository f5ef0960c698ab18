//! Error messages on stderr and exit codes. 1: the run failed. 2: bad usage. 128 + signal: ended by a signal before
//! there was anything to save.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::error::Error;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;
use serde::Serialize;

use crate::args::Cli;
use crate::escape::shown;
use crate::failure::Failure;
use crate::output::{Output, tell};

/// Prints on stderr why the subcommand `command` failed.
pub(crate) fn report(failure: Failure, command: &str) -> ExitCode {
    match failure {
        // In the form of clap's own errors.
        Failure::Usage(message) => {
            let mut cli = Cli::command();
            cli.build();
            let command = cli.find_subcommand_mut(command).expect("the command that ran");
            say_usage(&command.error(ErrorKind::ArgumentConflict, shown(message)))
        }
        Failure::Run(error) => {
            let message = format!("{}{}", shown(in_options(with_sources(&error))), hint(&error));
            tell(format_args!("error: {message}"));
            say_json("run", &message, 1);
            ExitCode::from(1)
        }
        Failure::Found => ExitCode::from(1),
        Failure::Stopped(signal) => ExitCode::from(signal.exit_code() as u8),
        Failure::Output(error) => no_output(&error),
        Failure::Interrupted(signal) => {
            let message = format!("stopped by {} before the first step: nothing is saved", signal.name());
            tell(format_args!("error: {message}"));
            say_json("interrupted", &message, signal.exit_code());
            ExitCode::from(signal.exit_code() as u8)
        }
    }
}

/// The last JSON line of a command that failed, beside the message on stderr.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "error")]
struct ErrorLine<'a> {
    /// `run`, `usage` or `interrupted`.
    kind: &'a str,
    message: &'a str,
    exit_code: i32,
}

/// Prints it where JSON is asked for: also where the arguments make no sense otherwise.
fn say_json(kind: &str, message: &str, exit_code: i32) {
    if std::env::args_os().skip(1).take_while(|arg| arg != "--").any(|arg| arg == "--json") {
        Output::new(true, false).json(&ErrorLine { kind, message, exit_code });
    }
}

fn no_output(error: &io::Error) -> ExitCode {
    tell(format_args!("error: cannot write to standard output: {error}"));
    ExitCode::from(1)
}

/// Prints clap's message: help or version on standard output, an error in the arguments on stderr.
pub(crate) fn say_usage(said: &clap::Error) -> ExitCode {
    if said.use_stderr() {
        let text = said.to_string();
        let message = text.split("\n\n").next().unwrap_or_default().trim_start_matches("error: ").trim_end();
        say_json("usage", message, said.exit_code());
    }
    let is_safe = |arg: std::ffi::OsString| arg.to_str().is_some_and(|arg| shown(arg) == arg);
    if said.use_stderr() && !std::env::args_os().all(is_safe) {
        // Clap quotes arguments unescaped; without its own colours, every escape can be removed.
        tell(said.to_string().trim_end());
        return ExitCode::from(said.exit_code() as u8);
    }
    match said.print().and_then(|()| io::stdout().flush()) {
        Err(error) if !said.use_stderr() && error.kind() != io::ErrorKind::BrokenPipe => no_output(&error),
        _ => ExitCode::from(said.exit_code() as u8),
    }
}

/// A panic is a bug in this program: prints what a bug report needs on stderr. The exit code is Rust's, 101.
pub(crate) fn report_panic(panic: &PanicHookInfo<'_>) {
    tell(format_args!("error: a bug in chainrule {}: {panic}", env!("CARGO_PKG_VERSION")));
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        tell(trace);
    }
}

/// A message of the library's, its settings named as options.
pub(crate) fn in_options(message: String) -> String {
    let settings = [
        ("task", "--task"),
        ("loss", "--loss"),
        ("unknown", "--unknown"),
        ("header", "--header"),
        ("delimiter", "--delimiter"),
        ("decimal", "--decimal"),
        ("missing", "--missing"),
        ("drop", "--drop"),
        ("features", "--features"),
        ("categories", "--categories"),
        ("na_as_text", "--na-as-text"),
        ("skip_lines", "--skip-lines"),
        ("log1p", "--log1p"),
        ("dtype", "--dtype"),
    ];
    settings.iter().fold(message, |message, (setting, option)| {
        // Not in the middle of another word, such as `--task = `.
        message
            .replace(&format!(" {setting} = "), &format!(" {option} "))
            .replace(&format!("({setting} = "), &format!("({option} "))
    })
}

/// The option that helps, which the library's message does not know.
fn hint(error: &chainrule::Error) -> String {
    let option = match error {
        chainrule::Error::LayerOrder { orders, .. } => {
            let short = orders.first().filter(|order| !order.contains("..."));
            let names = short.map_or("fc1,bn1,fc2".to_owned(), |order| shown(order.replace(", ", ",")));
            return format!(", with --layers {names} for example");
        }
        chainrule::Error::ActivationNeeded { .. } => ", with --activation relu for example",
        chainrule::Error::OverLimit { .. } => ", with --max-bytes 16G for example",
        chainrule::Error::Argument { name: "folder of checkpoints", .. } => ": train --resume goes on with it",
        chainrule::Error::OtherRun { differences, .. }
            if differences.iter().any(|found| found.starts_with("epochs: ")) =>
        {
            ": to train longer, begin from its model, train --from FILE --epochs N"
        }
        chainrule::Error::Missing { .. } => {
            ": --missing median for example (for a model that was trained on rows that lacked nothing: --missing drop)"
        }
        _ => "",
    };
    option.to_owned()
}

/// The message, followed by those of its sources that it does not already contain.
fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_once() {
        let source = io::Error::other("the disk is tired");
        let error = chainrule::Error::Io { path: "x.npy".into(), action: "read", source };
        assert_eq!(with_sources(&error), "cannot read x.npy: the disk is tired");
    }
}
