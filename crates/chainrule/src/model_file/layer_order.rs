//! The order of a file's layers: what it is, and how the caller decides it.

use std::collections::HashMap;

use super::order::{arranged, check_chain, shown};
use super::read::ModelFile;
use crate::{Error, Result};

/// Names in a message.
const SHOWN: usize = 16;

impl ModelFile {
    /// The names of the layers with tensors, without `.weight`, in the order in which they are taken: `fc1`, `bn1`, `fc2`.
    /// Where several orders fit and none was chosen, in the natural order of the names, `2` before `10`.
    pub fn layer_names(&self) -> Vec<&str> {
        self.contents.layers.iter().map(|layer| &*layer.name).collect()
    }

    /// Says so where the order of the layers was guessed by words in their names, because their shapes leave several:
    /// something to show to who asked for the file.
    pub fn order_note(&self) -> Option<&str> {
        self.contents.note.as_deref()
    }

    /// The same file with its layers in this order, which has to name each of [`ModelFile::layer_names`] once.
    ///
    /// # Errors
    /// When a name is unknown, missing or there twice, or a layer has other inputs than the one before it has outputs.
    ///
    /// ```
    /// use chainrule::{Activation, Error, ModelFile};
    ///
    /// let header = r#"{"front.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},
    ///     "back.weight":{"dtype":"F32","shape":[1,1],"data_offsets":[4,8]}}"#;
    /// let bytes = [&header.len().to_le_bytes()[..], header.as_bytes(), &[0; 8]].concat();
    /// let file = ModelFile::parse("squares", &bytes)?;
    /// let undecided = file.model::<f32>(Some(Activation::Relu)).unwrap_err();
    /// assert!(matches!(undecided, Error::LayerOrder { .. }));
    /// let file = file.with_layer_order(&["front", "back"])?;
    /// assert_eq!(file.layer_names(), ["front", "back"]);
    /// let model = file.model::<f32>(Some(Activation::Relu))?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn with_layer_order(mut self, names: &[impl AsRef<str>]) -> Result<Self> {
        let order = self.indices(names)?;
        let contents = &mut self.contents;
        contents.layers = arranged(std::mem::take(&mut contents.layers), &order);
        check_chain(&self.origin, &contents.layers)?;
        (contents.note, contents.several) = (None, None);
        Ok(self)
    }

    /// The places of these names among the layers.
    fn indices(&self, names: &[impl AsRef<str>]) -> Result<Vec<usize>> {
        let known = self.layer_names();
        let error = |found, expected| Err(Error::Argument { name: "order of layers", found, expected });
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        known.iter().enumerate().rev().for_each(|(place, name)| places.entry(name).or_default().push(place));
        let mut order = Vec::with_capacity(known.len());
        for name in names.iter().map(AsRef::as_ref) {
            match places.get_mut(name) {
                None => return Err(self.unknown(name)),
                Some(left) => match left.pop() {
                    None => return error(format!("`{}` twice", shown(name)), "each layer once".to_owned()),
                    Some(place) => order.push(place),
                },
            }
        }
        match known.iter().find(|name| places.get(**name).is_some_and(|left| !left.is_empty())) {
            None => Ok(order),
            Some(missing) => {
                let rest = if known.len() > SHOWN { ", ..." } else { "" };
                let all = known.iter().take(SHOWN).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
                error(
                    format!("no `{}`", shown(missing)),
                    format!("each of the {} layers once: {all}{rest}", known.len()),
                )
            }
        }
    }

    /// Of a long network, the message lists only the first names.
    fn unknown(&self, name: &str) -> Error {
        let names = self.layer_names();
        let Error::UnknownName { what, name, nearest, mut known } = Error::unknown_name("layer", name, &names) else {
            unreachable!("it makes no other")
        };
        if known.len() > SHOWN {
            known.truncate(SHOWN);
            known.push("...".to_owned());
        }
        known.iter_mut().for_each(|name| *name = shown(name));
        Error::UnknownName { what, name, nearest, known }
    }
}
