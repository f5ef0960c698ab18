//! Dropout: in training each unit of each row is set to 0 with probability p, and divided by 1 - p otherwise, so that the
//! expected output is the input. In evaluation it is the identity.
//!
//! Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: A Simple Way to Prevent Neural
//! Networks from Overfitting", 2014; the division in training instead of a multiplication in evaluation is their
//! section 10, and PyTorch's `nn.Dropout`.
//!
//! The mask is a function of (seed, training pass, module, row, unit) alone: it does not depend on threads or instruction
//! sets. One random byte decides about a unit; where it equals the limit's first byte, 24 more bits decide, so p is exact
//! to 2^-32.

use std::fmt;

use chainrule_kernel::{MatRef, Scalar, Scratch};

use super::layer_op::{
    BackwardInput, Forward, Kept, LayerOp, Numbers, OpWorkspace, Prepared, Size, Weights, copy_rows,
};
use crate::ModelError;
use crate::memory::{NoMemory, filled, product};
use crate::random::{Purpose, Stream};

/// A dropout in its network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dropout {
    pub(crate) p: f64,
    /// Its module number, which is part of the mask's key.
    pub(crate) module: usize,
}

impl Dropout {
    /// `p`.
    pub(super) fn read(p: &str) -> Option<f64> {
        p.trim().parse().ok()
    }
}

impl LayerOp for Dropout {
    fn kind(&self) -> String {
        format!("dropout({})", self.p)
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dropout({})", self.p)
    }

    fn check(&self) -> Result<(), ModelError> {
        if (0.0..1.0).contains(&self.p) {
            return Ok(());
        }
        let (what, expected) = ("the share that dropout leaves out", "a number from 0 to below 1");
        Err(ModelError::Setting { what, found: self.p, expected })
    }

    fn differs_in_training(&self) -> bool {
        true
    }

    fn is_transparent(&self) -> bool {
        true
    }

    fn kept<T: Scalar>(&self, size: &Size<T>) -> Result<Kept<T>, NoMemory> {
        Ok(Kept::Mask(filled(product(size.max_batch, size.width)?, 0)?))
    }

    fn forward<T: Scalar>(
        &self,
        pass: &Forward<'_, T>,
        x: MatRef<'_, T>, // (batch, width)
        here: &mut OpWorkspace<T>,
    ) -> Result<(), ModelError> {
        let OpWorkspace { width, a, kept, .. } = here;
        let n = x.rows() * *width;
        copy_rows(x, &mut a[..n]);
        if let (Kept::Mask(mask), true) = (kept, pass.is_training) {
            let key = Key { seed: pass.seed, pass: pass.pass, module: self.module };
            draw(self.p, key, &mut mask[..n]);
            forward(self.p, &mask[..n], &mut a[..n]);
        }
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
        if let (Kept::Mask(mask), true) = (&here.kept, flow.is_training) {
            backward(self.p, &mask[..n], &mut here.da[..n]);
        }
    }

    fn infer<T: Scalar>(
        &self,
        _numbers: Numbers<'_, T>,
        _prepared: Option<&Prepared<T>>,
        x: MatRef<'_, T>, // (rows, width)
        a: &mut [T],      // (rows, width)
        _scratch: &mut Scratch<T>,
    ) -> Result<(), NoMemory> {
        copy_rows(x, a);
        Ok(())
    }
}

/// The key of a mask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) seed: u64,
    /// The number of the training pass, from 0.
    pub(crate) pass: u64,
    pub(crate) module: usize,
}

/// The bit that marks the stream of the 24 further bits.
const EDGE: u64 = 1 << 63;

/// Draws a mask: 0 for dropped units, 1 for kept ones.
pub(crate) fn draw(
    p: f64,
    key: Key,
    mask: &mut [u8], // (batch, width)
) {
    let Key { seed, pass, module } = key;
    let place = module as u64;
    Stream::at(seed, Purpose::Dropout, pass, place).fill(mask);
    let mut more = Stream::at(seed, Purpose::Dropout, pass, place | EDGE);
    // A unit is dropped if a uniform number of 32 bits is below this. It is at most 2^32, so `byte` is at most 256.
    let limit = (p * (1u64 << 32) as f64).round() as u64;
    let (byte, rest) = ((limit >> 24) as u16, limit & 0xff_ffff);
    for bit in mask {
        let drawn = u16::from(*bit);
        let is_kept = if drawn == byte { more.bits() >> 40 >= rest } else { drawn > byte };
        *bit = u8::from(is_kept);
    }
}

