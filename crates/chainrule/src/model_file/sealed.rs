//! Whether a file is byte for byte the one that was written. This is asked before its tensors are looked at, so that damage is called
//! damage, and not what it looks like.

use super::header::Header;
use super::metadata::{self, CHECKPOINT, KEY};
use crate::checksum::{begins_with_one, compare};
use crate::{Error, Place, Result};

/// The first version with a checksum.
const SINCE: u64 = 3;

/// Whether the file has a checksum.
///
/// # Errors
/// When it is another than that of the bytes, or is not where it was written, and when the metadata are of a later version.
pub(super) fn check(origin: &str, header: &Header, bytes: &[u8]) -> Result<bool> {
    let refuse = |found: String, expected: &str| Err(Error::format(origin, Place::Header, found, expected));
    if header.text(CHECKPOINT).is_some() {
        let expected = "a model; a run goes on by chainrule train --resume, in Rust by Trainer::continue_run, in Python by \
                        Trainer.fit(..., checkpoints=FOLDER, resume=True)";
        return refuse("a checkpoint of a training run".to_owned(), expected);
    }
    let Some(json) = header.text(KEY) else {
        return match header.texts().find(|(_, text)| begins_with_one(text)) {
            Some((key, _)) => refuse(format!("metadata of chainrule's under the key {key:?}"), DAMAGED),
            None => Ok(false),
        };
    };
    let version = metadata::check_version(origin, json)?;
    match compare(KEY, bytes) {
        Some(Ok(())) => Ok(true),
        Some(Err([found, stored])) => {
            refuse(format!("bytes with the checksum {found}"), &format!("{stored}; {DAMAGED}"))
        }
        None if version < SINCE && !begins_with_one(json) => Ok(false),
        None => refuse("no checksum at its place".to_owned(), DAMAGED),
    }
}

const DAMAGED: &str = "the file as chainrule wrote it: it was damaged, or changed by another program; tensors of such a program are read \
                       without the metadata `chainrule`";
