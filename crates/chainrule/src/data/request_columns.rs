//! Which columns of a table a request takes for what.

use super::choice::{ColumnNames, marks};
use super::request::Request;
use super::roles::{padded_numbers, refuse_dates, refuse_number_categories, usable};
use super::schema::Schema;
use super::table::Table;
use crate::{Error, Result};

pub(super) struct Roles {
    pub(super) features: Vec<usize>,
    pub(super) group: Option<usize>,
    pub(super) weights: Option<usize>,
}

impl Request {
    /// Which column is what; refuses dates, and a table of which nothing is learned from.
    pub(super) fn roles(
        &self,
        table: &Table,
        names: &ColumnNames<'_>,
        targets: &[usize],
        schema: Option<&Schema>,
        notes: &mut Vec<String>,
    ) -> Result<Roles> {
        let before = notes.len();
        let roles = self.chosen(table, names, targets, schema, notes)?;
        if roles.features.is_empty() {
            let expected = "one column at least that is not the target";
            // What was left out, and why.
            let why: Vec<&str> = notes[before..].iter().map(|note| note.trim_start_matches("warning: ")).collect();
            let found = if why.is_empty() { "none".to_owned() } else { format!("none; {}", why.join("; ")) };
            return Err(Error::Argument { name: "features", found, expected: expected.to_owned() });
        }
        if schema.is_none() {
            refuse_dates(table, &roles.features)?;
        }
        Ok(roles)
    }

    /// Which column is what.
    pub(super) fn chosen(
        &self,
        table: &Table,
        names: &ColumnNames<'_>,
        targets: &[usize],
        schema: Option<&Schema>,
        notes: &mut Vec<String>,
    ) -> Result<Roles> {
        let one = |name: &Option<String>| name.as_ref().map(|name| names.find(name)).transpose();
        let (group, weights) = (one(&self.group)?, one(&self.row_weights)?);
        let categories = names.find_all(&self.format.categories)?;
        let is_target = marks(targets, table.cols());
        let refuse_target = |name: &'static str, column: usize, expected: &str| {
            let found = format!("{:?}, which is the target", table.title(column));
            Err(Error::Argument { name, found, expected: expected.to_owned() })
        };
        if let Some(both) = group.filter(|&column| is_target[column]) {
            let expected = "another column: all rows of a class or value would be learned, or all held out";
            return refuse_target("group", both, expected);
        }
        // A model knows its columns.
        if let Some(schema) = schema {
            refuse_number_categories(table, names, &self.format)?;
            let located = schema.locate(table)?;
            notes.extend(located.notes);
            notes.extend(schema.unknown(table, &located.columns));
            notes.extend(schema.answers_as_numbers(table, &located.columns));
            return Ok(Roles { features: located.columns, group, weights });
        }
        let dropped = names.find_all(&self.drop)?;
        if let Some(&both) = dropped.iter().find(|&&column| is_target[column]) {
            return refuse_target(
                "drop",
                both,
                "other columns: the target is no feature, and without it nothing is learned",
            );
        }
        if let (Some(features), false) = (&self.features, self.drop.is_empty()) {
            return Err(Error::Argument {
                name: "drop",
                found: format!("{}, beside the features {}", self.drop.join(", "), features.join(", ")),
                expected: "one of the two: the features that are named leave out all others".to_owned(),
            });
        }
        let features = match &self.features {
            Some(features) => {
                let features = names.find_all(features)?;
                let refuse = |column: usize, is: &str, why: &str| {
                    let found = format!("{:?}, which {is}", table.title(column));
                    Err(Error::Argument { name: "features", found, expected: format!("other columns: {why}") })
                };
                if let Some(&both) = features.iter().find(|&&feature| is_target[feature]) {
                    return refuse(both, "is the target", "it would be learned from itself");
                }
                if let Some(both) = group.filter(|group| features.contains(group)) {
                    return refuse(both, "says which rows belong together", "new rows are of other groups");
                }
                if let Some(both) = weights.filter(|weights| features.contains(weights)) {
                    return refuse(both, "says how much rows count", "new rows have no weight");
                }
                features
            }
            None => {
                let others: Vec<usize> =
                    targets.iter().chain(&dropped).chain(&group).chain(&weights).copied().collect();
                let is_other = marks(&others, table.cols());
                let rest: Vec<usize> = (0..table.cols()).filter(|&at| !is_other[at]).collect();
                usable(table, rest, &categories, notes)
            }
        };
        refuse_number_categories(table, names, &self.format)?;
        padded_numbers(table, &[&features, targets].concat(), notes);
        Ok(Roles { features, group, weights })
    }
}
