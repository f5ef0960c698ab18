//! One layer against the naive reference: forward, every gradient, any thread count.

use chainrule_dense::{Activation, Gradients, LayerShape, PackedLayer, Plan, Step};
use chainrule_kernel::{Kernel, MatMut, MatRef, Rule, Scalar, Scratch};
use chainrule_naive::{self as naive, DenseShape, Float};

const ACTIVATIONS: [Activation; 13] = [
    Activation::Identity,
    Activation::Relu,
    Activation::LeakyRelu(0.1),
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Elu(0.7),
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Softplus,
    Activation::Softsign,
    Activation::HardSigmoid,
];

fn naive_activation(activation: Activation) -> naive::Activation {
    match activation {
        Activation::Identity => naive::Activation::Identity,
        Activation::Relu => naive::Activation::Relu,
        Activation::LeakyRelu(alpha) => naive::Activation::LeakyRelu(alpha),
        Activation::Sigmoid => naive::Activation::Sigmoid,
        Activation::Tanh => naive::Activation::Tanh,
        Activation::Elu(alpha) => naive::Activation::Elu(alpha),
        Activation::Selu => naive::Activation::Selu,
        Activation::Gelu => naive::Activation::Gelu,
        Activation::GeluTanh => naive::Activation::GeluTanh,
        Activation::Silu => naive::Activation::Silu,
        Activation::Softplus => naive::Activation::Softplus,
        Activation::Softsign => naive::Activation::Softsign,
        Activation::HardSigmoid => naive::Activation::HardSigmoid,
        other => panic!("{other:?} has no naive twin"),
    }
}

/// Reals in [-1, 1) that no two calls share.
fn reals<T: Scalar>(seed: u64, n: usize) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        T::from_f64((state >> 33) as f64 / (1u64 << 30) as f64 - 1.0)
    };
    (0..n).map(|_| next()).collect()
}

/// Everything that one layer computes.
#[derive(Debug, PartialEq)]
struct Results<T> {
    a: Vec<T>,
    dz: Vec<T>,
    dw: Vec<T>,
    db: Vec<T>,
    dx: Vec<T>,
}

struct Inputs<T> {
    batch: usize,
    x: Vec<T>,  // (batch, inputs)
    w: Vec<T>,  // (inputs, outputs)
    b: Vec<T>,  // (outputs)
    da: Vec<T>, // (batch, outputs)
}

impl<T: Scalar> Inputs<T> {
    fn new(batch: usize, shape: LayerShape) -> Self {
        let LayerShape { inputs, outputs, .. } = shape;
        Inputs {
            batch,
            x: reals(1, batch * inputs),
            w: reals(2, inputs * outputs),
            b: reals(3, outputs),
            da: reals(4, batch * outputs),
        }
    }
}

fn fast<T: Scalar>(plan: &mut Plan<T>, data: &Inputs<T>) -> Results<T> {
    let LayerShape { inputs, outputs, .. } = plan.shape();
    let batch = data.batch;
    let nan = T::from_f64(f64::NAN);
    let (mut a, mut dz) = (vec![nan; batch * outputs], data.da.clone());
    let (mut dw, mut db, mut dx) = (vec![nan; inputs * outputs], vec![nan; outputs], vec![nan; batch * inputs]);
    let x = MatRef::new(&data.x, batch, inputs);
    plan.forward(x, &data.w, &data.b, MatMut::new(&mut a, batch, outputs));
    let (mut z, mut again) = (vec![nan; batch * outputs], vec![nan; batch * outputs]);
    let views = (MatMut::new(&mut z, batch, outputs), MatMut::new(&mut again, batch, outputs));
    plan.forward_keeping(x, &data.w, &data.b, views.0, views.1);
    assert!(a == again, "keeping z changes a");
    let of = if plan.shape().activation.derivative_needs_input() { &z } else { &a };
    let gradients = Gradients { dw: &mut dw, db: &mut db, dx: Some(MatMut::new(&mut dx, batch, inputs)) };
    plan.backward(x, &data.w, MatRef::new(of, batch, outputs), MatMut::new(&mut dz, batch, outputs), gradients);
    Results { a, dz, dw, db, dx }
}

