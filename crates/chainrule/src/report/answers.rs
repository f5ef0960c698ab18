//! What the model answers for each row, beside the truth.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::TargetsRef;

use super::words::{class_name, output_name, percent, read_back, value_answered, value_read};
use crate::compatibility::{check_columns, check_compatible};
use crate::data::{Dataset, Targets};
use crate::predict::check_outputs;
use crate::{Loss, Model, Result, Task};

/// Mistakes that are shown.
const MISTAKES: usize = 12;

/// The outputs for some rows, and what they should have been.
pub(crate) struct Answers {
    pub(crate) rows: usize,
    pub(crate) outputs: usize,
    /// Logits, or values in their own unit; (rows, outputs).
    pub(crate) scores: Vec<f64>,
    /// Of classes, or of yes at each output; (rows, outputs).
    pub(crate) probabilities: Option<Vec<f64>>,
    pub(crate) truth: Truth,
    /// How wrong each row is, (rows): the loss of classes and of yes or no, and of values the mean over outputs of the error in
    /// deviations of the target.
    pub(crate) wrongness: Vec<f64>,
}

pub(crate) enum Truth {
    Classes(Vec<u32>),
    /// 0 or 1 at each output, (rows, outputs).
    YesOrNo(Vec<f64>),
    /// In their own unit, (rows, outputs).
    Values(Vec<f64>),
    /// Of rows without targets.
    Unknown,
}

impl Answers {
    /// What the model answers in evaluation.
    pub(crate) fn of<T: Scalar>(model: &Model<T>, data: &Dataset<T>) -> Result<Self> {
        match data.is_labelled() {
            true => check_compatible(&model.mlp, data, model.loss)?,
            false => check_columns(&model.mlp, data.cols())?,
        }
        Self::by(model, data, model.predict_raw(data.features())?)
    }

    /// What these outputs of the network say, (rows, outputs).
    pub(crate) fn by<T: Scalar>(model: &Model<T>, data: &Dataset<T>, outputs_of_rows: Vec<T>) -> Result<Self> {
        let wide = |values: Vec<T>| values.into_iter().map(Scalar::to_f64).collect::<Vec<f64>>();
        let outputs = model.mlp.outputs();
        // In f64: in a narrower type values that are large beside their spread would be all alike.
        let mut scores = wide(outputs_of_rows.clone());
        if let Some(scaling) = &model.target.scaling {
            scores.iter_mut().enumerate().for_each(|(at, y)| *y = scaling.undo(at % outputs, *y));
        }
        check_outputs(&scores, outputs)?;
        let is_yes_or_no = matches!(model.task, Some(Task::Binary | Task::MultiLabel))
            || (model.task.is_none() && model.loss == Loss::BinaryCrossEntropy);
        let truth = match data.targets() {
            _ if !data.is_labelled() => Truth::Unknown,
            Targets::Classes { labels, .. } => Truth::Classes(labels.clone()),
            Targets::Values { values, .. } if is_yes_or_no => Truth::YesOrNo(wide(values.clone())),
            Targets::Values { values, cols } => {
                let scaling = &data.target().scaling;
                let undo = |(at, value): (usize, &T)| {
                    let wide = value.to_f64();
                    match scaling {
                        None => read_back(wide, |read| T::from_f64(read) == *value),
                        Some(scaling) => read_back(scaling.undo(at % cols, wide), |read| {
                            T::from_f64(scaling.apply(at % cols, read)) == *value
                        }),
                    }
                };
                Truth::Values(values.iter().enumerate().map(undo).collect())
            }
        };
        let rows = data.rows();
        let wrongness = match &truth {
            Truth::Unknown => vec![0.0; rows],
            Truth::Classes(_) | Truth::YesOrNo(_) => losses(model, data, &outputs_of_rows)?,
            Truth::Values(truth) => errors_in_deviations(truth, &scores, outputs),
        };
        let probabilities = model.probabilities_of(outputs_of_rows).ok().map(wide);
        Ok(Answers { rows, outputs, scores, probabilities, truth, wrongness })
    }

