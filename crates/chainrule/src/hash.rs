//! A hash of the parameters, to compare runs by.

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;

/// The SHA-256 of all parameters as little-endian bytes in the order of [`Mlp::params`], then of batch normalisations'
/// running statistics in the order of [`Mlp::running`], in lower-case hexadecimal. Equal for two networks of the same
/// layers exactly when every bit of them is.
pub fn weights_sha256<T: Scalar>(mlp: &Mlp<T>) -> String {
    let mut hash = hmac_sha256::Hash::new();
    hash.update(T::le_bytes(mlp.params()));
    hash.update(T::le_bytes(mlp.running()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_changes_with_any_bit_and_with_nothing_else() {
        let build = || Mlp::builder(3).dense(4).relu().dense(2).seed(1).build().unwrap();
        let (one, mut other) = (build(), build());
        assert_eq!(weights_sha256(&one), weights_sha256(&other));
        let last = other.params_mut().last_mut().unwrap();
        *last = f32::from_bits(last.to_bits() ^ 1);
        assert_ne!(weights_sha256(&one), weights_sha256(&other));
        // What is not learned but seen counts too.
        let build = || Mlp::builder(3).dense(4).batch_norm().build().unwrap();
        let (one, mut other) = (build(), build());
        assert_eq!(weights_sha256(&one), weights_sha256(&other));
        other.running_mut()[7] = 2.0;
        assert_ne!(weights_sha256(&one), weights_sha256(&other));
    }

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        let mut mlp = Mlp::builder(1).dense(1).build().unwrap();
        mlp.params_mut().copy_from_slice(&[1.0, 0.0]);
        // printf '\x00\x00\x80\x3f\x00\x00\x00\x00' | sha256sum
        assert_eq!(weights_sha256(&mlp), "434b26042aff3fb844a4c4c6be0d81a079b0ce84cfb8190679024404e5dc4822");
    }
}
