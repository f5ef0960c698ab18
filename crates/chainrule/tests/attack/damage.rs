//! Every byte of a model file or a checkpoint changed, and the file cut at every length: an error, or the same predictions, in no
//! more memory than the file and 16 MiB.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::oracle::{self, written};
use crate::{alone, memory};
use chainrule::data::{Dataset, Features, Targets};
use chainrule::train::Checkpoint;
use chainrule::{Loss, Mlp, ModelFile, TrainConfig, Trainer};

/// What a damaged file may take beside its size.
const SLACK: usize = 16 << 20;

/// A trained model's file of some 3 kB, with every kind of tensor.
fn file() -> Vec<u8> {
    let data = (0..60).map(|i| (i * 37 % 23) as f32 / 4.0).collect();
    let labels = (0..20).map(|i| i % 2).collect();
    let data = Dataset::new(Features::new(20, 3, data).unwrap(), Targets::Classes { labels, classes: 2 }).unwrap();
    let network = Mlp::builder(3).dense(4).batch_norm().relu().dense(2).seed(1).build().unwrap();
    let trainer = Trainer::new(TrainConfig::default().epochs(1).threads(1).loss(Loss::CrossEntropy)).unwrap();
    let model = trainer.fit(network, &data.standardized().unwrap(), None, ()).unwrap().model;
    written(|path| model.save(path))
}

fn rows() -> Features<f32> {
    Features::new(2, 3, vec![0.5, -1.0, 3.0, 1e3, 0.0, -2.5]).unwrap()
}

fn predictions(bytes: &[u8]) -> Option<Vec<f32>> {
    let file = ModelFile::parse("damaged", bytes).ok()?;
    file.model::<f32>(None).ok()?.predict(&rows()).ok()
}

/// Tries every change of a byte and every cut: `read` gives what is made of the bytes, if something is, and `want` is what must be.
fn damage<R: PartialEq>(whole: &[u8], want: &R, read: impl Fn(&[u8]) -> Option<R>) {
    assert!(whole.len() <= 8192, "{} bytes", whole.len());
    assert!(read(whole).as_ref() == Some(want), "a good file");
    let try_one = |bytes: &[u8], what: &str| {
        let before = memory::start();
        let found = catch_unwind(AssertUnwindSafe(|| read(bytes))).unwrap_or_else(|_| panic!("{what}: a panic"));
        let taken = memory::peak().saturating_sub(before);
        assert!(taken <= bytes.len() + SLACK, "{what}: {taken} bytes of memory");
        assert!(found.as_ref().is_none_or(|found| found == want), "{what}: something else");
        found.is_some()
    };
    let mut bytes = whole.to_vec();
    let mut accepted = 0;
    for at in 0..whole.len() {
        for flip in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] {
            bytes[at] ^= flip;
            accepted += usize::from(try_one(&bytes, &format!("byte {at} ^ {flip:#x}")));
            bytes[at] ^= flip;
        }
    }
    assert_eq!(accepted, 0, "the checksum covers every byte");
    for length in 0..whole.len() {
        assert!(!try_one(&whole[..length], &format!("cut at {length}")));
    }
}

#[test]
fn a_damaged_model_file_is_an_error() {
    let _alone = alone();
    let whole = file();
    damage(&whole, &predictions(&whole).expect("a good file"), predictions);
}

#[test]
fn a_damaged_checkpoint_is_an_error() {
    let _alone = alone();
    let whole = &oracle::checkpoint::files()[0];
    damage(whole, &true, |bytes| Checkpoint::parse("damaged", bytes).ok().map(|_| true));
}
