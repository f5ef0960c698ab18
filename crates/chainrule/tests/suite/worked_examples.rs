//! Worked examples that are wrong: each mistake is answered with its file, its line, what was found and what was
//! expected, and nothing ever panics.

use std::path::Path;

use chainrule::trace::{Example, Shown, to_json};
use chainrule_model::random::{Purpose, Stream};

const GOOD: &str = r#"title = "a title"
inputs = [
    [1, 2],
    [3, 4],
]
targets = [[1], [0]]
loss = "half-mse"
optimizer = { name = "sgd", lr = 0.1 }
steps = 2

[[layers]]
weights = [[0.5, 1, 2], [3, 4, 5]]
bias = [0, 0, 1]
activation = "relu"

[[layers]]
outputs = 1
"#;

fn refusal(text: &str) -> String {
    match Example::parse("x.toml", text) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("taken: {text}"),
    }
}

#[test]
fn the_example_that_the_mistakes_are_made_in_is_good() {
    let trace = Example::parse("x.toml", GOOD).unwrap().trace(None, Shown::All).unwrap();
    assert_eq!((trace.steps.len(), trace.losses.len(), trace.steps_taken()), (2, 3, 2));
    assert_eq!((trace.title.as_str(), trace.element), ("a title", "f64"));
}

#[test]
fn a_mistake_is_told_with_its_line_and_what_was_expected() {
    for (good, bad, line, parts) in [
        // Missing keys.
        ("inputs = [", "input = [", 2, &["unknown key \"input\", did you mean \"inputs\"?", "one of title, notes"][..]),
        ("loss = \"half-mse\"\n", "", 1, &["no key \"loss\"", "expected loss = \"half-mse\""]),
        (
            "optimizer = { name = \"sgd\", lr = 0.1 }\n",
            "",
            1,
            &["no key \"optimizer\"", "{ name = \"sgd\", lr = 0.1 }"],
        ),
        ("targets = [[1], [0]]\n", "", 6, &["loss and no answers", "targets or labels as well"]),
        ("outputs = 1\n", "", 16, &["neither weights nor outputs in layer 2", "weights = [[..]] of (inputs, outputs)"]),
        ("name = \"sgd\", ", "", 8, &["no key \"name\"", "name = \"sgd\", say"]),
        // Unknown names.
        ("\"relu\"", "\"rellu\"", 14, &["unknown activation \"rellu\", did you mean \"relu\"?", "softmax"]),
        ("\"relu\"", "\"leaky_relu(-1)\"", 14, &["the slope of leaky_relu is -1"]),
        ("\"relu\"", "\"dense(3, 3)\"", 14, &["unknown activation \"dense(3, 3)\""]),
        ("\"half-mse\"", "\"half-mes\"", 7, &["unknown loss \"half-mes\", did you mean \"half-mse\"?"]),
        ("\"sgd\"", "\"sdg\"", 8, &["unknown optimizer \"sdg\", did you mean \"sgd\"?", "rmsprop"]),
        ("lr = 0.1", "learning-rate = 0.1", 8, &["unknown key \"learning-rate\"", "one of name, lr"]),
        ("lr = 0.1", "lr = 0.1, beta1 = 0.5", 8, &["beta1, which sgd does not have", "lr, momentum"]),
        ("bias =", "biases =", 13, &["unknown key \"biases\", did you mean \"bias\"?"]),
        ("steps = 2", "dtype = \"f23\"", 9, &["unknown element type \"f23\", did you mean \"f32\"?"]),
        ("steps = 2", "init = \"he-unifrom\"", 9, &["unknown initialiser", "did you mean \"he-uniform\"?"]),
        ("steps = 2", "init = \"normal(x)\"", 9, &["normal(STD) with a finite number"]),
        // Wrong shapes.
        ("[3, 4],\n]", "[3, 4, 5],\n]", 4, &["3 numbers in row 2", "2, as the first row has"]),
        (
            "[[0.5, 1, 2], [3, 4, 5]]",
            "[[0.5, 1, 2]]",
            12,
            &["weights of 1 x 3", "2 rows, one for each input of layer 1"],
        ),
        ("[0, 0, 1]", "[0, 0]", 13, &["a bias of 2", "3, one for each output of layer 1"]),
        ("[[1], [0]]", "[[1], [0], [1]]", 6, &["targets of 3 x 1", "2 x 1, the rows of the inputs by the outputs"]),
        ("[[1], [0]]", "[[1, 0], [0, 1]]", 6, &["targets of 2 x 2", "2 x 1"]),
        ("targets = [[1], [0]]", "labels = [0]", 6, &["1 labels", "2, one for each row of the inputs"]),
        ("targets = [[1], [0]]", "labels = [0, 1]", 6, &["label 1", "0 to 0 for 1 outputs"]),
        ("outputs = 1\n", "outputs = 1\nweights = [[1], [2], [3]]\n", 17, &["weights and outputs", "one of them"]),
        (
            "inputs = [\n    [1, 2],\n    [3, 4],\n]",
            "inputs = []",
            2,
            &["[], an array", "rows of numbers: [[1, 2], [3, 4]]"],
        ),
        ("inputs = [\n    [1, 2],\n    [3, 4],\n]", "inputs = [[], []]", 2, &["rows of numbers"]),
        // Wrong types.
        ("[[0.5, 1, 2], [3, 4, 5]]", "0.5", 12, &["0.5, a float", "rows of numbers"]),
        ("[3, 4, 5]]", "[3, \"4\", 5]]", 12, &["\"4\", a string", "a finite number"]),
        ("outputs = 1\n", "outputs = 1.5\n", 17, &["1.5, a float", "a whole number from 1 to 131072"]),
        ("outputs = 1\n", "outputs = 0\n", 17, &["0, an integer", "a whole number from 1"]),
        ("outputs = 1\n", "outputs = 99999999999999999999999\n", 17, &["a whole number from 1 to 131072"]),
        ("outputs = 1\n", "outputs = 100000\n", 16, &["400009 parameters", "at most 131072 in an example"]),
        ("steps = 2", "steps = -2", 9, &["-2, an integer", "a whole number from 0 to 100000"]),
        (
            "steps = 2",
            "steps = 2\nseed = \"x\"",
            10,
            &["\"x\", a string", "a whole number from 0 to 18446744073709551615"],
        ),
        ("steps = 2", "digits = 18", 9, &["a whole number from 1 to 17"]),
        ("\"a title\"", "3", 1, &["3, an integer", "a string"]),
        ("lr = 0.1", "lr = -0.1", 8, &["-0.1, a float", "a finite number above 0"]),
        ("lr = 0.1", "lr = 0.1, momentum = 1", 8, &["1, an integer", "a number from 0 to below 1"]),
        ("lr = 0.1", "lr = 0.1, nesterov = 1", 8, &["1, an integer", "true or false"]),
        ("lr = 0.1", "lr = 0.1, nesterov = true", 8, &["momentum 0", "more than 0, for nesterov"]),
        ("{ name = \"sgd\", lr = 0.1 }", "0.1", 8, &["0.1, a float", "{ name = \"sgd\", lr = 0.1 }"]),
        ("steps = 2", "clip-norm = 0", 9, &["0, an integer", "a finite number above 0"]),
        ("steps = 2", "clip-norm = 1\nclip-value = 1", 10, &["clip-norm and clip-value", "one of them"]),
        ("[[layers]]\noutputs", "[layers.more]\noutputs", 16, &["unknown key \"more\"", "one of weights, bias"]),
        // Not finite.
        ("[3, 4],\n]", "[3, nan],\n]", 4, &["nan, a float", "a finite number"]),
        ("0.5, 1, 2", "0.5, -inf, 2", 12, &["-inf, a float", "a finite number"]),
        ("0.5, 1, 2", "0.5, 1e999, 2", 12, &["1e999, a float", "a finite number"]),
        // What does not go together.
        ("targets = [[1], [0]]", "targets = [[1], [0]]\nlabels = [0, 0]", 7, &["targets and labels", "one of them"]),
        ("\"half-mse\"", "\"cross-entropy\"", 6, &["a sum of 0", "probabilities that add up to 1"]),
        // No TOML.
        ("steps = 2", "steps = ", 9, &["no TOML", "expected a key, a value or a [table]"]),
        ("steps = 2", "steps = 2\nsteps = 3", 10, &["no TOML", "duplicate key"]),
        ("\"a title\"", "\"a title", 1, &["no TOML"]),
    ] {
        assert_eq!(GOOD.matches(good).count(), 1, "{good:?} stands once");
        let message = refusal(&GOOD.replace(good, bad));
        assert!(message.starts_with(&format!("x.toml, line {line}, column ")), "{bad:?}: {message}");
        for part in ["found ", "expected "].iter().chain(parts) {
            assert!(message.contains(part), "{bad:?}: {part:?} in {message}");
        }
    }
}

