//! What is measured: one forward pass in training mode, one backward pass and, if the update is known, one step on a
//! copy. `chainrule-model` computes all of it; this file only counts and takes norms. Dropout uses the same mask before
//! and after the step, so that the losses can be compared; units are examined at their activation, before dropout.

use chainrule_model::network::Intermediates;
use chainrule_model::{Activation, Layer, Loss, MatRef, ModelError, Optimizer, Scalar, TargetsRef, Workspace};

use crate::doctor::Examination;
use crate::doctor::scores::skill;

/// The measurements of an examination, before they are judged.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::doctor::{Examination, Diagnostics};
/// use chainrule::graph::Rows;
/// use chainrule::{Init, Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(1).dense(2).init(Init::Zeros).build_as::<f64>()?;
/// let rows = Rows { x: MatRef::new(&[0.5, 1.0], 2, 1), targets: TargetsRef::Classes(&[0, 1]) };
/// let diagnostics = Diagnostics::measure(&Examination::new(&mlp, rows, Loss::CrossEntropy))?;
/// assert!((diagnostics.loss - diagnostics.baseline_loss).abs() < 1e-12); // weights of zero: ln 2, the loss of a coin
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostics {
    /// The mean loss over the rows.
    pub loss: f64,
    /// The mean loss of the best constant prediction: for cross-entropy the entropy of the labels (ln of the number of
    /// classes if they are balanced), for binary cross-entropy that of each output, for the squared losses the variance
    /// of the targets, for the absolute error their mean distance from the median.
    pub baseline_loss: f64,
    /// The loss on the same rows after one step, if the update is known. The optimiser starts without state, so after
    /// training this is measured for SGD only.
    pub stepped_loss: Option<f64>,
    /// The mean recall of the classes, from 0 as by chance to 1; `None` of values, and where there is one class.
    pub skill: Option<f64>,
    /// One entry per dense layer, including the modules that follow it.
    pub layers: Vec<LayerDiagnostics>,
}

/// Measurements of one dense layer and the activation that follows it.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::doctor::{Examination, Diagnostics};
/// use chainrule::graph::Rows;
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(1).dense(8).relu().dense(2).build()?;
/// let rows = Rows { x: MatRef::new(&[0.5, 1.0], 2, 1), targets: TargetsRef::Classes(&[0, 1]) };
/// let layers = Diagnostics::measure(&Examination::new(&mlp, rows, Loss::CrossEntropy))?.layers;
/// assert_eq!((layers[0].name.as_str(), layers[0].units, layers[1].module), ("dense(1, 8) relu", 8, 2));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LayerDiagnostics {
    /// The index of the dense layer among the network's modules.
    pub module: usize,
    /// The layer and the modules that follow it: `dense(784, 16) relu`.
    pub name: String,
    /// The number of inputs.
    pub inputs: usize,
    /// The number of units.
    pub units: usize,
    /// The number of parameters that are NaN or infinite, including those of a normalisation after the layer.
    pub bad_parameters: usize,
    /// The number of outputs that are NaN or infinite, over all rows and units.
    pub bad_outputs: usize,
    /// The number of units that are 0 after a ReLU for every row; `None` without a ReLU.
    pub dead: Option<usize>,
    /// The fraction of outputs (over rows and units) at which the slope of a sigmoid or tanh is below
    /// [`SATURATED_SLOPE`](crate::doctor::limits::SATURATED_SLOPE) times its maximum; `None` without such an
    /// activation.
    pub saturated: Option<f64>,
    /// The norm of the gradient of w over the norm of w.
    pub gradient: f64,
    /// The norm of the change of w in that step over the norm of w.
    pub update: Option<f64>,
}

