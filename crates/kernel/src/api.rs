//! The safe ways in: shapes are checked here, once, and everything below trusts them.

use std::any::Any;
use std::cell::{Cell, RefCell};

use crate::elementwise::activation::{Activation, ApplyPostOp, Area, PostOp};
use crate::elementwise::byte_lut::{ByteLut, Dequantize};
use crate::elementwise::multiply_adds::MultiplyAdds;
use crate::elementwise::optimizer::{Rule, Update};
use crate::epilogue::{Bias, Epilogue, EpilogueOp};
use crate::gemm::blocking::Blocking;
use crate::gemm::level2::row::Row;
use crate::gemm::pack::prepacked::PackedB;
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::Problem;
use crate::math::{Function, Map};
use crate::matrix::operand::Operand;
use crate::matrix::view::{MatMut, MatRef};
use crate::narrow::packed::{FEW_ROWS, PackedNarrow};
use crate::narrow::row::NarrowRows;
use crate::narrow::widen_panels::WidenPanels;
use crate::{Kernel, Scalar};

impl<T: Scalar> Kernel<T> {
    /// `C <- epilogue(A * B)` with A (m, k), B (k, n), C (m, n), of any strides.
    ///
    /// Every element of the product is one chain of multiply-adds over k in ascending order (cut every 1024 steps only
    /// where [`Epilogue::Accumulate`] and [`Epilogue::Update`] have to keep C), so its bits do not depend on the rest of
    /// the shape. Only where C is a single row or column, and A's rows and B's columns are contiguous, are its elements
    /// dot products from 64 steps on: sixteen chains each, step p in chain `p % 16`, added up in halves. Allocates only when `scratch` is smaller than [`Scratch::for_shape`] makes it.
    ///
    /// # Panics
    /// When the shapes disagree, a bias is not as long as C is wide, or the CPU lacks this kernel's instructions.
    #[inline(always)]
    pub fn gemm(
        &self,
        a: MatRef<'_, T>, // (m, k)
        b: MatRef<'_, T>, // (k, n)
        epilogue: Epilogue<'_, T>,
        c: MatMut<'_, T>, // (m, n)
        scratch: &mut Scratch<T>,
    ) {
        self.product(a, (b.rows(), b.cols()), Operand::of(b), false, epilogue, c, scratch);
    }

    /// As [`Kernel::gemm`], with B packed before: `update`d once, multiplied with often. All elements are one chain.
    ///
    /// # Panics
    /// As [`Kernel::gemm`], and when B was packed for another kernel.
    pub fn gemm_packed(
        &self,
        a: MatRef<'_, T>, // (m, k)
        b: &PackedB<T>,   // (k, n)
        epilogue: Epilogue<'_, T>,
        c: MatMut<'_, T>, // (m, n)
        scratch: &mut Scratch<T>,
    ) {
        assert!(std::ptr::eq(self, b.kernel()), "B was packed for {}, not for {}", b.kernel().name(), self.name());
        let panels = Operand { ptr: b.panels().as_ptr(), rs: 0, cs: 0 };
        self.product(a, (b.rows(), b.cols()), panels, true, epilogue, c, scratch);
    }

    /// As [`Kernel::gemm`], in a scratch that this thread keeps for such calls.
    ///
    /// # Panics
    /// As [`Kernel::gemm`].
    pub fn gemm_in_thread(
        &self,
        a: MatRef<'_, T>, // (m, k)
        b: MatRef<'_, T>, // (k, n)
        epilogue: Epilogue<'_, T>,
        c: MatMut<'_, T>, // (m, n)
    ) {
        with_scratch(|scratch| self.gemm(a, b, epilogue, c, scratch));
    }

