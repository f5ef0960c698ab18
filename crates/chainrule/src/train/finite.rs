//! Checks once an epoch that every number of the network that a model file holds is finite.

use chainrule_kernel::Scalar;
use chainrule_model::{Layer, Mlp, ModelError};

use crate::Divergence;

/// A number of a network that is infinite or NaN.
#[derive(Debug, PartialEq)]
pub(super) struct NotFinite {
    pub(super) what: Divergence,
    /// The dense layer of the number, counted from 1; `None` for other modules.
    pub(super) layer: Option<usize>,
}

/// The first parameter or running statistic, module by module, that is infinite or NaN.
pub(super) fn first_not_finite<T: Scalar>(mlp: &Mlp<T>) -> Option<NotFinite> {
    let Err(ModelError::NotFinite { module, layer, what, found: value }) = mlp.check_finite() else { return None };
    let is_dense = |layer: &Layer| matches!(layer, Layer::Dense { .. });
    let dense = is_dense(&layer).then(|| mlp.layers()[..=module].iter().filter(|layer| is_dense(layer)).count());
    Some(match what {
        "a parameter" => NotFinite { what: Divergence::Parameter { module, value }, layer: dense },
        _ => NotFinite { what: Divergence::Running { module, value }, layer: None },
    })
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
            let what = Divergence::Parameter { module, value };
            assert_eq!(first_not_finite(&mlp), Some(NotFinite { what, layer: dense }));
            mlp.params_mut()[at] = before;
        }
        mlp.running_mut()[3999] = f32::INFINITY;
        let what = Divergence::Running { module: 1, value };
        assert_eq!(first_not_finite(&mlp), Some(NotFinite { what, layer: None }));
    }
}
