//! What a model file may not tell, for every command that opens one: the order of its layers (`--layers`), and what stands
//! between them (`--activation`).

use std::path::Path;

use chainrule::network::activation_name;
use chainrule::{Activation, Layer, Mlp, Model, ModelFile, Precision, Scalar};
use clap::Args;

use crate::escape::shown;
use crate::failure::Failure;
use crate::limits::limits;
use crate::output::tell;

#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LayersArgs {
    /// The order of the model file's layers, if neither shapes nor numbers in their names tell it: fc1,bn1,fc2
    #[arg(long = "layers", value_name = "NAMES", value_delimiter = ',')]
    names: Vec<String>,
}

impl LayersArgs {
    /// Those of a list with commas.
    pub(crate) fn of(list: &str) -> Self {
        LayersArgs { names: list.split(',').map(str::to_owned).collect() }
    }

    pub(crate) fn is_given(&self) -> bool {
        !self.names.is_empty()
    }

    /// Bad usage where the option is given and there is no model file, which `file` names.
    pub(crate) fn refuse_without(&self, file: &str) -> Result<(), Failure> {
        if !self.is_given() {
            return Ok(());
        }
        Err(Failure::Usage(format!("--layers orders the layers of a model file: name one, {file}, or omit it")))
    }

    /// Opens a model file with its layers in this order, and tells nothing about it.
    pub(crate) fn open_silently(&self, path: &Path) -> Result<ModelFile, Failure> {
        let file = limits().open_model(path)?;
        let names: Vec<&str> = self.names.iter().map(|name| name.trim()).collect();
        Ok(if self.is_given() { file.with_layer_order(&names)? } else { file })
    }

    /// Opens a model file with its layers in this order. A guess about them is told on standard error.
    pub(crate) fn open(&self, path: &Path) -> Result<ModelFile, Failure> {
        let file = limits().open_model(path)?;
        if file.precision() != Precision::F32 {
            tell(format_args!("note: {}: weights rounded to {}, taken as f32", path.display(), file.precision()));
        }
        if self.is_given() {
            let names: Vec<&str> = self.names.iter().map(|name| name.trim()).collect();
            return Ok(file.with_layer_order(&names)?);
        }
        if let Some(note) = file.order_note() {
            tell(format_args!("note: {}: {note}; --layers decides", path.display()));
        }
        Ok(file)
    }
}

/// The model of a file, with this activation between its dense layers where the file does not name one.
///
/// # Errors
/// When the file names another one, or has no layers to put it between; and as [`ModelFile::model`].
pub(crate) fn model_of<T: Scalar>(
    file: &ModelFile,
    path: &Path,
    hidden: Option<Activation>,
) -> Result<Model<T>, Failure> {
    let model = file.model::<T>(hidden)?;
    let Some((wanted, found)) = hidden.and_then(|wanted| Some((wanted, other_than(wanted, &model.mlp)?))) else {
        return Ok(model);
    };
    Err(Failure::Usage(format!(
        "--activation {} is for a file that does not name the activation of its hidden layers: {} has {found}; leave it out",
        activation_name(wanted),
        shown(path.display())
    )))
}

/// What a network has instead of this activation in its hidden layers; nothing of its outputs. `None` where it has this one alone.
pub(crate) fn other_than<T: Scalar>(wanted: Activation, mlp: &Mlp<T>) -> Option<String> {
    let last = mlp.layers().iter().rposition(|layer| matches!(layer, Layer::Dense { .. })).unwrap_or(0);
    let mut found = mlp.layers()[..last].iter().filter_map(|layer| match layer {
        Layer::Activation(activation) => Some(*activation),
        _ => None,
    });
    let is_there = found.clone().next().is_some();
    match found.find(|found| *found != wanted) {
        Some(other) => Some(activation_name(other)),
        // Without any, the identity stands there.
        None => (!is_there && wanted != Activation::Identity).then(|| "none".to_owned()),
    }
}
