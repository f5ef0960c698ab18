//! Completions for shells, and pages for `man`: all commands and options are in them.

use std::fs;
use std::process::{Command, Stdio};

use crate::run::{command, feed, folder, names, run, succeed};

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let folder = folder();
    let help = succeed(folder.path(), "--help");
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list");
    let named = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let commands: Vec<String> = named.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(commands.len() > 10 && commands.contains(&"train".to_owned()), "{commands:?}");
    commands
}

/// The long options that a command's help lists.
fn options(command: &str) -> Vec<String> {
    let folder = folder();
    let help = succeed(folder.path(), &format!("{command} --help"));
    // What is said of them stands further in.
    let outer = help.lines().filter(|line| !line.starts_with(&" ".repeat(8)));
    let lines = outer.map(str::trim_start).filter(|line| line.starts_with('-'));
    let words = lines.filter_map(|line| line.split([' ', ',', '=', '[']).find(|word| word.starts_with("--")));
    words.map(str::to_owned).collect()
}

#[test]
fn completions_know_each_command_and_its_options() {
    let folder = folder();
    let commands = commands();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = succeed(folder.path(), &format!("completions {shell}"));
        for command in &commands {
            assert!(script.contains(command.as_str()), "{shell}: {command}");
        }
        for option in options("train") {
            assert!(script.contains(option.trim_start_matches('-')), "{shell}: {option}");
        }
        // Those that are installed read it.
        for (reader, args) in [("bash", ["-n"]), ("zsh", ["-n"]), ("fish", ["--no-execute"])] {
            let path = folder.path().join(shell);
            fs::write(&path, &script).unwrap();
            if reader == shell
                && let Ok(read) = Command::new(reader).args(args).arg(&path).stdin(Stdio::null()).output()
            {
                assert!(read.status.success() && read.stderr.is_empty(), "{}", String::from_utf8_lossy(&read.stderr));
            }
        }
    }
    assert_eq!(run(folder.path(), "completions tcsh").code, 2);
}

#[test]
fn bash_completes_options_and_their_values() {
    let folder = folder();
    fs::write(folder.path().join("script"), succeed(folder.path(), "completions bash")).unwrap();
    let complete = |words: &str, at: usize| {
        let ask = format!(
            "source ./script; COMP_WORDS=({words}); COMP_CWORD={at}; \
             _chainrule chainrule \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[$(({at} - 1))]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        Command::new("bash").args(["-c", &ask]).current_dir(folder.path()).stdin(Stdio::null()).output().ok()
    };
    let Some(found) = complete("chainrule train --epo", 2) else { return };
    assert_eq!(String::from_utf8_lossy(&found.stdout).trim(), "--epochs", "{found:?}");
    let found = complete("chainrule completions f", 2).expect("bash, again");
    assert_eq!(String::from_utf8_lossy(&found.stdout).trim(), "fish", "{found:?}");
}

#[test]
fn names_that_an_option_takes_are_completed_and_others_are_taken_all_the_same() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish"] {
        let script = succeed(folder.path(), &format!("completions {shell}"));
        for names in [
            "classification binary multi-label regression",
            "mean median most-frequent drop indicator",
            "sgd rmsprop adagrad adam adamw lbfgs",
            "cross-entropy binary-cross-entropy mse half-mse mae huber",
            "constant step exponential cosine restarts one-cycle plateau",
            "auto none standardize minmax robust",
            "comma semicolon tab pipe spaces",
            "c rust json npz torch onnx",
            "score test loss seconds epochs name date",
        ] {
            // Fish has them one below the other.
            let is_listed = names.split(' ').all(|name| script.contains(&format!("{name}\\t''")));
            assert!(if shell == "fish" { is_listed } else { script.contains(names) }, "{shell}: {names}");
        }
        assert!(script.contains("leaky_relu") && !script.contains("normal(STD)"), "{shell}");
    }
    // They are hints: help and what is taken are as before.
    let help = succeed(folder.path(), "train --help");
    assert!(!help.contains("possible values: classification") && !help.contains("possible values: sgd"), "{help}");
    let odd = "--loss huber(0.5) --activation leaky-relu(0.1) --init-weights normal(0.01) --schedule plateau:patience=5 \
               --validation 0.2 --task regression --missing most_frequent --preprocess robust --optimizer adamw";
    assert_eq!(run(folder.path(), &format!("train --data diabetes --epochs 1 --quiet {odd}")).code, 0);
    let refused = run(folder.path(), "train --task regresion");
    assert!(refused.code == 2 && refused.stderr.contains("did you mean \"regression\"?"), "{}", refused.stderr);
}

#[test]
fn the_manual_has_a_page_for_each_command_with_each_option() {
    let folder = folder();
    let commands = commands();
    succeed(folder.path(), "man pages/man1");
    let pages = folder.path().join("pages/man1");
    assert_eq!(names(&pages).len(), commands.iter().filter(|command| *command != "help").count() + 1);
    let mut all = fs::read_to_string(pages.join("chainrule.1")).unwrap();
    assert!(all.contains(".TH chainrule 1"), "{all}");
    for command in commands.iter().filter(|command| *command != "help") {
        let page = fs::read_to_string(pages.join(format!("chainrule-{command}.1"))).unwrap();
        let options = options(command);
        assert!(!options.is_empty() && page.contains(".SH OPTIONS"), "{command}");
        for option in options.iter().filter(|option| *option != "--version") {
            assert!(page.contains(&option.replace('-', "\\-")), "{command}: {option}");
        }
        all += &page;
    }
    // Without a folder the same, in the order of the help.
    let printed = succeed(folder.path(), "man");
    assert_eq!(printed.len(), all.len());
    assert!(printed.starts_with(&fs::read_to_string(pages.join("chainrule.1")).unwrap()));
    let groff = Command::new("groff").args(["-man", "-Tutf8", "-ww", "chainrule-train.1"]).current_dir(&pages).output();
    if let Ok(set) = groff {
        assert!(set.status.success() && set.stderr.is_empty(), "{}", String::from_utf8_lossy(&set.stderr));
    }
}

#[test]
fn a_manual_that_cannot_be_written_is_an_error_and_a_closed_pipe_is_none() {
    let folder = folder();
    fs::write(folder.path().join("file"), "").unwrap();
    let refused = run(folder.path(), "man file");
    assert!(refused.code == 1 && refused.stderr.contains("file"), "{refused:?}");
    assert_eq!(feed(folder.path(), "completions bash", b"").code, 0);
    let mut child = command(folder.path()).arg("man").stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
