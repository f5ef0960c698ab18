//! The update: clipping, the optimiser's state, and the new parameters of each tensor.

use std::ops::Range;

use chainrule_model::Scalar;
use chainrule_model::optim::{Clip, Update};

use super::rules::{Ground, RuleStep, StateChange, rule};
use super::{Formula, Matrix, Name, Quantity};

/// Weights or a bias, before the step.
pub(super) struct Tensor {
    pub(super) before: Quantity,
    pub(super) gradient: Quantity,
    /// Whether it is one of the biases, or of a normalisation, which may decay otherwise than weights.
    pub(super) is_bias: bool,
    /// Where it lies among all parameters.
    pub(super) range: Range<usize>,
}

impl Tensor {
    /// Its elements of a slice laid out like the parameters.
    fn cut<T: Scalar>(&self, laid_out: &[T]) -> Matrix {
        let shape = &self.before.value;
        Matrix::from_slice(&laid_out[self.range.clone()], shape.rows(), shape.cols())
    }
}

/// The result of a step.
pub(super) struct Moved<'a, T> {
    pub(super) params: &'a [T],
    /// The clipped gradients, if they were clipped.
    pub(super) clipped: Option<&'a [T]>,
    /// The optimiser's state before and after: one array after the other, each laid out like the parameters.
    pub(super) before: &'a [T],
    pub(super) after: &'a [T],
    /// Counted from 1.
    pub(super) step: u64,
}

pub(super) fn update<T: Scalar>(update: Update, tensors: &[Tensor], moved: &Moved<'_, T>) -> Vec<Quantity> {
    tensors.iter().flat_map(|tensor| one(update, tensor, moved)).collect()
}

fn one<T: Scalar>(update: Update, tensor: &Tensor, moved: &Moved<'_, T>) -> Vec<Quantity> {
    let w = &tensor.before;
    let clipped = update.clip.zip(moved.clipped).map(|(clip, all)| clipped(clip, &tensor.gradient, tensor.cut(all)));
    let length = moved.params.len();
    let cut = |state: &[T]| state.chunks_exact(length).map(|array| tensor.cut(array)).collect::<Vec<_>>();
    let ground = Ground {
        w,
        gradient: clipped.as_ref().unwrap_or(&tensor.gradient),
        memory: cut(moved.before)
            .into_iter()
            .zip(cut(moved.after))
            .map(|(before, after)| StateChange { before, after })
            .collect(),
        decay: if tensor.is_bias { update.decay.biases } else { update.decay.weights },
        step: moved.step,
    };
    let RuleStep { state, formula } = rule(update.optimizer, &ground);
    let after = Quantity::computed(w.name.clone(), format!("new {}", w.meaning), formula, tensor.cut(moved.params));
    clipped.iter().cloned().chain(state).chain([after.replacing()]).collect()
}

fn clipped(clip: Clip, gradient: &Quantity, value: Matrix) -> Quantity {
    let (min, max) = (Name::new("min", "\\min"), Name::new("max", "\\max"));
    let formula = match clip {
        Clip::Value(limit) => {
            let not_below = Formula::default().literal(-limit).same(", ").value(gradient).of(&max);
            Formula::default().literal(limit).same(", ").then(not_below).of(&min)
        }
        Clip::Norm(limit) => {
            let norm =
                Formula::default().sign("|all gradients|", "\\lVert \\nabla L \\rVert").same(" + ").literal(1e-6);
            let share = Formula::default().same("1, ").literal(limit).same(" / ").then(norm.bracketed()).of(&min);
            Formula::just(gradient).scaling().then(share)
        }
        other => Formula::just(gradient).same(&format!(", {other}")),
    };
    let name = &gradient.name;
    let name = Name::new(format!("clip({name})"), format!("\\operatorname{{clip}}\\left({}\\right)", name.latex));
    Quantity::computed(name, clip.to_string(), formula, value)
}
