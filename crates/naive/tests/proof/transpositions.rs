//! The four ways in which the operands of a product may lie in memory, against one product worked by hand.

use chainrule_naive::Transpose::{No, Yes};
use chainrule_naive::{Dims, Float, Transpose, matmul, matmul_abs, matmul_f64};

use crate::check::of;

// | 1 2 3 |   |  7  8  9 10 |   |  74  80  86  92 |
// | 4 5 6 | * | 11 12 13 14 | = | 173 188 203 218 |
//             | 15 16 17 18 |
const DIMS: Dims = Dims { m: 2, n: 4, k: 3 };
const A: [f64; 6] = [1., 2., 3., 4., 5., 6.];
const A_TRANSPOSED: [f64; 6] = [1., 4., 2., 5., 3., 6.];
const B: [f64; 12] = [7., 8., 9., 10., 11., 12., 13., 14., 15., 16., 17., 18.];
const B_TRANSPOSED: [f64; 12] = [7., 11., 15., 8., 12., 16., 9., 13., 17., 10., 14., 18.];
const C: [f64; 8] = [74., 80., 86., 92., 173., 188., 203., 218.];

/// The hand-worked product, with the operands laid out as asked for and C full of NaN beforehand.
fn product<T: Float>(ta: Transpose, tb: Transpose) -> Vec<T> {
    let a = of::<T>(if ta == No { &A } else { &A_TRANSPOSED });
    let b = of::<T>(if tb == No { &B } else { &B_TRANSPOSED });
    let mut c = of::<T>(&[f64::NAN; 8]);
    matmul(DIMS, ta, &a, tb, &b, &mut c);
    c
}

#[test]
fn neither_operand_transposed() {
    assert_eq!(product::<f64>(No, No), C);
    assert_eq!(product::<f32>(No, No), of::<f32>(&C));
}

#[test]
fn b_transposed() {
    assert_eq!(product::<f64>(No, Yes), C);
    assert_eq!(product::<f32>(No, Yes), of::<f32>(&C));
}

#[test]
fn a_transposed() {
    assert_eq!(product::<f64>(Yes, No), C);
    assert_eq!(product::<f32>(Yes, No), of::<f32>(&C));
}

#[test]
fn both_operands_transposed() {
    assert_eq!(product::<f64>(Yes, Yes), C);
    assert_eq!(product::<f32>(Yes, Yes), of::<f32>(&C));
}

#[test]
fn the_truth_and_its_scale_read_transposed_operands_too() {
    let negative_a = A_TRANSPOSED.map(|v| -v);
    assert_eq!(matmul_f64(DIMS, Yes, &A_TRANSPOSED, Yes, &B_TRANSPOSED), C);
    assert_eq!(matmul_abs(DIMS, Yes, &negative_a, Yes, &B_TRANSPOSED), C);
}