    /// As [`Kernel::gemm_packed`] with narrow weights, and with its bits for the weights rounded by
    /// [`crate::NarrowFormat::round`], whatever the number of rows; with integers a chain is over `a * integer`, and its sum is
    /// multiplied by the scale of its column. A few rows are multiplied with weights widened in registers, so
    /// that the bytes read are those of the narrow weights; many with some columns at a time that are widened once for all rows.
    /// Allocates only when `scratch` is smaller than [`PackedNarrow::try_reserve`] makes it.
    ///
    /// # Panics
    /// As [`Kernel::gemm_packed`], and when the epilogue is not one of inference: [`Epilogue::Store`], [`Epilogue::Bias`],
    /// [`Epilogue::BiasRelu`] and [`Epilogue::Activation`] are.
    pub fn gemm_narrow(
        &self,
        a: MatRef<'_, T>,    // (m, k)
        b: &PackedNarrow<T>, // (k, n)
        epilogue: Epilogue<'_, T>,
        mut c: MatMut<'_, T>, // (m, n)
        scratch: &mut Scratch<T>,
    ) {
        assert!(std::ptr::eq(self, b.kernel()), "B was packed for {}, not for {}", b.kernel().name(), self.name());
        let (m, n, k) = (c.rows(), b.cols(), b.rows());
        assert!(
            a.rows() == m && a.cols() == k && c.cols() == n,
            "A {}x{} times B {k}x{n} does not fit C {m}x{}",
            a.rows(),
            a.cols(),
            c.cols(),
        );
        let (bias, activation) = match epilogue {
            Epilogue::Store => (None, Activation::Identity),
            Epilogue::Bias(bias) => (Some(bias), Activation::Identity),
            Epilogue::BiasRelu(bias) => (Some(bias), Activation::Relu),
            Epilogue::Activation { bias, activation } => (Some(bias), activation),
            _ => panic!("narrow weights with {epilogue:?}, which is for training"),
        };
        if let Some(bias) = bias {
            assert!(bias.len() == n, "a bias of {} elements for {n} columns", bias.len());
        }
        self.assert_available();
        if m == 0 || n == 0 {
            return;
        }
        if m <= FEW_ROWS {
            return self.narrow_rows(Some(a), b, (bias, activation), c, scratch);
        }
        // No wrap: B's panels, which exist and so have at most 2^63 bytes, have a byte for every other of these elements at least.
        let mut widened = scratch.take_widened(n.min(self.narrow_columns).next_multiple_of(self.nr) * k);
        for col in (0..n).step_by(self.narrow_columns) {
            let cols = self.narrow_columns.min(n - col);
            let (first, end) = (col / (2 * self.lanes), (col + cols).div_ceil(2 * self.lanes));
            let to = &mut widened[..cols.next_multiple_of(self.nr) * k];
            // SAFETY: B was packed for this kernel (asserted), so its panels are of whole units; the columns widened at once are
            // whole panels of both kinds (`narrow_columns`), and `assert_available` has passed.
            unsafe { (self.widen)(&mut WidenPanels { panels: b.panels(), first, end, nr: self.nr, to }) };
            let (_, c) = c.reborrow().split_cols(col);
            let (c, _) = c.split_cols(cols);
            let epilogue = match bias {
                Some(bias) if !b.is_scaled() => Epilogue::Activation { bias: &bias[col..col + cols], activation },
                _ => Epilogue::Store,
            };
            let panels = Operand { ptr: widened.as_ptr(), rs: 0, cs: 0 };
            self.product(a, (k, cols), panels, true, epilogue, c, scratch);
        }
        if b.is_scaled() {
            self.narrow_rows(None, b, (bias, activation), c, scratch);
        }
        scratch.keep_widened(widened);
    }

