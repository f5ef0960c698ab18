//! From an answer back to its reasons: which numbers a trained network computed for one row, and which inputs moved it. You
//! use the trace (every number with its formula), the doctor (is the network healthy?) and the graph (a picture).
//!
//! `cargo run --release --example 06_explain_a_prediction -p chainrule --features examples`

use chainrule::data::digits;
use chainrule::doctor::examine;
use chainrule::graph::{Neurons, Shows, Theme};
use chainrule::trace::{Shown, TextStyle, to_text, trace_model};
use chainrule::{Mlp, Optimizer, TrainConfig, Trainer};

fn main() -> Result<(), chainrule::Error> {
    let data = digits::<f32>().scaled(1.0 / 16.0)?;
    let network = Mlp::builder(64).dense(16).relu().dense(10).seed(42).build()?;
    let model = Trainer::new(TrainConfig::default().epochs(10))?.fit(network, &data, None, ())?.model;

    // The doctor looks at a thousand rows and finds nothing to say.
    let sample = model.sample(&data, 1024)?;
    let findings = examine(&model.examination(&sample))?;
    println!("the doctor's findings: {}", findings.len());
    assert!(findings.is_empty(), "{}", findings[0]);

    // One row, step by step: the numbers are those of the kernels that trained, to the bit.
    let row = data.select(&[3])?;
    let trace = trace_model(&model, &row, Optimizer::Sgd { lr: 0.1 }.into(), 1, Shown::Step(1))?;
    let text = to_text(&trace, &TextStyle { digits: 3, limit: 4, ..TextStyle::default() });
    let start = text.find("Z2 =").expect("the logits' formula");
    println!("{}...\n", text[start..].lines().take(8).map(|line| format!("{line}\n")).collect::<String>());
    assert!(["Z1 =", "dL/dW1 ="].iter().all(|name| text.contains(name)));

    // The same row as a picture: edges coloured by their gradients.
    let one = model.sample_row(&data, 3)?;
    let picture = Neurons::with_rows(&model.mlp, model.loss, one.rows(), Shows::Gradients)?.to_svg(Theme::Light);
    println!("a picture of {} bytes of SVG", picture.len());
    assert!(picture.starts_with("<svg"));

    let class = model.predict_classes(row.features())?[0];
    println!("and the answer: {class}");
    assert_eq!(class, 3);
    Ok(())
}

#[test]
fn what_it_shows_is_so() {
    main().unwrap();
}
