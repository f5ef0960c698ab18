//! Which rows are trained on, validated on and tested on. A split is a function of its settings and of the rows alone, so
//! that a model's file can tell which rows it has never seen.

use std::collections::BTreeMap;

use chainrule_model::random::{Purpose, Stream};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How rows are drawn for a part.
///
/// ```
/// use chainrule::data::{SplitBy, SplitRequest};
/// let by_time = SplitRequest { by: SplitBy::Last, ..SplitRequest::default() };
/// assert_eq!(by_time.test, 0.2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SplitBy {
    /// At random; of classes the same share of each.
    #[default]
    Stratified,
    /// At random, classes or not.
    Random,
    /// Rows of a group stay together.
    Group,
    /// The last rows: what comes later in time.
    Last,
}

/// How rows are split into three parts.
///
/// ```
/// use chainrule::data::SplitRequest;
/// let split = SplitRequest { test: 0.25, validation: 0.0, seed: 7, ..SplitRequest::default() };
/// assert_eq!(split.validation, 0.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplitRequest {
    /// The share of all rows that is tested on; 0.2.
    pub test: f64,
    /// The share of the other rows that is validated on; 0.
    pub validation: f64,
    /// What draws them; 42.
    pub seed: u64,
    /// How they are drawn.
    pub by: SplitBy,
}

impl Default for SplitRequest {
    fn default() -> Self {
        SplitRequest { test: 0.2, validation: 0.0, seed: 42, by: SplitBy::Stratified }
    }
}

/// The rows of each part, counted from 0, in their order.
///
/// ```
/// use chainrule::data::{Request, Scaling, Source, SplitRequest};
///
/// let examples = Request::new(Source::parse("moons")?).read()?;
/// let parts = examples.split(&SplitRequest::default())?;
/// assert_eq!((parts.train.len(), parts.validation.len(), parts.test.len()), (800, 0, 200));
/// # let _ = Scaling::None;
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// Rows that are trained on.
    pub train: Vec<usize>,
    /// Rows by which training is stopped and settings are chosen.
    pub validation: Vec<usize>,
    /// Rows that are reported on.
    pub test: Vec<usize>,
}

/// How a model's rows were split: what its file remembers, so that exactly the same rows can be tested on later.
///
/// ```
/// use chainrule::data::{Request, Scaling, Source, SplitRequest};
///
/// let examples = Request::new(Source::parse("moons")?).read()?;
/// let split = examples.remember(&SplitRequest::default());
/// assert_eq!(examples.split_again(&split)?, examples.split(&SplitRequest::default())?);
/// # let _ = Scaling::None;
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    pub(crate) test: f64,
    pub(crate) validation: f64,
    pub(crate) seed: u64,
    pub(crate) by: SplitBy,
    /// Whether the rows to validate on were learned from in the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) refit: bool,
    /// The column of groups, where rows were drawn by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    /// Rows in all.
    pub(crate) rows: usize,
    /// [`Examples::content`](super::Examples::content), in hexadecimal.
    pub(crate) content: String,
}

impl Split {
    /// What it was asked for with.
    pub fn request(&self) -> SplitRequest {
        SplitRequest { test: self.test, validation: self.validation, seed: self.seed, by: self.by }
    }

    /// Whether the rows to validate on were learned from in the end, after they had chosen the number of epochs.
    pub fn is_refit(&self) -> bool {
        self.refit
    }

    /// The same, for a model that was trained anew on the rows to validate on too.
    #[must_use]
    pub fn refit(self) -> Self {
        Split { refit: true, ..self }
    }

    /// The column whose values kept rows together.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// Rows in all, and a hash of what they held.
    pub fn data(&self) -> (usize, &str) {
        (self.rows, &self.content)
    }

    /// Refuses one that a file should not hold.
    pub(crate) fn check(&self) -> Result<()> {
        self.request().check()
    }
}

/// What is known of rows when they are split.
pub(crate) struct SplitRows<'a> {
    pub(crate) rows: usize,
    /// The class of each, (rows).
    pub(crate) labels: Option<&'a [u32]>,
    /// The group of each, (rows).
    pub(crate) groups: Option<&'a [u32]>,
}

impl SplitRequest {
    pub(crate) fn check(&self) -> Result<()> {
        for (name, share) in [("holdout", self.test), ("validation share", self.validation)] {
            if !(0.0..1.0).contains(&share) {
                let expected = "a number from 0 to below 1".to_owned();
                return Err(Error::Argument { name, found: share.to_string(), expected });
            }
        }
        Ok(())
    }

