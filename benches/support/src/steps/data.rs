//! The rows that candidates are given: MNIST if its files are there, otherwise random numbers of the same shape.

use std::path::Path;

use chainrule::data::{Dataset, Features, Preprocess, Targets, mnist_dir};
use chainrule_model::random::{Purpose, Stream};

/// As many rows as MNIST has to train on, and its pixels.
pub const MNIST: [usize; 2] = [60_000, 784];
/// Rows of other data: far more than a minibatch, and all of them in a cache.
const FEW: usize = 4096;

/// Rows to learn from, and the order in which they are visited.
#[derive(Debug, Clone)]
pub struct Rows {
    /// `random`, or `mnist`.
    pub name: &'static str,
    /// Features and labels, as ours takes them.
    pub data: Dataset<f32>,
    /// The features once more, as rivals take them: (rows, inputs).
    pub x: Vec<f32>,
    /// Every row once.
    pub order: Vec<usize>,
}

impl Rows {
    /// Features in [0, 1), in 256 steps as those of images are, none of them 0, and labels of any class.
    ///
    /// # Panics
    /// When there are no rows, features or classes; so for all of these.
    pub fn random(rows: usize, inputs: usize, classes: usize) -> Rows {
        let mut stream = Stream::new(5, Purpose::Synthetic, inputs as u64);
        let x = (0..rows * inputs).map(|_| (1 + stream.below(255)) as f32 / 256.0).collect();
        let labels = (0..rows).map(|_| stream.below(classes as u64) as u32).collect();
        let features = Features::new(rows, inputs, x).expect("finite numbers");
        let targets = Targets::Classes { labels, classes };
        Rows::new("random", Dataset::new(features, targets).expect("a label a row"))
    }

    /// MNIST's part to train on, from the folder that holds its files, in [0, 1].
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn mnist(folder: &Path) -> Result<Rows, String> {
        let read = || -> chainrule::Result<Dataset<f32>> {
            let (mut train, _) = mnist_dir(folder)?.read(Some(10))?;
            train.preprocess(&Preprocess::Scale { factor: 1.0 / 255.0 })?;
            Ok(train)
        };
        read().map(|data| Rows::new("mnist", data)).map_err(|error| error.to_string())
    }

    /// For a network of these widths: MNIST's where it has the right shape, otherwise random ones.
    pub fn for_network(mnist: Option<&Rows>, widths: &[usize]) -> Rows {
        let (inputs, classes) = (widths[0], widths[widths.len() - 1]);
        match mnist.filter(|mnist| mnist.data.cols() == inputs && mnist.data.classes() == Some(classes)) {
            Some(mnist) => mnist.clone(),
            None => Rows::random(if inputs == MNIST[1] { MNIST[0] } else { FEW }, inputs, classes),
        }
    }

    fn new(name: &'static str, data: Dataset<f32>) -> Rows {
        let mut order: Vec<usize> = (0..data.rows()).collect();
        Stream::new(7, Purpose::Shuffle, 0).shuffle(&mut order);
        let x = data.features().data().to_vec();
        Rows { name, data, x, order }
    }

    /// The class of each row.
    pub fn labels(&self) -> &[u32] {
        match self.data.targets() {
            Targets::Classes { labels, .. } => labels,
            Targets::Values { .. } => unreachable!("made with classes"),
        }
    }

    /// Copies these rows: what every rival but the frameworks does first.
    pub fn gather(
        &self,
        rows: &[usize],
        x: &mut [f32],      // (rows.len(), inputs)
        labels: &mut [u32], // (rows.len())
    ) {
        let inputs = self.data.cols();
        for (&row, (x, label)) in rows.iter().zip(x.chunks_exact_mut(inputs).zip(&mut *labels)) {
            x.copy_from_slice(&self.x[row * inputs..][..inputs]);
            *label = self.labels()[row];
        }
    }
}
