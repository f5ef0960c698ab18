//! The repository's README, which no package holds.

use std::path::Path;

use chainrule::trace::{Example, Shown, TextStyle, to_text};

#[test]
fn the_training_step_in_the_readme_is_the_one_that_is_traced() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap().replace("\r\n", "\n");
    let (_, rest) = readme.split_once("```text\n").unwrap();
    let (shown, _) = rest.split_once("\n```").unwrap();

    let example = Example::open(root.join("crates/chainrule/examples/worked/003_backprop.toml")).unwrap();
    let digits = example.digits().unwrap_or(TextStyle::default().digits);
    let trace = example.trace(None, Shown::All).unwrap();
    let text = to_text(&trace, &TextStyle { digits, ..TextStyle::default() });
    for quantity in shown.split("\n\n") {
        assert!(text.contains(quantity), "{quantity}\nin\n{text}");
    }
}
