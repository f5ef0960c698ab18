//! The forward pass, module by module.

use chainrule_model::network::Intermediates;
use chainrule_model::{Layer, Mlp, Scalar};

use super::parameters::Parameters;
use super::{Formula, Matrix, Name, Quantity, norm};

/// The results of each module.
pub(super) struct Passed {
    /// Its output.
    pub(super) outputs: Vec<Quantity>,
    /// Its intermediate quantities: a mask, a mean and a variance.
    pub(super) between: Vec<Vec<Quantity>>,
}

impl Passed {
    /// All quantities in the order of computation.
    pub(super) fn all(&self) -> Vec<Quantity> {
        let module = |(between, output): (&Vec<Quantity>, &Quantity)| {
            [between.as_slice(), std::slice::from_ref(output)].concat()
        };
        self.between.iter().zip(&self.outputs).flat_map(module).collect()
    }
}

/// The output of each module. Dense layer k gives Zk, what follows it Ak.
pub(super) fn forward<T: Scalar>(
    mlp: &Mlp<T>,
    parts: &Intermediates<T>,
    x: &Quantity,
    params: &[Parameters], // one for each module that learns
) -> Passed {
    let names = names(mlp.layers());
    let (mut outputs, mut between): (Vec<Quantity>, Vec<Vec<Quantity>>) = Default::default();
    let mut dense = 0;
    for (module, (layer, name)) in mlp.layers().iter().zip(names).enumerate() {
        let input = outputs.last().unwrap_or(x);
        let learned = params.iter().find(|learned| learned.module == module);
        let found = norm::between(parts, module, layer, input, &name);
        let (formula, meaning) = match (layer, learned) {
            (Layer::Dense { .. }, Some(Parameters { w, b, .. })) => {
                dense += 1;
                (Formula::just(input).times().value(w).same(" + ").value(b), format!("weighted sums of layer {dense}"))
            }
            (other, learned) => match norm::output(other, input, &found, learned) {
                Some((formula, meaning)) => (formula, meaning.to_owned()),
                None => {
                    let name = Name::function(&other.to_string());
                    (Formula::just(input).of(&name), format!("activations of layer {dense}"))
                }
            },
        };
        let is_last = module + 1 == mlp.layers().len();
        let meaning = if is_last { format!("{meaning}, the output") } else { meaning };
        outputs.push(Quantity::computed(name, meaning, formula, Matrix::of(parts.output(module))));
        between.push(found);
    }
    Passed { outputs, between }
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
