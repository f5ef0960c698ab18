//! A, B and C of one timed product, and whether C is right.
//!
//! Timed numbers are random and not 0; verified ones are small whole numbers, whose product is exact in any order of
//! summation, so that a candidate is right or wrong and never nearly right.

use std::collections::VecDeque;

use chainrule_kernel::{Aligned, Scalar};
use chainrule_model::random::{Purpose, Stream};
use chainrule_naive::{Dims, Float, Transpose, matmul_f64};

use crate::caches::Caches;
use crate::shapes::{Shape, Stored};

/// Whole numbers from -4 to 4: k * 16 stays below 2^24 for every k under a million.
const LARGEST: f64 = 4.0;
/// Multiply-adds up to which C is compared element by element with naive loops; larger ones by Freivalds' check.
const NAIVE_MACS: usize = 1 << 22;
/// Between the rows, where no product may write.
const UNTOUCHED: f64 = 12345.0;

/// How often the copies of a cold B would fill the last-level cache: once is not enough where what was used last need
/// not be what is kept.
const FILLS: usize = 2;

/// How many copies of B there are: together twice the last-level cache, so that none is found there at its next turn.
/// Nothing unless the shape is cold.
pub fn copies(shape: &Shape) -> Option<usize> {
    shape.cold.then(|| (FILLS * Caches::of_this_machine().last()).div_ceil(shape.weight_bytes()) + 1)
}

/// The operands of `shape` and their numbers. Each begins a cache line, as our networks' matrices do and any tensor
/// library's.
#[derive(Debug)]
pub struct Operands<T> {
    /// What they are operands of.
    pub shape: Shape,
    /// (m, k) with rows `lda` apart, or (k, m) when stored by columns.
    pub a: Aligned<T>,
    /// (k, n) with rows `ldb` apart, or (n, k).
    pub b: Aligned<T>,
    /// (m, n) with rows `ldc` apart.
    pub c: Aligned<T>,
    /// What takes the place of B at the calls to come, the next one first: nothing unless the shape is cold.
    others: VecDeque<Aligned<T>>,
}

/// From one element to the next: down the rows, along the columns.
pub type Strides = (usize, usize);

fn strides(stored: Stored, ld: usize) -> Strides {
    match stored {
        Stored::Rows => (ld, 1),
        Stored::Columns => (1, ld),
    }
}

/// The elements that a matrix of (rows, cols) needs, up to its last.
fn extent((rows, cols): (usize, usize), (down, along): Strides) -> usize {
    (rows - 1) * down + (cols - 1) * along + 1
}

impl<T: Scalar + Float> Operands<T> {
    /// Random numbers from -1 to 1, none of them 0; when the shape is cold, as many copies of B as it takes.
    pub fn reals(shape: &Shape) -> Self {
        let mut stream = Stream::new(1, Purpose::Synthetic, shape.flops());
        let mut operands = Self::filled(shape, || {
            let real = stream.uniform(-1.0, 1.0);
            if real == 0.0 { 0.5 } else { real }
        });
        if let Some(copies) = copies(shape) {
            operands.others.extend((1..copies).map(|_| operands.b.clone()));
        }
        operands
    }

    /// Puts the next copy in B's place, and B behind all others.
    pub fn next_b(&mut self) {
        if let Some(next) = self.others.pop_front() {
            self.others.push_back(std::mem::replace(&mut self.b, next));
        }
    }

    /// Random whole numbers, small enough for the product to be exact.
    pub fn integers(shape: &Shape) -> Self {
        let mut stream = Stream::new(2, Purpose::Synthetic, shape.flops());
        Self::filled(shape, || stream.uniform(-LARGEST, LARGEST + 1.0).floor())
    }

    fn filled(shape: &Shape, mut number: impl FnMut() -> f64) -> Self {
        let Shape { m, n, k, .. } = *shape;
        let (a, b, c) = (Aligned::default(), Aligned::default(), Aligned::default());
        let mut operands = Operands { shape: shape.clone(), a, b, c, others: VecDeque::new() };
        let mut make = |length| {
            let mut all = Aligned::zeros(length);
            all.iter_mut().for_each(|x| *x = T::from_f64(number()));
            all
        };
        operands.a = make(extent((m, k), operands.a_strides()));
        operands.b = make(extent((k, n), operands.b_strides()));
        operands.c = make(extent((m, n), operands.c_strides()));
        operands.c.fill(T::from_f64(f64::NAN));
        operands
    }

    /// Of A as the product reads it.
    pub fn a_strides(&self) -> Strides {
        strides(self.shape.a, self.shape.lda)
    }

