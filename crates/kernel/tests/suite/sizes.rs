//! Sizes near the powers of two up to 2^64, in every function that takes a size: it refuses, by a panic or an error, or its
//! result is right. It never gets a signal or touches memory outside of its slices; it also runs under the address sanitizer.
//!
//! Views of stride 0 have as many rows and columns as one likes in a single element.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chainrule_kernel::{
    Activation, Aligned, Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch, SizeError, elements,
};

/// Memory up to here must be given, and is used; from `REFUSED` on it must be refused: x86-64 has 2^47 bytes of addresses for
/// a program. What lies between may be given, since it is not touched.
const GIVEN: u128 = if cfg!(miri) { 1 << 11 } else { 1 << 20 };
const REFUSED: u128 = 1 << 57;
const CASES: usize = if cfg!(miri) { 30 } else { 4000 };
/// Multiply-adds of a product that is computed.
const WORK: u128 = if cfg!(miri) { 1 << 8 } else { 1 << 21 };

/// The sanitizer ends a process that allocates too much memory, unless it is set to return null.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const std::ffi::c_char {
    c"allocator_may_return_null=1:max_allocation_size_mb=4096".as_ptr()
}

/// SplitMix64 (Steele, Lea, Flood, 2014).
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// Next to a power of two, the largest being 2^64; small ones as often as all others.
    fn size(&mut self) -> usize {
        let power = if self.below(2) == 0 { self.below(7) } else { self.below(65) };
        let near = (1u128 << power) as usize; // 2^64 is 0, and below it the largest
        near.wrapping_add(self.below(7)).wrapping_sub(3)
    }

    /// One of a few sizes that a product is quickly done with.
    fn side(&mut self) -> usize {
        [1, 1, 2, 3, 5, 8, 14, 16, 17, 33, 40][self.below(11)]
    }

    /// What leads to no element may be anything.
    fn unless_used(&mut self, sides: (usize, usize), (rs, cs): (usize, usize)) -> (usize, usize) {
        let empty = sides.0 == 0 || sides.1 == 0;
        (if sides.0 > 1 && !empty { rs } else { self.size() }, if sides.1 > 1 && !empty { cs } else { self.size() })
    }
}

