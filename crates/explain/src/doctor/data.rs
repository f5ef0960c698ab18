//! Checks of the features alone.

use chainrule_model::{Layer, Scalar};

use crate::doctor::limits::{CONSTANT_SHARE, FEATURE_RMS, FEATURE_SPREAD, LEAST_ROWS, SMALL_FEATURE_RMS};
use crate::doctor::{Examination, Finding, Kind};

/// Features: their scale, and columns that say nothing.
pub(super) fn examine<T: Scalar>(case: &Examination<'_, T>, found: &mut Vec<Finding>) {
    let x = case.rows.x;
    let (rows, cols) = (x.rows(), x.cols());
    let n = rows as f64;
    // Two passes: the one-pass formula E[x^2] - E[x]^2 cancels.
    let (mut mean, mut square, mut deviation) = (vec![0.0; cols], 0.0, vec![0.0; cols]);
    for row in 0..rows {
        for (column, value) in x.row(row).iter().enumerate() {
            mean[column] += value.to_f64() / n;
            square += value.to_f64().powi(2);
        }
    }
    for row in 0..rows {
        for (column, value) in x.row(row).iter().enumerate() {
            deviation[column] += (value.to_f64() - mean[column]).powi(2) / n;
        }
    }
    let rms = (square / (n * cols as f64)).sqrt();
    // Batch normalisation gives every column the same scale before the first weights.
    let is_scaled = matches!(case.mlp.layers().first(), Some(Layer::BatchNorm { .. }));
    if !(SMALL_FEATURE_RMS..=FEATURE_RMS).contains(&rms) && !is_scaled {
        found.push(Finding::of_data(Kind::UnscaledFeatures { rms }));
    }
    if rows < LEAST_ROWS {
        return;
    }
    let varies = |column: &usize| (0..rows).any(|row| x.get(row, *column) != x.get(0, *column));
    let varying: Vec<usize> = (0..cols).filter(varies).collect();
    let constant = cols - varying.len();
    if constant as f64 >= CONSTANT_SHARE * cols as f64 {
        let first = (0..cols).find(|column| !varies(column)).unwrap_or(0);
        found.push(Finding::of_data(Kind::ConstantFeatures { constant, columns: cols, first }));
    }
    // A category that few rows have is a column of hardly any deviation, and no fault.
    let is_flag = |column: &usize| (0..rows).all(|row| [T::ZERO, T::ONE].contains(&x.get(row, *column)));
    let mut order: Vec<usize> = varying.into_iter().filter(|column| !is_flag(column)).collect();
    order.sort_by(|&a, &b| deviation[a].total_cmp(&deviation[b]));
    if let (Some(&widest), Some(&middle)) = (order.last(), order.get(order.len() / 2)) {
        // With two columns, the median is the narrower one.
        let middle = if order.len() == 2 { order[0] } else { middle };
        let (wide, usual) = (deviation[widest].sqrt(), deviation[middle].sqrt());
        if wide > FEATURE_SPREAD * usual && !is_scaled {
            found.push(Finding::of_data(Kind::UnevenFeatures { column: widest, deviation: wide, usual }));
        }
    }
}
