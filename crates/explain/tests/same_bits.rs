//! Looking changes nothing: random networks, traced and trained, end in the same bits, and what the trace shows is what
//! training computed.

use chainrule_explain::trace::{Lesson, Matrix, Trace, trace};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{
    ACTIVATION_NAMES, Clip, Dissection, LOSS_NAMES, Layer, Loss, MatRef, Mlp, OPTIMIZER_NAMES, Optimizer, Scalar,
    Targets, Update, Workspace, parse_activation,
};

/// A network, rows and an update, all drawn from one seed.
struct Case<T: Scalar> {
    mlp: Mlp<T>,
    batch: usize,
    x: Vec<T>,        // (batch, inputs)
    t: Vec<T>,        // (batch, outputs)
    labels: Vec<u32>, // (batch)
    has_labels: bool,
    loss: Loss,
    update: Update,
}

impl<T: Scalar> Case<T> {
    fn draw(seed: u64) -> Self {
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
            if below(6) == 0 {
                builder = builder.softmax();
            }
        }
        let mlp = builder.build_as::<T>().unwrap();
        let loss: Loss = LOSS_NAMES[below(LOSS_NAMES.len() as u64)].parse().unwrap();
        let ends_in_softmax = mlp.layers().last() == Some(&Layer::Softmax);
        let loss = if ends_in_softmax { Loss::HalfMse } else { loss };
        let optimizer = Optimizer::by_name(OPTIMIZER_NAMES[below(OPTIMIZER_NAMES.len() as u64)]).unwrap();
        let optimizer = match below(3) {
            0 => optimizer.with("weight-decay", 0.01).unwrap(),
            1 if optimizer.name() == "sgd" => optimizer.with("momentum", 0.9).unwrap().with("nesterov", 1.0).unwrap(),
            _ => optimizer,
        };
        let clip = [None, Some(Clip::Norm(0.1)), Some(Clip::Value(0.01))][below(3)];
        let batch = 1 + below(20);
        let labels = (0..batch).map(|_| below(mlp.outputs() as u64) as u32).collect();
        let has_labels = below(2) == 0;
        let mut reals = |count: usize| (0..count).map(|_| T::from_f64(stream.uniform(-2.0, 2.0))).collect::<Vec<T>>();
        let x = reals(batch * inputs);
        let t = reals(batch * mlp.outputs());
        Case { mlp, batch, x, t, labels, has_labels, loss, update: Update { clip, optimizer } }
    }

    fn x(&self) -> MatRef<'_, T> {
        MatRef::new(&self.x, self.batch, self.mlp.inputs())
    }

    fn targets(&self) -> Targets<'_, T> {
        match self.has_labels {
            true => Targets::Classes(&self.labels),
            false => Targets::Values(MatRef::new(&self.t, self.batch, self.mlp.outputs())),
        }
    }

    fn traced(&self, steps: usize, shown: std::ops::RangeInclusive<usize>) -> (Mlp<T>, Trace) {
        let lesson = Lesson {
            targets: Some(self.targets()),
            loss: self.loss,
            update: self.update,
            steps,
            shown,
            ..Lesson::forward(self.x())
        };
        let mut mlp = self.mlp.clone();
        let found = trace(&mut mlp, &lesson).unwrap();
        (mlp, found)
    }

    /// The network after the steps, and the gradients of the last one before they were clipped.
    fn trained(&self, steps: usize) -> (Mlp<T>, Vec<f64>, Workspace<T>) {
        let mut mlp = self.mlp.clone();
        let mut workspace = Workspace::for_training(&mlp, self.batch, self.update.optimizer).unwrap();
        let mut step = || mlp.step(self.x(), self.targets(), self.loss, self.update, &mut workspace).unwrap();
        let losses = (0..steps).map(|_| step()).collect();
        (mlp, losses, workspace)
    }
}

fn bits<T: Scalar>(values: &[T]) -> Vec<u64> {
    values.iter().map(|value| value.to_f64().to_bits()).collect()
}

