//! An activation as an operation of its own: one that does not directly follow a dense layer, since that one is fused into
//! the dense layer. The formulas are those of `chainrule-kernel`.

use std::fmt;

use chainrule_dense::{Activation, activation};
use chainrule_kernel::{MatMut, MatRef, Scalar, Scratch};

use super::layer_op::{BackwardInput, Forward, LayerOp, Numbers, OpWorkspace, Prepared, Weights, copy_rows};
use crate::activation::{activation_name, check_activation};
use crate::memory::NoMemory;
use crate::{ModelError, SettingRange};

impl LayerOp for Activation {
    fn kind(&self) -> String {
        activation_name(*self)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&activation_name(*self))
    }

    fn check(&self) -> Result<(), ModelError> {
        check_activation(*self)
    }

    fn check_in<T: Scalar>(&self) -> Result<(), ModelError> {
        match *self {
            Activation::LeakyRelu(alpha) => SettingRange::NotNegative.check_in::<T>("the slope of leaky_relu", alpha),
            Activation::Elu(alpha) => SettingRange::NotNegative.check_in::<T>("the alpha of elu", alpha),
            _ => Ok(()),
        }
    }

    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, width)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError> {
        let (batch, width) = (x.rows(), here.width);
        activation::activate(pass.numbers.kernel, *self, x, MatMut::new(&mut here.a[..batch * width], batch, width));
        Ok(())
    }

    fn backward_in_place<T: Scalar>(
        &self,
        flow: &BackwardInput<'_, T>,
        here: &mut OpWorkspace<T>,
        _weights: &mut Weights<'_, T>,
        _grads: &mut [T],
    ) {
        let OpWorkspace { width, a, da, .. } = here;
        let (kernel, batch, width) = (flow.kernel, flow.batch, *width);
        let n = batch * width;
        let of = if self.derivative_needs_input() { flow.x } else { MatRef::new(&a[..n], batch, width) };
        activation::derivative(kernel, *self, of, MatMut::new(&mut da[..n], batch, width));
    }

    fn infer<T: Scalar>(
        &self,
        numbers: Numbers<'_, T>,
        _prepared: Option<&Prepared<T>>,
        x: MatRef<'_, T>, // (rows, width)
        a: &mut [T],      // (rows, width)
        _scratch: &mut Scratch<T>,
    ) -> Result<(), NoMemory> {
        copy_rows(x, a);
        numbers.kernel.activate(*self, MatMut::new(a, x.rows(), x.cols()));
        Ok(())
    }
}
