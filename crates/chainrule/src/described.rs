//! What rows mean to a network, and other rows made ready as those: what is of another meaning is refused, since a network sees
//! numbers alone.

use std::borrow::Cow;
use std::sync::Arc;

use chainrule_kernel::Scalar;

use crate::data::{Dataset, Preprocess, Schema, Target};
use crate::{Error, Result};

/// What the columns and targets of rows mean to a network.
pub(crate) struct Described<'a> {
    pub(crate) preprocess: &'a Preprocess,
    pub(crate) target: &'a Arc<Target>,
    pub(crate) classes: Option<&'a [String]>,
    pub(crate) schema: Option<&'a Schema>,
}

impl<'a> Described<'a> {
    /// Of rows that are learned from.
    pub(crate) fn of<T: Scalar>(data: &'a Dataset<T>) -> Self {
        let schema = data.schema().map(|schema| &**schema);
        Described { preprocess: data.preprocessing(), target: data.target(), classes: data.class_names(), schema }
    }

    /// As [`Model::prepared`].
    pub(crate) fn prepared<'d, T: Scalar>(&self, data: &'d Dataset<T>) -> Result<Cow<'d, Dataset<T>>> {
        self.check_names(data)?;
        let (is_due, are_targets_due) =
            (is_due(self.preprocess, data.preprocessing())?, are_targets_due(self.target, data)?);
        if !is_due && !are_targets_due {
            return Ok(Cow::Borrowed(data));
        }
        let mut data = data.clone();
        if is_due {
            data.preprocess(self.preprocess)?;
        }
        if are_targets_due {
            data = data.with_targets_scaled(self.target)?;
        }
        Ok(Cow::Owned(data))
    }

    /// Refuses rows whose columns or classes have other names, or the same in another order: they are compared by number. What has
    /// no names may be the same, and so may classes that the model calls by their numbers, if none of theirs is among those.
    fn check_names<T: Scalar>(&self, data: &Dataset<T>) -> Result<()> {
        let refuse = |name, found: &[String], expected: &[String]| {
            let how = "rows of a file are read so by Request::read_for, rows in memory are given these names";
            let expected = format!("{}, as was learned, in this order: {how}", listed(expected));
            Err(Error::Argument { name, found: listed(found), expected })
        };
        let are_numbers = |names: &[String]| names.iter().enumerate().all(|(at, name)| *name == at.to_string());
        if let (Some(known), Some(found)) = (self.classes, data.class_names())
            && known.get(..found.len()) != Some(found)
            && !(are_numbers(known) && found.iter().all(|name| !known.contains(name)))
        {
            return refuse("classes", found, known);
        }
        if let (Some([no, yes]), Some([other_no, other_yes])) = (self.target.answers(), data.target().answers())
            && (no, yes) != (other_no, other_yes)
        {
            let own = |names: [&str; 2]| names.map(str::to_owned);
            return refuse("no and yes", &own([other_no, other_yes]), &own([no, yes]));
        }
        if let (Some(known), Some(found)) = (self.schema, data.schema())
            && known.are_named()
            && found.are_named()
        {
            let (known, found) = (known.feature_names(), found.feature_names());
            if known != found {
                return refuse("features", &found, &known);
            }
        }
        Ok(())
    }
}

/// The first of some names.
fn listed(names: &[String]) -> String {
    const LISTED: usize = 12;
    let more = if names.len() > LISTED { ", ..." } else { "" };
    names[..names.len().min(LISTED)].join(", ") + more
}

/// Whether targets are still to be scaled.
fn are_targets_due<T: Scalar>(target: &Target, data: &Dataset<T>) -> Result<bool> {
    match (&target.scaling, &data.target().scaling) {
        (wanted, done) if wanted == done => Ok(false),
        (Some(_), None) => Ok(true),
        (wanted, Some(_)) => {
            let expected = match wanted {
                None => "targets as they come from their source, as the model was made for",
                Some(_) => "targets as they come from their source, or scaled as the model does it",
            };
            Err(Error::Argument {
                name: "targets",
                found: "values that were scaled".to_owned(),
                expected: expected.to_owned(),
            })
        }
        (None, None) => Ok(false),
    }
}

/// Whether the preprocessing is still to be applied to rows to which this was done.
pub(crate) fn is_due(preprocess: &Preprocess, done: &Preprocess) -> Result<bool> {
    if done == preprocess {
        return Ok(false);
    }
    if *done == Preprocess::None {
        return Ok(true);
    }
    let expected = match preprocess {
        Preprocess::None => "rows as they come from their source, as the model was made for".to_owned(),
        _ => format!("rows as they come from their source, or {preprocess} as the model does it"),
    };
    Err(Error::Argument { name: "preprocessing", found: format!("rows after {done}"), expected })
}
