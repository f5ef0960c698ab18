//! Which columns of a file are categories, whatever they hold.

use std::collections::HashSet;

use super::columns::title;
use super::options::TextFormat;
use crate::Result;
use crate::data::choice::ColumnNames;

impl TextFormat {
    /// Whether each column of these names is said to be one, or known to a model as one.
    ///
    /// # Errors
    /// [`Error::UnknownName`](crate::Error::UnknownName) where one is said to be that is not there.
    pub(super) fn are_categories<'a>(&self, names: impl Iterator<Item = Option<&'a str>> + Clone) -> Result<Vec<bool>> {
        let known: HashSet<&str> = self.known_categories.iter().map(String::as_str).collect();
        let is_known = |(column, name): (usize, Option<&str>)| known.contains(&*title(name, column));
        let mut are_categories: Vec<bool> = names.clone().enumerate().map(is_known).collect();
        if !self.categories.is_empty() {
            let names = ColumnNames::new(names);
            for column in &self.categories {
                are_categories[names.find(column)?] = true;
            }
        }
        Ok(are_categories)
    }
}
