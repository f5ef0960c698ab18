//! Optimisers: equal to their naive twins whatever the settings, their settings by name, and what they remember.

use chainrule_model::optim::SettingRange;
use chainrule_model::optim::{Clip, OPTIMIZER_NAMES, OptimizerState, SETTINGS, Update};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Kernel, Loss, MatRef, Mlp, ModelError, Optimizer, Scalar, TargetsRef, Workspace};
use chainrule_naive::{self as naive, Float};

use crate::check::numbers;

/// Drawn settings; the betas such that their powers are exact for a dozen steps, however they are computed, or any.
pub(crate) fn draw(stream: &mut Stream, exact: bool) -> Optimizer {
    let lr = 10f64.powf(stream.uniform(-4.0, 0.0));
    let eps = 10f64.powf(stream.uniform(-8.0, -2.0));
    let weight_decay = if stream.below(2) == 0 { 0.0 } else { stream.uniform(0.0, 0.3) };
    let mut share = || if exact { (1 + stream.below(15)) as f64 / 16.0 } else { stream.uniform(0.0, 0.999) };
    let (momentum, alpha, beta1, beta2) = (share(), share(), share(), share());
    match stream.below(7) {
        0 => Optimizer::Sgd { lr },
        1 => Optimizer::Momentum { lr, momentum, nesterov: false, weight_decay },
        2 => Optimizer::Momentum { lr, momentum, nesterov: true, weight_decay },
        3 => Optimizer::RmsProp { lr, alpha, eps, weight_decay },
        4 => {
            let (lr_decay, initial) = (stream.below(2) as f64 * 0.125, stream.below(2) as f64 * 0.1);
            Optimizer::AdaGrad { lr, lr_decay, initial, eps, weight_decay }
        }
        5 => Optimizer::Adam { lr, beta1, beta2, eps, weight_decay },
        _ => Optimizer::AdamW { lr, beta1, beta2, eps, weight_decay },
    }
}

/// A step of the twin.
pub(crate) fn naive_step<T: Scalar + Float>(
    optimizer: Optimizer,
    w: &mut [T],
    dw: &[T],
    [m, s]: [&mut [T]; 2],
    t: u64,
) {
    match optimizer {
        Optimizer::Sgd { lr } => naive::sgd_step(w, dw, T::rounded(lr)),
        Optimizer::Momentum { lr, momentum, nesterov, weight_decay } => {
            naive::momentum_step(w, dw, m, naive::Momentum { lr, momentum, nesterov, weight_decay });
        }
        Optimizer::RmsProp { lr, alpha, eps, weight_decay } => {
            naive::rmsprop_step(w, dw, m, naive::RmsProp { lr, alpha, eps, weight_decay });
        }
        Optimizer::AdaGrad { lr, lr_decay, eps, weight_decay, .. } => {
            naive::adagrad_step(w, dw, m, naive::AdaGrad { lr, lr_decay, eps, weight_decay }, t);
        }
        Optimizer::Adam { lr, beta1, beta2, eps, weight_decay } => {
            naive::adam_step(w, dw, m, s, naive::Adam { lr, beta1, beta2, eps, weight_decay }, t);
        }
        Optimizer::AdamW { lr, beta1, beta2, eps, weight_decay } => {
            naive::adamw_step(w, dw, m, s, naive::Adam { lr, beta1, beta2, eps, weight_decay }, t);
        }
        other => panic!("{other} has no twin"),
    }
}

