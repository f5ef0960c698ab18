//! What sets two models apart: their layers, everything around them, their numbers, and what they predict.

use chainrule_kernel::Scalar;
use serde::Serialize;

use crate::data::Features;
use crate::{Error, Model, Result, Task};

/// What sets two models apart.
///
/// ```
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = |seed| Ok::<_, chainrule::Error>(Model::new(Mlp::<f32>::builder(2).dense(3).seed(seed).build()?, Loss::Mse));
/// assert!(model(1)?.difference(&model(1)?).is_none());
/// let found = model(1)?.difference(&model(2)?);
/// assert!(found.layers.is_none() && found.weight.is_some_and(|weight| weight.distance > 0.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The layers of both, where they differ.
    pub layers: Option<[Vec<String>; 2]>,
    /// What else differs: `task`, `loss`, `preprocessing`, `columns`, `targets`, `classes`, `split`.
    pub others: Vec<&'static str>,
    /// Where the parameters or running statistics are furthest apart, where layers are the same and numbers are not.
    pub weight: Option<WeightDifference>,
}

/// A number of a network, and the same of another.
///
/// ```
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = |seed| Ok::<_, chainrule::Error>(Model::new(Mlp::<f32>::builder(2).dense(3).seed(seed).build()?, Loss::Mse));
/// let furthest = model(1)?.difference(&model(2)?).weight.expect("other seeds, other weights");
/// assert_eq!((furthest.module, furthest.tensor, furthest.differ), (0, "weight", 2 * 3)); // biases begin at 0
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WeightDifference {
    /// The number of the module.
    pub module: usize,
    /// `weight`, `bias`, `running_mean` or `running_var`.
    pub tensor: &'static str,
    /// Of a dense layer's weight its output and input, else its index alone; counted from 0.
    pub index: Vec<usize>,
    /// Its value in the one.
    pub a: f64,
    /// Its value in the other.
    pub b: f64,
    /// How far they are apart.
    pub distance: f64,
    /// How many numbers differ.
    pub differ: usize,
}

/// Where two models predict the most different numbers for the same rows.
///
/// ```
/// use chainrule::data::Features;
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = |seed| Ok::<_, chainrule::Error>(Model::new(Mlp::<f32>::builder(1).dense(1).seed(seed).build()?, Loss::Mse));
/// let rows = Features::new(2, 1, vec![1.0, -3.0])?;
/// let furthest = model(1)?.output_difference(&rows, &model(2)?, &rows)?;
/// assert_eq!((furthest.row, furthest.output), (1, 0)); // lines through 0 are further apart at -3 than at 1
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OutputDifference {
    /// Rows that were predicted.
    pub rows: usize,
    /// The row, counted from 0.
    pub row: usize,
    /// The output, counted from 0.
    pub output: usize,
    /// What the output is called, by its class or target; `None` where the model does not know.
    pub name: Option<String>,
    /// What the one predicts.
    pub a: f64,
    /// What the other predicts.
    pub b: f64,
    /// How far they are apart.
    pub distance: f64,
    /// Rows that are answered otherwise: of classes by another one, of yes/no questions by another answer to one of them. Of
    /// values none is counted.
    pub other_class: usize,
}

impl Difference {
    /// Whether nothing sets them apart.
    pub fn is_none(&self) -> bool {
        self.layers.is_none() && self.others.is_empty() && self.weight.is_none()
    }
}

impl<T: Scalar> Model<T> {
    /// What sets this model apart from another. Training facts do not count, nor a split that one of them does not know.
    pub fn difference(&self, other: &Model<T>) -> Difference {
        let names = |model: &Model<T>| model.mlp.layers().iter().map(ToString::to_string).collect::<Vec<_>>();
        let layers = (self.mlp.layers() != other.mlp.layers()).then(|| [names(self), names(other)]);
        let others = [
            ("task", self.task != other.task),
            ("loss", self.loss != other.loss),
            ("preprocessing", self.preprocess != other.preprocess),
            ("columns", self.schema != other.schema),
            ("targets", self.target != other.target),
            ("classes", self.class_names != other.class_names),
            ("split", self.split.as_ref().zip(other.split.as_ref()).is_some_and(|(one, other)| one != other)),
        ];
        let others = others.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
        let weight = if layers.is_none() { self.weight_difference(other) } else { None };
        Difference { layers, others, weight }
    }

