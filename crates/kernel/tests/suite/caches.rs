//! Blocks, panels, prefetches and the algorithm of a product follow from the caches, its bits do not.

use std::cell::Cell;

use chainrule_kernel::{Activation, Caches, Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch};

use crate::cases::{Layout, Numbers, few, for_each_kernel};

/// From the smallest to the largest that a text may name, and processors between: blocks of 128 to 1024 steps, of 28 to 288
/// rows, of 512 and 1024 columns; rows that share sets 512 bytes to 16 KiB apart.
const CACHES: [&str; 7] = [
    "48K:12,1M:16,32M:16",
    "4K:8,64K:4",
    "32K:8,256K:8,8M:16:4",
    "32K:8,512K:8,32M:16",
    "64K:4,1M:8,32M:16:64",
    "48K:12,2M:16,320M:20:64",
    "128K:8,16M:16,1024M:16:1",
];

/// How B's rows, or A's, are further apart than they are long, beside the layouts.
const APART: usize = 1024;

struct Case<T> {
    sides: (usize, usize, usize),
    a: (Vec<T>, (usize, usize)),
    b: (Vec<T>, (usize, usize)),
    bias: Vec<T>,
    /// What C holds before.
    before: Vec<T>,
}

impl<T: Scalar> Case<T> {
    fn new(sides: (usize, usize, usize), at: usize) -> Self {
        let (m, n, k) = sides;
        let mut numbers = Numbers(at as u64 + 1);
        let a = stored(&numbers.reals(m * k), (m, k), at % 3);
        let b = stored(&numbers.reals(k * n), (k, n), at / 3 % 3);
        Case { sides, a, b, bias: numbers.reals(n), before: numbers.reals(m * n) }
    }

    /// The bits of C, and of the sums of its columns, after every kind of epilogue, from B as it lies and packed before.
    fn bits(&self, kernel: &'static Kernel<T>) -> Vec<u64> {
        let (m, n, k) = self.sides;
        let a = MatRef::with_strides(&self.a.0, (m, k), self.a.1);
        let b = MatRef::with_strides(&self.b.0, (k, n), self.b.1);
        let of = MatRef::new(&self.before, m, n);
        let mut sums = vec![T::ZERO; n];
        let mut scratch = Scratch::default();
        let packed = PackedB::new(kernel, b);
        let mut bits = Vec::new();
        for number in 0..5 {
            let cells = Cell::from_mut(&mut sums[..]).as_slice_of_cells();
            let epilogue = match number {
                0 => Epilogue::Store,
                1 => Epilogue::Accumulate { alpha: T::from_f64(0.7), beta: T::from_f64(1.3) },
                2 => Epilogue::Update { rate: T::from_f64(0.1), decay: T::from_f64(0.01) },
                3 => Epilogue::Activation { bias: &self.bias, activation: Activation::Tanh },
                _ => Epilogue::Derivative { activation: Activation::Sigmoid, of, sums: Some(cells) },
            };
            let mut c = self.before.clone();
            kernel.gemm(a, b, epilogue, MatMut::new(&mut c, m, n), &mut scratch);
            bits.extend(c.iter().map(|x| x.to_f64().to_bits()));
            let mut c = self.before.clone();
            kernel.gemm_packed(a, &packed, epilogue, MatMut::new(&mut c, m, n), &mut scratch);
            bits.extend(c.iter().map(|x| x.to_f64().to_bits()));
        }
        let mut c = self.before.clone();
        kernel.gemm(a, b, Epilogue::Store, MatMut::with_strides(&mut c, (m, n), (1, m)), &mut scratch);
        bits.extend(c.iter().chain(&sums).map(|x| x.to_f64().to_bits()));
        bits
    }
}

/// By rows, by columns, or by rows 1024 elements apart.
fn stored<T: Scalar>(data: &[T], (rows, cols): (usize, usize), way: usize) -> (Vec<T>, (usize, usize)) {
    match way {
        0 => Layout::RowMajor.store(data, rows, cols, T::ZERO),
        1 => Layout::ColMajor.store(data, rows, cols, T::ZERO),
        _ => {
            let rs = cols.next_multiple_of(APART);
            let mut slice = vec![T::ZERO; rows * rs];
            for (to, from) in slice.chunks_exact_mut(rs).zip(data.chunks_exact(cols)) {
                to[..cols].copy_from_slice(from);
            }
            (slice, (rs, 1))
        }
    }
}

fn bits_do_not_depend_on_caches<T: Scalar>() {
    // Chains that are cut, blocks of rows and of columns, few rows, few columns, single ones, few steps.
    let sides: &[(usize, usize, usize)] = &[
        (150, 70, 1100),
        (310, 40, 530),
        (168, 70, 330),
        (30, 1100, 300),
        (7, 300, 1030),
        (100, 33, 270),
        (1, 300, 500),
        (300, 1, 500),
        (60, 60, 2),
        (2, 90, 130),
    ];
    let sides = if cfg!(miri) { &[(3, 5, 130)] } else { sides };
    for_each_kernel::<T>(|kernel| {
        let kernels = few(&CACHES).iter().map(|text| (text, kernel.with_caches(&text.parse::<Caches>().unwrap())));
        let kernels: Vec<_> = kernels.collect();
        for (&sides, lying) in sides.iter().flat_map(|sides| [0, 4, 8].map(move |lying| (sides, (lying + sides.0) % 9)))
        {
            let case = Case::<T>::new(sides, lying);
            let want = case.bits(kernels[0].1);
            for (caches, other) in &kernels[1..] {
                assert!(case.bits(other) == want, "{}: {sides:?}, {lying}: other bits for {caches}", kernel.name());
            }
        }
    });
}

#[test]
fn bits_do_not_depend_on_the_caches() {
    bits_do_not_depend_on_caches::<f32>();
    bits_do_not_depend_on_caches::<f64>();
}
