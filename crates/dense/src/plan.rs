//! The plan of one layer for minibatches up to a size: its kernel, the number of threads, and their workspaces. It is
//! made once; forward, backward and updates allocate nothing.

use std::cell::Cell;

use chainrule_kernel::{Aligned, Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch, SizeError, elements};

use crate::Activation;
use crate::activation::{activate, derivative_and_sums};
use crate::partition::{MACS_PER_THREAD, Side, for_each_part, threads_for};

/// The sizes of one layer.
///
/// ```
/// use chainrule_dense::{Activation, LayerShape, Plan};
/// use chainrule_kernel::Kernel;
///
/// let shape = LayerShape { inputs: 784, outputs: 128, activation: Activation::Relu };
/// let plan = Plan::new(Kernel::<f32>::selected()?, shape, 64);
/// assert_eq!((plan.shape(), plan.max_batch()), (shape, 64));
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerShape {
    /// The number of columns of x.
    pub inputs: usize,
    /// The number of columns of a.
    pub outputs: usize,
    /// What follows `x * w + b`.
    pub activation: Activation,
}

/// Where [`Plan::backward`] puts its results.
///
/// ```
/// use chainrule_dense::{Activation, Gradients, LayerShape, Plan};
/// use chainrule_kernel::{Kernel, MatMut, MatRef};
///
/// let shape = LayerShape { inputs: 2, outputs: 1, activation: Activation::Identity };
/// let mut plan = Plan::<f64>::new(Kernel::selected()?, shape, 1);
/// let (x, w) = (MatRef::new(&[1.0, 2.0], 1, 2), [3.0, 4.0]);
/// let (a, mut da, mut dw, mut db, mut dx) = ([11.0], [10.0], [0.0; 2], [0.0], [0.0; 2]);
/// let gradients = Gradients { dw: &mut dw, db: &mut db, dx: Some(MatMut::new(&mut dx, 1, 2)) };
/// plan.backward(x, &w, MatRef::new(&a, 1, 1), MatMut::new(&mut da, 1, 1), gradients);
/// assert_eq!((dw, db, dx), ([10.0, 20.0], [10.0], [30.0, 40.0]));
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug)]
pub struct Gradients<'a, T> {
    /// The gradient by the weights, (inputs, outputs) row-major.
    pub dw: &'a mut [T],
    /// The gradient by the bias, (outputs).
    pub db: &'a mut [T],
    /// The gradient by the input, (batch, inputs); `None` for the first layer of a network, whose input is not trained.
    pub dx: Option<MatMut<'a, T>>,
}

/// The previous layer, whose output is this layer's x.
///
/// ```
/// use chainrule_dense::{Activation, LayerShape, Plan, PreviousLayer};
/// use chainrule_kernel::{Kernel, MatMut, MatRef};
///
/// let shape = LayerShape { inputs: 2, outputs: 1, activation: Activation::Identity };
/// let mut plan = Plan::<f64>::new(Kernel::selected()?, shape, 1);
/// // x is the output of a ReLU: 0 where the input of the ReLU was negative.
/// let (x, dz, w) = (MatRef::new(&[0.0, 5.0], 1, 2), MatRef::new(&[10.0], 1, 1), [3.0, 4.0]);
/// let (mut dx, mut db) = ([0.0; 2], [0.0; 2]);
/// let previous = PreviousLayer { activation: Activation::Relu, of: x, db: &mut db };
/// plan.input_gradient(dz, &w, MatMut::new(&mut dx, 1, 2), Some(previous));
/// assert_eq!((dx, db), ([0.0, 40.0], [0.0, 40.0]));
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug)]
pub struct PreviousLayer<'a, T> {
    /// Its activation.
    pub activation: Activation,
    /// What the derivative of the activation is computed from, (batch, its outputs): its output, which is x, or if
    /// [`Activation::derivative_needs_input`], the z that [`Plan::forward_keeping`] kept.
    pub of: MatRef<'a, T>,
    /// The gradient by its bias, (its outputs).
    pub db: &'a mut [T],
}

