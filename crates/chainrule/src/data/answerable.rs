//! The rows that a model answers: all, or those that lack nothing where it was trained without rows that do.

use chainrule_kernel::Scalar;

use super::features::Features;
use super::policies::Missing;
use super::request::Request;
use crate::{Model, Result};

/// The rows that a model answers, of those that were read: see [`Request::read_answerable`].
///
/// ```
/// use chainrule::data::{Answerable, Request, Source};
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::<f32>::builder(4).dense(3).build()?, Loss::CrossEntropy);
/// let mut request = Request::new(Source::parse("iris")?);
/// request.features = Some(["1", "2", "3", "4"].map(str::to_owned).to_vec());
/// let Answerable { features, lacking, .. } = request.read_answerable(&model)?;
/// let rows = features.rows() + lacking.len();
/// let answered: Vec<usize> = (0..rows).filter(|row| !lacking.contains(row)).collect();
/// assert_eq!(model.predict_classes(&features)?.len(), answered.len());
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answerable<T> {
    /// Ready for the model.
    pub features: Features<T>,
    /// The rows of the source that are not among them, counted from 0, in their order.
    pub lacking: Vec<usize>,
    /// What was taken for granted, in words.
    pub notes: Vec<String>,
}

impl Request {
    /// As [`read_features`](Self::read_features), of a model that was trained by [`Missing::Drop`] without the rows that lack a
    /// value that it needs: they are named, so that each answer stays beside its row.
    ///
    /// ```
    /// use chainrule::data::{Request, Source};
    /// use chainrule::{Loss, Mlp, Model};
    ///
    /// let model = Model::new(Mlp::<f32>::builder(4).dense(3).build()?, Loss::CrossEntropy);
    /// let mut request = Request::new(Source::parse("iris")?);
    /// request.features = Some(["1", "2", "3", "4"].map(str::to_owned).to_vec());
    /// let read = request.read_answerable(&model)?;
    /// assert_eq!((read.features.rows(), read.lacking.len()), (150, 0));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`read_features`](Self::read_features), and when every row lacks a value.
    pub fn read_answerable<T: Scalar>(&self, model: &Model<T>) -> Result<Answerable<T>> {
        let drops = model.schema.as_ref().is_some_and(|schema| schema.missing() == Some(Missing::Drop));
        self.answerable(self.source.read_whole(&self.format_for(model, false), self.within())?, model, drops)
    }
}

/// That rows have no answer; the first of them counted from 0.
pub(super) fn unanswered(count: usize, first: usize) -> String {
    let (rows, them) = match count {
        1 => (format!("row {} lacks a value and has", first + 1), "it"),
        _ => (format!("{count} rows, the first of them row {}, lack a value and have", first + 1), "them"),
    };
    format!(
        "note: {rows} no answer: the model was trained without such rows (missing = drop); in place of {them} stands nothing"
    )
}
