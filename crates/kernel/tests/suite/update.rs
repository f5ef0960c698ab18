//! Every rule of every kernel against its naive twin: equal to the bit.

use chainrule_kernel::{Kernel, Rule, Scalar};
use chainrule_naive::{self as naive, Float};

/// Numbers of either sign and many sizes, some of them 0.
fn numbers<T: Scalar>(n: usize, seed: usize) -> Vec<T> {
    let number = |i: usize| ((i + seed) * 7919 % 1009) as f64 / 128.0 - 4.0;
    (0..n).map(|i| T::from_f64(if i % 11 == 3 { 0.0 } else { number(i) })).collect()
}

/// Parameters and everything remembered after three steps: `[w, m, s]`.
fn steps<T: Scalar>(n: usize, step: impl Fn(&mut [T], &[T], [&mut [T]; 2], u64)) -> [Vec<T>; 3] {
    let [mut w, mut m, mut s] = [numbers(n, 0), vec![T::ZERO; n], vec![T::ZERO; n]];
    (1..4).for_each(|t| step(&mut w, &numbers(n, t as usize), [&mut m, &mut s], t));
    [w, m, s]
}

const PLAIN: naive::Momentum = naive::Momentum { lr: 0.1, momentum: 0.0, nesterov: false, weight_decay: 0.01 };
const MOMENTUM: naive::Momentum = naive::Momentum { momentum: 0.9, ..PLAIN };
const NESTEROV: naive::Momentum = naive::Momentum { nesterov: true, ..MOMENTUM };
const RMSPROP: naive::RmsProp = naive::RmsProp { lr: 0.01, alpha: 0.99, eps: 1e-8, weight_decay: 0.01 };
const ADAGRAD: naive::AdaGrad = naive::AdaGrad { lr: 0.01, lr_decay: 0.5, eps: 1e-10, weight_decay: 0.01 };
/// Powers of these betas are exact however they are computed.
const ADAM: naive::Adam = naive::Adam { lr: 0.01, beta1: 0.875, beta2: 0.96875, eps: 1e-8, weight_decay: 0.01 };

/// The rules of a step, in the order of `twins`.
fn rules<T: Scalar>(t: u64) -> [Rule<T>; 8] {
    let n = T::from_f64;
    let momentum = |settings: naive::Momentum| {
        let naive::Momentum { lr, momentum, nesterov, weight_decay } = settings;
        Rule::Momentum { lr: n(lr), momentum: n(momentum), nesterov, decay: n(weight_decay) }
    };
    let adam = |decay: f64, shrink: f64| {
        let naive::Adam { lr, beta1, beta2, eps, .. } = ADAM;
        let (step, root) = (lr / (1.0 - beta1.powi(t as i32)), (1.0 - beta2.powi(t as i32)).sqrt());
        let (gain1, keep2, gain2) = (n(1.0 - beta1), n(beta2), n(1.0 - beta2));
        let (decay, shrink) = (n(decay), n(shrink));
        Rule::Adam { step: n(step), root: n(root), gain1, keep2, gain2, eps: n(eps), decay, shrink }
    };
    let naive::RmsProp { lr, alpha, eps, weight_decay } = RMSPROP;
    [
        Rule::Sgd { lr: n(0.1), decay: n(0.0) },
        Rule::Sgd { lr: n(0.1), decay: n(0.01) },
        momentum(MOMENTUM),
        momentum(NESTEROV),
        Rule::RmsProp { lr: n(lr), keep: n(alpha), gain: n(1.0 - alpha), eps: n(eps), decay: n(weight_decay) },
        Rule::AdaGrad {
            lr: n(ADAGRAD.lr / (1.0 + (t - 1) as f64 * ADAGRAD.lr_decay)),
            eps: n(ADAGRAD.eps),
            decay: n(ADAGRAD.weight_decay),
        },
        adam(ADAM.weight_decay, 1.0),
        adam(0.0, 1.0 - ADAM.lr * ADAM.weight_decay),
    ]
}

fn twins<T: Scalar + Float>(n: usize) -> [[Vec<T>; 3]; 8] {
    [
        steps(n, |w, dw, _, _| naive::sgd_step(w, dw, T::from_f64(0.1))),
        steps(n, |w, dw, _, _| naive::momentum_step(w, dw, &mut vec![T::ZERO; n], PLAIN)),
        steps(n, |w, dw, [v, _], _| naive::momentum_step(w, dw, v, MOMENTUM)),
        steps(n, |w, dw, [v, _], _| naive::momentum_step(w, dw, v, NESTEROV)),
        steps(n, |w, dw, [s, _], _| naive::rmsprop_step(w, dw, s, RMSPROP)),
        steps(n, |w, dw, [s, _], t| naive::adagrad_step(w, dw, s, ADAGRAD, t)),
        steps(n, |w, dw, [m, s], t| naive::adam_step(w, dw, m, s, ADAM, t)),
        steps(n, |w, dw, [m, s], t| naive::adamw_step(w, dw, m, s, ADAM, t)),
    ]
}

fn equal_to_the_naive<T: Scalar + Float>() {
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        for n in [0, 1, 2, 3, 5, 8, 13, 31, 32, 33, 100, 1009] {
            for (rule, want) in twins::<T>(n).iter().enumerate() {
                let got = steps(n, |w, dw, [m, s], t| {
                    let step = rules::<T>(t)[rule];
                    let [m, s] = if step.moments() == 2 { [m, s] } else { [m, &mut [][..]] };
                    let m = if step.moments() == 0 { &mut [][..] } else { m };
                    kernel.update(step, w, dw, [m, s]);
                });
                assert!(got == *want, "rule {rule} of {n}, {}", kernel.name());
            }
        }
    }
}

#[test]
fn every_rule_has_the_bits_of_its_naive_twin() {
    equal_to_the_naive::<f32>();
    equal_to_the_naive::<f64>();
}
