//! One row or one column, both operands contiguous along k: dot products in the order that `dots.rs` states, written out
//! here number by number; for every kernel of the table that this CPU can run.

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scalar, Scratch};

/// Around sixteen chains, from the first dot on, and past the cut of chains at 1024.
const STEPS: &[usize] = &[64, 65, 71, 79, 80, 95, 128, 250, 1030, 2100];
/// Around what is computed side by side, and registers.
const MANY: &[usize] = &[1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 40, 100];

fn numbers<T: Scalar>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|i| T::from_f64(((i + seed) * 7919 % 1009) as f64 / 504.0 - 1.0)).collect()
}

trait Exact: Scalar {
    /// `a * b + c`, rounded once.
    fn fused(a: Self, b: Self, c: Self) -> Self;
    fn plus(self, other: Self) -> Self;
}

macro_rules! exact {
    ($($T:ty)*) => {$(
        impl Exact for $T {
            fn fused(a: Self, b: Self, c: Self) -> Self {
                a.mul_add(b, c)
            }
            fn plus(self, other: Self) -> Self {
                self + other
            }
        }
    )*};
}
exact!(f32 f64);

/// Sixteen chains, folded into halves.
fn dot<T: Exact>(a: &[T], b: &[T]) -> T {
    let mut chains = [T::ZERO; 16];
    for (p, (&a, &b)) in a.iter().zip(b).enumerate() {
        chains[p % 16] = T::fused(a, b, chains[p % 16]);
    }
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            chains[i] = chains[i].plus(chains[i + half]);
        }
    }
    chains[0]
}

/// One chain.
fn chain<T: Exact>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).fold(T::ZERO, |sum, (&a, &b)| T::fused(a, b, sum))
}

fn kernels_that_fuse<T: Scalar>() -> impl Iterator<Item = &'static Kernel<T>> {
    let fused = |name: &str| !name.ends_with("portable") || cfg!(any(target_feature = "fma", target_arch = "aarch64"));
    Kernel::<T>::all().iter().filter(move |kernel| kernel.is_available() && fused(kernel.name()))
}

fn run<T: Scalar>(kernel: &Kernel<T>, a: MatRef<'_, T>, b: MatRef<'_, T>, epilogue: Epilogue<'_, T>) -> Vec<T> {
    let (m, n, k) = (a.rows(), b.cols(), a.cols());
    let mut c = numbers::<T>(m * n, 5);
    kernel.gemm(a, b, epilogue, MatMut::new(&mut c, m, n), &mut Scratch::for_shape(m, n, k));
    c
}

fn dots<T: Exact>() {
    for kernel in kernels_that_fuse::<T>() {
        for &k in STEPS {
            let x = numbers::<T>(k, 1);
            for &many in MANY {
                for ld in [k, k + 13] {
                    let lines = numbers::<T>(many * ld, 2);
                    let want: Vec<T> = (0..many).map(|j| dot(&x, &lines[j * ld..][..k])).collect();
                    let matrix = MatRef::with_strides(&lines, (many, k), (ld, 1));
                    let context = || format!("{} {many} of {k}, {ld} apart", kernel.name());
                    let row = run(kernel, MatRef::new(&x, 1, k), matrix.t(), Epilogue::Store);
                    assert!(row == want, "{}: one row", context());
                    let column = run(kernel, matrix, MatRef::new(&x, k, 1), Epilogue::Store);
                    assert!(column == want, "{}: one column", context());
                    // What adds to C does not cut the chains either.
                    let accumulate = Epilogue::Accumulate { alpha: T::from_f64(1.0), beta: T::from_f64(1.0) };
                    let added = run(kernel, MatRef::new(&x, 1, k), matrix.t(), accumulate);
                    let before = numbers::<T>(many, 5);
                    let sums: Vec<T> = before.iter().zip(&want).map(|(&c, &dot)| c.plus(dot)).collect();
                    assert!(added == sums, "{}: added to C", context());
                }
            }
        }
    }
}

#[test]
fn single_rows_and_columns_are_dots_in_sixteen_chains() {
    dots::<f32>();
    dots::<f64>();
}

/// Few steps, a product of two rows or more, operands that lie the other way, a last column that is computed by itself.
fn chains<T: Exact>() {
    for kernel in kernels_that_fuse::<T>() {
        for (m, n, k) in
            [(1, 40, 63), (40, 1, 63), (2, 40, 200), (40, 2, 200), (40, 33, 200), (40, 17, 200), (70, 9, 64)]
        {
            let (a, b) = (numbers::<T>(m * k, 1), numbers::<T>(k * n, 2));
            let got = run(kernel, MatRef::new(&a, m, k), MatRef::new(&b, n, k).t(), Epilogue::Store);
            for i in 0..m {
                for j in 0..n {
                    let want = chain(&a[i * k..][..k], &b[j * k..][..k]);
                    assert!(got[i * n + j] == want, "{} {m}x{n}x{k}: C[{i}, {j}]", kernel.name());
                }
            }
        }
        let (x, b) = (numbers::<T>(200, 1), numbers::<T>(200 * 30, 2));
        let row = run(kernel, MatRef::new(&x, 1, 200), MatRef::new(&b, 200, 30), Epilogue::Store);
        for j in 0..30 {
            let column: Vec<T> = b[j..].iter().step_by(30).copied().collect();
            assert!(row[j] == chain(&x, &column), "{}: a row times rows, column {j}", kernel.name());
        }
    }
}

#[test]
fn all_other_elements_are_one_chain() {
    chains::<f32>();
    chains::<f64>();
}

/// Tiles of every height and width, whose steps end anywhere in a register, with an A by rows, in places packed for its many
/// columns, and by columns.
fn tiles_of_every_size<T: Exact>() {
    let widths: &[usize] = if cfg!(miri) { &[5] } else { &[2, 3, 4, 5, 7, 8, 11, 12, 13, 25, 100] };
    for kernel in kernels_that_fuse::<T>() {
        for m in 2..if cfg!(miri) { 4 } else { 18 } {
            for &n in widths {
                for k in [1, 2, 3, 4, 5, 9, 14] {
                    let (a, b) = (numbers::<T>(m * k, 1), numbers::<T>(k * n, 2));
                    let by_columns: Vec<T> = (0..m * k).map(|at| a[at % m * k + at / m]).collect();
                    let b_columns: Vec<T> = (0..k * n).map(|at| b[at % k * n + at / k]).collect();
                    let want: Vec<T> =
                        (0..m * n).map(|at| chain(&a[at / n * k..][..k], &b_columns[at % n * k..][..k])).collect();
                    for (lies, a) in [("rows", MatRef::new(&a, m, k)), ("columns", MatRef::new(&by_columns, k, m).t())]
                    {
                        let got = run(kernel, a, MatRef::new(&b, k, n), Epilogue::Store);
                        assert!(got == want, "{} {m}x{n}x{k}, A by {lies}", kernel.name());
                    }
                }
            }
        }
    }
}

#[test]
fn elements_of_tiles_of_every_size_are_one_chain() {
    tiles_of_every_size::<f32>();
    tiles_of_every_size::<f64>();
}
