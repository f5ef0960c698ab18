//! `train --cv K`: cross-validation before the model itself is trained.

use chainrule::data::SplitBy;
use chainrule::train::{Fold, spread};
use chainrule::{Scalar, Trainer};
use serde::Serialize;

use crate::args::TrainArgs;
use crate::failure::Failure;
use crate::network::{ArchitectureArgs, Fit};
use crate::output::{Output, plural};
use crate::rows::Rows;

/// The JSON line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "cv")]
struct CvLine {
    folds: usize,
    scores: Vec<ScoreLine>,
}

/// A figure over the folds.
#[derive(Debug, Serialize)]
struct ScoreLine {
    name: &'static str,
    mean: f64,
    /// The standard deviation over folds, of one degree of freedom less than folds.
    std: f64,
    /// That of each fold.
    folds: Vec<Option<f64>>,
}

/// Trains and tests on each fold, if it is asked for, and says what came of it.
pub(crate) fn run<T: Scalar>(
    args: &TrainArgs,
    rows: &Rows<T>,
    trainer: &Trainer,
    wanted: &ArchitectureArgs<'_>,
    output: &mut Output,
) -> Result<(), Failure> {
    let (Some(folds), Some(split)) = (args.cv, &rows.split) else { return Ok(()) };
    let (examples, shape) = (&rows.examples, rows.shape(args.seed));
    let network = |inputs, outputs| wanted.build::<T>(Fit { inputs, outputs, ..shape });
    let found = rows.recipe(args).cross_validate(trainer, examples, (folds, split.request()), network)?;
    let line = |(name, mean, std)| {
        let of = |fold: &Fold| fold.scores.iter().find(|score| score.0 == name).map(|score| score.1);
        ScoreLine { name, mean, std, folds: found.iter().map(of).collect() }
    };
    let scores: Vec<ScoreLine> = spread(&found).into_iter().map(line).collect();
    let (folds_of, all) = (plural(folds, "fold"), plural(examples.rows(), "row"));
    match split.request().by {
        SplitBy::Last => output.say(format_args!(
            "cross-validation: {folds_of} of all {all} in their order: each is tested on by what was learned from the rows before it"
        )),
        _ => output.say(format_args!("cross-validation: {folds_of} of all {all}")),
    }
    for ScoreLine { name, mean, std, .. } in &scores {
        output.say(format_args!("{name:>26}  {mean:.4}, standard deviation {std:.4}"));
    }
    output.say("");
    output.json(&CvLine { folds, scores });
    Ok(())
}
