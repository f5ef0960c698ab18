//! Reads labels in a file of their own, and tells which of the columns that are said to hold categories, or texts among which `NA`
//! is one, are columns of that file.

use std::borrow::Cow;
use std::path::Path;

use super::choice::ColumnNames;
use super::label_columns::{LabelColumns, advising_of};
use super::request::Request;
use super::roles::refuse_number_categories;
use super::source::Source;
use super::table::{Table, TextFormat};
use super::target_columns::TargetRequest;
use super::target_labels::{are_texts_of_numbers, says_nothing};
use crate::Result;

impl Request {
    /// The same, in which what is said of columns of the file of labels is apart from what is said of those of the rows. A name
    /// that both files have is meant of both.
    ///
    /// # Errors
    /// Those of reading the file of labels.
    pub(super) fn apart(&self) -> Result<Cow<'_, Request>> {
        let is_said = !(self.format.categories.is_empty() && self.format.na_as_text.is_empty());
        let (Some(path), true, None) = (&self.labels, is_said, &self.label_columns) else {
            return Ok(Cow::Borrowed(self));
        };
        // What can be read once has columns that are named by the file alone.
        let labels = match path.is_file() {
            true => {
                // Whatever its cells are.
                let format = TextFormat { used: Some(Vec::new()), ..self.plain_format() };
                Some(Source::File(path.clone()).read_table(&format, self.within())?)
            }
            false => None,
        };
        let names = labels.as_ref().map_or_else(|| ColumnNames::new([].into_iter()), Table::names);
        let file = format!("{}:", path.display());
        let mut request = self.clone();
        let mut taken = LabelColumns::default();
        let format = &mut request.format;
        let lists = [
            (&mut format.categories, &mut format.known_categories, &mut taken.categories),
            (&mut format.na_as_text, &mut format.known_na_as_text, &mut taken.na_as_text),
        ];
        for (said, known, of_labels) in lists {
            for name in names.joined(&std::mem::take(said)) {
                if let Some(column) = name.strip_prefix(&file) {
                    of_labels.push(column.to_owned());
                } else if names.place(&name).is_some() {
                    known.push(name.clone());
                    of_labels.push(name);
                } else {
                    said.push(name);
                }
            }
        }
        request.label_columns = Some(taken);
        Ok(Cow::Owned(request))
    }

    /// Reads the file of labels.
    ///
    /// # Errors
    /// Those of the readers, and for a column that is said to hold texts and is not there.
    pub(super) fn read_labels(&self, path: &Path, known: TargetRequest<'_>) -> Result<Table> {
        let LabelColumns { categories, na_as_text } = self.label_columns.clone().unwrap_or_default();
        let mut format = TextFormat { categories, na_as_text, ..self.plain_format() };
        // Classes that were read as texts are read so again, by the places of columns without names.
        let classes =
            || known.class_names.into_iter().flatten().map(String::as_str).chain(known.answers.into_iter().flatten());
        let columns = match &self.target[..] {
            [] => vec!["column 1".to_owned()],
            target => target.iter().map(|column| format!("column {column}")).collect(),
        };
        if are_texts_of_numbers(classes()) {
            format.known_categories.extend_from_slice(&columns);
        }
        if classes().any(says_nothing) {
            format.known_na_as_text.extend(columns);
        }
        let read = || {
            let labels = Source::File(path.to_path_buf()).read_table(&format, self.within())?;
            refuse_number_categories(&labels, &labels.names(), &format)?;
            Ok(labels)
        };
        read().map_err(|error| advising_of(path, error))
    }

    /// How text is read, with nothing said of columns by those who ask.
    fn plain_format(&self) -> TextFormat {
        let (categories, na_as_text, left_out) = (Vec::new(), Vec::new(), Vec::new());
        TextFormat { categories, na_as_text, left_out, used: None, ..self.format.clone() }
    }
}
