//! Every intermediate value of a network and the gradient of the loss by it, from the passes of `chainrule-model`, kept
//! in an `Intermediates`. The passes are in evaluation mode: they show what the network predicts and what that depends on.

use chainrule_model::network::Intermediates;
use chainrule_model::{Loss, MatRef, Mlp, ModelError, Scalar};

use crate::graph::Rows;

/// The values between modules: 0 is the input, i + 1 the output of module i.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cuts<T> {
    /// The values at each cut, (rows, width).
    pub(crate) values: Vec<Vec<T>>,
    /// The gradient of the mean loss by the values at each cut, (rows, width).
    pub(crate) gradients: Vec<Vec<T>>,
}

impl<T: Scalar> Cuts<T> {
    pub(crate) fn new(mlp: &Mlp<T>, loss: Loss, rows: Rows<'_, T>) -> Result<Self, ModelError> {
        let mut parts = Intermediates::new(mlp, rows.count());
        parts.forward(rows.x)?;
        parts.backward(rows.x, rows.targets, loss)?;
        let flat = |matrix: MatRef<'_, T>| (0..matrix.rows()).flat_map(|row| matrix.row(row).to_vec()).collect();
        let modules = 0..mlp.layers().len();
        let values = std::iter::once(rows.x).chain(modules.clone().map(|module| parts.output(module)));
        let gradients = std::iter::once(parts.input_gradient()).chain(modules.map(|module| parts.gradient(module)));
        Ok(Cuts { values: values.map(flat).collect(), gradients: gradients.map(flat).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule_model::{TargetsRef, Workspace};

    fn network() -> Mlp<f64> {
        let builder = Mlp::builder(3).tanh().dense(4).relu().dense(4).sigmoid().dense(2).softmax();
        builder.seed(5).build_as().unwrap()
    }

    #[test]
    fn the_cut_network_gives_the_bits_of_the_whole_one() {
        let mlp = network();
        let x: Vec<f64> = (0..6).map(|i| f64::from(i) - 2.5).collect();
        let rows = Rows { x: MatRef::new(&x, 2, 3), targets: TargetsRef::Classes(&[1, 0]) };
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
        let rows = Rows { x: MatRef::new(&x, 3, 3), targets: TargetsRef::Classes(&[1, 0, 1]) };
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
        let targets = TargetsRef::Classes(&[1]);
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