/// What `work` gives, or `None` when it panics.
fn attempt<R>(work: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

fn quietly() {
    std::panic::set_hook(Box::new(|info| {
        // Only what comes from this file is a failure.
        if info.location().is_some_and(|at| at.file().ends_with("tests/sizes.rs")) {
            eprintln!("{info}");
        }
    }));
}

/// Miri aborts where memory does not suffice, so these cases are left out there.
fn may_be_asked(bytes: u128) -> bool {
    !cfg!(miri) || bytes <= GIVEN || bytes > isize::MAX as u128
}

/// What is made of so many bytes, and that it is or is not.
fn as_it_must<R>(make: impl FnOnce() -> Result<R, SizeError>, bytes: u128, sides: &[usize]) -> Option<R> {
    if !may_be_asked(bytes) {
        return None;
    }
    let made = make();
    match &made {
        Ok(_) => assert!(bytes < REFUSED, "{bytes} bytes for {sides:?}"),
        Err(error) => {
            assert!(bytes > GIVEN, "{bytes} bytes refused for {sides:?}: {error}");
            let text = error.to_string();
            let named = sides.iter().map(usize::to_string).collect::<Vec<_>>().join("x");
            assert!(text.contains(&named), "{text} does not name {named}");
        }
    }
    made.ok().filter(|_| bytes <= GIVEN)
}

fn product(sides: &[usize], element: usize) -> u128 {
    sides.iter().fold(element as u128, |all, &side| all.saturating_mul(side as u128))
}

fn for_each_kernel<T: Scalar>(mut work: impl FnMut(&'static Kernel<T>, &mut Draw)) {
    quietly();
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        let mut draw = Draw(0x5eed + kernel.tile_columns() as u64);
        for _ in 0..CASES {
            work(kernel, &mut draw);
        }
    }
}

fn arrays_and_scratch<T: Scalar>() {
    for_each_kernel::<T>(|_, draw| {
        let [m, n, k] = [draw.size(), draw.size(), draw.size()];
        let bytes = product(&[m], size_of::<T>());
        if let Some(mut zeros) = as_it_must(|| Aligned::<T>::try_zeros(m), bytes, &[m]) {
            assert!(zeros.len() == m && zeros.iter().all(|&x| x == T::ZERO));
            zeros.fill(T::ONE);
        }
        // Filled memory is touched: not what lies between.
        if bytes <= GIVEN || bytes >= REFUSED {
            let filled = as_it_must(|| Aligned::try_filled(m, T::ONE), bytes, &[m]);
            assert!(filled.is_none_or(|filled| filled.len() == m && filled.iter().all(|&x| x == T::ONE)));
            assert!(!may_be_asked(bytes) || attempt(|| Aligned::<T>::zeros(m)).is_some() == (bytes <= GIVEN));
        }
        let least = product(&[m.max(n)], size_of::<T>());
        // Blocks have a largest size.
        let held = may_be_asked(least).then(|| Scratch::<T>::try_for_shape(m, n, k));
        let right = held.as_ref().is_none_or(|held| if held.is_ok() { least < REFUSED } else { least > GIVEN });
        assert!(right, "{m}x{n}x{k}: {held:?}");
        if let Some(Err(error)) = held {
            assert!(error.to_string().contains(&format!("{m}x{n}x{k}")), "{error}");
            let mut scratch = Scratch::<T>::for_shape(3, 3, 3);
            let before = scratch.bytes();
            assert!(scratch.try_reserve(m, n, k).is_err() && scratch.bytes() == before);
            assert!(attempt(|| scratch.reserve(m, n, k)).is_none());
        }
        let counted = elements::<T>("numbers", &[m, n, k]);
        let bytes = product(&[m, n, k], size_of::<T>());
        assert_eq!(counted.is_ok(), bytes <= isize::MAX as u128, "{m}x{n}x{k}: {counted:?}");
        assert!(counted.is_err() || counted == Ok((bytes / size_of::<T>() as u128) as usize));
    });
}

#[test]
fn arrays_and_scratch_are_made_or_refused() {
    arrays_and_scratch::<f32>();
    arrays_and_scratch::<f64>();
}

/// Packs ones, in parts, and multiplies with them.
fn check_packed<T: Scalar>(kernel: &'static Kernel<T>, packed: &mut PackedB<T>, k: usize, draw: &mut Draw) {
    let (n, at, one) = (packed.cols(), draw.size(), [T::ONE]);
    let part = |n| MatRef::with_strides(&one, (k, n), (0, 0));
    let columns = packed.columns_mut();
    let (mut left, mut right) = columns.split(at);
    assert!(left.cols() >= at.min(n) && left.cols() + right.cols() == n);
    left.update(part(left.cols()));
    right.update(part(right.cols()));
    assert_eq!((packed.rows(), packed.cols()), (k, n));
    let m = draw.side();
    if product(&[m, n, k], 1) > WORK || product(&[m, n], 1) > WORK {
        return;
    }
    let strides = draw.unless_used((m, k), (0, 0));
    let (a, mut c) = (MatRef::with_strides(&one, (m, k), strides), vec![T::ZERO; m * n]);
    kernel.gemm_packed(a, packed, Epilogue::Store, MatMut::new(&mut c, m, n), &mut Scratch::default());
    assert!(c.iter().all(|&c| c == T::from_f64(k as f64)), "{m}x{n}x{k}, {}", kernel.name());
}

fn panels<T: Scalar>() {
    for_each_kernel::<T>(|kernel, draw| {
        let (k, n, nr) = (draw.size(), draw.size(), kernel.tile_columns() as u128);
        let padded = (n as u128).div_ceil(nr) * nr;
        let bytes = |k: usize| padded.saturating_mul(k as u128).saturating_mul(size_of::<T>() as u128);
        // Of no rows nothing is stored; still, as many columns as cannot be rounded up are refused.
        let refused = if padded > usize::MAX as u128 { u128::MAX } else { bytes(k) };
        let one = [T::ONE];
        let b = MatRef::with_strides(&one, (k, n), (0, 0));
        if refused <= GIVEN || refused >= REFUSED {
            let made = as_it_must(|| PackedB::try_new(kernel, b), refused, &[k, n]);
            assert!(!may_be_asked(refused) || made.is_some() == attempt(|| PackedB::new(kernel, b)).is_some());
        }
        let Some(mut packed) = as_it_must(|| PackedB::<T>::try_zeros(kernel, k, n), refused, &[k, n]) else {
            return;
        };
        check_packed(kernel, &mut packed, k, draw);
        for _ in 0..4 {
            let other = draw.size();
            let room = attempt(|| packed.with_rows(other).cols() == n);
            assert_eq!(room, (bytes(other) <= bytes(k)).then_some(true), "{other} rows for {k}x{n}");
            if room.is_some() {
                check_packed(kernel, &mut packed, other, draw);
            }
        }
    });
}

#[test]
fn panels_hold_what_they_are_made_for_or_refuse_it() {
    panels::<f32>();
    panels::<f64>();
}

/// Elements that a slice must have, without end.
fn span((rows, cols): (usize, usize), (rs, cs): (usize, usize)) -> u128 {
    let along = |n: usize, stride: usize| (n as u128 - 1).saturating_mul(stride as u128);
    if rows == 0 || cols == 0 { 0 } else { along(rows, rs).saturating_add(along(cols, cs)).saturating_add(1) }
}

fn views<T: Scalar>() {
    let mut data: Vec<T> = (0..1000).map(|i| T::from_f64(f64::from(i))).collect();
    for_each_kernel::<T>(|_, draw| {
        let len = draw.below(data.len() + 1);
        let (sides, strides) = ((draw.size(), draw.size()), (draw.size(), draw.size()));
        let (sides, strides) = match draw.below(3) {
            0 => (sides, (0, 0)),
            1 => {
                let sides = (draw.side(), draw.side());
                (sides, draw.unless_used(sides, (40, 1)))
            }
            _ => (sides, strides),
        };
        let made = attempt(|| MatRef::with_strides(&data[..len], sides, strides));
        assert_eq!(made.is_some(), span(sides, strides) <= len as u128, "{sides:?} at {strides:?} in {len}");
        let Some(view) = made else { return };
        for _ in 0..4 {
            let (i, j) = (draw.size(), draw.size());
            let want = (i < sides.0 && j < sides.1).then(|| data[i * strides.0 + j * strides.1]);
            assert_eq!(attempt(|| view.get(i, j)), want);
            assert_eq!(attempt(|| view.t().get(j, i)), want);
            let part = attempt(|| view.rows_in(i.min(j)..j));
            assert_eq!(part.is_some(), j <= sides.0);
            if let Some(part) = part.filter(|part| part.rows() > 0 && sides.1 > 0) {
                let (last, first) = ((part.rows() - 1, sides.1 - 1), i.min(j));
                assert_eq!(part.get(last.0, last.1), view.get(first + last.0, last.1));
            }
            let part = attempt(|| view.cols_in(i.min(j)..j));
            assert_eq!(part.is_some(), j <= sides.1);
            if view.has_contiguous_rows() && i < sides.0 && sides.1 > 0 {
                assert_eq!(view.row(i)[sides.1 - 1], view.get(i, sides.1 - 1));
            }
        }
    });
    for_each_kernel::<T>(|_, draw| {
        let len = draw.below(data.len() + 1);
        let sides = (draw.side(), draw.side());
        let strides = [(40, 1), (1, 40), (0, 1), (1, 1), (draw.size(), draw.size())][draw.below(5)];
        let (sides, strides) = match draw.below(2) {
            0 => ((draw.size(), draw.size()), strides),
            _ => (sides, draw.unless_used(sides, strides)),
        };
        let apart = span(sides, strides) <= len as u128 && {
            let ((rows, cols), (rs, cs)) = (sides, strides);
            let single = rows <= 1 || cols <= 1;
            let (down, along) =
                (rows.saturating_sub(1) as u128 * rs as u128, cols.saturating_sub(1) as u128 * cs as u128);
            rows == 0
                || cols == 0
                || (single && (rows == 1 || rs > 0) && (cols == 1 || cs > 0))
                || (!single && ((cs > 0 && rs as u128 > along) || (rs > 0 && cs as u128 > down)))
        };
        let Some(view) = attempt(|| MatMut::with_strides(&mut data[..len], sides, strides)) else {
            return assert!(!apart, "{sides:?} at {strides:?} in {len}");
        };
        assert!(apart, "{sides:?} at {strides:?} in {len}");
        let (rows, cols) = (draw.size().min(sides.0), draw.size().min(sides.1));
        let (top, bottom) = view.split_rows(rows);
        assert_eq!((top.rows(), bottom.rows()), (rows, sides.0 - rows));
        let (left, mut right) = bottom.split_cols(cols);
        assert_eq!((left.cols(), right.cols()), (cols, sides.1 - cols));
        if right.has_contiguous_rows() && right.rows() > 0 {
            right.row_mut(sides.0 - rows - 1).fill(T::ONE);
        }
        if let Some(all) = right.as_contiguous_mut() {
            all.fill(T::ONE);
        }
    });
}

#[test]
fn views_reach_their_own_elements_or_are_refused() {
    views::<f32>();
    views::<f64>();
}

/// A matrix of `rows x cols` that lies in one of several ways, its elements from 1 to 3: `at` says which.
struct Lying<T> {
    data: Vec<T>,
    sides: (usize, usize),
    strides: (usize, usize),
}

impl<T: Scalar> Lying<T> {
    fn new(sides: (usize, usize), draw: &mut Draw) -> Self {
        let few = sides.0.saturating_mul(sides.1) < 1 << 16;
        let strides = match draw.below(6) {
            0 if few => (sides.1, 1),
            1 if few => (1, sides.0),
            2 if few => (1, 1),
            3 if sides.0 < 1 << 16 => (1, 0),
            4 if sides.1 < 1 << 16 => (0, 1),
            _ => (0, 0),
        };
        let data = (0..span(sides, strides)).map(|i| T::from_f64((i * 7 % 3 + 1) as f64)).collect();
        Lying { data, sides, strides: draw.unless_used(sides, strides) }
    }

    fn view(&self) -> MatRef<'_, T> {
        MatRef::with_strides(&self.data, self.sides, self.strides)
    }
}

