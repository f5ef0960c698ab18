//! Settings that mean nothing, in f64 or in the element type, are errors of the step, which moves nothing.

use chainrule_model::network::Objective;
use chainrule_model::optim::{
    Clip, Decay, Decays, Group, Lbfgs, LbfgsSettings, OptimizerState, Schedule, Span, Update,
};
use chainrule_model::{Layer, Loss, MatRef, Mlp, ModelError, Optimizer, Scalar, TargetsRef, Workspace};

const ROWS: usize = 2;

fn network<T: Scalar>() -> Mlp<T> {
    Mlp::builder(2).dense(3).tanh().dense(2).seed(5).build_as().unwrap()
}

/// Every setting of every optimiser, clipping and decay with this value.
fn updates(value: f64) -> Vec<Update> {
    let mut all = Vec::new();
    let (lr, eps, weight_decay) = (value, value, value);
    let sgd = Optimizer::Sgd { lr: 0.1 };
    all.extend([Optimizer::Sgd { lr }].map(Update::from));
    let momentum = |lr, momentum, weight_decay| Optimizer::Momentum { lr, momentum, nesterov: false, weight_decay };
    all.extend([momentum(lr, 0.9, 0.0), momentum(0.1, value, 0.0), momentum(0.1, 0.0, weight_decay)].map(Update::from));
    let rms = |lr, alpha, eps, weight_decay| Optimizer::RmsProp { lr, alpha, eps, weight_decay };
    all.extend([rms(lr, 0.9, 1e-8, 0.0), rms(0.1, value, 1e-8, 0.0)].map(Update::from));
    all.extend([rms(0.1, 0.9, eps, 0.0), rms(0.1, 0.9, 1e-8, weight_decay)].map(Update::from));
    let ada = |lr, lr_decay, initial, eps| Optimizer::AdaGrad { lr, lr_decay, initial, eps, weight_decay: 0.0 };
    all.extend([ada(lr, 0.0, 0.0, 1e-8), ada(0.1, value, 0.0, 1e-8), ada(0.1, 0.0, 0.0, eps)].map(Update::from));
    let adam = |lr, beta1, beta2, eps| Optimizer::Adam { lr, beta1, beta2, eps, weight_decay: 0.0 };
    all.extend([adam(lr, 0.9, 0.9, 1e-8), adam(0.1, value, 0.9, 1e-8), adam(0.1, 0.9, value, 1e-8)].map(Update::from));
    all.extend([adam(0.1, 0.9, 0.9, eps)].map(Update::from));
    all.extend([Optimizer::AdamW { lr: 0.1, beta1: 0.9, beta2: 0.9, eps: 1e-8, weight_decay }].map(Update::from));
    all.extend([Clip::Value(value), Clip::Norm(value)].map(|clip| Update { clip: Some(clip), ..sgd.into() }));
    let none = Decay::default();
    for decay in [Decay { l1: value, ..none }, Decay { l2: value, ..none }, Decay { decoupled: value, ..none }] {
        all.extend([Group::Weights, Group::Biases].map(|group| Update { decay: group.decays(decay), ..sgd.into() }));
    }
    all
}

/// One way of a step.
type Way<'a, T> = dyn FnMut(&mut Mlp<T>, &mut Workspace<T>) -> Result<(), ModelError> + 'a;

/// What every way of a step says of an update, which must be the same; the network has not moved when that is an error.
fn stepped<T: Scalar>(update: Update) -> Result<(), ModelError> {
    let x = [0.5, -1.0, 2.0, 0.25].map(T::from_f64);
    let (x, targets) = (MatRef::new(&x, ROWS, 2), TargetsRef::Classes(&[0, 1]));
    let mut results = Vec::new();
    let mut ways: Vec<Box<Way<'_, T>>> = vec![
        Box::new(|mlp, workspace| mlp.step(x, targets, Loss::CrossEntropy, update, workspace).map(drop)),
        Box::new(|mlp, workspace| {
            mlp.step_with(
                x,
                |_, dy| {
                    dy.fill(T::ONE);
                    1.0
                },
                update,
                workspace,
            )
            .map(drop)
        }),
        Box::new(|mlp, _| {
            let n = mlp.params().len();
            let mut state = OptimizerState::new(update.optimizer, n)?;
            mlp.update(update, &mut vec![T::ONE; n], &mut state)
        }),
    ];
    for way in &mut ways {
        let mut mlp = network::<T>();
        let mut workspace = Workspace::for_training(&mlp, ROWS, update)?;
        let result = way(&mut mlp, &mut workspace);
        match &result {
            Ok(()) => assert!(mlp.is_finite(), "{update:?} gives {:?}", mlp.params()),
            Err(_) => assert_eq!((&mlp, workspace.optimizer_state().steps()), (&network(), 0), "{update:?}"),
        }
        results.push(result);
    }
    // Compared as words: NaN is not what it is.
    let words: Vec<String> = results.iter().map(|result| format!("{result:?}")).collect();
    assert!(words.iter().all(|said| *said == words[0]), "{update:?}: {words:?}");
    results.swap_remove(0)
}

