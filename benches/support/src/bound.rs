//! Bounds of the rounding error of gradients, one for each element, from the sizes of the numbers that went into it.
//!
//! Beside every number of the f64 pass runs a bound of how far the same number may lie from it when computed with unit
//! roundoff u: forward through the layers, through the loss, and backward again. A product of k steps adds
//! gamma_k |A||B| (N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., equation 3.13), in any order
//! of summation and with or without fused multiply-add; what came in wrong is multiplied by what multiplies it. Where z
//! is so near a kink that rounding may take it across, the derivative may be off by its whole jump.
//!
//! It is a worst case, yet of the size of u times the numbers: a mistake in a formula is thousands of times larger.

use chainrule_model::Loss;
use chainrule_naive::{Activation, Dims, Network, RowsShape, Tape, Transpose, gamma, matmul};

use crate::{Pass, Reference};

/// How finely a type computes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roundoff {
    /// Half the distance from 1 to the next number.
    pub unit: f64,
    /// What may be lost where numbers become too small for the type: far below anything that is compared.
    pub underflow: f64,
}

impl Roundoff {
    /// Of f32.
    pub const F32: Roundoff = Roundoff { unit: f32::EPSILON as f64 / 2.0, underflow: 1e-36 };
    /// Of f64.
    pub const F64: Roundoff = Roundoff { unit: f64::EPSILON / 2.0, underflow: 1e-300 };
}

/// A function of the kernels is off by at most 4 ulp, an ulp being at most 2u of the result.
const FUNCTION_ROUNDOFFS: f64 = 8.0;

/// For every gradient, laid out as the parameters, how far a computation with `roundoff` may lie from `pass`.
///
/// `pass` is the reference's own, in f64: the truth unless `roundoff` is that of f64, when it may be as far off itself.
pub fn gradient_bounds(reference: &Reference<f64>, pass: &Pass<f64>, roundoff: Roundoff) -> Vec<f64> {
    let u = roundoff.unit;
    let (off_z, off_a) = forward(&reference.network, &pass.tape, u);
    let mut off_da = at_the_last_a(reference, pass, off_a.last().expect("a network has layers"), u);
    let mut bounds = Vec::new();
    for (index, layer) in reference.network.layers.iter().enumerate().rev() {
        let (batch, inputs, outputs) = (reference.batch, layer.inputs, layer.outputs);
        let (z, a) = (&pass.tape.z[index], &pass.tape.a[index]);
        let da = if index + 1 == pass.layers.len() { &pass.dlast } else { &pass.layers[index + 1].dx };
        let dz = &pass.layers[index].dz;

        let off_dz: Vec<f64> = (0..dz.len())
            .map(|i| {
                let (d, off_d) = derivative(layer.activation, (z[i], off_z[index][i]), (a[i], off_a[index][i]), u);
                (da[i].abs() + off_da[i]) * off_d + off_da[i] * d + 2.0 * u * (da[i].abs() + off_da[i]) * (d + off_d)
            })
            .collect();

        let none = vec![0.0; reference.x.len()];
        let (x, off_x) = if index == 0 { (&reference.x, &none) } else { (&pass.tape.a[index - 1], &off_a[index - 1]) };
        let weights = Dims { m: inputs, n: outputs, k: batch };
        let dw = product_bound(weights, (Transpose::Yes, x, off_x), (Transpose::No, dz, &off_dz), u);
        let ones = vec![1.0; batch];
        let sums = Dims { m: 1, n: outputs, k: batch };
        let db = product_bound(sums, (Transpose::No, &ones, &vec![0.0; batch]), (Transpose::No, dz, &off_dz), u);
        bounds.push([dw, db].concat());

        let exact = vec![0.0; layer.w.len()];
        let back = Dims { m: batch, n: inputs, k: outputs };
        off_da = product_bound(back, (Transpose::No, dz, &off_dz), (Transpose::Yes, &layer.w, &exact), u);
    }
    bounds.reverse();
    bounds.concat().into_iter().map(|bound| bound + roundoff.underflow).collect()
}

/// How far every z and every a may be off.
fn forward(network: &Network<f64>, tape: &Tape<f64>, u: f64) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let (mut off_z, mut off_a): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
    for (index, layer) in network.layers.iter().enumerate() {
        let none = vec![0.0; tape.x.len()];
        let (x, off_x) = if index == 0 { (&tape.x, &none) } else { (&tape.a[index - 1], &off_a[index - 1]) };
        // The bias is one more step of the sum: x has a column of ones, w a row that is b.
        let column = |values: &[f64], last: f64| -> Vec<f64> {
            values.chunks(layer.inputs).flat_map(|row| [row, &[last]].concat()).collect()
        };
        let (x, off_x) = (column(x, 1.0), column(off_x, 0.0));
        let w = [layer.w.as_slice(), &layer.b].concat();
        let dims = Dims { m: tape.batch, n: layer.outputs, k: layer.inputs + 1 };
        let off = product_bound(dims, (Transpose::No, &x, &off_x), (Transpose::No, &w, &vec![0.0; w.len()]), u);
        let (z, a) = (&tape.z[index], &tape.a[index]);
        off_a.push((0..z.len()).map(|i| off_activation(layer.activation, (z[i], off[i]), a[i], u)).collect());
        off_z.push(off);
    }
    (off_z, off_a)
}