    /// Draws the parts.
    ///
    /// # Errors
    /// When a share is out of range, or so large or small that a part would be empty.
    pub(crate) fn parts(&self, rows: &SplitRows<'_>) -> Result<Parts> {
        self.check()?;
        let all: Vec<usize> = (0..rows.rows).collect();
        let (rest, test) = self.draw(&all, rows, Draw { name: "holdout", share: self.test, index: 0 })?;
        let draw = Draw { name: "validation share", share: self.validation, index: 1 };
        let (train, validation) = self.draw(&rest, rows, draw)?;
        Ok(Parts { train, validation, test })
    }

    /// Rows that stay and rows that are taken out, both in their order.
    fn draw(&self, from: &[usize], rows: &SplitRows<'_>, draw: Draw) -> Result<(Vec<usize>, Vec<usize>)> {
        if draw.share == 0.0 {
            return Ok((from.to_vec(), Vec::new()));
        }
        let wanted = (from.len() as f64 * draw.share).round() as usize;
        let taken = match (self.by, rows.labels, rows.groups) {
            (SplitBy::Last, ..) => from[from.len() - wanted..].to_vec(),
            (SplitBy::Group, _, Some(groups)) => self.grouped(from, groups, wanted, draw.index),
            (SplitBy::Stratified, Some(labels), _) => self.stratified(from, labels, wanted, draw.index),
            _ => {
                let mut order = from.to_vec();
                Stream::new(self.seed, Purpose::Split, draw.index).shuffle(&mut order);
                order[..wanted].to_vec()
            }
        };
        if taken.is_empty() || taken.len() == from.len() {
            let parts =
                format!("{} rows would split into {} and {}", from.len(), from.len() - taken.len(), taken.len());
            let expected = format!("a share that leaves rows in both parts ({parts}), or 0");
            return Err(Error::Argument { name: draw.name, found: draw.share.to_string(), expected });
        }
        let mut is_taken = vec![false; rows.rows];
        taken.iter().for_each(|&row| is_taken[row] = true);
        let (taken, kept) = from.iter().partition(|row| is_taken[**row]);
        Ok((kept, taken))
    }

    /// The same share of each class, and `wanted` rows in all: classes are gone through in their order, and what rounding
    /// leaves of one is given to the next.
    fn stratified(&self, from: &[usize], labels: &[u32], wanted: usize, index: u64) -> Vec<usize> {
        let mut of_class = BTreeMap::<u32, Vec<usize>>::new();
        from.iter().for_each(|&row| of_class.entry(labels[row]).or_default().push(row));
        let share = wanted as f64 / from.len() as f64;
        let (mut taken, mut seen) = (Vec::with_capacity(wanted), 0);
        for (class, mut rows) in of_class {
            Stream::at(self.seed, Purpose::Split, index, 1 + u64::from(class)).shuffle(&mut rows);
            seen += rows.len();
            let due = ((seen as f64 * share).round() as usize).saturating_sub(taken.len());
            taken.extend(&rows[..due.min(rows.len())]);
        }
        taken
    }

    /// Whole groups, in random order, until there are as many rows as were wanted.
    fn grouped(&self, from: &[usize], groups: &[u32], wanted: usize, index: u64) -> Vec<usize> {
        let mut of_group = BTreeMap::<u32, Vec<usize>>::new();
        from.iter().for_each(|&row| of_group.entry(groups[row]).or_default().push(row));
        let mut order: Vec<u32> = of_group.keys().copied().collect();
        Stream::new(self.seed, Purpose::Split, index).shuffle(&mut order);
        let mut taken = Vec::new();
        for group in order {
            if taken.len() >= wanted {
                break;
            }
            taken.extend(of_group.remove(&group).unwrap_or_default());
        }
        taken
    }

    /// Folds for cross-validation: each row is tested on in exactly one of them.
    ///
    /// # Errors
    /// When there are fewer than two folds, or fewer rows or groups than folds.
    pub(crate) fn folds(&self, rows: &SplitRows<'_>, folds: usize) -> Result<Vec<Parts>> {
        let mut of_fold = vec![0; rows.rows];
        let units = match (self.by, rows.groups) {
            (SplitBy::Group, Some(groups)) => {
                let mut order: Vec<u32> =
                    groups.iter().copied().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
                Stream::new(self.seed, Purpose::Split, 2).shuffle(&mut order);
                let fold: BTreeMap<u32, usize> =
                    order.iter().enumerate().map(|(at, group)| (*group, at % folds.max(1))).collect();
                groups.iter().zip(&mut of_fold).for_each(|(group, of)| *of = fold[group]);
                order.len()
            }
            _ => {
                let mut order: Vec<usize> = (0..rows.rows).collect();
                if self.by != SplitBy::Last {
                    Stream::new(self.seed, Purpose::Split, 2).shuffle(&mut order);
                }
                if let (SplitBy::Stratified, Some(labels)) = (self.by, rows.labels) {
                    order.sort_by_key(|&row| labels[row]);
                }
                let block = |at: usize| at * folds.max(1) / rows.rows;
                for (at, &row) in order.iter().enumerate() {
                    of_fold[row] = if self.by == SplitBy::Last { block(at) } else { at % folds.max(1) };
                }
                rows.rows
            }
        };
        if folds < 2 || units < folds {
            let expected = format!("from 2 to {units}, the number of rows or groups");
            return Err(Error::Argument { name: "folds", found: folds.to_string(), expected });
        }
        let fold = |fold: usize| {
            let (test, train) = (0..rows.rows).partition(|row| of_fold[*row] == fold);
            // The test part comes first from the first draw; validation is drawn of the rest.
            let draw = Draw { name: "validation share", share: self.validation, index: 3 + fold as u64 };
            let (train, validation) = self.draw(&train as &Vec<usize>, rows, draw)?;
            Ok(Parts { train, validation, test })
        };
        (0..folds).map(fold).collect()
    }
}

