//! The epochs of a run as event files, which TensorBoard shows.

mod record;

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use chainrule_kernel::Scalar;

use super::{EpochReport, Observer};
use crate::protobuf::encode::Message;
use crate::{Error, Result};

/// Fields of `Event` and `Summary`: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
mod field {
    pub(super) const WALL_TIME: u64 = 1;
    pub(super) const STEP: u64 = 2;
    pub(super) const FILE_VERSION: u64 = 3;
    pub(super) const SUMMARY: u64 = 5;
    pub(super) const VALUE: u64 = 1;
    pub(super) const TAG: u64 = 1;
    pub(super) const SIMPLE_VALUE: u64 = 2;
}

/// Files of one program in one second, at most.
const NAMES_MAX: usize = 1000;

/// Writes each epoch of a run to an event file in a folder, for `tensorboard --logdir FOLDER`: an [`Observer`] of a
/// [`Trainer`](crate::Trainer), or one that is told of epochs by [`TensorBoard::write`].
///
/// The step is the epoch. The scalars, as `f32`, those that the run has: `loss/train`, `loss/validation`, `accuracy/train`,
/// `accuracy/validation`, `mae/validation`, `r2/validation`, `learning_rate`. Each epoch is in the file when its call returns.
/// A run has a folder of its own; one that goes on adds a file to it.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::TensorBoard;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let folder = std::env::temp_dir().join(format!("events-{}", std::process::id()));
/// let network = Mlp::builder(64).dense(10).build()?;
/// let mut board = TensorBoard::create(folder.join("run-1"))?;
/// Trainer::new(TrainConfig::default().epochs(3))?.fit(network, &digits::<f32>(), None, &mut board)?;
/// board.finish()?; // a full disk does not end the run, but is an error here
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    path: PathBuf,
    file: File,
    /// The first write that failed; none follows it.
    error: Option<io::Error>,
}

impl TensorBoard {
    /// A new event file in this folder, which is created if need be.
    ///
    /// # Errors
    /// [`Error::Io`] when the folder or the file cannot be created.
    pub fn create(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        fs::create_dir_all(folder).map_err(Error::io("make", folder))?;
        let (path, file) = new_file(folder)?;
        let mut board = TensorBoard { path, file, error: None };
        let event = Message::new().double(field::WALL_TIME, now()).text(field::FILE_VERSION, "brain.Event:2");
        board.append(&[event]).map_err(Error::io("write", &board.path))?;
        Ok(board)
    }

    /// The event file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes an epoch. After a write that failed it does nothing: [`TensorBoard::finish`] returns the error.
    pub fn write(&mut self, report: &EpochReport) {
        if self.error.is_some() {
            return;
        }
        let value =
            |(tag, value): (&str, f64)| Message::new().text(field::TAG, tag).float(field::SIMPLE_VALUE, value as f32);
        let values: Vec<Message> = scalars(report).into_iter().map(value).collect();
        let event = Message::new().double(field::WALL_TIME, now()).int(field::STEP, report.epoch as i64);
        let event = event.message(field::SUMMARY, &Message::new().messages(field::VALUE, &values));
        self.error = self.append(&[event]).err();
    }

    /// Closes the file.
    ///
    /// # Errors
    /// [`Error::Io`] of the first epoch that could not be written.
    pub fn finish(self) -> Result<()> {
        let TensorBoard { path, error, .. } = self;
        error.map_or(Ok(()), |error| Err(Error::io("write", path)(error)))
    }

    fn append(&mut self, events: &[Message]) -> io::Result<()> {
        let mut records = Vec::new();
        events.iter().cloned().for_each(|event| record::append(&mut records, &event.into_bytes()));
        self.file.write_all(&records)
    }
}

impl<T: Scalar> Observer<T> for &mut TensorBoard {
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        self.write(report);
        ControlFlow::Continue(())
    }
}

/// The numbers that an epoch has, by the names that TensorBoard groups them by.
fn scalars(report: &EpochReport) -> Vec<(&'static str, f64)> {
    let validation = report.validation.as_ref();
    let scalars = [
        ("loss/train", Some(report.loss)),
        ("loss/validation", validation.map(|found| found.loss)),
        ("accuracy/train", report.accuracy),
        ("accuracy/validation", validation.and_then(|found| found.accuracy)),
        ("mae/validation", validation.and_then(|found| found.mae)),
        ("r2/validation", validation.and_then(|found| found.r2)),
        ("learning_rate", report.learning_rate),
    ];
    scalars.into_iter().filter_map(|(tag, value)| Some((tag, value?))).collect()
}

/// Seconds since 1970.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64())
}

