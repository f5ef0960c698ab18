//! Reading: our own files, and anyone's safetensors file whose tensors are those of dense layers and normalisations.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use chainrule_kernel::Scalar;
use chainrule_model::{Activation, Init, Layer, Loss, Mlp, Precision};

use super::dtype::DType;
use super::foreign;
use super::header::{Header, MODULES_MAX};
use super::metadata::{self, Metadata};
use super::order::{self, Several};
use super::replay::Replay;
use super::sealed;
use super::tensors::{self, Numbers, Stored};
use super::valid;
use crate::data::Limits;
use crate::data::input::open;
use crate::error::{Error, Result};
use crate::facts::Facts;
use crate::model::Model;
use crate::place::Place;
use crate::task::Task;

/// A file whose tensors have been found to be a chain of dense layers, and of normalisations among them.
///
/// ```
/// use chainrule::{Loss, Mlp, Model, ModelFile};
///
/// let path = std::env::temp_dir().join(format!("weights-{}.safetensors", std::process::id()));
/// let model = Model::new(Mlp::builder(2).dense(3).seed(1).build()?, Loss::CrossEntropy);
/// model.save(&path)?;
/// let file = ModelFile::open(&path)?;
/// std::fs::remove_file(&path).expect("the file that was just saved");
/// let mut other = Mlp::builder(2).dense(3).seed(2).build()?;
/// file.load_into(&mut other)?;
/// assert!(file.has_architecture() && other.params() == model.mlp.params());
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct ModelFile {
    pub(super) origin: String,
    /// The whole file.
    bytes: Vec<u8>,
    pub(super) contents: Contents,
}

/// What a file can be checked by.
///
/// ```
/// use chainrule::{Loss, Mlp, Model, ModelFile};
///
/// let path = std::env::temp_dir().join(format!("checked-{}.safetensors", std::process::id()));
/// Model::new(Mlp::builder(2).dense(3).build()?, Loss::CrossEntropy).save(&path)?;
/// let checks = ModelFile::open(&path)?.checks();
/// std::fs::remove_file(&path).expect("the file that was just saved");
/// assert!(checks.has_checksum && checks.rows == 0); // rows are those of training
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checks {
    /// Whether it has a checksum.
    pub has_checksum: bool,
    /// Rows whose outputs are computed anew when a model is made of it.
    pub rows: usize,
}

/// What the bytes of a file hold.
#[derive(Debug)]
pub(super) struct Contents {
    dtype: DType,
    metadata: Option<Metadata>,
    pub(super) layers: Vec<Stored>,
    /// What was guessed about the order of the layers.
    pub(super) note: Option<String>,
    /// Set while their order is not known.
    pub(super) several: Option<Several>,
    /// Whether the file has a checksum, which is then the right one.
    is_sealed: bool,
    /// Of an export, which has no checksum: the rows in it that were computed again.
    exported: Option<usize>,
}