fn products<T: Scalar>() {
    let mut thread = 0;
    for_each_kernel::<T>(|kernel, draw| {
        let (m, n, k) = (draw.side(), draw.side(), draw.size());
        let one = [T::ONE];
        // Another k, or columns, than the other operand's.
        let (other, wide) = (draw.size(), draw.size());
        if other != k {
            let (a, b) = (MatRef::with_strides(&one, (m, k), (0, 0)), MatRef::with_strides(&one, (other, n), (0, 0)));
            let mut c = vec![T::ZERO; m * n];
            let product = || kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut Scratch::default());
            assert!(attempt(product).is_none(), "{m}x{k} times {other}x{n}");
        }
        if wide != n {
            let (a, b) = (MatRef::with_strides(&one, (m, k), (0, 0)), MatRef::with_strides(&one, (k, wide), (0, 0)));
            let mut c = vec![T::ZERO; m * n];
            let product = || kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut Scratch::default());
            assert!(attempt(product).is_none(), "{m}x{k} times {k}x{wide}");
        }
        if k > 1 << 20 || product(&[m, n, k], 1) > WORK {
            return;
        }
        let (a, b) = (Lying::<T>::new((m, k), draw), Lying::<T>::new((k, n), draw));
        let (a, b, mut c) = (a.view(), b.view(), vec![T::from_f64(f64::NAN); m * n]);
        let by_columns = draw.below(3) == 0;
        let (sides, strides) = if by_columns { ((m, n), (1, m)) } else { ((m, n), (n, 1)) };
        let strides = draw.unless_used(sides, strides);
        thread += 1;
        if thread % 4 == 0 {
            kernel.gemm_in_thread(a, b, Epilogue::Store, MatMut::with_strides(&mut c, sides, strides));
        } else {
            let c = MatMut::with_strides(&mut c, sides, strides);
            kernel.gemm(a, b, Epilogue::Store, c, &mut Scratch::default());
        }
        for i in 0..m {
            for j in 0..n {
                // Sums of up to 9 * 2^20, which are exact.
                let want: f64 = (0..k).map(|p| a.get(i, p).to_f64() * b.get(p, j).to_f64()).sum();
                let got = c[if by_columns { i + j * m } else { i * n + j }];
                assert!(
                    got == T::from_f64(want),
                    "{a:?} times {b:?} at ({i}, {j}): {got}, not {want}, {}",
                    kernel.name()
                );
            }
        }
    });
}

