//! B in the order in which the micro-kernel reads it: packed once, multiplied with often.

use crate::gemm::pack::panels::{PackPanels, Source};
use crate::sizes::panels;
use crate::{Aligned, Kernel, MatRef, Scalar, SizeError};

/// B (k, n) packed for one kernel: panels of as many columns as its tiles have, each with all steps of k.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::{Epilogue, Kernel, PackedB, Scratch};
/// use chainrule::{MatMut, MatRef};
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
    /// Elements of the panels in use, which are no more than there are.
    used: usize,
    panels: Aligned<T>,
}

/// Some columns of a [`PackedB`], to be packed on a thread of their own.
///
/// ```
/// use chainrule_kernel::{Kernel, MatRef, PackedB};
///
/// let kernel = Kernel::<f32>::selected()?;
/// let b = vec![1.0; 3 * 100];
/// let b = MatRef::new(&b, 3, 100);
/// let mut packed = PackedB::zeros(kernel, 3, 100);
/// let (mut left, mut right) = packed.columns_mut().split(50); // at the end of a panel
/// let at = left.cols();
/// left.update(b.cols_in(0..at));
/// right.update(b.cols_in(at..100));
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
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
    /// When the CPU lacks the kernel's instructions, or there is not enough memory: see [`PackedB::try_new`].
    pub fn new(kernel: &'static Kernel<T>, b: MatRef<'_, T>) -> Self {
        Self::try_new(kernel, b).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`PackedB::new`].
    ///
    /// # Errors
    /// When there is not enough memory.
    ///
    /// # Panics
    /// When the CPU lacks the kernel's instructions.
    pub fn try_new(kernel: &'static Kernel<T>, b: MatRef<'_, T>) -> Result<Self, SizeError> {
        let mut packed = PackedB::try_zeros(kernel, b.rows(), b.cols())?;
        packed.update(b);
        Ok(packed)
    }

    /// Room for a B of (k, n), all of it 0.
    ///
    /// # Panics
    /// When there is not enough memory: see [`PackedB::try_zeros`].
    pub fn zeros(kernel: &'static Kernel<T>, k: usize, n: usize) -> Self {
        Self::try_zeros(kernel, k, n).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`PackedB::zeros`].
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_zeros(kernel: &'static Kernel<T>, k: usize, n: usize) -> Result<Self, SizeError> {
        const WHAT: &str = "packed panels (rows x columns)";
        let elements = panels::<T>(k, n, kernel.nr).ok_or_else(|| SizeError::past_addresses(WHAT, &[k, n]))?;
        let panels = Aligned::try_zeros(elements).map_err(|error| error.of(WHAT, &[k, n]))?;
        Ok(PackedB { kernel, k, n, used: elements, panels })
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
        let (n, nr, room) = (self.n, self.kernel.nr, self.panels.len());
        let used = panels::<T>(k, n, nr).filter(|&used| used <= room);
        // `try_zeros` has rounded n up before.
        self.used = used.unwrap_or_else(|| panic!("{k} rows into panels for {}", room / n.next_multiple_of(nr).max(1)));
        self.k = k;
        self.columns_mut()
    }

    /// All columns, to be split among threads.
    pub fn columns_mut(&mut self) -> PackedColumns<'_, T> {
        let (kernel, k, n) = (self.kernel, self.k, self.n);
        PackedColumns { kernel, k, n, panels: &mut self.panels[..self.used] }
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
        &self.panels[..self.used]
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
        unsafe {
            (self.kernel.pack)(&mut PackPanels {
                source: &source,
                each: self.kernel.nr,
                width: self.kernel.nr,
                to: self.panels,
            })
        }
    }
}
