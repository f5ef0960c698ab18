//! Output files: refused before the run if they cannot be written or the same command reads them, and written
//! completely even if a signal arrives.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use chainrule::atomic::{check_writable, write_atomically};
use chainrule::data::{Source, mnist_dir};
use chainrule::train::Checkpoint;
use chainrule::{ModelFile, Result};

use crate::failure::Failure;
use crate::interrupt;

/// All files of a command: what it reads or must not lose, and what it writes. [`Files::check`] refuses an output that would
/// replace one of the others.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// What each is in error messages, and where.
    inputs: Vec<(String, PathBuf)>,
    outputs: Vec<Output>,
}

#[derive(Debug)]
struct Output {
    /// The option that names it: `--save`.
    option: &'static str,
    path: PathBuf,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A file that is written in the end.
    File,
    /// A file in a folder that the command makes.
    Inner,
    Folder,
    /// A folder with checkpoints, which come and go.
    Checkpoints,
}

impl Files {
    /// Adds an input file if the option is given: `--labels`.
    pub(crate) fn file(self, what: &str, path: Option<&Path>) -> Self {
        match path {
            Some(path) => self.kept(format!("the file that {what} reads"), path.to_owned()),
            None => self,
        }
    }

    /// Adds a file that must not be lost: `the data of that run`.
    pub(crate) fn kept(mut self, what: String, path: PathBuf) -> Self {
        self.inputs.push((what, path));
        self
    }

    /// Adds the files of a source if the option is given: `--data`.
    pub(crate) fn source(self, what: &str, source: Option<&Source>) -> Self {
        match source {
            // Standard input may have a path.
            Some(Source::Stdin) => self.stdin(),
            Some(source) => paths(source).iter().fold(self, |files, path| files.file(what, Some(path))),
            None => self,
        }
    }

    /// Adds the file behind standard input, if it has a path.
    pub(crate) fn stdin(self) -> Self {
        self.file("standard input", cfg!(unix).then(|| Path::new("/dev/stdin")))
    }

    /// Adds an output file if the option is given: `--save`.
    pub(crate) fn output(self, option: &'static str, path: Option<&Path>) -> Self {
        self.written(option, path, Kind::File)
    }

    /// Adds a file that is written into a folder of the command's own.
    pub(crate) fn inner(self, option: &'static str, path: &Path) -> Self {
        self.written(option, Some(path), Kind::Inner)
    }

    /// Adds a folder that is written to if the option is given: `--tensorboard`.
    pub(crate) fn folder(self, option: &'static str, path: Option<&Path>) -> Self {
        self.written(option, path, Kind::Folder)
    }

    /// Adds a folder of checkpoints if the option is given: `--checkpoint`.
    pub(crate) fn checkpoints(self, option: &'static str, path: Option<&Path>) -> Self {
        self.written(option, path, Kind::Checkpoints)
    }

    fn written(mut self, option: &'static str, path: Option<&Path>, kind: Kind) -> Self {
        self.outputs.extend(path.map(|path| Output { option, path: path.to_owned(), kind }));
        self
    }

    /// Refuses an output that is an input or another output, under any name, or that cannot be written, before any input is
    /// read.
    ///
    /// # Errors
    /// Bad usage if two are the same; a failed run if one cannot be written.
    pub(crate) fn check(&self) -> std::result::Result<(), Failure> {
        for (at, output) in self.outputs.iter().enumerate() {
            let Output { option, path, kind } = output;
            if path.as_os_str() == "-" {
                let why = "a file or folder called -, not standard output: name another, or ./- if it is meant";
                return Err(Failure::Usage(format!("{option} - would be {why}")));
            }
            if matches!(kind, Kind::File | Kind::Inner)
                && let Some((what, input)) = self.inputs.iter().find(|(_, input)| is_same_file(path, input))
            {
                return Err(Failure::Usage(format!(
                    "{option} {} is {what}{}: it would be overwritten; name another file",
                    path.display(),
                    if path == input { String::new() } else { format!(", {}", input.display()) },
                )));
            }
            let others = self.outputs[..at].iter();
            if let Some(why) = others.filter_map(|other| clash(other, output).or_else(|| clash(output, other))).next() {
                return Err(Failure::Usage(why));
            }
        }
        for Output { path, .. } in self.outputs.iter().filter(|output| output.kind == Kind::File) {
            interrupt::undisturbed(|| check_writable(path))?;
            interrupt::promise(path);
        }
        Ok(())
    }
}

