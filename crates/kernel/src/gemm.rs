//! The safe ways in: shapes are checked here, once, and everything below trusts them.

use crate::blocking::{Operand, Problem};
use crate::epilogue::Epilogue;
use crate::math::Function;
use crate::scratch::Scratch;
use crate::{Kernel, MatMut, MatRef, Scalar};

impl<T: Scalar> Kernel<T> {
    /// `C <- epilogue(A * B)` with A (m, k), B (k, n), C (m, n), of any strides.
    ///
    /// Every element of the product is one chain of multiply-adds over k in ascending order (cut every 1024 steps only
    /// when [`Epilogue::Accumulate`] has to keep C), so its bits do not depend on the rest of the shape.
    /// Allocates only when `scratch` is smaller than [`Scratch::for_shape`] makes it.
    ///
    /// # Panics
    /// When the shapes disagree, a bias is not as long as C is wide, or the CPU lacks this kernel's instructions.
    pub fn gemm(
        &self,
        a: MatRef<'_, T>, // (m, k)
        b: MatRef<'_, T>, // (k, n)
        epilogue: Epilogue<'_, T>,
        mut c: MatMut<'_, T>, // (m, n)
        scratch: &mut Scratch<T>,
    ) {
        self.assert_available();
        let (m, n, k) = (c.rows(), c.cols(), a.cols());
        assert!(
            a.rows() == m && b.rows() == k && b.cols() == n,
            "A {}x{} times B {}x{} does not fit C {m}x{n}",
            a.rows(),
            a.cols(),
            b.rows(),
            b.cols(),
        );
        if let Epilogue::Bias(bias) | Epilogue::BiasRelu(bias) = epilogue {
            assert!(bias.len() == n, "a bias of {} elements for {n} columns", bias.len());
        }
        if m == 0 || n == 0 {
            return;
        }
        let operand = |x: MatRef<'_, T>| Operand { ptr: x.as_ptr(), rs: x.row_stride(), cs: x.col_stride() };
        let (c_rs, c_cs) = (c.row_stride(), c.col_stride());
        let problem = Problem { m, n, k, a: operand(a), b: operand(b), c: c.as_mut_ptr(), c_rs, c_cs, swapped: false };
        // SAFETY: the views cover their shapes by construction, a MatMut overlaps neither itself nor any live MatRef,
        // the shapes fit (asserted above), and `assert_available` has passed.
        unsafe { (self.gemm)(&problem, epilogue, scratch) }
    }

    /// `x <- e^x`, within 1.5 ulp in f32 and 2 in f64; overflow is infinite, underflow gradual.
    ///
    /// # Panics
    /// When the CPU lacks this kernel's instructions; so for the two below.
    pub fn exp(&self, values: &mut [T]) {
        self.map(Function::Exp, values);
    }

    /// `x <- 1 / (1 + e^-x)`, within 3 ulp in f32 and 4 in f64.
    pub fn sigmoid(&self, values: &mut [T]) {
        self.map(Function::Sigmoid, values);
    }

    /// `x <- tanh(x)`, within 3 ulp in f32 and 4 in f64.
    pub fn tanh(&self, values: &mut [T]) {
        self.map(Function::Tanh, values);
    }

    fn map(&self, function: Function, values: &mut [T]) {
        self.assert_available();
        // SAFETY: `assert_available` has passed.
        unsafe { (self.map)(function, values) }
    }
}
