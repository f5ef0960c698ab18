//! A layer for inference, whose weights do not change: packed once for many predictions, or not packed for a few.

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch, SizeError};

use crate::LayerShape;

/// One layer for inference: `a = f(x * w + b)` by `&self`, so from any number of threads at once. It does not
/// borrow the weights that it was packed from: each call passes them, because a single row is multiplied with the
/// unpacked weights.
///
/// The results have the same bits as [`crate::Plan::forward`].
///
/// ```
/// use chainrule_dense::{Activation, LayerShape, PackedLayer};
/// use chainrule_kernel::{Kernel, MatMut, MatRef, Scratch};
///
/// let shape = LayerShape { inputs: 2, outputs: 1, activation: Activation::Relu };
/// let (w, b) = ([0.5, -0.25], [1.0]);
/// let layer = PackedLayer::new(Kernel::<f64>::selected()?, shape, &w);
/// let mut a = [0.0; 2];
/// let x = MatRef::new(&[1.0, 2.0, 3.0, 4.0], 2, 2);
/// layer.forward(x, &w, &b, MatMut::new(&mut a, 2, 1), &mut Scratch::default());
/// assert_eq!(a, [1.0, 1.5]);
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug)]
pub struct PackedLayer<T: Scalar> {
    kernel: &'static Kernel<T>,
    shape: LayerShape,
    /// `None` if the layer has fewer columns than half a tile. Time packed over unpacked:
    ///
    /// ```text
    /// layer     rows        time
    /// 512-10    32 and up   1.4 - 1.6    tiles of 32 columns: not packed
    /// 784-512   2 - 8       0.45 - 0.75
    /// 784-512   9 and up    0.9 - 0.99
    /// ```
    packed: Option<PackedB<T>>,
}

impl<T: Scalar> PackedLayer<T> {
    /// Packs the weights w (inputs, outputs), row-major.
    ///
    /// # Panics
    /// When their number does not fit the shape, or there is not enough memory: see [`PackedLayer::try_new`].
    pub fn new(kernel: &'static Kernel<T>, shape: LayerShape, w: &[T]) -> Self {
        PackedLayer::try_new(kernel, shape, w).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`PackedLayer::new`].
    ///
    /// # Errors
    /// When there is not enough memory.
    ///
    /// # Panics
    /// When the number of weights does not fit the shape.
    pub fn try_new(kernel: &'static Kernel<T>, shape: LayerShape, w: &[T]) -> Result<Self, SizeError> {
        let w = MatRef::new(w, shape.inputs, shape.outputs);
        let is_packed = 2 * shape.outputs > kernel.tile_columns();
        Ok(PackedLayer { packed: is_packed.then(|| PackedB::try_new(kernel, w)).transpose()?, kernel, shape })
    }

    /// The same layer without packing: free to make, slower with more than one row.
    pub fn unpacked(kernel: &'static Kernel<T>, shape: LayerShape) -> Self {
        PackedLayer { kernel, shape, packed: None }
    }

    /// The layer's sizes.
    pub fn shape(&self) -> LayerShape {
        self.shape
    }

    /// Bytes of memory, not counting the weights themselves.
    pub fn bytes(&self) -> usize {
        self.packed.as_ref().map_or(0, PackedB::bytes)
    }

    /// `a = f(x * w + b)`, on this thread.
    ///
    /// # Panics
    /// When a shape does not fit the layer. Weights of the right number that are not those of [`PackedLayer::new`] go
    /// unnoticed.
    pub fn forward(
        &self,
        x: MatRef<'_, T>, // (rows, inputs)
        w: &[T],          // (inputs, outputs)
        b: &[T],          // (outputs)
        a: MatMut<'_, T>, // (rows, outputs)
        scratch: &mut Scratch<T>,
    ) {
        let LayerShape { inputs, outputs, activation } = self.shape;
        assert!(b.len() == outputs, "a bias of {} for {outputs} outputs", b.len());
        let (w, epilogue) = (MatRef::new(w, inputs, outputs), Epilogue::Activation { bias: b, activation });
        match &self.packed {
            // A single row streams through the unpacked weights; with panels it would have only two sums at a time.
            Some(packed) if x.rows() > 1 => self.kernel.gemm_packed(x, packed, epilogue, a, scratch),
            _ => self.kernel.gemm(x, w, epilogue, a, scratch),
        }
    }
}
