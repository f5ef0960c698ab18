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
        let StepRecord { sections, loss } = pass.step(mlp, is_shown)?;
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
        words: Vec::new(),
        first_row: 1,
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

    /// One step: a forward pass, and the rest as requested.
    fn step(&mut self, mlp: &mut Mlp<T>, is_shown: bool) -> Result<StepRecord, ModelError> {
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
        let loss_of_pass = targets.zip(value).map(|(targets, value)| PassLoss { targets, value });
        let sections = if is_shown { Some(self.record(mlp, loss_of_pass)?) } else { None };
        let Some(Recorded { mut sections, tensors, between }) = sections else {
            if value.is_some() && steps > 0 {
                self.learn(mlp)?;
            }
            return Ok(StepRecord { sections: Vec::new(), loss: value });
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
        Ok(StepRecord { sections, loss: value })
    }

    /// Updates the parameters with the gradients in the workspace, and ends the pass. Returns the clipped gradients, if
    /// they are clipped.
    fn learn(&mut self, mlp: &mut Mlp<T>) -> Result<Option<Vec<T>>, ModelError> {
        let mut gradients = self.workspace.gradients().to_vec();
        mlp.update(self.request.update, &mut gradients, &mut self.optimizer_state)?;
        mlp.commit_pass(&self.workspace)?;
        Ok(self.request.update.clip.map(|_| gradients))
    }

    /// Records the quantities of the passes.
    fn record(&self, mlp: &Mlp<T>, loss_of_pass: Option<PassLoss<'_, T>>) -> Result<Recorded, ModelError> {
        let TraceRequest { x, loss, steps, .. } = *self.request;
        let mut parts = Intermediates::try_new(mlp, x.rows())?;
        let learns = loss_of_pass.is_some() && steps > 0;
        if learns {
            parts.forward_training(x)?;
        } else {
            parts.forward(x)?;
        }
        let params = parameters(mlp);
        let mut listed: Vec<Quantity> =
            params.iter().flat_map(|learned| [learned.w.clone(), learned.b.clone()]).collect();
        if learns {
            listed.extend(norm::running(mlp).into_iter().flat_map(|running| [running.mean, running.variance]));
        }
        let passed = forward::forward(mlp, &parts, &self.given[0], &params);
        let outputs = &passed.outputs;
        let mut sections = vec![
            Section { title: "parameters", quantities: listed },
            Section { title: "forward", quantities: passed.all() },
        ];
        let between = passed.between.clone();
        let Some(PassLoss { targets, value }) = loss_of_pass else {
            return Ok(Recorded { sections, tensors: Vec::new(), between });
        };
        let y = outputs.last().expect("a network has layers");
        let traced_loss = loss::loss(mlp, loss, y, &self.given, targets, value);
        sections.push(Section { title: "loss", quantities: traced_loss.quantities });
        if steps == 0 {
            return Ok(Recorded { sections, tensors: Vec::new(), between });
        }
        parts.backward(x, targets, loss)?;
        let gradients = backward::backward(&backward::Traced {
            mlp,
            parts: &parts,
            gradients: self.workspace.gradients(),
            x: &self.given[0],
            params: &params,
            outputs,
            between: &between,
            by_output: traced_loss.gradient,
        });
        sections.push(Section { title: "backward", quantities: gradients.all });
        let tensors = params.iter().zip(gradients.by_parameters).flat_map(|(layer, [dw, db])| {
            let (w, b) = (layer.w.clone(), layer.b.clone());
            let ranges = layer.ranges();
            [
                Tensor { before: w, gradient: dw, is_bias: layer.is_norm, range: ranges.w },
                Tensor { before: b, gradient: db, is_bias: true, range: ranges.b },
            ]
        });
        Ok(Recorded { sections, tensors: tensors.collect(), between })
    }
}

/// The record of a step.
struct StepRecord {
    /// The sections to show; none if the step is not shown.
    sections: Vec<Section>,
    loss: Option<f64>,
}

/// The targets of a pass, and its loss.
struct PassLoss<'a, T> {
    targets: TargetsRef<'a, T>,
    value: f64,
}

/// The record of the passes of a step.
struct Recorded {
    sections: Vec<Section>,
    /// The tensors that an update changes.
    tensors: Vec<Tensor>,
    /// The intermediate quantities of each module.
    between: Vec<Vec<Quantity>>,
}
