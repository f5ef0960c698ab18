//! A network cut open: every value on the way, and the gradient of the loss by each, from model's own passes.
//!
//! A step keeps only what training needs: where a dense layer and its activation are computed in one go, neither z nor
//! the gradient by a is ever in memory. Both are had without a second arithmetic. Put a dense layer of one input in front
//! of the rest of the network, with w = 0 and b = the value at the cut: its output *is* that value, so forward goes on as
//! before, and backward leaves in its db the gradient by it, since db is the sum of dz over the rows and there is one row.
//!
//! ```text
//! x -> dense 1 -> z1 -> relu -> a1 -> dense 2 -> z2 -> loss        the network
//!                  [w = 0, b = a1] -> dense 2 -> z2 -> loss        cut at a1: db is the gradient by a1
//! ```

use chainrule_model::{Init, Layer, Loss, MatRef, Mlp, ModelError, Scalar, Workspace};

use crate::graph::Rows;

/// What stands at each cut: 0 is the input, i + 1 the output of module i.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cuts<T> {
    /// For each cut the values, (rows, width).
    pub(crate) values: Vec<Vec<T>>,
    /// For each cut the gradient of the mean loss by them, (rows, width).
    pub(crate) gradients: Vec<Vec<f64>>,
}

impl<T: Scalar> Cuts<T> {
    pub(crate) fn new(mlp: &Mlp<T>, loss: Loss, rows: Rows<'_, T>) -> Result<Self, ModelError> {
        let cuts = mlp.layers().len() + 1;
        let mut found = Cuts { values: vec![Vec::new(); cuts], gradients: vec![Vec::new(); cuts] };
        let mut rests: Vec<Rest<T>> = (0..cuts).map(|cut| Rest::new(mlp, cut, cuts - 1)).collect::<Result<_, _>>()?;
        let mut modules: Vec<Rest<T>> =
            (0..cuts - 1).map(|module| Rest::new(mlp, module, module + 1)).collect::<Result<_, _>>()?;
        for row in 0..rows.count() {
            let one = rows.one(row);
            let mut value = one.x.row(0).to_vec();
            for cut in 0..cuts {
                let gradient = rests[cut].gradient(&value, one, loss)?;
                // The loss is the mean over the rows.
                let share = rows.count() as f64;
                found.gradients[cut].extend(gradient.iter().map(|g| g.to_f64() / share));
                found.values[cut].extend_from_slice(&value);
                if let Some(module) = modules.get_mut(cut) {
                    value = module.output(&value)?.row(0).to_vec();
                }
            }
        }
        Ok(found)
    }
}

/// Some modules in a row, behind a dense layer that stands for everything before them.
struct Rest<T: Scalar> {
    mlp: Mlp<T>,
    workspace: Workspace<T>,
    width: usize,
}

/// What goes into the layer that stands for the rest: its w is 0, so any number would do.
const NOTHING: f64 = 0.0;

impl<T: Scalar> Rest<T> {
    /// Modules `from..to` of `mlp`.
    fn new(mlp: &Mlp<T>, from: usize, to: usize) -> Result<Self, ModelError> {
        let modules = mlp.layers();
        let width = width_before(mlp, from);
        let builder = Mlp::builder(1).kernel(mlp.kernel_name()).init(Init::Zeros).dense(width);
        let mut rest =
            modules[from..to].iter().fold(builder, |builder, layer| builder.layer(*layer)).build_as::<T>()?;
        let learned = |modules: &[Layer]| modules.iter().map(Layer::parameters).sum::<usize>();
        let (begin, end) = (learned(&modules[..from]), learned(&modules[..to]));
        let (inlet, weights) = rest.params_mut().split_at_mut(2 * width);
        inlet.fill(T::ZERO);
        weights.copy_from_slice(&mlp.params()[begin..end]);
        Ok(Rest { workspace: Workspace::new(&rest, 1), mlp: rest, width })
    }