#[test]
fn products_of_any_strides_and_many_steps_are_right_or_refused() {
    products::<f32>();
    products::<f64>();
}

fn of_nothing<T: Scalar>() {
    for_each_kernel::<T>(|kernel, draw| {
        let size = draw.size();
        let mut scratch = Scratch::default();
        for (m, n) in [(size, 0), (0, size)] {
            let one = [T::ONE];
            let (a, b) = (MatRef::with_strides(&one, (m, 3), (0, 0)), MatRef::with_strides(&one, (3, n), (0, 0)));
            kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut [], m, n), &mut scratch);
            kernel.activate(Activation::Tanh, MatMut::new(&mut [], m, n));
            let mut sums = vec![T::ONE; if m == 0 { n.min(100) } else { 0 }];
            let sums = Cell::from_mut(&mut sums[..]).as_slice_of_cells();
            let (of, d) = (MatRef::new(&[], m, n), MatMut::new(&mut [], m, n));
            let done = attempt(|| kernel.derivative(Activation::Tanh, of, d, Some(sums)));
            assert_eq!(done.is_some(), sums.len() == n);
            assert!(done.is_none() || sums.iter().all(|sum| sum.get() == T::ZERO));
        }
        // No steps: what follows the sums of nothing.
        let (m, n) = (draw.side(), draw.side());
        let (bias, mut c) = (vec![T::ONE; n], vec![T::ZERO; m * n]);
        let a = MatRef::with_strides(&[], (m, 0), (draw.size(), draw.size()));
        let b = MatRef::with_strides(&[], (0, n), (draw.size(), draw.size()));
        kernel.gemm(a, b, Epilogue::Bias(&bias), MatMut::new(&mut c, m, n), &mut scratch);
        assert!(c.iter().all(|&c| c == T::ONE));
    });
}

#[test]
fn matrices_without_rows_or_columns_end_at_once() {
    of_nothing::<f32>();
    of_nothing::<f64>();
}