#[test]
fn what_only_other_examples_can_get_wrong() {
    for (text, parts) in [
        ("", &["line 1, column 1", "no key \"inputs\"", "inputs = [[1, 2], [3, 4]]"][..]),
        ("inputs = [[1]]", &["no key \"layers\"", "tables: [[layers]]"]),
        ("inputs = [[1]]\nlayers = []", &["line 2, column 10", "[], an array", "at least one table"]),
        ("inputs = [[1]]\nlayers = [3]", &["line 2, column 11", "3, an integer", "at least one table"]),
        ("dtype = \"f32\"\ninputs = [[1e39]]", &["line 2, column 12", "1e39, a float", "a number that f32 can hold"]),
        (
            "inputs = [[1]]\nlabels = [1]\nloss = \"cross-entropy\"\nsteps = 0\n\
             layers = [{ outputs = 2, activation = \"softmax\" }]",
            &["line 3, column 8", "cross-entropy behind softmax", "no softmax"],
        ),
        (
            "inputs = [[1]]\ntargets = [[0.5, 0.6]]\nloss = \"cross-entropy\"\nsteps = 0\nlayers = [{ outputs = 2 }]",
            &["line 2, column 12", "a sum of 1.1", "probabilities"],
        ),
        ("inputs = [[1]]\n# \u{e9}\u{e9}\nlayers = \"\u{e9}\"", &["line 3, column 10", "\"\u{e9}\", a string"]),
    ] {
        let message = refusal(text);
        for part in parts {
            assert!(message.contains(part), "{text:?}: {part:?} in {message}");
        }
    }
}

