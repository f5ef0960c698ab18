//! Matrix products of any shape and layout, on every kernel that this CPU has, equal to the naive product.
//!
//! Equal, not close: all numbers are whole and so small that every sum is exact in f32, whatever its order. What lies
//! between the elements of a padded matrix is NaN, and so is C where it must not be read and the scratch memory: one
//! element read too many poisons the result, one written too many is looked for. Buffers end where their matrix ends,
//! so that the address sanitizer sees a step beyond.
#![no_main]

use std::cell::Cell;

use arbitrary::{Arbitrary, Result, Unstructured};
use chainrule_kernel::{Activation, Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch};
use chainrule_naive::{Dims, Float, Transpose, matmul};

/// Sides of the matrices. One of them may be longer, to reach the loops over blocks and the packing of A.
const SIDE: usize = 40;
const LONG_SIDE: usize = 1300;
/// Elements are whole numbers up to this size: |C| <= 1300 * 8 * 8 * 3 + 8 * 3 < 2^18, sums of 1300 such, only with
/// k <= 40, < 2^24.
const LARGEST: i64 = 8;

#[derive(Debug, Arbitrary)]
struct Case {
    #[arbitrary(with = shape)]
    shape: (usize, usize, usize), // m, n, k
    a: Layout,
    b: Layout,
    c: Layout,
    finish: Finish,
    packed: bool,
    fresh_scratch: bool,
    seed: u64,
}

/// How a matrix lies in its buffer.
#[derive(Debug, Clone, Copy, Arbitrary)]
struct Layout {
    transposed: bool,
    /// Elements between neighbours, 1 when they touch.
    #[arbitrary(with = |u: &mut Unstructured| if u.ratio(1, 4)? { u.int_in_range(2..=3) } else { Ok(1) })]
    step: usize,
    /// Unused elements behind each row (or column, if transposed).
    #[arbitrary(with = |u: &mut Unstructured| u.int_in_range(0..=5))]
    padding: usize,
    /// Whether rows (or columns) begin whole pages apart.
    #[arbitrary(with = |u: &mut Unstructured| u.ratio(1, 8))]
    pages: bool,
}

#[derive(Debug, Clone, Copy, Arbitrary)]
enum Finish {
    Store,
    Accumulate {
        #[arbitrary(with = |u: &mut Unstructured| u.int_in_range(-3..=3))]
        alpha: i8,
        #[arbitrary(with = |u: &mut Unstructured| u.int_in_range(-3..=3))]
        beta: i8,
    },
    Bias,
    BiasRelu,
    /// A leaky ReLU of slope 2, which is exact.
    Activation,
    /// Its derivative, and the sums of columns.
    Derivative,
    Update {
        #[arbitrary(with = |u: &mut Unstructured| u.int_in_range(-3..=3))]
        rate: i8,
        #[arbitrary(with = |u: &mut Unstructured| u.int_in_range(-3..=3))]
        decay: i8,
    },
}

fn shape(u: &mut Unstructured) -> Result<(usize, usize, usize)> {
    let mut sides = [0; 3];
    for side in &mut sides {
        *side = u.int_in_range(0..=SIDE)?;
    }
    if u.ratio(1, 4)? {
        sides[u.choose_index(3)?] = u.int_in_range(0..=LONG_SIDE)?;
    }
    Ok(sides.into())
}

impl Layout {
    fn strides(self, rows: usize, cols: usize) -> (usize, usize) {
        let along = if self.transposed { rows } else { cols };
        let tight = (along * self.step + self.padding).max(1);
        let leading = if self.pages && rows.max(cols) <= SIDE { tight.next_multiple_of(1024) } else { tight };
        if self.transposed { (self.step, leading) } else { (leading, self.step) }
    }

    /// A buffer that ends with the last element of the matrix; what is no element of it is NaN.
    fn place<T: Scalar>(self, dense: &[T], (rows, cols): (usize, usize)) -> Vec<T> {
        let (rs, cs) = self.strides(rows, cols);
        let len = if dense.is_empty() { 0 } else { (rows - 1) * rs + (cols - 1) * cs + 1 };
        let mut buffer = vec![T::from_f64(f64::NAN); len];
        for i in 0..rows {
            for j in 0..cols {
                buffer[i * rs + j * cs] = dense[i * cols + j];
            }
        }
        buffer
    }
}

