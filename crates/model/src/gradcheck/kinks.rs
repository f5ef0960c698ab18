//! The kinks of activations: which smooth piece of an activation an input lies on.

use chainrule_dense::Activation;

/// The inputs at which the activation or its derivative has a kink, in ascending order. Softplus changes to the
/// identity at 20, as PyTorch's does: a jump of 2e-9.
pub(super) fn kinks(activation: Activation) -> &'static [f64] {
    match activation {
        Activation::Identity
        | Activation::Sigmoid
        | Activation::Tanh
        | Activation::Gelu
        | Activation::GeluTanh
        | Activation::Silu => &[],
        Activation::HardSigmoid => &[-3.0, 3.0],
        Activation::Softplus => &[20.0],
        // The second derivative of softsign jumps, as does that of ELU with alpha 1.
        _ => &[0.0],
    }
}

/// The number of the smooth piece that z lies on: between two inputs with the same number there is no kink. A kink itself
/// is a piece of its own, which any step leaves.
pub(super) fn piece(kinks: &[f64], z: f64) -> i8 {
    if z.is_nan() {
        return -1; // it has no slope
    }
    kinks.iter().map(|kink| i8::from(z >= *kink) + i8::from(z > *kink)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kink_is_a_piece_between_two_others() {
        let pieces = |activation: Activation, inputs: &[f64]| {
            inputs.iter().map(|z| piece(kinks(activation), *z)).collect::<Vec<_>>()
        };
        assert_eq!(pieces(Activation::Relu, &[-1.0, -0.0, 0.0, 1.0, f64::NAN]), [0, 1, 1, 2, -1]);
        assert_eq!(pieces(Activation::HardSigmoid, &[-4.0, -3.0, 0.0, 3.0, 4.0]), [0, 1, 2, 3, 4]);
        assert_eq!(pieces(Activation::Gelu, &[-4.0, 0.0]), [0, 0]);
    }
}
