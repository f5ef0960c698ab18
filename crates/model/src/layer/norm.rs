//! The parts that both normalisations have: gamma, beta and eps.

use std::fmt;
use std::ops::Range;

use chainrule_kernel::Scalar;

use super::layer_op::TensorShape;
use crate::{ModelError, SettingRange};

/// The default of eps, which is added to the variance; that of PyTorch.
pub(crate) const DEFAULT_EPS: f64 = 1e-5;
/// The default weight of a minibatch in the running statistics; that of PyTorch.
pub(crate) const DEFAULT_MOMENTUM: f64 = 0.1;

/// A normalisation of `width` features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Norm {
    pub(crate) width: usize,
    pub(crate) eps: f64,
    /// Index of gamma in the parameters; beta follows gamma.
    pub(crate) offset: usize,
}

/// A value for gamma and one for beta.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GammaBeta<P> {
    pub(crate) gamma: P,
    pub(crate) beta: P,
}

impl Norm {
    /// The ranges of gamma and beta in the parameters, and in the gradients.
    pub(crate) fn ranges(self) -> GammaBeta<Range<usize>> {
        let end = self.offset + self.width;
        GammaBeta { gamma: self.offset..end, beta: end..end + self.width }
    }

    /// The range of gamma and beta together.
    pub(crate) fn learned(self) -> Range<usize> {
        self.offset..self.offset + 2 * self.width
    }

    /// Its gamma and beta among all parameters.
    pub(crate) fn of<T>(self, params: &[T]) -> GammaBeta<&[T]> {
        let (gamma, beta) = params[self.learned()].split_at(self.width);
        GammaBeta { gamma, beta }
    }

    /// Its gradients among all gradients.
    pub(crate) fn of_mut<T>(self, grads: &mut [T]) -> GammaBeta<&mut [T]> {
        let (gamma, beta) = grads[self.learned()].split_at_mut(self.width);
        GammaBeta { gamma, beta }
    }

    /// Its tensors, by PyTorch's names.
    pub(crate) fn tensors(self) -> Vec<TensorShape> {
        ["weight", "bias"].map(|name| TensorShape { name, shape: vec![self.width] }).to_vec()
    }

    /// Checks that eps is finite and above 0.
    pub(crate) fn check(self) -> Result<(), ModelError> {
        if self.eps.is_finite() && self.eps > 0.0 {
            return Ok(());
        }
        let (what, expected) = ("eps of a normalisation", "a finite number above 0");
        Err(ModelError::Setting { what, found: self.eps, expected })
    }

    /// Checks that eps is finite and above 0 in the element type.
    pub(crate) fn check_in<T: Scalar>(self) -> Result<(), ModelError> {
        SettingRange::Positive.check_in::<T>("eps of a normalisation", self.eps)
    }

    /// `, eps=0.001`, where it is not the default.
    pub(crate) fn write_eps(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.eps == DEFAULT_EPS { Ok(()) } else { write!(f, ", eps={}", self.eps) }
    }
}

/// The settings in the text form of a normalisation.
pub(super) struct NormSettings {
    pub(super) width: usize,
    pub(super) eps: f64,
    /// Of a batch normalisation.
    pub(super) momentum: f64,
}

impl NormSettings {
    /// Parses `64, eps=0.001, momentum=0.2`; momentum only if `has_momentum`.
    pub(super) fn read(settings: &str, has_momentum: bool) -> Option<Self> {
        let mut settings = settings.split(',');
        let width = settings.next()?.trim().parse().ok()?;
        let mut read = NormSettings { width, eps: DEFAULT_EPS, momentum: DEFAULT_MOMENTUM };
        for setting in settings {
            let (name, value) = setting.trim().split_once('=')?;
            let value = value.trim().parse().ok()?;
            match name {
                "eps" => read.eps = value,
                "momentum" if has_momentum => read.momentum = value,
                _ => return None,
            }
        }
        Some(read)
    }
}
