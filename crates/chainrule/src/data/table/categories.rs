//! What is said of the columns of a file, whatever they hold: which are categories, where `NA` is a text, and which are left out.

use std::collections::HashSet;

use super::columns::title;
use super::options::TextFormat;
use crate::Result;
use crate::data::choice::ColumnNames;

impl TextFormat {
    /// Whether each column of these names is said to be one of categories, or known to a model as one.
    ///
    /// # Errors
    /// [`Error::UnknownName`](crate::Error::UnknownName) where one is said to be that is not there.
    pub(super) fn are_categories<'a>(&self, names: impl Iterator<Item = Option<&'a str>> + Clone) -> Result<Vec<bool>> {
        let mut are_categories = marked(names.clone(), &self.categories, &self.known_categories)?;
        // Where NA is a text, so is everything else.
        for (is_category, na_is_text) in are_categories.iter_mut().zip(self.na_is_text(names)?) {
            *is_category |= na_is_text;
        }
        Ok(are_categories)
    }

    /// Whether `NA` and the like are texts in each column of these names.
    ///
    /// # Errors
    /// [`Error::UnknownName`](crate::Error::UnknownName) where that is said of one that is not there.
    pub(super) fn na_is_text<'a>(&self, names: impl Iterator<Item = Option<&'a str>> + Clone) -> Result<Vec<bool>> {
        marked(names, &self.na_as_text, &self.known_na_as_text)
    }

    /// Whether each column of these names is left out; of those that are not there nothing is said here.
    pub(super) fn are_left_out<'a>(&self, names: impl Iterator<Item = Option<&'a str>> + Clone) -> Vec<bool> {
        let mut are_left_out = vec![self.used.is_some(); names.clone().count()];
        if self.used.is_some() || !self.left_out.is_empty() {
            let names = ColumnNames::new(names);
            let mut mark = |columns: &[String], is_left_out: bool| {
                // A name that holds commas comes in parts.
                match names.find_all(columns) {
                    Ok(found) => found.into_iter().for_each(|column| are_left_out[column] = is_left_out),
                    Err(_) => columns
                        .iter()
                        .filter_map(|name| names.find(name).ok())
                        .for_each(|column| are_left_out[column] = is_left_out),
                }
            };
            mark(self.used.as_deref().unwrap_or_default(), false);
            mark(&self.left_out, true);
        }
        are_left_out
    }
}

/// Whether each column of these names is one of those that are `said`, which must be there, or `known`.
fn marked<'a>(
    names: impl Iterator<Item = Option<&'a str>> + Clone,
    said: &[String],
    known: &[String],
) -> Result<Vec<bool>> {
    let known: HashSet<&str> = known.iter().map(String::as_str).collect();
    let is_known = |(column, name): (usize, Option<&str>)| known.contains(&*title(name, column));
    let mut marked: Vec<bool> = names.clone().enumerate().map(is_known).collect();
    if !said.is_empty() {
        let names = ColumnNames::new(names);
        for column in names.joined(said) {
            marked[names.find(&column)?] = true;
        }
    }
    Ok(marked)
}