    fn output(&mut self, value: &[T]) -> Result<MatRef<'_, T>, ModelError> {
        self.mlp.params_mut()[self.width..2 * self.width].copy_from_slice(value);
        self.mlp.forward(MatRef::new(&[T::from_f64(NOTHING)], 1, 1), &mut self.workspace)
    }

    fn gradient(&mut self, value: &[T], row: Rows<'_, T>, loss: Loss) -> Result<&[T], ModelError> {
        self.output(value)?;
        let x = [T::from_f64(NOTHING)];
        self.mlp.backward(MatRef::new(&x, 1, 1), row.targets, loss, &mut self.workspace)?;
        Ok(&self.workspace.gradients()[self.width..2 * self.width])
    }
}

/// Features that module `module` takes.
pub(crate) fn width_before<T: Scalar>(mlp: &Mlp<T>, module: usize) -> usize {
    let outputs = |layer: &Layer| if let Layer::Dense { outputs, .. } = layer { Some(*outputs) } else { None };
    mlp.layers()[..module].iter().rev().find_map(outputs).unwrap_or(mlp.inputs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule_model::Targets;

    fn network() -> Mlp<f64> {
        let builder = Mlp::builder(3).tanh().dense(4).relu().dense(4).sigmoid().dense(2).softmax();
        builder.seed(5).build_as().unwrap()
    }

    #[test]
    fn the_cut_network_gives_the_bits_of_the_whole_one() {
        let mlp = network();
        let x: Vec<f64> = (0..6).map(|i| f64::from(i) - 2.5).collect();
        let rows = Rows { x: MatRef::new(&x, 2, 3), targets: Targets::Classes(&[1, 0]) };
        let cuts = Cuts::new(&mlp, Loss::Mse, rows).unwrap();
        let mut workspace = Workspace::new(&mlp, 2);
        let output = mlp.forward(rows.x, &mut workspace).unwrap();
        assert_eq!(cuts.values[0], x);
        for row in 0..2 {
            assert_eq!(&cuts.values[7][2 * row..2 * row + 2], output.row(row));
        }
    }

    #[test]
    fn the_gradient_by_z_adds_up_to_the_gradient_by_b() {
        let mlp = network();
        let x: Vec<f64> = (0..9).map(|i| f64::from(i) / 4.0 - 1.0).collect();
        let rows = Rows { x: MatRef::new(&x, 3, 3), targets: Targets::Classes(&[1, 0, 1]) };
        let cuts = Cuts::new(&mlp, Loss::HalfMse, rows).unwrap();
        let mut workspace = Workspace::new(&mlp, 3);
        mlp.forward(rows.x, &mut workspace).unwrap();
        mlp.backward(rows.x, rows.targets, Loss::HalfMse, &mut workspace).unwrap();
        for layer in mlp.dense_layers() {
            let width = layer.b.len();
            let db = &workspace.gradients()[layer.params.end - width..layer.params.end];
            for (unit, db) in db.iter().enumerate() {
                let sum: f64 = cuts.gradients[layer.module + 1].iter().skip(unit).step_by(width).sum();
                assert!((sum - db).abs() <= 1e-15, "module {}, unit {unit}: {sum} and {db}", layer.module);
            }
        }
    }

    #[test]
    fn the_gradient_by_the_input_is_the_slope_of_the_loss() {
        let mlp = network();
        let x = [0.3, -0.4, 0.7];
        let targets = Targets::Classes(&[1]);
        let cuts = Cuts::new(&mlp, Loss::Mse, Rows { x: MatRef::new(&x, 1, 3), targets }).unwrap();
        let mut workspace = Workspace::new(&mlp, 1);
        let mut loss = |x: &[f64]| {
            mlp.forward(MatRef::new(x, 1, 3), &mut workspace).unwrap();
            mlp.loss(targets, Loss::Mse, &mut workspace).unwrap()
        };
        for i in 0..3 {
            let (mut up, mut down) = (x, x);
            up[i] += 1e-6;
            down[i] -= 1e-6;
            let slope = (loss(&up) - loss(&down)) / 2e-6;
            assert!((cuts.gradients[0][i] - slope).abs() < 1e-8, "{} and {slope}", cuts.gradients[0][i]);
        }
    }
}
