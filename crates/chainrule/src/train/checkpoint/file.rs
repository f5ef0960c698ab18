//! The file of a checkpoint: safetensors, as a model's, with everything else in the metadata and a checksum over all of it.
//!
//! Arrays lie as they lie in memory: the parameters as [`Mlp::params`], the moments of the optimiser one array after the other. The
//! file is written without a copy of them and read once; a damaged one is an error before anything of it is used.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use chainrule_kernel::Scalar;
use chainrule_model::optim::OptimizerState;
use chainrule_model::{Layer, Mlp, Optimizer, Workspace};
use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde::{Deserialize, Serialize};

use super::run_state::RunRecord;
use crate::atomic::write_atomically;
use crate::checksum::{Checksum, compare, place, placeholder};
use crate::data::Limits;
use crate::data::input::open;
use crate::model_file::header::{self, Header};
use crate::model_file::{CHECKPOINT as KEY, check_keys};
use crate::{Error, Place, Result};

/// A reader refuses later ones.
const VERSION: u32 = 1;

/// A file from which training goes on: a network with the state of its optimiser and of its random numbers, and of a run of
/// [`Trainer`](crate::Trainer) also its place in the epoch, schedule, early stopping and reports.
///
/// A program with a loop of its own writes and reads the first part by itself:
///
/// ```
/// use chainrule::train::Checkpoint;
/// use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};
///
/// let (x, t) = ([0.0, 1.0, 2.0, 3.0], [1.0, 3.0, 5.0, 7.0]);
/// let (x, t) = (MatRef::new(&x, 4, 1), TargetsRef::Values(MatRef::new(&t, 4, 1)));
/// let adam = Optimizer::by_name("adam")?;
/// let network = || Mlp::builder(1).dense(8).tanh().dropout(0.2).dense(1).build_as::<f64>();
/// let mut mlp = network()?;
/// let mut workspace = Workspace::for_training(&mlp, 4, adam)?;
/// mlp.step(x, t, Loss::Mse, adam, &mut workspace)?;
/// let path = std::env::temp_dir().join(format!("step-1-{}.safetensors", std::process::id()));
/// Checkpoint::write(&path, &mlp, workspace.optimizer_state())?;
/// mlp.step(x, t, Loss::Mse, adam, &mut workspace)?;
///
/// let mut again = network()?;
/// let mut workspace = Workspace::for_training(&again, 4, adam)?;
/// Checkpoint::open(&path)?.load_into(&mut again, &mut workspace)?;
/// std::fs::remove_file(&path).expect("the file that was just written");
/// again.step(x, t, Loss::Mse, adam, &mut workspace)?;
/// assert!(again == mlp); // bit for bit
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    /// The whole file.
    bytes: Vec<u8>,
    header: Header,
    pub(super) stored: Stored,
}

/// The text in the metadata.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    /// First, as [`crate::checksum`] wants it.
    checksum: String,
    version: u32,
    /// The version of chainrule that wrote the file.
    chainrule: String,
    pub(super) dtype: String,
    kernel: String,
    pub(super) layers: Vec<String>,
    /// Of dropout masks.
    pub(super) seed: u64,
    /// Training passes so far.
    pub(super) passes: u64,
    /// Minibatches that each batch normalisation has seen.
    pub(super) batches: Vec<u64>,
    pub(super) optimizer: Option<String>,
    pub(super) optimizer_steps: u64,
    run: Option<RunRecord>,
}

/// No count of a run comes near it, and counting on from it does not overflow.
const MOST: u64 = 1 << 53;

impl Stored {
    fn counts(&self) -> impl Iterator<Item = u64> {
        let run = self.run.iter().flat_map(RunRecord::counts);
        [self.passes, self.optimizer_steps].into_iter().chain(self.batches.iter().copied()).chain(run)
    }
}

/// What a file is made of.
pub(in crate::train) struct TrainingState<'a, T: Scalar> {
    pub(in crate::train) mlp: &'a Mlp<T>,
    pub(in crate::train) optimizer: &'a OptimizerState<T>,
    pub(in crate::train) run: Option<RunContents<'a, T>>,
}

/// What a run adds.
pub(in crate::train) struct RunContents<'a, T: Scalar> {
    pub(in crate::train) record: RunRecord,
    /// After the last whole epoch.
    pub(in crate::train) last_finite: &'a Mlp<T>,
    /// Of the best epoch, with early stopping.
    pub(in crate::train) best: Option<&'a Mlp<T>>,
}

