//! `train --config FILE --init MODEL`: which settings of the file the model has settled. Where it knows its columns, layers and
//! targets, those of the file are none of its own.

use std::path::Path;

use chainrule::{DType, Model, ModelFile, Scalar};

use crate::args::TrainArgs;
use crate::failure::Failure;
use crate::idle;

/// What the rest follows from is asked about first.
const FIRST: [&str; 3] = ["optimizer", "task", "loss"];

/// The settings of these, keys with their arguments, that the model of --init settles otherwise; none where no model can be read.
/// `parse` makes a run of arguments of the command line and some of these.
///
/// # Errors
/// When what is typed is refused itself.
pub(crate) fn otherwise(
    args: &TrainArgs,
    settings: &[(&str, &str)],
    parse: impl Fn(&[&str]) -> Option<Box<TrainArgs>>,
) -> Result<Vec<String>, Failure> {
    let Some(path) = args.init.as_deref() else { return Ok(Vec::new()) };
    let Ok(file) = args.order.open_silently(path) else { return Ok(Vec::new()) };
    match file.dtype() {
        DType::F32 => refused::<f32>(args, (&file, path), settings, parse),
        DType::F64 => refused::<f64>(args, (&file, path), settings, parse),
    }
}

fn refused<T: Scalar>(
    args: &TrainArgs,
    (file, path): (&ModelFile, &Path),
    settings: &[(&str, &str)],
    parse: impl Fn(&[&str]) -> Option<Box<TrainArgs>>,
) -> Result<Vec<String>, Failure> {
    let Ok(model) = file.model::<T>(args.activation) else { return Ok(Vec::new()) };
    if let Some(typed) = parse(&[]) {
        check(&typed, &model, (file, path))?;
    }
    let is_taken = |tokens: &[&str]| {
        let args = parse(tokens)?;
        Some(check(&args, &model, (file, path)).is_ok() && !contradicts(&args, &model))
    };
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    let (first, rest): (Vec<_>, Vec<_>) = settings.iter().copied().partition(|(key, _)| FIRST.contains(key));
    for (key, token) in first.into_iter().chain(rest) {
        taken.push(token);
        match is_taken(&taken) {
            Some(true) => continue,
            Some(false) => refused.push(key.to_owned()),
            // It stands for itself with others only.
            None => {}
        }
        taken.pop();
    }
    Ok(refused)
}

/// Refuses options that the model settles otherwise, as a run does.
fn check<T: Scalar>(args: &TrainArgs, model: &Model<T>, (file, path): (&ModelFile, &Path)) -> Result<(), Failure> {
    args.architecture().check(model, path)?;
    if !file.has_architecture() {
        return Ok(());
    }
    args.refuse_settled(model)?;
    args.weights.check(args.loss.unwrap_or(model.loss))?;
    let (on, _) = args.going_on(Some(model), true)?;
    if on.optimizer.is_lbfgs() { idle::refuse_of_steps(args) } else { Ok(()) }
}

/// Whether options say something else than the model of which a run would find out from its rows: its target, its task, the loss
/// of that, and the groups by which its rows were split.
fn contradicts<T: Scalar>(args: &TrainArgs, model: &Model<T>) -> bool {
    let (target, known) = (&args.columns.target, model.target.names());
    // A column may have its number for a name.
    let are_names = !target.is_empty() && !known.is_empty() && target.iter().all(|name| name.parse::<usize>().is_err());
    let is_other_task = model.task.is_some_and(|task| {
        let loss = args.loss.unwrap_or(model.loss);
        args.columns.task.is_some_and(|asked| asked != task) || task.check(loss).is_err()
    });
    let group = model.split.as_ref().and_then(|split| split.group());
    let is_other_group = args.fitting.group().is_some_and(|asked| group.is_some_and(|group| group != asked));
    are_names && target != known || is_other_task || is_other_group
}
