//! The folder of a run's checkpoints: their names, which is the newest, and which have to go.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::file::Checkpoint;
use crate::atomic::is_unfinished;
use crate::{Error, Result};

const BEFORE: &str = "checkpoint-";
const BEHIND: &str = ".safetensors";

/// The newest checkpoint of a folder that can be read.
///
/// ```
/// use chainrule::Error;
/// use chainrule::train::Checkpoint;
///
/// let empty = std::env::temp_dir().join(format!("no-checkpoints-{}", std::process::id()));
/// std::fs::create_dir(&empty).expect("a new folder");
/// assert!(matches!(Checkpoint::newest(&empty), Err(Error::NoCheckpoint { .. })));
/// # std::fs::remove_dir(&empty).expect("the folder that was just made");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Newest {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Why newer ones were not taken, the newest first.
    pub unreadable: Vec<Error>,
}

impl Checkpoint {
    /// Whether a file of this name in the folder of a run is one of its checkpoints, which come and go.
    pub fn is_name(name: &str) -> bool {
        steps_of(name).is_some()
    }

    /// The newest checkpoint of a run's folder. One that cannot be read is passed over for the next older one.
    ///
    /// # Errors
    /// When the folder cannot be read, or there is no checkpoint in it that can be.
    pub fn newest(folder: impl AsRef<Path>) -> Result<Newest> {
        let folder = folder.as_ref();
        let mut unreadable = Vec::new();
        for (_, path) in list(folder)?.into_iter().rev() {
            match Checkpoint::open(&path) {
                Ok(checkpoint) => return Ok(Newest { checkpoint, unreadable }),
                Err(error) => unreadable.push(error),
            }
        }
        let unreadable = unreadable.iter().map(Error::to_string).collect();
        Err(Error::NoCheckpoint { folder: folder.to_owned(), unreadable })
    }
}

/// The file of the checkpoint after this many steps.
pub(super) fn file(folder: &Path, steps: usize) -> PathBuf {
    folder.join(format!("{BEFORE}{steps:012}{BEHIND}"))
}

/// The steps of the checkpoint in a file of this name.
fn steps_of(name: &str) -> Option<usize> {
    let steps = name.strip_prefix(BEFORE)?.strip_suffix(BEHIND)?;
    if steps.bytes().all(|digit| digit.is_ascii_digit()) { steps.parse().ok() } else { None }
}

/// The checkpoints by their steps, the oldest first.
fn list(folder: &Path) -> Result<Vec<(usize, PathBuf)>> {
    let mut found: Vec<(usize, PathBuf)> =
        names(folder)?.into_iter().filter_map(|name| Some((steps_of(&name)?, folder.join(name)))).collect();
    found.sort_unstable();
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let read = || fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>();
    let names = read().map_err(Error::io("read", folder))?;
    // What is no text is none of ours.
    Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
}

/// Makes the folder ready for a run: it exists, and holds nothing that a killed process left unfinished. A run that begins, and does
/// not go on, is not the one whose checkpoints are there.
pub(super) fn prepare(folder: &Path, begins: bool) -> Result<()> {
    fs::create_dir_all(folder).map_err(Error::io("make", folder))?;
    let there = list(folder)?.len();
    if begins && there > 0 {
        return Err(Error::Argument {
            name: "folder of checkpoints",
            found: format!("{there} of another run in {}", folder.display()),
            expected: "a folder without any, or that run to go on".to_owned(),
        });
    }
    for name in names(folder)?.iter().filter(|name| is_unfinished(name)) {
        remove(&folder.join(name))?;
    }
    Ok(())
}

/// Removes all but the last `keep` of the checkpoints up to this many steps.
pub(super) fn prune(folder: &Path, keep: usize, steps: usize) -> Result<()> {
    let up_to_here: Vec<_> = list(folder)?.into_iter().filter(|(at, _)| *at <= steps).collect();
    up_to_here[..up_to_here.len().saturating_sub(keep)].iter().try_for_each(|(_, path)| remove(path))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_steps_and_other_names_are_left_alone() {
        let path = file(Path::new("runs"), 1234);
        assert_eq!(path, Path::new("runs/checkpoint-000000001234.safetensors"));
        assert_eq!(steps_of("checkpoint-000000001234.safetensors"), Some(1234));
        assert!(Checkpoint::is_name("checkpoint-000000001234.safetensors"));
        for other in
            ["checkpoint-.safetensors", "checkpoint-+1.safetensors", "checkpoint-1.txt", "1.safetensors", "model"]
        {
            assert_eq!(steps_of(other), None, "{other}");
        }
    }

    #[test]
    fn the_oldest_go_and_what_is_not_ours_stays() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        prepare(&folder, true).unwrap();
        for name in [".chainrule-abc.tmp", "notes.txt"] {
            fs::write(folder.join(name), "x").unwrap();
        }
        for steps in [5, 10, 100, 20] {
            fs::write(file(&folder, steps), "x").unwrap();
        }
        assert!(prepare(&folder, true).unwrap_err().to_string().contains("4 of another run in"));
        prepare(&folder, false).unwrap();
        // One of a later step, of which a run that goes on from an older one knows nothing, does not count.
        prune(&folder, 2, 20).unwrap();
        let mut left = names(&folder).unwrap();
        left.sort_unstable();
        let want = [10, 20, 100].map(|steps| file(Path::new(""), steps).display().to_string());
        assert_eq!(left, [&want[..], &["notes.txt".to_owned()]].concat());
    }
}