impl ModelFile {
    /// Reads the file and checks everything that can be checked without knowing what it is for. A file of ONNX is
    /// taken too, where its graph is a chain of layers that a network has, and so is what [`Model::export`] wrote as ONNX, JSON or
    /// NPZ, with its columns, targets and classes. What the file claims is
    /// compared with its length before memory is asked for, so a file that is refused costs its length and a few MiB;
    /// a file of more than 4 GiB needs [`Limits::open_model`].
    ///
    /// # Errors
    /// When it cannot be read, is not a whole safetensors file, holds a tensor that is not a dense layer's or a
    /// normalisation's or of a type that no weight has, a number that is not finite, a key twice, a name with a control character,
    /// more than 32,768 modules, or layers that do not fit one another; when it is longer than the limit.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_within(path.as_ref(), Limits::default())
    }

    /// As [`ModelFile::open`].
    pub(crate) fn open_within(path: &Path, limits: Limits) -> Result<Self> {
        let input = open(path, limits)?;
        let origin = input.origin.clone();
        Self::of(&origin, foreign::read(input)?)
    }

    /// As [`ModelFile::open`], from bytes, of any number; errors name `origin`.
    ///
    /// # Errors
    /// As [`ModelFile::open`].
    pub fn parse(origin: &str, bytes: &[u8]) -> Result<Self> {
        if let Some(written) = foreign::parse(origin, bytes)? {
            return Self::of(origin, written);
        }
        let contents = Contents::of(origin, bytes)?;
        let mut copy = Vec::new();
        let no_memory = |_| Error::no_memory(origin, format!("{} bytes", bytes.len()));
        copy.try_reserve_exact(bytes.len()).map_err(no_memory)?;
        copy.extend_from_slice(bytes);
        Ok(ModelFile { origin: origin.to_owned(), bytes: copy, contents })
    }

    /// As [`ModelFile::parse`], of bytes that need not be copied.
    fn of(origin: &str, foreign::Bytes { bytes, exported }: foreign::Bytes) -> Result<Self> {
        let mut contents = Contents::of(origin, &bytes)?;
        contents.exported = exported;
        Ok(ModelFile { origin: origin.to_owned(), bytes, contents })
    }

    /// Whether a file begins as those that [`Model::save`] writes; one that cannot be read does not.
    pub fn is_one(path: impl AsRef<Path>) -> bool {
        const START: &[u8] = b"{\"__metadata__\":{\"chainrule\":";
        let mut first = [0; 8 + START.len()];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
        read.is_ok() && first[8..] == *START
    }

    /// The widest element type among the tensors.
    pub fn dtype(&self) -> DType {
        self.contents.dtype
    }

    /// What the weights of its first dense layer are rounded to. A model has them as f32: see [`Model::save_rounded`].
    pub fn precision(&self) -> Precision {
        let is_dense = |stored: &&Stored| matches!(stored.layer, Layer::Dense { .. });
        self.contents.layers.iter().find(is_dense).map_or(Precision::F32, |stored| stored.weight.precision())
    }

    /// What the file remembers of the model's training.
    pub fn facts(&self) -> Option<&Facts> {
        self.contents.metadata.as_ref()?.facts.as_ref()
    }

    /// The checks that the file's writer left in it, which have been made, or are when a model is made of it: a checksum over all
    /// bytes, and rows with their outputs. Files of other programs and of versions 1 and 2 have neither, exports have rows
    /// alone.
    pub fn checks(&self) -> Checks {
        let replay = self.contents.metadata.as_ref().and_then(|metadata| metadata.replay.as_ref());
        match self.contents.exported {
            Some(rows) => Checks { has_checksum: false, rows },
            None => Checks { has_checksum: self.contents.is_sealed, rows: replay.map_or(0, Replay::rows) },
        }
    }

    /// Whether the file says which modules stand between its dense layers; one that PyTorch wrote does not.
    pub fn has_architecture(&self) -> bool {
        self.contents.metadata.is_some()
    }

    /// The model. A file without an architecture is taken to have `hidden` between its dense layers, where the
    /// numbering of its modules leaves a gap or else at the end, to have been trained with cross-entropy, and to take
    /// features as they are. A normalisation with running statistics is a batch normalisation, one without a layer
    /// normalisation, either with PyTorch's default settings.
    ///
    /// # Errors
    /// When `hidden` is needed and `None`, when several orders of the layers fit, when the architecture and the tensors disagree, and when the rest of the file
    /// is none that [`Model::save`] would write; when the model predicts other outputs for the stored rows than the file says: by
    /// any bit where the same kernel of the same version computed them, otherwise by more than 2^-10 in f32 and 2^-36 in f64 of the
    /// largest of the outputs and the network's inputs, and 1.
    pub fn model<T: Scalar>(&self, hidden: Option<Activation>) -> Result<Model<T>> {
        let stored = self.layers()?;
        let layers = self.architecture(hidden, stored)?;
        same_layers(&self.origin, &layers, stored)?;
        let (inputs, outputs) = (stored[0].widths().0, stored[stored.len() - 1].widths().1);
        let metadata = self.contents.metadata.as_ref();
        let loss = match metadata {
            None => Loss::CrossEntropy,
            Some(metadata) => metadata.loss.parse().map_err(|error| valid::refused(&self.origin, error))?,
        };
        let preprocess = metadata.map(|metadata| metadata.preprocess.clone()).unwrap_or_default();
        let class_names = metadata.and_then(|metadata| metadata.class_names.clone());
        let schema = metadata.and_then(|metadata| metadata.schema.clone()).map(Arc::new);
        let target = Arc::new(metadata.and_then(|metadata| metadata.target.clone()).unwrap_or_default());
        let split = metadata.and_then(|metadata| metadata.split.clone());
        let facts = metadata.and_then(|metadata| metadata.facts.clone());
        // A file of the first version says what its outputs mean by its loss.
        let task = metadata.and_then(|metadata| match metadata.version {
            1 => Some(Task::of_loss(loss, outputs)),
            _ => metadata.task,
        });
        let declared = valid::Declared {
            layers: &layers,
            inputs,
            outputs,
            loss,
            preprocess: &preprocess,
            class_names: class_names.as_deref(),
            schema: schema.as_deref(),
            target: &target,
            split: split.as_ref(),
            facts: facts.as_ref(),
        };
        valid::settings::<T>(&self.origin, &declared)?;

        // No more numbers than the file has, as the layers are the same: only now memory is asked for.
        let mut builder = Mlp::builder(inputs).init(Init::Zeros);
        for layer in layers {
            builder = builder.layer(layer);
        }
        let mut mlp = builder.build_as::<T>().map_err(|error| valid::refused(&self.origin, error))?;
        self.load_into(&mut mlp)?;
        let stored_rows = None;
        let mut model = Model { mlp, preprocess, loss, task, class_names, schema, target, split, facts, stored_rows };
        valid::numbers(&self.origin, &model.mlp)?;
        if let Some(replay) = metadata.and_then(|metadata| metadata.replay.as_ref()) {
            replay.run(&self.origin, &mut model)?;
        }
        Ok(model)
    }

    /// Puts the weights, and the running statistics of batch normalisations, into a network of the same layers.
    ///
    /// # Errors
    /// When several orders of the layers fit, when their number or a shape differs, or a number overflows `T`; the network is then as it was.
    pub fn load_into<T: Scalar>(&self, mlp: &mut Mlp<T>) -> Result<()> {
        let layers = self.layers()?;
        same_layers(&self.origin, mlp.layers(), layers)?;
        for stored in layers {
            let tensors = [Some(&stored.weight), stored.bias.as_ref()].into_iter().flatten();
            for tensor in tensors.chain(stored.running.iter().flatten()) {
                self.check_range::<T>(tensor)?;
            }
        }
        let (mut params, mut running) = (mlp.params_mut(), 0);
        for stored in layers {
            let here = params.split_off_mut(..stored.layer.parameters()).unwrap_or_default();
            self.copy_params(stored, here);
        }
        for [mean, variance] in layers.iter().filter_map(|stored| stored.running.as_ref()) {
            for value in mean.values(&self.bytes).chain(variance.values(&self.bytes)) {
                mlp.running_mut()[running] = T::from_f64(value);
                running += 1;
            }
        }
        for (into, batches) in mlp.batches_mut().iter_mut().zip(layers.iter().filter_map(|stored| stored.batches)) {
            *into = batches;
        }
        Ok(())
    }

    fn check_range<T: Scalar>(&self, tensor: &Numbers) -> Result<()> {
        match tensor.values(&self.bytes).find(|value| !T::from_f64(*value).is_finite()) {
            None => Ok(()),
            Some(value) => {
                let found = format!("{value} in tensor `{}`", tensor.name());
                Err(Error::format(&self.origin, Place::Header, found, format!("a finite {}", T::NAME)))
            }
        }
    }

    /// Of a dense layer w, (inputs, outputs), and b; of a normalisation gamma and beta.
    fn copy_params<T: Scalar>(&self, stored: &Stored, params: &mut [T]) {
        let (inputs, outputs) = stored.widths();
        let is_dense = matches!(stored.layer, Layer::Dense { .. });
        let (w, b) = params.split_at_mut(if is_dense { inputs * outputs } else { outputs });
        if is_dense {
            for (i, row) in w.chunks_exact_mut(outputs).enumerate() {
                for (o, w) in row.iter_mut().enumerate() {
                    *w = T::from_f64(stored.weight.get(&self.bytes, o * inputs + i));
                }
            }
        } else {
            w.iter_mut().zip(stored.weight.values(&self.bytes)).for_each(|(to, from)| *to = T::from_f64(from));
        }
        b.fill(T::ZERO);
        if let Some(bias) = &stored.bias {
            b.iter_mut().zip(bias.values(&self.bytes)).for_each(|(to, from)| *to = T::from_f64(from));
        }
    }

    /// The layers with tensors, once their order is known.
    fn layers(&self) -> Result<&[Stored]> {
        match &self.contents.several {
            None => Ok(&self.contents.layers),
            Some(Several { orders, has_more }) => {
                Err(Error::LayerOrder { origin: self.origin.clone(), orders: orders.clone(), has_more: *has_more })
            }
        }
    }

    fn architecture(&self, hidden: Option<Activation>, stored: &[Stored]) -> Result<Vec<Layer>> {
        if let Some(metadata) = &self.contents.metadata {
            let parse = |text: &String| text.parse::<Layer>().map_err(|error| valid::refused(&self.origin, error));
            return metadata.layers.iter().map(parse).collect();
        }
        let dense = |stored: &&Stored| matches!(stored.layer, Layer::Dense { .. });
        let between = match hidden {
            Some(activation) => Some(Layer::Activation(activation)),
            None if stored.iter().filter(dense).count() == 1 => None,
            None => return Err(Error::ActivationNeeded { origin: self.origin.clone() }),
        };
        let mut layers: Vec<Layer> = Vec::new();
        let last = stored.iter().rposition(|stored| dense(&stored)).unwrap_or(0);
        let mut is_due = false;
        for (i, module) in stored.iter().enumerate() {
            // Modules without tensors leave a gap: the first behind a dense layer is its activation's.
            let has_gap = i > 0 && module.follows_with_gap(&stored[i - 1]);
            if is_due && (has_gap || dense(&module)) {
                layers.extend(between);
                is_due = false;
            }
            layers.push(module.layer);
            is_due |= dense(&module) && i < last;
        }
        Ok(layers)
    }
}