/// A part to be drawn.
#[derive(Clone, Copy)]
struct Draw {
    name: &'static str,
    share: f64,
    index: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<u32> {
        (0..100).map(|row| u32::from(row % 10 == 0) + 2 * u32::from(row % 10 == 1)).collect()
    }

    fn sorted(parts: &Parts) -> Vec<usize> {
        let mut all = [&parts.train[..], &parts.validation, &parts.test].concat();
        all.sort_unstable();
        all
    }

    #[test]
    fn every_row_is_in_one_part_and_classes_keep_their_shares() {
        let labels = labels();
        let request = SplitRequest { validation: 0.25, ..SplitRequest::default() };
        let rows = SplitRows { rows: 100, labels: Some(&labels), groups: None };
        let parts = request.parts(&rows).unwrap();
        assert_eq!(sorted(&parts), (0..100).collect::<Vec<_>>());
        assert_eq!((parts.train.len(), parts.validation.len(), parts.test.len()), (60, 20, 20));
        for class in [1, 2] {
            let count = |part: &[usize]| part.iter().filter(|row| labels[**row] == class).count();
            assert_eq!((count(&parts.train), count(&parts.validation), count(&parts.test)), (6, 2, 2));
        }
        assert!(parts.train.is_sorted() && parts.test.is_sorted());
        assert_eq!(request.parts(&rows).unwrap(), parts);
        assert_ne!(SplitRequest { seed: 1, ..request }.parts(&rows).unwrap(), parts);
    }

    #[test]
    fn groups_stay_together_and_the_last_rows_are_the_last() {
        let groups: Vec<u32> = (0..100).map(|row| row / 7).collect();
        let request = SplitRequest { by: SplitBy::Group, validation: 0.2, ..SplitRequest::default() };
        let parts = request.parts(&SplitRows { rows: 100, labels: None, groups: Some(&groups) }).unwrap();
        assert_eq!(sorted(&parts), (0..100).collect::<Vec<_>>());
        for part in [&parts.train, &parts.validation] {
            assert!(part.iter().all(|row| !parts.test.iter().any(|other| groups[*other] == groups[*row])));
        }
        let request = SplitRequest { by: SplitBy::Last, validation: 0.0, ..request };
        let parts = request.parts(&SplitRows { rows: 10, labels: None, groups: None }).unwrap();
        assert_eq!(parts.test, [8, 9]);
    }

    #[test]
    fn a_share_that_leaves_a_part_empty_is_refused() {
        let rows = SplitRows { rows: 4, labels: None, groups: None };
        for test in [0.01, 0.99, 1.0, -0.1, f64::NAN] {
            assert!(SplitRequest { test, ..SplitRequest::default() }.parts(&rows).is_err(), "{test}");
        }
        let none = SplitRequest { test: 0.0, ..SplitRequest::default() }.parts(&rows).unwrap();
        assert_eq!((none.train.len(), none.test.len()), (4, 0));
    }

    #[test]
    fn each_row_is_tested_on_in_one_fold() {
        let labels = labels();
        for by in [SplitBy::Stratified, SplitBy::Random, SplitBy::Last] {
            let request = SplitRequest { by, validation: 0.1, ..SplitRequest::default() };
            let rows = SplitRows { rows: 100, labels: Some(&labels), groups: None };
            let folds = request.folds(&rows, 5).unwrap();
            let mut tested: Vec<usize> = folds.iter().flat_map(|fold| fold.test.clone()).collect();
            tested.sort_unstable();
            assert_eq!(tested, (0..100).collect::<Vec<_>>());
            assert!(folds.iter().all(|fold| fold.test.len() == 20 && sorted(fold).len() == 100));
            if by == SplitBy::Stratified {
                let of_1 = |fold: &Parts| fold.test.iter().filter(|row| labels[**row] == 1).count();
                assert!(folds.iter().all(|fold| of_1(fold) == 2));
            }
        }
        assert!(SplitRequest::default().folds(&SplitRows { rows: 3, labels: None, groups: None }, 4).is_err());
    }
}
