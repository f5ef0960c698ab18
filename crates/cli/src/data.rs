//! Loads the rows to train and test on, as the options about data say.

use std::path::Path;

use chainrule::data::{Dataset, Loaded, Preprocess, Source};
use chainrule::{Error, Model, Scalar};

use crate::args::defaults::HOLDOUT;
use crate::failure::Failure;
use crate::limits::limits;

/// Rows and the preprocessing that suits them, not applied yet.
pub(crate) struct Parts<T> {
    pub(crate) train: Dataset<T>,
    pub(crate) test: Option<Dataset<T>>,
    /// What the test part is called in messages.
    pub(crate) test_is: &'static str,
    pub(crate) preprocess: Preprocess,
}

/// The number of inputs and outputs of a network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NetworkSize {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

impl NetworkSize {
    pub(crate) fn of<T: Scalar>(model: &Model<T>) -> Self {
        NetworkSize { inputs: model.mlp.inputs(), outputs: model.mlp.outputs() }
    }
}

/// A source as it is named on the command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) source: &'a Source,
    /// The option that names the source, and the one that names its labels.
    pub(crate) options: [&'static str; 2],
    pub(crate) labels: Option<&'a Path>,
}

impl Named<'_> {
    /// Refuses missing labels, and labels for a source that has its own.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let [data, labels] = self.options;
        match (self.source, self.labels) {
            (Source::File(path), None) => {
                let path = path.display();
                Err(Failure::Usage(format!(
                    "{data} {path} holds features only: name the file of its labels with {labels}"
                )))
            }
            (Source::Digits | Source::Mnist(_), Some(file)) => {
                let (source, file) = (self.source, file.display());
                Err(Failure::Usage(format!("{labels} {file} is not needed: {source} has its own labels")))
            }
            _ => Ok(()),
        }
    }

    /// Reads the source; with a network, checks that the rows fit it.
    pub(crate) fn load<T: Scalar>(
        &self,
        classes: Option<usize>,
        network: Option<NetworkSize>,
    ) -> Result<Loaded<T>, Failure> {
        let loaded = limits().load(self.source, self.labels, classes)?;
        if let Some(NetworkSize { inputs, outputs }) = network {
            self.check_columns(loaded.data.cols(), inputs, "inputs of the network")?;
            if loaded.data.classes().is_some_and(|classes| classes > outputs) {
                // Read the labels again with the network's number of classes: the error then names the row of the first
                // one that is too large.
                limits().load::<T>(self.source, self.labels, Some(outputs))?;
            }
        }
        Ok(loaded)
    }

    /// Refuses rows with another number of columns.
    pub(crate) fn check_columns(&self, columns: usize, expected: usize, whose: &str) -> Result<(), Failure> {
        if columns == expected {
            return Ok(());
        }
        let (found, expected) = (format!("{columns} columns"), format!("{expected}, the {whose}"));
        Err(Error::Shape { origin: self.source.to_string(), found, expected }.into())
    }
}

/// Splits the rows into a training and a test part. A test part of the source is used, unless a fraction is to be held
/// out.
pub(crate) fn divide<T: Scalar>(loaded: Loaded<T>, holdout: Option<f64>, seed: u64) -> Result<Parts<T>, Failure> {
    let Loaded { data, test, preprocess } = loaded;
    let (train, test, test_is) = match (test, holdout) {
        (Some(test), None) => (data, Some(test), "test"),
        (_, Some(0.0)) => (data, None, "test"),
        (_, holdout) => {
            let (train, held_out) = data.split(holdout.unwrap_or(HOLDOUT), seed)?;
            (train, Some(held_out), "held out")
        }
    };
    Ok(Parts { train, test, test_is, preprocess })
}
