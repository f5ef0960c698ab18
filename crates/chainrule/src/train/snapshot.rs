//! What a network has learned, kept to return to.

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;

/// A copy of everything that training changes in a network.
pub(super) struct Snapshot<T: Scalar> {
    params: Vec<T>,
}

impl<T: Scalar> Snapshot<T> {
    pub(super) fn of(mlp: &Mlp<T>) -> Self {
        Snapshot { params: mlp.params().to_vec() }
    }

    /// Copies the network as it is now.
    pub(super) fn take(&mut self, mlp: &Mlp<T>) {
        self.params.copy_from_slice(mlp.params());
    }

    /// Makes the network what it was then.
    pub(super) fn restore(&self, mlp: &mut Mlp<T>) {
        mlp.params_mut().copy_from_slice(&self.params);
    }
}
