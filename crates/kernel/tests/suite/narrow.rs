//! Narrow weights: the bits of the product with the same weights rounded and kept as f32, for every kernel of the table that this
//! CPU can run, alone and among other rows; and against a plain loop that rounds and adds in the same order. Of integers the product
//! is that of the integers, scaled.

use chainrule_kernel::{
    Activation, Epilogue, Kernel, MatMut, MatRef, NarrowError, NarrowFormat, PackedB, PackedNarrow, Scratch,
};

use crate::cases::{Numbers, few, for_each_kernel};

const FORMATS: [NarrowFormat; 3] = [NarrowFormat::Bf16, NarrowFormat::F16, NarrowFormat::Int8];

fn rounded(format: NarrowFormat, w: &[f32], k: usize, n: usize) -> Vec<f32> {
    let mut rounded = w.to_vec();
    format.round(&mut rounded, k, n).unwrap();
    rounded
}

/// The weights that a chain is over, (k, n), and the scales of its sums.
fn codes(format: NarrowFormat, w: &[f32], k: usize, n: usize) -> (Vec<f32>, Vec<f32>) {
    let (codes, scales) = format.encode(MatRef::new(w, k, n)).unwrap();
    match format {
        NarrowFormat::Int8 => ((0..k * n).map(|at| f32::from(codes[at % n * k + at / n] as i8)).collect(), scales),
        _ => (rounded(format, w, k, n), scales),
    }
}

/// The product as the library computes it with f32.
fn wide(
    kernel: &'static Kernel<f32>,
    a: MatRef<'_, f32>,
    (w, scales): &(Vec<f32>, Vec<f32>), // (k, n), (n)
    epilogue: Epilogue<'_, f32>,
) -> Vec<f32> {
    let (m, n, k) = (a.rows(), scales.len(), a.cols());
    let packed = PackedB::new(kernel, MatRef::new(w, k, n));
    let mut c = vec![f32::NAN; m * n];
    kernel.gemm_packed(a, &packed, Epilogue::Store, MatMut::new(&mut c, m, n), &mut Scratch::default());
    c.iter_mut().enumerate().for_each(|(at, c)| *c *= scales[at % n]);
    let (bias, activation) = match epilogue {
        Epilogue::Store => return c,
        Epilogue::Bias(bias) => (bias, Activation::Identity),
        Epilogue::BiasRelu(bias) => (bias, Activation::Relu),
        Epilogue::Activation { bias, activation } => (bias, activation),
        _ => unreachable!(),
    };
    c.iter_mut().enumerate().for_each(|(at, c)| *c += bias[at % n]);
    kernel.activate(activation, MatMut::new(&mut c, m, n));
    c
}

/// And with narrow weights.
fn narrow(a: MatRef<'_, f32>, w: &PackedNarrow<f32>, kernel: &Kernel<f32>, epilogue: Epilogue<'_, f32>) -> Vec<f32> {
    let mut scratch = Scratch::default();
    w.try_reserve(a.rows(), &mut scratch).unwrap();
    scratch.fill(f32::NAN);
    let held = scratch.bytes();
    let mut c = vec![f32::NAN; a.rows() * w.cols()];
    kernel.gemm_narrow(a, w, epilogue, MatMut::new(&mut c, a.rows(), w.cols()), &mut scratch);
    assert_eq!(scratch.bytes(), held, "what was reserved suffices");
    c
}

#[test]
fn every_shape_has_the_bits_of_rounded_weights_in_f32() {
    for_each_kernel::<f32>(|kernel| {
        for format in FORMATS {
            for &n in few(&[1, 2, 3, 7, 10, 15, 16, 17, 31, 33, 40, 63, 64, 65, 97, 127, 129, 191, 193, 200, 385]) {
                for &k in few(&[1, 2, 5, 33, 40, 130]) {
                    let mut numbers = Numbers((n * 1000 + k) as u64);
                    let (w, bias) = (numbers.reals::<f32>(k * n), numbers.reals::<f32>(n));
                    let a = numbers.reals::<f32>(9 * k);
                    let same = codes(format, &w, k, n);
                    let packed = PackedNarrow::try_new(kernel, MatRef::new(&w, k, n), format).unwrap();
                    let activation = Activation::Tanh;
                    for epilogue in [
                        Epilogue::Store,
                        Epilogue::Bias(&bias),
                        Epilogue::BiasRelu(&bias),
                        Epilogue::Activation { bias: &bias, activation },
                    ] {
                        for rows in 1..=9 {
                            let a = MatRef::new(&a[..rows * k], rows, k);
                            let got = narrow(a, &packed, kernel, epilogue);
                            let want = wide(kernel, a, &same, epilogue);
                            assert!(got == want, "{} {format} {rows}x{n}x{k} {epilogue:?}", kernel.name());
                        }
                    }
                }
            }
        }
    });
}

