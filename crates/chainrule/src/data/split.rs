//! Which rows are trained on, validated on and tested on. A split is a function of its settings and of the rows alone, so
//! that a model's file can tell which rows it has never seen.

use std::collections::{BTreeMap, BTreeSet};

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
    /// At random; of classes the same share of each, but one row at least is left to be trained on. Where a column says which rows belong together, as [`SplitBy::Group`].
    #[default]
    Stratified,
    /// At random, classes or not; groups as before.
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
    /// A hash of the groups of all rows, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) groups: Option<String>,
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

    /// The rows that the model has learned from, of the parts that it was trained with.
    pub fn learned<'a>(&self, parts: &'a Parts) -> impl Iterator<Item = usize> + 'a {
        let validation: &[usize] = if self.refit { &parts.validation } else { &[] };
        parts.train.iter().chain(validation).copied()
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
        let mut part_of = room(rows.rows)?;
        part_of.resize(rows.rows, TRAIN);
        self.draw(&mut part_of, rows, Draw { name: "holdout", share: self.test, index: 0, part: TEST })?;
        let share = self.validation;
        self.draw(&mut part_of, rows, Draw { name: "validation share", share, index: 1, part: VALIDATION })?;
        collected(&part_of)
    }

    /// Takes rows out of those that are trained on.
    fn draw(&self, part_of: &mut [u8], rows: &SplitRows<'_>, draw: Draw) -> Result<()> {
        if draw.share == 0.0 {
            return Ok(());
        }
        let count = part_of.iter().filter(|part| **part == TRAIN).count();
        let wanted = (count as f64 * draw.share).round() as usize;
        match (self.by, rows.labels, rows.groups) {
            (SplitBy::Last, ..) => {
                let last = part_of.iter_mut().rev().filter(|part| **part == TRAIN).take(wanted);
                last.for_each(|part| *part = draw.part);
            }
            (SplitBy::Group, _, Some(groups)) => self.draw_groups(part_of, groups, wanted, draw),
            (SplitBy::Stratified, Some(labels), _) => self.draw_stratified(part_of, labels, wanted, draw)?,
            _ => {
                let mut order: Vec<u32> = room(count)?;
                order.extend(trained_on(part_of).map(|row| row as u32));
                Stream::new(self.seed, Purpose::Split, draw.index).shuffle(&mut order);
                order[..wanted].iter().for_each(|&row| part_of[row as usize] = draw.part);
            }
        }
        let taken = part_of.iter().filter(|part| **part == draw.part).count();
        if taken == 0 || taken == count {
            let parts = format!("{count} rows would split into {} and {taken}", count - taken);
            let expected = format!("a share that leaves rows in both parts ({parts}), or 0");
            return Err(Error::Argument { name: draw.name, found: draw.share.to_string(), expected });
        }
        Ok(())
    }

    /// The same share of each class, and `wanted` rows in all: classes are gone through in their order, and what rounding
    /// leaves of one is given to the next. Each class keeps a row to be trained on, unless most rows are alone in their class.
    fn draw_stratified(&self, part_of: &mut [u8], labels: &[u32], wanted: usize, draw: Draw) -> Result<()> {
        let mut of_class = BTreeMap::<u32, usize>::new();
        trained_on(part_of).for_each(|row| *of_class.entry(labels[row]).or_default() += 1);
        // One class behind the other, each in the order of its rows.
        let mut next = BTreeMap::new();
        let mut count = 0;
        for (&class, rows) in &of_class {
            next.insert(class, count);
            count += rows;
        }
        let mut order: Vec<u32> = room(count)?;
        order.resize(count, 0);
        for row in trained_on(part_of) {
            if let Some(at) = next.get_mut(&labels[row]) {
                order[*at] = row as u32;
                *at += 1;
            }
        }
        // A class of one row is in one part only.
        let alone = of_class.values().filter(|rows| **rows == 1).count();
        let kept = usize::from(2 * alone <= count);
        let share = wanted as f64 / (count - kept * alone) as f64;
        let (mut taken, mut seen, mut from) = (0, 0, 0);
        for (class, rows) in of_class {
            let rows = &mut order[from..from + rows];
            from += rows.len();
            if rows.len() == kept {
                continue;
            }
            Stream::at(self.seed, Purpose::Split, draw.index, 1 + u64::from(class)).shuffle(rows);
            seen += rows.len();
            let due = ((seen as f64 * share).round() as usize).saturating_sub(taken).min(rows.len() - kept);
            rows[..due].iter().for_each(|&row| part_of[row as usize] = draw.part);
            taken += due;
        }
        Ok(())
    }

    /// Whole groups, in random order, until there are as many rows as were wanted.
    fn draw_groups(&self, part_of: &mut [u8], groups: &[u32], wanted: usize, draw: Draw) {
        let mut of_group = BTreeMap::<u32, usize>::new();
        trained_on(part_of).for_each(|row| *of_group.entry(groups[row]).or_default() += 1);
        let mut order: Vec<u32> = of_group.keys().copied().collect();
        Stream::new(self.seed, Purpose::Split, draw.index).shuffle(&mut order);
        let (mut taken, mut count) = (BTreeSet::new(), 0);
        for group in order {
            if count >= wanted {
                break;
            }
            count += of_group[&group];
            taken.insert(group);
        }
        let parts = part_of.iter_mut().zip(groups).filter(|(part, group)| **part == TRAIN && taken.contains(group));
        parts.for_each(|(part, _)| *part = draw.part);
    }

    /// Folds for cross-validation: each row is tested on in exactly one of them. Of rows in order of time there is one block more than
    /// folds, and each block but the first is tested on by what was learned from those before it.
    ///
    /// # Errors
    /// When there are fewer than two folds, or fewer rows or groups than folds (of rows in order of time, than blocks).
    pub(crate) fn folds(&self, rows: &SplitRows<'_>, folds: usize) -> Result<Vec<Parts>> {
        let is_by_time = self.by == SplitBy::Last;
        let blocks = folds.saturating_add(usize::from(is_by_time));
        let mut of_fold = vec![0; rows.rows];
        let units = match (self.by, rows.groups) {
            (SplitBy::Group, Some(groups)) => {
                let mut order: Vec<u32> = groups.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
                Stream::new(self.seed, Purpose::Split, 2).shuffle(&mut order);
                let fold: BTreeMap<u32, usize> =
                    order.iter().enumerate().map(|(at, group)| (*group, at % folds.max(1))).collect();
                groups.iter().zip(&mut of_fold).for_each(|(group, of)| *of = fold[group]);
                order.len()
            }
            _ => {
                let mut order: Vec<usize> = (0..rows.rows).collect();
                if !is_by_time {
                    Stream::new(self.seed, Purpose::Split, 2).shuffle(&mut order);
                }
                if let (SplitBy::Stratified, Some(labels)) = (self.by, rows.labels) {
                    order.sort_by_key(|&row| labels[row]);
                }
                let block = |at: usize| (at as u128 * blocks as u128 / rows.rows as u128) as usize;
                for (at, &row) in order.iter().enumerate() {
                    of_fold[row] = if is_by_time { block(at) } else { at % folds.max(1) };
                }
                rows.rows
            }
        };
        if folds < 2 || units < blocks {
            let (most, is) = match is_by_time {
                true => (units.saturating_sub(1), "one less than the number of rows"),
                false => (units, "the number of rows or groups"),
            };
            let expected = format!("from 2 to {most}, {is}");
            return Err(Error::Argument { name: "folds", found: folds.to_string(), expected });
        }
        let fold = |fold: usize| {
            let tested = fold + usize::from(is_by_time);
            let of_row = |of: &usize| match of {
                of if *of == tested => TEST,
                of if is_by_time && *of > tested => NONE,
                _ => TRAIN,
            };
            let mut part_of: Vec<u8> = of_fold.iter().map(of_row).collect();
            // The test part comes first from the first draw; validation is drawn of the rest.
            // By time one row at least validates, as the first fold may learn from few.
            let learned = part_of.iter().filter(|part| **part == TRAIN).count();
            let least = if is_by_time && self.validation > 0.0 && learned > 1 { 1.0 / learned as f64 } else { 0.0 };
            let (share, index) = (self.validation.max(least), 3 + fold as u64);
            self.draw(&mut part_of, rows, Draw { name: "validation share", share, index, part: VALIDATION })?;
            collected(&part_of)
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
    part: u8,
}

/// The part that a row is in.
const TRAIN: u8 = 0;
const VALIDATION: u8 = 1;
const TEST: u8 = 2;
/// In no part.
const NONE: u8 = 3;

/// The rows that are trained on, in their order.
fn trained_on(part_of: &[u8]) -> impl Iterator<Item = usize> + '_ {
    part_of.iter().enumerate().filter(|(_, part)| **part == TRAIN).map(|(row, _)| row)
}

/// The rows of each part.
fn collected(part_of: &[u8]) -> Result<Parts> {
    let of = |part: u8| -> Result<Vec<usize>> {
        let mut rows = room(part_of.iter().filter(|of| **of == part).count())?;
        rows.extend(part_of.iter().enumerate().filter(|(_, of)| **of == part).map(|(row, _)| row));
        Ok(rows)
    };
    Ok(Parts { train: of(TRAIN)?, validation: of(VALIDATION)?, test: of(TEST)? })
}

fn room<R>(rows: usize) -> Result<Vec<R>> {
    let mut room = Vec::new();
    room.try_reserve_exact(rows).map_err(|_| Error::no_memory("rows to split", rows))?;
    Ok(room)
}

#[cfg(test)]
mod tests;
