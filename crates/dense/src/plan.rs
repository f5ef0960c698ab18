//! The plan of one layer for minibatches up to a size: which kernel, how many threads for each of its three products,
//! and the scratch they pack into. Made once; forward and backward allocate nothing.

use std::cell::Cell;

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scalar, Scratch};

use crate::Activation;
use crate::parts::{ELEMENTS_PER_THREAD, MACS_PER_THREAD, for_each_columns, for_each_part, threads_for};

/// The sizes of one layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerShape {
    /// Features of x.
    pub inputs: usize,
    /// Features of a.
    pub outputs: usize,
    /// What follows `x * w + b`.
    pub activation: Activation,
}

/// Where [`Plan::backward`] puts its results.
#[derive(Debug)]
pub struct Gradients<'a, T> {
    /// By the weights, (inputs, outputs) row-major.
    pub dw: &'a mut [T],
    /// By the bias, (outputs).
    pub db: &'a mut [T],
    /// By the input, (batch, inputs); `None` for the first layer of a network, whose input nobody trains.
    pub dx: Option<MatMut<'a, T>>,
}

/// One layer, ready to run.
#[derive(Debug)]
pub struct Plan<T: Scalar> {
    kernel: &'static Kernel<T>,
    shape: LayerShape,
    max_batch: usize,
    /// One for each thread that may take part.
    scratch: Vec<Scratch<T>>,
}

impl<T: Scalar> Plan<T> {
    /// A plan for minibatches of up to `max_batch` rows, on the threads of the current rayon pool.
    pub fn new(kernel: &'static Kernel<T>, shape: LayerShape, max_batch: usize) -> Self {
        let LayerShape { inputs, outputs, .. } = shape;
        let threads = threads_for(max_batch * inputs * outputs, MACS_PER_THREAD, rayon::current_num_threads());
        let mut scratch = Scratch::for_shape(max_batch, outputs, inputs); // x * w
        scratch.reserve(inputs, outputs, max_batch); // x^T * dz
        scratch.reserve(max_batch, inputs, outputs); // dz * w^T
        Plan { kernel, shape, max_batch, scratch: vec![scratch; threads] }
    }

    /// The layer's sizes.
    pub fn shape(&self) -> LayerShape {
        self.shape
    }

    /// Bytes held for packing, over all threads.
    pub fn bytes(&self) -> usize {
        self.scratch.iter().map(Scratch::bytes).sum()
    }

    fn threads(&self, batch: usize) -> usize {
        threads_for(batch * self.shape.inputs * self.shape.outputs, MACS_PER_THREAD, self.scratch.len())
    }

    fn assert_fits(&self, x: MatRef<'_, T>, w: &[T], b: usize, a: (usize, usize)) {
        let LayerShape { inputs, outputs, .. } = self.shape;
        let batch = x.rows();
        assert!(batch <= self.max_batch, "a minibatch of {batch} rows in a plan for {}", self.max_batch);
        assert!(x.cols() == inputs, "x has {} columns, the layer {inputs} inputs", x.cols());
        assert!(w.len() == inputs * outputs, "{} weights for {inputs}x{outputs}", w.len());
        assert!(b == outputs, "a bias of {b} for {outputs} outputs");
        assert!(a == (batch, outputs), "an output of {}x{}, not {batch}x{outputs}", a.0, a.1);
    }

    /// `a = f(x * w + b)`.
    ///
    /// # Panics
    /// When a shape does not fit the layer, or there are more rows than the plan was made for.
    pub fn forward(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
        w: &[T],          // (inputs, outputs)
        b: &[T],          // (outputs)
        a: MatMut<'_, T>, // (batch, outputs)
    ) {
        self.assert_fits(x, w, b.len(), (a.rows(), a.cols()));
        let LayerShape { inputs, outputs, activation } = self.shape;
        let (kernel, w) = (self.kernel, MatRef::new(w, inputs, outputs));
        let threads = self.threads(x.rows());
        for_each_part(a, threads, &mut self.scratch, &|a, part, scratch| {
            let (x, w, b) = (x.rows_in(part.rows), w.cols_in(part.cols.clone()), &b[part.cols]);
            kernel.gemm(x, w, Epilogue::Activation { bias: b, activation }, a, scratch);
        });
    }

    /// Given the gradient by the output, the gradients by weights, bias and input:
    /// `dz = da * f'(z)`, `dw = x^T * dz`, `db = column sums of dz`, `dx = dz * w^T`. `da` becomes dz.
    ///
    /// # Panics
    /// When a shape does not fit the layer, or there are more rows than the plan was made for.
    pub fn backward(
        &mut self,
        x: MatRef<'_, T>,      // (batch, inputs)
        w: &[T],               // (inputs, outputs)
        a: MatRef<'_, T>,      // (batch, outputs), what forward gave
        mut da: MatMut<'_, T>, // (batch, outputs), becomes dz
        gradients: Gradients<'_, T>,
    ) {
        let Gradients { dw, db, dx } = gradients;
        self.assert_fits(x, w, db.len(), (a.rows(), a.cols()));
        assert!((da.rows(), da.cols()) == (a.rows(), a.cols()), "da is {}x{}", da.rows(), da.cols());
        let LayerShape { inputs, outputs, activation } = self.shape;
        let (kernel, batch) = (self.kernel, x.rows());
        let threads = self.threads(batch);
        let streaming = threads_for(batch * outputs, ELEMENTS_PER_THREAD, self.scratch.len());

        // The sum of a column belongs to one thread, so threads share columns.
        let each = MatMut::new(db, 1, outputs);
        for_each_columns(da.reborrow(), each, streaming, &|da, mut db, cols| {
            let sums = Cell::from_mut(db.row_mut(0)).as_slice_of_cells();
            kernel.derivative(activation, a.cols_in(cols), da, Some(sums));
        });
        let dz = da.as_ref();

        assert!(dw.len() == inputs * outputs, "{} weight gradients for {inputs}x{outputs}", dw.len());
        let dw = MatMut::new(dw, inputs, outputs);
        for_each_part(dw, threads, &mut self.scratch, &|dw, part, scratch| {
            kernel.gemm(x.t().rows_in(part.rows), dz.cols_in(part.cols), Epilogue::Store, dw, scratch);
        });

        if let Some(dx) = dx {
            assert!((dx.rows(), dx.cols()) == (batch, inputs), "dx is {}x{}", dx.rows(), dx.cols());
            let w = MatRef::new(w, inputs, outputs);
            for_each_part(dx, threads, &mut self.scratch, &|dx, part, scratch| {
                kernel.gemm(dz.rows_in(part.rows), w.t().cols_in(part.cols), Epilogue::Store, dx, scratch);
            });
        }
    }
}
