//! Metrics of values: the errors of all outputs, and of each.

use chainrule_model::Loss;
use chainrule_model::metrics::{MeanBaseline, RunningMean, mae, mse, r2};

use super::found::{Baseline, OutputErrors};
use super::parts::{Parts, error_loss};

pub(super) fn of_values(
    y: &[f64],       // (rows, width)
    t: &[f64],       // (rows, width)
    losses: &[Loss], // (width), of errors in each output's own unit
) -> Parts {
    let width = losses.len();
    let means = MeanBaseline::of(t, width);
    let over_outputs = |of: fn(&MeanBaseline) -> f64| means.iter().map(of).sum::<f64>() / width as f64;
    // The mean of a column is 0 by R2, or right where all of it is the same.
    let constant = means.iter().filter(|mean| mean.mae == 0.0).count();
    let mut parts =
        Parts::new(Baseline { name: "mean of each output", class: None, outputs: Vec::new(), metrics: Vec::new() });
    parts.add("MSE", mse(y, t), Some(over_outputs(|mean| mean.mse)));
    parts.add("MAE", mae(y, t), Some(over_outputs(|mean| mean.mae)));
    parts.add("R2", r2(y, t, width), Some(constant as f64 / width as f64));
    let mut baseline = RunningMean::default();
    for (name, is_squared) in [("MSE", true), ("MAE", false)] {
        let cost = |error: f64| if is_squared { error * error } else { error.abs() };
        let mut of_rows = RunningMean::default();
        for (y, t) in y.chunks_exact(width).zip(t.chunks_exact(width)) {
            of_rows.add(y.iter().zip(t).map(|(y, t)| cost(y - t)).sum::<f64>() / width as f64);
        }
        parts.intervals.extend(of_rows.interval().map(|interval| (name, interval.within(0.0, f64::INFINITY))));
    }
    for t in t.chunks_exact(width) {
        let costs = t.iter().zip(&means).zip(losses);
        costs.for_each(|((t, mean), loss)| baseline.add(error_loss(*loss, mean.mean - t)));
    }
    parts.baseline.metrics.push(("loss", baseline.mean()));
    let column = |all: &[f64], output: usize| all.iter().skip(output).step_by(width).copied().collect::<Vec<f64>>();
    let of_column = |(output, mean)| of_output(&column(y, output), &column(t, output), mean);
    parts.outputs = means.iter().enumerate().map(of_column).collect();
    parts
}

fn of_output(
    y: &[f64], // (rows)
    t: &[f64], // (rows)
    &MeanBaseline { mean, mse: mean_mse, mae: mean_mae }: &MeanBaseline,
) -> OutputErrors {
    OutputErrors { mse: mse(y, t), mae: mae(y, t), r2: r2(y, t, 1), mean, mean_mse, mean_mae }
}
