//! The text of a trace, for a terminal and in Markdown, of a step small enough to check by hand.

use chainrule_explain::trace::{
    MarkdownStyle, RowWords, TextStyle, Trace, TraceRequest, significant, to_markdown, to_text, trace,
};
use chainrule_model::{Loss, MatRef, Mlp, Optimizer, TargetsRef};

/// Two rows through 2-2-1 and one step.
fn small(steps: usize) -> Trace {
    let mut mlp = Mlp::builder(2).dense(2).relu().dense(1).build_as::<f64>().unwrap();
    mlp.params_mut().copy_from_slice(&[1.0, -0.5, 0.25, 2.0, 0.5, 0.0, 2.0, -1.0, 0.125]);
    let (x, t) = ([1.0, 2.0, -4.0, 1.0], [1.0, 0.0]);
    let request = TraceRequest {
        targets: Some(TargetsRef::Values(MatRef::new(&t, 2, 1))),
        loss: Loss::Mse,
        update: Optimizer::Sgd { lr: 0.5 }.into(),
        steps,
        shown: 1..=steps,
        ..TraceRequest::forward(MatRef::new(&x, 2, 2))
    };
    let mut found = trace(&mut mlp, &request).unwrap();
    found.title = "A small step".to_owned();
    found.notes = "Two rows.\n".to_owned();
    found
}

fn style() -> TextStyle {
    TextStyle { digits: 4, ..TextStyle::default() }
}

const TEXT: &str = "\
A small step
dense(2, 2), relu, dense(2, 1); mse; sgd with learning rate 0.5; f64
Two rows.

Side by side is the product of matrices, * multiplies number by number, ^T transposes.

-- summary --

L = 7.578 before step 1, 939.2 after it
row 1: target 1, answer 0.625
row 2: target 0, answer -3.875

-- given --

X                                       the inputs, (2, 2)
    [  1  2 ]
    [ -4  1 ]

T                                       the targets, (2, 1)
    [ 1 ]
    [ 0 ]

-- parameters --

W1                                      weights of layer 1, (2, 2)
    [ 1     -0.5 ]
    [ 0.25   2   ]

b1                                      bias of layer 1, (1, 2)
    [ 0.5  0 ]

W2                                      weights of layer 2, (2, 1)
    [  2 ]
    [ -1 ]

b2                                      bias of layer 2, (1, 1)
    [ 0.125 ]

-- forward --

Z1 = X W1 + b1                          weighted sums of layer 1, (2, 2)
    [  1  2 ] [ 1     -0.5 ] + [ 0.5  0 ]  =  [  2     3.5 ]
    [ -4  1 ] [ 0.25   2   ]                  [ -3.25  4   ]

A1 = relu(Z1)                           activations of layer 1, (2, 2)
    relu([  2     3.5 ])  =  [ 2  3.5 ]
         [ -3.25  4   ]      [ 0  4   ]

Z2 = A1 W2 + b2                         weighted sums of layer 2, the output, (2, 1)
    [ 2  3.5 ] [  2 ] + [ 0.125 ]  =  [  0.625 ]
    [ 0  4   ] [ -1 ]                 [ -3.875 ]

-- loss --

L = sum((Z2 - T)^2) / n                 the loss: the mean of the squared errors, n in number
    sum(([  0.625 ] - [ 1 ])^2) / 2  =  7.578
         [ -3.875 ]   [ 0 ]

-- backward --

dL/dZ2 = 2 * (Z2 - T) / n               gradient by the output, (2, 1)
    2 * ([  0.625 ] - [ 1 ]) / 2  =  [ -0.375 ]
         [ -3.875 ]   [ 0 ]          [ -3.875 ]

dL/dW2 = A1^T dL/dZ2                    gradient by the weights of layer 2, (2, 1)
    [ 2    0 ] [ -0.375 ]  =  [  -0.75 ]
    [ 3.5  4 ] [ -3.875 ]     [ -16.81 ]

dL/db2 = sum_of_rows(dL/dZ2)            gradient by the bias of layer 2, (1, 1)
    sum_of_rows([ -0.375 ])  =  [ -4.25 ]
                [ -3.875 ]