/// One layer, ready to run.
///
/// ```
/// use chainrule_dense::{Activation, LayerShape, Plan};
/// use chainrule_kernel::{Kernel, MatMut, MatRef};
///
/// let shape = LayerShape { inputs: 1, outputs: 2, activation: Activation::Identity };
/// let mut plan = Plan::<f64>::new(Kernel::selected()?, shape, 8); // for minibatches of at most 8 rows
/// let mut a = [0.0; 4];
/// plan.forward(MatRef::new(&[1.0, 2.0], 2, 1), &[10.0, 20.0], &[0.5, 0.0], MatMut::new(&mut a, 2, 2));
/// assert_eq!(a, [10.5, 20.0, 20.5, 40.0]);
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug)]
pub struct Plan<T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) shape: LayerShape,
    max_batch: usize,
    /// One per thread.
    pub(crate) workspaces: Vec<ThreadWorkspace<T>>,
    /// dz packed, if several strips of dw are multiplied with it.
    pub(crate) packed: Option<PackedB<T>>,
}

/// The buffers of one thread.
#[derive(Debug, Clone)]
pub(crate) struct ThreadWorkspace<T> {
    pub(crate) scratch: Scratch<T>,
    /// Some rows of dw, before they update w; empty in a plan without strips.
    pub(crate) strip: Aligned<T>,
}