#[test]
fn steps_that_cannot_be_taken_are_refused() {
    let forward = Example::parse("x.toml", "inputs = [[1]]\nlayers = [{ weights = [[2]] }]").unwrap();
    assert_eq!(forward.steps(), None);
    assert!(forward.trace(None, Shown::All).unwrap().losses.is_empty());
    let error = forward.trace(Some(3), Shown::All).unwrap_err().to_string();
    assert_eq!(error, "steps: found 3 of an example without targets or labels, expected 0");
    let text = "inputs = [[1]]\ntargets = [[1]]\nloss = \"mse\"\nsteps = 0\nlayers = [{ weights = [[2]] }]";
    let judged = Example::parse("x.toml", text).unwrap();
    assert_eq!(judged.trace(None, Shown::All).unwrap().losses, [1.0]);
    let error = judged.trace(Some(3), Shown::All).unwrap_err().to_string();
    assert_eq!(error, "steps: found 3 of an example without an optimizer, expected 0");
    let good = Example::parse("x.toml", GOOD).unwrap();
    assert_eq!(good.trace(Some(5), Shown::Step(5)).unwrap().steps[0].number, 5);
    let error = good.trace(Some(5), Shown::Step(6)).unwrap_err().to_string();
    assert_eq!(error, "step: found 6, expected one of the steps taken, 1 to 5");
}

#[test]
fn weights_without_numbers_are_drawn_by_seed_and_initialiser() {
    let example = |keys: &str| Example::parse("x.toml", &format!("{keys}\n{GOOD}")).unwrap();
    let drawn = |keys: &str| {
        let trace = example(keys).trace(None, Shown::All).unwrap();
        let w = |name| trace.steps[0].quantity("parameters", name).unwrap().value.values().to_vec();
        assert_eq!(w("W1"), [0.5, 1.0, 2.0, 3.0, 4.0, 5.0], "weights that are given stay");
        w("W2")
    };
    assert_eq!(drawn("seed = 1"), drawn("seed = 0x1"));
    assert_ne!(drawn("seed = 1"), drawn("seed = 2"));
    assert_eq!(drawn("init = \"zeros\""), [0.0; 3]);
    assert_ne!(drawn("init = \"normal(0.01)\""), drawn("init = \"he-normal\""));
    assert!(drawn("init = \"normal(0.01)\"").iter().all(|w| w.abs() < 0.1));
}

