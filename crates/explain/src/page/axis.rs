//! An axis: from a range of numbers to points on the page, and round numbers to write beside it.

use std::cmp::Ordering;

/// Where numbers lie along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    is_log: bool,
}

impl Scale {
    /// An axis for these numbers, drawn between two points. One that spans nothing is widened; a logarithmic one needs
    /// numbers above 0 and is linear without.
    pub(super) fn new(range: [f64; 2], points: [f64; 2], is_log: bool) -> Self {
        let is_log = is_log && range[0] > 0.0;
        let [mut low, mut high] = if is_log { range.map(f64::log10) } else { range };
        if high.partial_cmp(&low) != Some(Ordering::Greater) {
            let half = if is_log || low == 0.0 { 0.5 } else { low.abs() / 2.0 };
            (low, high) = (low - half, low + half);
        }
        Scale { low, high, from: points[0], to: points[1], is_log }
    }

    /// The point of a number; beyond the axis where the number is.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = if self.is_log { value.log10() } else { value };
        self.from + (self.to - self.from) * (value - self.low) / (self.high - self.low)
    }

    /// Some four to eight numbers of 1, 2 or 5 times a power of ten, or powers of ten alone.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.is_log {
            let (first, last) = (self.low.ceil() as i32, self.high.floor() as i32);
            if last > first {
                let step = ((last - first) / 6 + 1) as usize;
                return (first..=last).step_by(step).map(|power| 10f64.powi(power)).collect();
            }
            // Less than two powers of ten: 1, 2 and 5 times each; round numbers where these are fewer than three, too.
            let (low, high) = (10f64.powf(self.low), 10f64.powf(self.high));
            let powers = (first - 1..=last).map(|power| 10f64.powi(power));
            let times = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|times| times * power));
            let between: Vec<f64> = times.filter(|tick| (low..=high).contains(tick)).collect();
            return if between.len() > 2 { between } else { round_numbers(low, high) };
        }
        round_numbers(self.low, self.high)
    }
}

fn round_numbers(low: f64, high: f64) -> Vec<f64> {
    let rough = (high - low) / 6.0;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough);
    let step = step.unwrap_or(10.0 * power);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).take(12).map(|at| at as f64 * step).collect()
}

/// A number as an axis shows it.
pub(super) fn label(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        return "0".to_owned();
    }
    if !(1e-3..1e6).contains(&size) {
        // As many digits as it has, of the six that its sum with a step leaves alone.
        return format!("{:e}", format!("{value:.5e}").parse().unwrap_or(value));
    }
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        for (range, want) in [
            ([0.0, 1.0], &["0", "0.2", "0.4", "0.6", "0.8", "1"][..]),
            ([-3.0, 9.0], &["-2", "0", "2", "4", "6", "8"]),
            ([120_000.0, 240_000.0], &["120000", "140000", "160000", "180000", "200000", "220000", "240000"]),
            ([1.0, 60.0], &["10", "20", "30", "40", "50", "60"]),
            // As many digits as tell them apart.
            ([1e6, 3e6], &["1e6", "1.5e6", "2e6", "2.5e6", "3e6"]),
            ([1e-4, 3e-4], &["1e-4", "1.5e-4", "2e-4", "2.5e-4", "3e-4"]),
        ] {
            let scale = Scale::new(range, [0.0, 100.0], false);
            assert_eq!(scale.ticks().into_iter().map(label).collect::<Vec<_>>(), want);
        }
        let scale = Scale::new([3e-4, 2.0], [0.0, 100.0], true);
        assert_eq!(scale.ticks().into_iter().map(label).collect::<Vec<_>>(), ["0.001", "0.01", "0.1", "1"]);
        let scale = Scale::new([0.03, 0.9], [0.0, 100.0], true);
        assert_eq!(scale.ticks().into_iter().map(label).collect::<Vec<_>>(), ["0.05", "0.1", "0.2", "0.5"]);
        let scale = Scale::new([3.0, 4.0], [0.0, 100.0], true);
        assert_eq!(scale.ticks().into_iter().map(label).collect::<Vec<_>>(), ["3", "3.2", "3.4", "3.6", "3.8", "4"]);
    }

    #[test]
    fn the_ends_of_a_range_are_the_ends_of_the_axis() {
        for is_log in [false, true] {
            let scale = Scale::new([0.5, 8.0], [40.0, 10.0], is_log);
            assert_eq!((scale.place(0.5), scale.place(8.0)), (40.0, 10.0));
        }
        let scale = Scale::new([7.0, 7.0], [0.0, 10.0], false);
        assert_eq!(scale.place(7.0), 5.0);
    }
}
