//! What is done to features before a network sees them, as it is stored with the model so that its file alone can predict.
//! Fitting and applying it stands in `preprocessing.rs`.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A map of each feature, computed in f64. It serialises, so a model file can carry it.
///
/// ```
/// use chainrule::data::{Preprocess, digits};
///
/// // Fitted on the training part alone, and applied to both.
/// let (mut train, mut test) = digits::<f32>().split(0.2, 42)?;
/// let standardize = Preprocess::standardize(train.features())?;
/// train.preprocess(&standardize)?;
/// test.preprocess(&standardize)?;
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Preprocess {
    /// Features stay as they are.
    #[default]
    None,
    /// `x * factor`, for any number of columns.
    Scale {
        /// The factor: 1/255 brings bytes to 0..=1.
        factor: f64,
    },
    /// `(x - mean) / std`, column by column.
    Standardize {
        /// Each column's mean, `(cols)`.
        mean: Vec<f64>,
        /// Each column's standard deviation, or 1 where the column was constant, `(cols)`.
        std: Vec<f64>,
    },
    /// `(x - shift) / scale`, column by column: of a range or of quartiles.
    Shift {
        /// Each column's least value, or its median, `(cols)`.
        shift: Vec<f64>,
        /// Each column's range, or that of its middle half; 1 where that is 0, `(cols)`.
        scale: Vec<f64>,
    },
}

impl Preprocess {
    /// Refuses one that cannot be applied to `cols` columns: for a model file, before there is data.
    ///
    /// # Errors
    /// When it was fitted on another number of columns, or holds a number that makes no sense.
    pub fn check(&self, cols: usize) -> Result<()> {
        match self {
            Preprocess::None => Ok(()),
            Preprocess::Scale { factor } if factor.is_finite() && *factor != 0.0 => Ok(()),
            Preprocess::Scale { factor } => Err(Error::Argument {
                name: "preprocessing factor",
                found: factor.to_string(),
                expected: "a finite number other than 0".to_string(),
            }),
            Preprocess::Standardize { mean, std } | Preprocess::Shift { shift: mean, scale: std } => {
                if mean.len() != cols || std.len() != cols {
                    return Err(Error::Shape {
                        origin: "preprocessing".to_string(),
                        found: format!("features of {cols} columns"),
                        expected: format!("{} means and {} deviations, as it was fitted", mean.len(), std.len()),
                    });
                }
                let senseless = mean.iter().zip(std).position(|(m, s)| !m.is_finite() || !s.is_finite() || *s <= 0.0);
                senseless.map_or(Ok(()), |column| {
                    Err(Error::Argument {
                        name: "preprocessing",
                        found: format!("mean {} and deviation {} in column {}", mean[column], std[column], column + 1),
                        expected: "finite numbers and a deviation above 0".to_string(),
                    })
                })
            }
        }
    }
}

impl Preprocess {
    /// Applies it to one row, whose width has been checked.
    pub(crate) fn apply_to_row(&self, row: &mut [f64]) {
        match self {
            Preprocess::None => {}
            Preprocess::Scale { factor } => row.iter_mut().for_each(|x| *x *= factor),
            Preprocess::Standardize { mean: shift, std: scale } | Preprocess::Shift { shift, scale } => {
                row.iter_mut().zip(shift.iter().zip(scale)).for_each(|(x, (shift, scale))| *x = (*x - shift) / scale);
            }
        }
    }
}

