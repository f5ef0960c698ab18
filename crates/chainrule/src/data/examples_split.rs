//! How examples are split, and split again as a model remembers it.

use super::content::of_groups;
use super::examples::{Examples, Inputs};
use super::split::{Parts, Split, SplitBy, SplitRequest, SplitRows};
use super::target_columns::TargetData;
use crate::{Error, Result};

impl Examples {
    fn split_rows(&self) -> SplitRows<'_> {
        let labels = match &self.target.data {
            TargetData::Classes { labels, .. } => Some(labels.as_slice()),
            TargetData::Values(_) => None,
        };
        SplitRows { rows: self.rows(), labels, groups: self.groups() }
    }

    /// A number for the group of each row, (rows); rows of one group have the same. `None` where no column groups them.
    pub fn groups(&self) -> Option<&[u32]> {
        self.group.as_ref().map(|(_, groups)| groups.as_slice())
    }

    /// How rows are drawn unless it is said: images as ever, rows of a group together, classes by their shares.
    pub fn usual_split(&self) -> SplitBy {
        match (&self.x, &self.group) {
            (Inputs::Bytes(_), _) => SplitBy::Random,
            (_, Some(_)) => SplitBy::Group,
            _ => SplitBy::Stratified,
        }
    }

    /// How the rows are drawn that are asked for so: where a column says which belong together, at random means group by group.
    fn drawn(&self, request: &SplitRequest) -> SplitRequest {
        let by = match (request.by, &self.group) {
            (SplitBy::Stratified | SplitBy::Random, Some(_)) => SplitBy::Group,
            (by, _) => by,
        };
        SplitRequest { by, ..*request }
    }

    fn check_groups(&self, request: &SplitRequest) -> Result<()> {
        match (request.by, &self.group) {
            (SplitBy::Group, None) => Err(Error::Argument {
                name: "group",
                found: "no column of groups".to_owned(),
                expected: "one, to split by: Request::group names it".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Splits the rows into three parts. Rows of a group stay together, unless they are taken by their order
    /// ([`SplitBy::Last`]).
    ///
    /// # Errors
    /// When a share is out of range, or a part would be empty; when it is by groups and no column says which.
    pub fn split(&self, request: &SplitRequest) -> Result<Parts> {
        self.check_groups(request)?;
        self.drawn(request).parts(&self.split_rows())
    }

    /// Splits the rows into folds for cross-validation: each row is tested on in one of them. Groups are kept together as by
    /// [`Examples::split`].
    ///
    /// # Errors
    /// When there are fewer than two folds, or fewer rows or groups than folds; when it is by groups and no column says which.
    pub fn folds(&self, request: &SplitRequest, folds: usize) -> Result<Vec<Parts>> {
        self.check_groups(request)?;
        self.drawn(request).folds(&self.split_rows(), folds)
    }

    /// What a model's file remembers of a split.
    pub fn remember(&self, request: &SplitRequest) -> Split {
        let SplitRequest { test, validation, seed, by } = self.drawn(request);
        let group = self.group.as_ref().map(|(name, _)| name.clone());
        let groups = self.groups().map(of_groups);
        Split { test, validation, seed, by, refit: false, group, groups, rows: self.rows(), content: self.content() }
    }

    /// Whether these are the rows that were split, but for what groups they are of.
    pub fn is_like(&self, split: &Split) -> bool {
        self.rows() == split.rows && self.content() == split.content
    }

    /// The parts that a model was trained with: exactly the same rows.
    ///
    /// # Errors
    /// When the examples are other ones than those that were split.
    pub fn split_again(&self, split: &Split) -> Result<Parts> {
        let refuse = |found: String, expected: String| Err(Error::Argument { name: "data", found, expected });
        if self.rows() != split.rows {
            let expected = format!("{}, as the model's rows were split: these are other data", split.rows);
            return refuse(format!("{} rows", self.rows()), expected);
        }
        if self.content() != split.content {
            let expected = format!(
                "{}: the model was trained on other data, or by other columns or options, so which rows it has seen is not known",
                split.content
            );
            return refuse(format!("rows with hash {}", self.content()), expected);
        }
        if split.by == SplitBy::Group && self.group.is_none() {
            return refuse(
                "no column of groups".to_owned(),
                format!("{:?}, by which the rows were split", split.group),
            );
        }
        let group = self.group.as_ref().map(|(name, groups)| (name, of_groups(groups)));
        if let (SplitBy::Group, Some((name, groups)), Some(known)) = (split.by, group, &split.group)
            && (name != known || split.groups.as_ref().is_some_and(|then| *then != groups))
        {
            let expected =
                format!("those of {known:?} by which the rows were split: the model was trained on other data");
            return refuse(format!("other groups, of {name:?}"), expected);
        }
        split.request().parts(&self.split_rows())
    }
}