/// All shapes up to 40, one row, against a loop: rounded weights, one sum in the order of k.
#[test]
fn small_shapes_agree_with_a_loop_over_rounded_weights() {
    let most = if cfg!(miri) { 3 } else { 40 };
    for_each_kernel::<f32>(|kernel| {
        let fused = !kernel.name().ends_with("portable") || cfg!(any(target_feature = "fma", target_arch = "aarch64"));
        for format in FORMATS {
            for n in 1..=most {
                for k in 1..=most {
                    let mut numbers = Numbers((n * 41 + k) as u64);
                    let (a, w) = (numbers.reals::<f32>(k), numbers.reals::<f32>(k * n));
                    let (same, scales) = codes(format, &w, k, n);
                    let packed = PackedNarrow::try_new(kernel, MatRef::new(&w, k, n), format).unwrap();
                    let got = narrow(MatRef::new(&a, 1, k), &packed, kernel, Epilogue::Store);
                    for j in 0..n {
                        let sum = (0..k).fold(0.0f32, |sum, p| match fused {
                            true => a[p].mul_add(same[p * n + j], sum),
                            false => a[p] * same[p * n + j] + sum,
                        });
                        let want = sum * scales[j];
                        assert!(
                            got[j] == want,
                            "{} {format} {n}x{k}: column {j} is {}, not {want}",
                            kernel.name(),
                            got[j]
                        );
                    }
                }
            }
        }
    });
}

#[test]
fn operands_and_results_may_lie_any_way() {
    for_each_kernel::<f32>(|kernel| {
        let (n, k) = (37, 21);
        let mut numbers = Numbers(11);
        let w = numbers.reals::<f32>(k * n);
        for (m, format) in [3, 8, 9].into_iter().flat_map(|m| FORMATS.map(|format| (m, format))) {
            let a = numbers.clone().reals::<f32>(m * k);
            // W by columns, A by columns, C by columns.
            let packed = PackedNarrow::try_new(kernel, MatRef::new(&w, n, k).t(), format).unwrap();
            let a = MatRef::new(&a, k, m).t();
            let mut c = vec![f32::NAN; m * n];
            let mut scratch = Scratch::default();
            kernel.gemm_narrow(a, &packed, Epilogue::Store, MatMut::new(&mut c, n, m).t(), &mut scratch);
            let lying: Vec<f32> = (0..k * n).map(|at| w[at % n * k + at / n]).collect();
            let want = wide(kernel, a, &codes(format, &lying, k, n), Epilogue::Store);
            for (i, j) in (0..m * n).map(|at| (at / n, at % n)) {
                assert_eq!(c[j * m + i], want[i * n + j], "{} {format} at ({i}, {j})", kernel.name());
            }
        }
    });
}

#[test]
fn no_steps_leave_the_bias_and_no_rows_or_columns_nothing() {
    for_each_kernel::<f32>(|kernel| {
        for format in FORMATS {
            let packed = PackedNarrow::try_new(kernel, MatRef::new(&[], 0, 3), format).unwrap();
            for rows in [1, 6, 8] {
                let c = narrow(MatRef::new(&[], rows, 0), &packed, kernel, Epilogue::Bias(&[1.0, 2.0, 3.0]));
                assert_eq!(c, [1.0, 2.0, 3.0].repeat(rows));
            }
            let packed = PackedNarrow::try_new(kernel, MatRef::new(&[], 4, 0), format).unwrap();
            assert!(narrow(MatRef::new(&[0.0; 8], 2, 4), &packed, kernel, Epilogue::Store).is_empty());
            let packed = PackedNarrow::try_new(kernel, MatRef::new(&[1.0; 4], 4, 1), format).unwrap();
            assert!(narrow(MatRef::new(&[], 0, 4), &packed, kernel, Epilogue::Store).is_empty());
        }
    });
}

