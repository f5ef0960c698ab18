//! Views of matrices in borrowed slices: a pointer, a shape and two strides. Transposing swaps the strides.
//!
//! A view owns nothing and copies nothing. Every constructor proves that the last element lies inside the slice, and a
//! `MatMut` also that no two (row, column) pairs name the same element, so the kernels may trust both. Strides count
//! elements and are never negative.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use crate::Scalar;
use crate::sizes::span;

/// A matrix that is read: `rows x cols` elements, `(i, j)` at `i * row_stride + j * col_stride` of the slice.
///
/// ```
/// # use chainrule_kernel as chainrule;
/// use chainrule::MatRef;
///
/// let a = MatRef::new(&[1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3);
/// assert_eq!((a.get(1, 0), a.t().get(0, 1), a.row(1)), (4.0, 4.0, &[4.0, 5.0, 6.0][..]));
/// assert_eq!(a.cols_in(1..3).rows_in(1..2).get(0, 1), 6.0);
/// ```
pub struct MatRef<'a, T> {
    ptr: *const T,
    shape: Shape,
    lifetime: PhantomData<&'a [T]>,
}

/// A matrix that is written. As [`MatRef`], and no two of its elements share a place.
///
/// ```
/// # use chainrule_kernel as chainrule;
/// use chainrule::MatMut;
///
/// let mut data = [0.0_f64; 6];
/// let (mut top, mut bottom) = MatMut::new(&mut data, 3, 2).split_rows(1);
/// top.row_mut(0).fill(1.0);
/// bottom.row_mut(1)[0] = 2.0;
/// assert_eq!(data, [1.0, 1.0, 0.0, 0.0, 2.0, 0.0]);
/// ```
pub struct MatMut<'a, T> {
    ptr: *mut T,
    shape: Shape,
    lifetime: PhantomData<&'a mut [T]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Shape {
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl Shape {
    #[inline]
    fn row_major(rows: usize, cols: usize) -> Self {
        Shape { rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// Checks that every (i, j) of a shape is inside a slice of this many elements.
    ///
    /// A stride that leads to no element, of a single row or column, may be any number. It is cut to the slice's length, as
    /// all others are by lying inside: so no stride is more than `isize::MAX` bytes, and what the kernels compute with one
    /// cannot wrap.
    #[inline]
    fn inside(self, len: usize) -> Self {
        let span = span((self.rows, self.cols), (self.row_stride, self.col_stride));
        assert!(
            span.is_some_and(|span| span <= len),
            "a {self:?} view needs {span:?} elements, the slice has {len}" // None: more than memory has addresses
        );
        Shape { row_stride: self.row_stride.min(len), col_stride: self.col_stride.min(len), ..self }
    }

    /// One stride steps over all that the other can reach; single rows and columns cannot overlap themselves
    /// as long as the stride that is used is not 0. For a shape that is [`Shape::inside`] a slice: nothing wraps.
    #[inline]
    fn assert_injective(self) {
        let Shape { rows, cols, row_stride: rs, col_stride: cs } = self;
        let apart = rows == 0
            || cols == 0
            || match (rows, cols) {
                (1, 1) => true,
                (1, _) => cs > 0,
                (_, 1) => rs > 0,
                _ => (cs > 0 && rs > (cols - 1) * cs) || (rs > 0 && cs > (rows - 1) * rs),
            };
        assert!(apart, "elements of a mutable {self:?} view would overlap");
    }

    #[inline]
    fn t(self) -> Self {
        Shape { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride }
    }

    #[inline]
    fn offset(self, i: usize, j: usize) -> usize {
        assert!(i < self.rows && j < self.cols, "({i}, {j}) is outside {}x{}", self.rows, self.cols);
        i * self.row_stride + j * self.col_stride // less than the slice's length: see `Shape::inside`
    }

    /// Where `rows` of this view begin, and their shape.
    #[inline]
    fn row_range(self, rows: &Range<usize>) -> (usize, Self) {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "rows {rows:?} of a view of {} rows", self.rows);
        let part = Shape { rows: rows.len(), ..self };
        // An empty part may begin one stride past the end; it is anchored at the start instead.
        (if part.rows == 0 || part.cols == 0 { 0 } else { rows.start * self.row_stride }, part)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{} (strides {}, {})", self.rows, self.cols, self.row_stride, self.col_stride)
    }
}

impl<T> Clone for MatRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for MatRef<'_, T> {}

// Both may cross threads exactly when the borrows that they are may.
// SAFETY: a MatRef is a shared borrow of a slice of T.
unsafe impl<T: Sync> Send for MatRef<'_, T> {}
// SAFETY: a MatRef is a shared borrow of a slice of T.
unsafe impl<T: Sync> Sync for MatRef<'_, T> {}
// SAFETY: a MatMut is an exclusive borrow of its own elements of a slice of T.
unsafe impl<T: Send> Send for MatMut<'_, T> {}
// SAFETY: a MatMut is an exclusive borrow of its own elements of a slice of T.
unsafe impl<T: Sync> Sync for MatMut<'_, T> {}

impl<T> fmt::Debug for MatRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatRef {:?}", self.shape)
    }
}