impl<T: Scalar> Model<T> {
    /// Reads a file that [`Model::save`] wrote, converting the numbers when it holds the other type.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or holds something else; see [`ModelFile`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        ModelFile::open(path)?.model(None)
    }
}

impl Contents {
    fn of(origin: &str, bytes: &[u8]) -> Result<Self> {
        let header = Header::parse(origin, bytes)?;
        let is_sealed = sealed::check(origin, &header, bytes)?;
        let (layers, dtype) = tensors::of(origin, &header, bytes)?;
        let refuse = |found: String, expected: &str| Err(Error::format(origin, Place::Header, found, expected));
        if !layers.iter().any(|layer| matches!(layer.layer, Layer::Dense { .. })) {
            return refuse("no tensor named `...weight`".to_owned(), "at least one dense layer");
        }
        if layers.len() > MODULES_MAX {
            return refuse(format!("{} layers", layers.len()), &format!("at most {MODULES_MAX}"));
        }
        let order::Ordered { layers, note, several } =
            order::ordered(origin, layers, header.text(metadata::KEY).is_some())?;
        // No list is longer than the network is wide or deep.
        let widest = layers.iter().map(|layer| layer.widths().0.max(layer.widths().1)).max();
        let longest = widest.unwrap_or(0).max(MODULES_MAX);
        let metadata = match header.text(metadata::KEY) {
            Some(json) => Some(metadata::parse(origin, json, longest)?),
            None => None,
        };
        Ok(Contents { dtype, metadata, layers, note, several, is_sealed, exported: None })
    }
}