/// A dozen steps of drawn settings on drawn numbers, `judge(seed, optimizer, t, got, want)` after each.
fn beside_the_twin<T: Scalar + Float>(exact: bool, judge: impl Fn(u64, Optimizer, u64, &[T], &[T])) {
    for seed in 0..300 {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 0);
        let optimizer = draw(&mut stream, exact);
        optimizer.check().unwrap_or_else(|error| panic!("seed {seed}, {optimizer}: {error}"));
        let n = stream.below(70) as usize;
        // Gradients of many sizes, and every seventh 0.
        let mut gradient = || match stream.below(7) {
            0 => T::ZERO,
            _ => T::from_f64(stream.normal() * 10f64.powf(stream.uniform(-6.0, 2.0))),
        };
        let mut w: Vec<T> = (0..n).map(|_| gradient()).collect();
        let mut state = OptimizerState::new(optimizer, n).unwrap();
        let initial = if let Optimizer::AdaGrad { initial, .. } = optimizer { initial } else { 0.0 };
        let (mut twin, mut m, mut s) = (w.clone(), vec![T::from_f64(initial); n], vec![T::ZERO; n]);
        for t in 1..=12 {
            let dw: Vec<T> = (0..n).map(|_| gradient()).collect();
            optimizer.update(Kernel::selected().unwrap(), &mut w, &dw, &mut state).unwrap();
            naive_step(optimizer, &mut twin, &dw, [&mut m, &mut s], t);
            assert_eq!(state.steps(), t);
            judge(seed, optimizer, t, &w, &twin);
        }
    }
}

fn equal_bits<T: Scalar + Float>() {
    beside_the_twin::<T>(true, |seed, optimizer, t, got, want| {
        assert!(got == want, "seed {seed}, {optimizer}, step {t}, {}:\n{got:?}\n{want:?}", T::NAME);
    });
}

#[test]
fn every_optimizer_has_the_bits_of_its_naive_twin_where_powers_are_exact() {
    equal_bits::<f32>();
    equal_bits::<f64>();
}

#[test]
fn every_optimizer_agrees_with_its_naive_twin_whatever_the_settings() {
    beside_the_twin::<f64>(false, |seed, optimizer, t, got, want| {
        for (got, want) in got.iter().zip(want) {
            // Only the powers differ, by an ulp or two in a dozen steps, and where beta is near 1, 1 - power enlarges that.
            assert!(
                (got - want).abs() <= 1e-11 * want.abs().max(1.0),
                "seed {seed}, {optimizer}, step {t}: {got}, {want}"
            );
        }
    });
}

#[test]
fn plain_sgd_is_momentum_without_any() {
    let (w, dw) = (numbers(50, 1), numbers(50, 2));
    let step = |optimizer: Optimizer| {
        let mut w = w.clone();
        optimizer
            .update(Kernel::selected().unwrap(), &mut w, &dw, &mut OptimizerState::new(optimizer, 50).unwrap())
            .unwrap();
        w
    };
    let momentum = |weight_decay| Optimizer::Momentum { lr: 0.3, momentum: 0.0, nesterov: false, weight_decay };
    assert_eq!(step(momentum(0.0)), step(Optimizer::Sgd { lr: 0.3 }));
    assert_ne!(step(momentum(0.1)), step(Optimizer::Sgd { lr: 0.3 }));
    assert_eq!(momentum(0.1).moments(), 0);
}

#[test]
fn every_optimizer_is_made_by_name_and_takes_the_settings_that_it_lists() {
    for name in OPTIMIZER_NAMES {
        let optimizer = Optimizer::by_name(name).unwrap();
        assert_eq!(optimizer.name(), *name);
        optimizer.check().unwrap();
        assert!(optimizer.to_string().starts_with(&format!("{name} with learning rate ")), "{optimizer}");
        for (setting, value) in optimizer.settings() {
            assert!(setting.range.contains(value), "{name}: {}", setting.name);
            assert_eq!(optimizer.with(setting.name, value), Ok(optimizer));
            let other = if setting.range == SettingRange::Switch { 1.0 } else { 0.5 };
            let changed = optimizer.with(setting.name, other).unwrap();
            for ((also, was), (_, is)) in optimizer.settings().iter().zip(changed.settings()) {
                assert_eq!(is, if also == &setting { other } else { *was }, "{name}: {}", also.name);
            }
        }
    }
    for setting in SETTINGS {
        let has = |name: &&str| Optimizer::by_name(name).unwrap().with(setting.name, 0.5).is_ok();
        let switch = setting.range == SettingRange::Switch;
        assert!(switch || OPTIMIZER_NAMES.iter().any(has), "nobody has {}", setting.name);
    }
}