dL/dA1 = dL/dZ2 W2^T                    back through the weights of layer 2, (2, 2)
    [ -0.375 ] [ 2  -1 ]  =  [ -0.75  0.375 ]
    [ -3.875 ]               [ -7.75  3.875 ]

dL/dZ1 = dL/dA1 * (Z1 > 0)              back through relu, (2, 2)
    [ -0.75  0.375 ] * ([  2     3.5 ] > 0)  =  [ -0.75  0.375 ]
    [ -7.75  3.875 ]    [ -3.25  4   ]          [  0     3.875 ]

dL/dW1 = X^T dL/dZ1                     gradient by the weights of layer 1, (2, 2)
    [ 1  -4 ] [ -0.75  0.375 ]  =  [ -0.75  -15.12  ]
    [ 2   1 ] [  0     3.875 ]     [ -1.5     4.625 ]

dL/db1 = sum_of_rows(dL/dZ1)            gradient by the bias of layer 1, (1, 2)
    sum_of_rows([ -0.75  0.375 ])  =  [ -0.75  4.25 ]
                [  0     3.875 ]

-- update --

W1 <- W1 - lr * dL/dW1                  new weights of layer 1, (2, 2)
    [ 1     -0.5 ] - 0.5 * [ -0.75  -15.12  ]  =  [ 1.375   7.062  ]
    [ 0.25   2   ]         [ -1.5     4.625 ]     [ 1      -0.3125 ]

b1 <- b1 - lr * dL/db1                  new bias of layer 1, (1, 2)
    [ 0.5  0 ] - 0.5 * [ -0.75  4.25 ]  =  [ 0.875  -2.125 ]

W2 <- W2 - lr * dL/dW2                  new weights of layer 2, (2, 1)
    [  2 ] - 0.5 * [  -0.75 ]  =  [ 2.375 ]
    [ -1 ]         [ -16.81 ]     [ 7.406 ]

b2 <- b2 - lr * dL/db2                  new bias of layer 2, (1, 1)
    [ 0.125 ] - 0.5 * [ -4.25 ]  =  [ 2.25 ]

";

#[test]
fn a_reader_can_follow_every_line_of_the_text() {
    let text = to_text(&small(1), &style());
    let (body, end) = text.split_once("L is ").unwrap();
    assert_eq!(body, TEXT);
    assert!(end.starts_with("7.578 before the step and "), "{end}");
}

/// One row through 2-3 to classes, with 12 outputs or 3.
fn classes(outputs: usize, steps: usize) -> Trace {
    let mut mlp = Mlp::builder(2).dense(outputs).seed(8).build_as::<f64>().unwrap();
    let x = [0.5, -1.0, 1.0, 1.0];
    let targets = Some(TargetsRef::Classes(&[2, 0]));
    let request =
        TraceRequest { targets, loss: Loss::CrossEntropy, steps, ..TraceRequest::forward(MatRef::new(&x, 2, 2)) };
    trace(&mut mlp, &request).unwrap()
}

