//! By what a run is known again: its settings, its network and its rows. A run that goes on with other ones is another run, and each
//! difference is named.

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;
use serde::{Deserialize, Serialize};

use crate::checksum::Checksum;
use crate::data::{Dataset, Targets};
use crate::train::TrainConfig;

/// What has to be the same for the same bits. The number of threads need not be, and what reports keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::train) struct Identity {
    /// Names and values, as text.
    facts: Vec<(String, String)>,
}

impl Identity {
    pub(in crate::train) fn of<T: Scalar>(
        config: &TrainConfig,
        mlp: &Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
    ) -> Self {
        // Each by name, so that a new setting is not forgotten here.
        let TrainConfig {
            epochs,
            batch,
            loss,
            class_weights,
            positive_weights,
            label_smoothing,
            optimizer,
            clip,
            decay,
            schedule,
            warm_up,
            accumulate,
            early_stopping,
            lbfgs,
            order,
            history: _,
            epoch_hashes: _,
            threads: _,
        } = config;
        let layers: Vec<String> = mlp.layers().iter().map(ToString::to_string).collect();
        let facts = [
            ("epochs", epochs.to_string()),
            ("batch", batch.to_string()),
            ("loss", loss.to_string()),
            ("class weights", format!("{class_weights:?}")),
            ("positive weights", format!("{positive_weights:?}")),
            ("label smoothing", label_smoothing.to_string()),
            ("optimizer", format!("{optimizer:?}")),
            ("clipping", format!("{clip:?}")),
            ("decay", format!("{decay:?}")),
            ("schedule", format!("{schedule:?}")),
            ("warm-up", format!("{warm_up:?}")),
            ("accumulated minibatches", accumulate.to_string()),
            ("early stopping", format!("{early_stopping:?}")),
            ("lbfgs", format!("{lbfgs:?}")),
            ("order of the rows", format!("{order:?}")),
            ("element type", T::NAME.to_owned()),
            ("layers", layers.join(" ")),
            ("training rows", rows(train)),
            ("validation rows", validation.map_or("none".to_owned(), rows)),
        ];
        Identity { facts: facts.map(|(name, value)| (name.to_owned(), value)).into() }
    }

    /// What is different now, in words: `epochs: 20 in the checkpoint, 30 now`.
    pub(in crate::train) fn differences(&self, now: &Identity) -> Vec<String> {
        let value = |facts: &[(String, String)], name: &str| {
            facts.iter().find(|fact| fact.0 == name).map(|fact| fact.1.clone())
        };
        let of_now =
            now.facts.iter().map(|(name, value_now)| (name, value(&self.facts, name), Some(value_now.clone())));
        let gone = self.facts.iter().filter(|(name, _)| value(&now.facts, name).is_none());
        let gone = gone.map(|(name, then)| (name, Some(then.clone()), None));
        let differ = of_now.chain(gone).filter(|(_, then, now)| then != now);
        let shown = |value: Option<String>| value.unwrap_or_else(|| "nothing".to_owned());
        differ
            .map(|(name, then, now)| format!("{name}: {} in the checkpoint, {} now", shown(then), shown(now)))
            .collect()
    }
}

/// Their number and a hash of all that is learned from: features as the network takes them, targets, weights.
fn rows<T: Scalar>(data: &Dataset<T>) -> String {
    let mut sum = Checksum::of(b"", b"");
    let mut row = vec![T::ZERO; data.cols()];
    let mut bytes = Vec::new();
    let mut add = |values: &[T]| {
        for values in values.chunks(4096) {
            bytes.clear();
            values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes8()[..size_of::<T>()]));
            sum.add(&bytes);
        }
    };
    for index in 0..data.rows() {
        data.features().copy_row(index, &mut row);
        add(&row);
    }
    if let Some(weights) = data.weights() {
        add(weights);
    }
    match data.targets() {
        Targets::Values { values, .. } => add(values),
        Targets::Classes { labels, .. } => labels.iter().for_each(|label| sum.add(&label.to_le_bytes())),
    }
    format!("{} of {} features, hash {}", data.rows(), data.cols(), sum.digits())
}
