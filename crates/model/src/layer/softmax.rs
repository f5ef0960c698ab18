//! Softmax over each row, and its logarithm, as layers. Their formulas are in `crate::softmax`, which the losses use too.

use std::fmt;

use chainrule_kernel::{MatRef, Scalar, Scratch};

use super::layer_op::{BackwardInput, Forward, LayerOp, Numbers, OpWorkspace, Prepared, Weights, copy_rows};
use crate::ModelError;
use crate::memory::NoMemory;
use crate::softmax::{backward, forward, log_backward, log_forward};

/// The softmax layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Softmax;

/// The log-softmax layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LogSoftmax;

impl LayerOp for Softmax {
    fn kind(&self) -> String {
        "softmax".to_owned()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("softmax")
    }

    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, width)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError> {
        let a = &mut here.a[..x.rows() * here.width];
        copy_rows(x, a);
        forward(pass.numbers.kernel, here.width, a);
        Ok(())
    }

    fn backward_in_place<T: Scalar>(
        &self,
        flow: &BackwardInput<'_, T>,
        here: &mut OpWorkspace<T>,
        _weights: &mut Weights<'_, T>,
        _grads: &mut [T],
    ) {
        let n = flow.batch * here.width;
        backward(here.width, &here.a[..n], &mut here.da[..n]);
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
        forward(numbers.kernel, x.cols(), a);
        Ok(())
    }
}

impl LayerOp for LogSoftmax {
    fn kind(&self) -> String {
        "log_softmax".to_owned()
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("log_softmax")
    }

    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, width)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError> {
        let a = &mut here.a[..x.rows() * here.width];
        copy_rows(x, a);
        log_forward(pass.numbers.kernel, here.width, a);
        Ok(())
    }

    fn backward_in_place<T: Scalar>(
        &self,
        flow: &BackwardInput<'_, T>,
        here: &mut OpWorkspace<T>,
        _weights: &mut Weights<'_, T>,
        _grads: &mut [T],
    ) {
        let n = flow.batch * here.width;
        log_backward(flow.kernel, here.width, &here.a[..n], &mut here.da[..n]);
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
        log_forward(numbers.kernel, x.cols(), a);
        Ok(())
    }
}