#[test]
fn settings_that_are_no_numbers_or_of_the_wrong_sign_are_errors_and_nothing_moves() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -1e-300] {
        for update in updates(bad) {
            for result in [stepped::<f32>(update), stepped::<f64>(update)] {
                assert!(
                    matches!(result, Err(ModelError::Setting { found, .. }) if found.to_bits() == bad.to_bits()),
                    "{update:?}: {result:?}"
                );
            }
        }
    }
}

#[test]
fn settings_that_f32_does_not_hold_are_errors_in_f32() {
    let refused = |optimizer: Optimizer, words: &str| {
        let error = stepped::<f32>(optimizer.into()).unwrap_err().to_string();
        assert!(error.starts_with(words), "{error}");
    };
    refused(Optimizer::Sgd { lr: 1e300 }, "learning rate is 1");
    let adam = Optimizer::by_name("adam").unwrap();
    refused(Optimizer::Adam { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-300, weight_decay: 0.0 }, "eps is 0.");
    assert!(stepped::<f64>(adam.with("eps", 1e-300).unwrap().into()).is_ok());
    refused(adam.with("beta1", 1.0 - 1e-12).unwrap(), "beta1 is 0.999999999999; expected a number from 0 to below 1");
    for clip in [Clip::Value(1e-300), Clip::Value(1e300), Clip::Norm(1e-300), Clip::Norm(1e300)] {
        let update = Update { clip: Some(clip), ..Optimizer::Sgd { lr: 0.1 }.into() };
        assert!(stepped::<f32>(update).is_err() && stepped::<f64>(update).is_ok(), "{clip:?}");
    }
}

#[test]
fn settings_that_are_in_range_alone_and_not_together_are_errors() {
    // 1e38 / (1 - 0.999) is infinite in f32; so is 2e38 twice; 1 - 1e20 * 1e20 is -1e40.
    let adam = Optimizer::Adam { lr: 1e38, beta1: 0.999, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };
    let twice = Optimizer::Momentum { lr: 0.0, momentum: 0.0, nesterov: false, weight_decay: 2e38 };
    let twice = Update { decay: Group::All.decays(Decay { l2: 2e38, ..Decay::default() }), ..twice.into() };
    let adamw = Optimizer::AdamW { lr: 1e20, beta1: 0.0, beta2: 0.0, eps: 1e-8, weight_decay: 1e20 };
    for update in [adam.into(), twice, adamw.into()] {
        let error = stepped::<f32>(update).unwrap_err();
        assert!(matches!(error, ModelError::Setting { what: "learning rate", .. }), "{error}");
        assert!(error.to_string().contains("with the betas and decays beside it"), "{error}");
    }
}

#[test]
fn settings_at_the_ends_of_their_ranges_are_taken() {
    // Schedules end at a rate of 0.
    assert!(stepped::<f32>(Optimizer::Sgd { lr: 0.0 }.into()).is_ok());
    let adam = Optimizer::Adam { lr: 1e-300, beta1: 0.0, beta2: 0.0, eps: 1e-30, weight_decay: 0.0 };
    assert!(stepped::<f32>(adam.into()).is_ok() && stepped::<f64>(adam.into()).is_ok());
    let decay = Decay { l1: 1e-300, l2: 0.0, decoupled: 1e-300 };
    let update = Update { decay: Decays { weights: decay, biases: decay }, ..Optimizer::Sgd { lr: 0.1 }.into() };
    assert!(stepped::<f32>(update).is_ok() && stepped::<f64>(update).is_ok());
}

#[test]
fn nesterov_without_momentum_is_an_error_of_the_step() {
    let nesterov = Optimizer::Momentum { lr: 0.1, momentum: 0.0, nesterov: true, weight_decay: 0.0 };
    let error = stepped::<f64>(nesterov.into()).unwrap_err().to_string();
    assert_eq!(error, "momentum is 0; expected more than 0, for nesterov");
}

