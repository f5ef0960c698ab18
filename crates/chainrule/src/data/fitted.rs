//! What is fitted on the rows that are trained on, and kept with the model.

use std::sync::Arc;

use super::policies::Unknown;
use super::preprocess::Preprocess;
use super::schema::{Kind, Schema};
use super::target::{Target, TargetScaling};

/// What was fitted on the rows that are trained on: how columns become features and how both are scaled.
///
/// ```
/// use chainrule::data::{Request, Scaling, Source, SplitRequest};
///
/// let examples = Request::new(Source::parse("moons")?).read()?;
/// let fitted = examples.fit(&[0, 1, 2], Scaling::None)?;
/// assert_eq!(fitted.schema().map(|schema| schema.width()), Some(2));
/// # let _ = SplitRequest::default();
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    pub(crate) schema: Option<Arc<Schema>>,
    pub(crate) preprocess: Preprocess,
    pub(crate) target: Arc<Target>,
}

impl Fitted {
    /// How a table becomes features; `None` of images.
    pub fn schema(&self) -> Option<&Schema> {
        self.schema.as_deref()
    }

    /// How features are scaled.
    pub fn preprocess(&self) -> &Preprocess {
        &self.preprocess
    }

    /// What the targets are called, and how values were scaled.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The same, which does this about categories that training does not see.
    #[must_use]
    pub fn with_unknown(mut self, what: Unknown) -> Self {
        if let Some(schema) = &mut self.schema {
            for column in &mut Arc::make_mut(schema).columns {
                if let Kind::Category { unknown, .. } = &mut column.kind {
                    *unknown = what;
                }
            }
        }
        self
    }

    /// The same without scaling the targets; logarithms that were asked for stay.
    #[must_use]
    pub fn with_targets_as_they_are(mut self) -> Self {
        let scaling = self.target.scaling.as_ref().and_then(TargetScaling::logarithms_alone);
        self.target = Arc::new(Target { scaling, ..(*self.target).clone() });
        self
    }
}
