//! Values instead of classes, from a file: features and targets as CSV, standardised, the squared error, and R^2 to judge it
//! by. The file is made here from a law of physics, so that the truth is known.
//!
//! `cargo run --release --example 08_regression_on_csv -p chainrule --features examples`

use std::ops::ControlFlow;

use chainrule::data::{Dataset, Targets, read_csv_features, write_csv};
use chainrule::{EpochReport, Loss, Mlp, Optimizer, TrainConfig, Trainer};

/// The period of a pendulum in seconds, from its length in metres and its amplitude in degrees, to the third term of the
/// series in the amplitude.
fn period(length: f64, degrees: f64) -> f64 {
    let half = (degrees.to_radians() / 2.0).sin().powi(2);
    std::f64::consts::TAU * (length / 9.81).sqrt() * (1.0 + half / 4.0 + 9.0 * half * half / 64.0)
}

fn main() -> Result<(), chainrule::Error> {
    let folder = std::env::temp_dir().join(format!("chainrule-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder");
    let pendulums = (0..40).flat_map(|i| (0..20).map(move |j| (0.1 + 0.05 * f64::from(i), 4.0 * f64::from(j))));
    let x: Vec<f64> = pendulums.clone().flat_map(|(length, degrees)| [length, degrees]).collect();
    let y: Vec<f64> = pendulums.map(|(length, degrees)| period(length, degrees)).collect();
    write_csv(folder.join("pendulums.csv"), 2, &x)?;
    write_csv(folder.join("periods.csv"), 1, &y)?;

    // From here on as with any file. A lone column of targets would be read as classes, so it is read as a table.
    let features = read_csv_features::<f32>(folder.join("pendulums.csv"))?;
    let periods = read_csv_features::<f32>(folder.join("periods.csv"))?;
    let targets = Targets::Values { values: periods.data().into_owned(), cols: 1 };
    std::fs::remove_dir_all(&folder).expect("the folder that was just made");
    // Split first: means and deviations are those of the training part alone, or the held-out rows would have a say in
    // what they are to judge. They stay as they are: the trainer, and then the model, gives them the same numbers.
    let (train, test) = Dataset::new(features, targets)?.split(0.25, 42)?;
    let train = train.standardized()?;

    let network = Mlp::builder(2).dense(24).tanh().dense(1).seed(42).build()?;
    let optimizer = Optimizer::by_name("adam")?.with("lr", 0.003)?;
    let config = TrainConfig::default().epochs(300).loss(Loss::Mse).optimizer(optimizer);
    let some_epochs = |report: &EpochReport| {
        if report.epoch.is_multiple_of(100) {
            let held_out = report.validation.as_ref().map_or(f64::NAN, |found| found.loss);
            println!("epoch {:3}: loss {:.2e}, held out {held_out:.2e}", report.epoch, report.loss);
        }
        ControlFlow::Continue(())
    };
    let model = Trainer::new(config)?.fit(network, &train, Some(&test), some_epochs)?.model;

    let found = model.assess(&test)?;
    let r2 = found.metric("R2")?;
    let one = chainrule::data::Features::new(1, 2, vec![1.0, 30.0])?;
    let answer = model.predict(&one)?[0];
    println!("R^2 {r2:.5}; a metre and 30 degrees: {answer:.3} s, in truth {:.3} s", period(1.0, 30.0));
    assert!(r2 > 0.995 && (f64::from(answer) - period(1.0, 30.0)).abs() < 0.1);
    Ok(())
}

#[test]
fn what_it_shows_is_so() {
    main().unwrap();
}
