//! Values of which a few are so large that f32 hardly tells the others apart, once all are standardised: `(t - mean) / std` has 24
//! bits, which a mean far from most values takes for itself.

use super::values::Values;

/// Rows that are looked at, spread evenly.
const LOOKED_AT: usize = 4096;
/// How many steps of f32 the middle half of the values should be wide, so that figures of four digits are right.
const STEPS: f64 = 1000.0;

/// What f32 leaves of the values of a column that are usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Coarse {
    /// The quartiles, between which half of the values lie.
    pub(crate) quartiles: [f64; 2],
    /// How far numbers lie apart that f32 tells from one another, in the values' own unit, about.
    pub(crate) step: f64,
}

impl Coarse {
    /// Of a column of values that are standardised by this mean; `None` where f32 holds them well.
    pub(crate) fn of(values: &Values, column: usize, mean: f64) -> Option<Self> {
        if column >= values.cols() {
            return None;
        }
        let mut cursor = values.cursor();
        let every = values.rows().div_ceil(LOOKED_AT).max(1);
        let mut some: Vec<f64> = (0..values.rows()).step_by(every).map(|row| cursor.at(row)[column]).collect();
        some.sort_unstable_by(f64::total_cmp);
        let at = |quarter: usize| some.get(quarter * some.len().saturating_sub(1) / 4).copied();
        let (low, middle, high) = (at(1)?, at(2)?, at(3)?);
        // Of a number near the middle, f32 keeps 24 bits of its distance from the mean.
        let step = (middle - mean).abs() * f64::from(f32::EPSILON);
        (low < high && step * STEPS > high - low).then_some(Coarse { quartiles: [low, high], step })
    }

    /// `half of the values of "price" lie from 2.5 to 4`.
    pub(crate) fn half(&self, title: &str) -> String {
        let [low, high] = self.quartiles.map(brief);
        format!("half of the values of {title:?} lie from {low} to {high}")
    }
}

/// That values of this column hardly differ where a model standardised them by this mean, in f32: figures of them are rounded.
pub(crate) fn coarse_note(values: &Values, column: usize, mean: f64, names: &[String]) -> Option<String> {
    let coarse = Coarse::of(values, column, mean)?;
    let title = names.get(column).cloned().unwrap_or_else(|| (column + 1).to_string());
    Some(format!(
        "note: {}: standardised as the model learned them, f32 tells them apart by steps of {}, to which their figures are rounded; \
         a model trained with dtype = f64 has others",
        coarse.half(&title),
        brief(coarse.step)
    ))
}

/// A number of four digits that count.
pub(crate) fn brief(value: f64) -> String {
    let digits: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    if digits != 0.0 && !(1e-3..1e7).contains(&digits.abs()) { format!("{digits:e}") } else { digits.to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::values::ValuesBuilder;
    use super::*;

    fn coarse(outlier: f64) -> Option<Coarse> {
        let mut builder = ValuesBuilder::new(401, 1, None).unwrap();
        (0..400).for_each(|row| builder.push(2.0 + f64::from(row) / 100.0).unwrap());
        builder.push(outlier).unwrap();
        let values = builder.finish().unwrap();
        let mut sum = 0.0;
        values.each(0, |value| sum += value);
        Coarse::of(&values, 0, sum / 401.0)
    }

    #[test]
    fn values_are_coarse_beside_one_that_moves_the_mean_out_of_their_sight() {
        let found = coarse(1e10).unwrap();
        assert_eq!(found.half("y"), "half of the values of \"y\" lie from 3 to 5");
        // A mean of 2.5e7 is 3 steps of f32 wide of what lies near 0.
        assert!((2.9..3.0).contains(&found.step), "{}", found.step);
        assert_eq!((coarse(4.0), coarse(1e6)), (None, None));
    }

    #[test]
    fn numbers_are_shown_in_four_digits() {
        assert_eq!(
            [0.0, 2.05, -13.3333, 123_456.0, 1e10, 1.2344e-7].map(brief),
            ["0", "2.05", "-13.33", "123500", "1e10", "1.234e-7"]
        );
    }
}