/// Refuses a network whose layers with tensors are other than those of the file, by nothing but their sizes.
fn same_layers(origin: &str, network: &[Layer], file: &[Stored]) -> Result<()> {
    let sizes = |layer: &Layer| match *layer {
        Layer::Dense { inputs, outputs } => Some((0, inputs, outputs)),
        Layer::LayerNorm { width, .. } => Some((1, width, width)),
        Layer::BatchNorm { width, .. } => Some((2, width, width)),
        _ => None,
    };
    let wanted: Vec<_> = network.iter().filter_map(sizes).collect();
    let found: Vec<_> = file.iter().filter_map(|stored| sizes(&stored.layer)).collect();
    if wanted == found {
        return Ok(());
    }
    let list = |layers: &[(u8, usize, usize)]| {
        let named = |&(kind, inputs, outputs): &(u8, usize, usize)| match kind {
            0 => format!("{inputs}x{outputs}"),
            1 => format!("layer_norm({inputs})"),
            _ => format!("batch_norm({inputs})"),
        };
        let dense = layers.iter().all(|layer| layer.0 == 0);
        let shown: Vec<String> = layers.iter().take(LAYERS_SHOWN).map(named).collect();
        let rest = if layers.len() > LAYERS_SHOWN { format!(", ... ({} in all)", layers.len()) } else { String::new() };
        format!("{}layers {}{rest}", if dense { "dense " } else { "" }, shown.join(", "))
    };
    // Of a long network, what is shown begins near the first that differs.
    let same = wanted.iter().zip(&found).take_while(|(wanted, found)| wanted == found).count();
    let from = if wanted.len().max(found.len()) > LAYERS_SHOWN { same } else { 0 };
    let behind = if from > 0 { format!(" behind {from} that agree") } else { String::new() };
    let expected = format!("{}{behind}, as the network has", list(&wanted[from..]));
    Err(Error::Shape { origin: origin.to_owned(), found: list(&found[from..]), expected })
}

/// Layers of a list in a message.
const LAYERS_SHOWN: usize = 16;
