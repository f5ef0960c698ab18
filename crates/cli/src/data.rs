//! From the options about data to the rows that are trained and tested on.

use std::path::Path;

use chainrule::data::{Dataset, Loaded, Preprocess, Source};
use chainrule::{Error, Model, Scalar};

use crate::args::defaults::HOLDOUT;
use crate::failure::Failure;
use crate::limits::limits;

/// Rows and the preprocessing that suits them, which has not been applied.
pub(crate) struct Parts<T> {
    pub(crate) train: Dataset<T>,
    pub(crate) test: Option<Dataset<T>>,
    /// What the test part is, for people.
    pub(crate) test_is: &'static str,
    pub(crate) preprocess: Preprocess,
}

/// What a network takes and gives.
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
    /// Refuses labels too many or too few.
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
                Err(Failure::Usage(format!("{labels} {file} is one too many: {source} has labels of its own")))
            }
            _ => Ok(()),
        }
    }

    /// Reads it, for a network of these inputs and outputs if there is one yet.
    pub(crate) fn load<T: Scalar>(
        &self,
        classes: Option<usize>,
        network: Option<NetworkSize>,
    ) -> Result<Loaded<T>, Failure> {
        let loaded = limits().load(self.source, self.labels, classes)?;
        if let Some(NetworkSize { inputs, outputs }) = network {
            self.check_columns(loaded.data.cols(), inputs, "inputs of the network")?;
            if loaded.data.classes().is_some_and(|classes| classes > outputs) {
                // Read again, the labels are measured by the network: the error names the row of the first too large.
                limits().load::<T>(self.source, self.labels, Some(outputs))?;
            }
        }
        Ok(loaded)
    }

    /// Refuses rows of another width than the network's input.
    pub(crate) fn check_columns(&self, columns: usize, expected: usize, whose: &str) -> Result<(), Failure> {
        if columns == expected {
            return Ok(());
        }
        let (found, expected) = (format!("{columns} columns"), format!("{expected}, the {whose}"));
        Err(Error::Shape { origin: self.source.to_string(), found, expected }.into())
    }
}

/// Divides what a source held: its own test part is the test part, unless a share is to be held out.
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
