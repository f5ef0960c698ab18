//! Output files: refused before the run if they cannot be written or the same command reads them, and written
//! completely even if a signal arrives.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chainrule::atomic::{check_writable, write_atomically};
use chainrule::data::{Source, mnist_dir};
use chainrule::{ModelFile, Result};

use crate::failure::Failure;
use crate::interrupt;

/// The input files of a command, each with its name in error messages.
#[derive(Debug, Default)]
pub(crate) struct Inputs(Vec<(&'static str, PathBuf)>);

impl Inputs {
    /// Adds a file if the option is given: `--labels`.
    pub(crate) fn file(mut self, what: &'static str, path: Option<&Path>) -> Self {
        self.0.extend(path.map(|path| (what, path.to_path_buf())));
        self
    }

    /// Adds the files of a source if the option is given: `--data`.
    pub(crate) fn source(self, what: &'static str, source: Option<&Source>) -> Self {
        match source {
            Some(Source::File(path)) => self.file(what, Some(path)),
            Some(Source::Files(paths)) => paths.iter().fold(self, |inputs, path| inputs.file(what, Some(path))),
            Some(Source::Mnist(folder)) => match mnist_dir(folder) {
                Ok(files) => [files.train_images, files.train_labels, files.test_images, files.test_labels]
                    .iter()
                    .fold(self, |inputs, path| inputs.file(what, Some(path))),
                // Reading the source reports what is missing.
                Err(_) => self,
            },
            // Standard input may have a path.
            Some(Source::Stdin) => self.stdin(),
            _ => self,
        }
    }

    /// Adds the file behind standard input, if it has a path.
    pub(crate) fn stdin(self) -> Self {
        self.file("standard input", cfg!(unix).then(|| Path::new("/dev/stdin")))
    }
}

/// Refuses an output file that is one of the inputs, under any name, or that cannot be written, before any input is
/// read. `option` is the option that names it: `--save`.
///
/// # Errors
/// Bad usage if it is an input; a failed run if it cannot be written.
pub(crate) fn check_output(option: &str, path: &Path, inputs: &Inputs) -> std::result::Result<(), Failure> {
    if let Some((what, input)) = inputs.0.iter().find(|(_, input)| is_same_file(path, input)) {
        return Err(Failure::Usage(format!(
            "{option} {} is the file that {what} reads{}: it would be overwritten; name another file",
            path.display(),
            if path == input { String::new() } else { format!(", {}", input.display()) },
        )));
    }
    interrupt::undisturbed(|| check_writable(path))?;
    interrupt::promise(path);
    Ok(())
}

/// A format of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    Svg,
    Png,
}

/// The format that the name of a picture asks for.
///
/// # Errors
/// Bad usage if it asks for none.
pub(crate) fn check_picture(option: &str, path: &Path) -> std::result::Result<Picture, Failure> {
    let ends = |ending: &str| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    match () {
        () if ends("svg") => Ok(Picture::Svg),
        () if ends("png") => Ok(Picture::Png),
        () => Err(Failure::Usage(format!("{option} {} should end in .svg or .png", path.display()))),
    }
}

/// Refuses to replace a file that is no model of ours, which is somebody's data or work, unless it is forced.
///
/// # Errors
/// Bad usage.
pub(crate) fn check_model(path: &Path, is_forced: bool) -> std::result::Result<(), Failure> {
    let is_empty = fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == 0);
    let is_other = fs::metadata(path).is_ok_and(|found| found.is_file()) && !is_empty && !ModelFile::is_one(path);
    if is_other && !is_forced {
        return Err(Failure::Usage(format!(
            "--save {} exists and is no model of chainrule's: it would be lost; name another file, or say --force",
            path.display()
        )));
    }
    Ok(())
}

/// As [`write_atomically`], and completes even if a signal arrives.
pub(crate) fn write(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    keep(path, || write_atomically(path, write))
}

/// Runs the function that writes this file, and completes it even if a signal arrives.
pub(crate) fn keep<R>(path: &Path, work: impl FnOnce() -> Result<R>) -> Result<R> {
    let work = || work().inspect(|_| interrupt::kept());
    // A pipe may never be read; a signal may end such a write, since it leaves no half-written file.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) { work() } else { interrupt::undisturbed(work) }
}

/// Whether both paths lead to the same regular file, also through links, `.` and `..`, or other spellings. Devices and
/// pipes do not count: writing to them replaces nothing.
fn is_same_file(a: &Path, b: &Path) -> bool {
    let (Ok(found_a), Ok(found_b)) = (fs::metadata(a), fs::metadata(b)) else { return false };
    if !found_a.is_file() || !found_b.is_file() {
        return false;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (found_a.dev(), found_a.ino()) == (found_b.dev(), found_b.ino()) {
            return true;
        }
    }
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_under_all_its_names_and_a_copy_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a"), "1").unwrap();
        fs::copy(path("a"), path("copy")).unwrap();
        fs::create_dir(path("sub")).unwrap();
        let mut names = vec![path("a"), path("./a"), path("sub/../a")];
        #[cfg(unix)]
        {
            fs::hard_link(path("a"), path("hard")).unwrap();
            std::os::unix::fs::symlink("a", path("soft")).unwrap();
            names.extend([path("hard"), path("soft")]);
        }
        for name in &names {
            assert!(is_same_file(&path("a"), name) && is_same_file(name, &path("a")), "{}", name.display());
        }
        for name in ["copy", "absent", "sub"].map(path) {
            assert!(!is_same_file(&path("a"), &name), "{}", name.display());
        }
        #[cfg(unix)]
        assert!(!is_same_file(Path::new("/dev/null"), Path::new("/dev/null")));
    }
}
