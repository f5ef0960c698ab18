//! Files that are either the old one or the new one, never half of it.
//!
//! The recipe: a temporary file beside the target, write, fsync, rename over the target, fsync the folder. Any step
//! that fails is a failure of the whole and leaves the target as it was. This file knows nothing of what is written.
//!
//! A symbolic link is followed, so the file it names is replaced and the link stays. What is neither a file nor a
//! folder (`/dev/stdout`, a pipe) cannot be replaced and is written directly.

use crate::{Error, Result};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Writes a file whole: `write` fills it, and only when every byte is on the disk does it take the name `path`.
///
/// An existing file keeps its permissions; one that is read-only is not replaced.
///
/// # Errors
/// [`Error::Io`] when any step fails, that of `write` included; `path` is then as it was before, or, where only the folder could not be
/// brought to the disk, the new file whole.
pub fn write_atomically(path: impl AsRef<Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let path = path.as_ref();
    put(path, write).map_err(Error::io("write", path))
}

/// Finds out whether [`write_atomically`] could write `path`, and leaves and changes nothing: for asking before hours
/// of training, not after.
///
/// # Errors
/// [`Error::Io`] with the reason why not.
pub fn check_writable(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let check = || match target(path)? {
        Target::Direct => File::options().write(true).open(path).map(drop),
        Target::Replace { file, .. } => temporary(folder_of(&file)).map(drop),
    };
    check().map_err(Error::io("write", path))
}

/// How a path is to be written.
enum Target {
    /// Open it and write.
    Direct,
    /// Put a new file in the place of `file`, with the permissions of the old one if there was one.
    Replace { file: PathBuf, permissions: Option<fs::Permissions> },
}

/// Looks at what is at `path` now and refuses what could not be replaced.
fn target(path: &Path) -> io::Result<Target> {
    let refuse = |kind, reason: &str| Err(io::Error::new(kind, reason));
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => refuse(io::ErrorKind::IsADirectory, "it is a folder, expected a file"),
        Ok(found) if !found.is_file() => Ok(Target::Direct),
        Ok(found) if found.permissions().readonly() => refuse(io::ErrorKind::PermissionDenied, "it is read-only"),
        Ok(found) => Ok(Target::Replace { file: fs::canonicalize(path)?, permissions: Some(found.permissions()) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let names_a_folder = path.as_os_str().to_string_lossy().ends_with(std::path::is_separator);
            if names_a_folder || path.file_name().is_none() {
                return refuse(io::ErrorKind::InvalidInput, "it does not name a file");
            }
            if fs::symlink_metadata(path).is_ok() {
                return refuse(io::ErrorKind::NotFound, "it is a symbolic link to what does not exist");
            }
            if !folder_of(path).is_dir() {
                return refuse(io::ErrorKind::NotFound, "its folder does not exist");
            }
            Ok(Target::Replace { file: path.to_path_buf(), permissions: None })
        }
        Err(error) => Err(error),
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// How the names of unfinished files begin and end.
const UNFINISHED: (&str, &str) = (".chainrule-", ".tmp");

/// Whether a file of this name is unfinished: one that a process left that was killed while it wrote.
pub(crate) fn is_unfinished(name: &str) -> bool {
    name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1)
}

/// A file beside the target, which vanishes when dropped.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
    // What any new file gets; the umask takes away what it should.
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

fn put(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let (file, permissions) = match target(path)? {
        Target::Direct => return fill(&File::options().write(true).open(path)?, write),
        Target::Replace { file, permissions } => (file, permissions),
    };
    let folder = folder_of(&file);
    let temporary = temporary(folder)?;
    fill(temporary.as_file(), write)?;
    if let Some(permissions) = permissions {
        temporary.as_file().set_permissions(permissions)?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(&file).map_err(|error| error.error)?;
    // The rename itself is on the disk once the folder is. Only unix opens folders as files.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

fn fill(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut buffered = BufWriter::new(file);
    write(&mut buffered)?;
    buffered.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_written_and_replaced_and_nothing_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        write_atomically(&path, |w| w.write_all(b"first, the longer")).unwrap();
        write_atomically(&path, |w| w.write_all(b"second")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["model"]);
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        fs::write(&path, b"old").unwrap();
        let error = write_atomically(&path, |w| {
            w.write_all(&[1; 100_000])?;
            Err(io::Error::other("the disk is full"))
        })
        .unwrap_err();
        assert!(error.to_string().contains("the disk is full"), "{error}");
        assert!(error.to_string().contains("model"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["model"]);
    }

    #[test]
    fn the_target_is_the_old_one_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        fs::write(&path, b"old").unwrap();
        write_atomically(&path, |w| {
            w.write_all(b"new")?;
            w.flush()?;
            assert_eq!(fs::read(&path)?, b"old");
            Ok(())
        })
        .unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn checking_a_path_leaves_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model");
        check_writable(&path).unwrap();
        assert_eq!(names(folder.path()), [""; 0]);
        fs::write(&path, b"old").unwrap();
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        check_writable(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
        assert_eq!(names(folder.path()), ["model"]);
    }

    #[test]
    fn a_path_that_cannot_be_written_is_refused_by_the_check_and_by_the_write() {
        let folder = tempfile::tempdir().unwrap();
        let read_only = folder.path().join("read-only");
        fs::write(&read_only, b"kept").unwrap();
        let mut permissions = fs::metadata(&read_only).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&read_only, permissions).unwrap();
        let slash = PathBuf::from(format!("{}/new/", folder.path().display()));
        let long = folder.path().join("n".repeat(5000));
        for (path, reason) in [
            (folder.path().join("no/such/model"), "folder does not exist"),
            (folder.path().to_path_buf(), "it is a folder"),
            (read_only.join("model"), ""),
            (read_only.clone(), "read-only"),
            (slash, "does not name a file"),
            (long, ""),
            (PathBuf::new(), "does not name a file"),
            (folder.path().join(".."), "it is a folder"),
        ] {
            let checked = check_writable(&path).unwrap_err().to_string();
            let written = write_atomically(&path, |w| w.write_all(b"x")).unwrap_err().to_string();
            assert_eq!(checked, written);
            assert!(checked.contains(reason), "{checked}");
        }
        assert_eq!(fs::read(&read_only).unwrap(), b"kept");
        assert_eq!(names(folder.path()), ["read-only"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_the_file_behind_it_is_replaced_with_its_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, b"old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        write_atomically(&link, |w| w.write_all(b"new")).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);

        symlink(folder.path().join("nowhere"), folder.path().join("dangling")).unwrap();
        let error = check_writable(folder.path().join("dangling")).unwrap_err();
        assert!(error.to_string().contains("symbolic link"), "{error}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_directly_and_its_failure_is_told() {
        write_atomically("/dev/null", |w| w.write_all(b"gone")).unwrap();
        check_writable("/dev/full").unwrap();
        let error = write_atomically("/dev/full", |w| w.write_all(b"x")).unwrap_err();
        assert!(error.to_string().contains("/dev/full"), "{error}");
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
