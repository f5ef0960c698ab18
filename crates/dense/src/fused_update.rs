//! The update of a layer's weights, fused with the product that computes their gradient: `w <- rule(w, x^T * dz)`.
//!
//! Plain SGD is an epilogue of the product: the gradient is never stored. Rules with optimizer state get the gradient
//! one strip of rows at a time, while it is in the caches, so that dw never exists as a whole. Both ways give the bits
//! of [`Plan::weight_gradient`] followed by [`crate::update`](mod@crate::update).

use chainrule_kernel::{
    Aligned, Epilogue, KC, Kernel, MatMut, MatRef, PackedB, PackedColumns, Rule, Scalar, SizeError,
};

use crate::clip::scale_all;
use crate::partition::{Side, for_each_part, middle};
use crate::plan::{Plan, ThreadWorkspace};
use crate::step::split_moments;
use crate::{LayerShape, Step};

/// Bytes of a strip of dw: together with w and the moments of the same rows it should stay in the L2 cache. Time of a
/// step of 784-512-512-10 and 784-2048-2048-10 with Adam on Zen 5, relative to strips of 128 KiB:
///
/// ```text
/// strip      AVX2        AVX-512
/// 64 KiB     1.0
/// 256 KiB    1.0         1.1
/// 384 KiB                1.3
/// ```
const STRIP_BYTES: usize = 128 << 10;
/// The rows of a strip are a multiple of this: whole tiles of 6 and of 14 rows.
const STRIP_ROWS: usize = 42;

/// The work of one thread: some rows of the weights and their moments.
struct Rows<'a, T> {
    /// The index of the first row.
    start: usize,
    w: &'a mut [T],
    moments: [&'a mut [T]; 2],
}

