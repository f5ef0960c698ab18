//! The notebooks' examples, traced from the files that are shipped: every number that the notebooks print, to the digits
//! that they print, and the true number where they are wrong. What hangs on an unseeded generator is not here.

use std::path::{Path, PathBuf};

use chainrule::trace::{Example, Matrix, Shown, TextStyle, Trace, to_text};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/worked").join(name)
}

fn trace(name: &str) -> Trace {
    Example::open(file(name)).unwrap().trace(None, Shown::All).unwrap()
}

/// As `chainrule trace FILE` prints it.
fn text(name: &str) -> String {
    let digits = Example::open(file(name)).unwrap().digits().unwrap_or(TextStyle::default().digits);
    to_text(&trace(name), &TextStyle { digits, ..TextStyle::default() })
}

#[track_caller]
fn value<'t>(trace: &'t Trace, section: &str, name: &str) -> &'t Matrix {
    let found = trace.steps[0].quantity(section, name);
    &found.unwrap_or_else(|| panic!("no {name} in {section}")).value
}

/// Compares with what NumPy printed, brackets and all: eight decimals, of the mantissa where there is an exponent, and
/// zeros at the end left out.
#[track_caller]
fn assert_printed(found: &Matrix, printed: &str) {
    let words: Vec<&str> =
        printed.split(|c: char| c.is_whitespace() || "[]".contains(c)).filter(|w| !w.is_empty()).collect();
    assert_eq!(words.len(), found.values().len(), "{printed} and {found:?}");
    for (word, value) in words.iter().zip(found.values()) {
        let shown: f64 = word.parse().unwrap();
        let exponent: i32 = word.split_once('e').map_or(0, |(_, exponent)| exponent.parse().unwrap());
        let half = 0.5 * 10f64.powi(exponent - 8);
        assert!((value - shown).abs() <= half * (1.0 + 1e-6), "{value} is not printed as {word}");
    }
}

/// Compares with a number that Python printed with all its digits.
#[track_caller]
fn assert_whole(found: f64, printed: &str) {
    assert_eq!(found.to_string(), printed);
}

#[test]
fn notebook_001_the_training_step() {
    let trace = trace("001_backprop.toml");
    let gradient = |name| value(&trace, "backward", name);
    // In [5], its output.
    assert_eq!(format!("Initial loss: {:.4}", trace.losses[0]), "Initial loss: 0.6931");
    assert_printed(
        gradient("dL/dW1"),
        "[[-0.00110582  0.          0.          0.        ]
          [-0.00110572  0.          0.          0.        ]]",
    );
    assert_printed(gradient("dL/db1"), "[[2.51779054e-08 0.00000000e+00 0.00000000e+00 0.00000000e+00]]");
    assert_printed(
        gradient("dL/dW2"),
        "[[-0.0001896  0.0001896]
          [ 0.         0.       ]
          [ 0.         0.       ]
          [ 0.         0.       ]]",
    );
    assert_printed(gradient("dL/db2"), "[[ 0.16666477 -0.16666477]]");
    let text = text("001_backprop.toml");
    for printed in ["0.693149697", "-0.00110581894", "-0.00110571822", "2.51779054e-8", "0.166664769"] {
        assert!(text.contains(printed), "{printed} in {text}");
    }
}

#[test]
fn notebook_001_the_prediction() {
    let trace = trace("001_predict.toml");
    // In [None], "Perform forward propagation": its output was not kept, but the generator is seeded.
    assert_eq!(value(&trace, "loss", "class").values(), [1.0; 6]);
    assert_eq!(trace.given("label").unwrap().value.values(), [1.0, 1.0, 1.0, 1.0, 1.0, 0.0]);
    let accuracy = value(&trace, "loss", "accuracy").values()[0];
    assert_eq!(format!("Accuracy: {:.2}%", 100.0 * accuracy), "Accuracy: 83.33%");
    assert_printed(
        value(&trace, "loss", "P"),
        "0.49982386 0.50017614 0.49989937 0.50010063 0.49985741 0.50014259 0.49986471 0.50013529 0.49965711 0.50034289
         0.49972313 0.50027687",
    );
    assert!(trace.steps[0].quantity("backward", "dL/dW1").is_none() && trace.update.is_none());
    assert!(text("001_predict.toml").contains("right in 5 of 6 rows, 83.33 %"));
}

