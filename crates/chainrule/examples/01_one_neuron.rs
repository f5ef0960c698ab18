//! What a training step is, on the smallest network there is: one weight, one bias, three points of the line y = 2x + 1.
//! You see the forward pass, the gradients and the update as numbers, and the neuron find the line.
//!
//! `cargo run --release --example 01_one_neuron -p chainrule --features examples`

use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};

fn main() -> Result<(), chainrule::Error> {
    let mut neuron = Mlp::builder(1).dense(1).seed(1).build_as::<f64>()?;
    neuron.params_mut().copy_from_slice(&[0.0, 0.0]); // w and b
    let (x, y) = ([0.0, 1.0, 2.0], [1.0, 3.0, 5.0]);
    let (x, targets) = (MatRef::new(&x, 3, 1), TargetsRef::Values(MatRef::new(&y, 3, 1)));
    let mut workspace = Workspace::new(&neuron, 3);

    // By hand: all outputs are 0, so the mean of (y - t)^2 is (1 + 9 + 25) / 3, dw = -2 (0*1 + 1*3 + 2*5) / 3 and
    // db = -2 (1 + 3 + 5) / 3.
    neuron.forward(x, &mut workspace)?;
    let loss = neuron.backward(x, targets, Loss::Mse, &mut workspace)?;
    let gradients = workspace.gradients();
    println!("loss {loss:.4}, dw {:.4}, db {:.4}", gradients[0], gradients[1]);
    assert!((loss - 35.0 / 3.0).abs() < 1e-12);
    assert!((gradients[0] + 26.0 / 3.0).abs() < 1e-12 && (gradients[1] + 6.0).abs() < 1e-12);

    // A step does the same and then w -= lr * dw, b -= lr * db.
    for step in 0..=200 {
        let loss = neuron.step(x, targets, Loss::Mse, Optimizer::Sgd { lr: 0.2 }, &mut workspace)?;
        if [0, 1, 10, 100, 200].contains(&step) {
            println!("step {step:3}: loss {loss:10.3e}, then w {:.5}, b {:.5}", neuron.params()[0], neuron.params()[1]);
        }
    }
    assert!((neuron.params()[0] - 2.0).abs() < 1e-6 && (neuron.params()[1] - 1.0).abs() < 1e-6);
    Ok(())
}

#[test]
fn what_it_shows_is_so() {
    main().unwrap();
}