/// The files of a source, but for standard input.
pub(crate) fn paths(source: &Source) -> Vec<PathBuf> {
    match source {
        Source::File(path) => vec![path.clone()],
        Source::Files(paths) => paths.clone(),
        // Reading the source reports what is missing.
        Source::Mnist(folder) => mnist_dir(folder).map_or(Vec::new(), |files| {
            vec![files.train_images, files.train_labels, files.test_images, files.test_labels]
        }),
        _ => Vec::new(),
    }
}

/// Why a file cannot be written together with another output, if so.
fn clash(file: &Output, other: &Output) -> Option<String> {
    let said = |output: &Output| format!("{} {}", output.option, output.path.display());
    if !matches!(file.kind, Kind::File | Kind::Inner) || is_device(&file.path) {
        return None;
    }
    let (at, other_at) = (place(&file.path), place(&other.path));
    match other.kind {
        Kind::File | Kind::Inner if at == other_at || is_same_file(&file.path, &other.path) => {
            Some(format!("{} and {} are the same file; name two", said(file), said(other)))
        }
        Kind::Folder | Kind::Checkpoints if other_at.starts_with(&at) => {
            Some(format!("{} is a folder to {}; name another file", said(file), said(other)))
        }
        Kind::Checkpoints if at.parent() == Some(&other_at) && is_checkpoint(&at) => {
            Some(format!("{} is called as the checkpoints of {} are; name another file", said(file), said(other)))
        }
        _ => None,
    }
}

fn is_checkpoint(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(Checkpoint::is_name)
}

/// Writing to it replaces nothing.
fn is_device(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Where a path leads to, also to what is not there yet: the part of it that exists without links, and the rest.
fn place(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = path.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    let Some((above, found)) = found else { return path };
    match path.strip_prefix(above) {
        Ok(rest) if rest.as_os_str().is_empty() => found,
        Ok(rest) => found.join(rest),
        Err(_) => path,
    }
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

/// Refuses a page whose name says that it is something else than HTML.
///
/// # Errors
/// Bad usage.
pub(crate) fn check_page(option: &str, path: Option<&Path>) -> std::result::Result<(), Failure> {
    let is_html = |ending: &OsStr| ending.eq_ignore_ascii_case("html") || ending.eq_ignore_ascii_case("htm");
    match path {
        Some(path) if path.extension().is_some_and(|ending| !is_html(ending)) => {
            Err(Failure::Usage(format!("{option} {} is a page in HTML: end its name in .html", path.display())))
        }
        _ => Ok(()),
    }
}

/// Refuses a name that is another format's; and to replace a file that is no model of ours, which is somebody's data or work,
/// unless it is forced.
///
/// # Errors
/// Bad usage.
pub(crate) fn check_model(path: &Path, is_forced: bool) -> std::result::Result<(), Failure> {
    if ModelFile::check_name(path).is_err() {
        let (path, safe) = (path.display(), path.with_extension("safetensors"));
        let safe = safe.display();
        return Err(Failure::Usage(format!(
            "--save {path}: the ending is another format's, and a trained model is saved as safetensors: --save {safe}; other \
             formats are written from it: chainrule convert {safe} FILE"
        )));
    }
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

    #[test]
    fn outputs_get_in_the_way_of_one_another_also_where_none_exists_yet() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        let checked = |one: &str, kind, other: &str| {
            let files = Files::default().output("--save", Some(&path(one)));
            files.written("--other", Some(&path(other)), kind).check()
        };
        let refused = [
            ("a", Kind::File, "sub/../a"),
            ("./a", Kind::Inner, "a"),
            ("a", Kind::Folder, "a"),
            ("a", Kind::Folder, "a/b"),
            ("a", Kind::Checkpoints, "a"),
            ("sub/checkpoint-000000000001.safetensors", Kind::Checkpoints, "sub"),
        ];
        for (one, kind, other) in refused {
            assert!(matches!(checked(one, kind, other), Err(Failure::Usage(_))), "{one}, {other}");
        }
        let taken = [
            ("a", Kind::File, "b"),
            ("sub/a", Kind::Folder, "sub"),
            ("sub/a", Kind::Checkpoints, "sub"),
            ("checkpoint-000000000001.safetensors", Kind::Checkpoints, "sub"),
        ];
        for (one, kind, other) in taken {
            assert!(checked(one, kind, other).is_ok(), "{one}, {other}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("sub", path("link")).unwrap();
            assert!(checked("link/a", Kind::File, "sub/a").is_err());
            let null = Path::new("/dev/null");
            assert!(Files::default().output("--save", Some(null)).output("--report", Some(null)).check().is_ok());
        }
    }
}
