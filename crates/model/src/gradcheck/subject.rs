//! The function that is checked: the loss of a network in f64 as a function of a point, one vector of all its numbers.
//!
//! The gradients are those of the fused passes that training uses. The values along a direction come from
//! [`Intermediates`], which shows the input of every activation and so the smooth piece that it is on.

use std::any::Any;
use std::ops::Range;
use std::sync::Arc;

use chainrule_dense::Activation;
use chainrule_kernel::{Kernel, MatRef, Scalar};

use super::kinks::{kinks, piece};
use crate::intermediates::Intermediates;
use crate::layer::layer_op::{LayerOp, TensorShape};
use crate::layer::{Op, each};
use crate::layout::{Layout, places};
use crate::{Layer, Mlp, ModelError, Workspace};

/// From the output, (batch, outputs), the loss and, in `dy`, its gradient.
pub(super) type LossFn<'a> = dyn FnMut(MatRef<'_, f64>, &mut [f64]) -> Result<f64, ModelError> + 'a;

/// The loss at a point other than the centre.
pub(super) struct Evaluation {
    value: f64,
    /// Whether every activation is on the same smooth piece as at the centre.
    same_pieces: bool,
}

impl Evaluation {
    /// The value, if it is finite and no kink lies between the point and the centre.
    pub(super) fn smooth_value(&self) -> Option<f64> {
        (self.same_pieces && self.value.is_finite()).then_some(self.value)
    }
}

/// A tensor by its range in the point.
#[derive(Debug, Clone)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) range: Range<usize>,
}

/// A network, rows and a loss. The point is the input, (batch, inputs), then the parameters, then an offset of the output,
/// (batch, outputs), which is 0 at the centre.
pub(super) struct Subject<'l, 'f> {
    mlp: Mlp<f64>,
    loss: &'l mut LossFn<'f>,
    parts: Intermediates<f64>,
    point: Vec<f64>,
    rows: usize,
    inputs: Range<usize>,
    params: Range<usize>,
    outputs: Range<usize>,
    y: Vec<f64>,  // (batch, outputs)
    dy: Vec<f64>, // (batch, outputs)
    /// At the centre: the output of every module, and the pieces that the inputs of its activations are on.
    given: Vec<Vec<f64>>,
    pieces: Vec<i8>,
    pub(super) value: f64,
}

impl<'l, 'f> Subject<'l, 'f> {
    pub(super) fn new<T: Scalar>(
        mlp: &Mlp<T>,
        x: MatRef<'_, T>, // (batch, inputs)
        loss: &'l mut LossFn<'f>,
    ) -> Result<Self, ModelError> {
        let (rows, mlp) = (x.rows(), in_f64(mlp)?);
        if x.cols() != mlp.inputs() {
            let expected = (rows, mlp.inputs());
            return Err(ModelError::Shape { operation: "gradcheck", what: "x", found: (rows, x.cols()), expected });
        }
        if rows == 0 {
            return Err(ModelError::EmptyBatch);
        }
        let inputs = 0..rows * mlp.inputs();
        let params = inputs.end..inputs.end + mlp.params().len();
        let outputs = params.end..params.end + rows * mlp.outputs();
        let mut point = widened(x);
        point.extend(mlp.params());
        point.resize(outputs.end, 0.0);
        let parts = Intermediates::try_new(&mlp, rows)?;
        let (y, given, pieces) = (vec![0.0; outputs.len()], Vec::new(), Vec::new());
        let dy = y.clone();
        let mut subject =
            Subject { mlp, loss, parts, point, rows, inputs, params, outputs, y, dy, given, pieces, value: 0.0 };
        subject.value = subject.at_point()?;
        if !subject.value.is_finite() {
            return Err(ModelError::LossNotFinite { loss: subject.value });
        }
        let modules = 0..subject.mlp.layers().len();
        subject.given = modules.map(|module| widened(subject.parts.output(module))).collect();
        subject.pieces = subject.pieces_here().collect();
        Ok(subject)
    }

    /// The tensors that partition the point, in the order of the forward pass.
    pub(super) fn tensors(&self) -> Vec<Tensor> {
        let tensor = |name: &str, shape: Vec<usize>, start: usize| {
            let range = start..start + shape.iter().product::<usize>();
            Tensor { name: name.to_owned(), shape, range }
        };
        let mut all = vec![tensor("input", vec![self.rows, self.mlp.inputs()], 0)];
        for (layer, place) in places(self.mlp.layers()) {
            let mut start = self.params.start + place.offset;
            for TensorShape { name, shape } in each!(Op::of(layer, place), layer => layer.tensors()) {
                let found = tensor(&format!("{}.{name}", place.module), shape, start);
                start = found.range.end;
                all.push(found);
            }
        }
        all.push(tensor("output", vec![self.rows, self.mlp.outputs()], self.outputs.start));
        all
    }