impl Diagnostics {
    /// Runs the passes and measures.
    ///
    /// # Errors
    /// As [`Mlp::forward_training`](chainrule_model::Mlp::forward_training) and
    /// [`Mlp::backward`](chainrule_model::Mlp::backward).
    pub fn measure<T: Scalar>(case: &Examination<'_, T>) -> Result<Self, ModelError> {
        let Examination { mlp, rows, loss, .. } = *case;
        // After training, the state of an optimiser that scales its steps is lost, and with it the length of its steps.
        let update = case.update.filter(|update| !case.trained || goes_with_gradient(update.optimizer));
        let batch = rows.count();
        let mut workspace = match update {
            Some(update) => Workspace::for_training(mlp, batch, update)?,
            None => Workspace::try_new(mlp, batch)?,
        };
        mlp.forward_training(rows.x, &mut workspace)?;
        let value = mlp.backward(rows.x, rows.targets, loss, &mut workspace)?;
        let mut layers = units(case)?;
        let ratio = |change: f64, w: f64| if change == 0.0 { 0.0 } else { change / w };
        for (layer, diagnostics) in mlp.dense_layers().zip(&mut layers) {
            let range = layer.params.start..layer.params.end - layer.b.len();
            diagnostics.gradient = ratio(norm(&workspace.gradients()[range.clone()]), norm(&mlp.params()[range]));
        }
        let mut stepped_loss = None;
        if let Some(update) = update {
            let mut copy = mlp.try_clone()?;
            copy.step(rows.x, rows.targets, loss, update, &mut workspace)?;
            for (layer, diagnostics) in mlp.dense_layers().zip(&mut layers) {
                let range = layer.params.start..layer.params.end - layer.b.len();
                let (before, after) = (&mlp.params()[range.clone()], &copy.params()[range]);
                let change: Vec<T> = after.iter().zip(before).map(|(&after, &before)| after - before).collect();
                diagnostics.update = Some(ratio(norm(&change), norm(before)));
            }
            // The same pass with the parameters after the step.
            let mut stepped = mlp.try_clone()?;
            stepped.params_mut().copy_from_slice(copy.params());
            stepped.forward_training(rows.x, &mut workspace)?;
            stepped_loss = Some(stepped.loss(rows.targets, loss, &mut workspace)?);
        }
        let (baseline_loss, skill) = (baseline_loss(case)?, skill(case)?);
        Ok(Diagnostics { loss: value, baseline_loss, stepped_loss, skill, layers })
    }
}

/// Whether a step is proportional to the gradient: SGD, also with momentum. The others divide by an average of earlier
/// gradients, so their first step is not typical: that of RMSprop is ten times as long as the later ones.
pub(super) fn goes_with_gradient(optimizer: Optimizer) -> bool {
    optimizer.name() == "sgd"
}

/// Measures the units of each dense layer in a pass that keeps the output of every module.
fn units<T: Scalar>(case: &Examination<'_, T>) -> Result<Vec<LayerDiagnostics>, ModelError> {
    let mlp = case.mlp;
    let mut parts = Intermediates::try_new(mlp, case.rows.count())?;
    parts.forward_training(case.rows.x)?;
    let dense: Vec<_> = mlp.dense_layers().collect();
    let diagnostics = |(number, layer): (usize, &chainrule_model::network::DenseLayer<'_, T>)| {
        let next = dense.get(number + 1);
        let end = next.map_or(mlp.layers().len(), |next| next.module);
        let learned = layer.params.start..next.map_or(mlp.params().len(), |next| next.params.start);
        let given = |module: usize| {
            let a = parts.output(module);
            (0..a.rows()).flat_map(|row| a.row(row).to_vec()).collect::<Vec<T>>()
        };
        let behind = layer.module + 1..end;
        let relu = |module: &usize| mlp.layers()[*module] == Layer::Activation(Activation::Relu);
        LayerDiagnostics {
            module: layer.module,
            name: mlp.layers()[layer.module..end].iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            inputs: layer.w.rows(),
            units: layer.b.len(),
            bad_parameters: mlp.params()[learned].iter().filter(|w| !w.is_finite()).count(),
            bad_outputs: given(end - 1).iter().filter(|a| !a.is_finite()).count(),
            dead: behind.clone().find(relu).map(|module| dead(&given(module), layer.b.len())),
            saturated: behind.clone().find_map(|module| saturated(&mlp.layers()[module], || given(module))),
            gradient: 0.0,
            update: None,
        }
    };
    Ok(dense.iter().enumerate().map(diagnostics).collect())
}

/// The number of units that are 0 for every row.
fn dead<T: Scalar>(a: &[T], units: usize) -> usize {
    (0..units).filter(|&unit| a.iter().skip(unit).step_by(units).all(|a| *a == T::ZERO)).count()
}

/// The fraction of outputs where the activation is nearly flat.
fn saturated<T: Scalar>(layer: &Layer, a: impl FnOnce() -> Vec<T>) -> Option<f64> {
    let limit = super::limits::SATURATED_SLOPE;
    // The slope over its maximum, computed from the output. Activations that are unbounded on one side (ReLU and its
    // kin) are off on the other side, not saturated: they are not measured.
    let flat = |slope: fn(f64) -> f64| {
        let a = a();
        a.iter().filter(|a| slope(a.to_f64()) < limit).count() as f64 / a.len() as f64
    };
    match layer {
        Layer::Activation(Activation::Sigmoid) => Some(flat(|a| 4.0 * a * (1.0 - a))),
        Layer::Activation(Activation::Tanh) => Some(flat(|a| 1.0 - a * a)),
        Layer::Activation(Activation::Softsign) => Some(flat(|a| (1.0 - a.abs()).powi(2))),
        Layer::Activation(Activation::HardSigmoid) => Some(flat(|a| f64::from(u8::from(0.0 < a && a < 1.0)))),
        _ => None,
    }
}

