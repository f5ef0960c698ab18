//! Softmax over each row, and its logarithm: their outputs, and the products of a gradient with their Jacobians.

use chainrule_kernel::{Kernel, Scalar, math};

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

/// Replaces each row of `width` by the logarithm of its softmax, `(z_i - max z) - ln sum_j e^(z_j - max z)`: never the
/// logarithm of a probability that has become 0.
pub fn log_forward<T: Scalar>(kernel: &Kernel<T>, width: usize, z: &mut [T]) {
    for row in z.chunks_exact_mut(width.max(1)) {
        let top = largest(row);
        row.iter_mut().for_each(|z| *z -= top);
        // In f64: where one class has almost everything, its logarithm is that of 1 and a little.
        let mut sum = 0.0;
        for_each_power(kernel, row, |_, power| sum += power.to_f64());
        let ln_sum = T::from_f64(math::ln(sum));
        row.iter_mut().for_each(|z| *z -= ln_sum);
    }
}

/// Replaces the gradient by the output of [`log_forward`] by the gradient by its input: the Jacobian's row i has
/// `delta_ij - e^a_j` in column j, so that is `da_i - e^a_i sum_j da_j`.
pub fn log_backward<T: Scalar>(
    kernel: &Kernel<T>,
    width: usize,
    a: &[T],      // (batch, width)
    da: &mut [T], // (batch, width), becomes dz
) {
    for (a, da) in a.chunks_exact(width.max(1)).zip(da.chunks_exact_mut(width.max(1))) {
        let sum = da.iter().copied().sum::<T>();
        for_each_power(kernel, a, |i, power| da[i] -= power * sum);
    }
}

/// Calls `each` with the index and `e^x` of each element, in order.
fn for_each_power<T: Scalar>(kernel: &Kernel<T>, row: &[T], mut each: impl FnMut(usize, T)) {
    const AT_ONCE: usize = 64; // on the stack: a step allocates nothing
    let mut powers = [T::ZERO; AT_ONCE];
    for (block, x) in row.chunks(AT_ONCE).enumerate() {
        let powers = &mut powers[..x.len()];
        powers.copy_from_slice(x);
        kernel.exp(powers);
        powers.iter().enumerate().for_each(|(i, &power)| each(block * AT_ONCE + i, power));
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
