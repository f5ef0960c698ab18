//! The times of one candidate in a record.

use serde::{Deserialize, Serialize};

use crate::rounds::Rounds;

/// One candidate on one product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// The candidate's name.
    pub name: String,
    /// Lower quartile, median, upper quartile, least.
    pub ns: [f64; 4],
    /// At the median.
    pub gflops: f64,
    /// Of the measured peak, at the median.
    pub percent_of_peak: f64,
    /// Its time over ours: lower quartile, median, upper quartile over the rounds.
    pub ratio: [f64; 3],
}

impl Timing {
    /// Candidate number `who` of these rounds; `flops` is the number of operations of one call.
    pub fn new(name: &str, rounds: &Rounds, who: usize, flops: u64, peak: f64) -> Self {
        let ns = rounds.seconds(who).map(|s| s * 1e9);
        let gflops = flops as f64 / ns[1];
        Timing {
            name: name.to_owned(),
            ns: ns.map(short),
            gflops: short(gflops),
            percent_of_peak: short(100.0 * gflops / peak),
            ratio: rounds.ratio(who, 0).map(short),
        }
    }
}

/// Four significant digits: more is noise, and the file is kept for good.
pub(crate) fn short(value: f64) -> f64 {
    format!("{value:.3e}").parse().expect("a number reads back")
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn four_digits_are_kept() {
        assert_eq!(short(123_456.0), 123_500.0);
        assert_eq!(short(0.999_96), 1.0);
    }
}
