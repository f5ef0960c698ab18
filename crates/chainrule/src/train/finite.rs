//! Whether what a network has learned are numbers: asked once an epoch, of everything that a model file holds.

use chainrule_kernel::Scalar;
use chainrule_model::{Layer, Mlp};

use crate::Divergence;

/// Numbers looked at before one of them decides: few enough to stop early, enough for vector registers.
const BLOCK: usize = 1024;

/// The first parameter or running statistic, module by module, that is infinite or NaN, and the number of its dense layer,
/// counted from 1, if it is of one.
pub(super) fn first_not_finite<T: Scalar>(mlp: &Mlp<T>) -> Option<(Divergence, Option<usize>)> {
    let (mut params, mut running, mut dense) = (mlp.params(), mlp.running(), 0);
    for (module, layer) in mlp.layers().iter().enumerate() {
        let is_dense = matches!(layer, Layer::Dense { .. });
        dense += usize::from(is_dense);
        if let Some(value) = not_finite(take(&mut params, layer.parameters())) {
            return Some((Divergence::Parameter { module, value }, is_dense.then_some(dense)));
        }
        if let Some(value) = not_finite(take(&mut running, layer.running())) {
            return Some((Divergence::Running { module, value }, None));
        }
    }
    None
}

/// The first of these numbers that is infinite or NaN.
pub(super) fn not_finite<T: Scalar>(values: &[T]) -> Option<f64> {
    let is_bad = |block: &&[T]| block.iter().fold(false, |bad, value| bad | !value.is_finite());
    let block = values.chunks(BLOCK).find(is_bad)?;
    block.iter().find(|value| !value.is_finite()).map(|value| value.to_f64())
}

/// Takes so many numbers off the front.
fn take<'a, T>(values: &mut &'a [T], count: usize) -> &'a [T] {
    let (own, rest) = values.split_at(count);
    *values = rest;
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_any_module_is_found() {
        let mut mlp = Mlp::builder(3).dense(2000).batch_norm().relu().dense(2).seed(1).build().unwrap();
        assert_eq!(first_not_finite(&mlp), None);
        let (value, params) = (f64::INFINITY, mlp.params().len());
        for (at, module, dense) in
            [(0, 0, Some(1)), (7999, 0, Some(1)), (8000, 1, None), (11_999, 1, None), (params - 1, 3, Some(2))]
        {
            let before = std::mem::replace(&mut mlp.params_mut()[at], f32::INFINITY);
            assert_eq!(first_not_finite(&mlp), Some((Divergence::Parameter { module, value }, dense)));
            mlp.params_mut()[at] = before;
        }
        mlp.running_mut()[3999] = f32::INFINITY;
        assert_eq!(first_not_finite(&mlp), Some((Divergence::Running { module: 1, value }, None)));
    }
}