#[test]
fn a_trace_begins_with_loss_targets_answers_and_probabilities() {
    let mut found = classes(3, 1);
    let step = &found.steps[0];
    let (z, p) = (step.quantity("forward", "Z1").unwrap(), step.quantity("loss", "P").unwrap());
    let class = step.quantity("loss", "class").unwrap().value.get(1, 0);
    let show = |values: &[f64]| values.iter().map(|v| significant(*v, 4)).collect::<Vec<_>>().join("  ");
    let (z, p) = (show(&z.value.values()[3..]), show(&p.value.values()[3..]));
    let text = to_text(&found, &style());
    let (before, _) = text.split_once("-- given --").unwrap();
    let loss = format!(
        "L = {} before step 1, {} after it\n",
        significant(found.losses[0], 4),
        significant(found.losses[1], 4)
    );
    assert!(before.contains(&loss) && before.contains("\nrow 1: target 2, answer "), "{before}");
    let row = format!("\nrow 2: target 0, answer {class}\n    Z1 = [ {z} ]\n    P = [ {p} ]\n");
    assert!(before.contains(&row), "{row} in {before}");
    assert!(
        text.find("-- summary --") < text.find("-- given --")
            && text.find("-- given --") < text.find("-- parameters --")
    );
    // In the model's own words, and with the numbers of its rows.
    found.words =
        ["a", "b | c"].map(|word| RowWords { target: Some("yes".to_owned()), answer: word.to_owned() }).to_vec();
    found.first_row = 41;
    let text = to_text(&found, &style());
    assert!(text.contains("row 42: target yes, answer b | c\n    Z1 = ["), "{text}");
    let markdown = to_markdown(&found, &MarkdownStyle { digits: 4, limit: 8 });
    assert!(
        markdown.contains("| row | target | answer | Z1 | P |\n|--:|--:|--:|--:|--:|\n| 41 | yes | a | "),
        "{markdown}"
    );
    assert!(markdown.contains("| 42 | yes | b \\| c | "), "{markdown}");
    // Markdown passes tags on.
    found.words = ["<script>", "a & b &lt;"].map(|word| RowWords { target: None, answer: word.to_owned() }).to_vec();
    let markdown = to_markdown(&found, &MarkdownStyle::default());
    assert!(markdown.contains(" | &lt;script&gt; | ") && !markdown.contains("<script>"), "{markdown}");
    assert!(markdown.contains(" | a &amp; b &amp;lt; | "), "{markdown}");
}

#[test]
fn a_summary_without_a_step_has_the_loss_alone_and_shortens_what_is_long() {
    let text = to_text(&classes(40, 0), &TextStyle { width: 60, limit: 8, ..style() });
    let (before, _) = text.split_once("-- given --").unwrap();
    assert!(before.contains("\nL = ") && !before.contains("after it"), "{before}");
    assert!(before.contains("  ..  ") && before.lines().all(|line| line.len() <= 100), "{before}");
    assert!(before.lines().filter(|line| line.starts_with("    ")).all(|line| line.len() <= 60), "{before}");
    // Values without targets: the answer alone.
    let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>().unwrap();
    mlp.params_mut().copy_from_slice(&[2.0, 0.5]);
    let x: Vec<f64> = (0..30).map(f64::from).collect();
    let found = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&x, 30, 1))).unwrap();
    let text = to_text(&found, &TextStyle { limit: 4, ..style() });
    assert!(
        text.contains(
            "-- summary --\n\nrow 1: answer 0.5\nrow 2: answer 2.5\n..\nrow 29: answer 56.5\nrow 30: answer 58.5\n\n"
        ),
        "{text}"
    );
}

#[test]
fn colour_adds_escapes_and_nothing_else() {
    let (plain, colored) = (to_text(&small(1), &style()), to_text(&small(1), &TextStyle { color: true, ..style() }));
    assert!(!plain.contains('\x1b'));
    assert!(colored.contains("\x1b[1mZ1 = X W1 + b1\x1b[0m"));
    let mut stripped = colored;
    for escape in ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[1;36m"] {
        stripped = stripped.replace(escape, "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn in_a_narrow_terminal_results_move_below_and_then_stand_alone() {
    let at = |width| to_text(&small(1), &TextStyle { width, ..style() });
    let below = "\
    [  1  2 ] [ 1     -0.5 ] + [ 0.5  0 ]
    [ -4  1 ] [ 0.25   2   ]

      =  [  2     3.5 ]
         [ -3.25  4   ]
";
    assert!(at(50).contains(below), "{}", at(50));
    assert!(
        at(30).contains("weighted sums of layer 1, (2, 2)\n    [  2     3.5 ]\n    [ -3.25  4   ]\n"),
        "{}",
        at(30)
    );
    // Headings and notes are not broken, numbers are.
    for width in [30, 40, 50, 60, 80, 100] {
        let numbers = at(width);
        let numbers = numbers.lines().filter(|line| line.starts_with("    "));
        numbers.for_each(|line| assert!(line.len() <= width, "{width}: {line}"));
    }
}

#[test]
fn wide_matrices_lose_columns_until_they_fit() {
    let mut mlp = Mlp::builder(9).dense(9).seed(1).build_as::<f64>().unwrap();
    let x = [0.5; 9];
    let found = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&x, 1, 9))).unwrap();
    let text = to_text(&found, &TextStyle { width: 60, ..TextStyle::default() });
    assert!(text.lines().filter(|line| line.starts_with("    ")).all(|line| line.len() <= 60), "{text}");
    assert!(text.contains("    shown: columns 1-"), "{text}");
    let text = to_text(&found, &TextStyle { width: 200, ..TextStyle::default() });
    assert!(!text.contains("shown:"), "{text}");
}

