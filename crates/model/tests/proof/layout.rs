//! Mismatched arguments are errors and give no result: the workspace, plan or predictor of another network, an x that
//! is not the forward pass's, a pass that never was.

use chainrule_kernel::Kernel;
use chainrule_model::network::PredictorWorkspace;
use chainrule_model::optim::Accumulation;
use chainrule_model::{
    Activation, Loss, MatRef, Mlp, MlpBuilder, ModelError, Optimizer, Predictor, TargetsRef, Workspace,
};

use crate::check::{numbers, of};

const ROWS: usize = 3;
const LABELS: TargetsRef<'static, f32> = TargetsRef::Classes(&[0, 2, 1]);
const SGD: Optimizer = Optimizer::Sgd { lr: 0.1 };

/// Networks of 5 inputs and 3 outputs that differ in one thing each; many have operations of the same number and widths.
fn networks() -> Vec<Mlp<f32>> {
    let from = |f: fn(MlpBuilder) -> MlpBuilder| f(Mlp::builder(5)).seed(3).build().unwrap();
    let mut all = vec![
        from(|b| b.dense(6).relu().dense(3)),
        from(|b| b.dense(6).tanh().dense(3)),
        from(|b| b.dense(6).activation(Activation::Gelu).dense(3)),
        from(|b| b.dense(7).relu().dense(3)),
        from(|b| b.dense(3).relu().dense(3)),
        from(|b| b.dense(6).dense(4).dense(3)),
        from(|b| b.dense(6).layer_norm().dense(3)),
        from(|b| b.dense(6).batch_norm().dense(3)),
        from(|b| b.dense(6).dropout(0.5).dense(3)),
        from(|b| b.dense(6).dropout(0.25).dense(3)),
        from(|b| b.dense(6).softmax().dense(3)),
        from(|b| b.layer_norm().dense(6).dense(3)),
        from(|b| b.dense(6).dense(3).layer_norm()),
        from(|b| b.dense(6).layer(chainrule_model::Layer::LayerNorm { width: 0, eps: 1e-3 }).dense(3)),
    ];
    for kernel in Kernel::<f32>::all().iter().filter(|kernel| kernel.is_available()) {
        all.push(Mlp::builder(5).dense(6).relu().dense(3).kernel(kernel.name()).build().unwrap());
    }
    all
}

/// The same layers and the same kernel.
fn are_alike(a: &Mlp<f32>, b: &Mlp<f32>) -> bool {
    a.layers() == b.layers() && a.kernel_name() == b.kernel_name()
}

#[track_caller]
fn assert_other<V: std::fmt::Debug>(result: Result<V, ModelError>, call: &str) {
    let error = result.expect_err(call);
    assert!(matches!(error, ModelError::OtherNetwork { .. }), "{call}: {error:?}");
}

#[test]
fn every_call_with_a_workspace_of_another_network_is_an_error_and_changes_nothing() {
    let x = of::<f32>(&numbers(ROWS * 5, 1));
    let x = MatRef::new(&x, ROWS, 5);
    for made_for in networks() {
        for mlp in networks().into_iter().filter(|mlp| !are_alike(mlp, &made_for)) {
            let mut other = Workspace::new(&made_for, ROWS);
            made_for.forward_training(x, &mut other).unwrap();
            let mut changed = mlp.clone();
            let own = |_: MatRef<'_, f32>, _: &mut [f32]| 1.0;
            assert_other(mlp.loss(LABELS, Loss::CrossEntropy, &mut other), "loss");
            assert_other(mlp.backward(x, LABELS, Loss::CrossEntropy, &mut other), "backward");
            assert_other(mlp.backward_with(x, own, &mut other), "backward_with");
            assert_other(changed.commit_pass(&other), "commit_pass");
            assert_other(mlp.first_not_finite(&other), "first_not_finite");
            assert_other(Accumulation::new(&mlp).unwrap().add(&other, 1.0), "add");
            assert_other(Accumulation::new(&mlp).unwrap().step(&mut changed, SGD, &mut other), "accumulated step");
            assert_other(Accumulation::new(&made_for).unwrap().step(&mut changed, SGD, &mut other), "another's sum");
            assert_other(mlp.forward(x, &mut other).map(|y| y.rows()), "forward");
            assert_other(mlp.forward_training(x, &mut other).map(|y| y.rows()), "forward_training");
            assert_other(mlp.predict_into(x, &mut [0.0; ROWS * 3], &mut other), "predict_into");
            assert_other(changed.step(x, LABELS, Loss::CrossEntropy, SGD, &mut other), "step");
            assert_other(changed.step_with(x, own, SGD, &mut other), "step_with");
            assert_eq!(changed, mlp);
            let mut room = Predictor::new(&made_for).workspace(ROWS);
            assert_other(Predictor::new(&mlp).predict_into(x, &mut [0.0; ROWS * 3], &mut room), "predictor");
            assert_other(mlp.infer_into(x, &mut [0.0; ROWS * 3], &mut room), "infer_into");
        }
    }
}

