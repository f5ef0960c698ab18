//! Copies of a network's parameters, to restore them later.

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;

use crate::Result;

/// A copy of everything that training changes in a network: its parameters and its running statistics.
pub(super) struct Snapshot<T: Scalar>(Mlp<T>);

impl<T: Scalar> Snapshot<T> {
    pub(super) fn of(mlp: &Mlp<T>) -> Result<Self> {
        Ok(Snapshot(mlp.try_clone()?))
    }

    pub(super) fn network(&self) -> &Mlp<T> {
        &self.0
    }

    pub(super) fn network_mut(&mut self) -> &mut Mlp<T> {
        &mut self.0
    }

    /// Copies the current state of the network.
    pub(super) fn take(&mut self, mlp: &Mlp<T>) {
        self.0.copy_from(mlp);
    }

    /// Restores the network to the copied state.
    pub(super) fn restore(&self, mlp: &mut Mlp<T>) {
        mlp.copy_from(&self.0);
    }
}
