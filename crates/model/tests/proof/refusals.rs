//! Errors and their messages: a caller's mistake is an error that names what was found and what was expected.

use chainrule_kernel::Kernel;
use chainrule_model::network::Objective;
use chainrule_model::{Init, Layer, Loss, MatRef, Mlp, ModelError, Optimizer, TargetsRef, Workspace};

#[track_caller]
fn assert_refused<V: std::fmt::Debug>(result: Result<V, ModelError>, words: &str) {
    assert_eq!(result.unwrap_err().to_string(), words);
}

#[test]
fn a_width_of_0_is_refused_by_its_place() {
    let zero = "of width 0: every layer needs at least one feature";
    assert_refused(Mlp::builder(0).dense(3).build(), &format!("the input {zero}"));
    assert_refused(Mlp::builder(4).dense(0).build(), &format!("dense layer 1 {zero}"));
    assert_refused(Mlp::builder(4).dense(3).relu().dense(0).build_as::<f64>(), &format!("dense layer 2 {zero}"));
}

#[test]
fn a_network_without_a_dense_layer_is_refused() {
    let words = "a network without a dense layer has nothing to train";
    assert_refused(Mlp::builder(4).build(), words);
    assert_refused(Mlp::builder(4).relu().softmax().build(), words);
}

#[test]
fn a_network_larger_than_the_address_space_is_refused_before_it_is_made() {
    for (inputs, outputs) in [(usize::MAX, 1), (1, usize::MAX), (1 << 40, 1 << 40)] {
        let error = Mlp::builder(inputs).dense(outputs).build().unwrap_err();
        assert!(matches!(error, ModelError::TooLarge { .. }), "{error:?}");
    }
}

#[test]
fn settings_out_of_range_are_refused_with_their_value() {
    for alpha in [-0.1, f64::NAN, f64::INFINITY] {
        let error = Mlp::builder(2).dense(2).leaky_relu(alpha).build().unwrap_err();
        assert!(matches!(error, ModelError::Setting { what: "the slope of leaky_relu", .. }), "{error:?}");
    }
    let negative = Mlp::builder(2).dense(2).init(Init::Normal(-1.0)).build();
    assert_refused(negative, "the standard deviation of the weights is -1; expected a finite number, 0 or more");
}

#[test]
fn an_unknown_kernel_is_refused_with_the_known_ones() {
    let error = Mlp::builder(2).dense(2).kernel("f32_1x1_abacus").build().unwrap_err().to_string();
    let known = Kernel::<f32>::all().iter().all(|kernel| error.contains(kernel.name()));
    assert!(error.contains("f32_1x1_abacus") && known, "{error}");
}

#[test]
fn unknown_losses_and_layers_are_refused_with_the_known_ones() {
    assert_refused(
        "l2".parse::<Loss>(),
        "there is no loss `l2`; known are cross-entropy, binary-cross-entropy, mse, half-mse, mae, huber",
    );
    assert!("conv2d(3)".parse::<Layer>().unwrap_err().to_string().contains("`conv2d(3)`"));
}

/// A 3-4-2 network with room for 5 rows.
fn small() -> (Mlp<f32>, Workspace<f32>) {
    let mlp = Mlp::builder(3).dense(4).relu().dense(2).build().unwrap();
    let workspace = Workspace::new(&mlp, 5);
    (mlp, workspace)
}

#[test]
fn an_input_of_another_width_is_refused_with_both_shapes() {
    let (mlp, mut workspace) = small();
    let x = [0.0; 8];
    assert_refused(mlp.forward(MatRef::new(&x, 2, 4), &mut workspace), "forward: x is 2x4, expected 2x3");
    mlp.forward(MatRef::new(&x[..6], 2, 3), &mut workspace).unwrap();
    let (three, targets) = (MatRef::new(&x[..3], 1, 3), TargetsRef::Classes(&[0, 1]));
    let backward = mlp.backward(three, targets, Loss::CrossEntropy, &mut workspace);
    assert_refused(backward, "backward: x is 1x3, expected 2x3");
}

