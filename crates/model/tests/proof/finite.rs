//! Numbers that are infinite or NaN: a loss that writes them moves nothing, and a network that holds them says where.

use chainrule_model::optim::{Clip, Update};
use chainrule_model::{Loss, MatRef, Mlp, ModelError, Optimizer, TargetsRef, Workspace};

fn network() -> Mlp<f32> {
    Mlp::builder(2).dense(3).batch_norm().relu().dense(70).seed(9).build().unwrap()
}

const X: [f32; 6] = [1.0, 2.0, -1.0, 0.5, 0.25, 3.0];

#[test]
fn an_own_loss_whose_gradient_is_not_finite_moves_nothing_and_is_an_error_with_its_place() {
    let x = MatRef::new(&X, 3, 2);
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for at in [0, 69, 70, 139, 3 * 70 - 1] {
            let loss = |_: MatRef<'_, f32>, dy: &mut [f32]| {
                dy.fill(1.0);
                dy[at] = bad;
                2.5
            };
            for clip in [None, Some(Clip::Norm(1.0)), Some(Clip::Value(1.0))] {
                for optimizer in [Optimizer::Sgd { lr: 0.1 }, Optimizer::by_name("adam").unwrap()] {
                    let update = Update { clip, ..optimizer.into() };
                    let mut mlp = network();
                    let mut workspace = Workspace::for_training(&mlp, 3, update).unwrap();
                    let error = mlp.step_with(x, loss, update, &mut workspace).unwrap_err();
                    let ModelError::LossGradient { loss: value, row, output, found } = error else {
                        panic!("{error:?}")
                    };
                    assert_eq!((value, row, output), (2.5, at / 70, at % 70));
                    assert_eq!(found.to_bits(), f64::from(bad).to_bits());
                    assert_eq!((&mlp, workspace.optimizer_state().steps()), (&network(), 0));
                    // What the optimiser remembers is not spoiled either.
                    assert!(workspace.optimizer_state().values().iter().all(|moment| *moment == 0.0));
                    mlp.forward_training(x, &mut workspace).unwrap();
                    assert!(mlp.backward_with(x, loss, &mut workspace).is_err());
                }
            }
        }
    }
    let words = ModelError::LossGradient { loss: 2.5, row: 1, output: 4, found: f64::NAN }.to_string();
    assert!(
        words.starts_with("the loss is 2.5, but its gradient by output 5 of row 2 of the minibatch is NaN"),
        "{words}"
    );
}

#[test]
fn a_loss_of_ours_whose_gradient_overflows_f32_is_an_error_too() {
    // An error of 3e38 squared is a number in f64, and twice it is none in f32.
    let mut mlp = Mlp::builder(1).dense(1).init(chainrule_model::Init::Zeros).build().unwrap();
    let t = [3e38f32];
    let targets = TargetsRef::Values(MatRef::new(&t, 1, 1));
    let mut workspace = Workspace::new(&mlp, 1);
    let step = mlp.step(MatRef::new(&[1.0], 1, 1), targets, Loss::Mse, Optimizer::Sgd { lr: 1e-30 }, &mut workspace);
    assert!(matches!(step, Err(ModelError::LossGradient { row: 0, output: 0, .. })), "{step:?}");
    assert!(mlp.params().iter().all(|p| *p == 0.0));
}

#[test]
fn a_network_that_holds_what_is_not_finite_names_the_module() {
    assert_eq!(network().check_finite(), Ok(()));
    // dense(2, 3), batch_norm(3), relu, dense(3, 70)
    for (at, module) in [(0, 0), (8, 0), (9, 1), (14, 1), (15, 3), (15 + 280 - 1, 3)] {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut mlp = network();
            mlp.params_mut()[at] = bad;
            let error = mlp.check_finite().unwrap_err();
            assert!(
                matches!(error, ModelError::NotFinite { module: m, what: "a parameter", .. } if m == module),
                "{error:?}"
            );
            assert!(!mlp.is_finite());
        }
    }
    for (at, bad) in [(0, f32::INFINITY), (5, f32::NAN), (3, -1.0)] {
        let mut mlp = network();
        mlp.running_mut()[at] = bad;
        let error = mlp.check_finite().unwrap_err().to_string();
        assert!(error.starts_with("module 1, batch_norm(3), has a running "), "{error}");
    }
    let mut negative_mean = network();
    negative_mean.running_mut()[0] = -1.0;
    assert!(negative_mean.is_finite());
}
