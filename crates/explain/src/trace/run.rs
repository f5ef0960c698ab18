//! Takes the steps of a trace. The loss, the gradients by the parameters and the parameters are those of the training
//! methods, `Mlp::forward_training`, `Mlp::backward`, `Mlp::update` and `Mlp::commit_pass`; an `Intermediates` keeps the values that
//! they do not store. A request without steps is traced in evaluation mode, by `Mlp::forward`.

use chainrule_model::network::Intermediates;
use chainrule_model::optim::OptimizerState;
use chainrule_model::{Mlp, ModelError, Scalar, TargetsRef, Workspace};

use super::parameters::parameters;
use super::update::{Moved, Tensor};
use super::{Matrix, Name, Quantity, Section, Step, Trace, TraceRequest, backward, forward, loss, norm, update};

/// Takes the steps of a request and records them. Afterwards the network has been trained, with the same bits as by
/// [`Mlp::step`].
///
/// # Errors
/// When there are no rows, the rows or targets do not fit the network, or cross-entropy follows a softmax layer.
pub fn trace<T: Scalar>(mlp: &mut Mlp<T>, request: &TraceRequest<'_, T>) -> Result<Trace, ModelError> {
    let batch = request.x.rows();
    if batch == 0 {
        return Err(ModelError::EmptyBatch);
    }
    let learned = request.targets.filter(|_| request.steps > 0);
    let mut pass = Pass::new(mlp, request)?;
    let (mut steps, mut losses) = (Vec::new(), Vec::new());
    for number in 1..=request.steps.max(1) {
        let is_shown = learned.is_none() || request.shown.contains(&number);
        let (sections, loss) = pass.step(mlp, is_shown)?;
        losses.extend(loss);
        if is_shown {
            steps.push(Step { number, sections });
        }
        if learned.is_none() {
            break;
        }
    }
    if let Some(targets) = learned {
        mlp.forward_training(request.x, &mut pass.workspace)?;
        losses.push(mlp.loss(targets, request.loss, &mut pass.workspace)?);
    }
    Ok(Trace {
        title: String::new(),
        notes: String::new(),
        element: T::NAME,
        kernel: mlp.kernel_name(),
        inputs: mlp.inputs(),
        layers: mlp.layers().iter().map(ToString::to_string).collect(),
        loss: request.targets.map(|_| request.loss),
        update: learned.map(|_| request.update),
        given: pass.given,
        steps,
        losses,
    })
}

/// The state between steps.
struct Pass<'l, 'a, T: Scalar> {
    request: &'l TraceRequest<'a, T>,
    given: Vec<Quantity>,
    workspace: Workspace<T>,
    optimizer_state: OptimizerState<T>,
}

impl<'l, 'a, T: Scalar> Pass<'l, 'a, T> {
    fn new(mlp: &Mlp<T>, request: &'l TraceRequest<'a, T>) -> Result<Self, ModelError> {
        let x = Quantity::given(Name::new("X", "X"), "the inputs", Matrix::of(request.x));
        let mut given = vec![x];
        given.extend(request.targets.iter().flat_map(|targets| loss::given(*targets, mlp.outputs())));
        let workspace = Workspace::try_new(mlp, request.x.rows())?;
        let optimizer_state = OptimizerState::new(request.update.optimizer, mlp.params().len())?;
        Ok(Pass { request, given, workspace, optimizer_state })
    }

