//! Scaling the columns of a table: fitted in f64 on the rows that are trained on, before anything is narrowed.

use std::fmt;
use std::str::FromStr;

use super::preprocess::Preprocess;
use super::schema::Schema;
use super::table::Table;
use crate::{Error, Result};

/// How numbers are scaled. Categories, flags and indicators, which are 0 or 1, stay as they are.
///
/// ```
/// use chainrule::data::Scaling;
/// assert_eq!("minmax".parse::<Scaling>()?, Scaling::Minmax);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Scaling {
    /// Not at all.
    None,
    /// Every feature times this.
    Scale(f64),
    /// Mean 0 and standard deviation 1.
    Standardize,
    /// From 0 to 1.
    Minmax,
    /// Median 0 and the middle half of the values 1 wide: outliers do not count.
    Robust,
}

impl FromStr for Scaling {
    type Err = Error;

    /// Understands `none`, `standardize`, `minmax`, `robust` and `scale:FACTOR`.
    fn from_str(text: &str) -> Result<Self> {
        if let Some(factor) = text.strip_prefix("scale:") {
            let parsed = factor.parse().ok().filter(|factor: &f64| factor.is_finite() && *factor != 0.0);
            return parsed.map(Scaling::Scale).ok_or_else(|| Error::Argument {
                name: "scaling factor",
                found: factor.to_owned(),
                expected: "a finite number other than 0".to_owned(),
            });
        }
        Ok(match text {
            "none" => Scaling::None,
            "standardize" | "standardise" => Scaling::Standardize,
            "minmax" | "min-max" => Scaling::Minmax,
            "robust" => Scaling::Robust,
            _ => {
                let known = ["none", "standardize", "minmax", "robust", "scale:FACTOR"];
                return Err(Error::unknown_name("scaling", text, &known));
            }
        })
    }
}

impl fmt::Display for Scaling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scaling::None => f.write_str("none"),
            Scaling::Scale(factor) => write!(f, "scale:{factor}"),
            Scaling::Standardize => f.write_str("standardize"),
            Scaling::Minmax => f.write_str("minmax"),
            Scaling::Robust => f.write_str("robust"),
        }
    }
}

impl Scaling {
    /// Fits it to the features that these rows of a table become.
    ///
    /// # Errors
    /// Those of [`Encoder::row`](super::encoder::Encoder::row), and when numbers are so large that a mean or a deviation
    /// overflows f64.
    pub(crate) fn fit(self, schema: &Schema, table: &Table, rows: &[usize]) -> Result<Preprocess> {
        let width = schema.width();
        let encoder = schema.encoder(table, schema.locate(table)?);
        let are_numbers = schema.are_numbers();
        let mut cells = vec![0.0; width];
        let mut each = |see: &mut dyn FnMut(&[f64])| {
            rows.iter().try_for_each(|&row| encoder.row(row, &mut cells).map(|()| see(&cells)))
        };
        let mut fitted = match self {
            Scaling::None => return each(&mut |_| ()).map(|()| Preprocess::None),
            Scaling::Scale(factor) => return each(&mut |_| ()).map(|()| Preprocess::Scale { factor }),
            Scaling::Standardize => {
                let moments = Moments::of(width, rows.len(), &mut each)?;
                Preprocess::Standardize { mean: moments.mean, std: moments.std }
            }
            Scaling::Minmax => {
                let (mut low, mut high) = (vec![f64::INFINITY; width], vec![f64::NEG_INFINITY; width]);
                each(&mut |cells| {
                    for (column, &value) in cells.iter().enumerate() {
                        (low[column], high[column]) = (low[column].min(value), high[column].max(value));
                    }
                })?;
                let scale = low.iter().zip(&high).map(|(low, high)| one_if_0(high - low)).collect();
                Preprocess::Shift { shift: low, scale }
            }
            Scaling::Robust => {
                let mut columns = vec![Vec::with_capacity(rows.len()); width];
                each(&mut |cells| {
                    cells.iter().zip(&mut columns).for_each(|(value, column)| column.push(*value));
                })?;
                let quartiles = columns.into_iter().map(|mut column| {
                    column.sort_unstable_by(f64::total_cmp);
                    let at = |share: f64| {
                        let place = share * (column.len() - 1) as f64;
                        let (low, high) = (column[place as usize], column[place.ceil() as usize]);
                        low + (high - low) * place.fract()
                    };
                    (at(0.5), one_if_0(at(0.75) - at(0.25)))
                });
                let (shift, scale) = quartiles.unzip();
                Preprocess::Shift { shift, scale }
            }
        };
        if let Preprocess::Standardize { mean: shift, std: scale } | Preprocess::Shift { shift, scale } = &mut fitted {
            let others = are_numbers.iter().enumerate().filter(|(_, is_number)| !**is_number);
            others.for_each(|(column, _)| (shift[column], scale[column]) = (0.0, 1.0));
        }
        fitted.check(width)?;
        Ok(fitted)
    }
}

fn one_if_0(range: f64) -> f64 {
    if range == 0.0 { 1.0 } else { range }
}

/// Shows every row to a function that takes one.
pub(crate) type EachRow<'a> = dyn FnMut(&mut dyn FnMut(&[f64])) -> Result<()> + 'a;

/// The mean and the standard deviation (of the population) of columns.
pub(crate) struct Moments {
    pub(crate) mean: Vec<f64>,
    /// 1 where a column is constant.
    pub(crate) std: Vec<f64>,
}

impl Moments {
    /// Of the rows that `each` shows, which is called twice: the formula of one pass, E[x^2] - E[x]^2, cancels.
    pub(crate) fn of(width: usize, rows: usize, each: &mut EachRow<'_>) -> Result<Self> {
        let (mut mean, mut std) = (vec![0.0; width], vec![0.0; width]);
        let (mut first, mut is_constant) = (Vec::new(), vec![true; width]);
        each(&mut |cells| {
            if first.is_empty() {
                first = cells.to_vec();
            }
            for (column, &value) in cells.iter().enumerate() {
                mean[column] += value;
                is_constant[column] &= value == first[column];
            }
        })?;
        mean.iter_mut().for_each(|sum| *sum /= rows as f64);
        each(&mut |cells| {
            for (column, &value) in cells.iter().enumerate() {
                std[column] += (value - mean[column]).powi(2);
            }
        })?;
        for column in 0..width {
            std[column] = (std[column] / rows as f64).sqrt();
            // The mean of equal numbers may be off by a rounding.
            if is_constant[column] {
                (mean[column], std[column]) = (first[column], 1.0);
            }
        }
        Ok(Moments { mean, std })
    }
}
