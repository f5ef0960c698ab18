//! `--layers`: the order of the layers of a model file that does not tell it, for every command that opens one.

use std::path::Path;

use chainrule::{ModelFile, Precision};
use clap::Args;

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
