//! What every kernel must compute, tested for every row of the registry that this CPU can run. A new kernel is tested as
//! soon as it is in the registry; no test here names one.
//!
//! Three kinds of comparison: exact (small integers, equal to naive in any order of summation), bounded (reals, each element
//! within gamma_k |A||B| of the f64 truth), and bitwise (`bitwise.rs`).

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scalar, Scratch};
use chainrule_naive::{Dims, Float, Transpose, gamma, matmul_abs, matmul_f64};

use crate::cases::{LAYOUTS, Layout, Numbers, assert_equal, few, for_each_kernel, nan, product};

/// Edges of every tile (6, 14 rows; 8, 16, 32 columns), empty and single, and k across the cut at 1024. Miri, which has the
/// portable kernels alone and takes a microsecond for what takes a CPU a nanosecond, gets the edges of those.
const ROWS: &[usize] = if cfg!(miri) { &[0, 1, 5, 6] } else { &[0, 1, 2, 5, 6, 7, 13, 14, 15, 29, 150] };
const COLS: &[usize] = if cfg!(miri) { &[0, 1, 4, 7, 9] } else { &[0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 70] };
const STEPS: &[usize] = if cfg!(miri) { &[0, 1, 7] } else { &[0, 1, 2, 7, 64, 399, 1025] };

fn integers_are_exact<T: Scalar + Float>() {
    for_each_kernel::<T>(|kernel| {
        let mut scratch = Scratch::default();
        for &m in ROWS {
            for &n in COLS {
                for &k in STEPS {
                    let mut numbers = Numbers((m * 10_007 + n * 101 + k) as u64);
                    let (a, b) = (numbers.integers::<T>(m * k), numbers.integers::<T>(k * n));
                    let want = product(m, n, k, &a, &b);
                    // Every combination of layouts comes round as the shape changes.
                    let pick = |by: usize| LAYOUTS[(m + 3 * n + 5 * k) / by % 4];
                    let (la, lb, lc) = (pick(1), pick(4), pick(16));
                    let (a, a_strides) = la.store(&a, m, k, nan());
                    let (b, b_strides) = lb.store(&b, k, n, nan());
                    let (mut c, c_strides) = lc.store(&vec![nan::<T>(); m * n], m, n, T::from_f64(-77.0));
                    kernel.gemm(
                        MatRef::with_strides(&a, (m, k), a_strides),
                        MatRef::with_strides(&b, (k, n), b_strides),
                        Epilogue::Store,
                        MatMut::with_strides(&mut c, (m, n), c_strides),
                        &mut scratch,
                    );
                    let context = || format!("{} {m}x{n}x{k} {la:?} {lb:?} {lc:?}", kernel.name());
                    assert_equal(MatRef::with_strides(&c, (m, n), c_strides), &want, &context);
                    // Between C's elements nothing was written.
                    let outside = c.iter().filter(|x| **x == T::from_f64(-77.0)).count();
                    assert!(outside >= c.len() - m * n, "{}: wrote outside of C", context());
                }
            }
        }
    });
}

#[test]
fn integers_are_exact_in_every_shape_and_layout() {
    integers_are_exact::<f32>();
    integers_are_exact::<f64>();
}

fn every_layout_is_right<T: Scalar + Float>() {
    for_each_kernel::<T>(|kernel| {
        for &(m, n, k) in
            few(&[(1, 1, 1), (3, 5, 2), (7, 33, 5), (31, 17, 1030), (29, 150, 9), (1, 40, 30), (40, 1, 30)])
        {
            let mut numbers = Numbers(k as u64);
            let (a, b) = (numbers.integers::<T>(m * k), numbers.integers::<T>(k * n));
            let want = product(m, n, k, &a, &b);
            for la in LAYOUTS {
                for lb in LAYOUTS {
                    for lc in LAYOUTS {
                        let (a, a_strides) = la.store(&a, m, k, nan());
                        let (b, b_strides) = lb.store(&b, k, n, nan());
                        let (mut c, c_strides) = lc.store(&vec![nan::<T>(); m * n], m, n, nan());
                        kernel.gemm(
                            MatRef::with_strides(&a, (m, k), a_strides),
                            MatRef::with_strides(&b, (k, n), b_strides),
                            Epilogue::Store,
                            MatMut::with_strides(&mut c, (m, n), c_strides),
                            &mut Scratch::default(),
                        );
                        let context = || format!("{} {m}x{n}x{k} {la:?} {lb:?} {lc:?}", kernel.name());
                        assert_equal(MatRef::with_strides(&c, (m, n), c_strides), &want, &context);
                    }
                }
            }
        }
    });
}

