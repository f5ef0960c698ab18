//! Metamorphic: what must hold between results, without a reference to compare with.

use chainrule_dense::{Activation, Gradients, LayerShape, Plan};
use chainrule_kernel::{Kernel, MatMut, MatRef, Scalar};
use chainrule_model::random::{Purpose, Stream};
use proptest::prelude::*;

use super::recipes::check;

/// What goes into a dense layer and its backward pass.
#[derive(Debug, Clone)]
struct Inputs<T> {
    shape: LayerShape,
    batch: usize,
    kernel: usize,
    x: Vec<T>,  // (batch, inputs)
    w: Vec<T>,  // (inputs, outputs)
    b: Vec<T>,  // (outputs)
    da: Vec<T>, // (batch, outputs)
}

/// What comes out of it.
#[derive(Debug, PartialEq)]
struct Outputs<T> {
    a: Vec<T>,
    dw: Vec<T>,
    db: Vec<T>,
    dx: Vec<T>,
}

/// Batch, inputs, outputs, kernel, seed; k past a block of 1024 steps (the kernel's KC) now and then.
fn sizes() -> impl Strategy<Value = (usize, usize, usize, usize, u64)> {
    let size = || prop_oneof![4 => 1..=40usize, 1 => 1019..=1034usize];
    (1..=33usize, size(), size(), 0..3usize, any::<u64>())
}

impl<T: Scalar> Inputs<T> {
    fn new(
        (batch, inputs, outputs, kernel, seed): (usize, usize, usize, usize, u64),
        activation: Activation,
        mut number: impl FnMut(&mut Stream) -> f64,
    ) -> Self {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 6);
        let mut numbers = |n: usize| (0..n).map(|_| T::from_f64(number(&mut stream))).collect::<Vec<T>>();
        let (x, w, b, da) =
            (numbers(batch * inputs), numbers(inputs * outputs), numbers(outputs), numbers(batch * outputs));
        Inputs { shape: LayerShape { inputs, outputs, activation }, batch, kernel, x, w, b, da }
    }

    fn run(&self) -> Outputs<T> {
        let Inputs { shape, batch, .. } = *self;
        let LayerShape { inputs, outputs, .. } = shape;
        let kernels: Vec<_> = Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()).collect();
        let mut plan = Plan::new(kernels[self.kernel % kernels.len()], shape, batch);
        let nan = |n: usize| vec![T::from_f64(f64::NAN); n];
        let (mut a, mut dw, mut db, mut dx) =
            (nan(batch * outputs), nan(inputs * outputs), nan(outputs), nan(batch * inputs));
        let (x, mut dz) = (MatRef::new(&self.x, batch, inputs), self.da.clone());
        plan.forward(x, &self.w, &self.b, MatMut::new(&mut a, batch, outputs));
        let gradients = Gradients { dw: &mut dw, db: &mut db, dx: Some(MatMut::new(&mut dx, batch, inputs)) };
        let (out, dz) = (MatRef::new(&a, batch, outputs), MatMut::new(&mut dz, batch, outputs));
        plan.backward(x, &self.w, out, dz, gradients);
        Outputs { a, dw, db, dx }
    }

    fn scaled(&self, x: i32, w: i32, da: i32) -> Self {
        let times = |values: &[T], power: i32| values.iter().map(|v| *v * T::from_f64(2f64.powi(power))).collect();
        let (b, da) = (times(&self.b, x + w), times(&self.da, da));
        Inputs { x: times(&self.x, x), w: times(&self.w, w), b, da, ..self.clone() }
    }
}

fn dot<T: Scalar>(a: &[T], b: &[T]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.to_f64() * b.to_f64()).sum()
}

/// Whole numbers up to 3: sums of 410 products are exact in f32, and so are the sums of those here in f64.
fn whole(stream: &mut Stream) -> f64 {
    stream.below(7) as f64 - 3.0
}

fn adjoint<T: Scalar>(sizes: (usize, usize, usize, usize, u64)) {
    let mut inputs = Inputs::<T>::new(sizes, Activation::Identity, whole);
    inputs.b.fill(T::ZERO);
    let outputs = inputs.run();
    let forward = dot(&outputs.a, &inputs.da);
    assert_eq!(forward, dot(&inputs.x, &outputs.dx), "{}: <x w, dz> is not <x, dz w^T>", T::NAME);
    assert_eq!(forward, dot(&inputs.w, &outputs.dw), "{}: <x w, dz> is not <w, x^T dz>", T::NAME);
    let ones = vec![T::ONE; outputs.db.len()];
    assert_eq!(dot(&outputs.db, &ones), dot(&inputs.da, &vec![T::ONE; inputs.da.len()]), "{}: db", T::NAME);
}

#[test]
fn backward_is_the_adjoint_of_forward_on_whole_numbers() {
    check(200, &sizes(), |sizes| {
        adjoint::<f32>(sizes);
        adjoint::<f64>(sizes);
    });
}

fn scaling<T: Scalar>(sizes: (usize, usize, usize, usize, u64), (x, w, da): (i32, i32, i32), activation: Activation) {
    let inputs = Inputs::<T>::new(sizes, activation, |stream| stream.uniform(-1.0, 1.0));
    let (outputs, scaled) = (inputs.run(), inputs.scaled(x, w, da).run());
    let times =
        |values: &[T], power: i32| values.iter().map(|v| *v * T::from_f64(2f64.powi(power))).collect::<Vec<T>>();
    assert!(scaled.a == times(&outputs.a, x + w), "{}: a", T::NAME);
    assert!(scaled.dw == times(&outputs.dw, x + da), "{}: dw", T::NAME);
    assert!(scaled.db == times(&outputs.db, da), "{}: db", T::NAME);
    assert!(scaled.dx == times(&outputs.dx, w + da), "{}: dx", T::NAME);
}

#[test]
fn scaling_by_powers_of_two_scales_every_result_exactly() {
    let powers = (-9..9i32, -9..9i32, -9..9i32);
    let activations =
        proptest::sample::select(vec![Activation::Identity, Activation::Relu, Activation::LeakyRelu(0.1)]);
    check(200, &(sizes(), powers, activations), |(sizes, powers, activation)| {
        scaling::<f32>(sizes, powers, activation);
        scaling::<f64>(sizes, powers, activation);
    });
}

#[test]
fn a_batch_of_whole_numbers_given_twice_has_twice_the_gradient() {
    check(100, &sizes(), |sizes| {
        let once = Inputs::<f32>::new(sizes, Activation::Relu, whole);
        let (x, da) = (once.x.repeat(2), once.da.repeat(2));
        let twice = Inputs { x, da, batch: 2 * once.batch, ..once.clone() };
        let (once, twice) = (once.run(), twice.run());
        let double = |values: &[f32]| values.iter().map(|v| 2.0 * v).collect::<Vec<_>>();
        assert_eq!((&twice.dw, &twice.db), (&double(&once.dw), &double(&once.db)));
        assert_eq!((twice.a, twice.dx), (once.a.repeat(2), once.dx.repeat(2)));
    });
}
