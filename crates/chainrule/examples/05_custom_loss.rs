//! A loss of your own: a closure that gives its value and its gradient by the output. You see the gradient check catch a wrong
//! derivative and say where, then train with the right one, on data that the squared error is led astray by.
//!
//! `cargo run --release --example 05_custom_loss -p chainrule --features examples`

use chainrule::gradcheck::{Settings, gradcheck_with};
use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};

/// The mean of Cauchy's `ln(1 + (y - t)^2)`, which grows so slowly that a few wild targets hardly count. Its derivative is
/// `2 (y - t) / (1 + (y - t)^2)`; `careless` forgets the denominator.
fn cauchy(t: &[f64], careless: bool) -> impl Fn(MatRef<'_, f64>, &mut [f64]) -> f64 {
    move |y, dy| {
        let n = t.len() as f64;
        let mut total = 0.0;
        for (i, t) in t.iter().enumerate() {
            let error = y.get(i, 0) - t;
            total += (error * error).ln_1p() / n;
            dy[i] = 2.0 * error / n / if careless { 1.0 } else { 1.0 + error * error };
        }
        total
    }
}

fn main() -> Result<(), chainrule::Error> {
    // y = 3x - 1, but every eighth target is 40 too high.
    let x: Vec<f64> = (0..64).map(|i| f64::from(i) / 32.0 - 1.0).collect();
    let t: Vec<f64> = (0..64).map(|i| 3.0 * x[i] - 1.0 + if i % 8 == 0 { 40.0 } else { 0.0 }).collect();
    let mlp = Mlp::builder(1).dense(1).seed(3).build_as::<f64>()?;
    let rows = MatRef::new(&x, 64, 1);

    let report = gradcheck_with(&mlp, rows, cauchy(&t, true), &Settings::default())?;
    println!("the denominator forgotten:\n{report}");
    // `output` is the loss's own derivative: the mistake is there, and everything before it inherits it.
    assert!(!report.passed() && report.wrong().contains(&"output"));

    let report = gradcheck_with(&mlp, rows, cauchy(&t, false), &Settings::default())?;
    println!("the right derivative:\n{report}");
    assert!(report.passed());

    let (mut robust, mut squared) = (mlp.clone(), mlp);
    let sgd = Optimizer::Sgd { lr: 0.3 };
    let mut workspace = Workspace::new(&robust, 64);
    for _ in 0..3000 {
        robust.step_with(rows, cauchy(&t, false), sgd, &mut workspace)?;
        squared.step(rows, TargetsRef::Values(MatRef::new(&t, 64, 1)), Loss::Mse, sgd, &mut workspace)?;
    }
    for (name, mlp) in [("Cauchy", &robust), ("squared", &squared)] {
        println!("{name:8} y = {:+.3} x {:+.3}", mlp.params()[0], mlp.params()[1]);
    }
    assert!((robust.params()[0] - 3.0).abs() < 0.1 && (robust.params()[1] + 1.0).abs() < 0.1);
    assert!((squared.params()[1] + 1.0).abs() > 4.0);
    Ok(())
}

#[test]
fn what_it_shows_is_so() {
    main().unwrap();
}
