//! Decay: equal to the naive reference for every optimiser and group, and the same through every setting that means it.

use chainrule_model::optim::{Decay, Decays, Group, OPTIMIZER_NAMES, OptimizerState, Update};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Loss, MatRef, Mlp, Optimizer, Scalar, TargetsRef, Workspace};
use chainrule_naive::{self as naive, Float};

use crate::check::numbers;
use crate::optimizers::{draw, naive_step, small};

fn decays_as_the_twin<T: Scalar + Float>() {
    for seed in 0..200 {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 2);
        let optimizer = draw(&mut stream, true);
        let group = [Group::All, Group::Weights, Group::Biases][stream.below(3) as usize];
        let mut some = || if stream.below(2) == 0 { 0.0 } else { stream.uniform(0.0, 0.2) };
        let (decay, none) = (Decay { l1: some(), l2: 0.0, decoupled: some() }, Decay::default());
        let builder = Mlp::builder(3).dense(4).tanh().dense(2).seed(seed);
        let mut mlp = builder.build_as::<T>().unwrap();
        // Not only zeros among the biases, and some zeros among the weights.
        let count = mlp.params().len();
        for (i, w) in mlp.params_mut().iter_mut().enumerate() {
            *w = T::from_f64(if i % 7 == 2 { 0.0 } else { stream.normal() });
        }
        let initial = if let Optimizer::AdaGrad { initial, .. } = optimizer { initial } else { 0.0 };
        let mut state = OptimizerState::new(optimizer, count).unwrap();
        let (mut twin, mut m, mut s) = (mlp.params().to_vec(), vec![T::from_f64(initial); count], vec![T::ZERO; count]);
        let tensors: Vec<_> = mlp
            .dense_layers()
            .flat_map(|layer| {
                let split = layer.params.end - layer.b.len();
                [
                    (layer.params.start..split, group != Group::Biases),
                    (split..layer.params.end, group != Group::Weights),
                ]
            })
            .collect();
        let update = Update { decay: group.decays(decay), ..optimizer.into() };
        for t in 1..=5 {
            let dw: Vec<T> = (0..count).map(|_| T::from_f64(stream.normal())).collect();
            mlp.update(update, &mut dw.clone(), &mut state).unwrap();
            for (range, decays) in tensors.clone() {
                let Decay { l1, decoupled, .. } = if decays { decay } else { none };
                let w = &mut twin[range.clone()];
                let kept = T::rounded(1.0 - optimizer.lr() * decoupled);
                w.iter_mut().for_each(|w| *w *= kept);
                let mut g = dw[range.clone()].to_vec();
                naive::l1_gradient(w, &mut g, l1);
                naive_step(optimizer, w, &g, [&mut m[range.clone()], &mut s[range]], t);
            }
            assert!(mlp.params() == twin, "seed {seed}, {optimizer}, {:?}, step {t}, {}", update.decay, T::NAME);
        }
    }
}

#[test]
fn each_group_decays_as_by_the_naive_twin() {
    decays_as_the_twin::<f32>();
    decays_as_the_twin::<f64>();
}

#[test]
fn l2_beside_the_optimizer_is_its_own_weight_decay_and_moving_that_to_a_group_changes_no_bit() {
    let x = numbers(5 * 3, 3);
    let (x, targets) = (MatRef::new(&x, 5, 3), TargetsRef::Classes(&[0, 1, 1, 0, 1]));
    let trained = |update: Update| {
        let mut mlp = small();
        let mut workspace = Workspace::for_training(&mlp, 5, update).unwrap();
        for _ in 0..3 {
            mlp.step(x, targets, Loss::Mse, update, &mut workspace).unwrap();
        }
        mlp.params().to_vec()
    };
    for name in OPTIMIZER_NAMES {
        let own = Optimizer::by_name(name).unwrap().with("weight-decay", 0.25).unwrap();
        let plain = own.with("weight-decay", 0.0).unwrap();
        if *name != "adamw" {
            let decay = Group::All.decays(Decay { l2: 0.25, ..Decay::default() });
            assert_eq!(trained(Update { decay, ..plain.into() }), trained(own.into()), "{name}");
        }
        let of = |group: Group| {
            let (optimizer, decay) = group.decay_only(own, 0.0);
            Update { decay, ..optimizer.into() }
        };
        assert_eq!(of(Group::All), own.into());
        let (weights, biases) = (of(Group::Weights), of(Group::Biases));
        let both = Update { decay: Decays { weights: weights.decay.weights, ..biases.decay }, ..weights };
        assert_eq!(trained(both), trained(own.into()), "{name}");
        assert!(trained(weights) != trained(own.into()) && trained(weights) != trained(biases), "{name}");
    }
}

#[test]
fn l1_without_room_for_strips_steps_all_the_same() {
    let x = numbers(5 * 3, 3);
    let (x, targets) = (MatRef::new(&x, 5, 3), TargetsRef::Classes(&[0, 1, 1, 0, 1]));
    let decay = Group::Weights.decays(Decay { l1: 0.1, ..Decay::default() });
    let update = Update { decay, ..Optimizer::Sgd { lr: 0.1 }.into() };
    let (mut fused, mut unfused) = (small(), small());
    let mut workspace = Workspace::for_training(&fused, 5, update).unwrap();
    fused.step(x, targets, Loss::Mse, update, &mut workspace).unwrap();
    unfused.step(x, targets, Loss::Mse, update, &mut Workspace::new(&unfused.clone(), 5)).unwrap();
    assert_eq!(fused.params(), unfused.params());
}