#[test]
fn a_sum_that_adagrad_cannot_begin_at_is_an_error_when_memory_is_made() {
    for initial in [f64::NAN, f64::INFINITY, -1.0] {
        let ada = Optimizer::AdaGrad { lr: 0.1, lr_decay: 0.0, initial, eps: 1e-10, weight_decay: 0.0 };
        let refused = |error: ModelError| matches!(error, ModelError::Setting { what: "initial sum", .. });
        assert!(OptimizerState::<f64>::new(ada, 3).is_err_and(refused));
        assert!(Workspace::for_training(&network::<f32>(), 1, ada).is_err_and(refused));
    }
}

#[test]
fn layers_whose_settings_f32_does_not_hold_are_refused_in_f32() {
    let b = || Mlp::builder(2).dense(2);
    for (builder, what) in [
        (b().layer(Layer::LayerNorm { width: 0, eps: 1e-300 }), "eps of a normalisation is 0.0"),
        (b().layer(Layer::BatchNorm { width: 0, eps: 1e-300, momentum: 0.1 }), "eps of a normalisation is 0.0"),
        (b().layer(Layer::LayerNorm { width: 0, eps: 1e300 }), "eps of a normalisation is 1"),
        (b().leaky_relu(1e300), "the slope of leaky_relu is 1"),
        (b().activation(chainrule_model::Activation::Elu(1e39)), "the alpha of elu is 1"),
        (b().init(chainrule_model::Init::Normal(1e300)), "the standard deviation of the weights is 1"),
    ] {
        let error = builder.clone().build().unwrap_err().to_string();
        assert!(error.starts_with(what) && error.contains("that the element type holds"), "{error}");
        builder.build_as::<f64>().unwrap();
    }
}

#[test]
fn a_delta_or_weights_that_the_element_type_does_not_hold_are_errors() {
    let x = [0.5f32, -1.0];
    let mlp = network::<f32>();
    let mut workspace = Workspace::new(&mlp, ROWS);
    mlp.forward(MatRef::new(&x, 1, 2), &mut workspace).unwrap();
    for delta in [1e-300, 1e300, f64::NAN, f64::INFINITY, 0.0, -1.0] {
        let error = mlp.loss(TargetsRef::Classes(&[0]), Loss::Huber(delta), &mut workspace).unwrap_err();
        assert!(matches!(error, ModelError::Setting { what: "the delta of huber", .. }), "{error}");
    }
    let mlp = network::<f64>();
    let mut workspace = Workspace::new(&mlp, ROWS);
    let x = [0.5, -1.0, 2.0, 0.25];
    mlp.forward(MatRef::new(&x, ROWS, 2), &mut workspace).unwrap();
    let heavy = Objective { rows: Some(&[1e308, 1e308]), ..Loss::CrossEntropy.into() };
    let error = mlp.loss(TargetsRef::Classes(&[0, 1]), heavy, &mut workspace).unwrap_err();
    assert_eq!(error.to_string(), "the sum of the weights of rows is inf; expected a finite number: smaller weights");
    for smoothing in [f64::NAN, f64::INFINITY, -0.1] {
        let smooth = Objective { smoothing, ..Loss::CrossEntropy.into() };
        assert!(mlp.loss(TargetsRef::Classes(&[0, 1]), smooth, &mut workspace).is_err());
    }
}

#[test]
fn a_search_whose_settings_mean_nothing_does_not_begin() {
    for settings in [
        LbfgsSettings { memory: 0, ..LbfgsSettings::default() },
        LbfgsSettings { gradient_tolerance: f64::NAN, ..LbfgsSettings::default() },
        LbfgsSettings { curvature: f64::NAN, ..LbfgsSettings::default() },
    ] {
        assert!(matches!(Lbfgs::<f32>::try_new(settings), Err(ModelError::Setting { .. })));
        assert!(std::panic::catch_unwind(|| Lbfgs::<f32>::new(settings)).is_err());
    }
    assert!(Lbfgs::<f32>::try_new(LbfgsSettings::default()).is_ok());
}

#[test]
fn the_rate_of_a_step_far_into_equal_cycles_is_known_at_once() {
    let restarts = Schedule::Restarts { first: 1, times: 1, min_lr: 0.0 };
    let run = Span { epochs: u64::MAX, steps: 7 };
    assert_eq!(restarts.rate(0.5, (u64::MAX / 7) * 7, run), 0.5);
    assert_eq!(restarts.rate(0.5, 7_000_003, run).to_bits(), restarts.rate(0.5, 3, run).to_bits());
}