#[test]
fn every_optimiser_and_its_settings_are_understood() {
    for (written, meant) in [
        ("\"adam\"", "adam with learning rate 0.001"),
        ("{ name = \"adam\", lr = 0.01, beta2 = 0.99 }", "adam with learning rate 0.01, beta2 0.99"),
        ("{ name = \"adamw\", weight-decay = 0 }", "adamw with learning rate 0.001, weight decay 0"),
        ("{ name = \"rmsprop\", alpha = 0.9 }", "rmsprop with learning rate 0.01, alpha 0.9"),
        (
            "{ name = \"sgd\", lr = 1, momentum = 0.9, nesterov = true }",
            "sgd with learning rate 1, momentum 0.9, nesterov",
        ),
    ] {
        let text = GOOD.replace("{ name = \"sgd\", lr = 0.1 }", written);
        let trace = Example::parse("x.toml", &text).unwrap().trace(None, Shown::All).unwrap();
        assert_eq!(trace.update.unwrap().optimizer.to_string(), meant);
    }
}

#[test]
fn a_file_that_is_no_text_is_told_from_one_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.toml");
    let message = |path: &Path| Example::open(path).unwrap_err().to_string();
    assert!(message(&path).contains("cannot read"), "{}", message(&path));
    std::fs::write(&path, b"title = \"\xff\"").unwrap();
    assert!(message(&path).contains("x.toml, byte 9: found 0xff, expected text in UTF-8"), "{}", message(&path));
    assert!(message(folder.path()).contains("cannot read"));
}

/// Reads it and, when it is taken, computes it: neither may panic.
fn try_out(text: &str) -> bool {
    let Ok(example) = Example::parse("x.toml", text) else { return false };
    let steps = example.steps().map(|steps| steps.min(3));
    let trace = example.trace(steps, Shown::All).unwrap_or_else(|error| panic!("{error}: {text}"));
    serde_json::from_str::<serde_json::Value>(&to_json(&trace)).unwrap();
    true
}

fn shipped() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/worked");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    ["000_labels_for_inputs.toml", "002_by_hand.toml", "003_backprop.toml"].map(read).to_vec()
}

#[test]
fn no_truncation_panics() {
    for text in shipped().iter().map(String::as_str).chain([GOOD]) {
        assert!(try_out(text));
        // Whole lines of comments and spaces may be cut away; of numbers and words nothing may.
        let taken = (0..text.len()).filter(|&end| text.is_char_boundary(end) && try_out(&text[..end])).count();
        assert!(taken < text.len() / 2, "{taken} of {} truncations were taken", text.len());
    }
}

#[test]
fn no_mutation_panics() {
    const PIECES: &[&str] = &[
        "[", "]", "{", "}", "=", ",", "\"", "'", "\n", "0", "-", "9", ".", "e", "nan", "inf", "1e308", "[[", "#",
        "\u{e9}", "true", "99999999",
    ];
    let mut stream = Stream::new(5, Purpose::Synthetic, 0);
    let mut taken = 0;
    for text in shipped() {
        for _ in 0..3000 {
            let mut characters: Vec<String> = text.chars().map(String::from).collect();
            for _ in 0..1 + stream.below(3) {
                let at = stream.below(characters.len() as u64) as usize;
                let piece = PIECES[stream.below(PIECES.len() as u64) as usize].to_owned();
                match stream.below(3) {
                    0 => characters[at] = piece,
                    1 => characters.insert(at, piece),
                    _ => drop(characters.remove(at)),
                }
            }
            taken += usize::from(try_out(&characters.concat()));
        }
    }
    assert!(taken > 100, "only {taken} mutations were taken: what is computed was hardly tried");
}
