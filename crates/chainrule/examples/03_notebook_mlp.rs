//! The network of the NumPy notebooks: 2-4-2 with a sigmoid and a softmax, batches of all rows, the gradient by plain descent.
//! You build it layer by layer, name its initialiser, and watch every layer's gradient grow as the symmetry breaks.
//!
//! `cargo run --release --example 03_notebook_mlp -p chainrule --features examples`

use chainrule::metrics::argmax;
use chainrule::network::layer_table;
use chainrule::{Init, Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};

fn main() -> Result<(), chainrule::Error> {
    // Four clouds of points around the corners of a square; the diagonal ones are of one class.
    let mut x = Vec::new();
    let mut labels = Vec::new();
    for i in 0..200u32 {
        let angle = f64::from(i) * 2.4; // the golden angle, about: evenly spread without a generator
        let radius = 0.4 * (f64::from(i % 25) / 25.0).sqrt();
        let (left, below) = (i % 2 == 0, i / 2 % 2 == 0);
        x.push(if left { -1.0 } else { 1.0 } + radius * angle.cos());
        x.push(if below { -1.0 } else { 1.0 } + radius * angle.sin());
        labels.push(u32::from(left == below));
    }
    let (x, targets) = (MatRef::new(&x, 200, 2), TargetsRef::Classes(&labels));

    let mut mlp = Mlp::builder(2).dense(4).sigmoid().dense(2).init(Init::GlorotUniform).seed(42).build_as::<f64>()?;
    println!("{}", layer_table(&mlp));
    let layers: Vec<_> = mlp.dense_layers().map(|layer| layer.params).collect();
    let mut workspace = Workspace::for_training(&mlp, 200, Optimizer::Sgd { lr: 2.0 })?;
    let mut first = f64::NAN;
    for epoch in 0..=600u32 {
        mlp.forward(x, &mut workspace)?;
        // Softmax and cross-entropy are one: the loss takes logits, and its gradient by them is softmax(z) - t.
        let loss = mlp.backward(x, targets, Loss::CrossEntropy, &mut workspace)?;
        if epoch.is_multiple_of(150) {
            let norm = |range: &std::ops::Range<usize>| {
                workspace.gradients()[range.clone()].iter().map(|g| g * g).sum::<f64>().sqrt()
            };
            println!(
                "epoch {epoch:3}: loss {loss:.4}, |dL/dW1| {:.4}, |dL/dW2| {:.4}",
                norm(&layers[0]),
                norm(&layers[1])
            );
        }
        if epoch == 0 {
            first = loss;
        }
        mlp.step(x, targets, Loss::CrossEntropy, Optimizer::Sgd { lr: 2.0 }, &mut workspace)?;
    }
    let logits = mlp.forward(x, &mut workspace)?;
    let right = (0..200).filter(|&row| argmax(logits.row(row)) == labels[row] as usize).count();
    println!("{right} of 200 right");
    assert!(first > 0.6 && right == 200);
    Ok(())
}

#[test]
fn what_it_shows_is_so() {
    main().unwrap();
}
