//! Model files: safetensors, so that PyTorch reads them and theirs are read, with what else a prediction needs in the
//! metadata.
//!
//! Written, the modules are numbered as `nn.Sequential` numbers them and weights lie (out, in): `0.weight`, `0.bias`,
//! `2.weight`, ...; normalisations have theirs, (width), and batch normalisations `1.running_mean`, `1.running_var` and
//! `1.num_batches_tracked`. Read, any prefixes will do: layers are taken in natural order of their names
//! (`net.2.weight` before `net.10.weight`).

mod header;
mod metadata;
mod read;
mod strict;
mod tensors;
mod valid;
mod write;

use std::path::Path;

use chainrule_kernel::Scalar;
use chainrule_model::{Loss, Mlp};

use crate::Result;
use crate::data::Preprocess;

pub use read::{DType, ModelFile};

/// A network with all that its file must hold to predict alone.
///
/// ```
/// use chainrule::data::Features;
/// use chainrule::{Loss, Mlp, Model};
///
/// let path = std::env::temp_dir().join(format!("model-{}.safetensors", std::process::id()));
/// let model = Model::new(Mlp::builder(2).dense(3).build()?, Loss::CrossEntropy);
/// model.save(&path)?;
/// let again = Model::<f32>::load(&path)?;
/// std::fs::remove_file(&path).expect("the file that was just saved");
/// let row = Features::new(1, 2, vec![0.5, -1.0])?;
/// assert_eq!(again.predict(&row)?, model.predict(&row)?);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Model<T: Scalar> {
    /// The network.
    pub mlp: Mlp<T>,
    /// What is done to features before the network sees them.
    pub preprocess: Preprocess,
    /// What it was trained to make small, which tells what its outputs mean.
    pub loss: Loss,
    /// The names of the classes, in the order of the outputs.
    pub class_names: Option<Vec<String>>,
}

impl<T: Scalar> Model<T> {
    /// A network that takes features as they are and was trained with this loss.
    pub fn new(mlp: Mlp<T>, loss: Loss) -> Self {
        Model { mlp, preprocess: Preprocess::None, loss, class_names: None }
    }

    /// Writes the file whole or not at all. The same model gives the same bytes.
    ///
    /// What is written can be loaded: everything that [`Model::load`] refuses is refused here first, by the same checks,
    /// and before the file is touched.
    ///
    /// ```
    /// use chainrule::{Loss, Mlp, Model};
    /// let mut mlp = Mlp::builder(2).dense(3).seed(1).build()?;
    /// mlp.params_mut()[4] = f32::NAN;
    /// let error = Model::new(mlp, Loss::Mse).save("model.safetensors").unwrap_err().to_string();
    /// assert!(error.starts_with("model.safetensors, module 0: found NaN in the weights of a dense layer, input 2, output 2"));
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the file cannot be written; an older one is then still there. When the model could not be loaded:
    ///
    /// - a parameter or a running statistic is NaN or infinite, or a running variance below 0;
    /// - class names are not as many as outputs, two are alike, or one holds a control character, a line separator or a
    ///   character that turns the direction of text (commas, quotes and all letters are allowed);
    /// - preprocessing was fitted on another number of columns, or holds a number that makes no sense;
    /// - the loss or a layer has a setting out of range, or there are more than 32,768 modules.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write::save(self, path.as_ref())
    }

    /// Reads a file that [`Model::save`] wrote, converting the numbers when it holds the other type.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or holds something else; see [`ModelFile`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        ModelFile::open(path)?.model(None)
    }
}