/// How far A * B may be off when A and B are themselves, as [`matmul`] takes them: A's numbers, then how far they are
/// off.
fn product_bound(
    dims: Dims,
    (ta, a, off_a): (Transpose, &[f64], &[f64]),
    (tb, b, off_b): (Transpose, &[f64], &[f64]),
    u: f64,
) -> Vec<f64> {
    let Dims { m, n, k } = dims;
    let abs = |values: &[f64]| values.iter().map(|v| v.abs()).collect::<Vec<f64>>();
    let wide = |values: &[f64], off: &[f64]| values.iter().zip(off).map(|(v, off)| v.abs() + off).collect::<Vec<f64>>();
    let product = |a: &[f64], b: &[f64]| {
        let mut c = vec![0.0; m * n];
        matmul(dims, ta, a, tb, b, &mut c);
        c
    };
    let rounding = product(&wide(a, off_a), &wide(b, off_b));
    let (from_a, from_b) = (product(off_a, &wide(b, off_b)), product(&abs(a), off_b));
    (0..m * n).map(|i| gamma(k, u) * rounding[i] + from_a[i] + from_b[i]).collect()
}

/// How far f(z) may be off when z is.
fn off_activation(f: Activation, (z, off_z): (f64, f64), a: f64, u: f64) -> f64 {
    match f {
        Activation::Identity => off_z,
        Activation::Relu if z + off_z < 0.0 => 0.0,
        Activation::Relu => off_z,
        Activation::LeakyRelu(alpha) => off_z * alpha.max(1.0) + 2.0 * u * (a.abs() + alpha * off_z),
        // The steepest slope within off_z: |f''| is below 0.1 for the one, 0.77 for the other.
        Activation::Sigmoid => off_z * (a * (1.0 - a) + 0.1 * off_z).min(0.25) + FUNCTION_ROUNDOFFS * u * a,
        Activation::Tanh => off_z * (1.0 - a * a + 0.77 * off_z).min(1.0) + FUNCTION_ROUNDOFFS * u * a.abs(),
        _ => {
            let Bend { steepest, .. } = bend(f);
            // Theirs are off by 7 ulp at most.
            off_z * steepest + 2.0 * FUNCTION_ROUNDOFFS * u * (a.abs() + off_z * steepest)
        }
    }
}

/// |f'(z)|, and how far it may be off: it is computed from a, or from the side of 0 on which z lies.
fn derivative(f: Activation, (z, off_z): (f64, f64), (a, off_a): (f64, f64), u: f64) -> (f64, f64) {
    let jump = |left: f64| if z.abs() <= off_z { (1.0 - left).abs() } else { 0.0 };
    match f {
        Activation::Identity => (1.0, 0.0),
        Activation::Relu => (if z > 0.0 { 1.0 } else { 0.0 }, jump(0.0)),
        Activation::LeakyRelu(alpha) => (if z > 0.0 { 1.0 } else { alpha }, jump(alpha) + u * alpha),
        Activation::Sigmoid => {
            (a * (1.0 - a), (1.0 - 2.0 * a).abs() * off_a + off_a * off_a + 3.0 * u * (a + off_a) * (1.0 - a + off_a))
        }
        Activation::Tanh => (1.0 - a * a, 2.0 * a.abs() * off_a + off_a * off_a + 3.0 * u),
        _ => {
            let Bend { curvature, kinks, .. } = bend(f);
            let slope = f.backward(&[z], &[1.0])[0].abs();
            let (left, right) = (f.backward(&[z - 2.0 * off_z], &[1.0])[0], f.backward(&[z + 2.0 * off_z], &[1.0])[0]);
            let jump =
                if kinks.iter().any(|kink| (z - kink).abs() <= off_z + 4.0 * u) { (right - left).abs() } else { 0.0 };
            // Where it is taken from the output, that is off as well, and its curvature is of the same size.
            (slope, curvature * (off_z + off_a) + jump + 2.0 * FUNCTION_ROUNDOFFS * u * (slope + 0.25))
        }
    }
}

/// How much an activation turns: the largest |f'| and |f''|, rounded up, and where f' jumps.
struct Bend {
    steepest: f64,
    curvature: f64,
    kinks: &'static [f64],
}

