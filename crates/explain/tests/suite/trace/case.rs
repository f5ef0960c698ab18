//! Random networks with random rows, losses and optimisers: everything that the tables of the model name.

use std::ops::RangeInclusive;

use chainrule_explain::trace::{Trace, TraceRequest, trace};
use chainrule_model::network::{ACTIVATION_NAMES, LOSS_NAMES, parse_activation};
use chainrule_model::optim::{Clip, Decay, Decays, GROUP_NAMES, Group, OPTIMIZER_NAMES, Update};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Layer, Loss, MatRef, Mlp, Optimizer, Scalar, TargetsRef, Workspace};

/// Half of the time none, otherwise one or two of the layers that are no activations.
fn others(mut stream: Stream) -> Vec<Layer> {
    let names = ["dropout(0.25)", "layer_norm(0)", "batch_norm(0)", "batch_norm(0, eps=0.01, momentum=0.3)"];
    let count = stream.below(4).saturating_sub(1);
    (0..count).map(|_| names[stream.below(names.len() as u64) as usize].parse().unwrap()).collect()
}

/// A network, rows and an update, all drawn from one seed.
pub(crate) struct Case<T: Scalar> {
    pub(crate) mlp: Mlp<T>,
    pub(crate) batch: usize,
    x: Vec<T>,        // (batch, inputs)
    t: Vec<T>,        // (batch, outputs)
    labels: Vec<u32>, // (batch)
    has_labels: bool,
    pub(crate) loss: Loss,
    pub(crate) update: Update,
}

impl<T: Scalar> Case<T> {
    pub(crate) fn draw(seed: u64) -> Self {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 0);
        let mut below = |bound: u64| stream.below(bound) as usize;
        // Now and then wide enough for every route through the kernels.
        let mut width = || if below(4) == 0 { 17 + below(80) } else { 1 + below(9) };
        let inputs = width();
        let sizes: Vec<usize> = (0..1 + seed as usize % 3).map(|_| width()).collect();
        let mut builder = Mlp::builder(inputs).seed(seed);
        for &size in &sizes {
            builder = builder.dense(size);
            // None, one or two of them.
            for _ in 0..below(3) {
                let name = ACTIVATION_NAMES[below(ACTIVATION_NAMES.len() as u64)];
                builder = builder.activation(parse_activation(name).unwrap());
            }
            builder = match below(9) {
                0 => builder.softmax(),
                1 => builder.log_softmax(),
                _ => builder,
            };
            // Drawn apart, so that the other draws are what they were.
            let other = Stream::at(
                seed,
                Purpose::Synthetic,
                1,
                builder.clone().build().map_or(0, |mlp| mlp.layers().len() as u64),
            );
            for layer in others(other) {
                builder = builder.layer(layer);
            }
        }
        let mlp = builder.build_as::<T>().unwrap();
        let loss: Loss = LOSS_NAMES[below(LOSS_NAMES.len() as u64)].parse().unwrap();
        let loss = if loss.check_after(mlp.layers().last()).is_err() { Loss::HalfMse } else { loss };
        let optimizer = Optimizer::by_name(OPTIMIZER_NAMES[below(OPTIMIZER_NAMES.len() as u64)]).unwrap();
        let optimizer = match below(3) {
            0 => optimizer.with("weight-decay", 0.01).unwrap(),
            1 if optimizer.name() == "adagrad" => optimizer.with("lr-decay", 0.5).unwrap(),
            1 if optimizer.name() == "sgd" => optimizer.with("momentum", 0.9).unwrap().with("nesterov", 1.0).unwrap(),
            _ => optimizer,
        };
        let clip = [None, Some(Clip::Norm(0.1)), Some(Clip::Value(0.01))][below(3)];
        let group = Group::by_name(GROUP_NAMES[below(3)]).unwrap();
        let decay = match below(3) {
            0 => group.decays(Decay { l1: 0.02, l2: 0.03, decoupled: 0.04 }),
            1 => group.decays(Decay { l1: 0.02, ..Decay::default() }),
            _ => Decays::default(),
        };
        // Batch normalisation trains on two rows at least.
        let batch = (1 + below(20)).max(if mlp.batches().is_empty() { 1 } else { 2 });
        let labels = (0..batch).map(|_| below(mlp.outputs() as u64) as u32).collect();
        let has_labels = below(2) == 0;
        let mut reals = |count: usize| (0..count).map(|_| T::from_f64(stream.uniform(-2.0, 2.0))).collect::<Vec<T>>();
        let x = reals(batch * inputs);
        let t = reals(batch * mlp.outputs());
        Case { mlp, batch, x, t, labels, has_labels, loss, update: Update { clip, decay, ..optimizer.into() } }
    }

    pub(crate) fn x(&self) -> MatRef<'_, T> {
        MatRef::new(&self.x, self.batch, self.mlp.inputs())
    }

    pub(crate) fn targets(&self) -> TargetsRef<'_, T> {
        match self.has_labels {
            true => TargetsRef::Classes(&self.labels),
            false => TargetsRef::Values(MatRef::new(&self.t, self.batch, self.mlp.outputs())),
        }
    }

    pub(crate) fn traced(&self, steps: usize, shown: RangeInclusive<usize>) -> (Mlp<T>, Trace) {
        let request = TraceRequest {
            targets: Some(self.targets()),
            loss: self.loss,
            update: self.update,
            steps,
            shown,
            ..TraceRequest::forward(self.x())
        };
        let mut mlp = self.mlp.clone();
        let found = trace(&mut mlp, &request).unwrap();
        (mlp, found)
    }

    /// The network after the steps, and the gradients of the last one before they were clipped.
    pub(crate) fn trained(&self, steps: usize) -> (Mlp<T>, Vec<f64>, Workspace<T>) {
        let mut mlp = self.mlp.clone();
        let mut workspace = Workspace::for_training(&mlp, self.batch, self.update.optimizer).unwrap();
        let mut step = || mlp.step(self.x(), self.targets(), self.loss, self.update, &mut workspace).unwrap();
        let losses = (0..steps).map(|_| step()).collect();
        (mlp, losses, workspace)
    }
}
