//! No kernel touches memory beside its operands: each is laid flush against a page that must not be touched, once at its
//! end and once at its start, and every kernel runs every tail. A stray load or store ends the test with a signal.
use std::cell::Cell;
use std::ptr;

use chainrule_kernel::{Activation, Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch};

/// Some pages of memory between two that may not be touched.
struct Guarded {
    base: *mut libc::c_void,
    len: usize,
    page: usize,
}

impl Guarded {
    fn new(bytes: usize) -> Self {
        // SAFETY: sysconf has no preconditions; the mapping is fresh and private, and checked.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap();
            let len = bytes.max(1).next_multiple_of(page);
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let base = libc::mmap(ptr::null_mut(), len + 2 * page, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(base, libc::MAP_FAILED);
            let inside = base.add(page);
            assert_eq!(libc::mprotect(inside, len, libc::PROT_READ | libc::PROT_WRITE), 0);
            Guarded { base, len, page }
        }
    }

    /// Room for n elements that ends where the forbidden page begins, or begins where it ends.
    fn slice<T: Scalar>(&mut self, n: usize, at_end: bool) -> &mut [T] {
        assert!(n * size_of::<T>() <= self.len);
        let skip = if at_end { self.len - n * size_of::<T>() } else { 0 };
        // SAFETY: inside the readable and writable pages, aligned because pages and sizes are, zeroed by the system and
        // so valid floats, borrowed from self.
        unsafe { std::slice::from_raw_parts_mut(self.base.add(self.page + skip).cast::<T>(), n) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: the mapping made in `new`, whole.
        unsafe { libc::munmap(self.base, self.len + 2 * self.page) };
    }
}

/// Small values, none of them 0.
fn fill<T: Scalar>(slice: &mut [T]) {
    slice.iter_mut().enumerate().for_each(|(i, x)| *x = T::from_f64((i % 7) as f64 + 1.0));
}

fn every_tail_stays_inside<T: Scalar>() {
    let sizes: &[usize] = &[1, 2, 3, 5, 6, 7, 9, 13, 15, 16, 17, 31, 33, 50];
    let longest = 50 * 75 * size_of::<T>();
    let [mut a, mut b, mut c, mut bias, mut outputs] = std::array::from_fn(|_| Guarded::new(longest));
    let mut scratch = Scratch::default();
    for kernel in Kernel::<T>::all().iter().filter(|k| k.is_available()) {
        for &m in sizes {
            for &n in sizes {
                for k in [1, 3, 8, 17, 33, 75] {
                    let mut packed = PackedB::zeros(kernel, k, n);
                    for case in 0..8 {
                        let (at_end, ta, tb) = (case & 1 == 0, case & 2 != 0, case & 4 != 0);
                        let (a, b) = (a.slice::<T>(m * k, at_end), b.slice::<T>(k * n, at_end));
                        let (c, bias) = (c.slice::<T>(m * n, at_end), bias.slice::<T>(n, at_end));
                        for slice in [&mut *a, &mut *b, &mut *c, &mut *bias] {
                            fill(slice);
                        }
                        let a = if ta { MatRef::new(a, k, m).t() } else { MatRef::new(a, m, k) };
                        let b = if tb { MatRef::new(b, n, k).t() } else { MatRef::new(b, k, n) };
                        let both = Epilogue::Accumulate { alpha: T::ONE, beta: T::ONE };
                        let activation = Activation::Tanh;
                        let biased = Epilogue::Activation { bias, activation };
                        for epilogue in [Epilogue::Store, both, Epilogue::BiasRelu(bias), biased] {
                            kernel.gemm(a, b, epilogue, MatMut::new(&mut *c, m, n), &mut scratch);
                            kernel.gemm(a, b, epilogue, MatMut::new(&mut *c, n, m).t(), &mut scratch);
                        }
                        assert!(c.iter().all(|x| *x > T::ZERO), "{} {m}x{n}x{k}", kernel.name());
                        let outputs = outputs.slice::<T>(m * n, at_end);
                        fill(outputs);
                        let sums = Cell::from_mut(&mut *bias).as_slice_of_cells();
                        let outputs = MatRef::new(outputs, m, n);
                        let derivative = Epilogue::Derivative { activation, of: outputs, sums: Some(sums) };
                        kernel.gemm(a, b, derivative, MatMut::new(&mut *c, m, n), &mut scratch);
                        kernel.gemm(a, b, derivative, MatMut::new(&mut *c, m, n), &mut scratch);
                        packed.update(b);
                        kernel.gemm_packed(a, &packed, derivative, MatMut::new(&mut *c, m, n), &mut scratch);
                        kernel.exp(c);
                        kernel.sigmoid(c);
                        kernel.tanh(c);
                    }
                }
            }
        }
    }
}

/// An A whose rows or columns lie pages apart is packed by a way of its own, which reads blocks of rows.
fn a_packed_left_operand_stays_inside<T: Scalar>() {
    let apart = 4096 / size_of::<T>();
    let (n, rows, steps) = (130, [2, 5, 6, 7, 13, 14, 15, 29], [1, 7, 16, 33]);
    let mut pages = Guarded::new((28 * apart + 33) * size_of::<T>());
    let mut scratch = Scratch::default();
    for kernel in Kernel::<T>::all().iter().filter(|k| k.is_available()) {
        for m in rows {
            for k in steps {
                for case in 0..4 {
                    let (at_end, by_columns) = (case & 1 == 0, case & 2 != 0);
                    let (long, short) = if by_columns { (k.min(29), m) } else { (m, k) };
                    let a = pages.slice::<T>((long - 1) * apart + short, at_end);
                    fill(a);
                    let a = MatRef::with_strides(a, (long, short), (apart, 1));
                    let a = if by_columns { a.t() } else { a };
                    let (b, mut c) = (vec![T::ONE; a.cols() * n], vec![T::ZERO; m * n]);
                    let (b, c) = (MatRef::new(&b, a.cols(), n), MatMut::new(&mut c, m, n));
                    kernel.gemm(a, b, Epilogue::Store, c, &mut scratch);
                }
            }
        }
    }
}

/// A column that stands for all steps (stride 0) is packed, and there is no next step in whose place a whole register may read.
fn a_repeated_column_stays_inside<T: Scalar>() {
    let (n, k) = (1056, 128); // as many columns as have it packed, whatever the tile
    let mut pages = Guarded::new(29 * size_of::<T>());
    let (b, mut scratch) = (vec![T::ONE; k * n], Scratch::default());
    for kernel in Kernel::<T>::all().iter().filter(|k| k.is_available()) {
        for m in [5, 6, 7, 14, 29] {
            let column = pages.slice::<T>(m, true);
            fill(column);
            let a = MatRef::with_strides(column, (m, k), (1, 0));
            let mut c = vec![T::ZERO; m * n];
            kernel.gemm(a, MatRef::new(&b, k, n), Epilogue::Store, MatMut::new(&mut c, m, n), &mut scratch);
            let is_right = |(i, row): (usize, &[T])| row.iter().all(|&x| x == column[i] * T::from_f64(k as f64));
            assert!(c.chunks(n).enumerate().all(is_right), "{}, {m} rows", kernel.name());
        }
    }
}

#[test]
fn no_kernel_touches_memory_beside_a_column_that_stands_for_all() {
    a_repeated_column_stays_inside::<f32>();
    a_repeated_column_stays_inside::<f64>();
}

#[test]
fn no_kernel_touches_memory_beside_an_operand_with_pages_between_its_rows() {
    a_packed_left_operand_stays_inside::<f32>();
    a_packed_left_operand_stays_inside::<f64>();
}

#[test]
fn no_kernel_touches_memory_beside_its_operands() {
    every_tail_stays_inside::<f32>();
    every_tail_stays_inside::<f64>();
}
