//! What a plan refuses: sizes without enough memory for them, and arguments of another layer, with panics that name both
//! shapes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chainrule_dense::{Activation, Gradients, LayerShape, Plan, PreviousLayer, Step};
use chainrule_kernel::{Kernel, MatMut, MatRef, Rule};

fn shape(inputs: usize, outputs: usize) -> LayerShape {
    LayerShape { inputs, outputs, activation: Activation::Tanh }
}

/// A plan of 3 inputs and 2 outputs, for 4 rows.
fn plan() -> Plan<f32> {
    Plan::new(Kernel::selected().unwrap(), shape(3, 2), 4)
}

#[test]
fn a_plan_of_any_sizes_is_made_or_refused_by_name() {
    let kernel = Kernel::<f64>::selected().unwrap();
    let near = |power: u32| (0..5).map(move |off| ((1u128 << power) as usize).wrapping_add(off).wrapping_sub(2));
    let sizes: Vec<usize> = [1, 4, 31, 32, 33, 46, 61, 62, 63, 64].into_iter().flat_map(near).collect();
    for &long in &sizes {
        for &other in [0, 1, 3].iter().chain(&sizes[..10]).chain(&sizes[sizes.len() - 7..]) {
            for (inputs, outputs, rows) in [(long, other, 3), (other, long, 3), (3, other, long), (long, long, other)] {
                let sides = [(inputs, outputs), (rows, inputs), (rows, outputs)];
                let bytes = sides.map(|(a, b)| (a as u128).max(1).saturating_mul((b as u128).max(1)).saturating_mul(8));
                let most = *bytes.iter().max().unwrap();
                // What may be given is not asked for: it would be more than a test should take.
                if (1 << 26..1 << 57).contains(&most) {
                    continue;
                }
                match Plan::try_new(kernel, shape(inputs, outputs), rows)
                    .and_then(|plan| plan.try_for_fused_update(true))
                {
                    Ok(plan) => assert!(most < 1 << 26 && plan.max_batch() == rows && plan.bytes() < 1 << 28),
                    Err(error) => {
                        assert!(most >= 1 << 26, "{inputs}x{outputs}, {rows} rows: {error}");
                        let text = error.to_string();
                        assert!([inputs, outputs, rows].iter().any(|n| text.contains(&n.to_string())), "{text}");
                    }
                }
            }
        }
    }
    let made = catch_unwind(|| Plan::new(kernel, shape(usize::MAX, usize::MAX), 1));
    let panic = made.unwrap_err().downcast::<String>().unwrap();
    assert!(panic.starts_with("weights (inputs x outputs) of 18446744073709551615x18446744073709551615 "), "{panic}");
}

/// The text of the panic.
fn refused(work: impl FnOnce()) -> String {
    *catch_unwind(AssertUnwindSafe(work))
        .expect_err("nothing panicked")
        .downcast::<String>()
        .expect("a formatted panic")
}

/// A matrix of zeros.
fn zeros(rows: usize, cols: usize) -> MatRef<'static, f32> {
    MatRef::new(&[0.0; 64][..rows * cols], rows, cols)
}

macro_rules! out {
    ($rows:expr, $cols:expr) => {
        MatMut::new(&mut [0.0; $rows * $cols], $rows, $cols)
    };
}