    /// One step: a forward pass, and the rest as requested. Returns the sections to show, and the loss.
    fn step(&mut self, mlp: &mut Mlp<T>, is_shown: bool) -> Result<(Vec<Section>, Option<f64>), ModelError> {
        let TraceRequest { x, targets, loss, steps, .. } = *self.request;
        match targets {
            Some(_) if steps > 0 => mlp.forward_training(x, &mut self.workspace)?,
            _ => mlp.forward(x, &mut self.workspace)?,
        };
        let value = match targets {
            Some(targets) if steps > 0 => Some(mlp.backward(x, targets, loss, &mut self.workspace)?),
            Some(targets) => Some(mlp.loss(targets, loss, &mut self.workspace)?),
            None => None,
        };
        let sections = if is_shown { Some(self.record(mlp, targets.zip(value))?) } else { None };
        let Some(Recorded { mut sections, tensors, between }) = sections else {
            if value.is_some() && steps > 0 {
                self.learn(mlp)?;
            }
            return Ok((Vec::new(), value));
        };
        if value.is_some() && steps > 0 {
            let (before, running) = (self.optimizer_state.values().to_vec(), norm::running(mlp));
            let clipped = self.learn(mlp)?;
            let moved = Moved {
                params: mlp.params(),
                clipped: clipped.as_deref(),
                before: &before,
                after: self.optimizer_state.values(),
                step: self.optimizer_state.steps(),
            };
            let mut quantities = update::update(self.request.update, &tensors, &moved);
            quantities.extend(norm::updated_running(mlp, &running, &between, x.rows()));
            sections.push(Section { title: "update", quantities });
        }
        Ok((sections, value))
    }

    /// Updates the parameters with the gradients in the workspace, and ends the pass. Returns the clipped gradients, if
    /// they are clipped.
    fn learn(&mut self, mlp: &mut Mlp<T>) -> Result<Option<Vec<T>>, ModelError> {
        let mut gradients = self.workspace.gradients().to_vec();
        mlp.update(self.request.update, &mut gradients, &mut self.optimizer_state)?;
        mlp.commit_pass(&self.workspace)?;
        Ok(self.request.update.clip.map(|_| gradients))
    }

    /// Records what the passes computed.
    fn record(&self, mlp: &Mlp<T>, answered: Option<(TargetsRef<'_, T>, f64)>) -> Result<Recorded, ModelError> {
        let TraceRequest { x, loss, steps, .. } = *self.request;
        let mut parts = Intermediates::try_new(mlp, x.rows())?;
        let learns = answered.is_some() && steps > 0;
        if learns {
            parts.forward_training(x)?;
        } else {
            parts.forward(x)?;
        }
        let params = parameters(mlp);
        let mut listed: Vec<Quantity> =
            params.iter().flat_map(|learned| [learned.w.clone(), learned.b.clone()]).collect();
        if learns {
            listed.extend(norm::running(mlp).into_iter().flat_map(|(_, running)| running));
        }
        let passed = forward::forward(mlp, &parts, &self.given[0], &params);
        let outputs = &passed.outputs;
        let mut sections = vec![
            Section { title: "parameters", quantities: listed },
            Section { title: "forward", quantities: passed.all() },
        ];
        let between = passed.between.clone();
        let Some((targets, value)) = answered else {
            return Ok(Recorded { sections, tensors: Vec::new(), between });
        };
        let y = outputs.last().expect("a network has layers");
        let traced_loss = loss::loss(mlp, loss, y, &self.given, targets, value);
        sections.push(Section { title: "loss", quantities: traced_loss.quantities });
        if steps == 0 {
            return Ok(Recorded { sections, tensors: Vec::new(), between });
        }
        parts.backward(x, targets, loss)?;
        let (quantities, gradients) = backward::backward(&backward::Traced {
            mlp,
            parts: &parts,
            gradients: self.workspace.gradients(),
            x: &self.given[0],
            params: &params,
            outputs,
            between: &between,
            by_output: traced_loss.gradient,
        });
        sections.push(Section { title: "backward", quantities });
        let tensors = params.iter().zip(gradients).flat_map(|(layer, [dw, db])| {
            let (w, b) = (layer.w.clone(), layer.b.clone());
            let (w_range, b_range) = layer.ranges();
            [
                Tensor { before: w, gradient: dw, is_bias: layer.is_norm, range: w_range },
                Tensor { before: b, gradient: db, is_bias: true, range: b_range },
            ]
        });
        Ok(Recorded { sections, tensors: tensors.collect(), between })
    }
}

/// What the passes computed.
struct Recorded {
    sections: Vec<Section>,
    /// The tensors that an update changes.
    tensors: Vec<Tensor>,
    /// The intermediate quantities of each module.
    between: Vec<Vec<Quantity>>,
}
