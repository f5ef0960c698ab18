//! A layer whose weights no longer change: packed once, for as many predictions as come.

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch};

use crate::LayerShape;

/// One layer for inference: `a = f(x * w + b)` by `&self`, so from any number of threads at once.
///
/// The numbers are the bits of [`crate::Plan::forward`].
///
/// ```
/// use chainrule_dense::{Activation, Frozen, LayerShape};
/// use chainrule_kernel::{Kernel, MatMut, MatRef, Scratch};
///
/// let shape = LayerShape { inputs: 2, outputs: 1, activation: Activation::Relu };
/// let layer = Frozen::new(Kernel::<f64>::selected()?, shape, &[0.5, -0.25], &[1.0]);
/// let mut a = [0.0; 2];
/// let x = MatRef::new(&[1.0, 2.0, 3.0, 4.0], 2, 2);
/// layer.forward(x, MatMut::new(&mut a, 2, 1), &mut Scratch::default());
/// assert_eq!(a, [1.0, 1.5]);
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug)]
pub struct Frozen<'a, T: Scalar> {
    kernel: &'static Kernel<T>,
    shape: LayerShape,
    w: &'a [T],
    b: &'a [T],
    /// Not for fewer columns than half a tile has: 512-10 at 32 rows and more would take 1.4 to 1.6 times as long with tiles
    /// of 32. Otherwise 784-512 takes 0.45 to 0.75 of the time at 2 to 8 rows and 0.9 to 0.99 at more.
    packed: Option<PackedB<T>>,
}

impl<'a, T: Scalar> Frozen<'a, T> {
    /// Packs the weights w (inputs, outputs), row-major, with the bias b (outputs).
    ///
    /// # Panics
    /// When the lengths do not fit the shape.
    pub fn new(kernel: &'static Kernel<T>, shape: LayerShape, w: &'a [T], b: &'a [T]) -> Self {
        let LayerShape { inputs, outputs, .. } = shape;
        assert!(b.len() == outputs, "a bias of {} for {outputs} outputs", b.len());
        let w_as_matrix = MatRef::new(w, inputs, outputs);
        let packed = (2 * outputs > kernel.tile_columns()).then(|| PackedB::new(kernel, w_as_matrix));
        Frozen { kernel, shape, w, b, packed }
    }

    /// The layer's sizes.
    pub fn shape(&self) -> LayerShape {
        self.shape
    }

    /// Bytes held beside the weights themselves.
    pub fn bytes(&self) -> usize {
        self.packed.as_ref().map_or(0, PackedB::bytes)
    }

    /// `a = f(x * w + b)`.
    ///
    /// # Panics
    /// When x is not (rows, inputs) or a not (rows, outputs).
    pub fn forward(
        &self,
        x: MatRef<'_, T>, // (rows, inputs)
        a: MatMut<'_, T>, // (rows, outputs)
        scratch: &mut Scratch<T>,
    ) {
        let LayerShape { inputs, outputs, activation } = self.shape;
        let epilogue = Epilogue::Activation { bias: self.b, activation };
        match &self.packed {
            // A single row streams past weights that lie as they are; panels would give it two chains at a time.
            Some(packed) if x.rows() > 1 => self.kernel.gemm_packed(x, packed, epilogue, a, scratch),
            _ => self.kernel.gemm(x, MatRef::new(self.w, inputs, outputs), epilogue, a, scratch),
        }
    }
}
