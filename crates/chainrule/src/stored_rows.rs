//! Rows that a model carries, so that its file can show that it still computes what it did.

use chainrule_kernel::Scalar;

use crate::data::{Features, Preprocess};

/// Rows, at most.
const ROWS: usize = 3;
/// Numbers of all of them together, at most: some 150 kB in a file.
const NUMBERS: usize = 8192;
/// Rows that the values are taken from.
const SOURCES: usize = 17;

/// Up to three rows, as they come from their source, for a model that learned from `features`: fewer of more than 2,730 columns,
/// and none of more than 8,192. Each value of a row is one that its column has, but no two neighbours are from the same row, so that
/// no row of the data, which may be private, leaves with the model.
pub(crate) fn stored_rows<T: Scalar>(features: &Features<T>) -> Option<Features<T>> {
    let (rows, cols) = (features.rows(), features.cols());
    let count = ROWS.min(NUMBERS / cols);
    let sources = SOURCES.min(rows);
    let some: Vec<usize> = (0..sources).map(|source| source * rows / sources).collect();
    let data = features.select(&some).ok()?;
    let mut mixed = Vec::with_capacity(count * cols);
    let data = data.data();
    for row in 0..count {
        let first = row * (sources / ROWS).max(1);
        let mixed_row = (0..cols).map(|column| data[(first + column) % sources * cols + column]);
        let mut values: Vec<f64> = mixed_row.map(Scalar::to_f64).collect();
        features.preprocessing().undo_on_row(&mut values);
        mixed.extend(values.into_iter().map(T::from_f64));
    }
    Features::new(count, cols, mixed).ok()
}

impl Preprocess {
    /// Of a row that it was applied to, the row it came from, but for rounding.
    fn undo_on_row(&self, row: &mut [f64]) {
        match self {
            Preprocess::None => {}
            Preprocess::Scale { factor } => row.iter_mut().for_each(|x| *x /= factor),
            Preprocess::Standardize { mean: shift, std: scale } | Preprocess::Shift { shift, scale } => {
                row.iter_mut().zip(shift.iter().zip(scale)).for_each(|(x, (shift, scale))| *x = *x * scale + shift);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_their_columns_and_rows_are_none_of_the_data() {
        let data: Vec<f32> = (0..40 * 5).map(|i| (i % 5 * 1000 + i / 5) as f32).collect();
        let features = Features::new(40, 5, data).unwrap();
        let rows = stored_rows(&features).unwrap();
        assert_eq!((rows.rows(), rows.cols()), (3, 5));
        for row in 0..3 {
            let sources: Vec<usize> = rows.row(row).iter().map(|value| *value as usize % 1000).collect();
            assert!(rows.row(row).iter().enumerate().all(|(column, value)| *value as usize / 1000 == column));
            assert!(sources.windows(2).all(|pair| pair[0] != pair[1]), "{sources:?}");
        }
        assert!(rows.row(0) != rows.row(1) && rows.row(1) != rows.row(2));
    }

    #[test]
    fn rows_that_are_ready_are_brought_back_to_their_source() {
        let raw = Features::new(4, 2, vec![1.0f64, 100.0, 2.0, 300.0, 3.0, 500.0, 7.0, 50.0]).unwrap();
        let want = stored_rows(&raw).unwrap();
        for preprocess in [Preprocess::Scale { factor: 0.25 }, Preprocess::standardize(&raw).unwrap()] {
            let mut ready = raw.clone();
            preprocess.apply(&mut ready).unwrap();
            let rows = stored_rows(&ready).unwrap();
            assert_eq!(*rows.preprocessing(), Preprocess::None);
            for (found, want) in rows.data().iter().zip(want.data().iter()) {
                assert!((found - want).abs() < 1e-12 * want.abs(), "{found} {want}");
            }
        }
    }

    #[test]
    fn wide_rows_are_fewer() {
        let count =
            |cols: usize| stored_rows(&Features::new(1, cols, vec![0.5f32; cols]).unwrap()).map_or(0, |f| f.rows());
        assert_eq!([1, 2730, 2731, 8192, 8193].map(count), [3, 3, 2, 1, 0]);
    }
}
