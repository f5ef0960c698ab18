//! The forward pass, module by module.

use chainrule_model::{Dissection, Layer, Mlp, Scalar};

use super::run::Parameters;
use super::{Formula, Matrix, Name, Quantity};

/// The output of each module. Dense layer k gives Zk, what follows it Ak.
pub(super) fn forward<T: Scalar>(
    mlp: &Mlp<T>,
    parts: &Dissection<T>,
    x: &Quantity,
    params: &[Parameters], // one for each dense layer
) -> Vec<Quantity> {
    let names = names(mlp.layers());
    let mut outputs: Vec<Quantity> = Vec::new();
    let mut dense = 0;
    for (module, (layer, name)) in mlp.layers().iter().zip(names).enumerate() {
        let input = outputs.last().unwrap_or(x);
        let (formula, meaning) = match layer {
            Layer::Dense { .. } => {
                let Parameters { w, b, .. } = &params[dense];
                dense += 1;
                (Formula::just(input).times().value(w).same(" + ").value(b), format!("weighted sums of layer {dense}"))
            }
            other => {
                (Formula::just(input).of(&Name::function(&other.to_string())), format!("activations of layer {dense}"))
            }
        };
        let is_last = module + 1 == mlp.layers().len();
        let meaning = if is_last { format!("{meaning}, the output") } else { meaning };
        outputs.push(Quantity::computed(name, meaning, formula, Matrix::of(parts.output(module))));
    }
    outputs
}

/// The names of the modules' outputs.
fn names(layers: &[Layer]) -> Vec<Name> {
    let (mut dense, mut after) = (0, 0);
    let name = |layer: &Layer| {
        if matches!(layer, Layer::Dense { .. }) {
            (dense, after) = (dense + 1, 0);
            return Name::numbered("Z", dense);
        }
        after += 1;
        match after {
            1 => Name::numbered("A", dense),
            _ => Name::new(format!("A{dense}.{after}"), format!("A_{{{dense}}}^{{({after})}}")),
        }
    };
    layers.iter().map(name).collect()
}
