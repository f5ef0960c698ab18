//! The columns of a file of labels, as options name them: by their names, or where they have none by the file and their number,
//! `labels.csv:1`.

use std::path::Path;

use super::choice::typed;
use crate::Error;

/// What is said of the columns of a file of labels.
#[derive(Debug, Clone, Default)]
pub(crate) struct LabelColumns {
    pub(super) categories: Vec<String>,
    pub(super) na_as_text: Vec<String>,
}

/// Advice about columns of this file, in which those without a name are named by the file, too.
pub(super) fn of_file(path: &Path, advice: &str) -> String {
    let mut text = advice.to_owned();
    for setting in ["categories = ", "na_as_text = "] {
        let mut parts = text.split(setting);
        let mut told = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            let is_number =
                digits > 0 && !rest.starts_with(|next: char| next.is_alphanumeric() || "-_./:".contains(next));
            told += setting;
            told += &match is_number {
                true => typed(&format!("{}:{number}", path.display())) + rest,
                false => part.to_owned(),
            };
        }
        text = told;
    }
    text
}

/// The same of what an error expects.
pub(super) fn advising_of(path: &Path, mut error: Error) -> Error {
    if let Error::Format { expected, .. } | Error::Argument { expected, .. } | Error::Label { expected, .. } =
        &mut error
    {
        *expected = of_file(path, expected);
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_without_a_name_are_named_by_their_file() {
        let of = |advice: &str| of_file(Path::new("y.csv"), advice);
        assert_eq!(of("a code: categories = 1, or leave it"), "a code: categories = y.csv:1, or leave it");
        assert_eq!(of("categories = code; na_as_text = 2"), "categories = code; na_as_text = y.csv:2");
        assert_eq!(of("categories = 1st-code"), "categories = 1st-code");
    }
}