fn bend(f: Activation) -> Bend {
    let smooth = |steepest, curvature| Bend { steepest, curvature, kinks: &[] };
    match f {
        Activation::Elu(alpha) => Bend { steepest: alpha.max(1.0), curvature: alpha, kinks: &[0.0] },
        Activation::Selu => Bend { steepest: 1.76, curvature: 1.76, kinks: &[0.0] },
        Activation::Gelu | Activation::GeluTanh => smooth(1.14, 0.81),
        Activation::Silu => smooth(1.1, 0.51),
        Activation::Softplus => smooth(1.0, 1.0), // by its output, e^-a
        Activation::Softsign => smooth(1.0, 2.0),
        Activation::HardSigmoid => Bend { steepest: 0.17, curvature: 0.0, kinks: &[-3.0, 3.0] },
        Activation::Identity | Activation::Relu | Activation::LeakyRelu(_) | Activation::Sigmoid | Activation::Tanh => {
            unreachable!("{f:?} has a bound of its own")
        }
    }
}

/// How far the loss by the last dense layer's a may be off, when that a is off by `off_a`.
fn at_the_last_a(reference: &Reference<f64>, pass: &Pass<f64>, off_a: &[f64], u: f64) -> Vec<f64> {
    let RowsShape { batch, classes } = reference.rows();
    let t = reference.goal_rows();
    let a = pass.tape.a.last().expect("a network has layers");
    if reference.loss == Loss::CrossEntropy {
        let p = chainrule_naive::softmax_forward(reference.rows(), a);
        let relative = off_probability(a, off_a, classes, u);
        return (0..p.len())
            .map(|i| {
                let mass: f64 = t[i / classes * classes..][..classes].iter().sum();
                let off = p[i] * mass * (relative[i / classes] + gamma(classes + 4, u));
                (off + 3.0 * u * (p[i] * mass + t[i] + off)) / batch as f64
            })
            .collect();
    }
    let factor = if reference.loss == Loss::Mse { 2.0 } else { 1.0 } / (batch * classes) as f64;
    let off_dy = |y: f64, off_y: f64, t: f64| match reference.loss {
        // A sigmoid is nowhere steeper than a quarter.
        Loss::BinaryCrossEntropy => factor * (0.25 * off_y + (FUNCTION_ROUNDOFFS + 4.0) * u),
        // The other sign, where the error may have it.
        Loss::Mae if (y - t).abs() <= off_y + 2.0 * u * (y.abs() + t.abs()) => 2.0 * factor,
        Loss::Mae => 4.0 * u * factor,
        _ => factor * (off_y + 4.0 * u * ((y - t).abs() + off_y)),
    };
    if !reference.softmax {
        return (0..t.len()).map(|i| off_dy(pass.output[i], off_a[i], t[i])).collect();
    }
    // Through the softmax layer: dz_i = y_i (dy_i - sum_j y_j dy_j).
    let relative = off_probability(a, off_a, classes, u);
    let mut bounds = Vec::new();
    for row in 0..batch {
        let range = row * classes..(row + 1) * classes;
        let (y, dy, t) = (&pass.output[range.clone()], &pass.dy[range.clone()], &t[range]);
        let off_y: Vec<f64> = y.iter().map(|y| y * relative[row]).collect();
        let off: Vec<f64> = (0..classes).map(|j| off_dy(y[j], off_y[j], t[j])).collect();
        let dot: f64 = (0..classes).map(|j| y[j] * dy[j]).sum();
        let terms = |j: usize| (y[j] + off_y[j]) * (dy[j].abs() + off[j]);
        let off_dot: f64 = (0..classes)
            .map(|j| off_y[j] * (dy[j].abs() + off[j]) + y[j] * off[j] + gamma(classes, u) * terms(j))
            .sum();
        for i in 0..classes {
            let inner = (dy[i] - dot).abs();
            let off_inner = (off[i] + off_dot) * (1.0 + u) + u * inner;
            bounds.push(
                off_y[i] * (inner + off_inner) + y[i] * off_inner + 2.0 * u * (y[i] + off_y[i]) * (inner + off_inner),
            );
        }
    }
    bounds
}

/// For each row, by what part of themselves its probabilities may be off when its logits z are off by `off_z`.
fn off_probability(z: &[f64], off_z: &[f64], classes: usize, u: f64) -> Vec<f64> {
    z.chunks(classes)
        .zip(off_z.chunks(classes))
        .map(|(z, off)| {
            let top = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let range = top(z) + top(&z.iter().map(|z| -z).collect::<Vec<_>>()) + 2.0 * top(off);
            // Each power: its argument's rounding, then its own; the sum of them, and a division.
            (2.0 * top(off) + 2.0 * u * range).exp_m1() + 2.0 * FUNCTION_ROUNDOFFS * u + gamma(classes + 2, u)
        })
        .collect()
}