    /// Of B as the product reads it.
    pub fn b_strides(&self) -> Strides {
        strides(self.shape.b, self.shape.ldb)
    }

    /// Of C.
    pub fn c_strides(&self) -> Strides {
        (self.shape.ldc, 1)
    }

    /// NaN wherever the product must write, a mark where it must not.
    pub fn spoil(&mut self) {
        let Shape { n, ldc, .. } = self.shape;
        for (i, c) in self.c.iter_mut().enumerate() {
            *c = T::from_f64(if i % ldc < n { f64::NAN } else { UNTOUCHED });
        }
    }

    /// Whether C is A * B, A and B being [`Operands::integers`] and C [spoilt](Operands::spoil) before.
    ///
    /// # Errors
    /// Which element is wrong, or which row when the product is too large for naive loops.
    pub fn check(&self) -> Result<(), String> {
        let Shape { m, n, k, ldc, .. } = self.shape;
        for (i, c) in self.c.iter().enumerate() {
            if i % ldc >= n && c.to_f64() != UNTOUCHED {
                return Err(format!("it wrote {c} between the rows of C, at {i}"));
            }
        }
        if m * n * k <= NAIVE_MACS { self.check_elements() } else { self.check_rows() }
    }

    fn check_elements(&self) -> Result<(), String> {
        let Shape { m, n, k, ldc, .. } = self.shape;
        let a = compact(&self.a, (m, k), self.a_strides());
        let b = compact(&self.b, (k, n), self.b_strides());
        let truth = matmul_f64(Dims { m, n, k }, Transpose::No, &a, Transpose::No, &b);
        for (at, want) in truth.iter().enumerate() {
            let (i, j) = (at / n, at % n);
            let got = self.c[i * ldc + j].to_f64();
            if got != *want {
                return Err(format!("C[{i}][{j}] is {got}, not {want}"));
            }
        }
        Ok(())
    }

    /// C * r = A * (B * r) for a random vector r of whole numbers (R. Freivalds, "Probabilistic machines can use less
    /// running time", IFIP 1977): all sums stay below 2^53, so a wrong row escapes with probability 2^-20.
    fn check_rows(&self) -> Result<(), String> {
        let Shape { m, n, k, .. } = self.shape;
        let mut stream = Stream::new(3, Purpose::Synthetic, self.shape.flops());
        let r: Vec<f64> = (0..n).map(|_| stream.uniform(0.0, f64::from(1 << 20)).floor()).collect();
        let times = |data: &[T], rows, cols, (down, along): Strides, x: &[f64]| -> Vec<f64> {
            let term = |i: usize, j: usize| Scalar::to_f64(data[i * down + j * along]) * x[j];
            let row = |i| (0..cols).map(|j| term(i, j)).sum::<f64>();
            (0..rows).map(row).collect()
        };
        let br = times(&self.b, k, n, self.b_strides(), &r);
        let want = times(&self.a, m, k, self.a_strides(), &br);
        let got = times(&self.c, m, n, self.c_strides(), &r);
        match (0..m).find(|&i| got[i] != want[i]) {
            Some(i) => Err(format!("row {i} of C is wrong: times a random vector it is {}, not {}", got[i], want[i])),
            None => Ok(()),
        }
    }
}

fn compact<T: Copy>(data: &[T], (rows, cols): (usize, usize), (down, along): Strides) -> Vec<T> {
    (0..rows * cols).map(|at| data[at / cols * down + at % cols * along]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::table;

    #[test]
    fn every_call_on_a_cold_shape_finds_another_b() {
        let named = |name: &str| table().into_iter().find(|shape| shape.name == name).unwrap();
        let shape = named("784-128 b1 z cold");
        let count = copies(&shape).unwrap();
        assert!((count - 1) * shape.weight_bytes() >= 2 * Caches::of_this_machine().last());
        let mut operands = Operands::<f32>::reals(&shape);
        let numbers = operands.b.clone();
        let mut places = Vec::new();
        for _ in 0..count {
            assert_eq!(operands.b, numbers);
            places.push(operands.b.as_ptr());
            operands.next_b();
        }
        assert_eq!(operands.b.as_ptr(), places[0]);
        places.sort();
        places.dedup();
        assert_eq!(places.len(), count);

        let mut hot = Operands::<f32>::reals(&named("784-128 b1 z"));
        let place = hot.b.as_ptr();
        hot.next_b();
        assert_eq!(hot.b.as_ptr(), place);
    }
}
