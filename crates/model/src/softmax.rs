//! Softmax over each row, as a layer: its output, and the product of a gradient with its Jacobian.

use chainrule_kernel::{Kernel, Scalar};

/// Replaces each row of `width` by its softmax, `e^(z_i - max z) / sum_j e^(z_j - max z)`: shifting by the largest keeps
/// every power finite and changes no quotient.
pub fn forward<T: Scalar>(kernel: &Kernel<T>, width: usize, z: &mut [T]) {
    powers(kernel, width, z);
    for row in z.chunks_exact_mut(width.max(1)) {
        let sum = row.iter().copied().sum::<T>();
        row.iter_mut().for_each(|p| *p = *p / sum);
    }
}

/// Replaces the gradient by the output by the gradient by the input. The Jacobian is `diag(a) - a a^T`, so its product
/// with `da` is `a_i (da_i - sum_j a_j da_j)`; the matrix itself is never made.
pub fn backward<T: Scalar>(
    width: usize,
    a: &[T],      // (batch, width)
    da: &mut [T], // (batch, width), becomes dz
) {
    for (a, da) in a.chunks_exact(width.max(1)).zip(da.chunks_exact_mut(width.max(1))) {
        let dot = a.iter().zip(&*da).map(|(&a, &d)| a * d).sum::<T>();
        da.iter_mut().zip(a).for_each(|(d, &a)| *d = a * (*d - dot));
    }
}

/// Replaces each row by `e^(z_i - max z)`.
pub(crate) fn powers<T: Scalar>(kernel: &Kernel<T>, width: usize, z: &mut [T]) {
    for row in z.chunks_exact_mut(width.max(1)) {
        let top = largest(row);
        row.iter_mut().for_each(|z| *z -= top);
    }
    kernel.exp(z);
}

/// The largest element; negative infinity of an empty row.
pub(crate) fn largest<T: Scalar>(row: &[T]) -> T {
    row.iter().copied().fold(T::NEG_INFINITY, |top, z| if z > top { z } else { top })
}
