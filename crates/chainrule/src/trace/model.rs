//! The trace of a model's step on rows of data.

use chainrule_explain::trace::{RowWords, Trace, TraceRequest, trace};
use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::TargetsRef;
use chainrule_model::optim::Update;

use super::shown::Shown;
use crate::compatibility::check_compatible;
use crate::data::{self, Dataset};
use crate::report::answers::{Answers, Words};
use crate::{Model, Result};

/// What the model computes for all of these rows, as they come from their source, and how so many steps with its loss
/// would move its parameters. The model itself stays as it is.
///
/// # Errors
/// When the rows do not fit the model or its loss, the update has settings out of range, or a step to be shown is not
/// taken.
pub fn trace_model<T: Scalar>(
    model: &Model<T>,
    data: &Dataset<T>,
    update: Update,
    steps: usize,
    shown: Shown,
) -> Result<Trace> {
    update.optimizer.check()?;
    update.clip.map_or(Ok(()), |clip| clip.check())?;
    check_compatible(&model.mlp, data, model.loss)?;
    let data = model.prepared(data)?;
    let x = data.features().data();
    let targets = match data.targets() {
        data::Targets::Classes { labels, .. } => TargetsRef::Classes(labels),
        data::Targets::Values { values, cols } => TargetsRef::Values(MatRef::new(values, data.rows(), *cols)),
    };
    let request = TraceRequest {
        targets: Some(targets),
        loss: model.loss,
        update,
        steps,
        shown: shown.of(steps)?,
        ..TraceRequest::forward(MatRef::new(&x, data.rows(), data.cols()))
    };
    let mut trace = trace(&mut model.mlp.clone(), &request)?;
    // Of the outputs that are shown, which are those of training, at the first step that is. An infinite output is traced, too: it
    // has no words.
    let outputs = trace.summary().rows.iter().flat_map(|row| &row.outputs).map(|y| T::from_f64(*y)).collect();
    if let Ok(answers) = Answers::by(model, &data, outputs) {
        let words = (0..data.rows()).map(|row| answers.words(model, row));
        trace.words = words.map(|Words { truth, answer }| RowWords { target: truth, answer }).collect();
    }
    Ok(trace)
}
