//! Counter-based random numbers: a stream is a function of (seed, purpose, index) and does not depend on other draws.
//! Shuffling therefore does not change the initial weights, nor do the weights of one layer change those of the next.
//!
//! The generator is ChaCha with 8 rounds from the `rand` crate, keyed by the triple and a second index. Uniform and normal
//! numbers and permutations are computed here, because `rand` may change its algorithms between minor versions, and a seed
//! must always give the same model.

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

/// The purpose of a stream. Two purposes never share a stream.
///
/// ```
/// use chainrule_model::random::{Purpose, Stream};
///
/// // The same seed, for another purpose, gives other numbers.
/// assert_ne!(Stream::new(42, Purpose::Init, 0).bits(), Stream::new(42, Purpose::Shuffle, 0).bits());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Initial weights; the index is the dense layer's.
    Init = 1,
    /// The order of the rows; the index is the epoch.
    Shuffle = 2,
    /// Which rows are held out; the index is 0.
    Split = 3,
    /// Data made up for tests, benches and examples; the index is the caller's.
    Synthetic = 4,
    /// Dropout masks; the index is the training pass, the second index the module.
    Dropout = 5,
    /// Settings that are tried; the index is the candidate's.
    Search = 6,
    /// Columns that are shuffled to see what a model loses by it; the index is the column, the second index the repetition.
    Importance = 7,
    /// Directions that gradients are checked along; the index is the tensor's.
    GradientCheck = 16,
}

/// A stream of random numbers, fixed by its three keys.
///
/// ```
/// use chainrule_model::random::{Purpose, Stream};
///
/// let mut stream = Stream::new(42, Purpose::Synthetic, 0);
/// let dice = stream.below(6) + 1;
/// assert!((1..=6).contains(&dice));
/// assert_eq!(Stream::new(42, Purpose::Synthetic, 0).below(6) + 1, dice);
/// ```
#[derive(Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream for `purpose` at `index` (a layer, an epoch) under `seed`.
    pub fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        Stream::at(seed, purpose, index, 0)
    }

    /// As [`Stream::new`], with a second index: one of several streams for the same thing.
    pub fn at(seed: u64, purpose: Purpose, index: u64, place: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&(purpose as u64).to_le_bytes());
        key[16..24].copy_from_slice(&index.to_le_bytes());
        key[24..].copy_from_slice(&place.to_le_bytes());
        Stream(ChaCha8Rng::from_seed(key))
    }

    /// Fills `bytes` with uniform random bytes. It takes the stream, which cannot be used afterwards.
    pub fn fill(mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in [low, high).
    #[inline]
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Normal with mean 0 and variance 1, by Marsaglia's polar method ("A convenient method for generating normal
    /// variables", SIAM Review 1964). The second number of each pair is dropped so that a draw has no memory.
    pub fn normal(&mut self) -> f64 {
        loop {
            let (u, v) = (self.uniform(-1.0, 1.0), self.uniform(-1.0, 1.0));
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * chainrule_kernel::math::ln(s) / s).sqrt();
            }
        }
    }

    /// Uniform over `0..bound`, without bias: Lemire's multiply and reject ("Fast random integer generation in an
    /// interval", 2019).
    ///
    /// # Panics
    /// When `bound` is 0.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing lies below 0");
        loop {
            let wide = u128::from(self.0.next_u64()) * u128::from(bound);
            let low = wide as u64;
            // 2^64 mod bound values of the low half are over-represented.
            if low >= bound || low >= bound.wrapping_neg() % bound {
                return (wide >> 64) as u64;
            }
        }
    }

    /// Puts the items in a uniformly random order (Fisher-Yates, Durstenfeld's form).
    pub fn shuffle<I>(&mut self, items: &mut [I]) {
        let (mut partners, mut left) = ([0; 64], items.len());
        while left > 1 {
            let partners = &mut partners[..(left - 1).min(64)];
            self.partners(left, partners);
            for (done, &partner) in partners.iter().enumerate() {
                items.swap(left - 1 - done, partner);
            }
            left -= partners.len();
        }
    }

    /// What the last of `left` items, the one before it, and so on are swapped with. Not generic: optimised with this crate, whatever
    /// the caller's profile asks for.
    fn partners(&mut self, left: usize, partners: &mut [usize]) {
        for (done, partner) in partners.iter_mut().enumerate() {
            *partner = self.below((left - done) as u64) as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_each_of_its_three_keys() {
        let first = |seed, purpose, index| Stream::new(seed, purpose, index).unit();
        let base = first(1, Purpose::Init, 0);
        assert_eq!(base, first(1, Purpose::Init, 0));
        assert_ne!(base, first(2, Purpose::Init, 0));
        assert_ne!(base, first(1, Purpose::Shuffle, 0));
        assert_ne!(base, first(1, Purpose::Init, 1));
        assert_ne!(base, Stream::at(1, Purpose::Init, 0, 1).unit());
    }

    #[test]
    fn normals_have_the_moments_of_the_normal_distribution() {
        let mut stream = Stream::new(7, Purpose::Synthetic, 0);
        let n = 200_000;
        let draws: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let moment = |p: i32| draws.iter().map(|x| x.powi(p)).sum::<f64>() / n as f64;
        // Standard errors of the first four moments are sqrt(1, 2, 15, 96) / sqrt(n): 0.002, 0.003, 0.009, 0.022.
        assert!(moment(1).abs() < 0.01, "mean {}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.015, "variance {}", moment(2));
        assert!(moment(3).abs() < 0.045, "third moment {}", moment(3));
        assert!((moment(4) - 3.0).abs() < 0.11, "fourth moment {}", moment(4));
    }

    #[test]
    fn below_is_even_over_a_bound_that_does_not_divide_the_range() {
        let mut stream = Stream::new(3, Purpose::Synthetic, 1);
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        // Standard deviation of each count: sqrt(70000 * 1/7 * 6/7) = 93.
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 500), "{counts:?}");
    }

    #[test]
    fn a_shuffle_swaps_each_item_with_a_drawn_one_from_the_last_on() {
        for rows in [0, 1, 2, 63, 64, 65, 66, 129, 1000] {
            let mut items: Vec<usize> = (0..rows).collect();
            let mut expected = items.clone();
            Stream::new(3, Purpose::Shuffle, 1).shuffle(&mut items);
            let mut stream = Stream::new(3, Purpose::Shuffle, 1);
            for i in (1..rows).rev() {
                expected.swap(i, stream.below(i as u64 + 1) as usize);
            }
            assert_eq!(items, expected, "{rows} items");
        }
    }

    #[test]
    fn a_shuffle_is_a_permutation_and_moves_things() {
        let mut items: Vec<u32> = (0..1000).collect();
        Stream::new(5, Purpose::Shuffle, 9).shuffle(&mut items);
        let in_place = items.iter().enumerate().filter(|(i, x)| *i as u32 == **x).count();
        assert!(in_place < 20, "{in_place} of 1000 stayed where they were");
        items.sort_unstable();
        assert!(items.iter().enumerate().all(|(i, x)| i as u32 == *x));
    }

    #[test]
    fn the_first_draws_of_seed_42_never_change() {
        let mut stream = Stream::new(42, Purpose::Init, 0);
        let draws = [stream.unit(), stream.unit(), stream.normal()];
        assert_eq!(draws, [0.5243567432308253, 0.15116067737565642, -0.004046762661528316]);
    }
}