impl<T> fmt::Debug for MatMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatMut {:?}", self.shape)
    }
}

impl<'a, T: Scalar> MatRef<'a, T> {
    /// The whole slice as a row-major matrix.
    ///
    /// # Panics
    /// When the slice has other than `rows * cols` elements.
    pub fn new(data: &'a [T], rows: usize, cols: usize) -> Self {
        assert!(
            rows.checked_mul(cols) == Some(data.len()),
            "a {rows}x{cols} matrix in a slice of {} elements",
            data.len()
        );
        MatRef { ptr: data.as_ptr(), shape: Shape::row_major(rows, cols), lifetime: PhantomData }
    }

    /// A matrix of any layout inside the slice; strides count elements.
    ///
    /// # Panics
    /// When an element would lie past the end of the slice.
    pub fn with_strides(data: &'a [T], (rows, cols): (usize, usize), (row_stride, col_stride): (usize, usize)) -> Self {
        let shape = Shape { rows, cols, row_stride, col_stride }.inside(data.len());
        MatRef { ptr: data.as_ptr(), shape, lifetime: PhantomData }
    }

    /// The transpose: the same elements, strides swapped.
    pub fn t(self) -> Self {
        MatRef { shape: self.shape.t(), ..self }
    }

    /// Element (i, j).
    ///
    /// # Panics
    /// Outside the matrix.
    pub fn get(&self, i: usize, j: usize) -> T {
        // SAFETY: `offset` asserts i < rows and j < cols, and `Shape::inside` put every such element in the slice.
        unsafe { *self.ptr.add(self.shape.offset(i, j)) }
    }

    /// Row i as a slice, when its elements are neighbours.
    ///
    /// # Panics
    /// When i is out of range, or `col_stride` is not 1 and there is more than one column.
    pub fn row(&self, i: usize) -> &'a [T] {
        let Shape { rows, cols, row_stride, .. } = self.shape;
        assert!(i < rows, "row {i} of {rows}");
        assert!(self.has_contiguous_rows(), "rows of a {:?} view are not slices", self.shape);
        let start = if cols == 0 { 0 } else { i * row_stride };
        // SAFETY: the row's last element is inside the slice by `Shape::inside`; its elements are neighbours by the
        // assertion above.
        unsafe { std::slice::from_raw_parts(self.ptr.add(start), cols) }
    }

    /// The rows in `range`.
    ///
    /// # Panics
    /// When the range ends past the last row.
    pub fn rows_in(self, range: Range<usize>) -> Self {
        let (start, shape) = self.shape.row_range(&range);
        // SAFETY: `start` is 0 or the offset of an element that `Shape::inside` put in the slice.
        MatRef { ptr: unsafe { self.ptr.add(start) }, shape, lifetime: PhantomData }
    }

    /// The columns in `range`.
    ///
    /// # Panics
    /// When the range ends past the last column.
    pub fn cols_in(self, range: Range<usize>) -> Self {
        self.t().rows_in(range).t()
    }

    pub(crate) fn as_ptr(&self) -> *const T {
        self.ptr
    }
}

impl<'a, T: Scalar> MatMut<'a, T> {
    /// The whole slice as a row-major matrix.
    ///
    /// # Panics
    /// When the slice has other than `rows * cols` elements.
    pub fn new(data: &'a mut [T], rows: usize, cols: usize) -> Self {
        assert!(
            rows.checked_mul(cols) == Some(data.len()),
            "a {rows}x{cols} matrix in a slice of {} elements",
            data.len()
        );
        MatMut { ptr: data.as_mut_ptr(), shape: Shape::row_major(rows, cols), lifetime: PhantomData }
    }