const PARAMS: &str = "params";
const RUNNING: &str = "running";
pub(super) const OPTIMIZER: &str = "optimizer";
/// The prefixes of the arrays of other states of the network.
pub(super) const LAST_FINITE: &str = "last_finite.";
pub(super) const BEST: &str = "best.";

impl<T: Scalar> TrainingState<'_, T> {
    /// Writes the file whole or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let arrays = self.arrays();
        let head = self.head(&arrays).map_err(|error| Error::io("write", path)(io::Error::other(error)))?;
        write_atomically(path, |file| {
            file.write_all(&head)?;
            arrays.iter().try_for_each(|(_, values)| file.write_all(&T::le_bytes(values)))
        })
    }

    /// All bytes of the file.
    pub(super) fn bytes(&self) -> std::result::Result<Vec<u8>, String> {
        let arrays = self.arrays();
        let mut bytes = self.head(&arrays)?;
        arrays.iter().for_each(|(_, values)| bytes.extend_from_slice(&T::le_bytes(values)));
        Ok(bytes)
    }

    /// What stands before the arrays: the length of the header, and the header with the checksum of the file.
    fn head(&self, arrays: &[(String, &[T])]) -> std::result::Result<Vec<u8>, String> {
        let header = self.header(arrays)?;
        let mut head = [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
        let digits = place(KEY, &head).ok_or_else(|| "the checksum has no place".to_owned())?;
        let mut sum = Checksum::of(&head[..digits.start], &head[digits.end..]);
        arrays.iter().for_each(|(_, values)| sum.add(&T::le_bytes(values)));
        head[digits].copy_from_slice(sum.digits().as_bytes());
        Ok(head)
    }

    fn arrays(&self) -> Vec<(String, &[T])> {
        let mut arrays = Vec::new();
        for (prefix, mlp) in self.networks() {
            arrays.push((format!("{prefix}{PARAMS}"), mlp.params()));
            arrays.push((format!("{prefix}{RUNNING}"), mlp.running()));
        }
        arrays.push((OPTIMIZER.to_owned(), self.optimizer.values()));
        arrays
    }

    fn networks(&self) -> impl Iterator<Item = (&'static str, &Mlp<T>)> {
        let run = self.run.as_ref();
        let others = [(LAST_FINITE, run.map(|run| run.last_finite)), (BEST, run.and_then(|run| run.best))];
        let others = others.into_iter().filter_map(|(prefix, mlp)| Some((prefix, mlp?)));
        std::iter::once(("", self.mlp)).chain(others)
    }

    /// The header, with a place for the checksum, padded so that the arrays lie at multiples of 8.
    fn header(&self, arrays: &[(String, &[T])]) -> std::result::Result<String, String> {
        let TrainingState { mlp, optimizer, run } = self;
        let stored = Stored {
            checksum: placeholder(),
            version: VERSION,
            chainrule: env!("CARGO_PKG_VERSION").to_owned(),
            dtype: T::NAME.to_owned(),
            kernel: mlp.kernel_name().to_owned(),
            layers: mlp.layers().iter().map(ToString::to_string).collect(),
            seed: mlp.seed(),
            passes: mlp.passes(),
            batches: mlp.batches().to_vec(),
            optimizer: optimizer.optimizer().map(|optimizer| optimizer.name().to_owned()),
            optimizer_steps: optimizer.steps(),
            run: run.as_ref().map(|run| run.record.clone()),
        };
        let text = serde_json::to_string(&stored).map_err(|error| error.to_string())?;
        let dtype = if T::NAME == "f64" { Dtype::F64 } else { Dtype::F32 };
        let mut end = 0;
        let tensors = arrays.iter().map(|(name, values)| {
            let start = end;
            end += size_of_val(*values);
            (name.clone(), TensorInfo { dtype, shape: vec![values.len()], data_offsets: (start, end) })
        });
        let metadata = Metadata::new(Some(HashMap::from([(KEY.to_owned(), text)])), tensors.collect());
        let metadata = metadata.map_err(|error| error.to_string())?;
        let mut header = serde_json::to_string(&metadata).map_err(|error| error.to_string())?;
        header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
        Ok(header)
    }
}