impl<T: Scalar> Plan<T> {
    /// Allocates the strips that [`Plan::backward_update`] needs if [`Step::wants_strips`], or for minibatches of more
    /// rows than the kernel multiplies at once.
    ///
    /// # Panics
    /// When there is not enough memory: see [`Plan::try_for_fused_update`].
    #[must_use]
    pub fn for_fused_update(self, wants_strips: bool) -> Self {
        self.try_for_fused_update(wants_strips).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Plan::for_fused_update`].
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_for_fused_update(mut self, wants_strips: bool) -> Result<Self, SizeError> {
        let (LayerShape { inputs, outputs, .. }, max_batch) = (self.shape, self.max_batch());
        if wants_strips || max_batch > KC {
            let rows = strip_rows::<T>(self.shape);
            for workspace in &mut self.workspaces {
                workspace.strip = Aligned::try_zeros(rows * outputs)?;
            }
            // A single column gains nothing from packing, and unpacked it may be computed as dot products.
            if inputs > rows && outputs > 1 {
                self.packed = Some(PackedB::try_zeros(self.kernel, max_batch, outputs)?);
            }
        }
        Ok(self)
    }

    /// Updates the weights: `w <- step(w, dw)` with `dw = x^T * dz`. The arrays of `moments` that the rule does not use
    /// are empty.
    ///
    /// # Panics
    /// When a shape does not fit the layer, or the plan was not made for this kind of step.
    pub fn backward_update(
        &mut self,
        x: MatRef<'_, T>,  // (batch, inputs)
        dz: MatRef<'_, T>, // (batch, outputs)
        w: &mut [T],       // (inputs, outputs)
        step: Step<T>,
        moments: [&mut [T]; 2], // as w, or empty
    ) {
        self.assert_fits(x, w, None, (dz.rows(), dz.cols()));
        // Written out, since a loop over both would put them in memory.
        let (arrays, found) = (step.rule.moments(), [moments[0].len(), moments[1].len()]);
        let needed = [w.len() * usize::from(arrays > 0), w.len() * usize::from(arrays > 1)];
        assert!(
            found == needed,
            "{} numbers to remember and memory for {}",
            needed[0] + needed[1],
            found[0] + found[1]
        );
        let LayerShape { inputs, outputs, .. } = self.shape;
        let (kernel, threads) = (self.kernel, self.threads(x.rows()));
        if let Step { rule: Rule::Sgd { lr, decay }, shrink, .. } = step
            && !step.wants_strips()
            && x.rows() <= KC
        {
            scale_all(w, shrink);
            let w = MatMut::new(w, inputs, outputs);
            let update = |rate| Epilogue::Update { rate, decay }; // an epilogue does not cross threads
            if threads == 1 {
                return kernel.gemm(x.t(), dz, update(lr), w, &mut self.workspaces[0].scratch);
            }
            let side = Side::of_product(&w);
            return for_each_part(w, side, threads, &mut self.workspaces, &|w, part, workspace| {
                let (x, dz) = (x.t().rows_in(part.rows), dz.cols_in(part.cols));
                kernel.gemm(x, dz, update(lr), w, &mut workspace.scratch);
            });
        }
        let rows = strip_rows::<T>(self.shape);
        assert!(
            self.workspaces.iter().all(|workspace| workspace.strip.len() == rows * outputs),
            "a plan without strips for {step:?}"
        );
        let threads = threads.min(inputs.div_ceil(STRIP_ROWS));
        let packed = self.packed.as_mut().map(|packed| {
            pack(packed.with_rows(dz.rows()), dz, threads);
            &*packed
        });
        let product = Product { kernel, x, dz, packed, step, outputs, rows };
        product.backward_update(Rows { start: 0, w, moments }, &mut self.workspaces[..threads]);
    }
}

/// The number of rows of a strip, at most those of the layer.
fn strip_rows<T: Scalar>(shape: LayerShape) -> usize {
    let wanted = STRIP_BYTES / (shape.outputs * size_of::<T>()).max(1);
    (wanted / STRIP_ROWS * STRIP_ROWS).max(STRIP_ROWS).min(shape.inputs)
}

/// Packs dz; each thread packs some of its columns.
fn pack<T: Scalar>(mut columns: PackedColumns<'_, T>, dz: MatRef<'_, T>, threads: usize) {
    let Some(at) = middle(columns.cols(), threads) else {
        return columns.update(dz);
    };
    let (left, right) = columns.split(at);
    let at = left.cols();
    rayon::join(
        || pack(left, dz.cols_in(0..at), threads / 2),
        || pack(right, dz.cols_in(at..dz.cols()), threads - threads / 2),
    );
}

/// The product and the step that follows it.
struct Product<'a, T: Scalar> {
    kernel: &'static Kernel<T>,
    x: MatRef<'a, T>,
    dz: MatRef<'a, T>,
    packed: Option<&'a PackedB<T>>,
    step: Step<T>,
    outputs: usize,
    /// The number of rows of a strip.
    rows: usize,
}

impl<T: Scalar> Product<'_, T> {
    /// Divides the rows of w among threads.
    fn backward_update(&self, rows: Rows<'_, T>, workspaces: &mut [ThreadWorkspace<T>]) {
        let count = rows.w.len() / self.outputs.max(1);
        let threads = workspaces.len();
        if threads == 1 || count < 2 * STRIP_ROWS {
            return self.strips(rows, &mut workspaces[0]);
        }
        let at = (count * (threads / 2) / threads).next_multiple_of(STRIP_ROWS).min(count);
        let Rows { start, w, moments } = rows;
        let (left_w, right_w) = w.split_at_mut(at * self.outputs);
        let (left_moments, right_moments) = split_moments(moments, at * self.outputs);
        let (left_workspaces, right_workspaces) = workspaces.split_at_mut(threads / 2);
        let left = Rows { start, w: left_w, moments: left_moments };
        let right = Rows { start: start + at, w: right_w, moments: right_moments };
        rayon::join(|| self.backward_update(left, left_workspaces), || self.backward_update(right, right_workspaces));
    }

    /// For each strip: computes its gradient, then updates its weights.
    fn strips(&self, rows: Rows<'_, T>, workspace: &mut ThreadWorkspace<T>) {
        let Rows { mut start, mut w, mut moments } = rows;
        while !w.is_empty() {
            let count = self.rows.min(w.len() / self.outputs);
            let n = count * self.outputs;
            let dw = &mut workspace.strip[..n];
            let x = self.x.t().rows_in(start..start + count);
            let c = MatMut::new(dw, count, self.outputs);
            match self.packed {
                Some(dz) => self.kernel.gemm_packed(x, dz, Epilogue::Store, c, &mut workspace.scratch),
                None => self.kernel.gemm(x, self.dz, Epilogue::Store, c, &mut workspace.scratch),
            }
            let (here, rest) = w.split_at_mut(n);
            let (here_moments, rest_moments) = split_moments(moments, n);
            self.step.apply(self.kernel, here, dw, here_moments);
            (start, w, moments) = (start + count, rest, rest_moments);
        }
    }
}
