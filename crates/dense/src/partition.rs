//! Partitions an output matrix among threads: it is split along one side, at multiples of a tile, and one thread writes
//! each part.
//!
//! Threads are forked by a tree of `rayon::join`, which neither allocates nor reduces.

use std::ops::Range;

use chainrule_kernel::{MatMut, Scalar};

use crate::process::has_threads;

/// The least number of multiply-adds per thread. A whole step of 784-128-10 in f32 on two Zen 5 cores, best of three:
///
/// ```text
/// multiply-adds of the largest product   1 thread   2 threads
///  3.2 M                                  80 us     80-84 us    so 1 << 20 was too small
///  6.4 M                                 156 us      140 us
/// 12.8 M                                 298 us      243 us
/// ```
pub(crate) const MACS_PER_THREAD: usize = 1 << 21;
/// The least number of elements per thread for work that only streams over memory. `w -= lr * dw` in f32 in the caches
/// of two Zen 5 cores, inside a pool, best of fifteen:
///
/// ```text
/// elements   1 thread   2 threads
///  32,768      2.5 us     2.4 us
///  65,536      5.0 us     4.0 us
/// 131,072     10.4 us     7.4 us
///     2 M      196 us     129 us
/// ```
pub(crate) const ELEMENTS_PER_THREAD: usize = 1 << 16;
/// Matrices are split at multiples of this: at most two cache lines, and no kernel has a wider tile.
const GRAIN: usize = 32;

/// The number of threads, each with at least `grain` of `work`; one in a forked process, which has no other threads. Little
/// work does not ask how many there are, which would start those of rayon's global pool.
#[inline]
pub(crate) fn threads_for(work: usize, grain: usize, most: impl FnOnce() -> usize) -> usize {
    if work / grain <= 1 {
        return 1;
    }
    let threads = (work / grain).clamp(1, most().max(1));
    if threads > 1 && !has_threads() { 1 } else { threads }
}

/// One thread's part of the output: its rows and columns.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) rows: Range<usize>,
    pub(crate) cols: Range<usize>,
}

/// The side along which a matrix is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Rows,
    Columns,
}

impl Side {
    /// The side along which a product's C is split: columns, unless there are far fewer of them. Split by columns, each
    /// thread packs a different part of B; split by rows, each packs all of it. Square products on two threads with
    /// AVX2, in % of the peak of both cores:
    ///
    /// ```text
    ///        f32              f64
    /// size   rows   columns   rows   columns
    ///  512    90      93       86      92
    /// 1024    87      89       85      89
    /// 2048    89      94       87      88
    /// ```
    pub(crate) fn of_product<T: Scalar>(c: &MatMut<'_, T>) -> Side {
        if c.rows() > 2 * c.cols() { Side::Rows } else { Side::Columns }
    }
}

/// Calls `work` in parallel for each of `threads` parts that together cover `c`, each with a workspace of its own.
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
    // The time of `cut` would be noticeable for a product of one row and few columns.
    if threads == 1 {
        return work(c, whole, &mut workspaces[0]);
    }
    cut(c, whole, side, &mut workspaces[..threads], work);
}

/// Calls `work` in parallel for each of `threads` parts of the columns of two matrices with the same number of columns.
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

/// Where a length is split for half of the threads, rounded to the grain; `None` if it is too short or for one thread.
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
        assert_eq!(threads_for(100, MACS_PER_THREAD, || unreachable!()), 1);
        assert_eq!(threads_for(3 * MACS_PER_THREAD, MACS_PER_THREAD, || 8), 3);
        assert_eq!(threads_for(usize::MAX, MACS_PER_THREAD, || 8), 8);
        assert_eq!(threads_for(usize::MAX, MACS_PER_THREAD, || 0), 1);
    }
}