#[test]
fn notebook_002_every_cell_worked_by_hand() {
    let trace = trace("002_by_hand.toml");
    let forward = |name| value(&trace, "forward", name);
    let backward = |name| value(&trace, "backward", name);
    assert_printed(forward("Z1"), "[[-1.6268452 , -0.47459331, -1.30367768,  1.66202155]]".replace(',', "").as_str()); // In [54]
    assert_printed(forward("A1"), "[[0. 0. 0. 1.66202155]]"); // In [55]
    assert_printed(forward("Z2"), "[[ 0.07618707 -0.20943689 -0.64248521]]"); // In [57]
    assert_printed(forward("A2"), "[[0.07618707 0. 0.]]"); // In [58]
    assert_printed(forward("Z3"), "[[0.02087392]]"); // In [61]
    assert_printed(forward("A3"), "[[0.50521829]]"); // In [70]
    assert_whole(trace.losses[0], "0.12240446941668841"); // In [71]
    assert_printed(backward("dL/dA3"), "[[-0.49478171]]"); // In [93], loss_wrt_a3
    assert_printed(backward("dL/dZ3"), "[[-0.12368195]]"); // In [94], a3_wrt_z3
    assert_printed(backward("dL/dW3"), "[[-0.00942297] [ 0. ] [ 0. ]]"); // In [97], z3_wrt_a2
    assert_printed(backward("dL/dA2"), "[[-0.03388669 0.1092181 0.06297137]]"); // In [100], z3_wrt_a2_we
    assert_printed(backward("dL/dZ2"), "[[-0.03388669 0. 0.]]"); // In [103], a2_wrt_z2
    assert_printed(
        backward("dL/dW2"), // In [106], z2_wrt_a1
        "[[ 0. 0. 0. ] [ 0. 0. 0. ] [ 0. 0. 0. ] [-0.05632041 0. 0. ]]",
    );
    assert_printed(backward("dL/dA1"), "[[-0.00634456 -0.02948495 0.0199642 -0.00155337]]"); // In [108], z2_wrt_a1_we
    assert_printed(backward("dL/dZ1"), "[[-0. -0. 0. -0.00155337]]"); // In [110], a1_wrt_z1
    assert_printed(backward("dL/dW1"), "[[ 0. 0. 0. -0.00155337] [ 0. 0. 0. -0.00310673]]"); // In [112], z1_wrt_w1
    let text = text("002_by_hand.toml");
    for printed in ["-1.6268452", "0.50521829", "-0.49478171", "0.1092181 ", "-0.0031067321"] {
        assert!(text.contains(printed), "{printed} in {text}");
    }
}

#[test]
fn notebook_002_the_class_of_the_loss_has_the_other_sign() {
    let trace = trace("002_by_hand.toml");
    let (y, t) = (value(&trace, "forward", "A3").values()[0], trace.given("T").unwrap().value.values()[0]);
    let true_gradient = value(&trace, "backward", "dL/dA3").values()[0];
    // In [44]: `return (self.True_lables - self.predicted) / self.True_lables.shape[0]`.
    let of_the_class = (t - y) / 1.0;
    assert_eq!(true_gradient, -of_the_class);
    assert!(true_gradient < 0.0 && trace.losses[1] < trace.losses[0], "a step down makes the loss smaller");
    assert!(trace.notes.contains("wrong sign"));
}

#[test]
fn notebook_003_the_layer() {
    // In [21].
    assert_printed(value(&trace("003_layer.toml"), "forward", "A1"), "[[5.6 ] [6.89] [8.07]]");
    assert!(text("003_layer.toml").contains("[ 5.6  6.89  8.07 ]"));
}

#[test]
fn notebook_003_the_forward_pass() {
    let trace = trace("003_forward.toml");
    // In [19].
    assert_printed(value(&trace, "forward", "A1"), "[[ 9.12  10.384 11.045]]");
    assert_printed(value(&trace, "forward", "A2"), "[[11.3353   21.645588]]");
    assert_whole(value(&trace, "forward", "A3").values()[0], "30.37543");
    assert!(text("003_forward.toml").contains("[ 30.37543 ]"));
}

#[test]
fn notebook_003_the_training_step() {
    let trace = trace("003_backprop.toml");
    let (forward, after) = (|name| value(&trace, "forward", name), |name| value(&trace, "update", name));
    // In [16], its output.
    assert_printed(forward("Z1"), "[[3.99 3.29 2.59]]");
    assert_printed(forward("Z2"), "[[5.4552 6.4972]]");
    let predicted = forward("Z3").values()[0];
    assert_eq!(format!("{predicted:.3}"), "7.188");
    assert_eq!(format!("{:.3}", 1.0 - predicted), "-6.188");
    assert_printed(
        after("W1"),
        "[[ 0.1570487   0.03662708  0.00382068]
          [ 0.0540974  -0.09674583 -0.36235864]
          [ 0.2411461  -0.28011875 -1.07853796]]",
    );
    assert_printed(
        after("W2"),
        "[[-0.51482241 -1.42964483]
          [-0.33187111 -1.11374223]
          [-0.08891981 -0.30783963]]",
    );
    assert_printed(after("W3"), "[[-3.04587851] [-3.36070646]]");
    assert_printed(after("b3"), "[0.4811632]");
}