#[test]
fn an_optimizer_says_what_differs_from_the_defaults() {
    let with = |name: &str, settings: &[(&str, f64)]| {
        let optimizer = Optimizer::by_name(name).unwrap();
        settings.iter().fold(optimizer, |optimizer, (name, value)| optimizer.with(name, *value).unwrap()).to_string()
    };
    assert_eq!(with("sgd", &[]), "sgd with learning rate 0.1");
    assert_eq!(
        with("sgd", &[("nesterov", 1.0), ("momentum", 0.9), ("weight-decay", 1e-5)]),
        "sgd with learning rate 0.1, momentum 0.9, nesterov, weight decay 1e-5"
    );
    assert_eq!(
        with("adamw", &[("lr", 3e-4), ("weight-decay", 0.0)]),
        "adamw with learning rate 0.0003, weight decay 0"
    );
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    let refused = |name: &str, setting: &str, value: f64| {
        Optimizer::by_name(name).unwrap().with(setting, value).unwrap_err().to_string()
    };
    assert_eq!(
        refused("adam", "momentum", 0.9),
        "adam has no setting `momentum`; it has lr, beta1, beta2, eps, weight-decay"
    );
    assert_eq!(refused("sgd", "beta1", 0.9), "sgd has no setting `beta1`; it has lr, momentum, nesterov, weight-decay");
    assert_eq!(refused("sgd", "momentum", 1.0), "momentum is 1; expected a number from 0 to below 1");
    assert_eq!(refused("rmsprop", "eps", 0.0), "eps is 0; expected a finite number above 0");
    assert_eq!(refused("adamw", "weight-decay", -0.1), "weight decay is -0.1; expected a finite number, 0 or more");
    for optimizer in OPTIMIZER_NAMES.iter().map(|name| Optimizer::by_name(name).unwrap()) {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            for (setting, _) in optimizer.settings() {
                assert!(optimizer.with(setting.name, bad).is_err(), "{optimizer}: {} {bad}", setting.name);
            }
        }
    }
    let blind = Optimizer::by_name("sgd").unwrap().with("nesterov", 1.0).unwrap();
    assert_eq!(blind.check().unwrap_err().to_string(), "momentum is 0; expected more than 0, for nesterov");
    let spelt_out = Optimizer::Adam { lr: 0.1, beta1: 1.0, beta2: 0.9, eps: 1e-8, weight_decay: 0.0 };
    assert_eq!(spelt_out.check().unwrap_err().to_string(), "beta1 is 1; expected a number from 0 to below 1");
    let unknown = Optimizer::by_name("sdg").unwrap_err().to_string();
    assert_eq!(unknown, "there is no optimizer `sdg`; known are sgd, rmsprop, adagrad, adam, adamw");
}

pub(crate) fn small() -> Mlp<f64> {
    Mlp::builder(3).dense(4).tanh().dense(2).seed(1).build_as().unwrap()
}

#[test]
fn the_steps_of_a_network_remember_one_another() {
    let x = numbers(5 * 3, 3);
    let (x, targets) = (MatRef::new(&x, 5, 3), TargetsRef::Classes(&[0, 1, 1, 0, 1]));
    for name in ["rmsprop", "adagrad", "adam", "adamw"] {
        let optimizer = Optimizer::by_name(name).unwrap();
        let (mut stepped, mut by_hand) = (small(), small());
        let n = stepped.params().len();
        let mut workspace = Workspace::for_training(&stepped, 5, optimizer).unwrap();
        let (mut m, mut s) = (vec![0.0; n], vec![0.0; n]);
        for t in 1..=5 {
            stepped.step(x, targets, Loss::CrossEntropy, optimizer, &mut workspace).unwrap();
            let mut pass = Workspace::new(&by_hand, 5);
            by_hand.forward(x, &mut pass).unwrap();
            by_hand.backward(x, targets, Loss::CrossEntropy, &mut pass).unwrap();
            naive_step(optimizer, by_hand.params_mut(), pass.gradients(), [&mut m, &mut s], t);
        }
        for (got, want) in stepped.params().iter().zip(by_hand.params()) {
            assert!((got - want).abs() <= 1e-13, "{name}: {got}, not {want}");
        }
        assert_eq!(
            (workspace.optimizer_state().steps(), workspace.optimizer_state().values().len()),
            (5, optimizer.moments() * n)
        );
        assert!(workspace.bytes() - Workspace::new(&stepped, 5).bytes() >= 8 * optimizer.moments() * n);
    }
}

