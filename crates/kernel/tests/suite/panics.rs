//! Every panic that the documentation names, with what was found and what was expected in its message. Panics of each
//! kernel of the table are in `contract.rs` and `epilogues.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chainrule_kernel::{Activation, ByteLut, Epilogue, Kernel, MatMut, MatRef, PackedB, Rule, Scratch};

/// A case: what is called, what its message must hold, and the call.
type Case = (&'static str, &'static [&'static str], fn());

#[track_caller]
fn each_panics_with_its_words(cases: &[Case]) {
    for (what, words, call) in cases {
        let thrown = catch_unwind(AssertUnwindSafe(call)).expect_err(what);
        let message = thrown.downcast_ref::<String>().cloned();
        let message = message.or_else(|| thrown.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap();
        assert!(words.iter().all(|words| message.contains(words)), "{what}: {message:?} lacks one of {words:?}");
    }
}

fn kernel() -> &'static Kernel<f32> {
    Kernel::selected().unwrap()
}

const SIX: [f32; 6] = [0.0; 6];

#[test]
fn a_view_of_more_or_fewer_elements_than_its_slice_panics_with_both_numbers() {
    each_panics_with_its_words(&[
        ("MatRef::new", &["a 2x2 matrix", "6 elements"], || _ = MatRef::new(&SIX, 2, 2)),
        ("MatRef::new, huge", &["6 elements"], || _ = MatRef::new(&SIX, usize::MAX, 2)),
        ("MatRef::with_strides", &["7", "the slice has 6"], || {
            _ = MatRef::with_strides(&SIX, (3, 1), (3, 1));
        }),
        ("MatMut::new", &["a 4x2 matrix", "6 elements"], || _ = MatMut::new(&mut { SIX }, 4, 2)),
        ("MatMut::with_strides", &["7", "the slice has 6"], || {
            _ = MatMut::with_strides(&mut { SIX }, (3, 1), (3, 1));
        }),
        ("MatMut::with_strides, overlapping", &["2x3", "overlap"], || {
            _ = MatMut::with_strides(&mut { SIX }, (2, 3), (1, 1));
        }),
    ]);
}

#[test]
fn what_lies_outside_a_matrix_panics_with_the_place_and_the_size() {
    each_panics_with_its_words(&[
        ("MatRef::get, row", &["(2, 0)", "2x3"], || _ = MatRef::new(&SIX, 2, 3).get(2, 0)),
        ("MatRef::get, column", &["(0, 3)", "2x3"], || _ = MatRef::new(&SIX, 2, 3).get(0, 3)),
        ("MatRef::row", &["row 2 of 2"], || _ = MatRef::new(&SIX, 2, 3).row(2)),
        ("MatRef::row of columns", &["3x2", "not slices"], || _ = MatRef::new(&SIX, 2, 3).t().row(0)),
        ("MatRef::rows_in", &["1..3", "2 rows"], || _ = MatRef::new(&SIX, 2, 3).rows_in(1..3)),
        ("MatRef::cols_in", &["2..4", "3"], || _ = MatRef::new(&SIX, 2, 3).cols_in(2..4)),
        ("MatMut::row_mut", &["row 5 of 2"], || _ = MatMut::new(&mut { SIX }, 2, 3).row_mut(5)),
        ("MatMut::row_mut of columns", &["not slices"], || _ = MatMut::new(&mut { SIX }, 2, 3).t().row_mut(0)),
        ("MatMut::split_rows", &["0..3", "2 rows"], || _ = MatMut::new(&mut { SIX }, 2, 3).split_rows(3)),
        ("MatMut::split_cols", &["0..4", "3"], || _ = MatMut::new(&mut { SIX }, 2, 3).split_cols(4)),
    ]);
}

#[test]
fn a_product_whose_shapes_do_not_fit_panics_with_all_three_whichever_way_it_is_called() {
    each_panics_with_its_words(&[
        ("gemm", &["2x3", "2x3", "2x2"], || {
            let a = MatRef::new(&SIX, 2, 3);
            kernel().gemm(a, a, Epilogue::Store, MatMut::new(&mut [0.0; 4], 2, 2), &mut Scratch::default());
        }),
        ("gemm_in_thread", &["2x3", "3x2", "1x2"], || {
            let (a, b) = (MatRef::new(&SIX, 2, 3), MatRef::new(&SIX, 3, 2));
            kernel().gemm_in_thread(a, b, Epilogue::Store, MatMut::new(&mut [0.0; 2], 1, 2));
        }),
        ("gemm_packed", &["2x3", "2x3", "2x3"], || {
            let (a, b) = (MatRef::new(&SIX, 2, 3), PackedB::new(kernel(), MatRef::new(&SIX, 2, 3)));
            let c = &mut { SIX };
            kernel().gemm_packed(a, &b, Epilogue::Store, MatMut::new(c, 2, 3), &mut Scratch::default());
        }),
    ]);
}

#[test]
fn a_derivative_or_a_bias_of_another_shape_panics_with_both() {
    each_panics_with_its_words(&[
        ("derivative", &["2x3", "3x2"], || {
            let of = MatRef::new(&SIX, 2, 3);
            kernel().derivative(Activation::Relu, of, MatMut::new(&mut { SIX }, 3, 2), None);
        }),
        ("gemm with a bias", &["3 elements", "2 columns"], || {
            let (a, b) = (MatRef::new(&SIX, 2, 3), MatRef::new(&SIX, 3, 2));
            let (c, bias) = (&mut [0.0; 4], Epilogue::BiasRelu(&SIX[..3]));
            kernel().gemm(a, b, bias, MatMut::new(c, 2, 2), &mut Scratch::default());
        }),
    ]);
}

#[test]
fn packing_another_shape_than_there_is_room_for_panics_with_both() {
    each_panics_with_its_words(&[
        ("PackedB::update", &["3x2", "2x3"], || {
            PackedB::new(kernel(), MatRef::new(&SIX, 2, 3)).update(MatRef::new(&SIX, 3, 2));
        }),
        ("PackedB::with_rows", &["3", "2"], || _ = PackedB::new(kernel(), MatRef::new(&SIX, 2, 3)).with_rows(3)),
        ("PackedColumns::update", &["1x2", "3x2"], || {
            let mut packed = PackedB::zeros(kernel(), 3, 2);
            packed.columns_mut().update(MatRef::new(&SIX[..2], 1, 2));
        }),
    ]);
}

#[test]
fn slices_of_different_lengths_panic_with_both() {
    each_panics_with_its_words(&[
        ("dequantize", &["3 bytes", "2 places"], || kernel().dequantize(&ByteLut::scaled(1.0), &[0; 3], &mut [0.0; 2])),
        ("update, gradients", &["6 parameters", "3 gradients"], || {
            let rule = Rule::Sgd { lr: 0.1, decay: 0.0 };
            kernel().update(rule, &mut { SIX }, &SIX[..3], [&mut [], &mut []]);
        }),
        ("update, what is remembered", &["6 numbers", "memory for 2"], || {
            let rule = Rule::Momentum { lr: 0.1, momentum: 0.9, nesterov: false, decay: 0.0 };
            kernel().update(rule, &mut { SIX }, &SIX, [&mut [0.0; 2], &mut []]);
        }),
    ]);
}

#[test]
fn a_kernel_that_the_cpu_lacks_panics_by_name_in_every_call() {
    let Some(lacking) = Kernel::<f32>::all().iter().find(|kernel| !kernel.is_available()) else {
        return; // this CPU has them all; `table.rs` makes one that it lacks
    };
    let calls: [&dyn Fn(); 6] = [
        &|| lacking.exp(&mut [0.0]),
        &|| lacking.activate(Activation::Relu, MatMut::new(&mut [0.0], 1, 1)),
        &|| lacking.dequantize(&ByteLut::scaled(1.0), &[0], &mut [0.0]),
        &|| lacking.update(Rule::Sgd { lr: 0.1, decay: 0.0 }, &mut [0.0], &[0.0], [&mut [], &mut []]),
        &|| _ = PackedB::new(lacking, MatRef::new(&[0.0], 1, 1)),
        &|| {
            let one = MatRef::new(&[0.0], 1, 1);
            lacking.gemm(one, one, Epilogue::Store, MatMut::new(&mut [0.0], 1, 1), &mut Scratch::default());
        },
    ];
    for call in calls {
        let thrown = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
        assert!(thrown.downcast_ref::<String>().unwrap().contains(lacking.name()));
    }
}