    /// A matrix of any layout inside the slice; strides count elements.
    ///
    /// # Panics
    /// When an element would lie past the end of the slice, or two elements would share a place.
    pub fn with_strides(
        data: &'a mut [T],
        (rows, cols): (usize, usize),
        (row_stride, col_stride): (usize, usize),
    ) -> Self {
        let shape = Shape { rows, cols, row_stride, col_stride }.inside(data.len());
        shape.assert_injective();
        MatMut { ptr: data.as_mut_ptr(), shape, lifetime: PhantomData }
    }

    /// The same matrix for a shorter while.
    pub fn reborrow(&mut self) -> MatMut<'_, T> {
        MatMut { ptr: self.ptr, shape: self.shape, lifetime: PhantomData }
    }

    /// The matrix to read.
    pub fn as_ref(&self) -> MatRef<'_, T> {
        MatRef { ptr: self.ptr, shape: self.shape, lifetime: PhantomData }
    }

    /// The transpose: the same elements, strides swapped.
    pub fn t(self) -> Self {
        MatMut { shape: self.shape.t(), ..self }
    }

    /// Row i as a slice, when its elements are neighbours.
    ///
    /// # Panics
    /// When i is out of range, or `col_stride` is not 1 and there is more than one column.
    pub fn row_mut(&mut self, i: usize) -> &mut [T] {
        let Shape { rows, cols, row_stride, .. } = self.shape;
        assert!(i < rows, "row {i} of {rows}");
        assert!(self.has_contiguous_rows(), "rows of a {:?} view are not slices", self.shape);
        let start = if cols == 0 { 0 } else { i * row_stride };
        // SAFETY: as `MatRef::row`; the borrow of self is exclusive, and `assert_injective` (kept by every split)
        // means that no other view holds these elements.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.add(start), cols) }
    }

    /// The whole matrix as one slice, row after row, when nothing lies between its rows.
    pub fn as_contiguous_mut(&mut self) -> Option<&mut [T]> {
        let Shape { rows, cols, row_stride, .. } = self.shape;
        if !(self.has_contiguous_rows() && (row_stride == cols || rows <= 1)) {
            return None;
        }
        // SAFETY: rows of neighbours, one after the other: every element between the first and the last is the view's
        // own, inside the slice by `Shape::inside` and no other view's by `assert_injective`.
        Some(unsafe { std::slice::from_raw_parts_mut(self.ptr, rows * cols) })
    }

    /// The rows before `at` and the rows from `at` on, to be written apart.
    ///
    /// # Panics
    /// When `at` is past the last row.
    pub fn split_rows(self, at: usize) -> (Self, Self) {
        let (_, above) = self.shape.row_range(&(0..at));
        let (start, below) = self.shape.row_range(&(at..self.shape.rows));
        // SAFETY: `start` is 0 or the offset of an element inside the slice; the two parts share no element because
        // the view is injective.
        let below_ptr = unsafe { self.ptr.add(start) };
        (
            MatMut { ptr: self.ptr, shape: above, lifetime: PhantomData },
            MatMut { ptr: below_ptr, shape: below, lifetime: PhantomData },
        )
    }

    /// The columns before `at` and the columns from `at` on, to be written apart.
    ///
    /// # Panics
    /// When `at` is past the last column.
    pub fn split_cols(self, at: usize) -> (Self, Self) {
        let (left, right) = self.t().split_rows(at);
        (left.t(), right.t())
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut T {
        self.ptr
    }
}

macro_rules! shape_methods {
    ($view:ident) => {
        impl<T> $view<'_, T> {
            /// How many rows.
            pub fn rows(&self) -> usize {
                self.shape.rows
            }
            /// How many columns.
            pub fn cols(&self) -> usize {
                self.shape.cols
            }
            /// Elements from one row to the next.
            pub fn row_stride(&self) -> usize {
                self.shape.row_stride
            }
            /// Elements from one column to the next.
            pub fn col_stride(&self) -> usize {
                self.shape.col_stride
            }
            /// Whether each row is a slice.
            pub fn has_contiguous_rows(&self) -> bool {
                self.shape.col_stride == 1 || self.shape.cols <= 1
            }
        }
    };
}
shape_methods!(MatRef);
shape_methods!(MatMut);