/// The loss of the best constant prediction for these targets.
fn baseline_loss<T: Scalar>(case: &Examination<'_, T>) -> Result<f64, ModelError> {
    let (batch, width) = (case.rows.count(), case.mlp.outputs());
    let mut mean = vec![0.0; width];
    for row in 0..batch {
        match case.rows.targets {
            TargetsRef::Classes(labels) => mean[labels[row] as usize] += 1.0 / batch as f64,
            TargetsRef::Values(t) => mean.iter_mut().zip(t.row(row)).for_each(|(m, t)| *m += t.to_f64() / batch as f64),
        }
    }
    let mut dy = vec![T::ZERO; batch * width];
    let mut of_constant = |row: &[f64]| {
        let output: Vec<T> = row.iter().map(|&y| T::from_f64(y)).collect::<Vec<T>>().repeat(batch);
        let output = MatRef::new(&output, batch, width);
        let value = case.loss.backward(case.mlp.kernel(), output, case.rows.targets, &mut dy)?;
        // The derivative of the loss by each element of the prediction.
        let slope = |column: usize| dy.iter().skip(column).step_by(width).map(|d| d.to_f64()).sum::<f64>();
        Ok::<_, ModelError>((value, (0..width).map(slope).collect::<Vec<f64>>()))
    };
    // The mean is best for the squared losses, its logit for the cross-entropies.
    let prediction: Vec<f64> = match case.loss {
        Loss::CrossEntropy => mean.iter().map(|p| p.ln()).collect(),
        Loss::BinaryCrossEntropy => mean.iter().map(|p| (p / (1.0 - p)).ln()).collect(),
        Loss::Mse | Loss::HalfMse => mean,
        // A median for the absolute error, close to one for Huber's: both losses are convex, so bisection by their
        // slopes finds it.
        _ => {
            let (mut low, mut high) = bounds(case.rows.targets, width);
            for _ in 0..HALVINGS {
                let middle: Vec<f64> = low.iter().zip(&high).map(|(low, high)| 0.5 * (low + high)).collect();
                let (_, slopes) = of_constant(&middle)?;
                for column in 0..width {
                    if slopes[column] > 0.0 { high[column] = middle[column] } else { low[column] = middle[column] }
                }
            }
            low.iter().zip(&high).map(|(low, high)| 0.5 * (low + high)).collect()
        }
    };
    Ok(of_constant(&prediction)?.0)
}

/// 30 halvings reduce an interval to 1e-9 of its length.
const HALVINGS: usize = 30;

/// The smallest and the largest target of each output.
fn bounds<T: Scalar>(targets: TargetsRef<'_, T>, width: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut low, mut high) = (vec![f64::INFINITY; width], vec![f64::NEG_INFINITY; width]);
    match targets {
        TargetsRef::Classes(_) => (vec![0.0; width], vec![1.0; width]),
        TargetsRef::Values(t) => {
            for row in 0..t.rows() {
                for (column, t) in t.row(row).iter().enumerate() {
                    (low[column], high[column]) = (low[column].min(t.to_f64()), high[column].max(t.to_f64()));
                }
            }
            (low, high)
        }
    }
}

