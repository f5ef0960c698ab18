//! One product: all candidates are verified, then timed until the machine was steady or the attempts are used up.

use chainrule_bench_support::figures::NAIVE;
use chainrule_bench_support::operands::Operands;
use chainrule_bench_support::record::Measured;
use chainrule_bench_support::rounds::{Candidate, measure, verify};
use chainrule_bench_support::shapes::{Shape, Stored};
use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scratch};
use chainrule_naive::{Dims, Transpose, matmul};

use crate::field::Field;
use crate::isa::Isa;
use crate::probe;
use crate::rivals::Rivals;

/// The largest change of the peak from before a product to after it.
const STEADY: f64 = 0.03;
/// How far ours may be from ours: the probe takes the best of its tries, and may miss what disturbed the rounds.
const ALIKE: f64 = 0.05;
/// The largest number of attempts at a product on an unsteady machine, and of repeated attempts in a whole run.
const ATTEMPTS: usize = 3;
const REPEATS: usize = 60;

/// The settings of all products of a run, and the number of repeated attempts left.
pub(crate) struct Bench {
    field: Field,
    seconds: f64,
    repeats: usize,
}

impl Bench {
    pub(crate) fn new(field: Field, seconds: f64) -> Bench {
        Bench { field, seconds, repeats: REPEATS }
    }

    /// Verifies and times all candidates on a product.
    pub(crate) fn product<T: Rivals>(&mut self, shape: &Shape) -> Result<Measured, String> {
        let kernel = Kernel::<T>::selected().map_err(|error| error.to_string())?;
        let threads = self.field.threads;
        let (ours, again) = (ours(kernel, shape, threads), ours(kernel, shape, threads));
        let mut candidates = vec![ours, again];
        candidates.extend(T::rivals(self.field, shape));
        if threads == 1 && shape.naive_is_quick() {
            candidates.push(naive());
        }
        verify(shape, &mut candidates)?;
        let names: Vec<String> = candidates.iter().map(|candidate| candidate.name.clone()).collect();
        let isa = Isa::of_kernel(kernel.name());
        for attempt in 1.. {
            let before = probe::peak(isa, shape.element, threads);
            let rounds = measure(shape, &mut candidates, self.seconds);
            let after = probe::peak(isa, shape.element, threads);
            let [_, again, _] = rounds.ratio(1, 0);
            let steady = (before / after - 1.0).abs() <= STEADY && (again - 1.0).abs() <= ALIKE;
            if steady || attempt == ATTEMPTS || self.repeats == 0 {
                let mut measured = Measured::new(shape, &rounds, &names, f64::midpoint(before, after), steady);
                if threads == 1 && shape.naive_is_asked() {
                    candidates.truncate(2);
                    candidates.push(naive());
                    verify(shape, &mut candidates)?;
                    let (rounds, names) =
                        (measure(shape, &mut candidates, 0.0), [&names[..2], &[NAIVE.into()]].concat());
                    measured.rivals.extend(Measured::new(shape, &rounds, &names, measured.peak, steady).rivals);
                }
                return Ok(measured);
            }
            self.repeats -= 1;
        }
        unreachable!("the last attempt returns")
    }
}

/// Our kernel; on more threads C is cut along its longer side, at multiples of every kernel's tile, as `dense` cuts it.
fn ours<T: Rivals>(kernel: &'static Kernel<T>, shape: &Shape, threads: usize) -> Candidate<T> {
    let Shape { m, n, k, .. } = *shape;
    let mut scratch = vec![Scratch::for_shape(m, n, k); threads];
    Candidate::new(kernel.name(), move |operands: &mut Operands<T>| {
        let (sa, sb, sc) = (operands.a_strides(), operands.b_strides(), operands.c_strides());
        let a = MatRef::with_strides(&operands.a, (m, k), sa);
        let b = MatRef::with_strides(&operands.b, (k, n), sb);
        let c = MatMut::with_strides(&mut operands.c, (m, n), sc);
        cut(kernel, a, b, c, &mut scratch);
    })
}

fn cut<T: Rivals>(
    kernel: &Kernel<T>,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    scratch: &mut [Scratch<T>],
) {
    const GRAIN: usize = 32; // dense's
    let (m, n, threads) = (c.rows(), c.cols(), scratch.len());
    let length = if m > 2 * n { m } else { n };
    if threads == 1 || length < 2 * GRAIN || m * n * a.cols() < threads << 20 {
        return kernel.gemm(a, b, Epilogue::Store, c, &mut scratch[0]);
    }
    let at = (length * (threads / 2) / threads).next_multiple_of(GRAIN).min(length - 1);
    let (left, right) = scratch.split_at_mut(threads / 2);
    if m > 2 * n {
        let (top, bottom) = c.split_rows(at);
        let work = (|| cut(kernel, a.rows_in(0..at), b, top, left), || cut(kernel, a.rows_in(at..m), b, bottom, right));
        rayon::join(work.0, work.1);
    } else {
        let (west, east) = c.split_cols(at);
        let work = (|| cut(kernel, a, b.cols_in(0..at), west, left), || cut(kernel, a, b.cols_in(at..n), east, right));
        rayon::join(work.0, work.1);
    }
}

/// Plain loops, for products whose rows follow each other without a gap.
fn naive<T: Rivals>() -> Candidate<T> {
    Candidate::new(NAIVE, |operands: &mut Operands<T>| {
        let Shape { m, n, k, a, b, .. } = operands.shape;
        let stored = |stored| if stored == Stored::Rows { Transpose::No } else { Transpose::Yes };
        matmul(Dims { m, n, k }, stored(a), &operands.a, stored(b), &operands.b, &mut operands.c);
    })
}

#[cfg(test)]
mod tests {
    use chainrule_bench_support::shapes::table;

    use super::*;

    fn measured(name: &str, threads: usize) -> Measured {
        let shape = table().into_iter().find(|shape| shape.name == name).unwrap();
        let field = Field { threads, isa: None };
        Bench { field, seconds: 0.0, repeats: 0 }.product::<f32>(&shape).unwrap()
    }

    #[test]
    fn on_two_threads_everyone_is_right_and_shares_are_of_the_peak_of_two() {
        let (one, two) = (measured("128", 1), measured("128", 2));
        let names = |case: &Measured| case.rivals.iter().map(|rival| rival.name.clone()).collect::<Vec<_>>();
        let on_one_alone = |name: &String| ["matrixmultiply", "libxsmm"].contains(&name.as_str());
        let everyone = names(&one);
        assert_eq!(names(&two), everyone.into_iter().filter(|name| !on_one_alone(name)).collect::<Vec<_>>());
        for case in [one, two] {
            let share = 100.0 * case.ours.gflops / case.peak;
            assert!((share / case.ours.percent_of_peak - 1.0).abs() < 0.01, "{share} {}", case.ours.percent_of_peak);
        }
    }

    #[test]
    fn a_cold_product_says_how_it_was_kept_cold() {
        let cold = measured("784-128 b1 z cold", 1).cold.unwrap();
        assert!(cold.copies * 784 * 128 * 4 > 2 * cold.last_cache);
        assert_eq!(measured("784-128 b1 z", 1).cold, None);
    }
}