/// Of every magnitude: a weight is off by no more than half of the last place that its format keeps.
#[test]
fn rounding_is_within_half_of_the_last_place_and_leaves_rounded_weights() {
    let (k, n) = (50, 7);
    let mut numbers = Numbers(12);
    for exponent in -14..=15 {
        let w: Vec<f32> = numbers.reals::<f32>(k * n).iter().map(|w| w * 2f32.powi(exponent)).collect();
        for format in FORMATS {
            let got = rounded(format, &w, k, n);
            for j in 0..n {
                let column = |w: &[f32]| (0..k).map(|p| w[p * n + j]).collect::<Vec<f32>>();
                let (before, after) = (column(&w), column(&got));
                let largest = before.iter().fold(0.0f32, |most, w| most.max(w.abs()));
                for (before, after) in before.iter().zip(&after) {
                    let bound = match format {
                        NarrowFormat::Bf16 => before.abs() / 256.0,
                        NarrowFormat::F16 => (before.abs() / 2048.0).max(2f32.powi(-25)),
                        _ => largest / 254.0 * 1.001,
                    };
                    assert!((before - after).abs() <= bound, "{format} {before} to {after}");
                }
                // No error at all would pass, too.
                assert!(before != after, "{format}: nothing was rounded");
            }
            assert_eq!(rounded(format, &got, k, n), got, "{format} rounded twice");
        }
    }
}

#[test]
fn codes_and_scales_are_the_rounded_weights() {
    let (k, n) = (9, 5);
    let w = Numbers(14).reals::<f32>(k * n);
    for format in FORMATS {
        let (bytes, scales) = format.encode(MatRef::new(&w, k, n)).unwrap();
        let want = rounded(format, &w, k, n);
        assert_eq!((bytes.len(), scales.len()), (k * n * format.bytes(), n));
        for (at, code) in bytes.chunks_exact(format.bytes()).enumerate() {
            let (column, row) = (at / k, at % k);
            let value = match (format, code) {
                (NarrowFormat::Int8, [code]) => f32::from(*code as i8) * scales[column],
                (NarrowFormat::Bf16, &[low, high]) => f32::from_bits(u32::from_le_bytes([0, 0, low, high])),
                // All of these are normal numbers.
                (_, &[low, high]) => {
                    let bits = u32::from(u16::from_le_bytes([low, high]));
                    f32::from_bits(((bits & 0x8000) << 16) | (((bits & 0x7fff) << 13) + (112 << 23)))
                }
                _ => unreachable!(),
            };
            assert_eq!(value, want[row * n + column], "{format} at ({row}, {column})");
        }
        let integers = format == NarrowFormat::Int8;
        assert_eq!(scales.iter().all(|scale| *scale == 1.0), !integers);
        // The largest of each column is 127 of its scale.
        assert!(
            !integers
                || bytes.chunks_exact(k).all(|column| column.iter().any(|code| matches!(*code as i8, 127 | -127)))
        );
    }
}

#[test]
fn columns_of_zeros_and_of_tiny_weights_stay_finite() {
    for_each_kernel::<f32>(|kernel| {
        let w = [0.0, 1e-38, -0.0, f32::MIN_POSITIVE];
        let packed = PackedNarrow::try_new(kernel, MatRef::new(&w, 2, 2), NarrowFormat::Int8).unwrap();
        let c = narrow(MatRef::new(&[1.0, 1.0], 1, 2), &packed, kernel, Epilogue::Store);
        assert_eq!(c, [0.0, 0.0]);
    });
    let mut smallest = [127.0 * 2f32.powi(-100), 2f32.powi(-100)];
    NarrowFormat::Int8.round(&mut smallest, 2, 1).unwrap();
    assert_eq!(smallest, [127.0 * 2f32.powi(-100), 2f32.powi(-100)]);
}

