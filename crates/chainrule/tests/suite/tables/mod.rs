//! Tables as people have them, from their files to what is predicted: what columns are (`columns.rs`), what is learned
//! (`labels.rs`), amounts of money (`amounts.rs`), how other programs write text (`foreign_text.rs`), what a model knows of them (`models.rs`), and rows that
//! come from memory (`in_memory.rs`), labels in files of their own (`labels_apart.rs`), how people write (`spreadsheets.rs`); and what has to mean the same on both sides (`meanings.rs`).

mod amounts;
mod columns;
mod foreign_text;
mod in_memory;
mod labels;
mod labels_apart;
mod meanings;
mod models;
mod spreadsheets;

use std::path::PathBuf;

use chainrule::data::{Examples, Request, Scaling, Source};

/// A folder with files in it.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| std::fs::write(folder.path(name), text).unwrap());
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn request(&self, name: &str) -> Request {
        Request::new(Source::File(self.path(name)))
    }
}

/// What stands in a file, with this column as its target.
pub(crate) fn read(text: &str, target: &str) -> chainrule::Result<Examples> {
    Folder::new(&[("t.csv", text)]).request("t.csv").target(target).read()
}

pub(crate) fn message(text: &str, target: &str) -> String {
    read(text, target).unwrap_err().to_string()
}

pub(crate) fn all(examples: &Examples) -> Vec<usize> {
    (0..examples.rows()).collect()
}

/// The features of all rows, not scaled, and what each is called.
pub(crate) fn features(examples: &Examples) -> (Vec<String>, Vec<f64>) {
    let fitted = examples.fit(&all(examples), Scaling::None).unwrap();
    let data = examples.dataset::<f64>(&all(examples), &fitted).unwrap();
    (fitted.schema().unwrap().feature_names(), data.features().data().to_vec())
}

pub(crate) fn rows(count: usize, row: impl Fn(usize) -> String) -> String {
    (0..count).map(|at| row(at) + "\n").collect()
}