#[test]
fn the_learning_rate_may_change_from_step_to_step() {
    let x = [0.5, -0.5, 1.0];
    let (x, targets) = (MatRef::new(&x, 1, 3), TargetsRef::Classes(&[1]));
    let adam = Optimizer::by_name("adam").unwrap();
    let mut mlp = small();
    let mut workspace = Workspace::for_training(&mlp, 1, adam).unwrap();
    for lr in [0.1, 0.01] {
        mlp.step(x, targets, Loss::CrossEntropy, adam.with("lr", lr).unwrap(), &mut workspace).unwrap();
    }
    assert_eq!(workspace.optimizer_state().steps(), 2);
}

#[test]
fn a_step_with_what_another_optimizer_remembers_is_refused_and_moves_nothing() {
    let x = [0.5, -0.5, 1.0];
    let (x, targets) = (MatRef::new(&x, 1, 3), TargetsRef::Classes(&[1]));
    let by_name = |name| Optimizer::by_name(name).unwrap();
    let mut mlp = small();
    let before = mlp.params().to_vec();
    let momentum = by_name("sgd").with("momentum", 0.9).unwrap();
    for (made_for, optimizer) in [
        (None, by_name("adam")),
        (None, momentum),
        (Some(by_name("sgd")), momentum),
        (Some(by_name("adam")), by_name("adamw")),
        (Some(momentum), by_name("rmsprop")),
    ] {
        let mut workspace = match made_for {
            None => Workspace::new(&mlp, 1),
            Some(made_for) => Workspace::for_training(&mlp, 1, made_for).unwrap(),
        };
        let error = mlp.step(x, targets, Loss::CrossEntropy, optimizer, &mut workspace).unwrap_err();
        assert!(matches!(error, ModelError::OptimizerState { .. }), "{error}");
        assert_eq!((mlp.params(), workspace.optimizer_state().steps()), (before.as_slice(), 0));
        // Plain SGD needs nothing.
        small().step(x, targets, Loss::CrossEntropy, Optimizer::Sgd { lr: 0.1 }, &mut workspace).unwrap();
    }
    let error = mlp.step(x, targets, Loss::CrossEntropy, by_name("adam"), &mut Workspace::new(&mlp, 1)).unwrap_err();
    let words = "a step of adam needs a state of 52 numbers; this one has 0, made for an optimizer without state \
                 (see Workspace::for_training)";
    assert_eq!(error.to_string(), words);
}

#[test]
fn every_optimizer_lowers_the_loss() {
    let x = numbers(40 * 3, 6);
    let labels: Vec<u32> = x.chunks(3).map(|row| u32::from(row[0] + row[1] > 0.0)).collect();
    let nesterov = Optimizer::Momentum { lr: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.0 };
    let by_name = OPTIMIZER_NAMES.iter().map(|name| Optimizer::by_name(name).unwrap().with("lr", 0.05).unwrap());
    for optimizer in by_name.chain([nesterov]) {
        let mut mlp = Mlp::builder(3).dense(16).tanh().dense(2).seed(1).build_as::<f64>().unwrap();
        let mut workspace = Workspace::for_training(&mlp, 40, optimizer).unwrap();
        let mut step = || {
            let (x, targets) = (MatRef::new(&x, 40, 3), TargetsRef::Classes(&labels));
            mlp.step(x, targets, Loss::CrossEntropy, optimizer, &mut workspace).unwrap()
        };
        let first = step();
        let last = (0..200).map(|_| step()).last().unwrap();
        assert!(last < 0.5 * first, "{optimizer} went from {first} to {last}");
    }
}

