//! Minibatches: rows, targets and weights, gathered in the order of an epoch.

use std::ops::Range;

use chainrule::{MatRef, Scalar, TargetsRef};

use crate::failure::Failure;
use crate::rows::{Order, Rows};

/// Bytes of shuffled rows that are asked for before they are copied; with short rows those of the next minibatch.
const AHEAD: usize = 16 << 10;

/// What is learned.
#[derive(Clone, Copy)]
pub(crate) enum Targets<'a, T> {
    /// The number of each row's class.
    Classes(&'a [u32]),
    /// (rows, width), row-major.
    Values { values: &'a [T], width: usize },
}

/// Rows with their targets and, for some, their weights.
#[derive(Clone, Copy)]
pub(crate) struct Data<'a, T> {
    pub(crate) rows: Rows<'a, T>,
    pub(crate) targets: Targets<'a, T>,
    pub(crate) weights: Option<&'a [T]>,
}

impl<T: Scalar> Data<'_, T> {
    /// Checks that there are as many targets and weights as rows.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let rows = self.rows.len();
        let targets = match self.targets {
            Targets::Classes(classes) => classes.len(),
            Targets::Values { values, width } => values.len() / width.max(1),
        };
        let weights = self.weights.map_or(rows, <[T]>::len);
        if targets != rows || weights != rows {
            let text = format!("X has {rows} rows, y {targets}, sample_weight {weights}; expected the same number");
            return Err(Failure::Input(text));
        }
        Ok(())
    }
}

/// The buffers of a minibatch.
#[derive(Debug, Default)]
pub(crate) struct Buffers<T> {
    rows: Vec<T>,
    classes: Vec<u32>,
    values: Vec<T>,
    weights: Vec<T>,
}

/// A minibatch.
pub(crate) struct Batch<'a, T: Scalar> {
    pub(crate) x: MatRef<'a, T>,
    pub(crate) targets: TargetsRef<'a, T>,
    /// The weight of each row in the sum that the loss is; `None` where each has the same, and it is a mean.
    pub(crate) shares: Option<&'a [T]>,
    /// The sum of the weights, or the number of rows.
    pub(crate) mass: f64,
}

/// What the weights of a minibatch are divided by.
#[derive(Clone, Copy)]
pub(crate) enum Share {
    /// Their sum; without weights, none are needed.
    Mean,
    /// Their sum, where even equal weights are to be spelt out.
    Spelt,
    /// The sum of the weights of all rows.
    Of(f64),
}

impl<T: Scalar> Buffers<T> {
    /// The minibatch of these places in the order. Dense rows that are not reordered are not copied.
    ///
    /// # Errors
    /// When the order names a row that is not there, a sparse row is broken, or the weights add up to 0.
    pub(crate) fn gather<'a>(
        &'a mut self,
        data: &Data<'a, T>,
        order: Order<'_>,
        places: Range<usize>,
        share: Share,
    ) -> Result<Batch<'a, T>, Failure> {
        let (n, width) = (places.len(), data.rows.width());
        let mass = self.weigh(data, order, places.clone(), share)?;
        let whole = data.rows.matrix().filter(|_| order.is_all());
        let x = match whole {
            Some(matrix) => matrix.rows_in(places.clone()),
            None => {
                self.rows.resize(n * width, T::ZERO);
                let ahead = (AHEAD / (width * size_of::<T>()).max(1)).clamp(4, 256);
                for (at, row) in places.clone().zip(self.rows.chunks_exact_mut(width)) {
                    data.rows.prefetch(order, at + ahead);
                    data.rows.copy(order.row(at)?, row)?;
                }
                MatRef::new(&self.rows, n, width)
            }
        };
        let targets = match data.targets {
            Targets::Classes(classes) => {
                self.classes.clear();
                for at in places {
                    self.classes.push(classes[order.row(at)?]);
                }
                TargetsRef::Classes(&self.classes)
            }
            Targets::Values { values, width } => {
                self.values.clear();
                for at in places {
                    self.values.extend_from_slice(&values[order.row(at)? * width..][..width]);
                }
                TargetsRef::Values(MatRef::new(&self.values, n, width))
            }
        };
        let shares = (!self.weights.is_empty()).then_some(&self.weights[..]);
        Ok(Batch { x, targets, shares, mass })
    }

    /// Writes the shares of the rows, none where they are not needed; returns the sum of the weights.
    fn weigh(
        &mut self,
        data: &Data<'_, T>,
        order: Order<'_>,
        places: Range<usize>,
        share: Share,
    ) -> Result<f64, Failure> {
        self.weights.clear();
        let n = places.len();
        let mass = match data.weights {
            None => n as f64,
            Some(weights) => {
                for at in places {
                    self.weights.push(weights[order.row(at)?]);
                }
                self.weights.iter().map(|weight| weight.to_f64()).sum()
            }
        };
        if let Some(weight) = self.weights.iter().find(|weight| !(weight.is_finite() && **weight >= T::ZERO)) {
            let found = weight.to_f64();
            return Err(Failure::input(format!("a sample weight is {found}; expected a finite number, 0 or more")));
        }
        let divisor = match share {
            Share::Of(all) => all,
            Share::Mean | Share::Spelt => mass,
        };
        if !(divisor > 0.0 && divisor.is_finite()) {
            let text = format!("the sample weights of {n} rows add up to {divisor}; expected a finite number above 0");
            return Err(Failure::Input(text));
        }
        if data.weights.is_none() && !matches!(share, Share::Mean) {
            self.weights.resize(n, T::ONE);
        }
        self.weights.iter_mut().for_each(|weight| *weight = T::from_f64(weight.to_f64() / divisor));
        Ok(mass)
    }
}
