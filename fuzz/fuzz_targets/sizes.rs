//! Any numbers as sizes and strides, in every function of the kernel crate that takes some: it panics or returns an error, or
//! what it makes is right. Views of stride 0 have rows and columns without number in one element.
//!
//! The oracle of a size is u128; that of a product, ones times ones, is k. The address sanitizer sees the rest; by itself it
//! ends a process that asks for too much, so it has to be told to refuse:
//! `ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=2048 cargo +nightly fuzz run sizes`.
#![no_main]

use std::panic::{AssertUnwindSafe, catch_unwind};

use arbitrary::{Arbitrary, Result, Unstructured};
use chainrule_kernel::{Aligned, Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch, SizeError};

/// Memory up to here must be given, and from `REFUSED` on refused. What lies between is not asked for: the sanitizer ends a
/// process that does.
const GIVEN: u128 = 1 << 20;
const REFUSED: u128 = 1 << 57;
/// Multiply-adds of a product that is computed.
const WORK: u128 = 1 << 18;

#[derive(Debug, Arbitrary)]
struct Case {
    #[arbitrary(with = sizes)]
    sizes: [usize; 3], // m, n, k
    #[arbitrary(with = sizes)]
    others: [usize; 3],
    #[arbitrary(with = sizes)]
    strides: [usize; 3],
    length: u8,
}

/// Anything, above all what lies next to a power of two.
fn sizes(u: &mut Unstructured) -> Result<[usize; 3]> {
    let mut sizes = [0; 3];
    for size in &mut sizes {
        *size = if u.ratio(1, 8)? {
            u.arbitrary()?
        } else {
            let power = u.int_in_range(0..=64)?;
            ((1u128 << power) as usize).wrapping_add(u.int_in_range(0..=6)?).wrapping_sub(3)
        };
    }
    Ok(sizes)
}

fn attempt<R>(work: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn bytes<T>(sides: &[usize]) -> u128 {
    sides.iter().fold(size_of::<T>() as u128, |all, &side| all.saturating_mul(side as u128))
}

/// What was made of so many bytes, unless they are too many or not asked for.
fn made<R>(make: impl FnOnce() -> std::result::Result<R, SizeError>, bytes: u128) -> Option<R> {
    if bytes > GIVEN && bytes < REFUSED {
        return None;
    }
    let made = make();
    assert!(made.is_ok() == (bytes <= GIVEN), "{bytes} bytes: {:?}", made.err());
    made.ok()
}

fn memory<T: Scalar>(case: &Case) {
    let [m, n, k] = case.sizes;
    let array = made(|| Aligned::try_filled(m, T::ONE), bytes::<T>(&[m]));
    assert!(array.is_none_or(|array| array.len() == m && array.iter().all(|&x| x == T::ONE)));
    // Blocks have a largest size, so only rows and columns can be too long.
    let longest = bytes::<T>(&[m.max(n)]);
    if longest <= GIVEN || longest >= REFUSED {
        assert_eq!(Scratch::<T>::try_for_shape(m, n, k).is_ok(), longest <= GIVEN);
    }
}

fn views<T: Scalar>(case: &Case) {
    let mut data = vec![T::ONE; usize::from(case.length)];
    let ([rows, cols, _], [rs, cs, _], [i, j, _]) = (case.sizes, case.strides, case.others);
    for (rs, cs) in [(rs, cs), (0, 0), (rs, 0), (0, cs)] {
        let end = |n: usize, stride: usize| (n as u128 - 1).saturating_mul(stride as u128);
        let span =
            if rows == 0 || cols == 0 { 0 } else { end(rows, rs).saturating_add(end(cols, cs)).saturating_add(1) };
        let view = attempt(|| MatRef::with_strides(&data, (rows, cols), (rs, cs)));
        assert_eq!(view.is_some(), span <= data.len() as u128);
        if let Some(view) = view {
            assert_eq!(attempt(|| view.get(i, j)).is_some(), i < rows && j < cols);
            assert_eq!(attempt(|| view.rows_in(i..rows).rows()), (i <= rows).then(|| rows - i));
            assert_eq!(attempt(|| view.cols_in(0..j).cols()), (j <= cols).then_some(j));
        }
        let Some(view) = attempt(|| MatMut::with_strides(&mut data, (rows, cols), (rs, cs))) else { continue };
        assert!(span <= usize::from(case.length) as u128);
        let (mut above, below) = view.split_rows(i.min(rows));
        let (left, mut right) = below.split_cols(j.min(cols));
        assert_eq!((above.rows() + left.rows(), left.cols() + right.cols()), (rows, cols));
        above.as_contiguous_mut().into_iter().flatten().for_each(|x| *x = T::ONE);
        if right.rows() > 0 && right.has_contiguous_rows() {
            right.row_mut(right.rows() - 1).fill(T::ONE);
        }
    }
}

fn products<T: Scalar>(kernel: &'static Kernel<T>, case: &Case) {
    let ([m, n, k], [other, at, _], [rs, cs, _]) = (case.sizes, case.others, case.strides);
    let one = [T::ONE];
    let unless_used = |rows: usize, cols: usize| (if rows > 1 { 0 } else { rs }, if cols > 1 { 0 } else { cs });
    let (a_strides, b_strides) = (unless_used(m, k), unless_used(k, n));
    let (a, b) = (MatRef::with_strides(&one, (m, k), a_strides), MatRef::with_strides(&one, (k, n), b_strides));
    let nr = kernel.tile_columns() as u128;
    let padded = (n as u128).div_ceil(nr) * nr;
    let panels = |k: usize| padded.saturating_mul(bytes::<T>(&[k]));
    let packed = made(|| PackedB::try_new(kernel, b), if padded >> 64 == 0 { panels(k) } else { u128::MAX });
    let work = (m as u128).saturating_mul(n as u128).saturating_mul(k.max(1) as u128);
    let mut scratch = Scratch::default();
    let mut c = vec![T::ZERO; if work <= WORK { m * n } else { 0 }];
    if work <= WORK {
        kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut scratch);
        assert!(c.iter().all(|&c| c == T::from_f64(k as f64)), "{}: {c:?}", kernel.name());
    }
    let Some(mut packed) = packed else { return };
    if work <= WORK {
        kernel.gemm_packed(a, &packed, Epilogue::Store, MatMut::new(&mut c, m, n), &mut scratch);
        assert!(c.iter().all(|&c| c == T::from_f64(k as f64)), "{} packed: {c:?}", kernel.name());
    }
    let part = |n| MatRef::with_strides(&one, (other, n), (0, 0));
    let fits = attempt(|| {
        let (mut left, mut right) = packed.with_rows(other).split(at);
        assert_eq!(left.cols() + right.cols(), n);
        left.update(part(left.cols()));
        right.update(part(right.cols()));
    });
    assert_eq!(fits.is_some(), panels(other) <= panels(k), "{other} rows for {k}x{n}");
}

fn all<T: Scalar>(case: &Case) {
    memory::<T>(case);
    views::<T>(case);
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        products(kernel, case);
    }
}

libfuzzer_sys::fuzz_target!(init: {
    // The hook of libfuzzer-sys ends the process at a panic that is caught here; only one that is not may.
    std::panic::set_hook(Box::new(|_| {}));
}, |case: Case| {
    if let Err(panic) = catch_unwind(|| {
        all::<f32>(&case);
        all::<f64>(&case);
    }) {
        let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        eprintln!("{text}\n{case:?}");
        std::process::abort();
    }
});