impl Checkpoint {
    /// Writes a network with the state of its optimiser, for a program with a loop of its own: whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written; an older one is then still there.
    pub fn write<T: Scalar>(path: impl AsRef<Path>, mlp: &Mlp<T>, optimizer: &OptimizerState<T>) -> Result<()> {
        TrainingState { mlp, optimizer, run: None }.write(path.as_ref())
    }

    /// Reads a checkpoint, in as much memory as the file is long.
    ///
    /// # Errors
    /// When it cannot be read, is not whole or damaged in any byte, is of a later version, or is none.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let input = open(path, Limits::default())?;
        let origin = input.origin.clone();
        Self::of(path, &origin, header::read(input)?)
    }

    /// As [`Checkpoint::open`], from bytes; errors name `origin`.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn parse(origin: &str, bytes: &[u8]) -> Result<Self> {
        Self::of(Path::new(origin), origin, bytes.to_vec())
    }

    fn of(path: &Path, origin: &str, bytes: Vec<u8>) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
            chainrule: String,
        }
        let refuse = |found: String, expected: &str| Error::format(origin, Place::Header, found, expected);
        let header = Header::parse(origin, &bytes)?;
        let Some(text) = header.text(KEY) else { return Err(refuse("another file".to_owned(), WHOLE)) };
        check_keys(text).map_err(|error| refuse(error.to_string(), WHOLE))?;
        let Version { version, chainrule } =
            serde_json::from_str(text).map_err(|error| refuse(error.to_string(), WHOLE))?;
        if version > u64::from(VERSION) {
            let by: String = chainrule.chars().filter(|c| !c.is_control()).take(40).collect();
            let found = format!("a checkpoint of version {version}, written by chainrule {by}");
            return Err(refuse(found, &format!("version {VERSION} or below; chainrule {by} can read it")));
        }
        match compare(KEY, &bytes) {
            Some(Ok(())) => {}
            Some(Err([found, stored])) => {
                return Err(refuse(format!("bytes with the checksum {found}"), &format!("{stored}: it was damaged")));
            }
            None => return Err(refuse("no checksum at its place".to_owned(), WHOLE)),
        }
        let stored: Stored = serde_json::from_str(text).map_err(|error| refuse(error.to_string(), WHOLE))?;
        if let Some(count) = stored.counts().find(|count| *count > MOST) {
            return Err(refuse(format!("a count of {count}"), &format!("at most {MOST}")));
        }
        Ok(Checkpoint { path: path.to_owned(), bytes, header, stored })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Steps taken: those of the run, or of the optimiser where there is no run.
    pub fn steps(&self) -> u64 {
        self.run().map_or(self.stored.optimizer_steps, |run| run.steps as u64)
    }

    /// The epoch under way, counted from 1, and how many of its steps were taken; `None` where there is no run.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.run().map(|run| (run.epoch, run.sums.steps))
    }

    /// What the run's program said of how it was called: see [`Checkpoints::command`](super::Checkpoints::command).
    pub fn command(&self) -> &[String] {
        self.run().map_or(&[], |run| &run.command)
    }

    /// The kernel that computed. Another one goes on too, but maybe not to the same bits.
    pub fn kernel(&self) -> &str {
        &self.stored.kernel
    }

    /// Puts the network and the state of the optimiser into a network of the same layers, and a workspace that was made for the same
    /// optimiser.
    ///
    /// # Errors
    /// When the layers, the element type or the optimiser are other ones, or a number of the network is infinite or NaN. Nothing is
    /// changed then.
    pub fn load_into<T: Scalar>(&self, mlp: &mut Mlp<T>, workspace: &mut Workspace<T>) -> Result<()> {
        self.check_network(mlp)?;
        let optimizer = workspace.optimizer_state().optimizer();
        let name = optimizer.map(Optimizer::name);
        if name != self.stored.optimizer.as_deref() {
            let shown = |name: Option<&str>| name.unwrap_or("no optimiser").to_owned();
            let found = format!("the state of {}", shown(self.stored.optimizer.as_deref()));
            return Err(self.refuse(found, format!("that of {}, as the workspace was made for", shown(name))));
        }
        let mut network = mlp.try_clone()?;
        self.network_into("", &self.stored.batches, &mut network)?;
        network.reseed_at(self.stored.seed, self.stored.passes);
        if let Some(optimizer) = optimizer {
            let values: Vec<T> = self.array(OPTIMIZER)?;
            let state = OptimizerState::restored(optimizer, self.stored.optimizer_steps, &values, mlp.params().len())?;
            workspace.set_optimizer_state(state)?;
        }
        *mlp = network;
        Ok(())
    }

    pub(in crate::train) fn run(&self) -> Option<&RunRecord> {
        self.stored.run.as_ref()
    }

    /// The network after the last whole epoch, in one of the same layers.
    pub(in crate::train) fn last_finite_into<T: Scalar>(&self, run: &RunRecord, mlp: &mut Mlp<T>) -> Result<()> {
        self.network_into(LAST_FINITE, &run.last_finite_batches, mlp)
    }

    /// The network of the best epoch, in one of the same layers.
    pub(in crate::train) fn best_into<T: Scalar>(&self, batches: &[u64], mlp: &mut Mlp<T>) -> Result<()> {
        self.network_into(BEST, batches, mlp)
    }

    pub(in crate::train) fn refuse(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::format(&self.path.display().to_string(), Place::Header, found.into(), expected.into())
    }

    pub(super) fn check_network<T: Scalar>(&self, mlp: &Mlp<T>) -> Result<()> {
        if T::NAME != self.stored.dtype {
            return Err(
                self.refuse(format!("numbers in {}", self.stored.dtype), format!("{}, as the network has", T::NAME))
            );
        }
        let layers: Vec<String> = mlp.layers().iter().map(Layer::to_string).collect();
        if layers != self.stored.layers {
            let found = format!("a network of {}", self.stored.layers.join(" "));
            return Err(self.refuse(found, format!("{}, as it is to go on with", layers.join(" "))));
        }
        Ok(())
    }

    /// Parameters and running statistics under these names. After an error the network may hold some of them.
    pub(super) fn network_into<T: Scalar>(&self, prefix: &str, batches: &[u64], mlp: &mut Mlp<T>) -> Result<()> {
        let (params, running) = (format!("{prefix}{PARAMS}"), format!("{prefix}{RUNNING}"));
        self.array_into(&params, mlp.params_mut())?;
        self.array_into(&running, mlp.running_mut())?;
        if batches.len() != mlp.batches().len() {
            let found = format!("counts of minibatches for {} batch normalisations", batches.len());
            return Err(self.refuse(found, mlp.batches().len().to_string()));
        }
        mlp.batches_mut().copy_from_slice(batches);
        mlp.check_finite().map_err(|error| self.refuse(error.to_string(), "finite numbers"))
    }

    /// The numbers of an array.
    fn numbers<T: Scalar>(&self, name: &str) -> Result<impl ExactSizeIterator<Item = T>> {
        let Some(tensor) = self.header.tensor(name) else {
            return Err(self.refuse(format!("no array `{name}`"), "one"));
        };
        let dtype = if T::NAME == "f64" { Dtype::F64 } else { Dtype::F32 };
        if tensor.dtype != dtype || tensor.shape.len() != 1 {
            let found = format!("array `{name}` of type {:?} and shape {:?}", tensor.dtype, tensor.shape);
            return Err(self.refuse(found, format!("{dtype:?} in one dimension")));
        }
        let number = |bytes: &[u8]| match bytes.try_into() {
            Ok(four) => T::from_f64(f32::from_le_bytes(four).into()),
            Err(_) => T::from_f64(bytes.try_into().map_or(f64::NAN, f64::from_le_bytes)),
        };
        Ok(self.bytes[self.header.range(tensor)].chunks_exact(size_of::<T>()).map(number))
    }

    pub(super) fn array<T: Scalar>(&self, name: &str) -> Result<Vec<T>> {
        Ok(self.numbers(name)?.collect())
    }

    fn array_into<T: Scalar>(&self, name: &str, to: &mut [T]) -> Result<()> {
        let numbers = self.numbers::<T>(name)?;
        if numbers.len() != to.len() {
            return Err(self.refuse(format!("{} numbers in `{name}`", numbers.len()), to.len().to_string()));
        }
        to.iter_mut().zip(numbers).for_each(|(to, number)| *to = number);
        Ok(())
    }
}

const WHOLE: &str = "a whole checkpoint of chainrule's";
