//! A layer for inference, whose weights do not change: packed once for many predictions, or not packed for a few.

use chainrule_kernel::{
    Aligned, Epilogue, Kernel, MatMut, MatRef, NarrowError, NarrowFormat, PackedB, PackedNarrow, Scalar, Scratch,
    SizeError,
};

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
    weights: Weights<T>,
}

/// The weights of a layer for inference.
#[derive(Debug)]
enum Weights<T: Scalar> {
    /// Those of each call, as they lie. So if the layer has fewer columns than half a tile; time packed over unpacked:
    ///
    /// ```text
    /// layer     rows        time
    /// 512-10    32 and up   1.4 - 1.6    tiles of 32 columns: not packed
    /// 784-512   2 - 8       0.45 - 0.75
    /// 784-512   9 and up    0.9 - 0.99
    /// ```
    Passed,
    Packed(PackedB<T>),
    Narrow(PackedNarrow<T>),
    /// Rounded as narrow ones, of a layer with a single output: its sums are those of a dot product, sixteen chains.
    Rounded(Aligned<T>),
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
        let weights = if is_packed { Weights::Packed(PackedB::try_new(kernel, w)?) } else { Weights::Passed };
        Ok(PackedLayer { kernel, shape, weights })
    }

    /// The same layer with weights rounded to narrow numbers, of which a single row reads half or a quarter of the bytes. The
    /// results are those of a layer whose weights were rounded by [`NarrowFormat::round`]: see [`Kernel::gemm_narrow`].
    ///
    /// # Errors
    /// When a weight is infinite, NaN or past the largest of the format, the weights are f64, or there is not enough memory.
    ///
    /// # Panics
    /// When the number of weights does not fit the shape.
    pub fn try_narrow(
        kernel: &'static Kernel<T>,
        shape: LayerShape,
        w: &[T], // (inputs, outputs)
        format: NarrowFormat,
    ) -> Result<Self, NarrowError> {
        let LayerShape { inputs, outputs, .. } = shape;
        let view = MatRef::new(w, inputs, outputs);
        let weights = if outputs == 1 {
            let mut rounded = Aligned::try_zeros(w.len())?;
            rounded.copy_from_slice(w);
            format.round(&mut rounded, inputs, outputs)?;
            Weights::Rounded(rounded)
        } else {
            Weights::Narrow(PackedNarrow::try_new(kernel, view, format)?)
        };
        Ok(PackedLayer { kernel, shape, weights })
    }

    /// The same layer without packing: free to make, slower with more than one row.
    pub fn unpacked(kernel: &'static Kernel<T>, shape: LayerShape) -> Self {
        PackedLayer { kernel, shape, weights: Weights::Passed }
    }

    /// The layer's sizes.
    pub fn shape(&self) -> LayerShape {
        self.shape
    }

    /// Bytes of memory, not counting the weights themselves.
    pub fn bytes(&self) -> usize {
        match &self.weights {
            Weights::Passed => 0,
            Weights::Packed(packed) => packed.bytes(),
            Weights::Narrow(narrow) => narrow.bytes(),
            Weights::Rounded(rounded) => rounded.bytes(),
        }
    }

    /// Grows the scratch to what up to this number of rows need.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_reserve(&self, rows: usize, scratch: &mut Scratch<T>) -> Result<(), SizeError> {
        match &self.weights {
            Weights::Narrow(narrow) => narrow.try_reserve(rows, scratch),
            _ => scratch.try_reserve(rows, self.shape.outputs, self.shape.inputs),
        }
    }

    /// `a = f(x * w + b)`, on this thread.
    ///
    /// # Panics
    /// When a shape does not fit the layer. Weights of the right number that are not those of [`PackedLayer::new`] go
    /// unnoticed; a layer made by [`PackedLayer::try_narrow`] does not read them.
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
        match &self.weights {
            // A single row streams through the unpacked weights; with panels it would have only two sums at a time.
            Weights::Packed(packed) if x.rows() > 1 => self.kernel.gemm_packed(x, packed, epilogue, a, scratch),
            Weights::Packed(_) | Weights::Passed => self.kernel.gemm(x, w, epilogue, a, scratch),
            Weights::Narrow(narrow) => self.kernel.gemm_narrow(x, narrow, epilogue, a, scratch),
            Weights::Rounded(rounded) => {
                self.kernel.gemm(x, MatRef::new(rounded, inputs, outputs), epilogue, a, scratch);
            }
        }
    }
}