/// `none`, `x * 0.0625`, `(x - mean) / deviation, of 30 columns`.
impl fmt::Display for Preprocess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Preprocess::None => f.write_str("none"),
            Preprocess::Scale { factor } => write!(f, "x * {factor}"),
            Preprocess::Standardize { mean, std } => {
                let of_all = mean.len();
                // Others stay as they are: categories, yes and no.
                let scaled = mean.iter().zip(std).filter(|pair| *pair != (&0.0, &1.0)).count();
                match scaled == of_all {
                    true => write!(f, "(x - mean) / deviation, of {of_all} columns"),
                    false => write!(f, "(x - mean) / deviation, of {scaled} of {of_all} inputs"),
                }
            }
            Preprocess::Shift { shift, .. } => write!(f, "(x - shift) / scale, of {} columns", shift.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Features;

    #[test]
    fn scaling_multiplies_every_number() {
        let mut features = Features::new(2, 2, vec![0.0f32, 16.0, 8.0, 1.0]).unwrap();
        Preprocess::Scale { factor: 1.0 / 16.0 }.apply(&mut features).unwrap();
        assert_eq!(*features.data(), [0.0, 1.0, 0.5, 0.0625]);
    }

    #[test]
    fn standardising_gives_columns_of_mean_0_and_deviation_1() {
        let mut features = Features::new(4, 2, vec![1.0, 1e9, 2.0, 1e9 + 1.0, 3.0, 1e9 + 2.0, 4.0, 1e9 + 3.0]).unwrap();
        let fitted = Preprocess::standardize(&features).unwrap();
        let Preprocess::Standardize { mean, std } = &fitted else { panic!() };
        assert_eq!(mean, &[2.5, 1e9 + 1.5]);
        assert_eq!(std, &[1.25f64.sqrt(); 2]);
        fitted.apply(&mut features).unwrap();
        for column in 0..2 {
            let values: Vec<f64> = (0..4).map(|row| features.row(row)[column]).collect();
            assert!(values.iter().sum::<f64>().abs() < 1e-12);
            assert!((values.iter().map(|x| x * x).sum::<f64>() / 4.0 - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_constant_column_becomes_zero_also_when_its_mean_rounds() {
        // 0.1 summed ten times is not 1.
        let mut features = Features::new(10, 1, vec![0.1; 10]).unwrap();
        let fitted = Preprocess::standardize(&features).unwrap();
        assert_eq!(fitted, Preprocess::Standardize { mean: vec![0.1], std: vec![1.0] });
        fitted.apply(&mut features).unwrap();
        assert_eq!(*features.data(), [0.0; 10]);
    }

    #[test]
    fn features_of_another_width_are_refused_and_left_alone() {
        let fitted = Preprocess::Standardize { mean: vec![1.0; 3], std: vec![1.0; 3] };
        let mut features = Features::new(3, 2, vec![5.0; 6]).unwrap();
        let message = fitted.apply(&mut features).unwrap_err().to_string();
        assert!(message.contains("features of 2 columns") && message.contains("3 means"), "{message}");
        assert_eq!(*features.data(), [5.0; 6]);
    }

    #[test]
    fn what_was_done_is_remembered_and_not_done_twice() {
        let mut features = Features::new(2, 1, vec![1.0f32, 2.0]).unwrap();
        Preprocess::None.apply(&mut features).unwrap();
        assert_eq!(*features.preprocessing(), Preprocess::None);
        let halved = Preprocess::Scale { factor: 0.5 };
        halved.apply(&mut features).unwrap();
        assert_eq!(*features.select(&[1]).unwrap().preprocessing(), halved);
        let message = halved.apply(&mut features).unwrap_err().to_string();
        assert!(message.contains("x * 0.5, done before") && *features.data() == [0.5, 1.0], "{message}");
    }

    #[test]
    fn numbers_that_a_file_should_not_hold_are_refused() {
        let standardize = |mean, std| Preprocess::Standardize { mean: vec![0.0, mean], std: vec![1.0, std] };
        for bad in
            [standardize(f64::NAN, 1.0), standardize(0.0, 0.0), standardize(0.0, -1.0), standardize(0.0, f64::INFINITY)]
        {
            assert!(bad.check(2).unwrap_err().to_string().contains("column 2"), "{bad:?}");
        }
        assert!(standardize(0.0, 1.0).check(2).is_ok());
        for (means, stds) in [(1, 2), (2, 1), (3, 3)] {
            let fitted = Preprocess::Standardize { mean: vec![0.0; means], std: vec![1.0; stds] };
            assert!(fitted.check(2).unwrap_err().to_string().contains(&format!("{means} means and {stds} deviations")));
        }
        for factor in [0.0, f64::NAN, f64::INFINITY] {
            assert!(Preprocess::Scale { factor }.check(2).is_err());
        }
        let huge = Features::new(2, 1, vec![-f64::MAX, f64::MAX]).unwrap();
        assert!(Preprocess::standardize(&huge).is_err());
    }

    #[test]
    fn json_gives_back_the_same_bits() {
        for value in [0.1, 1.0 / 3.0, 51.24513164471217, 2.2250738585072014e-308, 123456789.12345679, 7.038531e-26] {
            let fitted = Preprocess::Standardize { mean: vec![value, -value], std: vec![value; 2] };
            let json = serde_json::to_string(&fitted).unwrap();
            assert_eq!(serde_json::from_str::<Preprocess>(&json).unwrap(), fitted, "{json}");
        }
        let mut stream = chainrule_model::random::Stream::new(1, chainrule_model::random::Purpose::Synthetic, 0);
        for _ in 0..100_000 {
            let fitted = Preprocess::Scale { factor: stream.normal() };
            let json = serde_json::to_string(&fitted).unwrap();
            assert_eq!(serde_json::from_str::<Preprocess>(&json).unwrap(), fitted, "{json}");
        }
    }

    #[test]
    fn json_names_the_kind() {
        assert_eq!(serde_json::to_string(&Preprocess::None).unwrap(), r#"{"kind":"none"}"#);
        let scale: Preprocess = serde_json::from_str(r#"{"kind":"scale","factor":0.5}"#).unwrap();
        assert_eq!(scale, Preprocess::Scale { factor: 0.5 });
        assert!(serde_json::from_str::<Preprocess>(r#"{"kind":"whiten"}"#).is_err());
    }
}
