//! The same product has the same bits from other scratch memory, in parts of C, in single rows and from other kernels.

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scalar, Scratch};

use crate::cases::{Numbers, few, for_each_kernel, nan};

fn dirty_scratch_does_no_harm<T: Scalar>() {
    for_each_kernel::<T>(|kernel| {
        for &(m, n, k) in few(&[(5, 3, 2), (6, 9, 4), (13, 21, 7), (30, 100, 450)]) {
            let mut numbers = Numbers(k as u64);
            let (a, b) = (numbers.reals::<T>(m * k), numbers.reals::<T>(n * k));
            // B by columns has to be packed.
            let (a, b) = (MatRef::new(&a, m, k), MatRef::new(&b, n, k).t());
            let run = |filler: T| {
                let mut scratch = Scratch::for_shape(m, n, k);
                scratch.fill(filler);
                let mut c = vec![nan::<T>(); m * n];
                kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut scratch);
                c
            };
            assert_eq!(run(nan()), run(T::ZERO), "{} {m}x{n}x{k}", kernel.name());
        }
    });
}

#[test]
fn nan_in_the_scratch_reaches_no_result() {
    dirty_scratch_does_no_harm::<f32>();
    dirty_scratch_does_no_harm::<f64>();
}

fn a_part_of_c_has_the_bits_of_the_whole<T: Scalar>() {
    for_each_kernel::<T>(|kernel| {
        let (m, n, k) = if cfg!(miri) { (7, 18, 9) } else { (61, 83, 1100) };
        let mut numbers = Numbers(5);
        let (a, b, bias) = (numbers.reals::<T>(m * k), numbers.reals::<T>(k * n), numbers.reals::<T>(n));
        let (a, b) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
        let mut scratch = Scratch::default();
        let mut whole = vec![T::ZERO; m * n];
        kernel.gemm(a, b, Epilogue::Bias(&bias), MatMut::new(&mut whole, m, n), &mut scratch);
        for &(row, col) in few(&[(1, 1), (6, 16), (20, 0), (0, 33), (60, 82)]) {
            let mut parts = vec![T::ZERO; m * n];
            let (top, bottom) = MatMut::new(&mut parts, m, n).split_rows(row);
            for (c, rows) in [(top, 0..row), (bottom, row..m)] {
                let (left, right) = c.split_cols(col);
                for (c, cols) in [(left, 0..col), (right, col..n)] {
                    let bias = Epilogue::Bias(&bias[cols.clone()]);
                    kernel.gemm(a.rows_in(rows.clone()), b.cols_in(cols), bias, c, &mut scratch);
                }
            }
            assert!(parts == whole, "{}: parts cut at ({row}, {col}) differ", kernel.name());
        }
    });
}

#[test]
fn a_part_of_c_computed_alone_has_the_bits_of_the_whole() {
    a_part_of_c_has_the_bits_of_the_whole::<f32>();
    a_part_of_c_has_the_bits_of_the_whole::<f64>();
}

/// Both fuse multiply and add, both run each element's chain in order: nothing is left to differ.
#[test]
fn kernels_that_fuse_agree_bit_for_bit() {
    let fused = |name: &str| !name.ends_with("portable") || cfg!(any(target_feature = "fma", target_arch = "aarch64"));
    let (m, n, k) = if cfg!(miri) { (6, 9, 5) } else { (31, 45, 500) };
    let mut numbers = Numbers(6);
    let (a, b) = (numbers.reals::<f32>(m * k), numbers.reals::<f32>(k * n));
    let results: Vec<(&str, Vec<f32>)> = Kernel::<f32>::all()
        .iter()
        .filter(|kernel| kernel.is_available() && fused(kernel.name()))
        .map(|kernel| {
            let mut c = vec![f32::NAN; m * n];
            let (a, b) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
            kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut Scratch::default());
            (kernel.name(), c)
        })
        .collect();
    for pair in results.windows(2) {
        assert!(pair[0].1 == pair[1].1, "{} and {} differ", pair[0].0, pair[1].0);
    }
}

fn rows_of_cut_chains_have_the_bits_of_rows_alone<T: Scalar>() {
    for_each_kernel::<T>(|kernel| {
        // B has more than 4 MiB, its rows 4096 or 8192 bytes from one to the next; a B in place of long rows; an A by
        // columns that lie in many sets of the caches, in few of them, and in few with so many columns that it is packed; a
        // B in place whose panels are fetched, small enough for C to be written along its rows, and not. A few
        // rows that a large B is streamed past. A row alone is held in one strip, in two, or streamed past.
        let shapes: &[(usize, usize, usize, usize, Option<usize>)] = &[
            (29, 1000, 1100, 1024, None),
            (29, 300, 600, 300, None),
            (70, 40, 400, 40, Some(70)),
            (70, 40, 400, 40, Some(128)),
            (70, 1050, 200, 1050, Some(128)),
            (7, 1100, 1003, 2048, None),
            (70, 150, 400, 152, None),
            (70, 300, 600, 300, None),
        ];
        let shapes = if cfg!(miri) { &[(2, 5, 1030, 5, None)] } else { shapes };
        for &(m, n, k, b_rs, columns_of_a) in shapes {
            let mut numbers = Numbers(7);
            let a = numbers.reals::<T>(columns_of_a.map_or(m * k, |apart| apart * k));
            let (b, bias) = (numbers.reals::<T>(k * b_rs), numbers.reals::<T>(n));
            let strides = columns_of_a.map_or((k, 1), |apart| (1, apart));
            let a = MatRef::with_strides(&a, (m, k), strides);
            let b = MatRef::with_strides(&b, (k, n), (b_rs, 1));
            let mut scratch = Scratch::for_shape(m, n, k);
            let mut whole = vec![T::ZERO; m * n];
            kernel.gemm(a, b, Epilogue::Bias(&bias), MatMut::new(&mut whole, m, n), &mut scratch);
            for i in 0..m {
                let mut alone = vec![T::ZERO; n];
                let c = MatMut::new(&mut alone, 1, n);
                kernel.gemm(a.rows_in(i..i + 1), b, Epilogue::Bias(&bias), c, &mut scratch);
                assert!(alone == whole[i * n..(i + 1) * n], "{}: row {i} of {m}x{n}x{k} differs", kernel.name());
            }
        }
    });
}

#[test]
fn rows_of_a_product_whose_chains_are_cut_have_the_bits_of_rows_alone() {
    rows_of_cut_chains_have_the_bits_of_rows_alone::<f32>();
    rows_of_cut_chains_have_the_bits_of_rows_alone::<f64>();
}