fn shown_bits(matrix: &Matrix) -> Vec<u64> {
    matrix.values().iter().map(|value| value.to_bits()).collect()
}

fn the_same<T: Scalar>() {
    for seed in 0..300 {
        let case = Case::<T>::draw(seed);
        let steps = 1 + seed as usize % 4;
        let (untraced, losses, _) = case.trained(steps);
        let what = format!("{} seed {seed}: {:?}, {}", T::NAME, case.mlp.layers(), case.update.optimizer);
        for shown in [1..=steps, steps..=steps, 2..=1] {
            let (traced, trace) = case.traced(steps, shown);
            assert!(bits(traced.params()) == bits(untraced.params()), "parameters, {what}");
            assert_eq!(bits(&trace.losses[..steps]), bits(&losses), "losses, {what}");
        }
    }
}

#[test]
fn a_traced_step_leaves_the_bits_of_an_untraced_one() {
    the_same::<f64>();
    the_same::<f32>();
}

fn shown_as_computed<T: Scalar>() {
    for seed in 0..300 {
        let case = Case::<T>::draw(seed);
        let what = format!("{} seed {seed}: {:?}", T::NAME, case.mlp.layers());
        let (_, trace) = case.traced(1, 1..=1);
        let (after, _, _) = case.trained(1);
        let mut workspace = Workspace::new(&case.mlp, case.batch);
        let y = case.mlp.forward(case.x(), &mut workspace).unwrap();
        let y: Vec<T> = (0..y.rows()).flat_map(|i| y.row(i).to_vec()).collect();
        let forward = &trace.steps[0].sections[1];
        assert_eq!(forward.title, "forward");
        assert_eq!(forward.quantities.len(), case.mlp.layers().len());
        assert!(shown_bits(&forward.quantities.last().unwrap().value) == bits(&y), "output, {what}");
        case.mlp.backward(case.x(), case.targets(), case.loss, &mut workspace).unwrap();
        for (k, layer) in case.mlp.dense_layers().enumerate() {
            let (w, b) = (format!("W{}", k + 1), format!("b{}", k + 1));
            let split = layer.params.start + layer.w.rows() * layer.w.cols();
            for (name, range) in [(w, layer.params.start..split), (b, split..layer.params.end)] {
                let value =
                    |section: &str, name: &str| shown_bits(&trace.steps[0].quantity(section, name).unwrap().value);
                assert!(value("parameters", &name) == bits(&case.mlp.params()[range.clone()]), "{name}, {what}");
                let gradient = &workspace.gradients()[range.clone()];
                assert!(value("backward", &format!("dL/d{name}")) == bits(gradient), "dL/d{name}, {what}");
                assert!(value("update", &name) == bits(&after.params()[range]), "{name} after, {what}");
            }
        }
    }
}

#[test]
fn what_is_shown_is_what_training_computed() {
    shown_as_computed::<f64>();
    shown_as_computed::<f32>();
}

fn taken_apart<T: Scalar>() {
    for seed in 0..300 {
        let case = Case::<T>::draw(seed);
        let what = format!("{} seed {seed}: {:?}", T::NAME, case.mlp.layers());
        let mut workspace = Workspace::new(&case.mlp, case.batch);
        case.mlp.forward(case.x(), &mut workspace).unwrap();
        let loss = case.mlp.backward(case.x(), case.targets(), case.loss, &mut workspace).unwrap();
        let mut parts = Dissection::new(&case.mlp, case.batch);
        parts.forward(case.x()).unwrap();
        let apart = parts.backward(case.x(), case.targets(), case.loss).unwrap();
        assert_eq!(loss.to_bits(), apart.to_bits(), "loss, {what}");
        assert!(bits(parts.gradients()) == bits(workspace.gradients()), "gradients, {what}");
    }
}

#[test]
fn a_network_taken_apart_computes_the_bits_of_the_whole() {
    taken_apart::<f64>();
    taken_apart::<f32>();
}