#[test]
fn arguments_of_another_layer_panic_in_every_pass_with_both_shapes() {
    let (w, b) = ([0.0; 6], [0.0; 2]);
    let check = |want: &str, work: &mut dyn FnMut(&mut Plan<f32>)| {
        let found = refused(|| work(&mut plan()));
        assert!(found.contains(want), "{found:?}, not {want:?}");
    };
    check("a minibatch of 5 rows in a plan for 4", &mut |plan| plan.forward(zeros(5, 3), &w, &b, out!(5, 2)));
    check("x has 2 columns, the layer 3 inputs", &mut |plan| plan.forward(zeros(1, 2), &w, &b, out!(1, 2)));
    check("5 weights for 3x2", &mut |plan| plan.forward(zeros(1, 3), &w[..5], &b, out!(1, 2)));
    check("a bias of 1 for 2 outputs", &mut |plan| plan.forward(zeros(1, 3), &w, &b[..1], out!(1, 2)));
    check("an output of 2x2, not 1x2", &mut |plan| plan.forward(zeros(1, 3), &w, &b, out!(2, 2)));
    check("an output of 1x3, not 1x2", &mut |plan| {
        plan.forward_keeping(zeros(1, 3), &w, &b, out!(1, 2), out!(1, 3));
    });
    check("an output of 1x3, not 1x2", &mut |plan| {
        plan.forward_keeping(zeros(1, 3), &w, &b, out!(1, 3), out!(1, 2));
    });

    check("a minibatch of 5 rows in a plan for 4", &mut |plan| {
        plan.output_gradient(zeros(5, 2), out!(5, 2), &mut [0.0; 2]);
    });
    check("an output of 1x3, not 1x2", &mut |plan| plan.output_gradient(zeros(1, 3), out!(1, 3), &mut [0.0; 3]));
    check("da is 2x1, not 1x2", &mut |plan| plan.output_gradient(zeros(1, 2), out!(2, 1), &mut [0.0; 2]));
    check("a bias of 3 for 2 outputs", &mut |plan| plan.output_gradient(zeros(1, 2), out!(1, 2), &mut [0.0; 3]));

    check("an output of 1x3, not 1x2", &mut |plan| plan.weight_gradient(zeros(1, 3), zeros(1, 3), &mut [0.0; 6]));
    check("7 weights for 3x2", &mut |plan| plan.weight_gradient(zeros(1, 3), zeros(1, 2), &mut [0.0; 7]));
    check("dx is 1x2, not 1x3", &mut |plan| plan.input_gradient(zeros(1, 2), &w, out!(1, 2), None));
    check("an output of 1x3, not 1x2", &mut |plan| plan.input_gradient(zeros(1, 3), &w, out!(1, 3), None));
    check("a bias of 2 for 3 inputs", &mut |plan| {
        let previous = PreviousLayer { activation: Activation::Relu, of: zeros(1, 3), db: &mut [0.0; 2] };
        plan.input_gradient(zeros(1, 2), &w, out!(1, 3), Some(previous));
    });
    check("a previous output of 1x2, not 1x3", &mut |plan| {
        let previous = PreviousLayer { activation: Activation::Relu, of: zeros(1, 2), db: &mut [0.0; 3] };
        plan.input_gradient(zeros(1, 2), &w, out!(1, 3), Some(previous));
    });
    check("a bias of 3 for 2 outputs", &mut |plan| {
        let gradients = Gradients { dw: &mut [0.0; 6], db: &mut [0.0; 3], dx: None };
        plan.backward(zeros(1, 3), &w, zeros(1, 2), out!(1, 2), gradients);
    });

    let step = Step::from(Rule::Momentum { lr: 0.1, momentum: 0.9, nesterov: false, decay: 0.0 });
    check("6 numbers to remember and memory for 5", &mut |plan| {
        plan.backward_update(zeros(1, 3), zeros(1, 2), &mut [0.0; 6], step, [&mut [0.0; 5], &mut []]);
    });
    check("a plan without strips for", &mut |plan| {
        plan.backward_update(zeros(1, 3), zeros(1, 2), &mut [0.0; 6], step, [&mut [0.0; 6], &mut []]);
    });
}

#[test]
fn a_plan_that_has_refused_something_is_the_same_plan() {
    let mut plan = plan();
    let (x, w, b) = (zeros(1, 3), [1.0; 6], [1.0; 2]);
    refused(|| plan.forward_keeping(x, &w, &b, out!(1, 3), out!(1, 2)));
    let mut a = [0.0; 2];
    plan.forward(x, &w, &b, MatMut::new(&mut a, 1, 2));
    assert!(a.iter().all(|&a| (a - 1f32.tanh()).abs() < 1e-6), "{a:?}: the activation was lost");
}