/// Whole numbers from SplitMix64 (Steele, Lea, Flood, 2014).
fn whole<T: Scalar>(seed: u64, stream: u64, len: usize) -> Vec<T> {
    let mut state = seed ^ (stream << 56);
    let next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        T::from_f64(((z >> 33) as i64 % (2 * LARGEST + 1) - LARGEST) as f64)
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn check<T: Scalar + Float>(case: &Case) {
    let (m, n, k) = case.shape;
    let number = |x: i8| T::from_f64(f64::from(x));
    let (a, b) = (whole::<T>(case.seed, 1, m * k), whole::<T>(case.seed, 2, k * n));
    let bias = whole::<T>(case.seed, 3, n);
    let reads_c = matches!(case.finish, Finish::Accumulate { beta, .. } if beta != 0)
        || matches!(case.finish, Finish::Update { .. });
    let before = if reads_c { whole(case.seed, 4, m * n) } else { vec![T::from_f64(f64::NAN); m * n] };

    let activation = Activation::LeakyRelu(2.0);
    let outputs = whole::<T>(case.seed, 5, m * n);
    let slope = |x: T, at: T| if at > T::ZERO { x } else { x + x };

    let mut want = vec![T::ZERO; m * n];
    matmul(Dims { m, n, k }, Transpose::No, &a, Transpose::No, &b, &mut want);
    for (index, want) in want.iter_mut().enumerate() {
        *want = match case.finish {
            Finish::Store => *want,
            Finish::Accumulate { alpha, beta: 0 } => number(alpha) * *want,
            Finish::Accumulate { alpha, beta } => number(alpha) * *want + number(beta) * before[index],
            Finish::Bias => *want + bias[index % n],
            Finish::BiasRelu if *want + bias[index % n] < T::ZERO => T::ZERO,
            Finish::BiasRelu => *want + bias[index % n],
            Finish::Activation => slope(*want + bias[index % n], *want + bias[index % n]),
            Finish::Derivative => slope(*want, outputs[index]),
            Finish::Update { rate, decay } => before[index] - number(rate) * (*want + number(decay) * before[index]),
        };
    }
    let sums: Vec<T> = (0..n).map(|j| (0..m).map(|i| want[i * n + j]).sum()).collect();
    let want = case.c.place(&want, (m, n));

    let (a, b) = (case.a.place(&a, (m, k)), case.b.place(&b, (k, n)));
    let outputs = case.a.place(&outputs, (m, n));
    let outputs = MatRef::with_strides(&outputs, (m, n), case.a.strides(m, n));
    let mut got_sums = vec![T::from_f64(f64::NAN); n];
    let got_sums = Cell::from_mut(&mut got_sums[..]).as_slice_of_cells();
    let epilogue = match case.finish {
        Finish::Activation => Epilogue::Activation { bias: &bias, activation },
        Finish::Derivative => Epilogue::Derivative { activation, of: outputs, sums: Some(got_sums) },
        Finish::Update { rate, decay } => Epilogue::Update { rate: number(rate), decay: number(decay) },
        Finish::Store => Epilogue::Store,
        Finish::Accumulate { alpha, beta } => Epilogue::Accumulate { alpha: number(alpha), beta: number(beta) },
        Finish::Bias => Epilogue::Bias(&bias),
        Finish::BiasRelu => Epilogue::BiasRelu(&bias),
    };
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        let mut c = case.c.place(&before, (m, n));
        let mut scratch = if case.fresh_scratch { Scratch::default() } else { Scratch::for_shape(m, n, k) };
        scratch.fill(T::from_f64(f64::NAN));
        let a = MatRef::with_strides(&a, (m, k), case.a.strides(m, k));
        let b = MatRef::with_strides(&b, (k, n), case.b.strides(k, n));
        let view = MatMut::with_strides(&mut c, (m, n), case.c.strides(m, n));
        if case.packed {
            kernel.gemm_packed(a, &PackedB::new(kernel, b), epilogue, view, &mut scratch);
        } else {
            kernel.gemm(a, b, epilogue, view, &mut scratch);
        }
        if matches!(case.finish, Finish::Derivative) && m * k < 1 << 16 {
            for (j, (got, want)) in got_sums.iter().zip(&sums).enumerate() {
                assert!(got.get() == *want, "{}: the sum of column {j} is {}, not {want}", kernel.name(), got.get());
            }
        }
        for (at, (got, want)) in c.iter().zip(&want).enumerate() {
            // Between the elements NaN was and NaN must remain.
            let same = got == want || (got.to_f64().is_nan() && want.to_f64().is_nan());
            assert!(same, "{}: element {at} of C's buffer is {got}, not {want}", kernel.name());
        }
    }
}

libfuzzer_sys::fuzz_target!(|case: Case| {
    check::<f32>(&case);
    check::<f64>(&case);
});