#[test]
fn the_error_says_what_differs() {
    let said = |a: MlpBuilder, b: MlpBuilder| {
        let (a, b) = (a.build().unwrap(), b.build().unwrap());
        a.forward(MatRef::new(&vec![0.0; a.inputs()], 1, a.inputs()), &mut Workspace::new(&b, 1))
            .unwrap_err()
            .to_string()
    };
    let end = "make one for this network, or for another of the same layers and kernel";
    let network = |inputs| Mlp::builder(inputs).dense(3);
    let found = [
        (
            said(network(2), network(4)),
            "forward: the workspace was made for a network with 4 inputs, this one has 2 inputs: ",
        ),
        (
            said(network(2).relu(), network(2).tanh()),
            "forward: the workspace was made for a network with tanh as module 1, this one has relu as module 1: ",
        ),
        (
            said(network(2), network(2).layer_norm()),
            "forward: the workspace was made for a network with layer_norm(3) as module 1, this one has no module 1: ",
        ),
    ];
    for (message, begin) in found {
        assert_eq!(message, format!("{begin}{end}"));
    }
}

#[test]
fn a_workspace_serves_every_network_of_the_same_layers() {
    let x = of::<f32>(&numbers(ROWS * 5, 1));
    let x = MatRef::new(&x, ROWS, 5);
    for (mlp, again) in networks().into_iter().zip(networks()) {
        let mut workspace = Workspace::new(&mlp, ROWS);
        for mlp in [&mlp, &again, &mlp.clone()] {
            let gradients = |workspace: &mut Workspace<f32>| {
                mlp.forward(x, workspace).unwrap();
                mlp.backward(x, LABELS, Loss::CrossEntropy, workspace).unwrap();
                workspace.gradients().to_vec()
            };
            assert_eq!(gradients(&mut workspace), gradients(&mut Workspace::new(mlp, ROWS)));
            let mut output = [0.0; ROWS * 3];
            let mut room = PredictorWorkspace::try_new(&again, ROWS).unwrap();
            Predictor::new(mlp).predict_into(x, &mut output, &mut room).unwrap();
        }
    }
}

#[test]
fn there_is_nothing_to_go_back_through_before_a_pass_after_a_failed_one_and_after_a_step() {
    let mut mlp = Mlp::builder(5).dense(6).batch_norm().dense(3).build().unwrap();
    let x = of::<f32>(&numbers(ROWS * 5, 1));
    let x = MatRef::new(&x, ROWS, 5);
    let mut workspace = Workspace::new(&mlp, ROWS);
    #[track_caller]
    fn assert_no_pass(mlp: &Mlp<f32>, x: MatRef<'_, f32>, workspace: &mut Workspace<f32>) {
        let found = mlp.backward(x, LABELS, Loss::CrossEntropy, workspace);
        assert_eq!(found, Err(ModelError::NoPass { operation: "backward" }));
        let found = mlp.backward_with(x, |_, _| 1.0, workspace);
        assert_eq!(found, Err(ModelError::NoPass { operation: "backward" }));
    }
    assert_no_pass(&mlp, x, &mut workspace);
    assert_no_pass(&mlp, MatRef::new(&[], 0, 5), &mut workspace);
    let loss = mlp.loss(LABELS, Loss::CrossEntropy, &mut workspace);
    assert_eq!(loss, Err(ModelError::NoPass { operation: "loss" }));

    // One row is too few for batch normalisation: found in the middle of the pass.
    mlp.forward_training(x, &mut workspace).unwrap();
    let failed = mlp.forward_training(x.rows_in(0..1), &mut workspace).map(|y| y.rows());
    assert_eq!(failed, Err(ModelError::BatchNormRows { module: 1, found: 1 }));
    assert_no_pass(&mlp, x, &mut workspace);
    assert_no_pass(&mlp, x.rows_in(0..1), &mut workspace);
    assert_eq!(workspace.output().rows(), 0);
    let before = mlp.clone();
    mlp.commit_pass(&workspace).unwrap();
    assert_eq!(mlp, before);

    // A step has moved the parameters and committed the pass.
    mlp.step(x, LABELS, Loss::CrossEntropy, SGD, &mut workspace).unwrap();
    assert_no_pass(&mlp, x, &mut workspace);
    let after = mlp.clone();
    mlp.commit_pass(&workspace).unwrap();
    assert_eq!(mlp, after);
    assert_eq!(workspace.output().rows(), ROWS);
    assert!(mlp.loss(LABELS, Loss::CrossEntropy, &mut workspace).is_ok());
}

