//! A layer whose weights no longer change: packed once, for as many predictions as come.

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch};

use crate::LayerShape;

/// One layer for inference: `a = f(x * w + b)` by `&self`, so from any number of threads at once.
///
/// The numbers are the bits of [`crate::Plan::forward`].
#[derive(Debug)]
pub struct Frozen<'a, T: Scalar> {
    kernel: &'static Kernel<T>,
    shape: LayerShape,
    w: &'a [T],
    b: &'a [T],
    packed: PackedB<T>,
}

impl<'a, T: Scalar> Frozen<'a, T> {
    /// Packs the weights w (inputs, outputs), row-major, with the bias b (outputs).
    ///
    /// # Panics
    /// When the lengths do not fit the shape.
    pub fn new(kernel: &'static Kernel<T>, shape: LayerShape, w: &'a [T], b: &'a [T]) -> Self {
        let LayerShape { inputs, outputs, .. } = shape;
        assert!(b.len() == outputs, "a bias of {} for {outputs} outputs", b.len());
        Frozen { kernel, shape, w, b, packed: PackedB::new(kernel, MatRef::new(w, inputs, outputs)) }
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
        if x.rows() == 1 {
            // A single row streams past weights that lie as they are; panels would give it two chains at a time.
            return self.kernel.gemm(x, MatRef::new(self.w, inputs, outputs), epilogue, a, scratch);
        }
        self.kernel.gemm_packed(x, &self.packed, epilogue, a, scratch);
    }
}
