//! Checkpoints: an error, or a run that goes on to its end with finite numbers, and whose last checkpoint is read.
//!
//! Any bytes are also tried with the checksum that they should have, or hardly any would be looked at.

use super::{ORIGIN, all_finite, resealed};
use chainrule::data::{Dataset, Features, Targets};
use chainrule::train::{Checkpoint, Checkpoints, EarlyStopping, Every};
use chainrule::{Loss, Mlp, Model, Optimizer, TrainConfig, Trainer};

/// Three epochs of three steps, with all that has a state.
pub(crate) fn trainer() -> Trainer {
    let config = TrainConfig::default().epochs(3).batch(4).threads(1).optimizer(Optimizer::by_name("adam").unwrap());
    let config = config.schedule("plateau:0.5:patience=0".parse().unwrap()).early_stopping(EarlyStopping::new(2));
    Trainer::new(config).unwrap()
}

pub(crate) fn model() -> Model<f32> {
    let mlp = Mlp::builder(2).dense(3).batch_norm().tanh().dropout(0.25).dense(2).seed(1).build().unwrap();
    Model::new(mlp, Loss::CrossEntropy)
}

pub(crate) fn rows() -> Dataset<f32> {
    let data = (0..24).map(|i| (i * 7 % 11) as f32 / 4.0).collect();
    let labels = (0..12).map(|i| i % 2).collect();
    Dataset::new(Features::new(12, 2, data).unwrap(), Targets::Classes { labels, classes: 2 }).unwrap()
}

/// The checkpoints of a run: in the middle of an epoch, behind one, and at the end.
pub(crate) fn files() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::in_folder(folder.path()).every(Every::Steps(1)).keep(100);
    let (data, mut model) = (rows(), model());
    trainer().with_checkpoints(checkpoints).unwrap().resume(&mut model, &data, Some(&data), ()).unwrap();
    let mut paths: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    let last = paths.len() - 1;
    [1, 2, last].map(|at| without_time(&std::fs::read(&paths[at]).unwrap())).into()
}

/// The same checkpoint whatever a clock said: all seconds are 0.
fn without_time(file: &[u8]) -> Vec<u8> {
    let (length, rest) = file.split_at(8);
    let length = u64::from_le_bytes(length.try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&rest[..length]).unwrap();
    let mut parts = header.trim_end().split(r#"seconds\":"#);
    let first = parts.next().unwrap().to_owned();
    let header = parts.fold(first, |header, part| {
        let end = part.find([',', '}']).unwrap();
        format!(r#"{header}seconds\":0.0{}"#, &part[end..])
    });
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &rest[length..]].concat();
    let error = Checkpoint::parse(ORIGIN, &bytes).unwrap_err();
    resealed(&bytes, "chainrule_checkpoint", &error).unwrap()
}

pub(crate) fn check(bytes: &[u8]) -> bool {
    match Checkpoint::parse(ORIGIN, bytes) {
        Ok(checkpoint) => check_one(&checkpoint),
        Err(error) => match resealed(bytes, "chainrule_checkpoint", &error) {
            Some(sealed) => Checkpoint::parse(ORIGIN, &sealed).is_ok_and(|checkpoint| check_one(&checkpoint)),
            None => false,
        },
    }
}

fn check_one(checkpoint: &Checkpoint) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::in_folder(folder.path()).every(Every::Epochs(1));
    let (data, mut model) = (rows(), model());
    let trainer = trainer().with_checkpoints(checkpoints).unwrap();
    match trainer.continue_run(checkpoint, &mut model, &data, Some(&data), ()) {
        // A divergence, too: by a state of the optimiser that is not finite, or by large weights.
        Err(_) => false,
        Ok(report) => {
            assert!(all_finite(model.mlp.params()), "a parameter that is not finite");
            assert!(report.epochs_run <= 3 && report.steps == 3 * report.epochs_run, "{report:?}");
            if let Ok(newest) = Checkpoint::newest(folder.path()) {
                assert!(newest.unreadable.is_empty(), "an unreadable checkpoint was written");
            }
            true
        }
    }
}
