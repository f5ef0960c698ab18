//! What stands at the ends of a model's graph of neurons: its columns and classes by their names, and of a row what it holds,
//! what was to be answered and what is.

use chainrule_explain::graph::Labels;
use chainrule_kernel::Scalar;

use crate::data::Dataset;
use crate::explanation::{columns, is_images};
use crate::report::answers::{Answers, Truth};
use crate::report::words::{class_name, number, output_name, percent, value_read};
use crate::{Error, Model, Result};

impl<T: Scalar> Model<T> {
    /// The names of inputs and outputs for [`Neurons::labelled`](crate::graph::Neurons::labelled): columns of a table, of a
    /// category with its value, or row and column of a pixel, counted from 1; classes, or columns that are predicted.
    ///
    /// ```
    /// use chainrule::graph::{Neurons, Theme};
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::builder(4).dense(8).relu().dense(3).build()?, Loss::CrossEntropy)
    ///     .with_class_names(["setosa", "versicolor", "virginica"].map(str::to_owned).to_vec());
    /// let picture = Neurons::new(&model.mlp, model.loss).labelled(&model.mlp, &model.graph_labels());
    /// assert!(picture.to_svg(Theme::Light).contains("versicolor"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    pub fn graph_labels(&self) -> Labels {
        let (inputs, outputs) = (self.mlp.inputs(), self.mlp.outputs());
        let mut labels = Labels::default();
        if is_images(self) {
            let side = inputs.isqrt();
            labels.inputs = (0..inputs).map(|pixel| format!("{},{}", pixel / side + 1, pixel % side + 1)).collect();
            labels.image_width = Some(side);
        } else if let Some(schema) = &self.schema {
            labels.inputs = schema.feature_names();
        }
        if self.is_classifier() {
            labels.outputs = (0..outputs).map(|class| class_name(self, class)).collect();
        } else if !self.target.names().is_empty() {
            labels.outputs = (0..outputs).map(|output| output_name(self, output)).collect();
        }
        labels
    }

    /// The same, with what is known of a row, counted from 0: what it holds at each input, in the column's own unit, its target,
    /// the answer, and the probability of each class.
    ///
    /// # Errors
    /// When there is no such row, or as [`Model::evaluate`].
    pub fn graph_labels_of_row(&self, data: &Dataset<T>, row: usize) -> Result<Labels> {
        if row >= data.rows() {
            let (found, expected) = ((row + 1).to_string(), format!("1 to {}, the rows there are", data.rows()));
            return Err(Error::Argument { name: "row", found, expected });
        }
        let one = self.prepared(&data.select(&[row])?)?.into_owned();
        let answers = Answers::of(self, &one)?;
        let x = one.features().row(0).into_owned();
        let mut labels = self.graph_labels();
        if labels.image_width.is_some() {
            labels.image = x.iter().map(|pixel| pixel.to_f64()).collect();
        } else {
            labels.input_notes = held(self, &one, &x);
        }
        labels.output_notes = (0..self.mlp.outputs()).map(|output| said(self, &answers, output)).collect();
        let words = answers.words(self, 0);
        let target = words.truth.map(|truth| format!("target {truth}, ")).unwrap_or_default();
        labels.facts = vec![format!("row {}: {target}answer {}", row + 1, words.answer)];
        Ok(labels)
    }
}

/// What the row holds at each input, (inputs): the column's value at its first input; of a category nothing, whose name says it.
fn held<T: Scalar>(model: &Model<T>, data: &Dataset<T>, x: &[T]) -> Vec<String> {
    let mut held = vec![String::new(); x.len()];
    for column in columns(data).iter().filter(|column| !column.is_category()) {
        held[column.range.start] = column.cell(&model.preprocess, x);
    }
    held
}

/// What is said of an output.
fn said<T: Scalar>(model: &Model<T>, answers: &Answers, output: usize) -> String {
    let chance = answers.probabilities.as_ref().map(|all| percent(all[output]));
    match &answers.truth {
        Truth::Classes(labels) => {
            let role = match (labels[0] as usize == output, answers.answer(0) == output) {
                (true, true) => Some("target and answer"),
                (true, false) => Some("target"),
                (false, true) => Some("answer"),
                (false, false) => None,
            };
            chance.into_iter().chain(role.map(str::to_owned)).collect::<Vec<_>>().join(", ")
        }
        Truth::YesOrNo(truth) => {
            let [no, yes] = model.target.answers().unwrap_or(["no", "yes"]);
            let truth = if truth[output] > 0.5 { yes } else { no };
            let chance = chance.map(|chance| format!("{chance} {yes}, ")).unwrap_or_default();
            format!("{chance}target {truth}")
        }
        Truth::Unknown => chance.unwrap_or_else(|| format!("answer {}", number(answers.scores[output]))),
        Truth::Values(truth) => {
            format!("answer {}, target {}", number(answers.scores[output]), value_read(truth[output]))
        }
    }
}