    /// The input and all parameters as one tensor, for directions of the whole network.
    pub(super) fn whole(&self) -> Tensor {
        let range = 0..self.params.end;
        Tensor { name: "all".to_owned(), shape: vec![range.len()], range }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The values of the point.
    pub(super) fn at(&self, range: Range<usize>) -> &[f64] {
        &self.point[range]
    }

    /// The gradients by every number of the point, from the fused passes.
    pub(super) fn gradients(&mut self) -> Result<Vec<f64>, ModelError> {
        let mut mlp = self.mlp.clone();
        // An identity in front receives the gradient by the input, which training does not compute.
        let mut ops = vec![Op::Activation(Activation::Identity)];
        ops.extend(&mlp.layout.ops);
        mlp.layout = Arc::new(mlp.layout.with_ops(ops));
        let mut workspace = Workspace::try_new(&mlp, self.rows)?;
        let x = MatRef::new(&self.point[self.inputs.clone()], self.rows, mlp.inputs());
        mlp.forward_training(x, &mut workspace)?;
        let (loss, mut failed, dy) = (&mut *self.loss, None, &mut self.dy);
        let recorded_loss = |output: MatRef<'_, f64>, gradient: &mut [f64]| {
            let value = loss(output, gradient).unwrap_or_else(|error| {
                failed = Some(error);
                f64::NAN
            });
            dy.copy_from_slice(gradient);
            value
        };
        mlp.backward_with(x, recorded_loss, &mut workspace)?;
        if let Some(error) = failed {
            return Err(error);
        }
        let dx = &workspace.ops[0].da[..self.inputs.len()];
        Ok([dx, workspace.gradients(), &self.dy].concat())
    }

    /// Evaluates the loss with `t v` added to the point from `start` on.
    pub(super) fn along(&mut self, start: usize, v: &[f64], t: f64) -> Evaluation {
        let centre = self.point[start..start + v.len()].to_vec();
        self.point[start..].iter_mut().zip(v).for_each(|(p, v)| *p += t * v);
        // Errors do not depend on the numbers, so they were returned at the centre.
        let value = self.at_point().unwrap_or(f64::NAN);
        let same_pieces = self.pieces_here().eq(self.pieces.iter().copied());
        self.point[start..start + v.len()].copy_from_slice(&centre);
        Evaluation { value, same_pieces }
    }

    /// The largest change of a module's output in the last evaluation: in units of 1 before an activation, the scale on
    /// which activations curve, and in units of the output's own size at the end.
    pub(super) fn response(&self) -> f64 {
        let last = self.given.len() - 1;
        let mut most = 0.0f64;
        for (module, layer) in self.mlp.layers().iter().enumerate() {
            if matches!(layer, Layer::Activation(_)) && module < last {
                continue;
            }
            let (output, centre) = (self.parts.output(module), &self.given[module]);
            let (here, unit) = match module == last {
                // With its offset.
                true => (MatRef::new(&self.y, output.rows(), output.cols()), root_mean_square(centre).max(1.0)),
                false => (output, 1.0),
            };
            for (i, centre) in centre.chunks_exact(here.cols()).enumerate() {
                for (here, centre) in here.row(i).iter().zip(centre) {
                    most = most.max((here - centre).abs() / unit);
                }
            }
        }
        most
    }

    fn at_point(&mut self) -> Result<f64, ModelError> {
        self.parts.mlp.params.copy_from_slice(&self.point[self.params.clone()]);
        self.parts.forward_training(MatRef::new(&self.point[self.inputs.clone()], self.rows, self.mlp.inputs()))?;
        let (width, shift) = (self.mlp.outputs(), &self.point[self.outputs.clone()]);
        let output = self.parts.output(self.mlp.layers().len() - 1);
        for (i, (y, shift)) in self.y.chunks_exact_mut(width).zip(shift.chunks_exact(width)).enumerate() {
            for (j, y) in y.iter_mut().enumerate() {
                *y = output.get(i, j) + shift[j];
            }
        }
        self.dy.fill(0.0);
        (self.loss)(MatRef::new(&self.y, self.rows, width), &mut self.dy)
    }

    /// The piece of every input of a piecewise activation, of the last evaluation.
    fn pieces_here(&self) -> impl Iterator<Item = i8> {
        let x = MatRef::new(&self.point[self.inputs.clone()], self.rows, self.mlp.inputs());
        self.mlp.layers().iter().enumerate().flat_map(move |(module, layer)| {
            let kinks = if let Layer::Activation(activation) = layer { kinks(*activation) } else { &[] };
            let z = match module {
                _ if kinks.is_empty() => MatRef::new(&[], 0, 0),
                0 => x,
                _ => self.parts.output(module - 1),
            };
            (0..z.rows()).flat_map(move |i| (0..z.cols()).map(move |j| piece(kinks, z.get(i, j))))
        })
    }
}

/// The same network in f64, with its own kernel if it is f64 already and the selected one otherwise.
fn in_f64<T: Scalar>(mlp: &Mlp<T>) -> Result<Mlp<f64>, ModelError> {
    if let Some(mlp) = (mlp as &dyn Any).downcast_ref::<Mlp<f64>>() {
        return Ok(mlp.clone());
    }
    let kernel = Kernel::<f64>::selected()?;
    let layout = Layout::new(kernel, mlp.inputs(), mlp.layers().to_vec());
    let mut wide = Mlp::zeroed(layout, mlp.params().len(), mlp.seed)?;
    wide.params.iter_mut().zip(mlp.params()).for_each(|(wide, p)| *wide = p.to_f64());
    wide.running.iter_mut().zip(&mlp.running).for_each(|(wide, r)| *wide = r.to_f64());
    (wide.batches, wide.passes) = (mlp.batches.clone(), mlp.passes);
    Ok(wide)
}

/// The elements of a matrix, row-major.
pub(super) fn widened<T: Scalar>(x: MatRef<'_, T>) -> Vec<f64> {
    (0..x.rows()).flat_map(|i| (0..x.cols()).map(move |j| x.get(i, j).to_f64())).collect()
}

pub(super) fn root_mean_square(values: &[f64]) -> f64 {
    (values.iter().map(|v| v * v).sum::<f64>() / values.len().max(1) as f64).sqrt()
}
