//! A whole run: read data, hold rows out, train, evaluate, save, load, predict. You learn the five types that an application
//! meets, on 1,797 handwritten digits that are built in.
//!
//! `cargo run --release --example 04_digits -p chainrule --features examples`

use std::ops::ControlFlow;

use chainrule::data::digits;
use chainrule::{EpochReport, Mlp, Model, Optimizer, TrainConfig, Trainer};

fn main() -> Result<(), chainrule::Error> {
    let raw = digits::<f32>(); // 8x8 pixels, 0 to 16
    let (train, test) = raw.clone().scaled(1.0 / 16.0)?.split(0.2, 42)?;

    let network = Mlp::builder(64).dense(64).relu().dense(32).relu().dense(10).seed(42).build()?;
    let optimizer = Optimizer::by_name("adam")?.with("lr", 0.003)?;
    let config = TrainConfig::default().epochs(15).batch(32).optimizer(optimizer);
    let every_fifth = |report: &EpochReport| {
        if report.epoch.is_multiple_of(5) {
            let accuracy = report.validation.as_ref().and_then(|found| found.accuracy).unwrap_or(0.0);
            println!("epoch {:2}: loss {:.4}, held out {:.1} %", report.epoch, report.loss, 100.0 * accuracy);
        }
        ControlFlow::Continue(())
    };
    let model = Trainer::new(config)?.fit(network, &train, Some(&test), every_fifth)?.model;

    let found = model.evaluate(&test)?;
    let confusion = found.confusion.expect("digits have classes");
    println!("{} of {} held-out digits right", confusion.correct(), confusion.total());
    assert!(confusion.accuracy() > 0.94, "{}", confusion.accuracy());

    // The model knows what was done to its features, and its file holds that too: it is given images as they come.
    let file = std::env::temp_dir().join(format!("chainrule-example-{}.safetensors", std::process::id()));
    model.save(&file)?;
    let model = Model::<f32>::load(&file)?;
    let images = raw.features().select(&[0, 1, 2])?;
    println!("the first three images are {:?}", model.predict_classes(&images)?);
    assert_eq!(model.predict_classes(&images)?, [0, 1, 2]);
    std::fs::remove_file(&file).expect("the file that was just written");
    Ok(())
}

#[test]
fn what_it_shows_is_so() {
    main().unwrap();
}
