//! Scaling the columns of a table: fitted in f64 on the rows that are trained on, before anything is narrowed.

use std::fmt;
use std::str::FromStr;

use super::preprocess::Preprocess;
use super::ranks::{self, EachRow};
use super::schema::Schema;
use super::schema_fit::Fitting;
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
    pub(crate) fn fit(self, schema: &Schema, on: Fitting<'_>) -> Result<Preprocess> {
        let Fitting { table, rows, memory } = on;
        let width = schema.width();
        let mut encoder = schema.encoder(table, schema.locate(table)?);
        let are_numbers = schema.are_numbers();
        let mut cells = vec![0.0; width];
        let mut each = |see: &mut dyn FnMut(&[f64])| {
            rows.iter().try_for_each(|row| encoder.row(row, &mut cells).map(|()| see(&cells)))
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
                let numbers: Vec<usize> = (0..width).filter(|column| are_numbers[*column]).collect();
                let is_large = memory.is_some_and(|memory| (8 * rows.len() * numbers.len()) as u64 > memory.share());
                let quartiles = match is_large {
                    true => quartiles_by_ranks(&numbers, rows.len(), &mut each)?,
                    false => quartiles(&numbers, rows.len(), &mut each)?,
                };
                let mut all = vec![(0.0, 1.0); width];
                for (column, [low, middle, high]) in numbers.into_iter().zip(quartiles) {
                    all[column] = (middle, one_if_0(high - low));
                }
                let quartiles = all.into_iter();
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

/// The places of the quartiles in a sorted list of this length.
fn places(count: usize) -> [f64; 3] {
    [0.25, 0.5, 0.75].map(|share| share * (count - 1) as f64)
}

/// Each column's quartiles.
fn quartiles(numbers: &[usize], rows: usize, each: &mut EachRow<'_>) -> Result<Vec<[f64; 3]>> {
    let mut columns = vec![Vec::with_capacity(rows); numbers.len()];
    each(&mut |cells| numbers.iter().zip(&mut columns).for_each(|(&at, column)| column.push(cells[at])))?;
    let of_column = |mut column: Vec<f64>| {
        column.sort_unstable_by(f64::total_cmp);
        places(column.len()).map(|place| between(column[place as usize], column[place.ceil() as usize], place))
    };
    Ok(columns.into_iter().map(of_column).collect())
}

/// The same without holding the columns.
fn quartiles_by_ranks(numbers: &[usize], rows: usize, each: &mut EachRow<'_>) -> Result<Vec<[f64; 3]>> {
    let ranks: Vec<u64> = places(rows).iter().flat_map(|place| [*place as u64, place.ceil() as u64]).collect();
    let found = ranks::select(numbers, &vec![ranks; numbers.len()], each)?;
    let of_column = |found: &Vec<f64>| {
        let mut at = 0;
        places(rows).map(|place| {
            at += 2;
            between(found[at - 2], found[at - 1], place)
        })
    };
    Ok(found.iter().map(of_column).collect())
}

fn between(low: f64, high: f64, place: f64) -> f64 {
    low + (high - low) * place.fract()
}

fn one_if_0(range: f64) -> f64 {
    if range == 0.0 { 1.0 } else { range }
}

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
