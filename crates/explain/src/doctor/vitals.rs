//! What is measured: one forward, one backward and, where the update is known, one step of a copy. All of it is model's;
//! here it is only counted, and norms are taken.

use chainrule_model::{Activation, Init, Layer, Loss, MatRef, Mlp, ModelError, Optimizer, Scalar, Targets, Workspace};

use crate::doctor::Examination;

/// What an examination measured, before anything is made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Vitals {
    /// The mean loss over the rows.
    pub loss: f64,
    /// The mean loss of the best answer that is the same for every row: for cross-entropy the entropy of the labels (ln
    /// of the class count when they are balanced), for the squared losses the variance of the targets.
    pub chance: f64,
    /// The loss on the same rows after one step by the update, if that is known. The optimiser begins anew, so after
    /// training only SGD is asked.
    pub stepped_loss: Option<f64>,
    /// One for each dense layer, with what follows it.
    pub layers: Vec<LayerVitals>,
}

/// One dense layer, with the activation behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerVitals {
    /// The dense layer's number among the network's modules.
    pub module: usize,
    /// The layer and what follows it: `dense(784, 16) relu`.
    pub name: String,
    /// How many units it has.
    pub units: usize,
    /// Parameters that are NaN or infinite.
    pub bad_parameters: usize,
    /// Outputs that are NaN or infinite, over all rows and units.
    pub bad_outputs: usize,
    /// Units behind a ReLU that give 0 for every row; `None` without a ReLU.
    pub dead: Option<usize>,
    /// The share of outputs (over rows and units) of a sigmoid or tanh whose slope is below
    /// [`SATURATED_SLOPE`](crate::doctor::limits::SATURATED_SLOPE) of its steepest; `None` without one.
    pub saturated: Option<f64>,
    /// The norm of the gradient by w over the norm of w.
    pub gradient: f64,
    /// The norm of what that step changes in w over the norm of w.
    pub update: Option<f64>,
}

impl Vitals {
    /// Measures.
    ///
    /// # Errors
    /// As [`Mlp::forward`] and [`Mlp::backward`].
    pub fn measure<T: Scalar>(case: &Examination<'_, T>) -> Result<Self, ModelError> {
        let Examination { mlp, rows, loss, .. } = *case;
        // After training, what an optimiser that scales its steps remembers is lost, and with it how long they are.
        let update = case.update.filter(|update| !case.trained || goes_with_gradient(update.optimizer));
        let batch = rows.count();
        let mut workspace = match update {
            Some(update) => Workspace::for_training(mlp, batch, update)?,
            None => Workspace::new(mlp, batch),
        };
        mlp.forward(rows.x, &mut workspace)?;
        let value = mlp.backward(rows.x, rows.targets, loss, &mut workspace)?;
        let mut layers = units(case)?;
        let ratio = |change: f64, w: f64| if change == 0.0 { 0.0 } else { change / w };
        for (layer, vitals) in mlp.dense_layers().zip(&mut layers) {
            let range = layer.params.start..layer.params.end - layer.b.len();
            vitals.gradient = ratio(norm(&workspace.gradients()[range.clone()]), norm(&mlp.params()[range]));
        }
        let mut stepped_loss = None;
        if let Some(update) = update {
            let mut copy = mlp.clone();
            copy.step(rows.x, rows.targets, loss, update, &mut workspace)?;
            for (layer, vitals) in mlp.dense_layers().zip(&mut layers) {
                let range = layer.params.start..layer.params.end - layer.b.len();
                let (before, after) = (&mlp.params()[range.clone()], &copy.params()[range]);
                let change: Vec<T> = after.iter().zip(before).map(|(&after, &before)| after - before).collect();
                vitals.update = Some(ratio(norm(&change), norm(before)));
            }
            copy.forward(rows.x, &mut workspace)?;
            stepped_loss = Some(copy.loss(rows.targets, loss, &mut workspace)?);
        }
        Ok(Vitals { loss: value, chance: chance(case)?, stepped_loss, layers })
    }
}

/// Whether a step is in proportion to the gradient: plain SGD, and with momentum. The others divide by what gradients have
/// been so far, so a first step says little of the later ones: RMSprop's is ten times as long.
pub(super) fn goes_with_gradient(optimizer: Optimizer) -> bool {
    optimizer.name() == "sgd"
}

/// Runs the rows through one dense layer after the other, each a network of its own with what follows it.
fn units<T: Scalar>(case: &Examination<'_, T>) -> Result<Vec<LayerVitals>, ModelError> {
    let (mlp, batch) = (case.mlp, case.rows.count());
    let mut starts: Vec<usize> = mlp.dense_layers().map(|layer| layer.module).collect();
    starts.push(mlp.layers().len());
    let mut x: Vec<T> = (0..batch).flat_map(|row| case.rows.x.row(row)).copied().collect();
    let mut found = Vec::new();
    for (number, layer) in mlp.dense_layers().enumerate() {
        // What stands before the first dense layer comes along with it.
        let modules = &mlp.layers()[if number == 0 { 0 } else { layer.module }..starts[number + 1]];
        let builder = Mlp::builder(x.len() / batch).kernel(mlp.kernel_name()).init(Init::Zeros);
        let mut part = modules.iter().fold(builder, |builder, layer| builder.layer(*layer)).build_as::<T>()?;
        part.params_mut().copy_from_slice(&mlp.params()[layer.params.clone()]);
        let mut workspace = Workspace::new(&part, batch);
        let output = part.forward(MatRef::new(&x, batch, x.len() / batch), &mut workspace)?;
        let a: Vec<T> = (0..batch).flat_map(|row| output.row(row)).copied().collect();
        let behind = &mlp.layers()[layer.module + 1..starts[number + 1]];
        let name = mlp.layers()[layer.module..starts[number + 1]].iter().map(ToString::to_string);
        let learned = &mlp.params()[layer.params.clone()];
        found.push(LayerVitals {
            module: layer.module,
            name: name.collect::<Vec<_>>().join(" "),
            units: layer.b.len(),
            bad_parameters: learned.iter().filter(|w| !w.is_finite()).count(),
            bad_outputs: a.iter().filter(|a| !a.is_finite()).count(),
            dead: behind.contains(&Layer::Activation(Activation::Relu)).then(|| dead(&a, layer.b.len())),
            saturated: behind.iter().find_map(|layer| saturated(layer, &a)),
            gradient: 0.0,
            update: None,
        });
        x = a;
    }
    Ok(found)
}

