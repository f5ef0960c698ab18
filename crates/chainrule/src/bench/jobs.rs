//! The products and steps that are timed: squares, the products of a layer of MNIST's, and networks from tiny to large.

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scratch};
use chainrule_model::{Loss, Mlp, Optimizer, TargetsRef, Workspace};

use super::timing::{Measured, Timer};
use crate::error::Result;

/// How the operands of a product lie, and what is done with it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// C = A B.
    Square,
    /// z = x w + b.
    Forward,
    /// w -= rate x^T dz.
    Update,
    /// dx = dz w^T.
    Backward,
}

const PRODUCTS: [(&str, (usize, usize, usize), Kind); 8] = [
    ("", (64, 64, 64), Kind::Square),
    ("", (256, 256, 256), Kind::Square),
    ("", (1024, 1024, 1024), Kind::Square),
    (", z", (64, 128, 784), Kind::Forward),
    (", dw", (784, 128, 64), Kind::Update),
    (", z", (128, 512, 784), Kind::Forward),
    (", dx", (128, 784, 512), Kind::Backward),
    (", one row", (1, 128, 784), Kind::Forward),
];

/// Small rates: thousands of steps change neither the kind of numbers nor the time of a step.
const SGD: Optimizer = Optimizer::Sgd { lr: 1e-3 };
const ADAM: Optimizer = Optimizer::Adam { lr: 1e-5, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };

/// Widths, rows of the minibatch, optimiser.
const STEPS: [(&[usize], usize, &str, Optimizer); 4] = [
    (&[6, 64, 8, 4], 1, "SGD", SGD),
    (&[64, 32, 10], 32, "SGD", SGD),
    (&[784, 128, 10], 64, "SGD", SGD),
    (&[784, 512, 512, 10], 128, "Adam", ADAM),
];

/// Numbers between 0 and 1, none of them 0.
fn numbers(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919 % 251) + 1) as f32 / 256.0).collect()
}

pub(super) fn products(timer: &Timer, kernel: &Kernel<f32>) -> Vec<Measured> {
    let time = |(what, (m, n, k), kind): (&str, (usize, usize, usize), Kind)| {
        let (a, b, bias, mut c) = (numbers(m * k), numbers(k * n), numbers(n), numbers(m * n));
        let a = if kind == Kind::Update { MatRef::new(&a, k, m).t() } else { MatRef::new(&a, m, k) };
        let b = if kind == Kind::Backward { MatRef::new(&b, n, k).t() } else { MatRef::new(&b, k, n) };
        let epilogue = match kind {
            Kind::Square | Kind::Backward => Epilogue::Store,
            Kind::Forward => Epilogue::Bias(&bias),
            Kind::Update => Epilogue::Update { rate: 1e-9, decay: 0.0 },
        };
        let mut scratch = Scratch::for_shape(m, n, k);
        let work = || kernel.gemm(a, b, epilogue, MatMut::new(&mut c, m, n), &mut scratch);
        timer.measured(format!("{m} x {n} x {k}{what}"), flops(m * n * k), work)
    };
    PRODUCTS.into_iter().map(time).collect()
}

/// Of as many multiply-adds.
fn flops(multiply_adds: usize) -> f64 {
    2.0 * multiply_adds as f64
}

/// Multiply-adds of a step: three products a layer, two in the first, whose input has no gradient.
fn multiply_adds(widths: &[usize], batch: usize) -> usize {
    let weights: usize = widths.windows(2).map(|pair| pair[0] * pair[1]).sum();
    (3 * weights - widths[0] * widths[1]) * batch
}

pub(super) fn steps(timer: &Timer) -> Result<Vec<Measured>> {
    let time = |(widths, batch, name, optimizer): (&[usize], usize, &str, Optimizer)| {
        let (inputs, outputs) = (widths[0], widths[widths.len() - 1]);
        let hidden = &widths[1..widths.len() - 1];
        let builder =
            hidden.iter().fold(Mlp::<f32>::builder(inputs).seed(3), |network, &width| network.dense(width).relu());
        let mut mlp = builder.dense(outputs).build()?;
        let mut workspace = Workspace::for_training(&mlp, batch, optimizer)?;
        let x = numbers(batch * inputs);
        let labels: Vec<u32> = (0..batch).map(|row| (row % outputs) as u32).collect();
        let mut step = || {
            let (x, targets) = (MatRef::new(&x, batch, inputs), TargetsRef::Classes(&labels));
            mlp.step(x, targets, Loss::CrossEntropy, optimizer, &mut workspace)
        };
        step()?; // the settings are in range: what follows cannot fail
        let rows = if batch == 1 { "1 row".to_owned() } else { format!("{batch} rows") };
        let widths_text: Vec<String> = widths.iter().map(usize::to_string).collect();
        let name = format!("{}, {rows}, {name}", widths_text.join("-"));
        Ok(timer.measured(name, flops(multiply_adds(widths, batch)), || _ = step()))
    };
    STEPS.into_iter().map(time).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_layer_has_two_products_and_the_others_three() {
        assert_eq!(multiply_adds(&[5, 3, 2], 7), 7 * (2 * 5 * 3 + 3 * 3 * 2));
    }
}