/// Its `np.sum(dL_dz_current)` adds over the neurons of a hidden layer, for which the output layer has only one.
#[test]
fn notebook_003_hidden_biases_move_each_by_its_own_gradient() {
    let trace = trace("003_backprop.toml");
    for (bias, truth, printed) in [
        ("b1", &[0.8570486992, 1.8366270848, 0.60382068064][..], &[0.29749646, 1.29749646, 0.29749646][..]),
        ("b2", &[1.795783856, 2.591567712], &[1.38735157, 2.38735157]),
    ] {
        let after = value(&trace, "update", bias).values();
        let before = value(&trace, "parameters", bias).values();
        let gradient = value(&trace, "backward", &format!("dL/d{bias}")).values();
        let summed: f64 = gradient.iter().sum();
        for i in 0..truth.len() {
            assert!((after[i] - truth[i]).abs() < 1e-10, "{bias}: {} is not {}", after[i], truth[i]);
            assert!((after[i] - printed[i]).abs() > 0.1, "{bias}: the printed number is not the true one");
            let as_the_notebook = before[i] - 0.1 * summed;
            assert!((as_the_notebook - printed[i]).abs() < 0.5e-8, "{bias}: that is not how it came about");
        }
    }
    // It says learning_rate = 0.01; with that, W3 would have become another.
    let w3 = value(&trace, "parameters", "W3").values()[0] - 0.01 * value(&trace, "backward", "dL/dW3").values()[0];
    assert!((w3 - -3.04587851).abs() > 1.0);
    assert!(trace.notes.contains("0.01") && trace.notes.contains("np.sum"));
}

#[test]
fn notebook_000_labels_are_no_inputs() {
    let trace = trace("000_labels_for_inputs.toml");
    let (x, dz) = (&trace.given("X").unwrap().value, value(&trace, "backward", "dL/dZ1"));
    let dw = value(&trace, "backward", "dL/dW1");
    let labels = trace.given("label").unwrap().value.values();
    for j in 0..dz.cols() {
        // `np.dot(x.T, delta1)`, x being the labels: one row, which NumPy then takes for every input alike.
        let with_labels: f64 = (0..dz.rows()).map(|row| labels[row] * dz.get(row, j)).sum();
        for i in 0..x.cols() {
            let with_inputs: f64 = (0..dz.rows()).map(|row| x.get(row, i) * dz.get(row, j)).sum();
            assert!((dw.get(i, j) - with_inputs).abs() < 1e-15);
            assert!(with_inputs == 0.0 || (with_inputs - with_labels).abs() > 1e-4, "{i}, {j}");
        }
    }
    assert!(dw.values().iter().any(|dw| *dw != 0.0));
    assert!(trace.notes.contains("self.backward(y)"));
}

#[test]
fn every_file_is_an_example_with_a_title_and_a_note() {
    let mut names: Vec<PathBuf> = std::fs::read_dir(file("")).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    assert_eq!(names.len(), 8, "{names:?}");
    for path in names {
        let trace = Example::open(&path).unwrap().trace(None, Shown::All).unwrap();
        assert!(!trace.title.is_empty() && !trace.notes.is_empty(), "{}", path.display());
        assert!(trace.losses.iter().all(|loss| loss.is_finite()), "{}", path.display());
    }
}

/// The first block of this language in a Markdown file.
fn block(markdown: &str, language: &str) -> String {
    let (_, rest) = markdown.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

#[test]
fn the_readme_of_the_examples_shows_what_is_true() {
    let readme = std::fs::read_to_string(file("README.md")).unwrap();
    let example = Example::parse("README.md", &block(&readme, "toml")).unwrap();
    let trace = example.trace(Some(50), Shown::All).unwrap();
    assert!(trace.losses[50] < trace.losses[0], "the neuron does not learn");
    // Every key that is known is in the tables.
    for text in ["x = 1", "inputs = [[1]]\nlayers = [{ x = 1 }]"] {
        let message = Example::parse("", text).unwrap_err().to_string();
        let keys: Vec<&str> = message.split_once("expected one of ").unwrap().1.split(", ").collect();
        keys.iter().for_each(|key| assert!(readme.contains(&format!("`{key}`")), "{key}"));
    }
    for name in std::fs::read_dir(file("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
        assert!(name == "README.md" || readme.contains(&format!("`{name}`")), "{name}");
    }
}
