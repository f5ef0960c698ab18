//! Why hidden layers: no straight line separates XOR's two classes, so a single layer cannot learn it, and four hidden units
//! can. You train both on the same four rows and see what each answers.
//!
//! `cargo run --release --example 02_xor -p chainrule --features examples`

use chainrule::metrics::argmax;
use chainrule::{Loss, MatRef, Mlp, MlpBuilder, Optimizer, TargetsRef, Workspace};

const X: [f32; 8] = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]; // (4, 2)
const CLASSES: [u32; 4] = [0, 1, 1, 0];

/// The loss after 2000 steps, and the class that each row is given.
fn train(builder: MlpBuilder) -> Result<(f64, [usize; 4]), chainrule::Error> {
    let mut mlp = builder.seed(42).build()?;
    let x = MatRef::new(&X, 4, 2);
    let mut workspace = Workspace::new(&mlp, 4);
    let mut loss = f64::NAN;
    for _ in 0..2000 {
        let sgd = Optimizer::Sgd { lr: 0.5 };
        loss = mlp.step(x, TargetsRef::Classes(&CLASSES), Loss::CrossEntropy, sgd, &mut workspace)?;
    }
    let logits = mlp.forward(x, &mut workspace)?;
    Ok((loss, std::array::from_fn(|row| argmax(logits.row(row)))))
}

fn main() -> Result<(), chainrule::Error> {
    let (line, answers) = train(Mlp::builder(2).dense(2))?;
    println!("no hidden layer:     loss {line:.4}, answers {answers:?}");
    // The best that a line can do is to give both classes the same probability: ln 2.
    assert!((line - 2f64.ln()).abs() < 1e-3);

    let (curve, answers) = train(Mlp::builder(2).dense(4).tanh().dense(2))?;
    println!("four hidden units:   loss {curve:.4}, answers {answers:?}");
    assert_eq!(answers, CLASSES.map(|class| class as usize));
    assert!(curve < 0.01);
    Ok(())
}

#[test]
fn what_it_shows_is_so() {
    main().unwrap();
}