fn slow<T: Scalar + Float>(shape: LayerShape, data: &Inputs<T>) -> Results<T> {
    let dense = DenseShape { batch: data.batch, inputs: shape.inputs, outputs: shape.outputs };
    let activation = naive_activation(shape.activation);
    let z = naive::dense_forward(dense, &data.x, &data.w, &data.b);
    let a = activation.forward(&z);
    let dz = activation.backward(&z, &data.da);
    let gradients = naive::dense_backward(dense, &data.x, &data.w, &dz);
    Results { a, dz, dw: gradients.dw, db: gradients.db, dx: gradients.dx }
}

fn assert_close<T: Scalar>(what: &str, got: &[T], want: &[T], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    let scale = want.iter().map(|x| x.to_f64().abs()).fold(0.0, f64::max).max(1.0);
    for (i, (got, want)) in got.iter().zip(want).enumerate() {
        let error = (got.to_f64() - want.to_f64()).abs() / scale;
        assert!(error <= tolerance, "{what}[{i}] is {got}, not {want} (scaled error {error:e})");
    }
}

fn agrees_with_naive<T: Scalar + Float>(tolerance: f64) {
    let kernel = Kernel::<T>::selected().unwrap();
    for activation in ACTIVATIONS {
        for (batch, inputs, outputs) in [(1, 1, 1), (5, 3, 4), (32, 20, 17), (64, 100, 10), (3, 70, 130)] {
            let shape = LayerShape { inputs, outputs, activation };
            let data = Inputs::<T>::new(batch, shape);
            // The plan is for more rows than come: the last, partial minibatch of every epoch.
            let got = fast(&mut Plan::new(kernel, shape, batch + 3), &data);
            let want = slow(shape, &data);
            let what = |name: &str| format!("{activation:?} {batch}x{inputs}x{outputs} {name}");
            assert_close(&what("a"), &got.a, &want.a, tolerance);
            assert_close(&what("dz"), &got.dz, &want.dz, tolerance);
            assert_close(&what("dw"), &got.dw, &want.dw, tolerance);
            assert_close(&what("db"), &got.db, &want.db, tolerance);
            assert_close(&what("dx"), &got.dx, &want.dx, tolerance);
        }
    }
}

#[test]
fn a_layer_agrees_with_the_naive_one() {
    agrees_with_naive::<f32>(3e-6);
    agrees_with_naive::<f64>(1e-14);
}

fn on_threads<T: Scalar>(threads: usize, shape: LayerShape, data: &Inputs<T>) -> Results<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| fast(&mut Plan::new(Kernel::<T>::selected().unwrap(), shape, data.batch), data))
}

fn same_bits_on_any_number_of_threads<T: Scalar>() {
    for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
        // More than a million multiply-adds a thread, ragged on every side; tall, wide and deep. The last is so tall
        // that activations and column sums are shared as well. Then a single row, and a single output.
        for (batch, inputs, outputs) in
            [(301, 405, 203), (1031, 130, 67), (37, 530, 801), (1300, 20, 310), (1, 2203, 2001), (2203, 2001, 1)]
        {
            let shape = LayerShape { inputs, outputs, activation };
            let data = Inputs::<T>::new(batch, shape);
            let one = on_threads(1, shape, &data);
            for threads in [2, 3, 8] {
                assert!(on_threads(threads, shape, &data) == one, "{shape:?} on {threads} threads differs");
            }
        }
    }
}

#[test]
fn the_bits_are_the_same_on_any_number_of_threads() {
    same_bits_on_any_number_of_threads::<f32>();
    same_bits_on_any_number_of_threads::<f64>();
}

#[test]
fn a_plan_gives_the_same_bits_again() {
    let shape = LayerShape { inputs: 50, outputs: 30, activation: Activation::Sigmoid };
    let mut plan = Plan::<f32>::new(Kernel::selected().unwrap(), shape, 40);
    let data = Inputs::new(40, shape);
    let first = fast(&mut plan, &data);
    fast(&mut plan, &Inputs::new(7, shape));
    assert!(fast(&mut plan, &data) == first);
}