    fn weight_difference(&self, other: &Model<T>) -> Option<WeightDifference> {
        let mut furthest: Option<WeightDifference> = None;
        let mut differ = 0;
        let mut see = |place: (usize, &'static str), index: &dyn Fn(usize) -> Vec<usize>, a: &[T], b: &[T]| {
            for (at, (a, b)) in a.iter().zip(b).enumerate().filter(|(_, (a, b))| a != b) {
                let (a, b) = (a.to_f64(), b.to_f64());
                let distance = (a - b).abs();
                differ += 1;
                if furthest.as_ref().is_none_or(|found| distance > found.distance) {
                    let (module, tensor) = place;
                    furthest = Some(WeightDifference { module, tensor, index: index(at), a, b, distance, differ: 0 });
                }
            }
        };
        let (mine, theirs) = (self.mlp.params(), other.mlp.params());
        for dense in self.mlp.dense_layers() {
            // w, (inputs, outputs), and then b.
            let (outputs, weights) = (dense.w.cols(), dense.w.rows() * dense.w.cols());
            let w = dense.params.start..dense.params.start + weights;
            let index = |at: usize| vec![at % outputs, at / outputs];
            see((dense.module, "weight"), &index, &mine[w.clone()], &theirs[w]);
            let b = dense.params.start + weights..dense.params.end;
            see((dense.module, "bias"), &|at| vec![at], &mine[b.clone()], &theirs[b]);
        }
        for (a, b) in self.mlp.norm_layers().zip(other.mlp.norm_layers()) {
            see((a.module, "weight"), &|at| vec![at], a.gamma, b.gamma);
            see((a.module, "bias"), &|at| vec![at], a.beta, b.beta);
            if let (Some(mine), Some(theirs)) = (&a.running, &b.running) {
                see((a.module, "running_mean"), &|at| vec![at], mine.mean, theirs.mean);
                see((a.module, "running_var"), &|at| vec![at], mine.variance, theirs.variance);
            }
        }
        furthest.map(|found| WeightDifference { differ, ..found })
    }

    /// Where this model and another predict the most different numbers, each for the same rows as it takes them.
    ///
    /// # Errors
    /// As [`Model::predict`], and when they give different numbers of outputs.
    pub fn output_difference(
        &self,
        rows: &Features<T>,
        other: &Model<T>,
        other_rows: &Features<T>,
    ) -> Result<OutputDifference> {
        let (outputs, others) = (self.mlp.outputs(), other.mlp.outputs());
        let (a, b) = (self.predict_values(rows)?, other.predict_values(other_rows)?);
        if outputs != others || a.len() != b.len() {
            return Err(Error::Shape {
                origin: "the other model".to_owned(),
                found: format!("{others} outputs for {} rows", other_rows.rows()),
                expected: format!("{outputs} for {}, to be compared", rows.rows()),
            });
        }
        let apart = |(a, b): (&f64, &f64)| (a - b).abs();
        let distances = a.iter().zip(&b).map(apart).enumerate();
        let (at, distance) = distances.fold((0, 0.0), |most, found| if found.1 > most.1 { found } else { most });
        let class = chainrule_model::metrics::argmax::<f64>;
        let are_questions = matches!(self.task, Some(Task::Binary | Task::MultiLabel));
        let is_other = |(a, b): &(&[f64], &[f64])| match (are_questions, self.is_classifier()) {
            (true, _) => a.iter().zip(*b).any(|(a, b)| (*a > 0.0) != (*b > 0.0)),
            (false, is_classifier) => is_classifier && class(a) != class(b),
        };
        let pairs = a.chunks_exact(outputs).zip(b.chunks_exact(outputs));
        let output = at % outputs;
        Ok(OutputDifference {
            rows: rows.rows(),
            row: at / outputs,
            output,
            name: self.name_of(output),
            a: a[at],
            b: b[at],
            distance,
            other_class: pairs.filter(is_other).count(),
        })
    }