    /// The rows that are most wrong, the worst first; rows that are right are not among them.
    pub(crate) fn worst(&self) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.rows).filter(|&row| self.is_wrong(row)).collect();
        rows.sort_by(|&a, &b| self.wrongness[b].total_cmp(&self.wrongness[a]).then(a.cmp(&b)));
        rows.truncate(MISTAKES);
        rows
    }

    fn is_wrong(&self, row: usize) -> bool {
        match &self.truth {
            Truth::Classes(labels) => self.answer(row) != labels[row] as usize,
            Truth::YesOrNo(truth) => {
                let at = row * self.outputs..(row + 1) * self.outputs;
                self.scores[at.clone()].iter().zip(&truth[at]).any(|(score, truth)| (*score > 0.0) != (*truth > 0.5))
            }
            Truth::Values(_) => self.wrongness[row] > 0.0,
            Truth::Unknown => false,
        }
    }

    /// The class with the largest score.
    pub(crate) fn answer(&self, row: usize) -> usize {
        crate::metrics::argmax(&self.scores[row * self.outputs..(row + 1) * self.outputs])
    }

    /// Truth and answer of a row in words.
    pub(crate) fn words<T: Scalar>(&self, model: &Model<T>, row: usize) -> Words {
        let at = row * self.outputs..(row + 1) * self.outputs;
        let in_brackets = |share: Option<f64>| share.map_or_else(String::new, |share| format!(" ({})", percent(share)));
        let share = |class: usize| self.probabilities.as_ref().map(|all| all[row * self.outputs + class]);
        match &self.truth {
            Truth::Classes(labels) => {
                let (label, answer) = (labels[row] as usize, self.answer(row));
                let word = |class: usize| class_name(model, class) + &in_brackets(share(class));
                Words { truth: Some(word(label)), answer: word(answer) }
            }
            Truth::YesOrNo(truth) => {
                let [no, yes] = model.target.answers().unwrap_or(["no", "yes"]);
                let list = |is_yes: &mut dyn Iterator<Item = (usize, bool)>, with_chance: bool| {
                    let word = |(output, is_yes): (usize, bool)| {
                        let name = if self.outputs == 1 { String::new() } else { output_name(model, output) + ": " };
                        // That of the answer: of a yes what the output says, of a no what is left.
                        let share = share(output).map(|yes| if is_yes { yes } else { 1.0 - yes });
                        let chance = in_brackets(share.filter(|_| with_chance));
                        format!("{name}{}{chance}", if is_yes { yes } else { no })
                    };
                    is_yes.map(word).collect::<Vec<_>>().join(", ")
                };
                let truths = truth[at.clone()].iter().map(|value| *value > 0.5).enumerate();
                let answers = self.scores[at].iter().map(|score| *score > 0.0).enumerate();
                Words { truth: Some(list(&mut { truths }, false)), answer: list(&mut { answers }, true) }
            }
            Truth::Values(truth) => {
                let list = |values: &[f64], word: fn(f64) -> String| {
                    values.iter().map(|value| word(*value)).collect::<Vec<_>>().join(", ")
                };
                Words {
                    truth: Some(list(&truth[at.clone()], value_read)),
                    answer: list(&self.scores[at], value_answered),
                }
            }
            Truth::Unknown => Words { truth: None, answer: self.answer_alone(model, row) },
        }
    }
}

/// The truth of a row and what the model answers.
pub(crate) struct Words {
    /// `None` of a row without a target.
    pub(crate) truth: Option<String>,
    pub(crate) answer: String,
}

impl Answers {
    /// What the model answers to a row without a target.
    fn answer_alone<T: Scalar>(&self, model: &Model<T>, row: usize) -> String {
        let mut known = Answers { scores: self.of_row(&self.scores, row), ..Answers::none(self.outputs) };
        known.probabilities = self.probabilities.as_ref().map(|all| self.of_row(all, row));
        known.truth = match (model.is_classifier(), model.task) {
            (true, _) => Truth::Classes(vec![0]),
            (false, Some(Task::Binary | Task::MultiLabel)) => Truth::YesOrNo(vec![0.0; self.outputs]),
            _ => Truth::Values(vec![0.0; self.outputs]),
        };
        known.words(model, 0).answer
    }

    fn none(outputs: usize) -> Self {
        let (scores, wrongness) = (Vec::new(), vec![0.0]);
        Answers { rows: 1, outputs, scores, probabilities: None, truth: Truth::Unknown, wrongness }
    }

    fn of_row(&self, values: &[f64], row: usize) -> Vec<f64> {
        values[row * self.outputs..(row + 1) * self.outputs].to_vec()
    }
}

/// The loss of each row, (rows), as a class or a yes or no alone: no class weighs more than another.
fn losses<T: Scalar>(
    model: &Model<T>,
    data: &Dataset<T>,
    outputs: &[T], // (rows, outputs)
) -> Result<Vec<f64>> {
    let width = model.mlp.outputs();
    let mut dy = vec![T::ZERO; width];
    let row = |(row, output): (usize, &[T])| {
        let targets = match data.targets() {
            Targets::Classes { labels, .. } => TargetsRef::Classes(&labels[row..=row]),
            Targets::Values { values, .. } => {
                TargetsRef::Values(MatRef::new(&values[row * width..][..width], 1, width))
            }
        };
        Ok(model.loss.backward(model.mlp.kernel(), MatRef::new(output, 1, width), targets, &mut dy)?)
    };
    outputs.chunks_exact(width).enumerate().map(row).collect()
}

/// The mean over outputs of each row's error in standard deviations of the target, (rows).
fn errors_in_deviations(
    truth: &[f64],  // (rows, outputs)
    scores: &[f64], // (rows, outputs)
    outputs: usize,
) -> Vec<f64> {
    let deviations: Vec<f64> = (0..outputs).map(|output| deviation(truth, outputs, output)).collect();
    let row = |(scores, truth): (&[f64], &[f64])| {
        let errors = scores.iter().zip(truth).zip(&deviations);
        errors.map(|((score, truth), deviation)| (score - truth).abs() / deviation).sum::<f64>() / outputs as f64
    };
    scores.chunks_exact(outputs).zip(truth.chunks_exact(outputs)).map(row).collect()
}

/// The standard deviation of a column, or 1 of a constant.
fn deviation(values: &[f64], cols: usize, column: usize) -> f64 {
    let column = || values.iter().skip(column).step_by(cols);
    let rows = column().count() as f64;
    let mean = column().sum::<f64>() / rows;
    let variance = column().map(|value| (value - mean) * (value - mean)).sum::<f64>() / rows;
    if variance > 0.0 { variance.sqrt() } else { 1.0 }
}
