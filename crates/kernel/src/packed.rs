//! B in the order in which the micro-kernel reads it: packed once, multiplied with often.

use crate::pack::Source;
use crate::{Aligned, Kernel, MatRef, Scalar};

/// B (k, n) packed for one kernel: panels of as many columns as its tiles have, each with all steps of k.
///
/// ```
/// use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, PackedB, Scratch};
///
/// let kernel = Kernel::<f64>::selected()?;
/// let mut b = PackedB::new(kernel, MatRef::new(&[1.0, 2.0, 3.0, 4.0], 2, 2));
/// let (mut c, mut scratch) = ([0.0; 2], Scratch::default());
/// let a = [1.0, 10.0];
/// kernel.gemm_packed(MatRef::new(&a, 1, 2), &b, Epilogue::Store, MatMut::new(&mut c, 1, 2), &mut scratch);
/// assert_eq!(c, [31.0, 42.0]);
/// b.update(MatRef::new(&[1.0, 0.0, 0.0, 1.0], 2, 2));
/// kernel.gemm_packed(MatRef::new(&a, 1, 2), &b, Epilogue::Store, MatMut::new(&mut c, 1, 2), &mut scratch);
/// assert_eq!(c, a);
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug)]
pub struct PackedB<T: Scalar> {
    kernel: &'static Kernel<T>,
    k: usize,
    n: usize,
    panels: Aligned<T>,
}

/// Some columns of a [`PackedB`], to be packed on a thread of their own.
#[derive(Debug)]
pub struct PackedColumns<'a, T: Scalar> {
    kernel: &'static Kernel<T>,
    k: usize,
    n: usize,
    panels: &'a mut [T],
}

impl<T: Scalar> PackedB<T> {
    /// Packs B for products with that kernel.
    ///
    /// # Panics
    /// When the CPU lacks the kernel's instructions.
    pub fn new(kernel: &'static Kernel<T>, b: MatRef<'_, T>) -> Self {
        let mut packed = PackedB::zeros(kernel, b.rows(), b.cols());
        packed.update(b);
        packed
    }

    /// Room for a B of (k, n), all of it 0.
    pub fn zeros(kernel: &'static Kernel<T>, k: usize, n: usize) -> Self {
        let elements = n.next_multiple_of(kernel.nr) * k;
        PackedB { kernel, k, n, panels: Aligned::zeros(elements) }
    }

    /// Packs a B of the same shape into the same place.
    ///
    /// # Panics
    /// When the shape is another one.
    pub fn update(&mut self, b: MatRef<'_, T>) {
        self.columns_mut().update(b);
    }

    /// Makes place for a B of other rows in what there is, its contents undefined until [`PackedColumns::update`].
    ///
    /// # Panics
    /// When there are more rows than the first B had.
    pub fn with_rows(&mut self, k: usize) -> PackedColumns<'_, T> {
        let elements = self.n.next_multiple_of(self.kernel.nr) * k;
        let room = self.panels.len();
        assert!(elements <= room, "{k} rows into panels for {}", room / self.n.next_multiple_of(self.kernel.nr).max(1));
        self.k = k;
        self.columns_mut()
    }

    /// All columns, to be split among threads.
    pub fn columns_mut(&mut self) -> PackedColumns<'_, T> {
        let (kernel, k, n, elements) = (self.kernel, self.k, self.n, self.elements());
        PackedColumns { kernel, k, n, panels: &mut self.panels[..elements] }
    }

    /// k.
    pub fn rows(&self) -> usize {
        self.k
    }

    /// n.
    pub fn cols(&self) -> usize {
        self.n
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.panels.bytes()
    }

    pub(crate) fn kernel(&self) -> &'static Kernel<T> {
        self.kernel
    }

    pub(crate) fn panels(&self) -> &[T] {
        &self.panels[..self.elements()]
    }

    fn elements(&self) -> usize {
        self.n.next_multiple_of(self.kernel.nr) * self.k
    }
}

impl<'a, T: Scalar> PackedColumns<'a, T> {
    /// How many columns there are.
    pub fn cols(&self) -> usize {
        self.n
    }

    /// The columns before `at`, rounded up to a whole panel, and the others.
    pub fn split(self, at: usize) -> (PackedColumns<'a, T>, PackedColumns<'a, T>) {
        let PackedColumns { kernel, k, n, panels } = self;
        let at = at.min(n).next_multiple_of(kernel.nr).min(n);
        let (left, right) = panels.split_at_mut(at.next_multiple_of(kernel.nr) * k);
        (PackedColumns { kernel, k, n: at, panels: left }, PackedColumns { kernel, k, n: n - at, panels: right })
    }

    /// Packs these columns of B.
    ///
    /// # Panics
    /// When `b` is not (k, as many columns as here), or the CPU lacks the kernel's instructions.
    pub fn update(&mut self, b: MatRef<'_, T>) {
        self.kernel.assert_available();
        let (k, n) = (self.k, self.n);
        assert!((b.rows(), b.cols()) == (k, n), "B {}x{} into panels for {k}x{n}", b.rows(), b.cols());
        if k == 0 || n == 0 {
            return;
        }
        let source = Source {
            ptr: b.as_ptr(),
            steps: k,
            lanes: n,
            step_stride: b.row_stride(),
            lane_stride: b.col_stride(),
            readable: n,
        };
        // SAFETY: the view covers (k, n), the panels have room for it (made so, and asserted again inside), and
        // `assert_available` has passed.
        unsafe { (self.kernel.pack)(&source, self.kernel.nr, self.panels) }
    }
}