    /// What an output is called, where that is known: its class, yes of a single question, or its target.
    fn name_of(&self, output: usize) -> Option<String> {
        let classes = self.class_names.as_ref().and_then(|names| names.get(output).cloned());
        let yes = self.target.answers().map(|[_, yes]| yes.to_owned());
        classes.or(yes).or_else(|| self.target.names().get(output).cloned())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::data::Target;
    use crate::{Loss, Mlp};

    fn yes_or_no() -> Option<[String; 2]> {
        Some(["cheap", "dear"].map(str::to_owned))
    }

    fn model() -> Model<f64> {
        Model::new(Mlp::builder(3).dense(2).batch_norm().relu().dense(1).seed(4).build_as().unwrap(), Loss::Mse)
    }

    #[test]
    fn the_furthest_number_is_found_in_its_place() {
        let (a, mut b) = (model(), model());
        assert!(a.difference(&b).is_none());
        b.mlp.params_mut()[3] += 0.25; // input 1, output 1 of (3, 2)
        b.mlp.params_mut()[0] += 0.125;
        let found = a.difference(&b).weight.unwrap();
        assert_eq!((found.module, found.tensor, found.index, found.differ), (0, "weight", vec![1, 1], 2));
        assert!((found.distance - 0.25).abs() < 1e-15);
        b.mlp.running_mut()[3] += 3.0;
        let found = a.difference(&b).weight.unwrap();
        assert_eq!((found.module, found.tensor, found.index), (1, "running_var", vec![1]));
    }

    #[test]
    fn layers_and_what_is_around_them_are_told() {
        let a = model();
        let mut b = Model::new(Mlp::builder(3).dense(2).relu().dense(1).build_as().unwrap(), Loss::Mae);
        b.class_names = Some(vec!["x".to_owned()]);
        let found = a.difference(&b);
        assert_eq!(found.layers.unwrap()[1], ["dense(3, 2)", "relu", "dense(2, 1)"]);
        assert!(found.weight.is_none() && found.others == ["loss", "classes"]);
    }

    #[test]
    fn outputs_are_compared_row_by_row() {
        let (a, mut b) = (model(), model());
        let x = Features::new(2, 3, vec![0.5, -1.0, 2.0, 1.0, 1.0, 1.0]).unwrap();
        assert_eq!(a.output_difference(&x, &b, &x).unwrap().distance, 0.0);
        *b.mlp.params_mut().last_mut().unwrap() += 2.0;
        let found = a.output_difference(&x, &b, &x).unwrap();
        assert!((found.distance - 2.0).abs() < 1e-12 && found.rows == 2 && (found.b - found.a - 2.0).abs() < 1e-12);
        assert_eq!((&found.name, found.other_class), (&None, 0));
        (b.task, b.target) = (Some(Task::Binary), Arc::new(Target { answers: yes_or_no(), ..Target::default() }));
        let asked = Model { task: b.task, target: b.target.clone(), ..a.clone() };
        let found = asked.output_difference(&x, &b, &x).unwrap();
        let [then, now] = [&asked, &b].map(|model| model.predict_classes(&x).unwrap());
        let differ = then.iter().zip(&now).filter(|(a, b)| a != b).count();
        assert_eq!((found.name.as_deref(), found.other_class), (Some("dear"), differ));
        let other = Model::new(Mlp::builder(3).dense(2).build_as().unwrap(), Loss::Mse);
        assert!(a.output_difference(&x, &other, &x).unwrap_err().to_string().contains("2 outputs"));
    }
}
