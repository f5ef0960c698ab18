//! Options about text files: refused where no file of a command is text, since they would say nothing. Where one is, such as
//! the labels beside an NPY file, they are about that one.

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
    let (are, them) = if given.len() == 1 { ("is", "it") } else { ("are", "them") };
    Err(Failure::Usage(format!(
        "{} {are} for text files, and {}: leave {them} out, or give the rows as text",
        given.join(" and "),
        found.join(", ")
    )))
}
