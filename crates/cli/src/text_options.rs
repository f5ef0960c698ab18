//! Options that would say nothing: those about text files where no file of a command is text, those about columns of images, and
//! those about rows where a command is given none. Where one file is text, such as the labels beside an NPY file, the first are
//! about that one.

use chainrule::data::Source;

use crate::failure::Failure;

/// Refuses these options where every one of the files, each behind its own option, is something else than text.
pub(crate) fn check(
    given: &[&'static str],
    files: impl IntoIterator<Item = (&'static str, Source)>,
) -> Result<(), Failure> {
    if given.is_empty() {
        return Ok(());
    }
    let what = |(option, source): (&str, Source)| Some(format!("{option} {source} is {}", source.not_text()?));
    let Some(found) = files.into_iter().map(what).collect::<Option<Vec<String>>>() else { return Ok(()) };
    refuse(given, |are, them| {
        format!("{are} for text files, and {}: leave {them} out, or give the rows as text", found.join(", "))
    })
}

/// Refuses these options, which are about columns, of a source of images that `named` is the option of.
pub(crate) fn refuse_of_images(given: &[&'static str], source: &Source, named: &str) -> Result<(), Failure> {
    if !matches!(source, Source::Digits | Source::Mnist(_)) {
        return Ok(());
    }
    refuse(given, |are, them| {
        format!(
            "{are} about columns of a table, and {named} {source} is images, which have none: name a table by {named}, or leave \
             {them} out"
        )
    })
}

/// Refuses these options, which are about rows, of a command that is given none; `named` is what names some.
pub(crate) fn refuse_without_rows(given: &[&'static str], named: &str) -> Result<(), Failure> {
    refuse(given, |are, them| {
        format!("{are} about rows, and there are none: name them by {named}, or leave {them} out")
    })
}

/// Refuses these options, if there are any, with words that go on behind their names, in which they are or it is.
pub(crate) fn refuse(given: &[&str], words: impl FnOnce(&str, &str) -> String) -> Result<(), Failure> {
    let (are, them) = match given.len() {
        0 => return Ok(()),
        1 => ("is", "it"),
        _ => ("are", "them"),
    };
    Err(Failure::Usage(format!("{} {}", given.join(" and "), words(are, them))))
}
