//! rten-gemm, which is called through tensors.

use std::any::Any;

use chainrule_bench_support::operands::Operands;
use chainrule_bench_support::rounds::Candidate;
use chainrule_bench_support::shapes::{Element, Shape};
use rten_gemm::{GemmExecutor, GemmInputA, GemmInputB, GemmOptions};
use rten_tensor::NdTensorView;

use super::interface::Rivals;
use crate::field::Field;

/// It supports only f32 and a C without gaps between its rows, and cannot be capped; its threads are rayon's.
pub(super) fn candidate<T: Rivals>(field: Field, shape: &Shape) -> Option<Candidate<T>> {
    let executor = GemmExecutor::<f32>::new();
    let run = move |operands: &mut Operands<T>| {
        let operands: &mut dyn Any = operands;
        multiply(&executor, operands.downcast_mut().expect("asked for f32 alone"));
    };
    let knows = T::ELEMENT == Element::F32 && shape.ldc == shape.n && field.isa.is_none();
    knows.then(|| Candidate::new("rten-gemm", run))
}

fn multiply(executor: &GemmExecutor<f32>, operands: &mut Operands<f32>) {
    let ((rsa, csa), (rsb, csb)) = (operands.a_strides(), operands.b_strides());
    let Operands { shape: Shape { m, n, k, .. }, a, b, c, .. } = operands;
    let view = |data, sizes, strides| {
        NdTensorView::from_slice_with_strides(sizes, data, strides).expect("strides within the slice")
    };
    let (a, b) = (view(a, [*m, *k], [rsa, csa]), view(b, [*k, *n], [rsb, csb]));
    let (a, b) = (GemmInputA::Unpacked(a), GemmInputB::Unpacked(b));
    executor.gemm(c, a, b, GemmOptions::default()).expect("sizes that agree");
}