#[test]
#[should_panic(expected = "a minibatch of 5 rows in a plan for 4")]
fn more_rows_than_planned_panic() {
    let shape = LayerShape { inputs: 2, outputs: 2, activation: Activation::Relu };
    let mut plan = Plan::<f32>::new(Kernel::selected().unwrap(), shape, 4);
    fast(&mut plan, &Inputs::new(5, shape));
}

#[test]
#[should_panic(expected = "x has 3 columns, the layer 2 inputs")]
fn an_input_of_another_width_panics_with_both_numbers() {
    let shape = LayerShape { inputs: 2, outputs: 2, activation: Activation::Relu };
    let mut plan = Plan::<f32>::new(Kernel::selected().unwrap(), shape, 4);
    plan.forward(MatRef::new(&[0.0; 3], 1, 3), &[0.0; 4], &[0.0; 2], MatMut::new(&mut [0.0; 2], 1, 2));
}

fn frozen_layers_give_the_same_bits<T: Scalar>() {
    let kernel = Kernel::<T>::selected().unwrap();
    for activation in ACTIVATIONS {
        for (batch, inputs, outputs) in [(1, 30, 20), (7, 1030, 33), (64, 50, 10), (450, 20, 1024), (40, 100, 1)] {
            let shape = LayerShape { inputs, outputs, activation };
            let data = Inputs::<T>::new(batch, shape);
            let x = MatRef::new(&data.x, batch, inputs);
            let mut want = vec![T::ZERO; batch * outputs];
            Plan::new(kernel, shape, batch).forward(x, &data.w, &data.b, MatMut::new(&mut want, batch, outputs));
            let mut a = vec![T::ZERO; batch * outputs];
            let packed = PackedLayer::new(kernel, shape, &data.w);
            let (w, b) = (&data.w[..], &data.b[..]);
            for layer in [&packed, &PackedLayer::unpacked(kernel, shape)] {
                a.fill(T::ZERO);
                layer.forward(x, w, b, MatMut::new(&mut a, batch, outputs), &mut Scratch::default());
                assert!(a == want, "{shape:?}, {batch} rows, {} bytes packed", layer.bytes());
            }
            for i in 0..batch {
                let mut alone = vec![T::ZERO; outputs];
                let c = MatMut::new(&mut alone, 1, outputs);
                packed.forward(x.rows_in(i..i + 1), w, b, c, &mut Scratch::default());
                assert!(alone == want[i * outputs..][..outputs], "{shape:?}, row {i} alone");
            }
        }
    }
}

/// Strips of a layer with one output, x by rows and by columns: those of the whole gradient.
#[test]
fn strips_of_one_output_move_the_weights_as_the_whole_gradient_does() {
    let (batch, inputs) = (70, 20_000);
    let shape = LayerShape { inputs, outputs: 1, activation: Activation::Identity };
    let data = Inputs::<f64>::new(batch, shape);
    let step = Step { rule: Rule::Sgd { lr: 0.1, decay: 0.0 }, l1: 0.01, shrink: 1.0 };
    let mut plan = Plan::new(Kernel::selected().unwrap(), shape, batch).for_fused_update(step.wants_strips());
    let dz = MatRef::new(&data.da, batch, 1);
    for x in [MatRef::new(&data.x, batch, inputs), MatRef::new(&data.x, inputs, batch).t()] {
        let (mut dw, mut whole, mut strips) = (vec![0.0; inputs], data.w.clone(), data.w.clone());
        plan.weight_gradient(x, dz, &mut dw);
        step.apply(Kernel::selected().unwrap(), &mut whole, &dw, [&mut [], &mut []]);
        plan.backward_update(x, dz, &mut strips, step, [&mut [], &mut []]);
        assert!(strips == whole, "x with rows {} and columns {} apart", x.row_stride(), x.col_stride());
    }
}

#[test]
fn a_frozen_layer_gives_the_bits_of_a_plan() {
    frozen_layers_give_the_same_bits::<f32>();
    frozen_layers_give_the_same_bits::<f64>();
}