impl<T: Scalar> Plan<T> {
    /// A plan for minibatches of up to `max_batch` rows, on the threads of the current rayon pool.
    ///
    /// # Panics
    /// When there is not enough memory: see [`Plan::try_new`].
    pub fn new(kernel: &'static Kernel<T>, shape: LayerShape, max_batch: usize) -> Self {
        Self::try_new(kernel, shape, max_batch).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Plan::new`].
    ///
    /// # Errors
    /// When there is not enough memory for the plan, or for the weights, x or output of such a layer.
    pub fn try_new(kernel: &'static Kernel<T>, shape: LayerShape, max_batch: usize) -> Result<Self, SizeError> {
        let LayerShape { inputs, outputs, .. } = shape;
        // Then none of the products below wraps; a side of 0 counts as 1.
        for (what, rows, cols) in [
            ("weights (inputs x outputs)", inputs, outputs),
            ("x (rows x inputs)", max_batch, inputs),
            ("an output (rows x outputs)", max_batch, outputs),
        ] {
            elements::<T>(what, &[rows.max(1), cols.max(1)])?;
        }
        let work = max_batch.saturating_mul(inputs).saturating_mul(outputs);
        let threads = threads_for(work, MACS_PER_THREAD, rayon::current_num_threads);
        let workspace = |_| -> Result<ThreadWorkspace<T>, SizeError> {
            let mut scratch = Scratch::try_for_shape(max_batch, outputs, inputs)?; // x * w
            scratch.try_reserve(inputs, outputs, max_batch)?; // x^T * dz
            scratch.try_reserve(max_batch, inputs, outputs)?; // dz * w^T
            Ok(ThreadWorkspace { scratch, strip: Aligned::default() })
        };
        let workspaces = (0..threads).map(workspace).collect::<Result<_, _>>()?;
        Ok(Plan { kernel, shape, max_batch, workspaces, packed: None })
    }

    /// The layer's sizes.
    pub fn shape(&self) -> LayerShape {
        self.shape
    }

    /// The largest number of rows of a minibatch.
    pub fn max_batch(&self) -> usize {
        self.max_batch
    }

    /// Bytes of memory, over all threads.
    pub fn bytes(&self) -> usize {
        let workspace = |workspace: &ThreadWorkspace<T>| workspace.scratch.bytes() + workspace.strip.bytes();
        self.workspaces.iter().map(workspace).sum::<usize>() + self.packed.as_ref().map_or(0, PackedB::bytes)
    }

    pub(crate) fn threads(&self, batch: usize) -> usize {
        let LayerShape { inputs, outputs, .. } = self.shape;
        threads_for(batch.saturating_mul(inputs * outputs), MACS_PER_THREAD, || self.workspaces.len())
    }

    /// Panics if an argument does not fit the layer; `b` is the length of the bias, if there is one, `a` the shape of
    /// the output.
    pub(crate) fn assert_fits(&self, x: MatRef<'_, T>, w: &[T], b: Option<usize>, a: (usize, usize)) {
        let LayerShape { inputs, outputs, .. } = self.shape;
        let batch = x.rows();
        self.assert_batch(batch);
        assert!(x.cols() == inputs, "x has {} columns, the layer {inputs} inputs", x.cols());
        assert!(w.len() == inputs * outputs, "{} weights for {inputs}x{outputs}", w.len());
        assert!(b.is_none_or(|b| b == outputs), "a bias of {} for {outputs} outputs", b.unwrap_or_default());
        assert!(a == (batch, outputs), "an output of {}x{}, not {batch}x{outputs}", a.0, a.1);
    }

    fn assert_batch(&self, batch: usize) {
        assert!(batch <= self.max_batch, "a minibatch of {batch} rows in a plan for {}", self.max_batch);
    }

    /// `a = f(x * w + b)`.
    ///
    /// # Panics
    /// When a shape does not fit the layer, or there are more rows than the plan was made for, as for all methods
    /// below.
    pub fn forward(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
        w: &[T],          // (inputs, outputs)
        b: &[T],          // (outputs)
        a: MatMut<'_, T>, // (batch, outputs)
    ) {
        self.product(x, w, b, a, self.shape.activation);
    }

    // Without inlining, the views would be copied just after they were written, which stalls.
    #[inline(always)]
    fn product(
        &mut self,
        x: MatRef<'_, T>,
        w: &[T],
        b: &[T],
        a: MatMut<'_, T>,
        activation: Activation, // the layer's, or none
    ) {
        self.assert_fits(x, w, Some(b.len()), (a.rows(), a.cols()));
        let LayerShape { inputs, outputs, .. } = self.shape;
        let (kernel, w) = (self.kernel, MatRef::new(w, inputs, outputs));
        let threads = self.threads(x.rows());
        // Not through `for_each_part`: writing and copying the `Part` takes 15 ns per product.
        if threads == 1 {
            return kernel.gemm(x, w, Epilogue::Activation { bias: b, activation }, a, &mut self.workspaces[0].scratch);
        }
        let side = Side::of_product(&a);
        for_each_part(a, side, threads, &mut self.workspaces, &|a, part, workspace| {
            let (x, w, b) = (x.rows_in(part.rows), w.cols_in(part.cols.clone()), &b[part.cols]);
            kernel.gemm(x, w, Epilogue::Activation { bias: b, activation }, a, &mut workspace.scratch);
        });
    }

    /// As [`Plan::forward`], and keeps `z = x * w + b`, from which some derivatives are computed: see
    /// [`Activation::derivative_needs_input`]. a has the same bits.
    pub fn forward_keeping(
        &mut self,
        x: MatRef<'_, T>,     // (batch, inputs)
        w: &[T],              // (inputs, outputs)
        b: &[T],              // (outputs)
        mut z: MatMut<'_, T>, // (batch, outputs)
        a: MatMut<'_, T>,     // (batch, outputs)
    ) {
        let (batch, LayerShape { outputs, activation, .. }) = (x.rows(), self.shape);
        let (rows, cols) = (a.rows(), a.cols());
        assert!((rows, cols) == (batch, outputs), "an output of {rows}x{cols}, not {batch}x{outputs}");
        self.product(x, w, b, z.reborrow(), Activation::Identity);
        activate(self.kernel, activation, z.as_ref(), a);
    }

    /// The gradients by weights, bias and input, from the gradient by the output: [`Plan::output_gradient`],
    /// [`Plan::weight_gradient`] and [`Plan::input_gradient`]. `da` becomes dz.
    pub fn backward(
        &mut self,
        x: MatRef<'_, T>,      // (batch, inputs)
        w: &[T],               // (inputs, outputs)
        of: MatRef<'_, T>,     // (batch, outputs), a, or z where the derivative needs that
        mut da: MatMut<'_, T>, // (batch, outputs), becomes dz
        gradients: Gradients<'_, T>,
    ) {
        let Gradients { dw, db, dx } = gradients;
        self.output_gradient(of, da.reborrow(), db);
        let dz = da.as_ref();
        self.weight_gradient(x, dz, dw);
        if let Some(dx) = dx {
            self.input_gradient(dz, w, dx, None);
        }
    }

    /// The gradients by the input of the activation and by the bias: `dz = da * f'(z)`, `db = column sums of dz`. `da`
    /// becomes dz.
    ///
    /// # Panics
    /// When a shape does not fit the layer, or there are more rows than the plan was made for.
    pub fn output_gradient(
        &mut self,
        of: MatRef<'_, T>, // (batch, outputs), a, or z where the derivative needs that
        da: MatMut<'_, T>, // (batch, outputs), becomes dz
        db: &mut [T],      // (outputs)
    ) {
        let (batch, LayerShape { outputs, activation, .. }) = (of.rows(), self.shape);
        self.assert_batch(batch);
        assert!(of.cols() == outputs, "an output of {batch}x{}, not {batch}x{outputs}", of.cols());
        let (rows, cols) = (da.rows(), da.cols());
        assert!((rows, cols) == (batch, outputs), "da is {rows}x{cols}, not {batch}x{outputs}");
        assert!(db.len() == outputs, "a bias of {} for {outputs} outputs", db.len());
        derivative_and_sums(self.kernel, activation, of, da, db, self.workspaces.len());
    }

    /// The gradient by the weights, `dw = x^T * dz`.
    pub fn weight_gradient(
        &mut self,
        x: MatRef<'_, T>,  // (batch, inputs)
        dz: MatRef<'_, T>, // (batch, outputs)
        dw: &mut [T],      // (inputs, outputs)
    ) {
        self.assert_fits(x, dw, None, (dz.rows(), dz.cols()));
        let LayerShape { inputs, outputs, .. } = self.shape;
        let (kernel, threads) = (self.kernel, self.threads(x.rows()));
        let dw = MatMut::new(dw, inputs, outputs);
        let side = Side::of_product(&dw);
        for_each_part(dw, side, threads, &mut self.workspaces, &|dw, part, workspace| {
            let (x, dz) = (x.t().rows_in(part.rows), dz.cols_in(part.cols));
            kernel.gemm(x, dz, Epilogue::Store, dw, &mut workspace.scratch);
        });
    }

    /// The gradient by the input, `dx = dz * w^T`. With a `previous` layer, whose output is x, its
    /// [`Plan::output_gradient`] is computed in the same pass: dx becomes its dz.
    pub fn input_gradient(
        &mut self,
        dz: MatRef<'_, T>,     // (batch, outputs)
        w: &[T],               // (inputs, outputs)
        mut dx: MatMut<'_, T>, // (batch, inputs)
        previous: Option<PreviousLayer<'_, T>>,
    ) {
        let (batch, LayerShape { inputs, outputs, .. }) = (dz.rows(), self.shape);
        assert!((dx.rows(), dx.cols()) == (batch, inputs), "dx is {}x{}, not {batch}x{inputs}", dx.rows(), dx.cols());
        self.assert_fits(dx.as_ref(), w, None, (dz.rows(), dz.cols()));
        let (kernel, w) = (self.kernel, MatRef::new(w, inputs, outputs).t());
        let threads = self.threads(batch);
        if let Some(PreviousLayer { of, db, .. }) = &previous {
            assert!(db.len() == inputs, "a bias of {} for {inputs} inputs", db.len());
            let (rows, cols) = (of.rows(), of.cols());
            assert!((rows, cols) == (batch, inputs), "a previous output of {rows}x{cols}, not {batch}x{inputs}");
        }

        match previous {
            // One thread adds up each column, so this is fused only on one thread.
            Some(PreviousLayer { activation, of, db }) if threads == 1 => {
                let sums = Some(Cell::from_mut(db).as_slice_of_cells());
                kernel.gemm(dz, w, Epilogue::Derivative { activation, of, sums }, dx, &mut self.workspaces[0].scratch);
            }
            previous => {
                let side = Side::of_product(&dx);
                for_each_part(dx.reborrow(), side, threads, &mut self.workspaces, &|dx, part, workspace| {
                    let (dz, w) = (dz.rows_in(part.rows), w.cols_in(part.cols));
                    kernel.gemm(dz, w, Epilogue::Store, dx, &mut workspace.scratch);
                });
                if let Some(PreviousLayer { activation, of, db }) = previous {
                    derivative_and_sums(kernel, activation, of, dx, db, self.workspaces.len());
                }
            }
        }
    }
}