#[test]
fn backward_takes_the_x_of_the_forward_pass_and_no_equal_one() {
    let mlp = Mlp::builder(2).dense(4).tanh().dense(3).build().unwrap();
    let (numbers, copy) = ([0.5f32, -1.0, 2.0, 0.25, 1.0, 1.0, 7.0, 7.0], [0.5f32, -1.0, 2.0, 0.25, 1.0, 1.0]);
    let x = MatRef::new(&numbers[..6], ROWS, 2);
    let mut workspace = Workspace::new(&mlp, ROWS);
    mlp.forward(x, &mut workspace).unwrap();
    let others = [
        MatRef::new(&copy, ROWS, 2),
        MatRef::new(&numbers[1..7], ROWS, 2),
        MatRef::with_strides(&numbers, (ROWS, 2), (1, 2)),
        MatRef::with_strides(&numbers, (ROWS, 2), (2, 2)),
        MatRef::with_strides(&numbers, (ROWS, 2), (0, 1)),
    ];
    for other in others {
        let found = mlp.backward(other, LABELS, Loss::CrossEntropy, &mut workspace);
        assert_eq!(found, Err(ModelError::OtherInput), "{other:?}");
    }
    assert!(ModelError::OtherInput.to_string().contains("pass that one, or run forward again"));
    // The same view, made anew, and as often as one likes.
    for _ in 0..2 {
        mlp.backward(MatRef::new(&numbers[..6], ROWS, 2), LABELS, Loss::CrossEntropy, &mut workspace).unwrap();
    }
    let narrow = mlp.backward(x.rows_in(0..2), LABELS, Loss::CrossEntropy, &mut workspace);
    assert!(matches!(narrow, Err(ModelError::Shape { found: (2, 2), expected: (3, 2), .. })), "{narrow:?}");
}

#[test]
fn an_x_whose_rows_are_no_slices_is_taken_by_a_dense_layer_and_refused_by_every_other() {
    let numbers: Vec<f32> = (0..6).map(|i| i as f32 / 4.0 - 0.5).collect();
    // The transpose of (2, 3), and the same with rows that are slices.
    let strided = MatRef::new(&numbers, 2, ROWS).t();
    let rows: Vec<f32> = (0..ROWS).flat_map(|i| [numbers[i], numbers[ROWS + i]]).collect();
    let contiguous = MatRef::new(&rows, ROWS, 2);
    let gradients = |mlp: &Mlp<f32>, x: MatRef<'_, f32>| {
        let mut workspace = Workspace::new(mlp, ROWS);
        mlp.forward_training(x, &mut workspace)?;
        mlp.backward(x, LABELS, Loss::Mse, &mut workspace)?;
        Ok::<_, ModelError>(workspace.gradients().to_vec())
    };
    let dense = Mlp::builder(2).dense(4).tanh().dense(3).build().unwrap();
    assert_eq!(gradients(&dense, strided), gradients(&dense, contiguous));

    let firsts: [fn(MlpBuilder) -> MlpBuilder; 7] = [
        |b| b.layer_norm(),
        |b| b.batch_norm(),
        |b| b.relu(),
        |b| b.activation(Activation::Gelu),
        |b| b.softmax(),
        |b| b.log_softmax(),
        |b| b.dropout(0.5),
    ];
    for first in firsts {
        let mut mlp = first(Mlp::builder(2)).dense(3).build().unwrap();
        let layer = mlp.layers()[0];
        let refused = |operation| ModelError::Strides { operation, found: ROWS, layer };
        let mut workspace = Workspace::new(&mlp, ROWS);
        assert_eq!(mlp.forward(strided, &mut workspace).map(|y| y.rows()), Err(refused("forward")));
        assert_eq!(mlp.forward_training(strided, &mut workspace).map(|y| y.rows()), Err(refused("forward")));
        assert_eq!(mlp.predict_into(strided, &mut [0.0; 9], &mut workspace), Err(refused("forward")));
        assert_eq!(mlp.step(strided, LABELS, Loss::Mse, SGD, &mut workspace), Err(refused("forward")));
        let predictor = Predictor::new(&mlp);
        let mut room = predictor.workspace(ROWS);
        assert_eq!(predictor.predict_into(strided, &mut [0.0; 9], &mut room), Err(refused("predict")));
        assert_eq!(mlp.infer_into(strided, &mut [0.0; 9], &mut room), Err(refused("predict")));
        assert!(gradients(&mlp, contiguous).is_ok());
    }
}

#[test]
fn gradients_of_another_number_than_the_parameters_are_refused() {
    let mut mlp = Mlp::builder(2).dense(3).build_as::<f64>().unwrap();
    let mut state = chainrule_model::optim::OptimizerState::new(SGD, 9).unwrap();
    let before = mlp.clone();
    let error = mlp.update(SGD, &mut [1.0; 8], &mut state).unwrap_err();
    assert_eq!(error.to_string(), "update: the gradient is 1x8, expected 1x9");
    let error = SGD.update(mlp.kernel(), &mut [0.0; 9], &[1.0; 10], &mut state).unwrap_err();
    assert_eq!(error.to_string(), "update: the gradient is 1x10, expected 1x9");
    assert_eq!((mlp, state.steps()), (before, 0));
}
