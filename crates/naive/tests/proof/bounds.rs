//! The rounding bound: gamma_k * |A||B|, and that products in `f32` keep it.

use chainrule_naive::{Dims, Float, Transpose, gamma, matmul, matmul_abs, matmul_f64};

use crate::check::{numbers, of};

#[test]
fn the_roundoff_is_half_the_gap_above_one() {
    assert_eq!(<f32 as Float>::ROUNDOFF, 2f64.powi(-24));
    assert_eq!(<f64 as Float>::ROUNDOFF, 2f64.powi(-53));
}

#[test]
fn gamma_is_ku_over_one_minus_ku() {
    assert_eq!(gamma(0, 0.25), 0.0);
    assert_eq!(gamma(1, 0.25), 0.25 / 0.75);
    assert_eq!(gamma(2, 0.25), 1.0);
}

#[test]
#[should_panic(expected = "k is 4, u is 0.25")]
fn gamma_refuses_a_k_for_which_it_bounds_nothing() {
    gamma(4, 0.25);
}

#[test]
fn the_absolute_product_takes_absolute_values_before_it_sums() {
    let dims = Dims { m: 1, n: 1, k: 2 };
    let c = matmul_abs(dims, Transpose::No, &[3f32, -4.], Transpose::No, &[5., 6.]);
    assert_eq!(c, [39.0]);
}

#[test]
fn the_f64_product_of_f32_keeps_what_f32_rounds_away() {
    // (2^24 + 1 - 2^24) in f32 is 0: 2^24 + 1 is no f32.
    let dims = Dims { m: 1, n: 1, k: 3 };
    let (a, b) = ([1f32, 1., -1.], [16_777_216f32, 1., 16_777_216.]);
    let mut c = [f32::NAN];
    matmul(dims, Transpose::No, &a, Transpose::No, &b, &mut c);
    assert_eq!(c, [0.0]);
    assert_eq!(matmul_f64(dims, Transpose::No, &a, Transpose::No, &b), [1.0]);
}

#[test]
fn a_product_in_f32_stays_within_gamma_k_of_the_truth() {
    for (seed, k) in [(1, 1), (2, 7), (3, 64), (4, 500)] {
        let dims = Dims { m: 3, n: 4, k };
        let a: Vec<f32> = of(&numbers(dims.m * k, seed));
        let b: Vec<f32> = of(&numbers(k * dims.n, seed + 100));
        let mut c = vec![f32::NAN; dims.m * dims.n];
        matmul(dims, Transpose::No, &a, Transpose::No, &b, &mut c);
        let truth = matmul_f64(dims, Transpose::No, &a, Transpose::No, &b);
        let scale = matmul_abs(dims, Transpose::No, &a, Transpose::No, &b);
        for at in 0..c.len() {
            let off = (f64::from(c[at]) - truth[at]).abs();
            let allowed = gamma(k, f32::ROUNDOFF) * scale[at];
            assert!(off <= allowed, "seed {seed}, k {k}: c[{at}] is off by {off:e}, allowed {allowed:e}");
        }
    }
}