#[test]
fn weights_without_a_narrow_number_are_refused_with_their_place() {
    let kernel = Kernel::<f32>::selected().unwrap();
    for format in FORMATS {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let mut w = [1.0, 2.0, 3.0, 4.0, value, 6.0];
            let error = PackedNarrow::try_new(kernel, MatRef::new(&w, 2, 3), format).unwrap_err();
            assert!(matches!(error, NarrowError::NotFinite { row: 1, column: 1, .. }), "{error}");
            assert!(format.round(&mut w, 2, 3).is_err() && w[0] == 1.0 && w[5] == 6.0);
        }
        let error = PackedNarrow::try_new(kernel, MatRef::new(&[1.0, f32::MAX], 2, 1), format).unwrap_err();
        let found = matches!(&error, NarrowError::TooLarge { row: 1, column: 0, format: of, .. } if *of == format);
        assert!(found && error.to_string().contains(&format.to_string()), "{error}");
    }
    let double = Kernel::<f64>::selected().unwrap();
    let error = PackedNarrow::try_new(double, MatRef::new(&[1.0], 1, 1), NarrowFormat::Bf16).unwrap_err();
    assert_eq!(error, NarrowError::Double);
    let mut largest = [65504.0_f32, -65519.9];
    NarrowFormat::F16.round(&mut largest, 2, 1).unwrap();
    assert_eq!(largest, [65504.0, -65504.0]);
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let kernel = Kernel::<f32>::selected().unwrap();
    let packed = PackedNarrow::try_new(kernel, MatRef::new(&[1.0; 6], 2, 3), NarrowFormat::Int8).unwrap();
    assert_eq!((packed.rows(), packed.cols(), packed.format()), (2, 3, NarrowFormat::Int8));
    let refused = |a: (usize, usize), c: (usize, usize), epilogue: Epilogue<'_, f32>| {
        let run = || {
            let (x, mut y) = (vec![0.0; a.0 * a.1], vec![0.0; c.0 * c.1]);
            let (x, y) = (MatRef::new(&x, a.0, a.1), MatMut::new(&mut y, c.0, c.1));
            kernel.gemm_narrow(x, &packed, epilogue, y, &mut Scratch::default());
        };
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).unwrap_err();
        panic.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    assert!(refused((1, 3), (1, 3), Epilogue::Store).contains("A 1x3 times B 2x3"));
    assert!(refused((2, 2), (1, 3), Epilogue::Store).contains("does not fit C 1x3"));
    assert!(refused((9, 2), (9, 4), Epilogue::Store).contains("does not fit C 9x4"));
    assert!(refused((1, 2), (1, 3), Epilogue::Bias(&[0.0; 2])).contains("a bias of 2 elements for 3 columns"));
    assert!(refused((1, 2), (1, 3), Epilogue::Accumulate { alpha: 1.0, beta: 1.0 }).contains("for training"));
    for other in Kernel::<f32>::all().iter().filter(|other| !std::ptr::eq(*other, kernel)) {
        let run = || {
            let c = &mut [0.0; 3];
            other.gemm_narrow(
                MatRef::new(&[0.0; 2], 1, 2),
                &packed,
                Epilogue::Store,
                MatMut::new(c, 1, 3),
                &mut Scratch::default(),
            );
        };
        assert!(std::panic::catch_unwind(run).is_err());
    }
}

#[test]
fn the_bytes_are_those_of_the_narrow_numbers() {
    let kernel = Kernel::<f32>::selected().unwrap();
    let w = Numbers(13).reals::<f32>(784 * 512);
    for format in FORMATS {
        let bytes = PackedNarrow::try_new(kernel, MatRef::new(&w, 784, 512), format).unwrap().bytes();
        let least = 784 * 512 * format.bytes();
        assert!((least..least + least / 64).contains(&bytes), "{format}: {bytes} bytes, at least {least}");
        // One number, again and again: more than memory has addresses, and rows without columns.
        let endless = MatRef::with_strides(&[1.0], (1 << 40, 1 << 40), (0, 0));
        let error = PackedNarrow::try_new(kernel, endless, format).unwrap_err();
        assert!(matches!(error, NarrowError::Size(_)), "{error}");
        let empty = PackedNarrow::try_new(kernel, endless.cols_in(0..0), format).unwrap();
        assert_eq!((empty.rows(), empty.bytes()), (1 << 40, 0));
    }
}
