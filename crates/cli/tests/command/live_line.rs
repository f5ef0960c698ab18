//! What is drawn while `train` runs: one line on a terminal, nothing elsewhere.
#![cfg(unix)]

use std::process::{Command, Stdio};

use crate::run::{command, folder};

const TRAIN: &str = "train --data moons --epochs 300 --patience 300 --no-refit --seed 1";

/// What a terminal of so many columns gets; `None` where no `script` makes one.
fn on_terminal(columns: usize, variables: &[(&str, &str)]) -> Option<String> {
    let folder = folder();
    let said = format!("stty rows 24 cols {columns}; {} {TRAIN}", env!("CARGO_BIN_EXE_chainrule"));
    let mut script = Command::new("script");
    script.args(["-qec", &said, "/dev/null"]).current_dir(folder.path()).stdin(Stdio::null());
    script.env_remove("NO_COLOR").env("TERM", "xterm").envs(variables.iter().copied());
    let output = script.output().ok()?;
    // BSD's has other options.
    output.status.success().then(|| String::from_utf8(output.stdout).expect("UTF-8"))
}

/// Without what moves the cursor and colours.
fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let end = |part: &str| part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |at| at + 1);
    parts.fold(first, |text, part| text + &part[end(part)..])
}

/// The states of the live line.
fn drawn(text: &str) -> Vec<String> {
    let states = plain(text);
    states
        .split(['\r', '\n'])
        .filter(|line| line.starts_with("epoch "))
        .map(|line| line.trim_end().to_owned())
        .collect()
}

#[test]
fn a_terminal_shows_losses_and_the_time_that_remains_within_its_width() {
    for columns in [40, 80, 200] {
        let Some(text) = on_terminal(columns, &[]) else { return };
        let states = drawn(&text);
        assert!(states.len() > 10, "{text}");
        let widest = states.iter().map(|state| state.chars().count()).max().unwrap();
        assert!(widest <= columns, "{widest} of {columns}: {states:?}");
        assert!(states.iter().any(|state| state.ends_with(" s left")), "{states:?}");
        let with_sparks = states.iter().filter(|state| state.contains('█') && state.contains("val loss")).count();
        assert_eq!(with_sparks > 0, columns >= 80, "{states:?}");
    }
}

#[test]
fn no_color_takes_the_colours_and_leaves_the_line() {
    let Some(text) = on_terminal(80, &[("NO_COLOR", "1")]) else { return };
    assert!(!text.contains("\u{1b}[32m") && !drawn(&text).is_empty(), "{text}");
    let text = on_terminal(80, &[]).expect("script, again");
    assert!(text.contains("\u{1b}[32m"), "the best epochs are green: {text}");
    let text = on_terminal(80, &[("TERM", "dumb")]).expect("script, again");
    assert!(drawn(&text).is_empty(), "{text}");
}

#[test]
fn without_a_terminal_there_are_plain_lines() {
    let folder = folder();
    let output = command(folder.path()).args(TRAIN.split(' ')).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!output.stdout.contains(&0x1b) && !output.stdout.contains(&b'\r'));
}
