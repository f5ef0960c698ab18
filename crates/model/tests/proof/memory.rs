//! Sizes that pass the address space or the machine's memory are errors at every public size: nothing wraps, nothing ends
//! the process.

use chainrule_model::network::{Intermediates, PredictorWorkspace};
use chainrule_model::{Layer, MatRef, Mlp, MlpBuilder, ModelError, Optimizer, Predictor, Workspace};

/// Rows that no machine holds, some of which wrap when they are multiplied with widths and bytes.
const TOO_MANY: [usize; 7] = [1 << 48, 1 << 60, 1 << 61, 1 << 62, 1 << 63, usize::MAX / 8 + 1, usize::MAX];

fn networks() -> Vec<Mlp<f32>> {
    let from = |f: fn(MlpBuilder) -> MlpBuilder| f(Mlp::builder(4)).build().unwrap();
    vec![
        from(|b| b.dense(8).relu().dense(3)),
        from(|b| b.dense(1)),
        from(|b| b.layer_norm().dense(8).dropout(0.5).dense(4)),
        from(|b| b.batch_norm().activation(chainrule_model::Activation::Gelu).dense(16)),
    ]
}

#[track_caller]
fn assert_too_large<V>(result: Result<V, ModelError>, words: &str) {
    let error = result.err().expect("there is not enough memory");
    assert!(matches!(error, ModelError::TooLarge { .. }) && error.to_string().contains(words), "{error}");
}

#[test]
fn workspaces_of_more_rows_than_memory_holds_are_errors() {
    for mlp in networks() {
        let predictor = Predictor::new(&mlp);
        for rows in TOO_MANY {
            let words = format!("a workspace for minibatches of {rows} rows would need more memory than there is");
            assert_too_large(Workspace::try_new(&mlp, rows), &words);
            assert_too_large(Workspace::for_training(&mlp, rows, Optimizer::Sgd { lr: 0.1 }), &words);
            assert_too_large(Workspace::for_training(&mlp, rows, Optimizer::by_name("adam").unwrap()), &words);
            assert_too_large(Intermediates::try_new(&mlp, rows), &words);
            let words = format!("a workspace for predictions of {rows} rows at a time");
            assert_too_large(predictor.try_workspace(rows), &words);
            assert_too_large(PredictorWorkspace::try_new(&mlp, rows), &words);
        }
    }
}

#[test]
fn calls_that_return_no_error_panic_with_its_words_and_never_abort() {
    let mlp = &networks()[0];
    let calls: [&dyn Fn(); 3] =
        [&|| drop(Workspace::new(mlp, 1 << 61)), &|| drop(Predictor::new(mlp).workspace(1 << 61)), &|| {
            drop(Intermediates::new(mlp, 1 << 61))
        }];
    for call in calls {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
        let words = panic.downcast_ref::<String>().unwrap();
        assert!(words.contains("would need more memory than there is"), "{words}");
    }
}

#[test]
fn networks_of_more_parameters_than_memory_holds_are_errors() {
    let long = |layer: fn(MlpBuilder) -> MlpBuilder, times| (0..times).fold(Mlp::builder(1 << 40), |b, _| layer(b));
    for (builder, words) in [
        (Mlp::builder(1 << 24).dense(1 << 24), "a network of"),
        (Mlp::builder(usize::MAX).dense(1), "dense layer 1, dense(18446744073709551615, 1),"),
        (Mlp::builder(1).dense(usize::MAX), "dense layer 1, dense(1, 18446744073709551615),"),
        (Mlp::builder(1 << 33).dense(1 << 31), "dense layer 1"),
        (Mlp::builder(usize::MAX / 2).layer_norm().dense(1), "layer_norm(9223372036854775807),"),
        (Mlp::builder(usize::MAX).layer_norm().layer_norm().dense(1), "layer_norm(18446744073709551615),"),
        (Mlp::builder(usize::MAX / 4).batch_norm().batch_norm().batch_norm().dense(1), "batch_norm("),
        (long(MlpBuilder::layer_norm, 1 << 18), "layer_norm(1099511627776),"),
    ] {
        assert_too_large(builder.clone().build(), words);
        assert_too_large(builder.build_as::<f64>(), words);
    }
}

#[test]
fn a_module_too_large_to_count_counts_as_the_largest_number() {
    assert_eq!(Layer::Dense { inputs: usize::MAX, outputs: 2 }.parameters(), usize::MAX);
    assert_eq!(Layer::LayerNorm { width: usize::MAX, eps: 1e-5 }.parameters(), usize::MAX);
    assert_eq!(Layer::BatchNorm { width: 1 << 63, eps: 1e-5, momentum: 0.1 }.running(), usize::MAX);
}

#[test]
fn broadcast_rows_without_number_are_refused_by_the_output_that_they_would_need() {
    let mlp = &networks()[0];
    let row = [0.5f32; 4];
    // Rows times 3 outputs wraps to 3 and to 0.
    for rows in [usize::MAX / 3 * 2 + 2, 1 << 63, usize::MAX] {
        let x = MatRef::with_strides(&row, (rows, 4), (0, 1));
        for output in [&mut [0.0; 3][..], &mut []] {
            let refused = [
                mlp.predict_into(x, output, &mut Workspace::new(mlp, 2)),
                Predictor::new(mlp).predict_into(x, output, &mut Predictor::new(mlp).workspace(2)),
                mlp.infer_into(x, output, &mut PredictorWorkspace::try_new(mlp, 2).unwrap()),
            ];
            assert!(refused.iter().all(|result| matches!(result, Err(ModelError::Shape { .. }))), "{refused:?}");
        }
        assert!(matches!(mlp.forward(x, &mut Workspace::new(mlp, 2)), Err(ModelError::Batch { .. })));
    }
}