/// `y = x / (1 - p)` where the mask is 1, 0 elsewhere, even if x is not finite there.
pub(crate) fn forward<T: Scalar>(
    p: f64,
    mask: &[u8],
    a: &mut [T], // x, becomes y: as mask
) {
    let factor = T::from_f64(1.0 / (1.0 - p));
    a.iter_mut().zip(mask).for_each(|(a, &kept)| *a = if kept == 1 { *a * factor } else { T::ZERO });
}

/// `dx = dy / (1 - p)` where the mask is 1, 0 elsewhere.
pub(crate) fn backward<T: Scalar>(
    p: f64,
    mask: &[u8],
    da: &mut [T], // dy, becomes dx: as mask
) {
    let factor = T::from_f64(1.0 / (1.0 - p));
    da.iter_mut().zip(mask).for_each(|(da, &kept)| *da = if kept == 1 { *da * factor } else { T::ZERO });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(p: f64, key: Key, n: usize) -> Vec<u8> {
        let mut mask = vec![7; n];
        draw(p, key, &mut mask);
        mask
    }

    const KEY: Key = Key { seed: 42, pass: 3, module: 2 };

    #[test]
    fn the_share_left_out_is_p() {
        let n = 1 << 20;
        for p in [0.0, 1e-3, 0.1, 0.25, 0.5, 0.8, 1.0 - 1e-3, 3.0 / 512.0, 1.0 / 300.0] {
            let kept: usize = mask(p, KEY, n).iter().map(|&bit| usize::from(bit)).sum();
            let (share, deviation) = (1.0 - kept as f64 / n as f64, (p * (1.0 - p) / n as f64).sqrt());
            assert!((share - p).abs() <= 4.0 * deviation, "{p}: {share}");
        }
        assert!(mask(0.0, KEY, n).iter().all(|&bit| bit == 1));
    }

    #[test]
    fn neighbours_are_independent() {
        // Of pairs at distances that rows of a network have, a quarter are both kept.
        let (n, p) = (1 << 20, 0.5);
        let mask = mask(p, KEY, n);
        for distance in [1, 2, 7, 64, 300] {
            let both: usize = mask.iter().zip(&mask[distance..]).map(|(&a, &b)| usize::from(a & b)).sum();
            let share = both as f64 / (n - distance) as f64;
            assert!((share - 0.25).abs() < 0.0025, "distance {distance}: {share}");
        }
    }

    #[test]
    fn a_mask_depends_on_each_part_of_its_key_and_begins_alike_at_any_length() {
        let base = mask(0.5, KEY, 1000);
        assert_eq!(base, mask(0.5, KEY, 1000));
        assert_eq!(base[..37], mask(0.5, KEY, 37));
        for key in [Key { seed: 43, ..KEY }, Key { pass: 4, ..KEY }, Key { module: 3, ..KEY }] {
            let same = mask(0.5, key, 1000).iter().zip(&base).filter(|(a, b)| a == b).count();
            assert!((400..600).contains(&same), "{key:?}: {same} of 1000 alike");
        }
    }

    #[test]
    fn the_first_masks_of_seed_42_never_change() {
        let bits = |p: f64| mask(p, KEY, 24).iter().map(u8::to_string).collect::<String>();
        assert_eq!([bits(0.5), bits(0.2)], ["101101010001010000101110", "101111011111110111101111"]);
    }

    #[test]
    fn what_is_left_out_is_0_whatever_it_was() {
        let mut a = [1.0, f64::NAN, f64::INFINITY, -2.0];
        forward(0.5, &[1, 0, 0, 1], &mut a);
        assert_eq!(a, [2.0, 0.0, 0.0, -4.0]);
        backward(0.75, &[0, 1, 0, 1], &mut a);
        assert_eq!(a, [0.0, 0.0, 0.0, -16.0]);
    }
}
