//! How much memory rows may take, and where what is beyond it goes.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::limits::Limits;
use crate::{Error, Result};

/// How much memory the rows of a source may take: what is beyond it goes to scratch files, which are gone when nobody uses
/// them any more, also where the process is killed. What is learned does not depend on it.
///
/// It is the rows that are bounded. The program, its threads, the network and the buffers of files come on top, some 100 MB.
/// A few numbers for each row stay in memory whatever happens (its target, and its place in the order of an epoch): a bound
/// below them is refused, with one that suffices.
///
/// Rows are read again in every epoch, from the operating system's cache where there is room for it: the folder should be on
/// a fast disk, and not one that itself lies in memory (tmpfs).
///
/// ```
/// use chainrule::data::{Memory, Request, Scaling, Source, SplitRequest};
/// use chainrule::{Loss, Mlp, TrainConfig, Trainer};
///
/// let trained = |memory: Option<Memory>| {
///     let mut request = Request::new(Source::parse("friedman:rows=20000")?);
///     request.memory = memory;
///     let examples = request.read()?;
///     let parts = examples.split(&SplitRequest::default())?;
///     let fitted = examples.fit(&parts.train, Scaling::Standardize)?;
///     let train = examples.dataset::<f32>(&parts.train, &fitted)?;
///     let network = Mlp::builder(train.cols()).dense(8).relu().dense(1).build()?;
///     let config = TrainConfig::default().epochs(1).loss(Loss::Mse);
///     let model = Trainer::new(config)?.fit(network, &train, None, ())?.model;
///     Ok::<_, chainrule::Error>(model.mlp)
/// };
/// assert!(trained(Some(Memory::new(600_000)))? == trained(None)?, "the same weights, to the last bit");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    bytes: u64,
    folder: PathBuf,
}

/// So much of the bound may be taken by each of the tables and parts that are held at the same time, before they are stored.
const SHARE: u64 = 8;

impl Memory {
    /// So many bytes; scratch files lie in the folder for temporary files, which `TMPDIR` names on Unix.
    pub fn new(bytes: u64) -> Self {
        Memory { bytes, folder: std::env::temp_dir() }
    }

    /// The same with scratch files in this folder.
    #[must_use]
    pub fn in_folder(self, folder: impl Into<PathBuf>) -> Self {
        Memory { folder: folder.into(), ..self }
    }

    /// The bound, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Where scratch files lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Bytes of one table, or of one part, beyond which it is stored.
    pub(crate) fn share(&self) -> u64 {
        self.bytes / SHARE
    }

    /// A file without a name, which is gone when it is closed.
    pub(crate) fn file(&self) -> Result<File> {
        tempfile::tempfile_in(&self.folder).map_err(Error::io("create a scratch file in", &self.folder))
    }

    /// Refuses rows of which more than the bound has to stay in memory.
    pub(crate) fn check(&self, origin: &str, rows: usize, bytes_a_row: usize) -> Result<()> {
        let needed = rows as u128 * bytes_a_row as u128;
        self.check_bytes(&format!("{rows} rows of {origin}"), needed, || {
            format!("{bytes_a_row} bytes of each row stay in memory")
        })
    }

    /// Refuses what needs more bytes in memory than the bound.
    pub(crate) fn check_bytes(&self, of: &str, needed: u128, why: impl Fn() -> String) -> Result<()> {
        if needed <= u128::from(self.bytes) {
            return Ok(());
        }
        Err(Error::Argument {
            name: "memory",
            found: format!("{} bytes for {of}", self.bytes),
            expected: format!("at least {needed} ({}M): {}", needed.div_ceil(1 << 20), why()),
        })
    }
}

/// The bounds that a reader keeps to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Within<'a> {
    pub(crate) limits: Limits,
    pub(crate) memory: Option<&'a Memory>,
}

impl From<Limits> for Within<'_> {
    fn from(limits: Limits) -> Self {
        Within { limits, memory: None }
    }
}
