//! Where activations are not smooth: on which of its smooth pieces an input lies.

use chainrule_dense::Activation;

/// Whether the activation, or its derivative, has a kink anywhere.
pub(super) fn is_piecewise(activation: Activation) -> bool {
    !matches!(activation, Activation::Identity | Activation::Sigmoid | Activation::Tanh)
}

/// The number of the smooth piece. Two inputs with the same number have nothing but smoothness between them. A kink
/// itself is a piece of its own: no step away from it stays there.
pub(super) fn piece(z: f64) -> i8 {
    match z {
        z if z > 0.0 => 1,
        z if z < 0.0 => -1,
        _ => 0, // NaN too: it has no slope
    }
}
