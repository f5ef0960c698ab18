//! The network that training starts from: a new one, or one from a file.

use std::path::Path;

use chainrule::network::activation_name;
use chainrule::{Activation, Error, Init, Layer, Mlp, Model, ModelFile, Result, Scalar};

use crate::args::defaults::HIDDEN;
use crate::escape::shown;
use crate::failure::Failure;
use crate::layers::other_than;
use crate::output::tell;
use crate::text_options;
use crate::values::{Hidden, Norm};

/// The options about the architecture; `None` where an option is not given.
#[derive(Debug)]
pub(crate) struct ArchitectureArgs<'a> {
    pub(crate) hidden: Option<&'a Hidden>,
    pub(crate) activation: Option<Activation>,
    pub(crate) norm: Option<Norm>,
    pub(crate) dropout: Option<f64>,
    /// The initial weights of a new network.
    pub(crate) init: Option<Init>,
}

/// What a new network has to fit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fit {
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) seed: u64,
    /// The initial weights that suit the rows.
    pub(crate) usual_init: Init,
}

impl ArchitectureArgs<'_> {
    /// A new network.
    pub(crate) fn build<T: Scalar>(&self, fit: Fit) -> Result<Mlp<T>> {
        // SELU keeps mean and variance only with the weights that Auto gives it.
        let usual_init = if self.activation == Some(Activation::Selu) { Init::Auto } else { fit.usual_init };
        let mut builder = Mlp::builder(fit.inputs).seed(fit.seed).init(self.init.unwrap_or(usual_init));
        for &units in self.hidden.map_or(HIDDEN, |hidden| &hidden.0) {
            builder = builder.dense(units);
            builder = match self.norm {
                Some(Norm::Layer) => builder.layer_norm(),
                Some(Norm::Batch) => builder.batch_norm(),
                None => builder,
            };
            builder = builder.activation(self.activation.unwrap_or(Activation::Relu));
            if let Some(p) = self.dropout.filter(|p| *p > 0.0) {
                builder = builder.dropout(p);
            }
        }
        Ok(builder.dense(fit.outputs).build_as()?)
    }

    /// The model in a file; an error if it contradicts an option.
    pub(crate) fn load<T: Scalar>(&self, file: &ModelFile, path: &Path) -> Result<Model<T>> {
        let model = file.model(Some(self.activation.unwrap_or(Activation::Relu)))?;
        let has_hidden = model.mlp.layers().iter().any(|layer| matches!(layer, Layer::Activation(_)));
        if self.activation.is_none() && !file.has_architecture() && has_hidden {
            let path = shown(path.display());
            tell(format_args!(
                "note: {path} does not name the activation of its hidden layers: relu is taken; --activation names another"
            ));
        }
        self.check(&model, path)?;
        Ok(model)
    }

    /// Refuses a model, from this file, that contradicts an option.
    pub(crate) fn check<T: Scalar>(&self, model: &Model<T>, path: &Path) -> Result<()> {
        let differs = |found, wanted, option| {
            let expected = format!("{wanted}, from {option}; omit {option} to train the network in the file");
            Err(Error::Shape { origin: path.display().to_string(), found, expected })
        };
        if let Some(Hidden(wanted)) = self.hidden {
            let mut sizes: Vec<usize> = model.mlp.dense_layers().map(|layer| layer.b.len()).collect();
            sizes.pop();
            if sizes != *wanted {
                return differs(format!("hidden layers {}", list(&sizes)), list(wanted), "--hidden");
            }
        }
        if let Some((wanted, found)) =
            self.activation.and_then(|wanted| Some((wanted, other_than(wanted, &model.mlp)?)))
        {
            return differs(format!("activation {found}"), activation_name(wanted), "--activation");
        }
        if let Some(wanted) = self.norm {
            let kind = |layer: &Layer| match layer {
                Layer::LayerNorm { .. } => Some(Norm::Layer),
                Layer::BatchNorm { .. } => Some(Norm::Batch),
                _ => None,
            };
            let found: Vec<Norm> = model.mlp.layers().iter().filter_map(kind).collect();
            if found.is_empty() || found.iter().any(|found| *found != wanted) {
                let names: Vec<&str> = found.iter().map(|norm| norm.name()).collect();
                let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                return differs(format!("normalisations {names}"), wanted.name().to_owned(), "--norm");
            }
        }
        if let Some(wanted) = self.dropout {
            let share = |layer: &Layer| if let Layer::Dropout { p } = layer { Some(*p) } else { None };
            let mut found: Vec<f64> = model.mlp.layers().iter().filter_map(share).collect();
            found.dedup();
            if found.is_empty() {
                found.push(0.0);
            }
            if found != [wanted] {
                let shares: Vec<String> = found.iter().map(f64::to_string).collect();
                return differs(format!("dropout {}", shares.join(", ")), wanted.to_string(), "--dropout");
            }
        }
        Ok(())
    }

    /// The options that are given and are about hidden layers, where there are to be none.
    pub(crate) fn without_hidden(&self) -> Vec<&'static str> {
        if self.hidden.is_none_or(|hidden| !hidden.0.is_empty()) {
            return Vec::new();
        }
        let given = [
            ("--activation", self.activation.is_some()),
            ("--norm", self.norm.is_some()),
            ("--dropout", self.dropout.is_some_and(|share| share > 0.0)),
        ];
        given.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect()
    }

    /// Refuses these.
    pub(crate) fn refuse_without_hidden(&self) -> std::result::Result<(), Failure> {
        text_options::refuse(&self.without_hidden(), |are, them| {
            format!("{are} about hidden layers, and --hidden none has none: leave {them} out")
        })
    }
}

fn list(sizes: &[usize]) -> String {
    match sizes {
        [] => "none".to_owned(),
        _ => sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(","),
    }
}

/// `64-128-10 relu`: the widths, and each kind of module between them once.
pub(crate) fn sketch<T: Scalar>(mlp: &Mlp<T>) -> String {
    let mut text = mlp.inputs().to_string();
    let mut names: Vec<String> = Vec::new();
    for layer in mlp.layers() {
        match layer {
            Layer::Dense { outputs, .. } => text.push_str(&format!("-{outputs}")),
            other if names.contains(&other.kind()) => {}
            other => names.push(other.kind()),
        }
    }
    if names.is_empty() { text } else { format!("{text} {}", names.join(", ")) }
}
