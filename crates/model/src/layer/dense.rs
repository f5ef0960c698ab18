//! A dense layer with the activation fused into it: `a = f(x w + b)`, w of (inputs, outputs). `chainrule-dense` computes
//! the products and starts the threads; this file says where the parameters are and which operations are fused.
//!
//! ```text
//! dz = da * f'(z)
//! dw = x^T dz, db = sum of dz over rows, dx = dz w^T
//! ```
//!
//! The product that gives dx also computes, in its epilogue, the dz of the dense operation before it. Then the gradient of
//! the weights is computed, and either stored or applied at once; both orders of operations are the same, so both give the
//! same bits.

use std::fmt;
use std::ops::Range;

use chainrule_dense::{LayerShape, PackedLayer, Plan, PreviousLayer};
use chainrule_kernel::{MatMut, MatRef, NarrowError, Scalar, Scratch};

use super::layer_op::{
    BackwardInput, Forward, InitContext, Kept, LayerOp, Learned, Numbers, OpWorkspace, Prepared, PreviousDense,
    PreviousOp, Size, TensorShape, Weights,
};
use crate::ModelError;
use crate::decay::Steps;
use crate::init::FirstWeights;
use crate::memory::NoMemory;
use crate::precision::Precision;

/// A dense layer in its network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dense {
    /// Sizes and the fused activation.
    pub(crate) shape: LayerShape,
    /// Index of w in the parameters; b follows w.
    pub(crate) offset: usize,
}

/// The ranges of w and b in the parameters, and in the gradients.
pub(crate) struct DenseRanges {
    pub(crate) w: Range<usize>,
    pub(crate) b: Range<usize>,
}

impl Dense {
    /// The ranges of its parameters.
    #[inline]
    pub(crate) fn ranges(&self) -> DenseRanges {
        let w = self.offset..self.offset + self.shape.inputs * self.shape.outputs;
        let b = w.end..w.end + self.shape.outputs;
        DenseRanges { w, b }
    }

    /// `inputs, outputs`.
    pub(super) fn read(sizes: &str) -> Option<[usize; 2]> {
        let (inputs, outputs) = sizes.split_once(',')?;
        Some([inputs.trim().parse().ok()?, outputs.trim().parse().ok()?])
    }
}

impl LayerOp for Dense {
    fn kind(&self) -> String {
        "dense".to_owned()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dense({}, {})", self.shape.inputs, self.shape.outputs)
    }

    #[inline]
    fn width(&self, _before: usize) -> usize {
        self.shape.outputs
    }

    #[inline]
    fn takes_any_strides(&self) -> bool {
        true
    }

    fn tensors(&self) -> Vec<TensorShape> {
        let LayerShape { inputs, outputs, .. } = self.shape;
        let weight = TensorShape { name: "weight", shape: vec![inputs, outputs] };
        vec![weight, TensorShape { name: "bias", shape: vec![outputs] }]
    }

    fn learned(&self) -> Learned {
        let DenseRanges { w, b } = self.ranges();
        Learned { weights: w, biases: b }
    }

    fn parameters(&self) -> usize {
        let LayerShape { inputs, outputs, .. } = self.shape;
        inputs.saturating_mul(outputs).saturating_add(outputs)
    }

    fn initialise<T: Scalar>(&self, begin: InitContext, params: &mut [T], _running: &mut [T]) {
        let InitContext { init, seed, dense } = begin;
        let LayerShape { inputs, outputs, .. } = self.shape;
        let DenseRanges { w, b } = self.ranges();
        let (first, rest) = params.split_at_mut(w.end);
        let b = &mut rest[b.start - w.end..b.end - w.end];
        init.fill(FirstWeights { inputs, outputs, seed, layer: dense }, &mut first[w], b);
    }

    fn kept<T: Scalar>(&self, size: &Size<T>) -> Result<Kept<T>, NoMemory> {
        Ok(Kept::Plan(Plan::try_new(size.kernel, self.shape, size.max_batch)?.try_for_fused_update(size.strips)?))
    }

