//! Finds infinities and NaN in the numbers of a network and of its passes.

use chainrule_kernel::Scalar;

use crate::layer::dense::DenseRanges;
use crate::layer::{Op, Place};
use crate::layout::places;
use crate::workspace::{WORKSPACE, Workspace};
use crate::{Mlp, ModelError};

/// The index of the first number that is infinite or NaN. Tests a block at a time, so that the compiler can vectorise.
pub(crate) fn first_bad<T: Scalar>(values: &[T]) -> Option<usize> {
    const BLOCK: usize = 64;
    let is_good = |block: &[T]| block.iter().fold(true, |good, value| good & value.is_finite());
    let block = values.chunks(BLOCK).position(|block| !is_good(block))?;
    let start = block * BLOCK;
    values[start..].iter().position(|value| !value.is_finite()).map(|at| start + at)
}

/// Refuses a gradient by the output that is infinite or NaN although the loss is finite: every parameter would become NaN.
pub(crate) fn check_output_gradient<T: Scalar>(loss: f64, workspace: &mut Workspace<T>) -> Result<(), ModelError> {
    let (output, dy) = workspace.output_and_gradient();
    match first_bad(dy) {
        Some(at) if loss.is_finite() => {
            let (row, output) = (at / output.cols(), at % output.cols());
            Err(ModelError::LossGradient { loss, row, output, found: dy[at].to_f64() })
        }
        _ => Ok(()),
    }
}

impl<T: Scalar> Mlp<T> {
    /// Checks that every parameter and every running statistic is finite, and that no running variance is below 0. The
    /// predictions of another network would be NaN, and its file could not be loaded.
    ///
    /// # Errors
    /// [`ModelError::NotFinite`] with the first module that has such a number.
    pub fn check_finite(&self) -> Result<(), ModelError> {
        for (layer, Place { module, offset, running }) in places(self.layers()) {
            let (learned, kept) = (offset..offset + layer.parameters(), running..running + layer.running());
            let refuse = |what, found: T| Err(ModelError::NotFinite { module, layer, what, found: found.to_f64() });
            if let Some(at) = first_bad(&self.params[learned.clone()]) {
                return refuse("a parameter", self.params[learned.start + at]);
            }
            let kept = &self.running[kept];
            if let Some(at) = first_bad(kept) {
                return refuse("a running statistic", kept[at]);
            }
            if let Some(&below) = kept[kept.len() / 2..].iter().find(|variance| **variance < T::ZERO) {
                return refuse("a running variance", below);
            }
        }
        Ok(())
    }

    /// Whether [`Mlp::check_finite`] returns no error.
    pub fn is_finite(&self) -> bool {
        self.check_finite().is_ok()
    }

    /// The number of the first dense layer, counted from 1, with an infinite or NaN parameter, or with such an output in
    /// the forward pass that the workspace holds.
    ///
    /// # Errors
    /// When the workspace was made for a network of other layers.
    pub fn first_not_finite(&self, workspace: &Workspace<T>) -> Result<Option<usize>, ModelError> {
        self.layout.check("first_not_finite", WORKSPACE, &workspace.layout)?;
        let is_bad = |values: &[T]| first_bad(values).is_some();
        let mut layer = 0;
        for (op, here) in self.layout.ops.iter().zip(&workspace.ops) {
            if let Op::Dense(dense) = op {
                layer += 1;
                let DenseRanges { w, b } = dense.ranges();
                if is_bad(&self.params[w.start..b.end]) {
                    return Ok(Some(layer));
                }
            }
            if is_bad(&here.a[..workspace.pass.batch * here.width]) {
                return Ok(Some(layer.max(1)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_number_is_found_wherever_it_stands() {
        for n in [1, 63, 64, 65, 200] {
            assert_eq!(first_bad(&vec![f32::MAX; n]), None);
            for at in 0..n {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    let mut values = vec![-1.0f32; n];
                    (values[at], values[n - 1]) = (bad, bad);
                    assert_eq!(first_bad(&values), Some(at), "{bad} at {at} of {n}");
                }
            }
        }
        assert_eq!(first_bad::<f64>(&[]), None);
    }
}