#[test]
fn more_rows_than_the_workspace_holds_are_refused_with_both_numbers() {
    let (mlp, mut workspace) = small();
    let words = "a minibatch of 6 rows in a workspace made for 5";
    assert_refused(mlp.forward(MatRef::new(&[0.0; 18], 6, 3), &mut workspace), words);
}

#[test]
fn a_label_beyond_the_classes_is_refused_with_its_row() {
    let (mlp, mut workspace) = small();
    for loss in [Loss::CrossEntropy, Loss::Mse, Loss::HalfMse] {
        mlp.forward(MatRef::new(&[0.0; 9], 3, 3), &mut workspace).unwrap();
        let words = "row 1 of the minibatch has label 2; the network has 2 outputs, labels are 0 to 1";
        assert_refused(mlp.loss(TargetsRef::Classes(&[1, 2, 0]), loss, &mut workspace), words);
    }
}

#[test]
fn targets_of_another_shape_are_refused_with_both_shapes() {
    let (mlp, mut workspace) = small();
    mlp.forward(MatRef::new(&[0.0; 9], 3, 3), &mut workspace).unwrap();
    let labels = mlp.loss(TargetsRef::Classes(&[0, 1]), Loss::CrossEntropy, &mut workspace);
    assert_refused(labels, "loss: targets is 2x2, expected 3x2");
    let values = [0.0; 6];
    let values = mlp.loss(TargetsRef::Values(MatRef::new(&values, 2, 3)), Loss::Mse, &mut workspace);
    assert_refused(values, "loss: targets is 2x3, expected 3x2");
}

#[test]
fn a_minibatch_of_no_rows_has_no_loss() {
    let (mlp, mut workspace) = small();
    mlp.forward(MatRef::new(&[], 0, 3), &mut workspace).unwrap();
    let loss = mlp.loss(TargetsRef::Classes(&[]), Loss::CrossEntropy, &mut workspace);
    assert_refused(loss, "a minibatch of no rows has no mean loss");
}

#[test]
fn cross_entropy_behind_a_softmax_layer_is_refused() {
    let mlp = Mlp::builder(2).dense(3).softmax().build().unwrap();
    let mut workspace = Workspace::new(&mlp, 1);
    let (x, targets) = (MatRef::new(&[0.0, 1.0], 1, 2), TargetsRef::Classes(&[0]));
    mlp.forward(x, &mut workspace).unwrap();
    let words = "cross-entropy takes logits and applies softmax itself: leave the softmax layer out";
    assert_refused(mlp.backward(x, targets, Loss::CrossEntropy, &mut workspace), words);
    mlp.backward(x, targets, Loss::HalfMse, &mut workspace).unwrap();
}

#[test]
fn cross_entropy_behind_a_log_softmax_layer_is_refused_in_words_of_its_own() {
    let mlp = Mlp::builder(2).dense(3).log_softmax().build().unwrap();
    let mut workspace = Workspace::new(&mlp, 1);
    let (x, targets) = (MatRef::new(&[0.0, 1.0], 1, 2), TargetsRef::Classes(&[0]));
    mlp.forward(x, &mut workspace).unwrap();
    let words = "cross-entropy takes logits and applies log-softmax itself: leave the log_softmax layer out";
    assert_refused(mlp.backward(x, targets, Loss::CrossEntropy, &mut workspace), words);
    mlp.backward(x, targets, Loss::HalfMse, &mut workspace).unwrap();
}