    fn keeps_z(&self) -> bool {
        self.shape.activation.derivative_needs_input()
    }

    #[inline]
    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, inputs)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError> {
        let (batch, width, DenseRanges { w, b }) = (x.rows(), here.width, self.ranges());
        let n = batch * width;
        let plan = plan(&mut here.kept);
        let a = MatMut::new(&mut here.a[..n], batch, width);
        let (w, b) = (&pass.numbers.params[w], &pass.numbers.params[b]);
        if here.z.is_empty() {
            plan.forward(x, w, b, a);
        } else {
            plan.forward_keeping(x, w, b, MatMut::new(&mut here.z[..n], batch, width), a);
        }
        Ok(())
    }

    #[inline]
    fn backward<T: Scalar>(
        &self,
        flow: &mut BackwardInput<'_, T>,
        here: &mut OpWorkspace<T>,
        weights: &mut Weights<'_, T>,
        grads: &mut [T], // as the parameters
    ) {
        let DenseRanges { w, b } = self.ranges();
        let OpWorkspace { width, z, a, da, kept } = here;
        let (batch, width, plan) = (flow.batch, *width, plan(kept));
        let n = batch * width;
        let da = &mut da[..n];
        if !flow.is_dz {
            let of = MatRef::new(if z.is_empty() { &a[..n] } else { &z[..n] }, batch, width);
            plan.output_gradient(of, MatMut::new(da, batch, width), &mut grads[b.clone()]);
        }
        let dz = MatRef::new(da, batch, width);
        if let Some(PreviousOp { dense, of, dx }) = flow.previous.take() {
            let previous =
                dense.map(|PreviousDense { activation, b }| PreviousLayer { activation, of, db: &mut grads[b] });
            flow.is_dz = previous.is_some();
            plan.input_gradient(dz, &weights.params()[w.clone()], dx, previous);
        }
        match weights {
            Weights::Kept(_) => plan.weight_gradient(flow.x, dz, &mut grads[w]),
            Weights::Moved { params, steps: Steps { weights, biases }, state } => {
                let arrays = weights.rule.moments();
                biases.apply(flow.kernel, &mut params[b.clone()], &grads[b.clone()], state.range(arrays, b));
                plan.backward_update(flow.x, dz, &mut params[w.clone()], *weights, state.range(arrays, w));
            }
        }
    }

    fn prepare<T: Scalar>(&self, numbers: Numbers<'_, T>, precision: Precision) -> Result<Prepared<T>, NoMemory> {
        let w = &numbers.params[self.ranges().w];
        let layer = match precision.narrow() {
            None => PackedLayer::try_new(numbers.kernel, self.shape, w)?,
            Some(format) => match PackedLayer::try_narrow(numbers.kernel, self.shape, w, format) {
                Ok(layer) => layer,
                Err(NarrowError::Size(_)) => return Err(NoMemory),
                Err(problem) => unreachable!("checked before: {problem}"),
            },
        };
        Ok(Prepared::Dense(layer))
    }

    #[inline]
    fn infer<T: Scalar>(
        &self,
        numbers: Numbers<'_, T>,
        prepared: Option<&Prepared<T>>,
        x: MatRef<'_, T>, // (rows, inputs)
        a: &mut [T],      // (rows, width)
        scratch: &mut Scratch<T>,
    ) -> Result<(), NoMemory> {
        let DenseRanges { w, b } = self.ranges();
        let (w, b) = (&numbers.params[w], &numbers.params[b]);
        let a = MatMut::new(a, x.rows(), self.shape.outputs);
        match prepared {
            Some(Prepared::Dense(layer)) => layer.forward(x, w, b, a, scratch),
            _ => PackedLayer::unpacked(numbers.kernel, self.shape).forward(x, w, b, a, scratch),
        }
        Ok(())
    }
}

#[inline]
fn plan<T: Scalar>(kept: &mut Kept<T>) -> &mut Plan<T> {
    let Kept::Plan(plan) = kept else { unreachable!("a dense operation keeps a plan") };
    plan
}
