//! Other features made of these: in another type, or every number another one.

use chainrule_kernel::{ByteLut, Scalar};

use super::features::{Cells, Features};
use crate::data::Preprocess;
use crate::data::stored::{StoredBuilder, encode};
use crate::{Error, Place, Result};

impl<T: Scalar> Features<T> {
    /// The same numbers in another type; bytes that have not been preprocessed stay bytes.
    pub(crate) fn into_type<U: Scalar>(self) -> Result<Features<U>> {
        let (rows, cols) = (self.rows, self.cols);
        let is_untouched = self.preprocessing == Preprocess::None;
        match self.cells {
            Cells::Bytes(bytes, _) if is_untouched => Features::bytes_from_origin("features", rows, cols, bytes),
            Cells::StoredBytes(stored, _) if is_untouched => {
                Features::of_stored_bytes("features", [rows, cols, rows * cols], stored)
            }
            Cells::StoredNumbers(_) | Cells::StoredBytes(..) => self.stored_anew(|_, x| Ok(U::from_f64(x.to_f64()))),
            Cells::Bytes(..) => {
                let data = self.data().iter().map(|x| U::from_f64(x.to_f64())).collect();
                Features::from_origin("features", rows, cols, data)
            }
            Cells::Numbers(data) => {
                let data = data.into_iter().map(|x| U::from_f64(x.to_f64())).collect();
                Features::from_origin("features", rows, cols, data)
            }
        }
    }

    /// The rows of a scratch file in another one, every number what `map` makes of its index and itself.
    fn stored_anew<U: Scalar>(&self, map: impl Fn(usize, T) -> Result<U>) -> Result<Features<U>> {
        let (Cells::StoredNumbers(stored) | Cells::StoredBytes(stored, _)) = &self.cells else {
            return Err(Error::no_memory("features", self.rows));
        };
        let mut builder = StoredBuilder::new(stored.memory(), self.cols, size_of::<U>())?;
        let mut row = vec![T::ZERO; self.cols];
        for index in 0..self.rows {
            self.copy_row(index, &mut row);
            for (column, &value) in row.iter().enumerate() {
                let value = map(index * self.cols + column, value)?;
                builder.push(&encode(value)[..size_of::<U>()])?;
            }
        }
        self.check_read()?;
        let all = [self.rows, self.cols, self.rows * self.cols];
        Features::of_stored("preprocessed features", all, builder.finish()?)
    }

    /// Multiplies every number, in f64. All of them, or on an error none.
    pub(crate) fn scale(&mut self, factor: f64) -> Result<()> {
        let (Cells::Bytes(_, map) | Cells::StoredBytes(_, map)) = &self.cells else {
            return self.map(|_, x| x * factor);
        };
        let is_untouched = **map == ByteLut::scaled(1.0);
        let scaled = match is_untouched {
            true => ByteLut::scaled(factor),
            false => map.mapped(|x| T::from_f64(x.to_f64() * factor)),
        };
        let mut checked = Ok(());
        let mut first = 0;
        self.each_bytes(0..self.rows, |bytes| {
            if checked.is_ok() {
                checked = check_results(self.cols, first, bytes.iter().map(|&byte| scaled.value(byte)));
            }
            first += bytes.len();
        });
        checked?;
        if let Cells::Bytes(_, map) | Cells::StoredBytes(_, map) = &mut self.cells {
            **map = scaled;
        }
        Ok(())
    }

    /// Replaces every number by what `map` makes of its column and itself. All of it, or on an error none of it.
    pub(crate) fn map(&mut self, map: impl Fn(usize, f64) -> f64) -> Result<()> {
        let cols = self.cols;
        let mapped = |index: usize, value: T| T::from_f64(map(index % cols, value.to_f64()));
        if let Cells::StoredNumbers(_) | Cells::StoredBytes(..) = self.cells {
            let made = self.stored_anew(|index, value| {
                let value = mapped(index, value);
                check_results(cols, index, std::iter::once(value)).map(|()| value)
            })?;
            self.cells = made.cells;
            return Ok(());
        }
        check_results(cols, 0, self.data().iter().enumerate().map(|(index, &value)| mapped(index, value)))?;
        if let Cells::Bytes(..) = self.cells {
            self.cells = Cells::Numbers(self.data().into_owned());
        }
        if let Cells::Numbers(data) = &mut self.cells {
            data.iter_mut().enumerate().for_each(|(index, value)| *value = mapped(index, *value));
        }
        Ok(())
    }
}

/// Refuses results that are not finite, the first of which has this index.
fn check_results<T: Scalar>(cols: usize, first: usize, mut results: impl Iterator<Item = T>) -> Result<()> {
    let mut bad = None;
    let index = results.position(|result| {
        bad = Some(result);
        !result.is_finite()
    });
    match (index, bad) {
        (Some(index), Some(result)) => Err(Error::NotFinite {
            origin: "preprocessed features".to_string(),
            place: Place::cell(first + index, cols),
            value: result.to_f64(),
        }),
        _ => Ok(()),
    }
}