#[test]
fn binary_cross_entropy_behind_a_sigmoid_layer_is_refused() {
    let mlp = Mlp::builder(2).dense(3).sigmoid().build().unwrap();
    let mut workspace = Workspace::new(&mlp, 1);
    let (x, targets) = (MatRef::new(&[0.0, 1.0], 1, 2), TargetsRef::Classes(&[0]));
    mlp.forward(x, &mut workspace).unwrap();
    let words = "binary cross-entropy takes logits and applies the sigmoid itself: leave the last sigmoid layer out";
    assert_refused(mlp.backward(x, targets, Loss::BinaryCrossEntropy, &mut workspace), words);
    mlp.backward(x, targets, Loss::CrossEntropy, &mut workspace).unwrap();
}

#[test]
fn weights_that_do_not_fit_or_mean_nothing_are_refused() {
    let (mlp, mut workspace) = small();
    mlp.forward(MatRef::new(&[0.0; 9], 3, 3), &mut workspace).unwrap();
    let mut refused = |objective: Objective<'_, f32>, words: &str| {
        assert_refused(mlp.loss(TargetsRef::Classes(&[1, 0, 0]), objective, &mut workspace), words);
    };
    let plain = Objective::from(Loss::CrossEntropy);
    refused(Objective { rows: Some(&[1.0; 2]), ..plain }, "loss: the weights of rows is 1x2, expected 1x3");
    refused(Objective { outputs: Some(&[1.0; 3]), ..plain }, "loss: the weights of outputs is 1x3, expected 1x2");
    let negative = "a weight of the loss is -1; expected a finite number, 0 or more";
    refused(Objective { rows: Some(&[1.0, -1.0, 1.0]), ..plain }, negative);
    refused(Objective { outputs: Some(&[1.0, -1.0]), ..plain }, negative);
    refused(Objective { smoothing: 1.5, ..plain }, "label smoothing is 1.5; expected a number from 0 to 1");
    let none = "the rows of the minibatch have weight 0 together: there is no mean loss";
    refused(Objective { rows: Some(&[0.0; 3]), ..plain }, none);
    // The class that the labels name has no weight.
    refused(Objective { rows: Some(&[0.0, 1.0, 1.0]), outputs: Some(&[0.0, 1.0]), ..plain }, none);
    let mse = Objective::from(Loss::Mse);
    refused(Objective { smoothing: 0.1, ..mse }, "mse takes no label smoothing");
    refused(
        Objective { smoothing: 0.1, loss: Loss::BinaryCrossEntropy, ..mse },
        "binary-cross-entropy takes no label smoothing",
    );
    refused(Objective { outputs: Some(&[1.0; 2]), ..mse }, "mse takes no weights of outputs");
    refused(Loss::Huber(0.0).into(), "the delta of huber is 0; expected a finite number above 0");
}

#[test]
fn a_step_that_is_refused_leaves_the_parameters_as_they_were() {
    let (mut mlp, mut workspace) = small();
    let before = mlp.params().to_vec();
    let (x, sgd) = (MatRef::new(&[1.0; 3], 1, 3), Optimizer::Sgd { lr: 0.1 });
    let step = mlp.step(x, TargetsRef::Classes(&[7]), Loss::CrossEntropy, sgd, &mut workspace);
    assert!(matches!(step, Err(ModelError::Label { row: 0, label: 7, classes: 2 })), "{step:?}");
    assert_eq!(mlp.params(), before);
}

#[test]
fn predictions_into_a_slice_of_another_length_are_refused() {
    let (mlp, mut workspace) = small();
    let x = MatRef::new(&[0.0; 6], 2, 3);
    let words = "predict: the output is 3x2, expected 2x2";
    assert_refused(mlp.predict_into(x, &mut [0.0; 6], &mut workspace), words);
}

#[test]
fn predictions_without_room_for_a_single_row_are_refused() {
    let (mlp, _) = small();
    let x = MatRef::new(&[0.0; 3], 1, 3);
    let words = "a minibatch of 1 rows in a workspace made for 0";
    assert_refused(mlp.predict_into(x, &mut [0.0; 2], &mut Workspace::new(&mlp, 0)), words);
}
