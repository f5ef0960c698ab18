//! The description of the machine and of the code, for a record.

use std::fs;
use std::process::Command;

use crate::lock::LOCK;

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The versions in the lock file.
pub(crate) fn version(package: &str) -> String {
    let after = LOCK.split(&format!("name = \"{package}\"\nversion = \"")).nth(1);
    after.and_then(|rest| rest.split('"').next()).unwrap_or("of this commit").to_owned()
}

pub(crate) fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
        Some(line.split(':').nth(1)?.trim().to_owned())
    };
    let name = field("model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    match (field("cpu family"), field("model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name,
    }
}

/// The commit, `-dirty` behind it where files differ from it, other than those that a record before this one made anew.
pub(crate) fn commit() -> String {
    let commit = output("git", &["rev-parse", "HEAD"]);
    let code = ["--", ":/", ":(top,exclude)README.md", ":(top,exclude)benches/records"];
    let status = [&["status", "--porcelain", "--untracked-files=no"][..], &code].concat();
    let clean = output("git", &status).is_empty();
    if clean { commit } else { format!("{commit}-dirty") }
}

pub(crate) fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