/// A file that was not there; TensorBoard reads those with `tfevents` in their name, in the order of their names.
fn new_file(folder: &Path) -> Result<(PathBuf, File)> {
    let name = |at| format!("events.out.tfevents.{:010}.chainrule.{}.{at}", now() as u64, process::id());
    let mut at = 0;
    loop {
        let path = folder.join(name(at));
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && at < NAMES_MAX => at += 1,
            found => return found.map(|file| (path.clone(), file)).map_err(Error::io("write", path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, Features, Targets, digits};
    use crate::protobuf::decode::{Field, fields};
    use crate::{Evaluation, Mlp, TrainConfig, Trainer};

    /// Step and scalars of each event behind the first.
    fn read(path: &Path) -> Vec<(usize, Vec<(String, f32)>)> {
        let records = record::tests::records(&fs::read(path).unwrap());
        let parts = |message: &[u8]| -> Vec<(u64, Vec<u8>, Option<f64>)> {
            let one = |found: Result<(u64, Field<'_>)>| {
                let (number, field) = found.unwrap();
                let time = if let Field::Fixed64(bytes) = field { Some(f64::from_le_bytes(bytes)) } else { None };
                let bytes = if let Field::Int(value) = field { vec![value as u8] } else { field.bytes().to_vec() };
                (number, bytes, time.or_else(|| matches!(field, Field::Fixed32(_)).then(|| field.float())))
            };
            fields(message).map(one).collect()
        };
        let first = parts(&records[0]);
        assert_eq!(first[1].1, b"brain.Event:2");
        let since = now() - first[0].2.expect("a wall time");
        assert!((0.0..60.0).contains(&since), "{since} s");
        let event = |record: &Vec<u8>| {
            let event = parts(record);
            assert_eq!(event.iter().map(|part| part.0).collect::<Vec<_>>(), [1, 2, 5]);
            let scalar = |(_, value, _): &(u64, Vec<u8>, Option<f64>)| {
                let value = parts(value);
                (String::from_utf8(value[0].1.clone()).unwrap(), value[1].2.unwrap() as f32)
            };
            (usize::from(event[1].1[0]), parts(&event[2].1).iter().map(scalar).collect())
        };
        records[1..].iter().map(event).collect()
    }

    fn expected(report: &EpochReport) -> (usize, Vec<(String, f32)>) {
        let Evaluation { loss, accuracy, mae, r2, .. } = report.validation.clone().unwrap();
        let scalars = [
            ("loss/train", Some(report.loss)),
            ("loss/validation", Some(loss)),
            ("accuracy/train", report.accuracy),
            ("accuracy/validation", accuracy),
            ("mae/validation", mae),
            ("r2/validation", r2),
            ("learning_rate", report.learning_rate),
        ];
        let scalars = scalars.into_iter().filter_map(|(tag, value)| Some((tag.to_owned(), value? as f32)));
        (report.epoch, scalars.collect())
    }

    #[test]
    fn what_a_run_reports_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let (train, test) = digits::<f32>().scaled(1.0 / 16.0).unwrap().split(0.2, 1).unwrap();
        let network = Mlp::builder(64).dense(10).build().unwrap();
        let mut board = TensorBoard::create(folder.path().join("a/b")).unwrap();
        let path = board.path().to_owned();
        let mut sizes = Vec::new();
        let trainer = Trainer::new(TrainConfig::default().epochs(4)).unwrap();
        let see = |report: &EpochReport| {
            board.write(report);
            // Not buffered: another process sees it now.
            sizes.push(fs::metadata(&path).unwrap().len());
            ControlFlow::Continue(())
        };
        let report = trainer.fit(network, &train, Some(&test), see).unwrap().report;
        board.finish().unwrap();
        assert!(sizes.windows(2).all(|pair| pair[1] > pair[0]), "{sizes:?}");
        assert_eq!(sizes[3], fs::metadata(&path).unwrap().len());
        assert_eq!(read(&path), report.epochs.iter().map(expected).collect::<Vec<_>>());
        assert_eq!(read(&path)[0].1.len(), 5, "losses, accuracies and the rate");
    }

    #[test]
    fn a_regression_has_its_metrics_and_each_run_a_file_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let x = Features::new(4, 1, vec![0.0f32, 1.0, 2.0, 3.0]).unwrap();
        let rows = Dataset::new(x, Targets::Values { cols: 1, values: vec![1.0, 3.0, 5.0, 7.0] }).unwrap();
        let mut paths = Vec::new();
        for _ in 0..2 {
            let mut board = TensorBoard::create(folder.path()).unwrap();
            paths.push(board.path().to_owned());
            let config = TrainConfig::default().loss(crate::Loss::Mse).epochs(2);
            let network = Mlp::builder(1).dense(1).build().unwrap();
            let report = Trainer::new(config).unwrap().fit(network, &rows, Some(&rows), &mut board).unwrap().report;
            board.finish().unwrap();
            assert_eq!(read(paths.last().unwrap()), report.epochs.iter().map(expected).collect::<Vec<_>>());
        }
        assert!(paths[0] < paths[1], "{paths:?}");
        assert_eq!(read(&paths[0])[0].1.len(), 5, "losses, errors and the rate");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_an_error_in_the_end_and_a_file_is_no_folder() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = TensorBoard::create(file.path()).unwrap_err().to_string();
        assert!(refused.contains(&*file.path().to_string_lossy()), "{refused}");
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut board = TensorBoard { path: "full".into(), file: full, error: None };
        let network = Mlp::builder(64).dense(10).build().unwrap();
        let trainer = Trainer::new(TrainConfig::default().epochs(2)).unwrap();
        assert_eq!(trainer.fit(network, &digits::<f32>(), None, &mut board).unwrap().report.epochs.len(), 2);
        let error = board.finish().unwrap_err().to_string();
        assert!(error.starts_with("cannot write full: "), "{error}");
    }
}