fn norm<T: Scalar>(values: &[T]) -> f64 {
    values.iter().map(|x| x.to_f64().powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Rows;
    use chainrule_model::Mlp;

    #[test]
    fn the_baseline_loss_is_the_entropy_of_the_labels_or_the_variance_of_the_targets() {
        let mlp = Mlp::builder(1).dense(2).build_as::<f64>().unwrap();
        let x = [1.0, 2.0, 3.0, 4.0];
        let baseline = |targets, loss| {
            let rows = Rows { x: MatRef::new(&x, 4, 1), targets };
            Diagnostics::measure(&Examination::new(&mlp, rows, loss)).unwrap().baseline_loss
        };
        let entropy = -0.75 * 0.75f64.ln() - 0.25 * 0.25f64.ln();
        let labels = TargetsRef::Classes(&[0, 0, 1, 0]);
        assert!((baseline(labels, Loss::CrossEntropy) - entropy).abs() < 1e-12);
        // A class that never occurs adds nothing.
        assert!(baseline(TargetsRef::Classes(&[0; 4]), Loss::CrossEntropy).abs() < 1e-12);
        let values = [1.0, 5.0, 3.0, 5.0, 1.0, 5.0, 3.0, 5.0]; // columns of variance 1 and 0
        let values = || TargetsRef::Values(MatRef::new(&values, 4, 2));
        assert!((baseline(values(), Loss::Mse) - 0.5).abs() < 1e-12);
        assert!((baseline(values(), Loss::HalfMse) - 0.25).abs() < 1e-12);
        // Medians: any from 1 to 3, and 5. Errors of 1 on one half of the elements.
        assert!((baseline(values(), Loss::Mae) - 0.5).abs() < 1e-9);
        // At 2: e^2 / 2 of errors of 1; beyond half of one, 0.5 (1 - 0.25).
        assert!((baseline(values(), Loss::Huber(1.0)) - 0.25).abs() < 1e-9);
        assert!((baseline(values(), Loss::Huber(0.5)) - 0.1875).abs() < 1e-9);
        // One output that is 1 in one row of four, and one that is 1 in all.
        let yes = [1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        let yes = TargetsRef::Values(MatRef::new(&yes, 4, 2));
        assert!((baseline(yes, Loss::BinaryCrossEntropy) - entropy / 2.0).abs() < 1e-12);
    }

    #[test]
    fn units_are_counted_behind_their_activation() {
        // One unit is always 0, one for half of the rows, one never.
        let mut mlp = Mlp::builder(1).dense(3).relu().dense(2).tanh().dense(1).build_as::<f64>().unwrap();
        let hidden = [1.0, 1.0, 1.0, -9.0, 0.0, 9.0]; // w, b
        mlp.params_mut()[..6].copy_from_slice(&hidden);
        mlp.params_mut()[6..14].copy_from_slice(&[0.0, 0.0, 0.0, 0.0, 9.0, 0.0, 0.0, 0.0]);
        let x = [-1.0, 1.0];
        let rows = Rows { x: MatRef::new(&x, 2, 1), targets: TargetsRef::Classes(&[0, 0]) };
        let found = Diagnostics::measure(&Examination::new(&mlp, rows, Loss::Mse)).unwrap();
        let units: Vec<_> = found.layers.iter().map(|layer| (layer.dead, layer.saturated)).collect();
        assert_eq!(units, [(Some(1), None), (None, Some(0.5)), (None, None)]);
        assert_eq!(found.layers[1].name, "dense(3, 2) tanh");
    }

    #[test]
    fn dropout_makes_no_unit_dead_or_saturated() {
        let mlp = Mlp::builder(1).dense(4).relu().dropout(0.9).dense(4).tanh().dropout(0.9).dense(1);
        let mut mlp = mlp.build_as::<f64>().unwrap();
        mlp.params_mut().fill(0.1);
        let x = [1.0, 2.0];
        let rows = Rows { x: MatRef::new(&x, 2, 1), targets: TargetsRef::Classes(&[0, 0]) };
        let found = Diagnostics::measure(&Examination::new(&mlp, rows, Loss::Mse)).unwrap();
        assert_eq!((found.layers[0].dead, found.layers[1].saturated), (Some(0), Some(0.0)));
    }

    #[test]
    fn a_step_is_judged_on_the_units_that_it_was_taken_on() {
        // Half of the units left out at random would move the loss by more than a step of 1e-9 does.
        let mlp =
            Mlp::builder(3).dense(30).batch_norm().tanh().dropout(0.5).dense(2).seed(4).build_as::<f64>().unwrap();
        let x: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 11)).collect();
        let labels: Vec<u32> = (0..20).map(|i| i % 2).collect();
        let rows = Rows { x: MatRef::new(&x, 20, 3), targets: TargetsRef::Classes(&labels) };
        let update = Some(Optimizer::Sgd { lr: 1e-9 }.into());
        let case = Examination { update, trained: false, ..Examination::new(&mlp, rows, Loss::CrossEntropy) };
        let found = Diagnostics::measure(&case).unwrap();
        assert!((found.stepped_loss.unwrap() - found.loss).abs() < 1e-6, "{found:?}");
        assert_ne!(found.stepped_loss.unwrap(), found.loss);
    }

    #[test]
    fn flat_is_where_the_slope_is_a_twentieth_of_the_steepest() {
        let share = |activation, a: &[f64]| saturated(&Layer::Activation(activation), || a.to_vec());
        assert_eq!(share(Activation::Softsign, &[0.0, 0.77, -0.77, 0.78, -0.78]), Some(0.4));
        assert_eq!(share(Activation::HardSigmoid, &[0.0, 0.01, 0.5, 1.0]), Some(0.5));
        assert_eq!(share(Activation::Gelu, &[0.0, 1.0]), None);
    }
}