fn clipped_as_by_the_twin<T: Scalar + Float>() {
    for seed in 0..200 {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 1);
        let n = stream.below(500) as usize;
        let size = 10f64.powf(stream.uniform(-8.0, 4.0));
        // The squares are added up in f64, but in another order.
        let tolerance = 4.0 * T::ROUNDOFF + n as f64 * f64::ROUNDOFF;
        let dw: Vec<T> = (0..n).map(|_| T::from_f64(size * stream.normal())).collect();
        // Of the order of the norm, so that half of them are cut.
        let limit = size * (n as f64 + 1.0).sqrt() * stream.uniform(0.1, 2.0);
        let (mut got, mut want) = (dw.clone(), dw.clone());
        Clip::Norm(limit).apply(&mut got);
        naive::clip_norm(&mut want, limit);
        for (got, want) in got.iter().zip(&want) {
            assert!(
                (got.to_f64() - want.to_f64()).abs() <= tolerance * want.to_f64().abs(),
                "seed {seed}: {got}, {want}"
            );
        }
        let (mut got, mut want, limit) = (dw.clone(), dw, size * stream.uniform(0.1, 2.0));
        Clip::Value(limit).apply(&mut got);
        naive::clip_value(&mut want, limit);
        assert!(got == want, "seed {seed}");
    }
}

#[test]
fn gradients_are_clipped_as_by_the_naive_twin() {
    clipped_as_by_the_twin::<f32>();
    clipped_as_by_the_twin::<f64>();
}

#[test]
fn a_clipped_norm_is_the_limit_and_an_infinite_one_is_not_hidden() {
    let mut dw = numbers(1000, 9);
    Clip::Norm(0.5).apply(&mut dw);
    assert!((dw.iter().map(|dw| dw * dw).sum::<f64>().sqrt() - 0.5).abs() < 1e-6);
    for bad in [f64::NAN, f64::INFINITY] {
        let mut dw = [1.0, bad, 2.0];
        Clip::Norm(0.5).apply(&mut dw);
        assert!(dw[1].is_nan(), "{dw:?}");
    }
}

#[test]
fn a_step_clips_and_then_moves() {
    let x = numbers(5 * 3, 3);
    let (x, targets) = (MatRef::new(&x, 5, 3), TargetsRef::Classes(&[0, 1, 1, 0, 1]));
    let optimizer = Optimizer::Momentum { lr: 0.5, momentum: 0.9, nesterov: false, weight_decay: 0.1 };
    for clip in [Clip::Norm(0.01), Clip::Value(0.001)] {
        let (mut stepped, by_hand) = (small(), small());
        let mut workspace = Workspace::for_training(&stepped, 5, optimizer).unwrap();
        stepped.step(x, targets, Loss::Mse, Update { clip: Some(clip), ..optimizer.into() }, &mut workspace).unwrap();
        let mut pass = Workspace::new(&by_hand, 5);
        by_hand.forward(x, &mut pass).unwrap();
        by_hand.backward(x, targets, Loss::Mse, &mut pass).unwrap();
        let (mut w, mut dw) = (by_hand.params().to_vec(), pass.gradients().to_vec());
        clip.apply(&mut dw);
        assert_ne!(dw, pass.gradients());
        assert_eq!(dw, workspace.gradients());
        let mut state = OptimizerState::new(optimizer, w.len()).unwrap();
        optimizer.update(Kernel::selected().unwrap(), &mut w, &dw, &mut state).unwrap();
        assert_eq!(w, stepped.params());
    }
}