/// Units that give 0 for every row.
fn dead<T: Scalar>(a: &[T], units: usize) -> usize {
    (0..units).filter(|&unit| a.iter().skip(unit).step_by(units).all(|a| *a == T::ZERO)).count()
}

/// The share of outputs where the activation is nearly flat.
fn saturated<T: Scalar>(layer: &Layer, a: &[T]) -> Option<f64> {
    let limit = super::limits::SATURATED_SLOPE;
    // The slope over its steepest, from the output: 4 a (1 - a) of a sigmoid, 1 - a^2 of tanh.
    let flat = |slope: fn(f64) -> f64| a.iter().filter(|a| slope(a.to_f64()) < limit).count() as f64 / a.len() as f64;
    match layer {
        Layer::Activation(Activation::Sigmoid) => Some(flat(|a| 4.0 * a * (1.0 - a))),
        Layer::Activation(Activation::Tanh) => Some(flat(|a| 1.0 - a * a)),
        _ => None,
    }
}

/// The loss of the constant answer that is best for these targets: their mean, or its logarithm where logits are asked.
fn chance<T: Scalar>(case: &Examination<'_, T>) -> Result<f64, ModelError> {
    let (batch, width) = (case.rows.count(), case.mlp.outputs());
    let mut mean = vec![0.0; width];
    for row in 0..batch {
        match case.rows.targets {
            Targets::Classes(labels) => mean[labels[row] as usize] += 1.0 / batch as f64,
            Targets::Values(t) => mean.iter_mut().zip(t.row(row)).for_each(|(m, t)| *m += t.to_f64() / batch as f64),
        }
    }
    let answer = |p: &f64| T::from_f64(if case.loss == Loss::CrossEntropy { p.ln() } else { *p });
    let row: Vec<T> = mean.iter().map(answer).collect();
    let output = row.repeat(batch);
    let mut unused = vec![T::ZERO; output.len()];
    case.loss.backward(case.mlp.kernel(), MatRef::new(&output, batch, width), case.rows.targets, &mut unused)
}

fn norm<T: Scalar>(values: &[T]) -> f64 {
    values.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Rows;

    #[test]
    fn chance_is_the_entropy_of_the_labels_or_the_variance_of_the_targets() {
        let mlp = Mlp::builder(1).dense(2).build_as::<f64>().unwrap();
        let x = [1.0, 2.0, 3.0, 4.0];
        let chance = |targets, loss| {
            let rows = Rows { x: MatRef::new(&x, 4, 1), targets };
            Vitals::measure(&Examination::new(&mlp, rows, loss)).unwrap().chance
        };
        let entropy = -0.75 * 0.75f64.ln() - 0.25 * 0.25f64.ln();
        let labels = Targets::Classes(&[0, 0, 1, 0]);
        assert!((chance(labels, Loss::CrossEntropy) - entropy).abs() < 1e-12);
        // A class that never occurs costs nothing.
        assert!(chance(Targets::Classes(&[0; 4]), Loss::CrossEntropy).abs() < 1e-12);
        let values = [1.0, 5.0, 3.0, 5.0, 1.0, 5.0, 3.0, 5.0]; // columns of variance 1 and 0
        let values = || Targets::Values(MatRef::new(&values, 4, 2));
        assert!((chance(values(), Loss::Mse) - 0.5).abs() < 1e-12);
        assert!((chance(values(), Loss::HalfMse) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn units_are_counted_behind_their_activation() {
        // One unit is always 0, one for half of the rows, one never.
        let mut mlp = Mlp::builder(1).dense(3).relu().dense(2).tanh().dense(1).build_as::<f64>().unwrap();
        let hidden = [1.0, 1.0, 1.0, -9.0, 0.0, 9.0]; // w, b
        mlp.params_mut()[..6].copy_from_slice(&hidden);
        mlp.params_mut()[6..14].copy_from_slice(&[0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0]);
        let x = [-1.0, 1.0];
        let rows = Rows { x: MatRef::new(&x, 2, 1), targets: Targets::Classes(&[0, 0]) };
        let found = Vitals::measure(&Examination::new(&mlp, rows, Loss::Mse)).unwrap();
        let units: Vec<_> = found.layers.iter().map(|layer| (layer.dead, layer.saturated)).collect();
        assert_eq!(units, [(Some(1), None), (None, Some(0.5)), (None, None)]);
        assert_eq!(found.layers[1].name, "dense(3, 2) tanh");
    }
}
