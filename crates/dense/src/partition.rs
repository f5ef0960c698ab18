//! How one output matrix is shared among threads: cut along one side, at multiples of a tile, and each part written by one
//! thread alone.
//!
//! Forking goes through `rayon::join`, a tree of it, because that neither allocates nor reduces anything.

use std::ops::Range;

use chainrule_kernel::{MatMut, Scalar};

use crate::process::has_threads;

/// Multiply-adds that a thread must have to itself before another one is called in. Whole steps of 784-128-10 in f32 on
/// two Zen 5 cores, one thread against two, best of three: with 3.2 M in its largest product 80 us and 80-84 (so 1 << 20
/// was too little), with 6.4 M 156 and 140, with 12.8 M 298 and 243.
pub(crate) const MACS_PER_THREAD: usize = 1 << 21;
/// The same for work that only streams over memory, in elements. `w -= lr * dw` in f32 from the caches of two Zen 5 cores,
/// inside a pool, one thread against two, best of fifteen: 32,768 elements 2.5 us and 2.4, 65,536 5.0 and 4.0, 131,072
/// 10.4 and 7.4, 2 M 196 and 129.
pub(crate) const ELEMENTS_PER_THREAD: usize = 1 << 16;
/// Cuts fall on multiples of this: at most two cache lines, and no kernel's tile is wider.
const GRAIN: usize = 32;

/// How many threads `work` pays for, when each wants `grain` of it; one in a forked process, which has no others.
#[inline]
pub(crate) fn threads_for(work: usize, grain: usize, most: usize) -> usize {
    let threads = (work / grain).clamp(1, most.max(1));
    if threads > 1 && !has_threads() { 1 } else { threads }
}

/// One thread's part of the output: its rows and columns.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) rows: Range<usize>,
    pub(crate) cols: Range<usize>,
}

/// The side along which a matrix is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Rows,
    Columns,
}

impl Side {
    /// The side along which a product's C is cut: columns, unless there are far fewer. Threads that share columns pack
    /// different parts of B, threads that share rows all of it each. Squares on two threads with AVX2, by rows and by
    /// columns, in % of both peaks: f32 512 90 and 93, 1024 87 and 89, 2048 89 and 94; f64 86 and 92, 85 and 89, 87 and 88.
    pub(crate) fn of_product<T: Scalar>(c: &MatMut<'_, T>) -> Side {
        if c.rows() > 2 * c.cols() { Side::Rows } else { Side::Columns }
    }
}

/// Calls `work` for each of `threads` parts that together cover `c`, side by side, each with a workspace of its own.
///
/// # Panics
/// When there are fewer workspaces than threads.
#[inline]
pub(crate) fn for_each_part<T: Scalar, R: Send>(
    c: MatMut<'_, T>,
    side: Side,
    threads: usize,
    workspaces: &mut [R],
    work: &(impl Fn(MatMut<'_, T>, Part, &mut R) + Sync),
) {
    let whole = Part { rows: 0..c.rows(), cols: 0..c.cols() };
    // Beside a product of a row of few columns, what `cut` does is seen.
    if threads == 1 {
        return work(c, whole, &mut workspaces[0]);
    }
    cut(c, whole, side, &mut workspaces[..threads], work);
}

/// Calls `work` for each of `threads` parts of the columns of two matrices that have as many, side by side.
#[inline]
pub(crate) fn for_each_columns<T: Scalar>(
    a: MatMut<'_, T>,
    b: MatMut<'_, T>,
    threads: usize,
    work: &(impl Fn(MatMut<'_, T>, MatMut<'_, T>, Range<usize>) + Sync),
) {
    let cols = 0..a.cols();
    if threads == 1 {
        return work(a, b, cols);
    }
    cut_columns(a, b, cols, threads, work);
}

fn cut_columns<T: Scalar>(
    a: MatMut<'_, T>,
    b: MatMut<'_, T>,
    cols: Range<usize>,
    threads: usize,
    work: &(impl Fn(MatMut<'_, T>, MatMut<'_, T>, Range<usize>) + Sync),
) {
    let Some(at) = middle(cols.len(), threads) else {
        return work(a, b, cols);
    };
    let ((left_a, right_a), (left_b, right_b)) = (a.split_cols(at), b.split_cols(at));
    let (left, right) = (cols.start..cols.start + at, cols.start + at..cols.end);
    rayon::join(
        || cut_columns(left_a, left_b, left, threads / 2, work),
        || cut_columns(right_a, right_b, right, threads - threads / 2, work),
    );
}

/// Where a length is cut for half of the threads, to the nearest grain; not at all when it is too short or they too few.
pub(crate) fn middle(length: usize, threads: usize) -> Option<usize> {
    if threads == 1 || length < 2 * GRAIN {
        return None;
    }
    Some(((length * (threads / 2) / threads + GRAIN / 2) / GRAIN * GRAIN).clamp(GRAIN, length - 1))
}

fn cut<T: Scalar, R: Send>(
    c: MatMut<'_, T>,
    part: Part,
    side: Side,
    workspaces: &mut [R],
    work: &(impl Fn(MatMut<'_, T>, Part, &mut R) + Sync),
) {
    let threads = workspaces.len();
    let length = if side == Side::Rows { c.rows() } else { c.cols() };
    let Some(at) = middle(length, threads) else {
        return work(c, part, &mut workspaces[0]);
    };
    let (left_workspaces, right_workspaces) = workspaces.split_at_mut(threads / 2);
    let (mut left_part, mut right_part) = (part.clone(), part);
    let (left_c, right_c) = if side == Side::Rows {
        left_part.rows.end = left_part.rows.start + at;
        right_part.rows.start += at;
        c.split_rows(at)
    } else {
        left_part.cols.end = left_part.cols.start + at;
        right_part.cols.start += at;
        c.split_cols(at)
    };
    rayon::join(
        || cut(left_c, left_part, side, left_workspaces, work),
        || cut(right_c, right_part, side, right_workspaces, work),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_element_once_at_any_thread_count() {
        for (rows, cols) in [(1, 1), (64, 64), (500, 3), (3, 500), (65, 33), (784, 128)] {
            for threads in 1..9 {
                let mut c = vec![0f64; rows * cols];
                let mut calls = vec![0; threads];
                let side = Side::of_product(&MatMut::new(&mut c, rows, cols));
                let work = |mut c: MatMut<'_, f64>, part: Part, calls: &mut i32| {
                    *calls += 1;
                    assert_eq!((c.rows(), c.cols()), (part.rows.len(), part.cols.len()));
                    for (i, row) in part.rows.clone().enumerate() {
                        for (x, col) in c.row_mut(i).iter_mut().zip(part.cols.clone()) {
                            *x += (row * cols + col) as f64 + 1.0;
                        }
                    }
                };
                for_each_part(MatMut::new(&mut c, rows, cols), side, threads, &mut calls, &work);
                assert!(calls.iter().all(|calls| *calls <= 1), "a workspace was used twice: {calls:?}");
                assert!(c.iter().enumerate().all(|(i, x)| *x == i as f64 + 1.0), "{rows}x{cols} on {threads}");
            }
        }
    }

    #[test]
    fn small_work_stays_on_one_thread() {
        assert_eq!(threads_for(100, MACS_PER_THREAD, 8), 1);
        assert_eq!(threads_for(3 * MACS_PER_THREAD, MACS_PER_THREAD, 8), 3);
        assert_eq!(threads_for(usize::MAX, MACS_PER_THREAD, 8), 8);
        assert_eq!(threads_for(0, MACS_PER_THREAD, 0), 1);
    }
}