#[test]
fn several_steps_are_numbered_and_their_losses_listed() {
    let trace = small(3);
    let text = to_text(&trace, &style());
    assert!(text.contains("==== step 1 of 3 ====") && text.contains("==== step 3 of 3 ===="), "{text}");
    let table: Vec<&str> = text.lines().rev().take(5).collect();
    assert_eq!(table[4], "    step  L before it");
    assert_eq!(table[3], "       1  7.578");
    assert!(table[0].starts_with("after it  "), "{table:?}");
    let markdown = to_markdown(&trace, &MarkdownStyle { digits: 4, limit: 8 });
    assert!(markdown.contains("## Step 2 of 3\n\n### Parameters\n"), "{markdown}");
    assert!(markdown.contains("| step | L before it |\n|--:|--:|\n| 1 | 7.578 |\n"), "{markdown}");
}

#[test]
fn markdown_has_each_formula_in_latex_with_its_numbers() {
    let markdown = to_markdown(&small(1), &MarkdownStyle { digits: 4, limit: 8 });
    let start = "# A small step\n\ndense(2, 2), relu, dense(2, 1); mse; sgd with learning rate 0.5; f64\n\nTwo rows.\n\n\
                 ## Summary\n\nL = 7.578 before step 1, 939.2 after it.\n\n\
                 | row | target | answer |\n|--:|--:|--:|\n| 1 | 1 | 0.625 |\n| 2 | 0 | -3.875 |\n\n\
                 ## Given\n\nThe inputs, 2 x 2:\n\n$$\nX\n= \\begin{bmatrix} 1 & 2 \\\\ -4 & 1 \\end{bmatrix}\n$$\n";
    assert!(markdown.starts_with(start), "{markdown}");
    for part in [
        "$$\nZ_{1} = X \\, W_{1} + b_{1}\n= \\begin{bmatrix} 1 & 2 \\\\ -4 & 1 \\end{bmatrix} \\, ",
        "A_{1} = \\operatorname{relu}\\left(Z_{1}\\right)",
        "\\frac{\\partial L}{\\partial W_{1}} = X^{\\top} \\, \\frac{\\partial L}{\\partial Z_{1}}\n",
        "\\frac{\\partial L}{\\partial Z_{1}} = \\frac{\\partial L}{\\partial A_{1}} \\odot \\left(Z_{1} > 0\\right)\n",
        "W_{1} \\leftarrow W_{1} - \\eta \\cdot \\frac{\\partial L}{\\partial W_{1}}\n",
        "L = \\sum \\left(\\left(Z_{2} - T\\right)^{2}\\right) / n\n",
    ] {
        assert!(markdown.contains(part), "{part}\nin\n{markdown}");
    }
    assert_eq!(markdown.matches("$$").count() % 2, 0);
    for line in markdown.lines() {
        let count = |bracket: &str| line.matches(bracket).count();
        assert_eq!(count("{"), count("}"), "{line}");
        assert_eq!(count("\\left("), count("\\right)"), "{line}");
    }
}

#[test]
fn large_matrices_are_elided_with_a_note() {
    let mut mlp = Mlp::builder(30).dense(20).build_as::<f32>().unwrap();
    let x = [0.5; 60];
    let found = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&x, 2, 30))).unwrap();
    let text = to_text(&found, &TextStyle { limit: 4, ..style() });
    assert!(text.contains("    shown: rows 1-2 and 29-30 of 30, columns 1-2 and 19-20 of 20"), "{text}");
    let markdown = to_markdown(&found, &MarkdownStyle { digits: 3, limit: 4 });
    assert!(markdown.contains("\\cdots") && markdown.contains("shown: rows 1-2 and 29-30 of 30"), "{markdown}");
}