    /// At most `FEW_ROWS`, which fit, and a column (`gemm_narrow`). Without A, C holds the sums, of integers, of any number of rows.
    fn narrow_rows(
        &self,
        a: Option<MatRef<'_, T>>, // (m, k)
        b: &PackedNarrow<T>,
        (bias, activation): (Option<&[T]>, Activation), // (n)
        mut c: MatMut<'_, T>,                           // (m, n)
        scratch: &mut Scratch<T>,
    ) {
        let sizes = self.assert_available();
        let (panels, n, k) = (b.panels(), b.cols(), b.rows());
        let (m, at_once) = (c.rows(), if a.is_none() { 1 } else { c.rows() });
        // No wrap: C has a row of as many columns, but for the last 2 * LANES, for each of a few.
        let y = scratch.first_panels(at_once * 2 * self.lanes * b.units());
        let floor = if activation == Activation::Relu { T::ZERO } else { T::NEG_INFINITY };
        let epilogue = bias.map_or(EpilogueOp::Store, |bias| EpilogueOp::Bias(Bias { bias: bias.as_ptr(), floor }));
        let is_done = matches!(activation, Activation::Identity | Activation::Relu);
        let post_op = (!is_done).then_some(PostOp { activation, of: None, sums: std::ptr::null_mut() });
        let (epilogue, post_op, is_summed) = (&epilogue, post_op.as_ref(), a.is_none());
        let a = a.map_or(Operand { ptr: std::ptr::null(), rs: 0, cs: 0 }, Operand::of);
        let (a_rs, c_rs, c_cs, c) = (a.rs, c.row_stride(), c.col_stride(), c.as_mut_ptr());
        for i in (0..m).step_by(at_once) {
            let row = Row {
                m: at_once,
                n,
                k,
                a: a.at(i, 0),
                a_cs: a.cs,
                b: std::ptr::null(),
                b_rs: 0,
                b_cs: 0,
                c: c.wrapping_add(i * c_rs),
                c_cs,
                col: 0,
                sizes,
                y: y.as_mut_ptr(),
                y_len: y.len(),
                swapped: false,
            };
            // SAFETY: the views cover their shapes by construction and C overlaps neither operand; rows i.. are below m; B was
            // packed for this kernel with (k, n), and the bias has n elements (`gemm_narrow`); `assert_available` has passed.
            unsafe { (self.narrow)(&NarrowRows { row, a_rs, c_rs, is_summed, panels, epilogue, post_op }) };
        }
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "the ways in, and nobody else, call this")]
    fn product(
        &self,
        a: MatRef<'_, T>,
        (b_rows, n): (usize, usize),
        b: Operand<T>,
        b_packed: bool,
        epilogue: Epilogue<'_, T>,
        mut c: MatMut<'_, T>,
        scratch: &mut Scratch<T>,
    ) {
        let sizes = self.assert_available();
        let (m, k) = (c.rows(), a.cols());
        assert!(
            a.rows() == m && b_rows == k && c.cols() == n,
            "A {}x{k} times B {b_rows}x{n} does not fit C {m}x{}",
            a.rows(),
            c.cols(),
        );
        match epilogue {
            Epilogue::Bias(bias) | Epilogue::BiasRelu(bias) | Epilogue::Activation { bias, .. } => {
                assert!(bias.len() == n, "a bias of {} elements for {n} columns", bias.len());
            }
            Epilogue::Derivative { of, sums, .. } => assert_fits(of, sums, (m, n)),
            Epilogue::Store | Epilogue::Accumulate { .. } | Epilogue::Update { .. } => {}
        }
        if m == 0 || n == 0 {
            if let Epilogue::Derivative { sums: Some(sums), .. } = epilogue {
                sums.iter().for_each(|sum| sum.set(T::ZERO));
            }
            return;
        }
        let (c_rs, c_cs) = (c.row_stride(), c.col_stride());
        let (a, c) = (Operand::of(a), c.as_mut_ptr());
        let mut problem =
            Problem { m, n, k, a, b, c, c_rs, c_cs, row: 0, col: 0, swapped: false, b_packed, sizes, post_op: None };
        let biased = |bias: &[T], floor: T| EpilogueOp::Bias(Bias { bias: bias.as_ptr(), floor });
        let no_floor = T::NEG_INFINITY;
        let op = match epilogue {
            Epilogue::Store => EpilogueOp::Store,
            Epilogue::Accumulate { alpha, beta } => EpilogueOp::accumulate(alpha, beta),
            Epilogue::Update { rate, decay } => EpilogueOp::update(rate, decay),
            Epilogue::Bias(bias) | Epilogue::Activation { bias, activation: Activation::Identity } => {
                biased(bias, no_floor)
            }
            Epilogue::BiasRelu(bias) | Epilogue::Activation { bias, activation: Activation::Relu } => {
                biased(bias, T::ZERO)
            }
            Epilogue::Activation { bias, activation } => {
                problem.post_op = Some(PostOp { activation, of: None, sums: std::ptr::null_mut() });
                biased(bias, no_floor)
            }
            Epilogue::Derivative { activation, of, sums } => {
                let of = Some(Operand::of(of));
                let sums = sums.map_or(std::ptr::null_mut(), |sums| sums.as_ptr().cast_mut().cast::<T>());
                // In its place: a copy of what was just written waits for it, 30 cycles.
                problem.post_op = Some(PostOp { activation, of, sums });
                EpilogueOp::Store
            }
        };
        // SAFETY: the views cover their shapes by construction, a MatMut overlaps neither itself nor any live MatRef or
        // Cell, packed panels have this kernel's width and all of (k, n), the shapes, the bias and the sums fit (asserted
        // above), and `assert_available` has passed.
        unsafe { (self.gemm)(&problem, &op, scratch) }
    }

    /// How a product of (m, n, k) is blocked, A and B at these strides, where its chains go on from C or not; `None` where it is
    /// not made of blocks as it lies. For tests and benchmarks that replay its loops.
    #[doc(hidden)]
    pub fn blocking(
        &self,
        (m, n, k): (usize, usize, usize),
        a: (usize, usize),
        b: (usize, usize),
        resumes: bool,
    ) -> Option<Blocking> {
        let at = |(rs, cs)| Operand { ptr: std::ptr::null(), rs, cs };
        let (a, b, c, sizes) = (at(a), at(b), std::ptr::null_mut(), self.assert_available());
        let (c_rs, c_cs, row, col, post_op) = (n, 1, 0, 0, None);
        let p = Problem { m, n, k, a, b, c, c_rs, c_cs, row, col, swapped: false, b_packed: false, sizes, post_op };
        (self.blocking)(&p, resumes)
    }

    /// `z <- f(z)`, element by element.
    ///
    /// # Panics
    /// When the CPU lacks this kernel's instructions; so for all below.
    pub fn activate(&self, activation: Activation, z: MatMut<'_, T>) {
        self.each(PostOp { activation, of: None, sums: std::ptr::null_mut() }, z);
    }

    /// `d <- d * f'`, the derivative taken from f's outputs, or from its inputs where
    /// [`Activation::derivative_needs_input`], element by element; `sums` become the sums of d's columns.
    ///
    /// # Panics
    /// When the shapes disagree.
    pub fn derivative(&self, activation: Activation, of: MatRef<'_, T>, d: MatMut<'_, T>, sums: Option<&[Cell<T>]>) {
        assert_fits(of, sums, (d.rows(), d.cols()));
        let at = sums.map_or(std::ptr::null_mut(), |sums| sums.as_ptr().cast_mut().cast::<T>());
        if d.rows() == 0 {
            sums.iter().copied().flatten().for_each(|sum| sum.set(T::ZERO));
        }
        self.each(PostOp { activation, of: Some(Operand::of(of)), sums: at }, d);
    }

    fn each(&self, post_op: PostOp<T>, mut c: MatMut<'_, T>) {
        self.assert_available();
        // One long row where there are no gaps.
        let (rows, cols) = match c.as_contiguous_mut() {
            Some(whole) if post_op.of.is_none() => (1, whole.len()),
            _ => (c.rows(), c.cols()),
        };
        if rows == 0 || cols == 0 {
            return; // before as many rows as there may be of no columns are walked
        }
        let (c_rs, c_cs) = (c.row_stride(), c.col_stride());
        let area = Area { rows, cols, c: c.as_mut_ptr(), c_rs, c_cs, row: 0, col: 0 };
        // SAFETY: the view covers the area, `of` and sums fit it (asserted above) and overlap it nowhere, and
        // `assert_available` has passed.
        unsafe { (self.post_op)(ApplyPostOp { post_op: &post_op, area: &area }) }
    }

    /// Computes this number of rounds of multiply-adds in registers alone, a few in each, and returns how many multiplications and
    /// additions that were. Over the time it took this is the peak: no product has more a second.
    ///
    /// # Panics
    /// When the CPU lacks this kernel's instructions.
    pub fn multiply_adds(&self, rounds: u64) -> u64 {
        self.assert_available();
        let mut op = MultiplyAdds { rounds, flops: 0 };
        // SAFETY: `assert_available` has passed.
        unsafe { (self.multiply_adds)(&mut op) }
        op.flops
    }

    /// `x <- e^x`, within 1.5 ulp in f32 and 2 in f64; overflow is infinite, underflow gradual.
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
        unsafe { (self.map)(&mut Map { function, values }) }
    }

    /// Moves the parameters by one step. Of the two arrays that a rule may remember, those it does not need are empty.
    ///
    /// # Panics
    /// When the lengths differ, or the CPU lacks this kernel's instructions.
    pub fn update(
        &self,
        rule: Rule<T>,
        w: &mut [T],
        dw: &[T],               // as w
        moments: [&mut [T]; 2], // v or s, or m and s: as w
    ) {
        self.assert_available();
        assert!(w.len() == dw.len(), "{} parameters and {} gradients", w.len(), dw.len());
        for (i, memory) in moments.iter().enumerate() {
            let needed = if i < rule.moments() { w.len() } else { 0 };
            assert!(memory.len() == needed, "{needed} numbers to remember and memory for {}", memory.len());
        }
        // SAFETY: `assert_available` has passed.
        unsafe { (self.update)(&mut Update { rule: &rule, w, dw, moments }) }
    }

    /// Writes what the bytes stand for. The bits do not depend on the kernel.
    ///
    /// # Panics
    /// When the lengths differ, or the CPU lacks this kernel's instructions.
    pub fn dequantize(&self, map: &ByteLut<T>, bytes: &[u8], to: &mut [T]) {
        self.assert_available();
        assert!(bytes.len() == to.len(), "{} bytes to {} places", bytes.len(), to.len());
        // SAFETY: `assert_available` has passed.
        unsafe { (self.dequantize)(&mut Dequantize { map, bytes, to }) }
    }
}

/// What this thread keeps for callers without a scratch of their own.
fn with_scratch<T: Scalar>(work: impl FnOnce(&mut Scratch<T>)) {
    thread_local! {
        static SCRATCH_F32: RefCell<Scratch<f32>> = RefCell::default();
        static SCRATCH_F64: RefCell<Scratch<f64>> = RefCell::default();
    }
    SCRATCH_F32.with(|f32s| {
        SCRATCH_F64.with(|f64s| {
            let (f32s, f64s): (&dyn Any, &dyn Any) = (f32s, f64s);
            let of_type = f32s.downcast_ref::<RefCell<Scratch<T>>>().or_else(|| f64s.downcast_ref());
            work(&mut of_type.expect("Scalar is sealed: f32 or f64").borrow_mut());
        });
    });
}

fn assert_fits<T: Scalar>(of: MatRef<'_, T>, sums: Option<&[Cell<T>]>, (m, n): (usize, usize)) {
    let (rows, cols) = (of.rows(), of.cols());
    assert!((rows, cols) == (m, n), "a derivative from {rows}x{cols} for {m}x{n}");
    if let Some(sums) = sums {
        assert!(sums.len() == n, "{} sums for {n} columns", sums.len());
    }
}