#[test]
fn every_combination_of_layouts_gives_the_same_product() {
    every_layout_is_right::<f32>();
    every_layout_is_right::<f64>();
}

/// Large enough for several blocks of every loop: rows past 144 and 384, columns and k past 1024.
fn several_blocks_are_right<T: Scalar + Float>() {
    let (m, n, k) = if cfg!(miri) { (2, 3, 1030) } else { (400, 1030, 1100) };
    let mut numbers = Numbers(1);
    let (a, b) = (numbers.integers::<T>(m * k), numbers.integers::<T>(k * n));
    let want = product(m, n, k, &a, &b);
    let (at, a_strides) = Layout::ColMajor.store(&a, m, k, nan());
    for_each_kernel::<T>(|kernel| {
        let mut c = vec![nan::<T>(); m * n];
        let (a, b) = (MatRef::with_strides(&at, (m, k), a_strides), MatRef::new(&b, k, n));
        kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut Scratch::default());
        assert_equal(MatRef::new(&c, m, n), &want, &|| kernel.name().to_owned());
    });
}

#[test]
fn integers_are_exact_across_blocks() {
    several_blocks_are_right::<f32>();
    several_blocks_are_right::<f64>();
}

fn the_identity_changes_nothing<T: Scalar>() {
    for_each_kernel::<T>(|kernel| {
        for &n in few(&[1, 5, 16, 37]) {
            let x = Numbers(n as u64).reals::<T>(n * n);
            let mut identity = vec![T::ZERO; n * n];
            (0..n).for_each(|i| identity[i * n + i] = T::ONE);
            for (a, b) in [(&x, &identity), (&identity, &x)] {
                let mut c = vec![nan::<T>(); n * n];
                let (a, b) = (MatRef::new(a, n, n), MatRef::new(b, n, n));
                kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, n, n), &mut Scratch::default());
                assert_equal(MatRef::new(&c, n, n), &x, &|| format!("{} n = {n}", kernel.name()));
            }
        }
    });
}

#[test]
fn the_identity_from_either_side_changes_nothing() {
    the_identity_changes_nothing::<f32>();
    the_identity_changes_nothing::<f64>();
}

/// Worst |got - truth| / (gamma_k |A||B|) over the shapes; f64 is its own truth, off by as much again.
fn worst_ratio<T: Scalar + Float>(kernel: &Kernel<T>, own_truth: f64) -> f64 {
    let mut worst = 0.0f64;
    let mut scratch = Scratch::default();
    for &(m, n, k) in
        few(&[(6, 16, 1), (7, 9, 3), (7, 9, 13), (33, 47, 100), (64, 10, 784), (20, 130, 1000), (1, 64, 333)])
    {
        let mut numbers = Numbers((m * n * k) as u64);
        let (a, b) = (numbers.reals::<T>(m * k), numbers.reals::<T>(k * n));
        let dims = Dims { m, n, k };
        let truth = matmul_f64(dims, Transpose::No, &a, Transpose::No, &b);
        let scale = matmul_abs(dims, Transpose::No, &a, Transpose::No, &b);
        let bound = gamma(k, T::UNIT_ROUNDOFF.to_f64()) * (1.0 + own_truth);
        let mut c = vec![nan::<T>(); m * n];
        let (a, b) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
        kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut scratch);
        for (i, ((c, truth), scale)) in c.iter().zip(&truth).zip(&scale).enumerate() {
            let ratio = (c.to_f64() - truth).abs() / (bound * scale);
            assert!(ratio <= 1.0, "{} {m}x{n}x{k}: element {i} is {c}, not {truth}: {ratio}", kernel.name());
            worst = worst.max(ratio);
        }
    }
    worst
}

#[test]
fn reals_stay_within_the_bound_of_every_summation_order() {
    for_each_kernel::<f32>(|k| println!("{}: worst error {:.3} of the bound", k.name(), worst_ratio(k, 0.0)));
    for_each_kernel::<f64>(|k| println!("{}: worst error {:.3} of the bound", k.name(), worst_ratio(k, 1.0)));
}

