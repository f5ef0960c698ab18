//! Checks of the targets, and of what single columns say about them.

use chainrule_model::{Scalar, TargetsRef};

use crate::doctor::columns::{Scale, counts_rows, label_shift, rows_for_label_shift, tells_classes, tells_values};
use crate::doctor::limits::{
    HALF_LEARNED, IMBALANCE, LEAST_ROWS, ROWS_OF_A_CLASS, SHARED_ROWS, SMALL_TARGET_DEVIATION, TARGET_RMS,
};
use crate::doctor::{Diagnostics, Examination, Finding, Kind};

pub(super) fn examine<T: Scalar>(case: &Examination<'_, T>, diagnostics: &Diagnostics, found: &mut Vec<Finding>) {
    match case.rows.targets {
        TargetsRef::Classes(classes) => {
            let own: Vec<usize>;
            let counts = match case.class_counts {
                Some(counts) => counts,
                None => {
                    let mut counts = vec![0; case.mlp.outputs()];
                    classes.iter().for_each(|&class| counts[class as usize] += 1);
                    own = counts;
                    &own
                }
            };
            labels(case, counts, found);
        }
        TargetsRef::Values(values) => {
            let column = |column: usize| (0..values.rows()).map(|row| values.get(row, column).to_f64()).collect();
            let columns: Vec<Vec<f64>> = (0..values.cols()).map(column).collect();
            // A model that has learned its targets has coped with their scale.
            let has_learned = case.trained && diagnostics.loss < HALF_LEARNED * diagnostics.baseline_loss;
            columns.iter().enumerate().for_each(|(at, values)| scale(at, values, has_learned, found));
        }
    }
    single_columns(case, found);
    if let Some((shared, rows)) = case.shared_rows
        && shared as f64 > SHARED_ROWS * rows as f64
    {
        found.push(Finding::of_data(Kind::SharedRows { shared, rows }));
    }
}

/// The number of rows of each class.
fn labels<T: Scalar>(case: &Examination<'_, T>, counts: &[usize], found: &mut Vec<Finding>) {
    let rows: usize = counts.iter().sum();
    let classes = counts.len();
    let empty = counts.iter().filter(|count| **count == 0).count();
    if classes == empty + 1 && rows > 1 {
        let class = counts.iter().position(|count| *count > 0).unwrap_or(0);
        found.push(Finding::of_data(Kind::SingleClass { class, rows }));
        return;
    }
    if empty > 0 && rows >= LEAST_ROWS {
        let first = counts.iter().position(|count| *count == 0).unwrap_or(0);
        found.push(Finding::of_data(Kind::EmptyClasses { empty, classes, first }));
    }
    if classes < 2 || rows < ROWS_OF_A_CLASS * classes || case.is_weighted {
        return;
    }
    let least = (0..classes).filter(|&class| counts[class] > 0).min_by_key(|&class| counts[class]).unwrap_or(0);
    let most = (0..classes).rev().max_by_key(|&class| counts[class]).unwrap_or(0);
    if counts[most] as f64 > IMBALANCE * counts[least] as f64 {
        let (most, least) = ((most, counts[most]), (least, counts[least]));
        found.push(Finding::of_data(Kind::LabelImbalance { most, least }));
    }
}

/// The size of values to be learned.
fn scale(column: usize, values: &[f64], has_learned: bool, found: &mut Vec<Finding>) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
    if values.len() < 2 {
        return;
    }
    if values.iter().all(|value| *value == values[0]) {
        found.push(Finding::of_data(Kind::ConstantTargets { column, value: values[0] }));
    } else if !has_learned && (mean.hypot(deviation) > TARGET_RMS || deviation < SMALL_TARGET_DEVIATION) {
        found.push(Finding::of_data(Kind::UnscaledTargets { column, mean, deviation }));
    }
}

/// Targets that a single column might tell.
enum Answers {
    Classes(Vec<u32>),
    Values(Vec<f64>),
    /// Several to a row.
    Several,
}

impl Answers {
    fn of<T: Scalar>(targets: TargetsRef<'_, T>) -> Self {
        match targets {
            TargetsRef::Classes(labels) => Answers::Classes(labels.to_vec()),
            TargetsRef::Values(values) if values.cols() == 1 => {
                let values: Vec<f64> = (0..values.rows()).map(|row| values.get(row, 0).to_f64()).collect();
                match values.iter().all(|value| *value == 0.0 || *value == 1.0) {
                    true => Answers::Classes(values.iter().map(|value| *value as u32).collect()),
                    false => Answers::Values(values),
                }
            }
            TargetsRef::Values(_) => Answers::Several,
        }
    }

    fn told_by(&self, column: &[f64]) -> Option<f64> {
        match self {
            Answers::Classes(labels) => tells_classes(column, labels, Scale::Ordered),
            Answers::Values(values) => tells_values(column, values),
            Answers::Several => None,
        }
    }
}

/// Columns that tell the targets alone or count the rows, and labels that stand a row too low.
fn single_columns<T: Scalar>(case: &Examination<'_, T>, found: &mut Vec<Finding>) {
    let (rows, cols) = (case.rows.x.rows(), case.rows.x.cols());
    // A single feature is what is to be learned from.
    if rows < LEAST_ROWS || cols < 2 {
        return;
    }
    let x: Vec<f64> = (0..rows).flat_map(|row| case.rows.x.row(row).iter().map(|x| x.to_f64())).collect();
    let column = |column: usize| x.iter().skip(column).step_by(cols).copied().collect::<Vec<f64>>();
    let answers = Answers::of(case.rows.targets);
    for at in 0..cols {
        let values = column(at);
        if let Some(share) = answers.told_by(&values) {
            found.push(Finding::of_data(Kind::ColumnTellsTarget { column: at, share }));
        }
        if counts_rows(&values) {
            found.push(Finding::of_data(Kind::IndexColumn { column: at }));
        }
    }
    if let TargetsRef::Classes(labels) = case.rows.targets
        && let first = &labels[..rows.min(rows_for_label_shift(cols, case.mlp.outputs()))]
        && let Some((by, stands, moved)) = label_shift(|row| &x[row * cols..][..cols], first)
    {
        found.push(Finding::of_data(Kind::ShiftedLabels { by, stands, moved }));
    }
}