fn epilogues_store_what_their_names_say<T: Scalar + Float>() {
    for_each_kernel::<T>(|kernel| {
        for &(m, n, k) in few(&[(1, 1, 0), (4, 3, 5), (9, 20, 3), (13, 35, 1100)]) {
            for layout in LAYOUTS {
                let mut numbers = Numbers((m + n + k) as u64);
                let (a, b) = (numbers.integers::<T>(m * k), numbers.integers::<T>(k * n));
                let (old, bias) = (numbers.integers::<T>(m * n), numbers.integers::<T>(n));
                let ab = product(m, n, k, &a, &b);
                let run = |epilogue: Epilogue<'_, T>, old: &[T]| {
                    let (mut c, strides) = layout.store(old, m, n, nan());
                    let (a, b) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
                    let view = MatMut::with_strides(&mut c, (m, n), strides);
                    kernel.gemm(a, b, epilogue, view, &mut Scratch::default());
                    let view = MatRef::with_strides(&c, (m, n), strides);
                    (0..m * n).map(|at| view.get(at / n, at % n)).collect::<Vec<T>>()
                };
                let num = T::from_f64;
                let want = |f: &dyn Fn(usize) -> T| (0..m * n).map(f).collect::<Vec<T>>();
                let dirty = vec![nan::<T>(); m * n];
                let name = format!("{} {m}x{n}x{k} {layout:?}", kernel.name());

                let accumulate = Epilogue::Accumulate { alpha: num(-2.0), beta: num(3.0) };
                assert_eq!(run(accumulate, &old), want(&|at| num(-2.0) * ab[at] + num(3.0) * old[at]), "{name}");
                let add = Epilogue::Accumulate { alpha: T::ONE, beta: T::ONE };
                assert_eq!(run(add, &old), want(&|at| ab[at] + old[at]), "{name}");
                let overwrite = Epilogue::Accumulate { alpha: num(0.5), beta: T::ZERO };
                assert_eq!(run(overwrite, &dirty), want(&|at| num(0.5) * ab[at]), "{name}");
                assert_eq!(run(Epilogue::Bias(&bias), &dirty), want(&|at| ab[at] + bias[at % n]), "{name}");
                let relu = |x: T| if x > T::ZERO { x } else { T::ZERO };
                assert_eq!(run(Epilogue::BiasRelu(&bias), &dirty), want(&|at| relu(ab[at] + bias[at % n])), "{name}");
            }
        }
    });
}

#[test]
fn epilogues_store_what_their_names_say_and_do_not_read_c_when_beta_is_0() {
    epilogues_store_what_their_names_say::<f32>();
    epilogues_store_what_their_names_say::<f64>();
}

#[test]
fn relu_of_nan_is_nan() {
    for_each_kernel::<f32>(|kernel| {
        let mut c = [0.0; 2];
        let (a, b) = (MatRef::new(&[f32::NAN], 1, 1), MatRef::new(&[1.0, -1.0], 1, 2));
        kernel.gemm(a, b, Epilogue::BiasRelu(&[0.0; 2]), MatMut::new(&mut c, 1, 2), &mut Scratch::default());
        assert!(c.iter().all(|x| x.is_nan()), "{}: {c:?}", kernel.name());
    });
}

#[test]
fn asking_for_a_kernel_that_the_cpu_lacks_fails() {
    for kernel in Kernel::<f32>::all() {
        assert_eq!(Kernel::<f32>::by_name(kernel.name()).is_ok(), kernel.is_available(), "{}", kernel.name());
    }
    assert!(Kernel::<f64>::by_name("f32_6x16_avx2").is_err(), "a kernel of the other element type was given");
}

#[test]
#[should_panic(expected = "A 2x3 times B 4x2 does not fit C 2x2")]
fn shapes_that_do_not_fit_panic_with_all_three() {
    let kernel = Kernel::<f32>::selected().unwrap();
    let (a, b) = (MatRef::new(&[0.0; 6], 2, 3), MatRef::new(&[0.0; 8], 4, 2));
    kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut [0.0; 4], 2, 2), &mut Scratch::default());
}

#[test]
#[should_panic(expected = "a bias of 3 elements for 2 columns")]
fn a_bias_of_another_length_panics() {
    let kernel = Kernel::<f32>::selected().unwrap();
    let (a, b) = (MatRef::new(&[0.0; 2], 2, 1), MatRef::new(&[0.0; 2], 1, 2));
    kernel.gemm(a, b, Epilogue::Bias(&[0.0; 3]), MatMut::new(&mut [0.0; 4], 2, 2), &mut Scratch::default());
}

#[test]
#[cfg(target_arch = "x86_64")]
fn names_of_instruction_sets_agree_with_what_the_cpu_reports() {
    let avx2 = Kernel::<f32>::all().iter().find(|k| k.name() == "f32_6x16_avx2").unwrap();
    assert_eq!(avx2.is_available(), is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"));
}
